/* Waiting: for timers, for properties that change, for the end of threads. */
#include "guest.h"

const char *const guest_name = "waits";

#define MS UINT64_C(1000000)

static int64_t timer_make(uint64_t deadline, uint64_t period)
{
    int64_t timer = object_create(self, OBJECT_TIMER, NULL, 0, 0);

    if (timer > 0 && (object_set((uint32_t)timer, PROPERTY_PERIOD, period) ||
                      object_set((uint32_t)timer, PROPERTY_DEADLINE, deadline)))
        return -1;
    return timer;
}

static uint64_t take(uint32_t object)
{
    uint64_t count = 0;

    return object_read(object, &count, sizeof(count), 0) == 8 ? count : 0;
}

static bool push_read(uint32_t object, uint64_t *word, uint64_t user_data)
{
    return ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                     .handle = object,
                                                     .user_data = user_data,
                                                     .buffer = (uint64_t)word,
                                                     .length = sizeof(*word)});
}

static bool push_watch(uint32_t object, uint32_t property, uint64_t seen, uint64_t user_data)
{
    return ring_push(thread_ring(), (struct request){.op = OP_WATCH,
                                                     .handle = object,
                                                     .user_data = user_data,
                                                     .arg0 = property,
                                                     .arg1 = seen});
}

static void timer_once(void)
{
    uint64_t then = time_now_ns() + 3 * MS, word;
    uint32_t timer = (uint32_t)timer_make(then, 0);

    check_is(object_get(timer, PROPERTY_TYPE), OBJECT_TIMER);
    check_is(object_get(timer, PROPERTY_DEADLINE), then);
    check_is(take(timer), 1);
    check(time_now_ns() >= then && time_now_ns() < then + MS);
    check_is(object_get(timer, PROPERTY_DEADLINE), 0);
    check(push_read(timer, &word, 1));
    check_is(submit_all(0), 1);
    sleep_until_ns(time_now_ns() + 3 * MS);
    check_is(ring_ready(thread_ring()), 0);
    check_is(object_set(timer, PROPERTY_DEADLINE, 1), 0); /* long ago, and someone waits */
    check_is(result_of(1), 8);
    check_is(word, 1);
}

/* A period goes on whether or not somebody reads, and nothing of it is lost. */
static void timer_period(void)
{
    uint64_t start = time_now_ns() + 2 * MS;
    uint32_t timer = (uint32_t)timer_make(start, MS);
    uint64_t sum = 0;

    for (unsigned i = 0; i < 5; i++)
        check_is(take(timer), 1);
    check(time_now_ns() >= start + 4 * MS && time_now_ns() < start + 5 * MS);
    check_is(object_get(timer, PROPERTY_DEADLINE), start + 5 * MS);
    sleep_until_ns(start + 9 * MS + MS / 2);
    check_is(take(timer), 5);
    check_is(object_set(timer, PROPERTY_PERIOD, 1), 0); /* shorter than a read */
    sum = take(timer);
    check(sum >= 1);
    sum = take(timer);
    check(sum > 1);
    check_is(object_set(timer, PROPERTY_DEADLINE, 0), 0);
    take(timer);
    sleep_until_ns(time_now_ns() + MS);
    check_is(object_get(timer, PROPERTY_DEADLINE), 0);
}

/* Each reader gets a moment of its own; one that is cancelled takes none. */
static void timer_readers(void)
{
    uint64_t words[3], start = time_now_ns() + 20 * MS; /* slow machines too */
    uint32_t timer = (uint32_t)timer_make(start, MS);

    for (uint64_t i = 0; i < 3; i++)
        check(push_read(timer, &words[i], i));
    check_is(submit_all(0), 3);
    check_is(request_cancel(thread_ring()->submission_tail - 2), 0);
    check_is(result_of(1), -E_CANCELLED);
    enter(0, 2, NEVER);
    check(time_now_ns() >= start + MS && time_now_ns() < start + 2 * MS);
    check_is(result_of(0), 8);
    check_is(result_of(2), 8);
    check(words[0] == 1 && words[2] == 1);
    check(push_read(timer, &words[0], 4));
    check_is(submit_all(0), 1);
    check_is(handle_close(timer), 0); /* the request keeps it */
    check_is(result_of(4), INT64_MIN);
    enter(0, 1, NEVER);
    check_is(result_of(4), 8);
}

