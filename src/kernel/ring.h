/*
 * The kernel's side of a ring (abi/ring.h).
 *
 * The ring's memory is shared with a process that may write to it at any time. Each request is read
 * once, into a copy; indices that the kernel relies on are its own. Invariants: requests in flight
 * + completions not yet reaped never exceed the completions' capacity, so that no completion is
 * ever dropped; requests in flight never exceed the requests' capacity.
 */
#ifndef KERNEL_RING_H
#define KERNEL_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/op.h"
#include "abi/ring.h"

struct kernel_ring {
    struct ring *shared;
    struct completion *completions;
    uint32_t capacity; /* requests; completions: twice as many */
    uint32_t mask;     /* capacity - 1 */
    uint32_t submission_head;
    uint32_t completion_tail;
    uint32_t in_flight; /* accepted and not yet completed */
};

/* Nothing but an answer is asked for. */
static inline bool request_is_nop(const struct request *request)
{
    return request->op == OP_NOP && request->flags == 0;
}

/* Set up an empty ring in zeroed memory of ring_size_bytes(capacity) bytes. */
void ring_init(struct kernel_ring *ring, void *memory, uint32_t capacity);

/* The flags of the request that lies `ahead` requests further, as they are now: a hint, since they
 * may be others when it is taken. -1 if the thread has not submitted that many. */
int32_t ring_peek_flags(const struct kernel_ring *ring, uint32_t ahead);

/* Completions that the thread has not reaped yet. */
static inline uint32_t ring_unreaped(const struct kernel_ring *ring)
{
    /* acquire: the thread read a completion before it moved its index, and the place is written
     * anew after this; what it claims here can only make its own ring seem full or empty */
    uint32_t head = __atomic_load_n(&ring->shared->completion_head, __ATOMIC_ACQUIRE);

    return ring->completion_tail - head;
}

/* How many more requests could be taken now, as far as room for completions goes. */
static inline uint32_t ring_room(const struct kernel_ring *ring)
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
static inline uint32_t ring_waiting(const struct kernel_ring *ring)
{
    /* acquire: pairs with the thread's release of submission_tail after it wrote the request */
    uint32_t tail = __atomic_load_n(&ring->shared->submission_tail, __ATOMIC_ACQUIRE);
    uint32_t waiting = tail - ring->submission_head;

    return waiting <= ring->capacity ? waiting : 0;
}

/* How many requests are submitted and have room for their completion. It does not grow, and shrinks
 * by ring_next alone, while the thread is in the kernel. */
static inline uint32_t ring_available(const struct kernel_ring *ring)
{
    uint32_t waiting = ring_waiting(ring), room = ring_room(ring);

    return waiting < room ? waiting : room;
}

static inline struct request *ring_slot(const struct kernel_ring *ring, uint32_t index)
{
    struct request *requests = (struct request *)((uint8_t *)ring->shared + RING_REQUESTS);

    return &requests[index & ring->mask];
}

/*
 * Copy the next request, which ring_available counted, and tell the thread that its slot is free.
 * Another processor may be writing there: each word is read once; of a plain no-op only those that
 * mean something. The caller answers it with ring_answer, or holds it as in flight. Gives whether
 * it is a plain no-op.
 */
static inline bool ring_next(struct kernel_ring *ring, struct request *request)
{
    const volatile uint64_t *source = (uint64_t *)ring_slot(ring, ring->submission_head);
    uint64_t *target = (uint64_t *)request;
    bool nop;

    target[0] = source[0];
    target[1] = source[1];
    nop = request_is_nop(request);
    if (!nop) {
        target[2] = source[2];
        target[3] = source[3];
        target[4] = source[4];
        target[5] = source[5];
        target[6] = source[6];
        target[7] = source[7];
    }
    ring->submission_head++;
    /* release: the slot may be written anew only after the copy above */
    __atomic_store_n(&ring->shared->submission_head, ring->submission_head, __ATOMIC_RELEASE);
    return nop;
}

/* Put back the request that ring_next gave last. */
static inline void ring_put_back(struct kernel_ring *ring)
{
    ring->submission_head--;
    __atomic_store_n(&ring->shared->submission_head, ring->submission_head, __ATOMIC_RELEASE);
}

/* The request that ring_next gave last is in flight until ring_release. */
static inline void ring_hold(struct kernel_ring *ring)
{
    ring->in_flight++;
}

/* Answer a request. There is room: ring_available saw to that. */
static inline void ring_answer(struct kernel_ring *ring, int64_t result, uint64_t user_data)
{
    struct completion *slot = &ring->completions[ring->completion_tail & (2 * ring->mask + 1)];

    slot->result = result;
    slot->user_data = user_data;
    ring->completion_tail++;
    /* release: the completion is whole before the thread sees it counted */
    __atomic_store_n(&ring->shared->completion_tail, ring->completion_tail, __ATOMIC_RELEASE);
}

/* A request that was in flight is answered, and nothing more is done for it. */
static inline void ring_release(struct kernel_ring *ring)
{
    /* release: pairs with ring_is_private */
    __atomic_store_n(&ring->in_flight, ring->in_flight - 1, __ATOMIC_RELEASE);
}

/* Is nothing in flight? Then whoever runs the ring's thread is alone with the ring. */
static inline bool ring_is_private(const struct kernel_ring *ring)
{
    /* acquire: what another processor wrote for the last request in flight is seen */
    return __atomic_load_n(&ring->in_flight, __ATOMIC_ACQUIRE) == 0;
}

#endif
