/*
 * What no honest program does. Each kind runs in a process of its own, which must end as its row
 * says: by its fault, or with status 0 because the kernel refused and all went on. The machine must
 * have as many free frames after it as before.
 */
#include "guest.h"

const char *const guest_name = "attacks";

#define MS        UINT64_C(1000000)
#define SOMEWHERE UINT64_C(0x50000000)

/* ATTACK(name, how it ends): REASON_..., with EXITED for status 0. */
#define ATTACKS(ATTACK)                                                                            \
    ATTACK(null_write, PAGE_FAULT)                                                                 \
    ATTACK(kernel_read, PAGE_FAULT)                                                                \
    ATTACK(kernel_write, PAGE_FAULT)                                                               \
    ATTACK(kernel_execute, PAGE_FAULT)                                                             \
    ATTACK(direct_map_read, PAGE_FAULT)                                                            \
    ATTACK(hole_read, PROTECTION)                                                                  \
    ATTACK(code_write, PAGE_FAULT)                                                                 \
    ATTACK(constant_write, PAGE_FAULT)                                                             \
    ATTACK(data_execute, PAGE_FAULT)                                                               \
    ATTACK(stack_execute, PAGE_FAULT)                                                              \
    ATTACK(stack_overflow, PAGE_FAULT)                                                             \
    ATTACK(unmap_stack, PAGE_FAULT)                                                                \
    ATTACK(unmap_code, PAGE_FAULT)                                                                 \
    ATTACK(jump_not_canonical, PROTECTION)                                                         \
    ATTACK(return_not_canonical, PROTECTION)                                                       \
    ATTACK(syscall_at_the_top, PAGE_FAULT)                                                         \
    ATTACK(trap_flag, EXCEPTION)                                                                   \
    ATTACK(trap_flag_syscall, EXCEPTION)                                                           \
    ATTACK(trap_flag_move_to_ss, EXCEPTION)                                                        \
    ATTACK(breakpoint_instruction, PROTECTION)                                                     \
    ATTACK(debug_instruction, EXCEPTION)                                                           \
    ATTACK(flags_kept, EXITED)                                                                     \
    ATTACK(flags_forbidden, EXITED)                                                                \
    ATTACK(direction_flag, EXITED)                                                                 \
    ATTACK(wild_stack_syscall, EXITED)                                                             \
    ATTACK(wild_stack_interrupt, EXITED)                                                           \
    ATTACK(kernel_stack_fault, INVALID_OPCODE)                                                     \
    ATTACK(iret_to_kernel, PROTECTION)                                                             \
    ATTACK(return_to_kernel, PROTECTION)                                                           \
    ATTACK(load_kernel_segment, PROTECTION)                                                        \
    ATTACK(load_segments, EXITED)                                                                  \
    ATTACK(floating_point, ANY)                                                                    \
    ATTACK(vector_registers, ANY)                                                                  \
    ATTACK(divide, DIVIDE)                                                                         \
    ATTACK(invalid, INVALID_OPCODE)                                                                \
    ATTACK(ports_not_granted, PROTECTION)                                                          \
    ATTACK(thread_wild_stack, EXITED)                                                              \
    ATTACK(thread_wild_entry, PAGE_FAULT)                                                          \
    ATTACK(unmap_everything, EXITED)                                                               \
    ATTACK(all_handles, EXITED)                                                                    \
    ATTACK(all_threads, EXITED)                                                                    \
    ATTACK(all_memory, EXITED)                                                                     \
    ATTACK(all_memory_by_faults, MEMORY)                                                           \
    ATTACK(all_calls, INVALID_OPCODE)                                                              \
    ATTACK(fork_bomb, EXITED)                                                                      \
    ATTACK(close_in_flight, EXITED)                                                                \
    ATTACK(kill_itself_in_a_call, EXITED)

enum { REASON_ANY = 99 };

static void null_write(void)
{
    __asm__ volatile("movl $1, (%0)" : : "r"(8L) : "memory");
}

static void kernel_read(void)
{
    (void)*(volatile uint32_t *)KERNEL_BASE;
}

static void kernel_write(void)
{
    *(volatile uint32_t *)(KERNEL_BASE + 0x10000) = 0;
}

static void jump(uint64_t address)
{
    __asm__ volatile("jmp *%0" : : "r"(address));
}

