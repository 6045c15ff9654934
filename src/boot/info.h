/* Building the info structure that the kernel gets (abi/boot.h says what is in it). */
#ifndef BOOT_INFO_BUILD_H
#define BOOT_INFO_BUILD_H

#include <stdint.h>

#include "abi/boot.h"

/* Starts an empty structure in `room` bytes, at least sizeof(struct boot_info), 8-byte aligned. */
void info_open(struct boot_info *info, uint64_t room);

/*
 * Appends an array of `count` elements of `stride` bytes each, copied from `data` (or all zero
 * if that is NULL), and describes it in `array`, a field of `info`. Result: where the array starts,
 * or NULL if it does not fit in `room`.
 */
void *info_append(struct boot_info *info, uint64_t room, struct boot_array *array, const void *data,
                  uint32_t count, uint32_t stride);

/* Closes the structure: computes its checksum. Nothing may change it afterwards. */
void info_seal(struct boot_info *info);

#endif
