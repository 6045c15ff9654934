/*
 * Low memory while the loader runs. Assembly and C agree here; everything below 1 MiB that the
 * loader touches is on this page, and handed over as BOOT_MEMORY_LOADER.
 *
 *   0x00600  what stage 1 tells stage 2
 *   0x01000  first page tables: identity map of the lowest GiB, while the loader runs
 *   0x04000  real-mode stack, growing down from STAGE1
 *   0x07c00  stage 1, where the firmware puts it
 *   0x09000  the line that a refusal prints
 *   0x0a000  stage 2: code and data as loaded
 *   0x10000  stage 2: zeroed data, then from above its long-mode stack
 *   0x20000  where the firmware's disk reads land
 *   0x30000  the firmware's memory map, byte by byte
 *   0x44000  the kernel's memory map, page by page
 */
#ifndef BOOT_LOW_H
#define BOOT_LOW_H

#define HANDOVER 0x600

#define EARLY_TABLES     0x1000
#define EARLY_TABLES_END 0x4000
#define EARLY_LIMIT      0x40000000 /* first byte that the loader cannot reach */

#define STAGE1     0x7c00
#define LINE       0x9000
#define LINE_END   0xa000
#define STAGE2     0xa000
#define STAGE2_END 0x10000 /* the stages' budget: 24 KiB */

/* On the medium, in bytes from its start; both sector sizes divide it. */
#define STAGE2_OFFSET 2048
#define STAGE2_MAGIC  0x3259524f /* "ORY2" */

#define STACK_TOP 0x20000

#define BUFFER     0x20000
#define BUFFER_END 0x30000

#define FIRMWARE_MAP     0x30000
#define FIRMWARE_MAP_END 0x44000
#define KERNEL_MAP       0x44000
#define KERNEL_MAP_END   0x58000

#define LOADER_LOW     0x1000
#define LOADER_LOW_END 0x58000 /* machines are known that reserve the page there */

/* Offsets in the hand-over: drive (1 byte), bytes a sector (2), TSC at 0x7c00 (8), ticks spent in
 * the firmware since (8). */
#define HANDOVER_DRIVE    (HANDOVER + 0)
#define HANDOVER_SECTOR   (HANDOVER + 2)
#define HANDOVER_TIME     (HANDOVER + 8)
#define HANDOVER_FIRMWARE (HANDOVER + 16)

/* Segment selectors of the loader's table. */
#define SELECTOR_CODE64 0x08
#define SELECTOR_DATA   0x10
#define SELECTOR_CODE16 0x18
#define SELECTOR_DATA16 0x20

#endif
