/* Threads: registers, turns, priorities, ends. */
#include "guest.h"

const char *const guest_name = "threads";

#define MS UINT64_C(1000000)

static volatile uint64_t counts[4];
static volatile bool stop;

static void sleep_ms(uint64_t ms)
{
    enter(0, ring_ready(thread_ring()) + 1, time_now_ns() + ms * MS);
}

static int count_up(void *argument)
{
    while (!stop)
        counts[(uint64_t)argument]++;
    return 0;
}

/* A thread by hand, with any entry, stack and priority. */
static int64_t thread_raw(const struct thread_start *start)
{
    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = self,
                                         .buffer = (uint64_t)start,
                                         .length = sizeof(*start),
                                         .arg0 = OBJECT_THREAD});
}

void registers_store(void);
extern uint64_t registers_at_entry[17];

/* RDI and RSI first, then all others, then a flag; then wait for the end. */
__asm__(".text\n"
        "registers_store:\n"
        "  mov %rdi, registers_at_entry(%rip)\n"
        "  mov %rsi, registers_at_entry+8(%rip)\n"
        "  mov %rdx, registers_at_entry+16(%rip)\n"
        "  mov %rsp, registers_at_entry+24(%rip)\n"
        "  mov %rax, registers_at_entry+32(%rip)\n"
        "  mov %rbx, registers_at_entry+40(%rip)\n"
        "  mov %rcx, registers_at_entry+48(%rip)\n"
        "  mov %rbp, registers_at_entry+56(%rip)\n"
        "  mov %r8, registers_at_entry+64(%rip)\n"
        "  mov %r9, registers_at_entry+72(%rip)\n"
        "  mov %r10, registers_at_entry+80(%rip)\n"
        "  mov %r11, registers_at_entry+88(%rip)\n"
        "  mov %r12, registers_at_entry+96(%rip)\n"
        "  mov %r13, registers_at_entry+104(%rip)\n"
        "  mov %r14, registers_at_entry+112(%rip)\n"
        "  mov %r15, registers_at_entry+120(%rip)\n"
        "  movq $1, registers_at_entry+128(%rip)\n"
        "1: pause\n"
        "  jmp 1b\n"
        ".bss\n"
        ".balign 8\n"
        "registers_at_entry: .skip 136\n"
        ".text\n");

static void first_registers(void)
{
    int64_t thread = thread_raw(&(struct thread_start){.entry = (uint64_t)registers_store,
                                                       .stack = 0x123456789abc,
                                                       .argument = UINT64_MAX - 1,
                                                       .priority = 16});

    check(thread > 0);
    sleep_ms(2);
    check_is(*(volatile uint64_t *)&registers_at_entry[16], 1);
    check(registers_at_entry[0] >= USER_MAP_BASE && registers_at_entry[0] < USER_MAP_TOP);
    check_is(registers_at_entry[1], thread);
    check_is(registers_at_entry[2], UINT64_MAX - 1);
    check_is(registers_at_entry[3], 0x123456789abc);
    for (unsigned i = 4; i < 16; i++)
        check_is(registers_at_entry[i], 0);
}

uint64_t registers_over_enter(uint64_t submit, uint64_t wait, uint64_t deadline);

/* Gives 0 if `enter` kept what it must keep and left nothing of the kernel's in the rest. */
__asm__(".text\n"
        "registers_over_enter:\n"
        "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
        "  mov $0x1111, %ebx\n mov $0x2222, %ebp\n mov $0x3333, %r12d\n"
        "  mov $0x4444, %r13d\n mov $0x5555, %r14d\n mov $0x6666, %r15d\n"
        "  mov $0x7777, %r8d\n mov $0x8888, %r9d\n mov $0x9999, %r10d\n"
        "  mov %rsp, rsp_before(%rip)\n"
        "  syscall\n"
        "1: mov $1, %eax\n"
        "  cmp %rsp, rsp_before(%rip)\n jne 2f\n"
        "  cmp $0x1111, %rbx\n jne 2f\n cmp $0x2222, %rbp\n jne 2f\n"
        "  cmp $0x3333, %r12\n jne 2f\n cmp $0x4444, %r13\n jne 2f\n"
        "  cmp $0x5555, %r14\n jne 2f\n cmp $0x6666, %r15\n jne 2f\n"
        "  mov $2, %eax\n"
        "  or %rdi, %rsi\n or %rsi, %rdx\n or %r8, %rdx\n or %r9, %rdx\n or %r10, %rdx\n"
        "  test %rdx, %rdx\n jnz 2f\n"
        "  lea 1b(%rip), %rdx\n cmp %rdx, %rcx\n jne 2f\n"
        "  mov $3, %eax\n"
        "  and $~0xcff, %r11\n cmp $0x200, %r11\n jne 2f\n"
        "  xor %eax, %eax\n"
        "2: pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
        "  ret\n"
        ".bss\n"
        ".balign 8\n"
        "rsp_before: .skip 8\n"
        ".text\n");

