/*
 * The mutex and the condition with real threads, under ThreadSanitizer: events are emulated, each
 * of their uses counted as the system call that it would be; the hard races are brought about by
 * acting for another thread right before a read of an event waits.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "abi/error.h"
#include "abi/op.h"
#include "libsys/clock.h"
#include "libsys/condition.h"
#include "libsys/handle.h"
#include "libsys/mutex.h"
#include "libsys/ring.h"
#include "libsys/sync.h"
#include "libsys/thread.h"

#define EVENTS  16
#define THREADS 4
#define ROUNDS  5000

/* Readers are served in the order in which they came; one takes all that there is. */
static struct event {
    uint64_t count, next_place, next_served;
} events[EVENTS];

static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t events_changed = PTHREAD_COND_INITIALIZER;
static unsigned events_made, calls;

/* Called, once, when a thread is about to wait for an event. */
static __thread void (*before_read)(void);

static __thread struct thread self_thread;

static const char *failure;
static unsigned checks, failures;

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition) && !__atomic_load_n(&failure, __ATOMIC_RELAXED))                          \
            __atomic_store_n(&failure, #condition, __ATOMIC_RELAXED);                              \
    } while (0)

struct thread *thread_self(void)
{
    return &self_thread;
}

uint32_t handle_named(const char *name)
{
    (void)name;
    return 1;
}

bool request_room(void)
{
    return true;
}

uint64_t time_now_ns(void)
{
    return 1000;
}

int64_t object_create(uint32_t handle, uint32_t kind, const char *name, uint64_t size,
                      uint64_t parameter)
{
    (void)handle, (void)kind, (void)name, (void)size, (void)parameter;
    pthread_mutex_lock(&events_lock);
    events[++events_made] = (struct event){0};
    pthread_mutex_unlock(&events_lock);
    return events_made;
}

int64_t handle_close(uint32_t handle)
{
    (void)handle;
    return 0;
}

static bool event_is_empty(const struct event *event)
{
    bool empty;

    pthread_mutex_lock(&events_lock);
    empty = event->count == 0;
    pthread_mutex_unlock(&events_lock);
    return empty;
}

/* A deadline passes at once, unless there is something to take. */
int64_t request_wait(struct request request)
{
    struct event *event = &events[request.handle];
    bool is_late = request.deadline && event_is_empty(event);
    void (*hook)(void) = before_read;
    uint64_t place;

    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    before_read = NULL;
    if (hook)
        hook();
    if (is_late)
        return -E_TIMEOUT;
    pthread_mutex_lock(&events_lock);
    place = event->next_place++;
    while (event->count == 0 || event->next_served != place)
        pthread_cond_wait(&events_changed, &events_lock);
    *(uint64_t *)request.buffer = event->count;
    event->count = 0;
    event->next_served++;
    pthread_cond_broadcast(&events_changed);
    pthread_mutex_unlock(&events_lock);
    return sizeof(uint64_t);
}

int64_t object_read(uint32_t handle, void *buffer, uint64_t length, uint64_t offset)
{
    (void)length, (void)offset;
    return request_wait(
        (struct request){.op = OP_READ, .handle = handle, .buffer = (uint64_t)buffer});
}

int64_t object_write(uint32_t handle, const void *data, uint64_t length, uint64_t offset)
{
    (void)length, (void)offset;
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    pthread_mutex_lock(&events_lock);
    events[handle].count += *(const uint64_t *)data;
    pthread_cond_broadcast(&events_changed);
    pthread_mutex_unlock(&events_lock);
    return sizeof(uint64_t);
}

/* How many read an event now, or will be served without waiting. */
static uint64_t readers_of(uint32_t event)
{
    uint64_t count;

    pthread_mutex_lock(&events_lock);
    count = events[event].next_place - events[event].next_served;
    pthread_mutex_unlock(&events_lock);
    return count;
}

static void readers_await(uint32_t event, uint64_t count)
{
    while (readers_of(event) < count)
        sched_yield();
}

static struct mutex mutex;
static struct condition condition;
static unsigned shared; /* protected by the mutex */

static void threads_run(unsigned count, void *(*function)(void *))
{
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, function, NULL);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void alone_no_call(void)
{
    calls = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        EXPECT(mutex_lock(&mutex) == 0);
        EXPECT(condition_wake_all(&condition, &mutex) == 0);
        EXPECT(mutex_unlock(&mutex) == 0);
    }
    EXPECT(calls == 0);
}

