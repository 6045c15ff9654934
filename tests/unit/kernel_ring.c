/* The kernel's side of a ring: wrap of the indices, a full ring, a process that lies. */
#include <string.h>

#include "kernel/ring.h"
#include "kernel_test.h"

#define GUARD 256u

/* What completes a request in flight. */
static void complete(struct kernel_ring *ring, int64_t result, uint64_t user_data)
{
    ring_answer(ring, result, user_data);
    ring_release(ring);
}

static struct kernel_ring ring;
static uint8_t *memory;
static uint64_t memory_size;
static uint32_t capacity;

/* Take one request as in flight, if there is one. */
static bool request_take(struct kernel_ring *from, struct request *request)
{
    if (!ring_available(from))
        return false;
    ring_next(from, request);
    ring_hold(from);
    return true;
}

static struct request *requests(void)
{
    return (struct request *)(memory + RING_REQUESTS);
}

static struct completion *completions(void)
{
    return (struct completion *)(memory + RING_REQUESTS + capacity * sizeof(struct request));
}

/* A ring whose indices start at `start`, with guard bytes in front and behind. */
static void ring_make(uint32_t wanted, uint32_t start)
{
    uint8_t *whole;

    capacity = wanted;
    memory_size = ring_size_bytes(capacity);
    whole = aligned_alloc(64, (memory_size + 2 * GUARD + 63) / 64 * 64);
    memset(whole, 0xa5, memory_size + 2 * GUARD);
    memory = whole + GUARD;
    memset(memory, 0, memory_size);
    ring_init(&ring, memory, capacity);
    require(ring.shared->capacity == capacity);
    ring.submission_head = ring.shared->submission_head = ring.shared->submission_tail = start;
    ring.completion_tail = ring.shared->completion_tail = ring.shared->completion_head = start;
}

static void ring_unmake(void)
{
    for (unsigned i = 0; i < GUARD; i++) {
        require(memory[-1 - (int)i] == 0xa5);
        require(memory[memory_size + i] == 0xa5);
    }
    free(memory - GUARD);
}

static void submit(uint64_t user_data)
{
    requests()[ring.shared->submission_tail++ & (capacity - 1)] =
        (struct request){.flags = (uint16_t)user_data, .user_data = user_data};
}

START_TEST(empty)
{
    struct request request;

    ring_make(RING_CAPACITY_MIN, 0);
    require(!request_take(&ring, &request));
    require(ring_peek_flags(&ring, 0) == -1);
    require(ring_room(&ring) == capacity);
    require(ring_unreaped(&ring) == 0);
    ring_unmake();
}
END_TEST

/* Requests keep their order and their content over the point where the indices wrap. */
START_TEST(wrap)
{
    uint64_t pushed = 0, taken = 0, reaped = 0;
    struct request request;

    ring_make(RING_CAPACITY_MIN, UINT32_MAX - 1000);
    while (reaped < 5000) {
        for (uint32_t n = random_below(capacity + 1); n && pushed - reaped < capacity; n--)
            submit(pushed++);
        require(ring_peek_flags(&ring, (uint32_t)(pushed - taken)) == -1);
        for (uint32_t ahead = 0; ahead < pushed - taken; ahead++)
            require(ring_peek_flags(&ring, ahead) == (uint16_t)(taken + ahead));
        for (uint32_t n = random_below(capacity + 1); n && request_take(&ring, &request); n--) {
            require(request.user_data == taken++);
            require(ring.shared->submission_head == ring.submission_head);
            complete(&ring, -(int64_t)request.user_data, request.user_data);
        }
        require(ring_unreaped(&ring) == taken - reaped);
        for (uint32_t n = random_below(capacity + 1); n && reaped < taken; n--) {
            uint32_t head = ring.shared->completion_head++;
            struct completion got = completions()[head & (2 * capacity - 1)];

            require(got.user_data == reaped && got.result == -(int64_t)reaped);
            reaped++;
        }
    }
    require(ring.submission_head < UINT32_MAX - 1000); /* it did wrap */
    ring_unmake();
}
END_TEST