static void timer_refuses(void)
{
    uint32_t timer = (uint32_t)timer_make(0, 0);
    uint64_t word;

    check_is(object_set(timer, PROPERTY_DEADLINE, UINT64_C(1) << 63), -E_RANGE);
    check_is(object_set(timer, PROPERTY_PERIOD, UINT64_MAX), -E_RANGE);
    check_is(object_set(timer, PROPERTY_COUNT, 1), -E_ARGUMENT);
    check_is(object_read(timer, &word, 7, 0), -E_ROOM);
    check_is(object_write(timer, &word, 8, 0), -E_DENIED);
    check_is(object_set(timer, PROPERTY_PERIOD, INT64_MAX), 0);
    check_is(object_set(timer, PROPERTY_DEADLINE, 1), 0);
    check_is(take(timer), 1);
    check(object_get(timer, PROPERTY_DEADLINE) >= 0);
}

/* Thousands of timers that nobody reads, each with the shortest period, cost nothing. */
static void timer_crowd(void)
{
    uint64_t start = time_now_ns(), alone, crowded;
    volatile uint64_t spin = 0;

    for (unsigned i = 0; i < 100000; i++)
        spin = spin + 1;
    alone = time_now_ns() - start;
    for (unsigned i = 0; i < 1000; i++)
        check(timer_make(1, 1) > 0);
    start = time_now_ns();
    for (unsigned i = 0; i < 100000; i++)
        spin = spin + 1;
    crowded = time_now_ns() - start;
    check(crowded < alone + alone / 10);
}

static void watch_event(void)
{
    uint32_t event = (uint32_t)event_make();

    check_is(object_watch(event, PROPERTY_COUNT, 7), 0);
    check(push_watch(event, PROPERTY_COUNT, 0, 1) && push_watch(event, PROPERTY_COUNT, 0, 2) &&
          push_watch(event, PROPERTY_COUNT, 1, 3));
    check_is(submit_all(1), 3);
    check_is(result_of(3), 0);
    check_is(ring_ready(thread_ring()), 0);
    check_is(event_add(event, 5), 8);
    check_is(result_of(1), 5);
    check_is(result_of(2), 5);
    check(push_watch(event, PROPERTY_COUNT, 5, 4));
    check_is(submit_all(0), 1);
    check_is(take(event), 5);
    check_is(result_of(4), 0);
    check_is(object_watch(event, PROPERTY_SIZE, 0), -E_ARGUMENT);
    check_is(object_watch((uint32_t)handle_duplicate(event, RIGHT_READ), PROPERTY_COUNT, 1),
             -E_DENIED);
}

/* Cancelled, out of time, its handle closed meanwhile. */
static void watch_ends(void)
{
    uint32_t event = (uint32_t)event_make(), other;
    struct request watch = {.op = OP_WATCH, .handle = event, .arg0 = PROPERTY_COUNT};

    check(push_watch(event, PROPERTY_COUNT, 0, 1));
    check_is(submit_all(0), 1);
    check_is(request_cancel(thread_ring()->submission_tail - 1), 0);
    check_is(result_of(1), -E_CANCELLED);
    watch.deadline = MS;
    check_is(request_wait(watch), -E_TIMEOUT);
    other = (uint32_t)handle_duplicate(event, 0);
    check(push_watch(other, PROPERTY_COUNT, 0, 2));
    check_is(submit_all(0), 1);
    check_is(handle_close(other), 0);
    check_is(event_add(event, 1), 8);
    check_is(result_of(2), 1);
    check(push_watch(event, PROPERTY_COUNT, 1, 4));
    check_is(submit_all(0), 1);
    check_is(handle_close(event), 0);
    check_is(result_of(4), INT64_MIN);
}