static void kernel_execute(void)
{
    jump(KERNEL_BASE + 0x4000);
}

static void direct_map_read(void)
{
    (void)*(volatile uint32_t *)(DIRECT_MAP_BASE + 0x100000);
}

static void hole_read(void)
{
    (void)*(volatile uint32_t *)UINT64_C(0x800000000000);
}

static void code_write(void)
{
    *(volatile uint32_t *)(uintptr_t)code_write = 0;
}

static void constant_write(void)
{
    *(volatile char *)(uintptr_t)guest_name = 0;
}

static uint8_t ret_instruction[] = {0xc3};

static void data_execute(void)
{
    jump((uint64_t)ret_instruction);
}

static void stack_execute(void)
{
    volatile uint8_t code[] = {0xc3};

    jump((uint64_t)code);
}

static void stack_overflow(void)
{
    __asm__ volatile("1: push %rax; jmp 1b");
}

static void unmap_stack(void)
{
    object_unmap(self, START_STACK_TOP - START_STACK_SIZE, START_STACK_SIZE);
}

static void unmap_code(void)
{
    object_unmap(self, (uint64_t)unmap_code & ~(PAGE_SIZE - 1), PAGE_SIZE);
    object_unmap(self, UINT64_C(0x400000), 64 * PAGE_SIZE);
}

static void jump_not_canonical(void)
{
    jump(UINT64_C(0x800000000000));
}

static void return_not_canonical(void)
{
    __asm__ volatile("push %0; ret" : : "r"(UINT64_C(0xdead000000000000)));
}

/* The last instruction that can be mapped is a system call: it returns to USER_TOP. */
static void syscall_at_the_top(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE);
    static const uint8_t code[] = {0x0f, 0x05};

    object_write(memory, code, 2, PAGE_SIZE - 2);
    if (object_map(self, memory, MAP_EXECUTE, USER_TOP - PAGE_SIZE, PAGE_SIZE, 0) < 0)
        program_exit(1);
    __asm__ volatile("jmp *%0" : : "r"(USER_TOP - 2), "D"(0), "S"(0), "d"(0));
}

static void trap_flag(void)
{
    __asm__ volatile("pushf; orq $0x100, (%%rsp); popf; nop; nop" : : : "memory", "cc");
}

static void trap_flag_syscall(void)
{
    __asm__ volatile("pushf; orq $0x100, (%%rsp); popf; syscall; nop"
                     :
                     : "D"(0), "S"(0), "d"(0)
                     : "rax", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* The trap is held back over the instruction behind the move, and would come inside the kernel. */
static void trap_flag_move_to_ss(void)
{
    __asm__ volatile("mov %%ss, %%ebx; pushf; orq $0x100, (%%rsp); popf; mov %%ebx, %%ss; syscall"
                     :
                     : "D"(0), "S"(0), "d"(0)
                     : "rax", "rbx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
}

static void breakpoint_instruction(void)
{
    __asm__ volatile("mov %%ss, %%eax; mov %%eax, %%ss; int3" : : : "rax");
}

static void debug_instruction(void)
{
    __asm__ volatile(".byte 0xf1");
}

static uint64_t flags_read(void)
{
    uint64_t flags;

    __asm__ volatile("pushf; pop %0" : "=r"(flags));
    return flags;
}

static void spin_ms(uint64_t ms)
{
    uint64_t end = time_now_ns() + ms * MS;

    while (time_now_ns() < end)
        ;
}

static uint64_t stack_memory[512];

static void thread_loop(void)
{
    for (;;)
        __asm__ volatile("pause");
}

static int64_t thread_raw(uint64_t entry, uint64_t stack, uint32_t priority)
{
    const struct thread_start start = {.entry = entry, .stack = stack, .priority = priority};

    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = self,
                                         .buffer = (uint64_t)&start,
                                         .length = sizeof(start),
                                         .arg0 = OBJECT_THREAD});
}

/* AC and NT are a process's own: the kernel works with them set, returns to others by IRET, which
 * NT would keep it from, and gives them back. */
static void flags_kept(void)
{
    const uint64_t both = 1 << 18 | 1 << 14;

    check(thread_raw((uint64_t)thread_loop, (uint64_t)&stack_memory[500], 16) > 0);
    __asm__ volatile("pushf; or %0, (%%rsp); popf" : : "r"(both) : "memory", "cc");
    spin_ms(25); /* some interrupts */
    check_is(flags_read() & both, both);
    check_is(object_read(files, (void *)DIRECT_MAP_BASE, 64, 0), -E_BUFFER);
    check_is(object_get(files, PROPERTY_TYPE), OBJECT_FILES);
    enter(0, 1, time_now_ns() + MS);
    for (unsigned i = 0; i < 3; i++)
        enter(0, 0, 0);
    check_is(flags_read() & both, both);
}

static void flags_forbidden(void)
{
    __asm__ volatile("pushf; orq $0x3000, (%%rsp); andq $~0x200, (%%rsp); popf"
                     :
                     :
                     : "memory", "cc");
    check_is(flags_read() & 0x3200, 0x200);
    spin_ms(15); /* interrupts still come: else this never ends */
    check_is(flags_read() & 0x3200, 0x200);
}

/* The kernel copies forwards, whichever way the process does. */
static void direction_flag(void)
{
    static struct table_entry entries[4], again[4];
    uint64_t accepted;

    check(object_read(files, entries, sizeof(entries), 0) > 0);
    check(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                    .handle = files,
                                                    .user_data = 1,
                                                    .buffer = (uint64_t)again,
                                                    .length = sizeof(again)}));
    __asm__ volatile("std; syscall; cld"
                     : "=a"(accepted)
                     : "D"(1), "S"(1), "d"(-1)
                     : "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
    check_is(accepted, 1);
    check_is(result_of(1), sizeof(again));
    check(memcmp(entries, again, sizeof(again)) == 0);
}

