/*
 * What is so with several processors: threads that run at once, one that is ended or loses pages
 * while it runs elsewhere, wake-ups and answers from elsewhere. With one processor the same is done
 * by turns.
 */
#include "guest.h"

const char *const guest_name = "processors";

#define MS       UINT64_C(1000000)
#define CPUS_MAX 8u

static uint32_t count;                /* of processors */
static _Atomic uint32_t inside, stop; /* of the threads of a test */
static _Atomic uint64_t counts[CPUS_MAX];

/* The processor's own number (CPUID leaf 1, SDM volume 2). */
static uint32_t processor(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b >> 24;
}

static int64_t bind(uint32_t thread, uint32_t cpu)
{
    return object_set(thread, PROPERTY_AFFINITY, UINT64_C(1) << cpu);
}

static int64_t unbind(void)
{
    return object_set(thread_self()->handle, PROPERTY_AFFINITY, 0xff);
}

/* Learns how many there are; this thread stays on the first. */
static void processors_count(void)
{
    for (count = 0; count < CPUS_MAX && bind(thread_self()->handle, count) == 0; count++)
        ;
    bind(thread_self()->handle, 0);
}

/* The processor for the other side of a test. */
static uint32_t other(void)
{
    return count - 1;
}

static int64_t thread_on(uint32_t cpu, int (*function)(void *argument), void *argument)
{
    int64_t thread = thread_create(function, argument, 0);

    return thread < 0 || bind((uint32_t)thread, cpu) ? -1 : thread;
}

/* Let others run: on one processor nobody else does while we spin. */
static void pause(void)
{
    if (count == 1)
        enter(0, 0, 0);
    else
        __asm__ volatile("pause");
}

static bool reaches(_Atomic uint64_t *word, uint64_t least)
{
    uint64_t end = time_now_ns() + 2000 * MS;

    while (*word < least && time_now_ns() < end)
        pause();
    return *word >= least;
}

static int stay(void *argument)
{
    uint64_t end = time_now_ns() + 2000 * MS;

    (void)argument;
    inside++;
    while (inside < count && time_now_ns() < end) /* in user mode, all of them */
        if (count == 1)
            break;
    counts[processor() % CPUS_MAX]++;
    while (!stop)
        pause();
    return 0;
}

static void at_once(void)
{
    uint32_t seen = 0;

    processors_count();
    unbind();
    for (uint32_t i = 1; i < count; i++)
        check(thread_create(stay, NULL, 0) > 0);
    stop = 0;
    inside++;
    for (uint64_t end = time_now_ns() + 2000 * MS; inside < count && time_now_ns() < end;)
        __asm__ volatile("pause");
    check_is(inside, count);
    counts[processor() % CPUS_MAX]++;
    sleep_until_ns(time_now_ns() + 2 * MS);
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        seen += counts[i] != 0;
    check_is(seen, count);
    stop = 1;
    sleep_until_ns(time_now_ns() + 2 * MS);
}

static void affinity(void)
{
    uint32_t thread = thread_self()->handle, places[CPUS_MAX];
    uint64_t before = time_now_ns(), now;

    check_is(object_get(thread, PROPERTY_AFFINITY), 0xff);
    processors_count();
    for (uint32_t i = 0; i < 20 * count; i++) {
        uint32_t cpu = (uint32_t)random_next() % count;

        check_is(bind(thread, cpu), 0);
        check_is(object_get(thread, PROPERTY_AFFINITY), 1 << cpu);
        places[cpu] = processor();
        now = time_now_ns();
        check(now >= before); /* wherever it is read */
        before = now;
    }
    for (uint32_t i = 0; i < count; i++) {
        check_is(bind(thread, i), 0);
        check_is(processor(), places[i]);
        for (uint32_t j = 0; j < i; j++)
            check(places[j] != places[i]);
    }
    check_is(bind(thread, count), -E_RANGE);
    check_is(object_set(thread, PROPERTY_AFFINITY, 0), -E_RANGE);
    check_is(processor(), places[count - 1]);
}

static int count_on(void *argument)
{
    _Atomic uint64_t *word = argument;

    while (!stop) {
        ++*word;
        if (count == 1)
            enter(0, 0, 0);
    }
    return 0;
}