static void watch_others(void)
{
    uint32_t table = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    uint32_t thread = thread_self()->handle;
    int64_t child = object_create(processes, OBJECT_PROCESS, "child", 0, 0);

    check(push_watch(table, PROPERTY_SIZE, 0, 1) && push_watch(thread, PROPERTY_PRIORITY, 16, 2) &&
          push_watch((uint32_t)child, PROPERTY_STATE, PROCESS_BUILT, 3) &&
          push_watch((uint32_t)child, PROPERTY_PRIORITY_LIMIT, 31, 4));
    check_is(submit_all(0), 4);
    check_is(object_share(table, (uint32_t)event_make(), 0, "event"), 0);
    check_is(result_of(1), 1);
    check(push_watch(table, PROPERTY_SIZE, 1, 5));
    check_is(submit_all(0), 1);
    check_is(object_remove(table, "event", 0), 0);
    check_is(result_of(5), 0);
    check_is(object_set(thread, PROPERTY_PRIORITY, 15), 0);
    check_is(result_of(2), 15);
    check_is(object_set((uint32_t)child, PROPERTY_PRIORITY_LIMIT, 9), 0);
    check_is(result_of(4), 9);
    check_is(object_remove((uint32_t)child, NULL, 0), 0);
    check_is(result_of(3), PROCESS_ENDED);
    check_is(object_watch(processes, PROPERTY_SIZE, 0), -E_UNSUPPORTED);
    check_is(object_watch(self, PROPERTY_NUMBER, 0), object_get(self, PROPERTY_NUMBER));
}

static void child_watches(void)
{
    for (unsigned i = 0; i < 8; i++)
        push_watch(handle_named("event"), PROPERTY_COUNT, 0, i);
    submit_all(0);
    event_add(handle_named("ready"), 1);
    enter(0, 1, NEVER);
}

/* A process ends while it watches what others have. */
static void watcher_dies(void)
{
    uint32_t event = (uint32_t)event_make(), ready = (uint32_t)event_make();
    struct program_handle handles[] = {{"event", event, 0}, {"ready", ready, 0}};
    int64_t child = child_start("watches", handles, 2);

    check(child > 0);
    check_is(take(ready), 1);
    check_is(object_remove((uint32_t)child, NULL, 0), 0);
    check_is(event_add(event, 1), 8);
    check_is(object_get(event, PROPERTY_COUNT), 1);
}

static int answer(void *argument)
{
    return *(int *)argument;
}

static int sleep_on(void *argument)
{
    (void)argument;
    enter(0, 1, time_now_ns() + 3600000 * MS);
    return 0;
}

static bool push_join(uint32_t thread, struct process_status *status, uint64_t user_data)
{
    return ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                     .handle = thread,
                                                     .user_data = user_data,
                                                     .buffer = (uint64_t)status,
                                                     .length = sizeof(*status)});
}

static void join(void)
{
    struct process_status status[2] = {{0}};
    int value = 42;
    int64_t thread = thread_create(answer, &value, 0), sleeper = thread_create(sleep_on, NULL, 0);

    check_is(thread_wait((uint32_t)thread, &status[0]), 0);
    check(status[0].reason == REASON_EXITED && status[0].status == 42);
    check_is(object_read((uint32_t)thread, status, sizeof(status[0]) - 1, 0), -E_ROOM);
    check(push_join((uint32_t)sleeper, &status[0], 1) &&
          push_join((uint32_t)sleeper, &status[1], 2));
    check_is(submit_all(0), 2);
    check_is(object_remove((uint32_t)sleeper, NULL, 5), 0);
    for (uint64_t i = 0; i < 2; i++) {
        check_is(result_of(i + 1), sizeof(status[0]));
        check(status[i].reason == REASON_KILLED && status[i].status == STATUS_KILLED);
    }
    check_is(object_remove((uint32_t)sleeper, NULL, 5), -E_GONE);
}

static void child_leaves_one(void)
{
    uint32_t thread = (uint32_t)thread_create(sleep_on, NULL, 0);

    object_share(handle_named("table"), thread, 0, "thread");
    event_add(handle_named("ready"), 1);
    thread_exit(3);
}

/* Who ends the last thread of another process has killed that; its threads are told the same. */
static void kill_last_thread(void)
{
    uint32_t table = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    uint32_t ready = (uint32_t)event_make(), thread;
    struct program_handle handles[] = {{"table", table, 0}, {"ready", ready, 0}};
    int64_t child = child_start("leaves-one", handles, 2);
    struct process_status status;

    check(child > 0);
    check_is(take(ready), 1);
    sleep_until_ns(time_now_ns() + MS);
    thread = (uint32_t)object_open(table, "thread", 0);
    check_is(object_remove(thread, NULL, 7), 0);
    check_is(process_wait((uint32_t)child, &status), 0);
    check(status.reason == REASON_KILLED && status.status == STATUS_KILLED);
    check_is(thread_wait(thread, &status), 0);
    check(status.reason == REASON_KILLED && status.status == STATUS_KILLED);
}