static const uint64_t wild[] = {0,
                                7,
                                UINT64_C(0x800000000000),
                                UINT64_C(0xdead000000000000),
                                DIRECT_MAP_BASE + 0x200000,
                                BOOT_STACK_TOP,
                                KERNEL_BASE + 0x10000,
                                UINT64_MAX};

static void wild_stack_syscall(void)
{
    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
        __asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; syscall; mov %%rbx, %%rsp"
                         :
                         : "r"(wild[i]), "D"(0), "S"(0), "d"(0)
                         : "rax", "rbx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* Long enough for interrupts to come while RSP points nowhere. */
static void wild_stack_interrupt(void)
{
    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
        __asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; mov $3000000, %%ecx; 1: dec %%ecx; "
                         "jnz 1b; mov %%rbx, %%rsp"
                         :
                         : "r"(wild[i])
                         : "rbx", "rcx", "memory", "cc");
}

static void kernel_stack_fault(void)
{
    __asm__ volatile("mov %0, %%rsp; ud2" : : "r"(BOOT_STACK_TOP - 64));
}

static void iret_to_kernel(void)
{
    __asm__ volatile(
        "mov %%rsp, %%rax; pushq $0x10; pushq %%rax; pushf; pushq $0x08; pushq %0; iretq"
        :
        : "r"(KERNEL_BASE + 0x4000)
        : "rax");
}

static void return_to_kernel(void)
{
    __asm__ volatile("pushq $0x08; pushq %0; lretq" : : "r"(KERNEL_BASE + 0x4000));
}

static void load_kernel_segment(void)
{
    __asm__ volatile("mov %0, %%ds" : : "r"(0x10));
}

/* Selectors that are allowed are of no use, and harm nobody. */
static void load_segments(void)
{
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%gs" : : "r"(0x1b));
    check_is(object_get(files, PROPERTY_TYPE), OBJECT_FILES);
    spin_ms(12);
    __asm__ volatile("mov %0, %%gs" : : "r"(3));
    check_is(object_get(files, PROPERTY_TYPE), OBJECT_FILES);
}

static void floating_point(void)
{
    __asm__ volatile("fninit; fld1");
}

static void vector_registers(void)
{
    __asm__ volatile("xorps %xmm0, %xmm0");
}

static void divide(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" : : "a"(1), "d"(0) : "rcx", "cc");
}

static void invalid(void)
{
    __asm__ volatile("ud2");
}

static void ports_not_granted(void)
{
    __asm__ volatile("in $0x64, %%al" : : : "rax");
}