static void *add(void *unused)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        EXPECT(mutex_lock(&mutex) == 0);
        shared++;
        if (i % 16 == 0)
            sched_yield();
        EXPECT(mutex_unlock(&mutex) == 0);
    }
    return unused;
}

static void one_at_a_time(void)
{
    shared = 0;
    threads_run(THREADS, add);
    EXPECT(shared == THREADS * ROUNDS);
    EXPECT(mutex.users == 0 && events[mutex.event].count == 0);
}

static void *others_misuse(void *unused)
{
    EXPECT(mutex_try(&mutex) == -E_BUSY);
    EXPECT(mutex_unlock(&mutex) == -E_STATE);
    EXPECT(condition_wait(&condition, &mutex) == -E_STATE);
    EXPECT(condition_wake(&condition, &mutex) == -E_STATE);
    return unused;
}

static void misuse_is_refused(void)
{
    EXPECT(mutex_unlock(&mutex) == -E_STATE);
    EXPECT(mutex_lock(&mutex) == 0);
    EXPECT(mutex_lock(&mutex) == -E_STATE);
    EXPECT(mutex_try(&mutex) == -E_STATE);
    threads_run(1, others_misuse);
    EXPECT(mutex_is_mine(&mutex));
    EXPECT(mutex_unlock(&mutex) == 0);
    EXPECT(mutex.users == 0);
}

/* Two threads take turns by this: who acts for the holder tells when it has. */
static unsigned turn;

static void turn_await(unsigned number)
{
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) < number)
        sched_yield();
}

static void turn_give(unsigned number)
{
    __atomic_store_n(&turn, number, __ATOMIC_RELEASE);
}

static void holder_unlocks_now(void)
{
    turn_give(2);
    turn_await(3);
}

static void *lock_late(void *unused)
{
    turn_await(1);
    before_read = holder_unlocks_now;
    EXPECT(mutex_lock(&mutex) == 0);
    EXPECT(mutex_is_mine(&mutex));
    EXPECT(mutex_unlock(&mutex) == 0);
    return unused;
}

/* The race that is drawn in mutex.c. */
static void unlock_between_count_and_wait(void)
{
    pthread_t waiter;

    turn = 0;
    pthread_create(&waiter, NULL, lock_late, NULL);
    EXPECT(mutex_lock(&mutex) == 0);
    turn_give(1);
    turn_await(2);
    EXPECT(mutex_unlock(&mutex) == 0);
    EXPECT(mutex_try(&mutex) == -E_BUSY); /* it is on its way to the waiter */
    turn_give(3);
    pthread_join(waiter, NULL);
    EXPECT(mutex.users == 0);
}

static unsigned hogged;

static void *lock_once(void *unused)
{
    EXPECT(mutex_lock(&mutex) == 0);
    shared = hogged;
    EXPECT(mutex_unlock(&mutex) == 0);
    return unused;
}

/* Who locks again at once does not come before who waits. */
static void no_starvation(void)
{
    pthread_t waiter;

    EXPECT(mutex_lock(&mutex) == 0);
    hogged = 1;
    shared = 0;
    pthread_create(&waiter, NULL, lock_once, NULL);
    readers_await(mutex.event, 1);
    for (unsigned i = 0; i < 100; i++) {
        EXPECT(mutex_unlock(&mutex) == 0);
        EXPECT(mutex_lock(&mutex) == 0);
        hogged++;
    }
    EXPECT(shared == 1);
    EXPECT(mutex_unlock(&mutex) == 0);
    pthread_join(waiter, NULL);
}

#define ITEMS 2000u

static unsigned made, taken, in_buffer;
static struct condition is_filled, is_emptied;

static void *produce_and_consume(void *unused)
{
    static unsigned next_role;
    bool producer = __atomic_fetch_add(&next_role, 1, __ATOMIC_RELAXED) % 2 == 0;
    struct condition *awaited = producer ? &is_emptied : &is_filled;
    unsigned *done = producer ? &made : &taken;

    EXPECT(mutex_lock(&mutex) == 0);
    while (*done < ITEMS) {
        if (in_buffer == (producer ? 3 : 0)) {
            EXPECT(condition_wait(awaited, &mutex) == 0);
            continue;
        }
        ++*done;
        in_buffer += producer ? 1u : -1u;
        EXPECT(condition_wake(producer ? &is_filled : &is_emptied, &mutex) == 0);
    }
    EXPECT(condition_wake_all(awaited, &mutex) == 0);
    EXPECT(mutex_unlock(&mutex) == 0);
    return unused;
}