/* A thread that runs elsewhere is ended: not one instruction of it comes after that. */
static void end_running(void)
{
    uint64_t last;

    processors_count();
    for (uint32_t round = 0; round < 15; round++) {
        int64_t thread = thread_on(other(), count_on, (void *)&counts[1]);

        check(thread > 0);
        check(reaches(&counts[1], counts[1] + 1 + random_next() % 50));
        check_is(object_remove((uint32_t)thread, NULL, 0), 0);
        last = counts[1];
        for (uint32_t i = 0; i < 200; i++)
            check_is(counts[1], last);
        handle_close((uint32_t)thread);
    }
}

static uint64_t volatile *page;
static _Atomic uint64_t written, read_back, wrong;

static int read_page(void *argument)
{
    (void)argument;
    for (uint64_t seen = 0; !stop;) {
        uint64_t now = written;

        if (now == seen) {
            pause();
            continue;
        }
        wrong += *page < now; /* the page that was there before */
        read_back = seen = now;
    }
    return 0;
}

/* A page is replaced by a copy while another processor reads it: that one sees the new one. */
static void copied_elsewhere(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE);

    processors_count();
    page = memory_map(memory, PAGE_SIZE, MAP_WRITE);
    check(page);
    *page = 0;
    check(thread_on(other(), read_page, NULL) > 0);
    for (uint64_t i = 1; i <= 80; i++) {
        int64_t copy = memory_copy(memory, 0, PAGE_SIZE);

        check(copy > 0);
        *page = i;
        written = i;
        check(reaches(&read_back, i));
        handle_close((uint32_t)copy);
    }
    check_is(wrong, 0);
    stop = 1;
}

static int write_page(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; !stop; i++) {
        *page = i;
        written = i;
        if (count == 1)
            enter(0, 0, 0);
    }
    return 0;
}

/* A page becomes read-only while another processor writes to it: what was copied stays. */
static void protected_elsewhere(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE);
    uint64_t first, second;

    processors_count();
    page = memory_map(memory, PAGE_SIZE, MAP_WRITE);
    check(page);
    check(thread_on(other(), write_page, NULL) > 0);
    for (uint32_t i = 0; i < 40; i++) {
        int64_t copy = memory_copy(memory, 0, PAGE_SIZE);
        uint64_t now = written;

        check(copy > 0);
        check_is(object_read((uint32_t)copy, &first, 8, 0), 8);
        check(reaches(&written, now + 3));
        check_is(object_read((uint32_t)copy, &second, 8, 0), 8);
        check_is(second, first);
        handle_close((uint32_t)copy);
    }
    stop = 1;
}

static int read_until_fault(void *argument)
{
    (void)argument;
    while (!stop) {
        wrong += *page == 2;
        read_back++;
        if (count == 1)
            enter(0, 0, 0);
    }
    return 0;
}

/* Its page is unmapped, and the frame goes to others, while another processor reads it: that ends
 * this process, and nothing of what others write was seen. */
static void child_unmapped(void)
{
    uint64_t *fresh;

    processors_count();
    page = memory_allocate(PAGE_SIZE);
    *page = 1;
    check(thread_on(other(), read_until_fault, NULL) > 0);
    check(reaches(&read_back, 10));
    memory_free((void *)(uintptr_t)page, PAGE_SIZE);
    fresh = memory_allocate(16 * PAGE_SIZE);
    for (uint32_t i = 0; i < 16; i++)
        fresh[i * PAGE_SIZE / 8] = 2;
    read_back = 0;
    sleep_until_ns(time_now_ns() + 200 * MS); /* the other one ends us */
    program_exit(wrong ? 98 : 99);
}

static void unmapped_elsewhere(void)
{
    for (uint32_t i = 0; i < 5; i++)
        check_is(child_run("unmapped", NULL, 0).reason, REASON_PAGE_FAULT);
}

static uint32_t events[2];

static int answer_events(void *argument)
{
    uint64_t word;

    (void)argument;
    while (object_read(events[0], &word, 8, 0) == 8 && !stop)
        if (event_add(events[1], word) != 8)
            return 1;
    return 0;
}

/* Each wakes the other, and sleeps: no wake-up is lost between the last look and the sleep. */
static void wake_and_sleep(void)
{
    uint64_t word;

    processors_count();
    events[0] = (uint32_t)event_make();
    events[1] = (uint32_t)event_make();
    check(thread_on(other(), answer_events, NULL) > 0);
    for (uint32_t i = 0; i < 400; i++) {
        check_is(event_add(events[0], 1), 8);
        for (uint64_t wait = random_next() % 64; wait; wait--)
            __asm__ volatile("pause");
        check_is(request_wait((struct request){.op = OP_READ,
                                               .handle = events[1],
                                               .buffer = (uint64_t)&word,
                                               .length = 8,
                                               .deadline = 2000 * MS}),
                 8);
        check_is(word, 1);
    }
    stop = 1;
    event_add(events[0], 1);
}

