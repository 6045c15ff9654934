/* CRC32C, the checksum of the archive and of the info structure (RFC 3720, appendix B.4). */
#ifndef BOOT_CRC32C_H
#define BOOT_CRC32C_H

#include <stdbool.h>
#include <stdint.h>

/* Chooses how to compute: with the processor's crc32 instruction (SSE4.2), or by table. Call first.
 */
void crc32c_open(bool instruction);

/* Result: whether this processor has the instruction. */
bool crc32c_instruction(void);

/*
 * Continues a checksum over `size` bytes. Start with 0; the result is the checksum of all bytes so
 * far, and can be passed on to continue.
 */
uint32_t crc32c(uint32_t checksum, const void *data, uint64_t size);

#endif
