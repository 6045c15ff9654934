/* The ACPI root pointer, found by its signature and checksum. */
#ifndef BOOT_RSDP_H
#define BOOT_RSDP_H

#include <stdbool.h>
#include <stdint.h>

#define RSDP_SIZE_MAX 40

/*
 * Looks at each 16-byte step of the `size` bytes at `memory`. Result: true and the structure copied
 * to `rsdp` (RSDP_SIZE_MAX bytes, the rest zero), or false.
 */
bool rsdp_find(const void *memory, uint64_t size, void *rsdp);

#endif
