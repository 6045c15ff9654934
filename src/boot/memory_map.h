/*
 * The memory map: what lies where in physical memory.
 *
 * A map is an array of ranges, always sorted by address, free of overlaps, with neighbours of one
 * type merged. Where ranges are added over each other, the type with the higher number wins
 * (enum boot_memory_type runs from the least to the most restrictive). Nothing limits the number of
 * ranges but the room of the array that the caller provides.
 */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot.h"

/* Physical addresses have 52 bits at most; no range goes beyond. */
#define MEMORY_LIMIT (UINT64_C(1) << 52)

struct memory_map {
    struct boot_memory *ranges;
    uint32_t count;
    uint32_t room; /* ranges that the array can hold */
};

/*
 * Adds [base, base + size) of `type`, at any byte addresses. A part beyond MEMORY_LIMIT is cut off;
 * size 0 adds nothing. Result: false if the array has no room (the map is then unchanged).
 */
bool memory_map_add(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type);

/*
 * Adds one entry of the firmware's map (INT 15h E820): `bytes` is the size that the firmware gave
 * it; `attributes` count only in entries of at least 24 bytes, where bit 0 clear means "ignore me".
 * Types: 1 usable, 3 ACPI reclaimable, 4 ACPI NVS, 5 bad, anything else reserved. A usable entry
 * that wraps past the end of the address space is a lie and is left out; another is cut there.
 * Result: false if the array has no room.
 */
bool memory_map_add_firmware(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type,
                             uint32_t bytes, uint32_t attributes);

/*
 * Fills `pages` (empty, an array of its own) with `map` in whole pages: a page is usable only if
 * all its bytes are; a page touched by other types gets the most restrictive of them. Usable memory
 * beyond `usable_limit` (page-aligned) is left out. Result: false if the array has no room.
 */
bool memory_map_align(const struct memory_map *map, struct memory_map *pages,
                      uint64_t usable_limit);

/*
 * Takes `size` bytes (rounded up to pages) of usable memory within [low, high), at the lowest
 * address that is a multiple of `alignment` (a power of 2, at least a page), and gives them `type`.
 * Needs a page-aligned map. Result: the address, or 0 if there is no such memory or no room.
 */
uint64_t memory_map_take(struct memory_map *map, uint64_t size, uint64_t alignment, uint64_t low,
                         uint64_t high, uint32_t type);

/* Result: the largest usable range within [low, high); size 0 if there is none. */
struct boot_memory memory_map_largest(const struct memory_map *map, uint64_t low, uint64_t high);

/* Result: bytes of memory that are not the firmware's: all types up to BOOT_MEMORY_TRACE. */
uint64_t memory_map_total(const struct memory_map *map);

#endif