static void thread_wild_stack(void)
{
    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        int64_t thread = thread_raw((uint64_t)thread_loop, wild[i], 8);

        check(thread > 0);
        enter(0, 1, time_now_ns() + 12 * MS);
        check_is(object_remove((uint32_t)thread, NULL, 0), 0);
    }
}

static void thread_wild_entry(void)
{
    thread_raw(USER_TOP - 1, (uint64_t)&stack_memory[500], 16);
    enter(0, 1, time_now_ns() + 5 * MS);
}

/* All that may be unmapped at all, except where this function runs. */
static void unmap_everything(void)
{
    for (uint64_t at = USER_MAP_BASE; at < USER_MAP_BASE + 64 * PAGE_SIZE; at += PAGE_SIZE) {
        int64_t result = object_unmap(self, at, PAGE_SIZE);

        check(result == -E_DENIED || result == -E_NOT_FOUND);
    }
    check_is(object_unmap(self, UINT64_C(0x600000), USER_TOP - UINT64_C(0x600000)), -E_DENIED);
    check(time_now_ns() > 0);
}

static void all_handles(void)
{
    int64_t result, count = 0;

    while ((result = handle_duplicate(files, 0)) > 0)
        count++;
    check_is(result, -E_LIMIT);
    check(count > 65000);
    check_is(event_make(), -E_LIMIT);
    check_is(object_open(files, "init", 0), -E_LIMIT);
    check_is(object_create(processes, OBJECT_PROCESS, "one more", 0, 0), -E_LIMIT);
    check_is(thread_raw(USER_BASE, 0, 8), -E_LIMIT);
    check_is(object_get(self, PROPERTY_THREADS), 1);
}

static void all_threads(void)
{
    int64_t result, count = 0, frames = object_get(self, PROPERTY_FRAMES);

    check_is(object_set(self, PROPERTY_FRAME_LIMIT, (uint64_t)frames + 1000), 0);
    while ((result = thread_raw((uint64_t)thread_loop, 0, 8)) > 0)
        count++;
    check_is(result, -E_MEMORY);
    check(count > 100);
    check_is(object_get(self, PROPERTY_THREADS), count + 1);
}

/* Every frame of the machine, by requests; then without any. */
static void all_memory(void)
{
    static uint8_t page[PAGE_SIZE];
    uint64_t taken = 0;
    int64_t memory = 0, result = 0;

    page[0] = 1;
    while (result >= 0 && (memory = memory_create(UINT64_C(1) << 28)) > 0) {
        for (uint64_t at = 0; at < UINT64_C(1) << 28 && result >= 0; at += PAGE_SIZE) {
            result = object_write((uint32_t)memory, page, 1, at);
            taken += result == 1;
        }
    }
    check_is(memory > 0 ? result : memory, -E_MEMORY);
    check(taken > 1000);
    for (unsigned i = 0; i < 100; i++) { /* everything may fail now, nothing may break */
        event_make();
        memory_create(PAGE_SIZE);
        memory_create(UINT64_C(1) << 20);
        object_create(self, OBJECT_PORT, NULL, 0, 0);
        object_create(self, OBJECT_TABLE, NULL, 0, 0);
        thread_raw((uint64_t)thread_loop, 0, 8);
        object_create(processes, OBJECT_PROCESS, "p", 0, 0);
        object_open(files, "init", 0);
        object_map(self, (uint32_t)memory, MAP_READ, SOMEWHERE + i * UINT64_C(0x40000000),
                   PAGE_SIZE, 0);
        object_unmap(self, SOMEWHERE + i * UINT64_C(0x40000000), PAGE_SIZE);
    }
}

static void all_memory_by_faults(void)
{
    int64_t memory;

    while ((memory = memory_create(UINT64_C(1) << 28)) > 0) {
        volatile uint8_t *bytes = memory_map((uint32_t)memory, UINT64_C(1) << 28, MAP_WRITE);

        for (uint64_t at = 0; at < UINT64_C(1) << 28; at += PAGE_SIZE)
            bytes[at] = 1;
    }
}

/* A full ring of calls to a server that answers none: there is no room even to ask for the end, and
 * the library ends it by a fault. */
static void all_calls(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    uint64_t count = 0;

    while (push(OP_READ, 0, object, count))
        count++;
    check_is(submit_all(0), RING_CAPACITY_MIN);
    check_is(enter(1, 0, 0), 0);
    check_is(thread_ring()->completion_tail, thread_ring()->completion_head);
    program_exit(0);
}