static void registers_of_enter(void)
{
    int64_t other;

    check_is(registers_over_enter(0, 0, 0), 0);
    check_is(registers_over_enter(0, 1, time_now_ns() + MS), 0); /* by way of idling */
    check(push(OP_NOP, 0, 0, 1) && push(OP_GET, 0, self, 2));
    check_is(registers_over_enter(2, 2, NEVER), 0);
    other = thread_create(count_up, NULL, 0);
    check(other > 0);
    for (unsigned i = 0; i < 5; i++)
        check_is(registers_over_enter(0, 0, 0), 0); /* by way of another thread */
    stop = true;
}

uint64_t registers_over_interrupts(uint64_t rounds, uint64_t seed);

/* All registers and the flags keep their values while others take turns. Gives how often not. */
__asm__(".text\n"
        "registers_over_interrupts:\n"
        "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
        "  lea 1(%rsi), %rax\n lea 2(%rsi), %rbx\n lea 3(%rsi), %rcx\n lea 4(%rsi), %rdx\n"
        "  lea 5(%rsi), %rbp\n lea 6(%rsi), %r8\n lea 7(%rsi), %r9\n lea 8(%rsi), %r10\n"
        "  lea 9(%rsi), %r11\n lea 10(%rsi), %r12\n lea 11(%rsi), %r13\n lea 12(%rsi), %r14\n"
        "  lea 13(%rsi), %r15\n"
        "1: std\n stc\n"
        "  .rept 8\n nop\n .endr\n"
        "  jnc 2f\n"
        "  cld\n"
        "  sub %rsi, %rax\n cmp $1, %rax\n lea 1(%rsi), %rax\n jne 2f\n"
        "  sub %rsi, %rbx\n cmp $2, %rbx\n lea 2(%rsi), %rbx\n jne 2f\n"
        "  sub %rsi, %rcx\n cmp $3, %rcx\n lea 3(%rsi), %rcx\n jne 2f\n"
        "  sub %rsi, %rdx\n cmp $4, %rdx\n lea 4(%rsi), %rdx\n jne 2f\n"
        "  sub %rsi, %rbp\n cmp $5, %rbp\n lea 5(%rsi), %rbp\n jne 2f\n"
        "  sub %rsi, %r8\n cmp $6, %r8\n lea 6(%rsi), %r8\n jne 2f\n"
        "  sub %rsi, %r9\n cmp $7, %r9\n lea 7(%rsi), %r9\n jne 2f\n"
        "  sub %rsi, %r10\n cmp $8, %r10\n lea 8(%rsi), %r10\n jne 2f\n"
        "  sub %rsi, %r11\n cmp $9, %r11\n lea 9(%rsi), %r11\n jne 2f\n"
        "  sub %rsi, %r12\n cmp $10, %r12\n lea 10(%rsi), %r12\n jne 2f\n"
        "  sub %rsi, %r13\n cmp $11, %r13\n lea 11(%rsi), %r13\n jne 2f\n"
        "  sub %rsi, %r14\n cmp $12, %r14\n lea 12(%rsi), %r14\n jne 2f\n"
        "  sub %rsi, %r15\n cmp $13, %r15\n lea 13(%rsi), %r15\n jne 2f\n"
        "  dec %rdi\n jnz 1b\n"
        "2: cld\n mov %rdi, %rax\n"
        "  pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
        "  ret\n");

static int spin_registers(void *argument)
{
    while (!stop)
        if (registers_over_interrupts(1000, (uint64_t)argument) != 0)
            counts[3]++;
    return 0;
}

static void registers_of_interrupts(void)
{
    check(thread_create(spin_registers, (void *)UINT64_C(0x1234567800000000), 0) > 0);
    check(thread_create(spin_registers, (void *)UINT64_C(0x8765432100000000), 0) > 0);
    check_is(registers_over_interrupts(20000, UINT64_C(0x5555555500000000)), 0);
    check_is(counts[3], 0);
    stop = true;
}

/* Two that never enter the kernel take turns, about fairly. */
static void turns(void)
{
    check(thread_create(count_up, (void *)0, 0) > 0);
    check(thread_create(count_up, (void *)1, 0) > 0);
    sleep_ms(100);
    stop = true;
    check(counts[0] > 0 && counts[1] > 0);
    check(counts[0] < counts[1] * 3 && counts[1] < counts[0] * 3);
}

static uint64_t stacks[4][1024];

