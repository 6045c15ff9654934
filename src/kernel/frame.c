/* Frames: the buddy allocator of frame.h. */
#include "frame.h"

static void block_push(struct frame_pool *pool, uint32_t number, unsigned order)
{
    struct frame *block = &pool->frames[number];

    block->state = FRAME_FREE;
    block->order = (uint16_t)order;
    block->previous = FRAME_END;
    block->next = pool->first[order];
    if (block->next != FRAME_END)
        pool->frames[block->next].previous = number;
    pool->first[order] = number;
}

/* Take a free block out of its list; the caller gives it its new state. */
static void block_unlink(struct frame_pool *pool, uint32_t number)
{
    struct frame *block = &pool->frames[number];

    if (block->previous == FRAME_END)
        pool->first[block->order] = block->next;
    else
        pool->frames[block->previous].next = block->next;
    if (block->next != FRAME_END)
        pool->frames[block->next].previous = block->previous;
}

/* Join the free block with its buddy as long as that one is free, then list it. */
static void block_merge(struct frame_pool *pool, uint32_t number, unsigned order)
{
    while (order + 1 < FRAME_ORDERS) {
        uint32_t buddy = number ^ (1u << order);

        if (buddy >= pool->count || pool->frames[buddy].state != FRAME_FREE ||
            pool->frames[buddy].order != order)
            break;
        block_unlink(pool, buddy);
        pool->frames[number | buddy].state = FRAME_INSIDE;
        number &= buddy;
        order++;
    }
    block_push(pool, number, order);
}

void frame_pool_init(struct frame_pool *pool, struct frame *table, uint64_t count)
{
    pool->frames = table;
    pool->count = count;
    pool->free = pool->total = 0;
    for (unsigned order = 0; order < FRAME_ORDERS; order++)
        pool->first[order] = FRAME_END;
}

void frame_pool_add(struct frame_pool *pool, uint64_t base, uint64_t size)
{
    uint64_t number = base >> FRAME_SHIFT, end = (base + size) >> FRAME_SHIFT;

    pool->free += end - number;
    pool->total += end - number;
    while (number < end) {
        unsigned order = FRAME_ORDERS - 1;

        while ((number & ((UINT64_C(1) << order) - 1)) || number + (UINT64_C(1) << order) > end)
            order--;
        for (uint64_t inside = 1; inside < UINT64_C(1) << order; inside++)
            pool->frames[number + inside].state = FRAME_INSIDE;
        block_merge(pool, (uint32_t)number, order);
        number += UINT64_C(1) << order;
    }
}

uint64_t frame_alloc(struct frame_pool *pool, unsigned order)
{
    unsigned from = order;

    while (from < FRAME_ORDERS && pool->first[from] == FRAME_END)
        from++;
    if (from >= FRAME_ORDERS)
        return FRAME_NONE;

    uint32_t number = pool->first[from];

    block_unlink(pool, number);
    while (from > order) { /* keep the lower half, free the upper one */
        from--;
        block_push(pool, number + (1u << from), from);
    }
    pool->frames[number].state = FRAME_ALLOCATED;
    pool->frames[number].order = (uint16_t)order;
    pool->free -= UINT64_C(1) << order;
    return (uint64_t)number << FRAME_SHIFT;
}

bool frame_free(struct frame_pool *pool, uint64_t address, unsigned order)
{
    uint64_t number = address >> FRAME_SHIFT;

    if ((address & (FRAME_SIZE - 1)) || number >= pool->count)
        return false;

    struct frame *block = &pool->frames[number];

    if (block->state != FRAME_ALLOCATED || block->order != order)
        return false;
    pool->free += UINT64_C(1) << order;
    block_merge(pool, (uint32_t)number, order);
    return true;
}