static void child_sleeper(void)
{
    enter(0, 1, NEVER - 1);
}

/* Children until there is no memory for more; they stay. Then all of them are killed. */
static void fork_bomb(void)
{
    int64_t own = object_get(self, PROPERTY_NUMBER), process;
    struct table_entry entry;
    unsigned started = 0, killed = 0;
    bool lives = true;

    while (lives && (process = child_start("sleeper", NULL, 0)) > 0) {
        enter(0, 0, 0);
        lives = object_get((uint32_t)process, PROPERTY_FRAMES) > 0; /* else it found no memory */
        handle_close((uint32_t)process);
        started += lives;
    }
    check(!lives || process == -E_MEMORY || process == -E_LIMIT);
    check(started > 50);
    for (uint64_t i = 0; table_entry_read(processes, i, &entry) == 1;) {
        uint64_t number = 0;

        text_to_number(entry.name, &number);
        if ((int64_t)number <= own) {
            i++;
            continue;
        }
        check_is(object_remove(processes, entry.name, 0), 0);
        killed++;
    }
    /* the last ones may have ended by themselves: nothing was left for their first page */
    check(killed <= started && killed + 2 >= started);
}

static void close_in_flight(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    uint32_t event = (uint32_t)event_make();
    static uint64_t word;

    for (uint64_t i = 0; i < 8; i++)
        check(push(OP_READ, i % 2 ? 0 : REQUEST_LINK, object, i) &&
              ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                        .handle = event,
                                                        .user_data = 100 + i,
                                                        .buffer = (uint64_t)&word,
                                                        .length = 8}));
    check(push(OP_CLOSE, 0, object, 50) && push(OP_CLOSE, 0, event, 51) &&
          push(OP_CLOSE, 0, port, 52));
    submit_all(0);
    check_is(object_get(port, PROPERTY_TYPE), -E_HANDLE);
    program_exit(0);
}

static void kill_itself_in_a_call(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    static struct call call;

    check(push(OP_READ, 0, object, 1) && push(OP_READ, 0, object, 2));
    check_is(submit_all(0), 2);
    check_is(port_receive(port, &call, sizeof(call)), sizeof(call));
    check(ring_push(thread_ring(), (struct request){.op = OP_REMOVE, .handle = self}) &&
          ring_push(thread_ring(),
                    (struct request){.op = OP_REPLY, .handle = port, .arg0 = call.number}));
    submit_all(2);
    program_exit(1);
}

/* QEMU's processor knows no INT1, and looks at the page of what IRET leads to before its selector.
 */
static uint32_t reason_in_qemu(const char *name, uint32_t reason)
{
    if (strcmp(name, "debug_instruction") == 0)
        return REASON_INVALID_OPCODE;
    if (strcmp(name, "iret_to_kernel") == 0 || strcmp(name, "return_to_kernel") == 0)
        return REASON_PAGE_FAULT;
    return reason;
}

/* Run one kind and see how it ended. */
static void attack(const char *name, uint32_t reason)
{
    struct process_status status = child_run(name, NULL, 0);

    if (processor_is_qemu())
        reason = reason_in_qemu(name, reason);
    if (reason == REASON_ANY) {
        check(status.reason == REASON_INVALID_OPCODE || status.reason == REASON_EXCEPTION ||
              (status.reason == REASON_EXITED && status.status == 0));
        return;
    }
    check_is(status.reason, reason);
    if (reason == REASON_EXITED)
        check_is(status.status, 0);
    else
        check_is(status.status, 128 + status.vector);
}

