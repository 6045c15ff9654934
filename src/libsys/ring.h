/*
 * The user's side of a ring (abi/ring.h): put requests in, take completions out.
 *
 * A thread's ring is its own: only that thread calls these. Nothing here enters the kernel; enter()
 * does. Two bounds hold: what was pushed and is not answered yet never exceeds the ring's capacity,
 * and what was pushed and not popped never exceeds its completions, twice as many. So whatever
 * ring_push takes the kernel accepts, and no answer is ever without a place.
 */
#ifndef LIBSYS_RING_H
#define LIBSYS_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/ring.h"

#define NEVER DEADLINE_NEVER

/*
 * The one system call: hand `submit` requests of this thread's ring to the kernel, then wait until
 * `wait` completions are there to pop, or the monotonic clock reaches `deadline_ns`, or nothing is
 * in flight any more. Returns how many requests were accepted.
 */
uint64_t enter(uint64_t submit, uint64_t wait, uint64_t deadline_ns);

static inline struct request *ring_requests(struct ring *ring)
{
    return (struct request *)((char *)ring + RING_REQUESTS);
}

static inline struct completion *ring_completions(struct ring *ring)
{
    return (struct completion *)(ring_requests(ring) + ring->capacity);
}

/* Requests pushed that the kernel has not taken yet: what to pass to enter as `submit`. */
static inline uint32_t ring_pending(const struct ring *ring)
{
    /* Relaxed: the kernel moves its head only inside an enter of this same thread. */
    return ring->submission_tail - __atomic_load_n(&ring->submission_head, __ATOMIC_RELAXED);
}

/* Completions that are there to pop. */
static inline uint32_t ring_ready(const struct ring *ring)
{
    /* Acquire: the completions below the tail are read after it. */
    return __atomic_load_n(&ring->completion_tail, __ATOMIC_ACQUIRE) - ring->completion_head;
}

/* How many requests ring_push takes now. */
static inline uint32_t ring_room(const struct ring *ring)
{
    /* Acquire: the slot may be written anew only after the kernel, which answers no request that it
     * has not read, was done with it. */
    uint32_t answered = __atomic_load_n(&ring->completion_tail, __ATOMIC_ACQUIRE);
    uint32_t flight_room = ring->capacity - (ring->submission_tail - answered);
    uint32_t answer_room = 2 * ring->capacity - (ring->submission_tail - ring->completion_head);

    return flight_room < answer_room ? flight_room : answer_room;
}

/* Does ring_push take `count` requests now? */
static inline bool ring_has_room(const struct ring *ring, uint32_t count)
{
    /* What was pushed and not popped bounds both; if it is too much, look closer. */
    return ring->submission_tail - ring->completion_head + count <= ring->capacity ||
           ring_room(ring) >= count;
}

/*
 * Put a request in; the next enter that submits it hands it to the kernel. False if there is no
 * room, for it or for its completion: then enter, or pop, first.
 */
static inline bool ring_push(struct ring *ring, struct request request)
{
    uint32_t tail = ring->submission_tail;
    struct request *slot = &ring_requests(ring)[tail & (ring->capacity - 1)];

    if (!ring_has_room(ring, 1))
        return false;
    /* Field by field: a compiler then builds the request in its place. */
    slot->op = request.op;
    slot->flags = request.flags;
    slot->handle = request.handle;
    slot->user_data = request.user_data;
    slot->buffer = request.buffer;
    slot->length = request.length;
    slot->offset = request.offset;
    slot->deadline = request.deadline;
    slot->arg0 = request.arg0;
    slot->arg1 = request.arg1;
    /* Release: whoever sees the new tail sees the request below it. */
    __atomic_store_n(&ring->submission_tail, tail + 1, __ATOMIC_RELEASE);
    return true;
}

/* Take the oldest completion out. False if there is none. */
static inline bool ring_pop(struct ring *ring, struct completion *completion)
{
    uint32_t head = ring->completion_head;

    if (ring_ready(ring) == 0)
        return false;
    *completion = ring_completions(ring)[head & (2 * ring->capacity - 1)];
    /* Release: the kernel may fill the place only after it was read. */
    __atomic_store_n(&ring->completion_head, head + 1, __ATOMIC_RELEASE);
    return true;
}

/* The result of the oldest completion, taken out, if that has this user_data. */
static inline bool ring_pop_if(struct ring *ring, uint64_t user_data, int64_t *result)
{
    uint32_t head = ring->completion_head;
    const struct completion *first = &ring_completions(ring)[head & (2 * ring->capacity - 1)];

    if (ring_ready(ring) == 0 || first->user_data != user_data)
        return false;
    *result = first->result;
    /* Release: the kernel may fill the place only after it was read. */
    __atomic_store_n(&ring->completion_head, head + 1, __ATOMIC_RELEASE);
    return true;
}

/*
 * Take the oldest completion with this user_data out, wherever it stands; the others keep their
 * order. False if there is none. Cost: the number of completions before it.
 */
bool ring_pop_tagged(struct ring *ring, uint64_t user_data, struct completion *completion);

#endif