static void child_faults(void)
{
    uint32_t thread = (uint32_t)thread_create(sleep_on, NULL, 0);

    object_share(handle_named("table"), thread, 0, "thread");
    event_add(handle_named("ready"), 1);
    sleep_until_ns(time_now_ns() + MS);
    __builtin_trap();
}

/* The threads of a process that faults end as it does. */
static void fault_is_told(void)
{
    uint32_t table = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    uint32_t ready = (uint32_t)event_make(), thread;
    struct program_handle handles[] = {{"table", table, 0}, {"ready", ready, 0}};
    int64_t child = child_start("faults", handles, 2);
    struct process_status status;

    check(child > 0);
    check_is(take(ready), 1);
    thread = (uint32_t)object_open(table, "thread", RIGHT_READ);
    check_is(thread_wait(thread, &status), 0);
    check_is(status.reason, REASON_INVALID_OPCODE);
}

static void child_limited(void)
{
    uint32_t thread = thread_self()->handle;
    int64_t other;

    check_is(object_get(thread, PROPERTY_PRIORITY), 12);
    check_is(object_set(thread, PROPERTY_PRIORITY, 13), -E_DENIED);
    check_is(object_set(thread, PROPERTY_PRIORITY, 32), -E_RANGE);
    check_is(object_set(self, PROPERTY_PRIORITY_LIMIT, 13), -E_DENIED);
    check_is(object_set(thread, PROPERTY_PRIORITY, 3), 0);
    check_is(object_set(thread, PROPERTY_PRIORITY, 12), 0);
    other = object_create(processes, OBJECT_PROCESS, "grandchild", 0, 0);
    check_is(object_get((uint32_t)other, PROPERTY_PRIORITY_LIMIT), 12);
    check_is(object_set((uint32_t)other, PROPERTY_PRIORITY_LIMIT, 13), -E_DENIED);
    check_is(object_set((uint32_t)other, PROPERTY_PRIORITY_LIMIT, UINT64_C(1) << 32), -E_DENIED);
    check_is(object_set(self, PROPERTY_PRIORITY_LIMIT, 11), 0);
    check_is(object_set(thread, PROPERTY_PRIORITY, 12), -E_DENIED);
    check_is(thread_create(sleep_on, NULL, 0), -E_DENIED); /* at the caller's priority, 12 */
    program_exit(50);
}

/* No thread goes above the limit that the creator of its process set. */
static void priority_limit(void)
{
    int64_t process = object_create(processes, OBJECT_PROCESS, "limited", 0, 0);
    uint32_t binary = (uint32_t)binary_open();
    struct process_status status;

    check_is(object_get(self, PROPERTY_PRIORITY_LIMIT), 31);
    check_is(object_get((uint32_t)process, PROPERTY_PRIORITY_LIMIT), 31);
    check_is(object_set((uint32_t)process, PROPERTY_PRIORITY_LIMIT, 12), 0);
    check_is(object_set((uint32_t)process, PROPERTY_BINARY, binary), 0);
    check_is(object_set_bytes((uint32_t)process, PROPERTY_ARGUMENTS, "test-waits\0limited", 19), 0);
    check_is(object_share((uint32_t)process, processes, 0, "processes"), 0);
    check_is(object_share((uint32_t)process, files, 0, "files"), 0);
    check_is(object_share((uint32_t)process, handle_named("io-space"), 0, "io-space"), 0);
    check_is(object_set((uint32_t)process, PROPERTY_START, 1), 0);
    check_is(process_wait((uint32_t)process, &status), 0);
    check_is(status.status, 50);
}

const struct guest_test guest_tests[] = {
    {"timer-once", timer_once},
    {"timer-period", timer_period},
    {"timer-readers", timer_readers},
    {"timer-refuses", timer_refuses},
    {"timer-crowd", timer_crowd},
    {"watch-event", watch_event},
    {"watch-ends", watch_ends},
    {"watch-others", watch_others},
    {"watcher-dies", watcher_dies},
    {"join", join},
    {"kill-last-thread", kill_last_thread},
    {"fault-is-told", fault_is_told},
    {"priority-limit", priority_limit},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"watches", child_watches},
    {"leaves-one", child_leaves_one},
    {"faults", child_faults},
    {"limited", child_limited},
    {NULL, NULL},
};