/* Let a thread run on the first processor only: for what is so among the threads of one. */
static int64_t first_processor(uint32_t thread)
{
    return object_set(thread, PROPERTY_AFFINITY, 1);
}

/* A counting thread of another priority than one's own. */
static void count_entry(void)
{
    count_up((void *)2);
    for (;;)
        __asm__ volatile("pause");
}

static void lower_waits(void)
{
    uint64_t end = time_now_ns() + 30 * MS, before;
    int64_t thread;

    check_is(first_processor(thread_self()->handle), 0);
    thread = thread_raw(&(struct thread_start){
        .entry = (uint64_t)count_entry, .stack = (uint64_t)&stacks[0][1000], .priority = 8});
    check(thread > 0);
    check_is(first_processor((uint32_t)thread), 0);
    before = counts[2]; /* elsewhere it may have run already */
    while (time_now_ns() < end)
        ;
    enter(0, 0, 0); /* yields to its equals alone */
    check_is(counts[2], before);
    sleep_ms(5);
    check(counts[2] > before);
    end = counts[2];
    check_is(counts[2], end); /* and at once it is one's own turn again */
}

void thread_enter(void);

/* Like thread_create, at a priority of one's choice. */
static int64_t thread_at(uint32_t priority, int (*function)(void *argument), void *argument)
{
    static struct thread blocks[3];
    static unsigned used;
    struct thread *block = &blocks[used++];

    *block = (struct thread){.self = block, .function = function, .argument = argument};
    return thread_raw(&(struct thread_start){.entry = (uint64_t)thread_enter,
                                             .stack = (uint64_t)&stacks[used][1000],
                                             .argument = (uint64_t)block,
                                             .tls_base = (uint64_t)block,
                                             .priority = priority});
}

static int count_events(void *argument)
{
    uint64_t word;

    while (object_read(*(uint32_t *)argument, &word, 8, 0) == 8)
        counts[3]++;
    return 0;
}

/* A more urgent thread that is woken runs before the waker's next instruction. */
static void higher_preempts(void)
{
    uint32_t event = (uint32_t)event_make();
    uint64_t start, before;
    int64_t urgent;

    check_is(first_processor(thread_self()->handle), 0);
    urgent = thread_at(24, count_events, &event);
    check(urgent > 0);
    check_is(first_processor((uint32_t)urgent), 0);
    sleep_ms(1); /* it waits by now */
    for (uint64_t i = 1; i < 50; i++) {
        check_is(event_add(event, 1), 8);
        check_is(counts[3], i);
    }
    check(thread_at(8, count_events, &event) > 0); /* second to wait, and in no hurry */
    sleep_ms(2);
    check_is(event_add(event, 1), 8);
    check_is(counts[3], 50);
    /* a timer wakes the urgent one while another computes */
    check(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                    .handle = event,
                                                    .user_data = 9,
                                                    .buffer = (uint64_t)&start,
                                                    .length = 8,
                                                    .deadline = MS}));
    before = counts[3];
    check_is(submit_all(1), 1);
    check_is(result_of(9), -E_TIMEOUT);
    check_is(counts[3], before);
}

static void child_main_first(void)
{
    check(thread_create(count_up, (void *)0, 0) > 0);
    object_remove(thread_self()->handle, NULL, 11);
}

static int end_late(void *argument)
{
    (void)argument;
    sleep_ms(3);
    object_remove(thread_self()->handle, NULL, 21);
    return 0;
}

static void child_late(void)
{
    check(thread_create(end_late, NULL, 0) > 0);
    thread_exit(0);
}

/* A process lives as long as one of its threads. */
static void last_thread(void)
{
    struct process_status status = child_run("late", NULL, 0);
    int64_t process = child_start("main-first", NULL, 0);

    check_is(status.reason, REASON_EXITED);
    check_is(status.status, 21);
    check(process > 0);
    sleep_ms(5);
    check_is(object_get((uint32_t)process, PROPERTY_THREADS), 1);
    check_is(object_remove((uint32_t)process, NULL, 0), 0);
    check_is(process_wait((uint32_t)process, &status), 0);
    check_is(status.reason, REASON_KILLED);
}

static int wait_read(void *argument)
{
    uint64_t word;

    object_read(*(uint32_t *)argument, &word, 8, 0);
    return 0;
}

static int wait_long(void *argument)
{
    (void)argument;
    sleep_ms(1000000);
    return 0;
}

static int yield_always(void *argument)
{
    (void)argument;
    while (!stop)
        enter(0, 0, 0);
    return 0;
}

