/*
 * Frames: the buddy allocator of frame.h.
 *
 * The four functions below are yours. frame.h says what each must do, and what a pool and its table
 * are made of; the table comes zeroed. Suggested order: frame_pool_init, frame_pool_add and
 * frame_alloc, until the tests of frames_alloc hold; then frame_free; then the merging of buddies.
 *
 * Only this file is yours, so frame.h stays as it is. Functions of your own are welcome; make them
 * static. The file may include frame.h and panic.h, nothing more.
 */
#include "frame.h"
#include "panic.h"

void frame_pool_init(struct frame_pool *pool, struct frame *table, uint64_t count)
{
    (void)pool, (void)table, (void)count;
    panic("frame_pool_init: not written yet (src/kernel/frame.c)");
}

void frame_pool_add(struct frame_pool *pool, uint64_t base, uint64_t size)
{
    (void)pool, (void)base, (void)size;
    panic("frame_pool_add: not written yet (src/kernel/frame.c)");
}

uint64_t frame_alloc(struct frame_pool *pool, unsigned order)
{
    (void)pool, (void)order;
    panic("frame_alloc: not written yet (src/kernel/frame.c)");
}

bool frame_free(struct frame_pool *pool, uint64_t address, unsigned order)
{
    (void)pool, (void)address, (void)order;
    panic("frame_free: not written yet (src/kernel/frame.c)");
}
