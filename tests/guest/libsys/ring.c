/* Rings, synchronous calls, threads, memory and time. */
#include "check.h"

#define MILLISECOND UINT64_C(1000000)

static uint32_t event_create(void)
{
    return (uint32_t)object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);
}

/* Wait for one completion. */
static struct completion next(void)
{
    struct completion completion = {.result = INT64_MIN};

    enter(ring_pending(thread_ring()), 1, NEVER);
    EXPECT(ring_pop(thread_ring(), &completion));
    return completion;
}

static void foreign_completions_stay(void)
{
    uint32_t event = event_create();
    uint64_t count = 0, one = 5;

    EXPECT(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                     .handle = event,
                                                     .user_data = 77,
                                                     .buffer = (uint64_t)&count,
                                                     .length = sizeof(count)}));
    /* While that waits, others are asked and answered. */
    EXPECT(object_get(event, PROPERTY_TYPE) == OBJECT_EVENT);
    EXPECT(object_write(event, &one, sizeof(one), 0) == sizeof(one));
    EXPECT(object_get(event, PROPERTY_COUNT) == 0);
    EXPECT(ring_ready(thread_ring()) == 1);
    EXPECT(next().user_data == 77);
    EXPECT(count == 5);
    EXPECT(handle_close(event) == 0);
    EXPECT(object_get(event, PROPERTY_TYPE) == -E_HANDLE);
}

static void a_chain_opens_reads_closes(void)
{
    int64_t handles = object_get(handle_named("self"), PROPERTY_HANDLES);
    char bytes[4] = "";
    struct ring *ring = thread_ring();

    ring_push(ring, (struct request){.op = OP_OPEN,
                                     .flags = REQUEST_LINK,
                                     .handle = handle_named("files"),
                                     .user_data = 1,
                                     .buffer = (uint64_t) "libsys-test",
                                     .length = 11});
    ring_push(ring, (struct request){.op = OP_READ,
                                     .flags = REQUEST_LINK | REQUEST_USE_CHAIN,
                                     .user_data = 2,
                                     .buffer = (uint64_t)bytes,
                                     .length = 4});
    ring_push(ring, (struct request){.op = OP_CLOSE,
                                     .flags = REQUEST_ALWAYS | REQUEST_USE_CHAIN,
                                     .user_data = 3});
    enter(3, 3, NEVER);
    EXPECT(next().result > 0);
    EXPECT(next().result == 4);
    EXPECT(next().result == 0);
    EXPECT(memcmp(bytes, "\177ELF", 4) == 0);
    EXPECT(object_get(handle_named("self"), PROPERTY_HANDLES) == handles);
}

static void a_broken_chain_skips(void)
{
    struct ring *ring = thread_ring();

    ring_push(ring, (struct request){.op = OP_CLOSE, .flags = REQUEST_LINK, .user_data = 1});
    ring_push(ring, (struct request){.op = OP_NOP, .flags = REQUEST_LINK, .user_data = 2});
    ring_push(ring, (struct request){.op = OP_NOP, .flags = REQUEST_ALWAYS, .user_data = 3});
    enter(3, 3, NEVER);
    EXPECT(next().result == -E_HANDLE);
    EXPECT(next().result == -E_LINK);
    EXPECT(next().result == 0);
}

static void deadlines_end_waiting(void)
{
    uint32_t event = event_create();
    uint64_t count, start = time_now_ns();

    EXPECT(request_wait((struct request){.op = OP_READ,
                                         .handle = event,
                                         .buffer = (uint64_t)&count,
                                         .length = sizeof(count),
                                         .deadline = 3 * MILLISECOND}) == -E_TIMEOUT);
    EXPECT(time_now_ns() - start >= 3 * MILLISECOND);
    EXPECT(time_now_ns() - start < 300 * MILLISECOND);
    handle_close(event);
}

static void sleeping_takes_its_time(void)
{
    uint64_t start = time_now_ns();

    sleep_until_ns(start + 2 * MILLISECOND);
    EXPECT(time_now_ns() - start >= 2 * MILLISECOND);
    EXPECT(time_now_ns() - start < 300 * MILLISECOND);
}

static void cancel_ends_waiting(void)
{
    uint32_t event = event_create();
    uint64_t count;
    uint32_t index = thread_ring()->submission_tail;

    ring_push(thread_ring(), (struct request){.op = OP_READ,
                                              .handle = event,
                                              .user_data = 9,
                                              .buffer = (uint64_t)&count,
                                              .length = sizeof(count)});
    EXPECT(request_cancel(index) == 0);
    EXPECT(next().result == -E_CANCELLED);
    EXPECT(request_cancel(index) == -E_NOT_FOUND || request_cancel(index) == -E_LATE);
    handle_close(event);
}

static uint32_t thread_event;

static int thread_main(void *argument)
{
    uint64_t sum = (uint64_t)argument;

    /* Its ring, its control block and its stack are its own. */
    if (thread_self()->self == thread_self() && thread_ring()->capacity == 64)
        sum++;
    object_write(thread_event, &sum, sizeof(sum), 0);
    return 0;
}

