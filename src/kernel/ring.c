/* The kernel's side of a ring, as ring.h tells. */
#include "ring.h"

void ring_init(struct kernel_ring *ring, void *memory, uint32_t capacity)
{
    ring->shared = memory;
    ring->capacity = capacity;
    ring->mask = capacity - 1;
    ring->completions = (struct completion *)((uint8_t *)memory + RING_REQUESTS +
                                              capacity * sizeof(struct request));
    ring->submission_head = ring->completion_tail = ring->in_flight = 0;
    ring->shared->capacity = capacity;
}

int32_t ring_peek_flags(const struct kernel_ring *ring, uint32_t ahead)
{
    if (ahead >= ring_waiting(ring))
        return -1;
    return *(volatile uint16_t *)&ring_slot(ring, ring->submission_head + ahead)->flags;
}
