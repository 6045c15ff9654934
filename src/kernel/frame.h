/*
 * Frames: which pages of physical memory are free. A buddy allocator.
 *
 * A block of order n is 2^n frames, aligned to its size. Its buddy is the block of the same order
 * that together with it makes the block of the next order. Free buddies are always merged, so two
 * neighbours that form a block are never both free. Every call takes O(FRAME_ORDERS) steps.
 *
 * Pure: it touches only the pool and its table, never the memory that it hands out. The caller
 * holds the lock.
 */
#ifndef KERNEL_FRAME_H
#define KERNEL_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_SHIFT  12
#define FRAME_SIZE   (UINT64_C(1) << FRAME_SHIFT)
#define FRAME_ORDERS 11u        /* orders 0 to 10: 4 KiB to 4 MiB */
#define FRAME_NONE   UINT64_MAX /* no address: there was no block */

enum frame_state {
    FRAME_RESERVED = 0,  /* not the pool's */
    FRAME_FREE = 1,      /* first frame of a free block */
    FRAME_ALLOCATED = 2, /* first frame of an allocated block */
    FRAME_INSIDE = 3,    /* any further frame of a block of the pool */
};

/* What the pool keeps for each frame. Links are frame numbers; they count in free blocks only. */
struct frame {
    uint32_t next, previous;
    uint16_t order;
    uint16_t state;  /* enum frame_state */
    uint32_t shares; /* of the pool's user (page.h); the pool leaves it alone, and it starts as 0 */
};

struct frame_pool {
    struct frame *frames; /* one for each frame of the machine up to `count` */
    uint64_t count;
    uint64_t free;                /* frames free, all orders together */
    uint64_t total;               /* frames ever added */
    uint32_t first[FRAME_ORDERS]; /* first free block of each order, or FRAME_END */
};

#define FRAME_END UINT32_MAX

/* Start an empty pool over `count` frames from address 0; `table` holds `count` zeroed elements. */
void frame_pool_init(struct frame_pool *pool, struct frame *table, uint64_t count);

/* Give the pool the memory from `base`, `size` bytes: page-aligned, inside the table, not given
 * before. Frame 0 is never given. */
void frame_pool_add(struct frame_pool *pool, uint64_t base, uint64_t size);

/* Take a block of 2^order frames. Gives its physical address, or FRAME_NONE if no free block is
 * large enough or the order does not exist. */
uint64_t frame_alloc(struct frame_pool *pool, unsigned order);

/* Give a block back. False, and nothing changes, unless `address` and `order` are those of a block
 * that is allocated. */
bool frame_free(struct frame_pool *pool, uint64_t address, unsigned order);

#endif