#define READERS 24u
#define READS   1000u

static int add_events(void *argument)
{
    struct ring *ring = thread_ring();
    struct completion completion;
    uint64_t one = 1;

    (void)argument;
    while (!stop) {
        uint64_t left = written - read_back;

        for (uint64_t i = 0; i < left && i < 16; i++, read_back++)
            ring_push(ring, (struct request){.op = OP_WRITE,
                                             .handle = events[0],
                                             .buffer = (uint64_t)&one,
                                             .length = 8});
        enter(ring_pending(ring), ring_pending(ring), NEVER);
        while (ring_pop(ring, &completion))
            wrong += completion.result != 8;
    }
    return 0;
}

/* A ring is answered from elsewhere while its thread asks for no-ops: each answer comes once. */
static void answered_elsewhere(void)
{
    static uint64_t words[READERS];
    uint64_t reads = 0, nops = 0, pushed = 0, end = time_now_ns() + 20000 * MS;
    struct ring *ring = thread_ring();
    struct completion completion;

    processors_count();
    events[0] = (uint32_t)event_make();
    check(thread_on(other(), add_events, NULL) > 0);
    while (reads < READS && time_now_ns() < end) {
        while (written - reads < READERS / 2 &&
               ring_push(ring, (struct request){.op = OP_READ,
                                                .handle = events[0],
                                                .user_data = 1,
                                                .buffer = (uint64_t)&words[written % READERS],
                                                .length = 8}))
            written++;
        for (uint32_t i = 0; i < 8; i++)
            pushed += push(OP_NOP, 0, 0, 2);
        enter(ring_pending(ring), 1, NEVER);
        while (ring_pop(ring, &completion)) {
            check_is(completion.result, completion.user_data == 1 ? 8 : 0);
            nops += completion.user_data == 2;
            reads += completion.user_data == 1;
        }
    }
    check(reads >= READS);
    stop = 1;
    while (reads < written && time_now_ns() < end) { /* one read may have taken what two added */
        check_is(event_add(events[0], 1), 8);
        while (ring_pop(ring, &completion)) {
            nops += completion.user_data == 2;
            reads += completion.user_data == 1;
        }
    }
    check_is(nops, pushed);
    check_is(reads, written);
    check_is(wrong, 0);
}

#define CALLS 100

static void child_calls(void)
{
    uint32_t object = handle_named("object");

    for (uint64_t i = 0; i < CALLS; i++)
        check_is(object_set(object, 1000, i), (int64_t)i);
}

/* Two processes call one port, each on a processor of its own if there are three. */
static void one_port(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 7);
    struct program_handle given[] = {{"object", object, 0}};
    struct process_status status;
    int64_t children[2];
    struct call call;

    for (uint32_t i = 0; i < 2; i++) {
        children[i] = child_start("calls", given, 1);
        check(children[i] > 0);
    }
    for (uint32_t i = 0; i < 2 * CALLS; i++) {
        check(port_receive(port, &call, sizeof(call)) > 0);
        check_is(call.op, OP_SET);
        check_is(port_reply(port, call.number, (int64_t)call.arg1, NULL, 0, 0), 0);
    }
    for (uint32_t i = 0; i < 2; i++) {
        check_is(process_wait((uint32_t)children[i], &status), 0);
        check_is(status.status, 0);
        handle_close((uint32_t)children[i]);
    }
    handle_close(object);
    handle_close(port);
}

static int call_for_ever(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; !stop; i++)
        object_set(handle_named("object"), 1000, i);
    return 0;
}

static void child_busy(void)
{
    for (uint32_t i = 0; i < 4; i++)
        thread_create(call_for_ever, NULL, 0);
    for (uint32_t i = 0; i < 2; i++)
        thread_create(count_on, (void *)&counts[i], 0);
    call_for_ever(NULL);
}

