/* The user's side of a ring, the part that is too long for ring.h. */
#include "libsys/ring.h"

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
        /* Release: the kernel may fill the place only after it was read. */
        __atomic_store_n(&ring->completion_head, head + 1, __ATOMIC_RELEASE);
        return true;
    }
    return false;
}
