/*
 * The user's side of a ring and synchronous calls, against a model of the kernel: it takes requests
 * and answers them in an order of its own, and checks the bounds that the kernel sets.
 */
#include <check.h>
#include <stdlib.h>

#include "abi/error.h"
#include "abi/op.h"
#include "libsys/ring.h"
#include "libsys/sync.h"
#include "libsys/thread.h"
#include "suite.h"

#define CAPACITY RING_CAPACITY_MIN

static struct ring *ring;
static struct thread thread;

/* The model: requests it has taken and not answered. */
static struct request held[CAPACITY];
static uint32_t held_count;
static uint64_t seen; /* requests ever taken */
static unsigned enters;

struct thread *thread_self(void)
{
    return &thread;
}

static uint32_t random_below(uint32_t bound)
{
    static uint64_t state = 1;

    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % bound;
}

/* What the model answers: a read of handle H gives H, a write its length negated. */
static int64_t answer_of(const struct request *request)
{
    return request->op == OP_WRITE ? -(int64_t)request->length : (int64_t)request->handle;
}

/* Answer one request in flight, any of them; reads of handle 0 are never answered. */
static bool answer_one(void)
{
    uint32_t first = held_count ? random_below(held_count) : 0;

    for (uint32_t i = 0; i < held_count; i++) {
        uint32_t place = (first + i) % held_count;
        uint32_t tail = ring->completion_tail;

        if (held[place].handle == 0)
            continue;
        ck_assert_uint_lt(tail - ring->completion_head, 2 * CAPACITY);
        ring_completions(ring)[tail % (2 * CAPACITY)] =
            (struct completion){answer_of(&held[place]), held[place].user_data};
        ring->completion_tail = tail + 1;
        held[place] = held[--held_count];
        return true;
    }
    return false;
}

uint64_t enter(uint64_t submit, uint64_t wait, uint64_t deadline_ns)
{
    uint64_t accepted = 0;

    (void)deadline_ns;
    enters++;
    for (; accepted < submit && ring->submission_head != ring->submission_tail; accepted++) {
        uint32_t unreaped = ring->completion_tail - ring->completion_head;

        /* The invariant of ring_push: whatever it took is accepted. */
        ck_assert_uint_lt(held_count, CAPACITY);
        ck_assert_uint_lt(held_count + unreaped, 2 * CAPACITY);
        held[held_count++] = ring_requests(ring)[ring->submission_head++ % CAPACITY];
        seen++;
    }
    while (ring->completion_tail - ring->completion_head < wait && answer_one())
        ;
    return accepted;
}

static void ring_setup(void)
{
    ring = aligned_alloc(64, ring_size_bytes(CAPACITY));
    *ring = (struct ring){.capacity = CAPACITY};
    /* Close to where the indices wrap. */
    ring->submission_head = ring->submission_tail = UINT32_MAX - 5;
    ring->completion_head = ring->completion_tail = UINT32_MAX - 5;
    thread = (struct thread){.self = &thread, .ring = ring};
    held_count = 0;
    seen = 0;
    enters = 0;
}

static void ring_teardown(void)
{
    free(ring);
}

static bool push_read(uint32_t handle, uint64_t user_data)
{
    return ring_push(ring,
                     (struct request){.op = OP_READ, .handle = handle, .user_data = user_data});
}

START_TEST(push_is_bounded_by_capacity)
{
    for (uint32_t i = 0; i < CAPACITY; i++)
        ck_assert(push_read(1, i));
    ck_assert(!push_read(1, 0));
    ck_assert_uint_eq(ring_pending(ring), CAPACITY);
    ck_assert_uint_eq(enter(ring_pending(ring), 0, 0), CAPACITY);
    /* All in flight: still none of them answered. */
    ck_assert(!push_read(1, 0));
    ck_assert(answer_one());
    ck_assert(push_read(1, 0));
}
END_TEST

START_TEST(push_leaves_room_for_every_answer)
{
    struct completion completion;

    for (uint32_t i = 0; i < 2 * CAPACITY; i++) {
        ck_assert(push_read(1, i));
        enter(ring_pending(ring), i + 1, NEVER);
    }
    ck_assert_uint_eq(ring_ready(ring), 2 * CAPACITY);
    ck_assert(!push_read(1, 0));
    ck_assert(ring_pop(ring, &completion));
    ck_assert(push_read(1, 0));
}
END_TEST

