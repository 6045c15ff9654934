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

#include "abi/ring.h"

struct kernel_ring {
    struct ring *shared;
    struct completion *completions;
    uint32_t capacity; /* requests; completions: twice as many */
    uint32_t submission_head;
    uint32_t completion_tail;
    uint32_t in_flight; /* accepted and not yet completed */
};

/* Set up an empty ring in zeroed memory of ring_size_bytes(capacity) bytes. */
void ring_init(struct kernel_ring *ring, void *memory, uint32_t capacity);

/* Is there a request, and room for its completion? Then copy it to `request`, count it as in
 * flight, and tell the thread that its slot is free again. */
bool ring_take(struct kernel_ring *ring, struct request *request);

/* The flags of the request that lies `ahead` requests further, as they are now: a hint, since they
 * may be others when it is taken. -1 if the thread has not submitted that many. */
int32_t ring_peek_flags(const struct kernel_ring *ring, uint32_t ahead);

/* How many more requests could be taken now, as far as room for completions goes. */
uint32_t ring_room(const struct kernel_ring *ring);

/* Completions that the thread has not reaped yet. */
uint32_t ring_unreaped(const struct kernel_ring *ring);

/* Answer a request that was taken. There is room: ring_take saw to that. */
void ring_complete(struct kernel_ring *ring, int64_t result, uint64_t user_data);

#endif