static void threads_have_rings_of_their_own(void)
{
    uint64_t sum = 0, all = 0;

    thread_event = event_create();
    for (uint64_t i = 0; i < 4; i++)
        EXPECT(thread_create(thread_main, (void *)(10 * i), 64) > 0);
    while (all < 64) {
        int64_t result = request_wait((struct request){.op = OP_READ,
                                                       .handle = thread_event,
                                                       .buffer = (uint64_t)&sum,
                                                       .length = sizeof(sum),
                                                       .deadline = 1000 * MILLISECOND});

        EXPECT(result == sizeof(sum));
        if (result < 0)
            break;
        all += sum;
    }
    EXPECT(all == 64);
    handle_close(thread_event);
}

static bool told;

static int thread_tell(void *unused)
{
    (void)unused;
    told = true;
    return 0;
}

/* On one processor: the lower one has no turn while the higher one computes. */
static void priorities_go_first(void)
{
    EXPECT(thread_priority_set(32) == -E_RANGE);
    EXPECT(object_get(thread_self()->handle, PROPERTY_PRIORITY) == PRIORITY_PROGRAM);
    told = false;
    EXPECT(thread_create(thread_tell, NULL, 0) > 0); /* at our priority */
    EXPECT(thread_priority_set(PRIORITY_PROGRAM + 1) == 0);
    EXPECT(object_get(thread_self()->handle, PROPERTY_PRIORITY) == PRIORITY_PROGRAM + 1);
    enter(0, 0, 0);
    EXPECT(!__atomic_load_n(&told, __ATOMIC_RELAXED));
    EXPECT(thread_priority_set(PRIORITY_PROGRAM - 1) == 0);
    EXPECT(__atomic_load_n(&told, __ATOMIC_RELAXED));
    EXPECT(thread_priority_set(PRIORITY_PROGRAM) == 0);
}

static void memory_is_zeroed_mapped_and_given_back(void)
{
    uint64_t size = 10 * PAGE_SIZE;
    int64_t frames = object_get(handle_named("self"), PROPERTY_FRAMES), after;

    for (int round = 0; round < 3; round++) {
        uint8_t *bytes = memory_allocate(size - 5);

        EXPECT(bytes);
        if (!bytes)
            return;
        for (uint64_t i = 0; i < size; i += 512) {
            EXPECT(bytes[i] == 0);
            bytes[i] = 1;
        }
        memory_free(bytes, size - 5);
        if (round == 0) /* tables that stay */
            frames = object_get(handle_named("self"), PROPERTY_FRAMES);
    }
    after = object_get(handle_named("self"), PROPERTY_FRAMES);
    EXPECT(after == frames);
}

static void memory_objects_are_shared_by_mapping(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE);
    volatile char *first = memory_map(memory, PAGE_SIZE, MAP_READ | MAP_WRITE);
    volatile char *second = memory_map(memory, PAGE_SIZE, MAP_READ);
    char byte = 0;

    EXPECT(first && second && first != second);
    first[100] = 'x';
    EXPECT(second[100] == 'x');
    EXPECT(object_read(memory, &byte, 1, 100) == 1 && byte == 'x');
    EXPECT(!memory_map(memory, PAGE_SIZE, MAP_WRITE | MAP_EXECUTE));
    memory_free((void *)(uintptr_t)first, PAGE_SIZE);
    memory_free((void *)(uintptr_t)second, PAGE_SIZE);
    handle_close(memory);
}

static void misuse_is_answered(void)
{
    char byte;

    EXPECT(object_read(0, &byte, 1, 0) == -E_HANDLE);
    EXPECT(object_read(handle_named("files"), (void *)KERNEL_BASE, 64, 0) == -E_BUFFER);
    EXPECT(object_read(handle_named("files"), NULL, 64, 0) == -E_BUFFER);
    EXPECT(object_write(handle_named("files"), &byte, 1, 0) == -E_DENIED);
    EXPECT(request_wait((struct request){.op = 999}) < 0);
    EXPECT(object_open(handle_named("files"), "no such file", 0) == -E_NOT_FOUND);
    EXPECT(handle_named("no such handle") == 0);
}

void ring_tests(void)
{
    test_run("foreign-completions-stay", foreign_completions_stay);
    test_run("chain-opens-reads-closes", a_chain_opens_reads_closes);
    test_run("broken-chain-skips", a_broken_chain_skips);
    test_run("deadlines-end-waiting", deadlines_end_waiting);
    test_run("sleeping-takes-its-time", sleeping_takes_its_time);
    test_run("cancel-ends-waiting", cancel_ends_waiting);
    test_run("threads-have-rings", threads_have_rings_of_their_own);
    test_run("priorities-go-first", priorities_go_first);
    test_run("memory-comes-and-goes", memory_is_zeroed_mapped_and_given_back);
    test_run("memory-is-shared", memory_objects_are_shared_by_mapping);
    test_run("misuse-is-answered", misuse_is_answered);
}