START_TEST(pop_keeps_order_across_the_wrap)
{
    struct completion completion;

    for (uint64_t i = 0; i < 100; i++) {
        ck_assert(push_read((uint32_t)i + 1, i));
        enter(1, 1, NEVER);
        ck_assert(ring_pop(ring, &completion));
        ck_assert_uint_eq(completion.user_data, i);
        ck_assert_int_eq(completion.result, (int64_t)i + 1);
        ck_assert(!ring_pop(ring, &completion));
    }
}
END_TEST

START_TEST(pop_tagged_leaves_the_others_in_order)
{
    struct completion completion;

    for (uint64_t i = 0; i < 9; i++) {
        push_read((uint32_t)i + 1, i);
        enter(1, (uint32_t)i + 1, NEVER);
    }
    ck_assert(ring_pop_tagged(ring, 6, &completion));
    ck_assert_int_eq(completion.result, 7);
    ck_assert(!ring_pop_tagged(ring, 6, &completion));
    for (uint64_t i = 0; i < 9; i++) {
        if (i == 6)
            continue;
        ck_assert(ring_pop(ring, &completion));
        ck_assert_uint_eq(completion.user_data, i);
    }
    ck_assert(!ring_pop(ring, &completion));
}
END_TEST

START_TEST(synchronous_call_keeps_foreign_answers)
{
    struct completion completion;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < 8; i++)
        push_read((uint32_t)i + 1, 100 + i);
    ck_assert_int_eq(object_write(5, "abc", 3, 0), -3);
    ck_assert_int_eq(object_read(77, NULL, 0, 0), 77);
    while (sum < 8) {
        enter(ring_pending(ring), 1, NEVER);
        while (ring_pop(ring, &completion)) {
            ck_assert_int_eq(completion.result, (int64_t)completion.user_data - 99);
            sum++;
        }
    }
    ck_assert_uint_eq(held_count, 0);
    ck_assert_uint_eq(seen, 10);
}
END_TEST

START_TEST(synchronous_call_is_one_enter)
{
    ck_assert_int_eq(object_read(3, NULL, 0, 0), 3);
    ck_assert_uint_eq(enters, 1);
    ck_assert_uint_eq(ring_ready(ring), 0);
}
END_TEST

START_TEST(synchronous_call_without_room_says_so)
{
    /* All of the ring's requests in flight, none of which will be answered. */
    for (uint32_t i = 0; i < CAPACITY; i++)
        push_read(0, i);
    ck_assert_int_eq(object_read(3, NULL, 0, 0), -E_ROOM);
    ck_assert_uint_eq(seen, CAPACITY);
}
END_TEST

START_TEST(synchronous_call_after_a_full_batch)
{
    /* The ring holds a whole batch that was pushed and not submitted: it goes in first. */
    for (uint32_t i = 0; i < CAPACITY - 1; i++)
        push_read(1, i);
    ck_assert_int_eq(object_read(3, NULL, 0, 0), 3);
    ck_assert_uint_eq(seen, CAPACITY);
}
END_TEST

START_TEST(random_traffic)
{
    uint64_t pushed = 0, popped = 0;
    struct completion completion;

    for (unsigned step = 0; step < 50000; step++) {
        switch (random_below(5)) {
        case 0:
        case 1:
            pushed += push_read(1 + random_below(50), pushed);
            break;
        case 2:
            enter(ring_pending(ring), random_below(4), NEVER);
            break;
        case 3:
            popped += ring_pop(ring, &completion);
            break;
        case 4:
            if (ring_room(ring) != 0)
                ck_assert_int_eq(object_read(9, NULL, 0, 0), 9);
            break;
        }
        ck_assert_uint_le(popped, pushed);
    }
    while (popped < pushed) {
        enter(ring_pending(ring), 1, NEVER);
        while (ring_pop(ring, &completion))
            popped++;
    }
    ck_assert_uint_eq(held_count, 0);
    ck_assert_uint_eq(ring_ready(ring), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("libsys_ring");
    TCase *tests = tcase_create("ring");

    tcase_add_checked_fixture(tests, ring_setup, ring_teardown);
    tcase_add_test(tests, push_is_bounded_by_capacity);
    tcase_add_test(tests, push_leaves_room_for_every_answer);
    tcase_add_test(tests, pop_keeps_order_across_the_wrap);
    tcase_add_test(tests, pop_tagged_leaves_the_others_in_order);
    tcase_add_test(tests, synchronous_call_keeps_foreign_answers);
    tcase_add_test(tests, synchronous_call_is_one_enter);
    tcase_add_test(tests, synchronous_call_without_room_says_so);
    tcase_add_test(tests, synchronous_call_after_a_full_batch);
    tcase_add_test(tests, random_traffic);
    return suite_finish(suite, tests);
}