#define ATTACK(name, how)                                                                          \
    static void attack_##name(void)                                                                \
    {                                                                                              \
        attack(#name, REASON_##how);                                                               \
    }
ATTACKS(ATTACK)
#undef ATTACK

/* INT n for every n that the processor would take, each in a process of its own. */
static void interrupt_instructions(void)
{
    static const char *const names[] = {"int-0",  "int-1",  "int-2",  "int-8",   "int-14", "int-18",
                                        "int-32", "int-33", "int-47", "int-128", "int-255"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct process_status status = child_run(names[i], NULL, 0);

        check_is(status.reason, REASON_PROTECTION);
    }
}

#define INTERRUPT(number)                                                                          \
    static void interrupt_##number(void)                                                           \
    {                                                                                              \
        __asm__ volatile("int $" #number);                                                         \
    }
INTERRUPT(0)
INTERRUPT(1)
INTERRUPT(2)
INTERRUPT(8)
INTERRUPT(14)
INTERRUPT(18)
INTERRUPT(32)
INTERRUPT(33)
INTERRUPT(47)
INTERRUPT(128)
INTERRUPT(255)
#undef INTERRUPT

/* PRIVILEGED(name, instruction): what only the kernel may do. */
#define PRIVILEGED_INSTRUCTIONS(PRIVILEGED)                                                        \
    PRIVILEGED(hlt, "hlt")                                                                         \
    PRIVILEGED(cli, "cli")                                                                         \
    PRIVILEGED(sti, "sti")                                                                         \
    PRIVILEGED(out, "out %al, $0x70")                                                              \
    PRIVILEGED(lgdt, "lgdt (%rsp)")                                                                \
    PRIVILEGED(lidt, "lidt (%rsp)")                                                                \
    PRIVILEGED(ltr, "ltr %ax")                                                                     \
    PRIVILEGED(lldt, "lldt %ax")                                                                   \
    PRIVILEGED(clts, "clts")                                                                       \
    PRIVILEGED(rdmsr, "rdmsr")                                                                     \
    PRIVILEGED(wrmsr, "wrmsr")                                                                     \
    PRIVILEGED(invlpg, "invlpg (%rsp)")                                                            \
    PRIVILEGED(wbinvd, "wbinvd")                                                                   \
    PRIVILEGED(read_cr0, "mov %cr0, %rax")                                                         \
    PRIVILEGED(write_cr3, "mov %rax, %cr3")                                                        \
    PRIVILEGED(write_cr4, "mov %rax, %cr4")                                                        \
    PRIVILEGED(write_dr7, "mov %rax, %dr7")                                                        \
    PRIVILEGED(swapgs, "swapgs")                                                                   \
    PRIVILEGED(sysretq, "sysretq")                                                                 \
    PRIVILEGED(sysenter, "sysenter")                                                               \
    PRIVILEGED(stac, "stac")                                                                       \
    PRIVILEGED(wrgsbase, "wrgsbase %rax")

#define PRIVILEGED(name, instruction)                                                              \
    static void privileged_##name(void)                                                            \
    {                                                                                              \
        __asm__ volatile("xor %%eax, %%eax\n\txor %%ecx, %%ecx\n\t" : : : "rax", "rcx");           \
        __asm__ volatile(instruction);                                                             \
    }
PRIVILEGED_INSTRUCTIONS(PRIVILEGED)
#undef PRIVILEGED

static void privileged_instructions(void)
{
    static const char *const names[] = {
#define PRIVILEGED(name, instruction) "privileged-" #name,
        PRIVILEGED_INSTRUCTIONS(PRIVILEGED)
#undef PRIVILEGED
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct process_status status = child_run(names[i], NULL, 0);

        if (!guest_check(status.reason == REASON_PROTECTION ||
                             status.reason == REASON_INVALID_OPCODE,
                         __FILE_NAME__, __LINE__, names[i], status.reason, REASON_PROTECTION))
            return;
    }
}

const struct guest_test guest_tests[] = {
#define ATTACK(name, how) {#name, attack_##name},
    ATTACKS(ATTACK)
#undef ATTACK
        {"interrupt-instructions", interrupt_instructions},
    {"privileged-instructions", privileged_instructions},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
#define ATTACK(name, how) {#name, name},
    ATTACKS(ATTACK)
#undef ATTACK
#define PRIVILEGED(name, instruction) {"privileged-" #name, privileged_##name},
        PRIVILEGED_INSTRUCTIONS(PRIVILEGED)
#undef PRIVILEGED
            {"sleeper", child_sleeper},
    {"int-0", interrupt_0},
    {"int-1", interrupt_1},
    {"int-2", interrupt_2},
    {"int-8", interrupt_8},
    {"int-14", interrupt_14},
    {"int-18", interrupt_18},
    {"int-32", interrupt_32},
    {"int-33", interrupt_33},
    {"int-47", interrupt_47},
    {"int-128", interrupt_128},
    {"int-255", interrupt_255},
    {NULL, NULL},
};
