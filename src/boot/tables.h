/*
 * Page tables: the four levels that the processor walks.
 *
 * Tables are taken one after the other from a pool; the first is the root. What is not mapped is
 * not present; nothing is ever mapped twice, nor writable and executable at once.
 */
#ifndef BOOT_TABLES_H
#define BOOT_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/* Entry bits, as the processor defines them. */
#define TABLE_PRESENT    (UINT64_C(1) << 0)
#define TABLE_WRITABLE   (UINT64_C(1) << 1)
#define TABLE_LARGE      (UINT64_C(1) << 7)
#define TABLE_NO_EXECUTE (UINT64_C(1) << 63)
#define TABLE_ADDRESS    UINT64_C(0x000ffffffffff000)

enum table_page { TABLE_PAGE_4K = 12, TABLE_PAGE_2M = 21, TABLE_PAGE_1G = 30 }; /* log2 of bytes */

enum table_access { TABLE_READ = 0, TABLE_WRITE = 1, TABLE_EXECUTE = 2 };

enum table_error {
    TABLE_OK,
    TABLE_NO_ROOM,    /* the pool is used up */
    TABLE_BAD_RANGE,  /* not page-aligned, empty, wraps, not canonical, or beyond 52 bits */
    TABLE_BAD_ACCESS, /* writable and executable */
    TABLE_OVERLAP,    /* part of the range is mapped already */
};

struct tables {
    uint64_t base;         /* physical address of the pool and of the root; page-aligned */
    unsigned char *memory; /* the pool, as the caller sees it */
    uint64_t size;         /* bytes of the pool */
    uint64_t used;         /* bytes handed out, always whole pages */
};

/* Makes an empty root in a pool. Result: TABLE_OK, TABLE_NO_ROOM or TABLE_BAD_RANGE. */
enum table_error tables_open(struct tables *tables, uint64_t base, void *memory, uint64_t size);

/*
 * Maps `size` bytes at `address` to `physical`, all multiples of a page, with the largest pages up
 * to `largest` that both addresses allow. Kernel-only, write-back cached.
 * After an error part of the range may be mapped.
 */
enum table_error tables_map(struct tables *tables, uint64_t address, uint64_t physical,
                            uint64_t size, enum table_access access, enum table_page largest);

#endif
