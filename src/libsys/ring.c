/* The user's side of a ring: see ring.h. */
#include "libsys/ring.h"

uint32_t ring_room(const struct ring *ring)
{
    /* Relaxed: a tail that is too old makes the room look smaller, never larger. */
    uint32_t answered = __atomic_load_n(&ring->completion_tail, __ATOMIC_RELAXED);
    uint32_t unanswered = ring->submission_tail - answered;
    uint32_t unpopped = ring->submission_tail - ring->completion_head;
    uint32_t room = 2 * ring->capacity - unpopped;

    return room < ring->capacity - unanswered ? room : ring->capacity - unanswered;
}

bool ring_push(struct ring *ring, struct request request)
{
    uint32_t mask = ring->capacity - 1;

    if (ring_room(ring) == 0)
        return false;
    ring_requests(ring)[ring->submission_tail & mask] = request;
    /* Release: whoever sees the new tail sees the request below it. */
    __atomic_store_n(&ring->submission_tail, ring->submission_tail + 1, __ATOMIC_RELEASE);
    return true;
}

/* Give the oldest completion's place back. */
static void head_advance(struct ring *ring)
{
    /* Release: the kernel may fill the place only after it was read. */
    __atomic_store_n(&ring->completion_head, ring->completion_head + 1, __ATOMIC_RELEASE);
}

bool ring_pop(struct ring *ring, struct completion *completion)
{
    uint32_t mask = 2 * ring->capacity - 1;

    if (ring_ready(ring) == 0)
        return false;
    *completion = ring_completions(ring)[ring->completion_head & mask];
    head_advance(ring);
    return true;
}

bool ring_pop_tagged(struct ring *ring, uint64_t user_data, struct completion *completion)
{
    struct completion *completions = ring_completions(ring);
    uint32_t mask = 2 * ring->capacity - 1;
    uint32_t head = ring->completion_head;
    uint32_t ready = ring_ready(ring);

    for (uint32_t i = 0; i < ready; i++) {
        if (completions[(head + i) & mask].user_data != user_data)
            continue;
        *completion = completions[(head + i) & mask];
        /* Close the gap from below, so that one step of the head frees exactly this place. */
        for (; i > 0; i--)
            completions[(head + i) & mask] = completions[(head + i - 1) & mask];
        head_advance(ring);
        return true;
    }
    return false;
}
