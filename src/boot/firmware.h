/* The firmware's services: what the loader asks of the BIOS, and the refusal that uses it. */
#ifndef BOOT_FIRMWARE_H
#define BOOT_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot.h"
#include "memory_map.h"

/* Says why there will be no system, in one line on screen, COM1 and port 0xE9, and halts.
 * `format` as for text_format. */
__attribute__((noreturn)) void refuse(const char *format, ...);

/* Makes all of memory reachable (the A20 line). Result: false if no way works. */
bool firmware_open_a20(void);

/* Adds the firmware's memory map (INT 15h E820) to `map`, byte by byte as told. Result: 0, or what
 * is wrong. */
const char *firmware_memory(struct memory_map *map);

/* Switches to text mode if the display is in another, and describes it. */
void firmware_display(struct boot_display *display);

/* Result: a real-mode address of the data area, e.g. 0x40e, where the firmware keeps a segment. */
uint64_t firmware_extended_area(void);

/*
 * Reads `bytes` (a multiple of ISO_BLOCK) from block `block` of the medium on to `to`.
 * Result: bytes read before the first error; all, if it is `bytes`.
 */
uint64_t firmware_read(uint64_t block, void *to, uint64_t bytes);

/* Result: the drive's number that the firmware gave. */
uint32_t firmware_drive(void);

/* Result: TSC ticks spent in the firmware since 0x7c00. */
uint64_t firmware_ticks_spent(void);

#endif
