/* What threads of one process have of their own, and how they wait for each other. */
#include "check.h"

#define THREADS     4
#define ROUNDS      500u
#define MILLISECOND UINT64_C(1000000)

static uint32_t self_handle(void)
{
    return handle_named("self");
}

/* Until this is the only thread again: those that it started have told all that they had to. */
static void threads_await(void)
{
    while (object_get(self_handle(), PROPERTY_THREADS) > 1)
        sleep_until_ns(time_now_ns() + MILLISECOND);
}

/* Run `function` in some threads of several priorities; each gets its number, from 0. */
static void threads_run(int (*function)(void *number))
{
    int64_t threads[THREADS];

    thread_priority_set(PRIORITY_PROGRAM + 1); /* none runs before all are there */
    for (uint64_t i = 0; i < THREADS; i++) {
        threads[i] = thread_create(function, (void *)i, 0);
        EXPECT(threads[i] > 0);
        EXPECT(object_set((uint32_t)threads[i], PROPERTY_PRIORITY, PRIORITY_PROGRAM - i % 3) == 0);
    }
    thread_priority_set(PRIORITY_PROGRAM);
    threads_await();
    for (unsigned i = 0; i < THREADS; i++)
        handle_close((uint32_t)threads[i]);
}

static __thread uint64_t begun = 7;
static __thread uint8_t zeros[100];
static __thread char aligned_text[64] __attribute__((aligned(64))) = "its own";

static uint64_t own[THREADS];

static bool variables_are_fresh(void)
{
    bool fresh = begun == 7 && strcmp(aligned_text, "its own") == 0;

    for (size_t i = 0; i < sizeof(zeros); i++)
        fresh = fresh && zeros[i] == 0;
    return fresh && (uintptr_t)aligned_text % 64 == 0;
}

static int variables_use(void *number)
{
    uint64_t mine = (uint64_t)number;

    EXPECT(variables_are_fresh());
    own[mine] = (uint64_t)&begun;
    begun = mine;
    memset(zeros, (int)mine, sizeof(zeros));
    enter(0, 0, 0); /* the others do the same */
    EXPECT(begun == mine && zeros[99] == mine);
    return 0;
}

static void threads_have_variables_of_their_own(void)
{
    EXPECT(variables_are_fresh());
    zeros[0] = 1;
    threads_run(variables_use);
    EXPECT(begun == 7 && zeros[0] == 1);
    zeros[0] = 0;
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned j = 0; j < i; j++)
            EXPECT(own[i] && own[i] != own[j] && own[i] != (uint64_t)&begun);
}

static struct mutex mutex;
static struct condition filled, emptied;
static uint64_t shared, in_buffer, sum;

static void mutex_alone_needs_no_call(void)
{
    uint32_t calls;

    EXPECT(mutex_open(&mutex) == 0);
    calls = thread_self()->sync_count;
    for (unsigned i = 0; i < ROUNDS; i++) {
        EXPECT(mutex_lock(&mutex) == 0);
        EXPECT(condition_wake(&filled, &mutex) == 0);
        EXPECT(mutex_lock(&mutex) == -E_STATE);
        EXPECT(mutex_unlock(&mutex) == 0);
        EXPECT(mutex_unlock(&mutex) == -E_STATE);
    }
    EXPECT(thread_self()->sync_count == calls);
    mutex_close(&mutex);
}

static int shared_add(void *number)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t before;

        EXPECT(mutex_lock(&mutex) == 0);
        before = shared;
        if (i % 4 == (uint64_t)number)
            enter(0, 0, 0);
        if (i % 64 == 0) /* also those of lower priority run meanwhile */
            sleep_until_ns(time_now_ns() + MILLISECOND / 10);
        shared = before + 1;
        EXPECT(mutex_unlock(&mutex) == 0);
    }
    return 0;
}

static void mutex_one_at_a_time(void)
{
    EXPECT(mutex_open(&mutex) == 0);
    shared = 0;
    threads_run(shared_add);
    EXPECT(shared == THREADS * ROUNDS);
    EXPECT(mutex_try(&mutex) == 0);
    EXPECT(mutex_unlock(&mutex) == 0);
    mutex_close(&mutex);
}

/* Even ones fill a place for one, odd ones empty it. */
static int fill_or_empty(void *number)
{
    bool fills = (uint64_t)number % 2 == 0;

    EXPECT(mutex_lock(&mutex) == 0);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        while ((in_buffer != 0) == fills)
            EXPECT(condition_wait(fills ? &emptied : &filled, &mutex) == 0);
        sum += in_buffer;
        in_buffer = fills ? i : 0;
        EXPECT(condition_wake(fills ? &filled : &emptied, &mutex) == 0);
    }
    EXPECT(mutex_unlock(&mutex) == 0);
    return 0;
}

static void condition_every_item_once(void)
{
    int64_t handles = object_get(self_handle(), PROPERTY_HANDLES);

    EXPECT(mutex_open(&mutex) == 0);
    in_buffer = sum = 0;
    threads_run(fill_or_empty);
    EXPECT(sum == UINT64_C(2) * ROUNDS * (ROUNDS + 1) / 2);
    mutex_close(&mutex);
    EXPECT(object_get(self_handle(), PROPERTY_HANDLES) == handles);
}

static void condition_deadline_passes(void)
{
    uint64_t until = time_now_ns() + 2 * MILLISECOND;

    EXPECT(mutex_open(&mutex) == 0);
    EXPECT(condition_wait(&filled, &mutex) == -E_STATE);
    EXPECT(mutex_lock(&mutex) == 0);
    EXPECT(condition_wait_until(&filled, &mutex, until) == -E_TIMEOUT);
    EXPECT(time_now_ns() >= until);
    EXPECT(condition_wait_until(&filled, &mutex, 0) == -E_TIMEOUT);
    EXPECT(mutex_is_mine(&mutex));
    EXPECT(mutex_unlock(&mutex) == 0);
    mutex_close(&mutex);
}

void thread_tests(void)
{
    test_run("thread-variables", threads_have_variables_of_their_own);
    test_run("mutex-alone-needs-no-call", mutex_alone_needs_no_call);
    test_run("mutex-one-at-a-time", mutex_one_at_a_time);
    test_run("condition-every-item-once", condition_every_item_once);
    test_run("condition-deadline-passes", condition_deadline_passes);
}