/* A process is ended while its threads run, and are in calls, on all processors. */
static void end_in_calls(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 7);
    struct program_handle given[] = {{"object", object, 0}};
    struct process_status status;
    struct call call;

    for (uint32_t round = 0; round < 8; round++) {
        int64_t child = child_start("busy", given, 1);

        check(child > 0);
        for (uint64_t i = 20 + random_next() % 40; i; i--) {
            check(port_receive(port, &call, sizeof(call)) > 0);
            check_is(port_reply(port, call.number, 0, NULL, 0, 0), 0);
        }
        check_is(object_remove((uint32_t)child, NULL, 0), 0);
        check_is(process_wait((uint32_t)child, &status), 0);
        check_is(status.reason, REASON_KILLED);
        handle_close((uint32_t)child);
    }
    handle_close(object);
    handle_close(port);
}

static int hold_vector(void *argument)
{
    uint64_t in = 0x5a5a, out;

    (void)argument;
    __asm__ volatile("movq %0, %%xmm7" : : "r"(in));
    while (!stop) {
        counts[2]++;
        if (count == 1)
            enter(0, 0, 0);
        __asm__ volatile("movq %%xmm7, %0" : "=r"(out));
        wrong += out != in;
    }
    return 0;
}

/* Floating-point registers follow their thread to another processor and back. */
static void registers_follow(void)
{
    int64_t thread;
    uint64_t mine = 77, out;

    processors_count();
    __asm__ volatile("movq %0, %%xmm7" : : "r"(mine));
    thread = thread_on(other(), hold_vector, NULL);
    check(thread > 0);
    for (uint32_t i = 0; i < 60; i++) {
        check_is(bind((uint32_t)thread, i % count), 0);
        check_is(bind(thread_self()->handle, (uint32_t)random_next() % count), 0);
        __asm__ volatile("movq %%xmm7, %0" : "=r"(out));
        check_is(out, mine);
        if (i % 4 == 0)
            sleep_until_ns(time_now_ns() + MS / 10);
    }
    bind((uint32_t)thread, other());
    bind(thread_self()->handle, 0);
    check(reaches(&counts[2], counts[2] + 2));
    check_is(wrong, 0);
    stop = 1;
}

#define THROUGHPUT_TICKS 1000000u
#define BATCH            32u

static _Atomic uint64_t until; /* 0: not yet */

static uint64_t nops_until(uint64_t end)
{
    struct ring *ring = thread_ring();
    struct completion completion;
    uint64_t answered = 0;

    while (tick_read() < end) {
        for (uint32_t i = 0; i < BATCH; i++)
            push(OP_NOP, 0, 0, i);
        enter(BATCH, BATCH, NEVER);
        while (ring_pop(ring, &completion))
            answered++;
    }
    return answered;
}

static int nops_when_told(void *argument)
{
    inside++;
    while (!until)
        __asm__ volatile("pause");
    counts[(uintptr_t)argument] = nops_until(until);
    inside--;
    return 0;
}

/* Each processor with a ring of its own answers nearly as many no-ops as one alone. */
static void throughput(void)
{
    uint64_t alone, all;

    processors_count();
    alone = nops_until(tick_read() + THROUGHPUT_TICKS);
    for (uint32_t i = 1; i < count; i++)
        check(thread_on(i, nops_when_told, (void *)(uintptr_t)i) > 0);
    while (inside + 1 < count)
        pause();
    until = tick_read() + THROUGHPUT_TICKS;
    all = nops_until(until);
    while (inside)
        pause();
    for (uint32_t i = 1; i < count; i++)
        all += counts[i];
    serial_format("no-ops in a million ticks: %llu on one processor, %llu on %u\n",
                  (unsigned long long)alone, (unsigned long long)all, count);
    check(8 * all >= 5 * count * alone); /* 2.5 times as many on four */
}

const struct guest_test guest_tests[] = {{"at-once", at_once},
                                         {"affinity", affinity},
                                         {"end-running", end_running},
                                         {"copied-elsewhere", copied_elsewhere},
                                         {"protected-elsewhere", protected_elsewhere},
                                         {"unmapped-elsewhere", unmapped_elsewhere},
                                         {"wake-and-sleep", wake_and_sleep},
                                         {"answered-elsewhere", answered_elsewhere},
                                         {"one-port", one_port},
                                         {"end-in-calls", end_in_calls},
                                         {"registers-follow", registers_follow},
                                         {"throughput", throughput},
                                         {NULL, NULL}};
const struct guest_test guest_children[] = {
    {"unmapped", child_unmapped}, {"calls", child_calls}, {"busy", child_busy}, {NULL, NULL}};