static void every_item_once(void)
{
    made = taken = in_buffer = 0;
    threads_run(THREADS, produce_and_consume);
    EXPECT(made == ITEMS && taken == ITEMS && in_buffer == 0);
    EXPECT(!is_filled.first && !is_emptied.first);
}

static void waker_acts_now(void)
{
    turn_give(1);
    turn_await(2);
}

static void *wake_one(void *unused)
{
    turn_await(1);
    EXPECT(mutex_lock(&mutex) == 0);
    EXPECT(condition_wake(&condition, &mutex) == 0);
    EXPECT(mutex_unlock(&mutex) == 0);
    turn_give(2);
    return unused;
}

/* Wait with a wake between the unlock and the read of the event. */
static int64_t wait_and_be_woken(uint64_t deadline_ns)
{
    pthread_t waker;
    int64_t result;

    turn = 0;
    pthread_create(&waker, NULL, wake_one, NULL);
    EXPECT(mutex_lock(&mutex) == 0);
    before_read = waker_acts_now;
    result = condition_wait_until(&condition, &mutex, deadline_ns);
    EXPECT(mutex_is_mine(&mutex));
    EXPECT(mutex_unlock(&mutex) == 0);
    EXPECT(!condition.first && events[self_thread.wake].count == 0);
    pthread_join(waker, NULL);
    return result;
}

/* The two races that are drawn in condition.c. */
static void wake_before_the_waiter_sleeps(void)
{
    EXPECT(wait_and_be_woken(NEVER) == 0);
}

static void wake_as_the_deadline_passes(void)
{
    EXPECT(wait_and_be_woken(1) == 0);
}

static void deadline_passes(void)
{
    EXPECT(mutex_lock(&mutex) == 0);
    EXPECT(condition_wait_until(&condition, &mutex, 1) == -E_TIMEOUT);
    EXPECT(!condition.first && mutex_is_mine(&mutex));
    EXPECT(mutex_unlock(&mutex) == 0);
}

static unsigned woken[2];

static void *wait_first(void *unused)
{
    EXPECT(mutex_lock(&mutex) == 0);
    turn_give(1);
    EXPECT(condition_wait(&condition, &mutex) == 0);
    woken[0] = ++shared;
    EXPECT(mutex_unlock(&mutex) == 0);
    return unused;
}

static void *wait_second(void *unused)
{
    EXPECT(mutex_lock(&mutex) == 0);
    turn_give(2);
    EXPECT(condition_wait(&condition, &mutex) == 0);
    woken[1] = ++shared;
    EXPECT(mutex_unlock(&mutex) == 0);
    return unused;
}

/* One wake is for the one that waited at that time, whoever comes later. */
static void wakes_in_order(void)
{
    pthread_t first, second;

    turn = shared = 0;
    pthread_create(&first, NULL, wait_first, NULL);
    turn_await(1);
    EXPECT(mutex_lock(&mutex) == 0);
    pthread_create(&second, NULL, wait_second, NULL);
    readers_await(mutex.event, 1);
    EXPECT(condition_wake(&condition, &mutex) == 0);
    EXPECT(mutex_unlock(&mutex) == 0);
    pthread_join(first, NULL);
    turn_await(2);
    EXPECT(mutex_lock(&mutex) == 0);
    EXPECT(woken[0] == 1 && woken[1] == 0);
    EXPECT(condition_wake_all(&condition, &mutex) == 0);
    EXPECT(mutex_unlock(&mutex) == 0);
    pthread_join(second, NULL);
    EXPECT(woken[1] == 2);
}

static void run(const char *name, void (*test)(void))
{
    failure = NULL;
    events_made = 0;
    self_thread.wake = 0;
    memset(&condition, 0, sizeof(condition));
    mutex_open(&mutex);
    test();
    checks++;
    if (failure) {
        printf("%s:1:F:mutex:%s: not so: %s\n", __FILE_NAME__, name, failure);
        failures++;
    }
}

#define RUN(test) run(#test, test)

int main(void)
{
    RUN(alone_no_call);
    RUN(one_at_a_time);
    RUN(misuse_is_refused);
    RUN(unlock_between_count_and_wait);
    RUN(no_starvation);
    RUN(every_item_once);
    RUN(wake_before_the_waiter_sleeps);
    RUN(wake_as_the_deadline_passes);
    RUN(deadline_passes);
    RUN(wakes_in_order);
    printf("Running suite(s): mutex\n%u%%: Checks: %u, Failures: %u, Errors: 0\n",
           (checks - failures) * 100 / checks, checks, failures);
    return failures != 0;
}
