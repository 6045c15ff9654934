/* The kernel's side of a ring, as ring.h tells. */
#include "ring.h"

static struct request *ring_slot(const struct kernel_ring *ring, uint32_t index)
{
    struct request *requests = (struct request *)((uint8_t *)ring->shared + RING_REQUESTS);

    return &requests[index & (ring->capacity - 1)];
}

/* Copy a request out of memory that another processor may be writing: each word is read once. */
static inline void request_copy(struct request *to, const struct request *from)
{
    const volatile uint64_t *source = (const volatile uint64_t *)from;
    uint64_t *target = (uint64_t *)to;

    target[0] = source[0];
    target[1] = source[1];
    target[2] = source[2];
    target[3] = source[3];
    target[4] = source[4];
    target[5] = source[5];
    target[6] = source[6];
    target[7] = source[7];
}

void ring_init(struct kernel_ring *ring, void *memory, uint32_t capacity)
{
    ring->shared = memory;
    ring->capacity = capacity;
    ring->completions = (struct completion *)((uint8_t *)memory + RING_REQUESTS +
                                              capacity * sizeof(struct request));
    ring->submission_head = ring->completion_tail = ring->in_flight = 0;
    ring->shared->capacity = capacity;
}

uint32_t ring_unreaped(const struct kernel_ring *ring)
{
    /* acquire: the thread read a completion before it moved its index, and the place is written
     * anew after this; what it claims here can only make its own ring seem full or empty */
    uint32_t head = __atomic_load_n(&ring->shared->completion_head, __ATOMIC_ACQUIRE);

    return ring->completion_tail - head;
}

uint32_t ring_room(const struct kernel_ring *ring)
{
    uint32_t unreaped = ring_unreaped(ring), capacity = ring->capacity, room;

    /* an index that is out of range counts as a full ring */
    if (unreaped > 2 * capacity || ring->in_flight >= 2 * capacity - unreaped)
        return 0;
    room = 2 * capacity - unreaped - ring->in_flight;
    return room < capacity - ring->in_flight ? room : capacity - ring->in_flight;
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

int32_t ring_peek_flags(const struct kernel_ring *ring, uint32_t ahead)
{
    if (ahead >= ring_waiting(ring))
        return -1;
    return *(volatile uint16_t *)&ring_slot(ring, ring->submission_head + ahead)->flags;
}

bool ring_take(struct kernel_ring *ring, struct request *request)
{
    if (!ring_waiting(ring) || !ring_room(ring))
        return false;
    request_copy(request, ring_slot(ring, ring->submission_head));
    ring->in_flight++;
    ring->submission_head++;
    /* release: the slot may be written anew only after the copy above */
    __atomic_store_n(&ring->shared->submission_head, ring->submission_head, __ATOMIC_RELEASE);
    return true;
}

void ring_complete(struct kernel_ring *ring, int64_t result, uint64_t user_data)
{
    struct completion *slot = &ring->completions[ring->completion_tail & (2 * ring->capacity - 1)];

    slot->result = result;
    slot->user_data = user_data;
    ring->in_flight--;
    ring->completion_tail++;
    /* release: the completion is whole before the thread sees it counted */
    __atomic_store_n(&ring->shared->completion_tail, ring->completion_tail, __ATOMIC_RELEASE);
}