/* What might not be answered is not accepted: in flight + unreaped <= completions. */
START_TEST(full)
{
    struct request request;
    uint32_t taken = 0;

    for (uint32_t start = 0; start < 2; start++) {
        ring_make(RING_CAPACITY_MIN << start, 0 - start);
        for (taken = 0; taken < capacity; taken++) {
            submit(taken);
            require(request_take(&ring, &request));
        }
        submit(taken);
        require(ring_room(&ring) == 0);
        require(!request_take(&ring, &request)); /* as many in flight as there are requests */
        for (uint32_t i = 0; i < 2 * capacity; i++) {
            complete(&ring, 0, i);
            require(ring.in_flight + ring_unreaped(&ring) <= 2 * capacity);
            while (request_take(&ring, &request))
                submit(++taken);
        }
        require(ring.in_flight == 0 && ring_unreaped(&ring) == 2 * capacity);
        require(ring_room(&ring) == 0 && !request_take(&ring, &request));
        ring.shared->completion_head++;
        require(ring_room(&ring) == 1 && request_take(&ring, &request));
        require(ring_room(&ring) == 0 && !request_take(&ring, &request));
        for (uint32_t i = 0; i < 2 * capacity - 1; i++)
            require(
                completions()[(ring.shared->completion_head + i) & (2 * capacity - 1)].user_data ==
                i + 1);
        ring_unmake();
    }
}
END_TEST

/* The process writes anything anywhere: the kernel writes its two indices and completions, counts
 * right, and never holds more than the capacity. */
START_TEST(hostile)
{
    struct request request;
    uint32_t in_flight = 0;

    ring_make(RING_CAPACITY_MIN, 0xfffffff0);
    for (uint64_t step = 0, count = steps(1000000); step < count; step++) {
        uint32_t *header = (uint32_t *)memory;
        uint64_t before[RING_REQUESTS / 8 + RING_CAPACITY_MIN * 8];
        uint32_t head = ring.submission_head, room;
        bool took;

        header[random_below(RING_REQUESTS / 4)] =
            random_below(2) ? (uint32_t)random_next() : head + random_below(2 * capacity);
        ((uint64_t *)requests())[random_below(capacity * 8)] = random_next();
        memcpy(before, memory, sizeof before);
        room = ring_room(&ring);
        require(room <= capacity - in_flight);
        took = request_take(&ring, &request);
        require(!took || room);
        in_flight += took;
        if (in_flight && random_below(2)) {
            complete(&ring, 1, 2);
            in_flight--;
        }
        require(ring.in_flight == in_flight && in_flight <= capacity);
        require(ring.submission_head == head + took);
        require(ring.capacity == capacity);
        /* lines 0, 2 and 3 and the requests are the process's own */
        require(memcmp(before, memory, 64) == 0);
        require(memcmp((uint8_t *)before + 72, memory + 72, sizeof before - 72) == 0);
    }
    ring_unmake();
}
END_TEST

/* A tail further ahead than there are slots is no request at all. */
START_TEST(too_many)
{
    struct request request;

    ring_make(RING_CAPACITY_MIN, 5);
    ring.shared->submission_tail = 5 + capacity + 1;
    require(!request_take(&ring, &request));
    require(ring_peek_flags(&ring, 0) == -1);
    ring.shared->submission_tail = 4;
    require(!request_take(&ring, &request));
    ring.shared->submission_tail = 5 + capacity;
    require(request_take(&ring, &request));
    ring.shared->completion_head = 6; /* reaped what was never there */
    require(ring_room(&ring) == 0 && !request_take(&ring, &request));
    ring.shared->completion_head = 5;
    require(request_take(&ring, &request));
    ring_unmake();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {empty, wrap, full, hostile, too_many};

    return suite_run("kernel rings", tests, sizeof tests / sizeof tests[0]);
}