/* A process with threads in every state. */
static void child_crowd(void)
{
    uint32_t event = (uint32_t)event_make();
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    static struct call call;

    thread_create(wait_read, &event, 64);
    thread_create(wait_read, &object, 128);
    thread_create(wait_read, &object, 0);
    thread_create(wait_long, NULL, 0);
    thread_create(yield_always, NULL, 0);
    thread_create(count_up, (void *)0, 0);
    port_receive(port, &call, sizeof(call));
    event_add(handle_named("ready"), 1);
    if (handle_named("fault"))
        __asm__ volatile("ud2");
    for (;;)
        port_receive(port, &call, sizeof(call));
}

static void crowd_ends(void)
{
    uint32_t ready = (uint32_t)event_make();
    const struct program_handle given[] = {{"ready", ready, 0}, {"fault", ready, 0}};
    struct process_status status;
    uint64_t word;

    for (unsigned i = 0; i < 6; i++) {
        int64_t process = child_start("crowd", given, 1 + i % 2);

        check(process > 0);
        check_is(object_read(ready, &word, 8, 0), 8);
        if (i % 2 == 0) {
            sleep_ms(3 * i);
            check_is(object_remove((uint32_t)process, NULL, 0), 0);
        }
        check_is(process_wait((uint32_t)process, &status), 0);
        check_is(status.reason, i % 2 ? REASON_INVALID_OPCODE : REASON_KILLED);
        handle_close((uint32_t)process);
    }
}

static void bad_starts(void)
{
    static const struct thread_start bad[] = {
        {.entry = USER_TOP},
        {.entry = UINT64_C(0x800000000000)},
        {.entry = KERNEL_BASE},
        {.entry = UINT64_MAX},
        {.entry = USER_BASE, .tls_base = USER_TOP},
        {.entry = USER_BASE, .tls_base = UINT64_C(0x800000000000)},
        {.entry = USER_BASE, .tls_base = KERNEL_BASE},
    };
    const struct thread_start urgent = {.entry = USER_BASE, .priority = 32};
    uint32_t thread = thread_self()->handle;
    int64_t threads = object_get(self, PROPERTY_THREADS);

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_is(thread_raw(&bad[i]), -E_RANGE);
    check_is(thread_raw(&urgent), -E_ARGUMENT);
    check_is(object_set(thread, PROPERTY_TLS_BASE, USER_TOP), -E_RANGE);
    check_is(object_set(thread, PROPERTY_TLS_BASE, UINT64_C(0x800000000000)), -E_RANGE);
    check_is(object_set(thread, PROPERTY_TLS_BASE, UINT64_MAX), -E_RANGE);
    check_is(object_set(thread, PROPERTY_NUMBER, 1), -E_ARGUMENT);
    check_is(object_get(self, PROPERTY_THREADS), threads);
}

static int return_at_once(void *argument)
{
    (void)argument;
    return 0;
}

static void ended_thread(void)
{
    int64_t thread = thread_create(return_at_once, NULL, 0);

    check(thread > 0);
    sleep_ms(2);
    check_is(object_get(self, PROPERTY_THREADS), 1);
    check_is(object_remove((uint32_t)thread, NULL, 0), -E_GONE);
    check_is(object_set((uint32_t)thread, PROPERTY_TLS_BASE, 0), -E_GONE);
    check(object_get((uint32_t)thread, PROPERTY_NUMBER) > 0);
}

/* Two hundred threads one after another, and fifty at once. */
static void many(void)
{
    static uint32_t handles[50];

    for (unsigned i = 0; i < 50; i++) {
        handles[i] = (uint32_t)thread_create(wait_long, NULL, 0);
        check(handles[i] < 0xf0000000);
    }
    sleep_ms(1);
    check_is(object_get(self, PROPERTY_THREADS), 51);
    for (unsigned i = 0; i < 50; i++)
        check_is(object_remove(handles[i], NULL, 0), 0);
    check_is(object_get(self, PROPERTY_THREADS), 1);
    for (unsigned i = 0; i < 200; i++) {
        int64_t thread = thread_raw(&(struct thread_start){
            .entry = (uint64_t)count_entry, .stack = (uint64_t)&stacks[2][1000], .priority = 16});

        check(thread > 0);
        check_is(object_remove((uint32_t)thread, NULL, 0), 0);
        check_is(handle_close((uint32_t)thread), 0);
    }
}

const struct guest_test guest_tests[] = {
    {"first-registers", first_registers},
    {"registers-of-enter", registers_of_enter},
    {"registers-of-interrupts", registers_of_interrupts},
    {"turns", turns},
    {"lower-waits", lower_waits},
    {"higher-preempts", higher_preempts},
    {"last-thread", last_thread},
    {"crowd-ends", crowd_ends},
    {"bad-starts", bad_starts},
    {"ended-thread", ended_thread},
    {"many", many},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"main-first", child_main_first},
    {"late", child_late},
    {"crowd", child_crowd},
    {NULL, NULL},
};
