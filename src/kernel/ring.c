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

uint32_t ring_room(const struct kernel_ring *ring)
{
    uint32_t capacity = ring->capacity, in_flight = capacity - ring->in_flight;
    uint64_t taken = (uint64_t)ring_unreaped(ring) + ring->in_flight;

    /* an index that is out of range counts as a full ring */
    if (taken >= 2 * capacity)
        return 0;
    return 2 * capacity - taken < in_flight ? (uint32_t)(2 * capacity - taken) : in_flight;
}

/* Requests that the thread has submitted and the kernel has not taken; what cannot be counts as
 * none. */
static uint32_t ring_waiting(const struct kernel_ring *ring)
{
    /* acquire: pairs with the thread's release of submission_tail after it wrote the request */
    uint32_t tail = __atomic_load_n(&ring->shared->submission_tail, __ATOMIC_ACQUIRE);
    uint32_t waiting = tail - ring->submission_head;

    return waiting <= ring->capacity ? waiting : 0;
}

uint32_t ring_available(const struct kernel_ring *ring)
{
    uint32_t waiting = ring_waiting(ring), room = ring_room(ring);

    return waiting < room ? waiting : room;
}

int32_t ring_peek_flags(const struct kernel_ring *ring, uint32_t ahead)
{
    if (ahead >= ring_waiting(ring))
        return -1;
    return *(volatile uint16_t *)&ring_slot(ring, ring->submission_head + ahead)->flags;
}
