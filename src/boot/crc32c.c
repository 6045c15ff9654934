/*
 * CRC32C (see crc32c.h). Pure: runs on the host as well.
 *
 * The instruction takes eight bytes at a time, and the loop is unrolled: a megabyte costs 150,000
 * instructions. The table takes one byte at a time.
 */
#include "crc32c.h"

#include <cpuid.h>
#include <stddef.h>
#include <string.h>

#define POLYNOMIAL UINT32_C(0x82f63b78) /* bit-reversed */

static bool use_instruction;
static uint32_t table[256];

bool crc32c_instruction(void)
{
    unsigned int eax, ebx, ecx, edx;

    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & (1u << 20));
}

void crc32c_open(bool instruction)
{
    use_instruction = instruction;
    if (instruction)
        return;
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;

        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ (value & 1 ? POLYNOMIAL : 0);
        table[byte] = value;
    }
}

static inline uint64_t add_eight(uint64_t value, const unsigned char *bytes)
{
    __asm__("crc32q %1, %0" : "+r"(value) : "m"(*(const uint64_t(*)[1])(const void *)bytes));
    return value;
}

static inline uint32_t add_one(uint32_t value, unsigned char byte)
{
    __asm__("crc32b %1, %0" : "+r"(value) : "r"(byte));
    return value;
}

static uint32_t by_instruction(uint32_t checksum, const unsigned char *bytes, uint64_t size)
{
    uint64_t value = checksum;

    for (; size >= 64; size -= 64, bytes += 64) {
        value = add_eight(value, bytes);
        value = add_eight(value, bytes + 8);
        value = add_eight(value, bytes + 16);
        value = add_eight(value, bytes + 24);
        value = add_eight(value, bytes + 32);
        value = add_eight(value, bytes + 40);
        value = add_eight(value, bytes + 48);
        value = add_eight(value, bytes + 56);
    }
    for (; size >= 8; size -= 8, bytes += 8)
        value = add_eight(value, bytes);
    checksum = (uint32_t)value;
    for (; size > 0; size--)
        checksum = add_one(checksum, *bytes++);
    return checksum;
}

uint32_t crc32c(uint32_t checksum, const void *data, uint64_t size)
{
    const unsigned char *bytes = data;

    checksum = ~checksum;
    if (use_instruction)
        return ~by_instruction(checksum, bytes, size);
    for (; size > 0; size--)
        checksum = (checksum >> 8) ^ table[(checksum ^ *bytes++) & 0xff];
    return ~checksum;
}
