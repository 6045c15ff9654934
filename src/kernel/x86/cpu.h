/*
 * The processor: its registers, tables, and the data that each processor has for itself.
 * References are to Intel's Software Developer's Manual (SDM).
 */
#ifndef KERNEL_X86_CPU_H
#define KERNEL_X86_CPU_H

/* Offsets that entry.S uses; asserted below. */
#define CPU_REGISTERS 8
#define CPU_STACK     16
#define CPU_SCRATCH   24

#define REGISTERS_R15    0
#define REGISTERS_R14    8
#define REGISTERS_R13    16
#define REGISTERS_R12    24
#define REGISTERS_RBP    64
#define REGISTERS_RBX    104
#define REGISTERS_RAX    112
#define REGISTERS_VECTOR 120
#define REGISTERS_RIP    136
#define REGISTERS_CS     144
#define REGISTERS_RFLAGS 152
#define REGISTERS_RSP    160
#define REGISTERS_SIZE   176

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA   0x1b
#define SELECTOR_USER_CODE   0x23
#define SELECTOR_TASK        0x28

#define VECTOR_DIVIDE         0
#define VECTOR_DEBUG          1
#define VECTOR_NMI            2
#define VECTOR_INVALID_OPCODE 6
#define VECTOR_DOUBLE_FAULT   8
#define VECTOR_PROTECTION     13
#define VECTOR_PAGE_FAULT     14
#define VECTOR_MACHINE_CHECK  18
#define VECTOR_LINES          32
#define VECTOR_TIMER          56 /* of the processor's own timer */
#define VECTOR_CALL           57 /* another processor wants something: cpu_answer */
#define VECTOR_SPURIOUS       63
#define VECTOR_COUNT          64
#define VECTOR_SYSCALL        256 /* no vector: marks registers that `enter` left behind */

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/processor.h"

struct process;
struct task_segment;
struct thread;

#define CPUS_MAX PROCESSORS_MAX

/* A thread's registers while the kernel runs, as entry.S leaves them. After `enter` only RBX, RBP,
 * R12 to R15, RAX, RIP, RFLAGS and RSP mean anything. */
struct registers {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/*
 * What one processor has for itself; GS points to it while the kernel runs. Who holds the kernel's
 * lock (lock.h) may read and write all of it, with these exceptions: `registers`, `stack`,
 * `scratch` and `locked` are the processor's own, and `thread` is set to a thread by the processor
 * alone, so that it may read it without the lock until it answers a call (cpu_call).
 */
struct cpu {
    struct cpu *self;
    struct registers *registers; /* of the thread that runs, where the next trap stores them */
    uint64_t stack;              /* top of the kernel's stack */
    uint64_t scratch;
    struct thread *thread; /* that runs; NULL while idle */
    /* what a function with arrays on the stack finds there again when it returns; where compilers
     * look for it in a kernel */
    uint64_t canary;
    struct process *active; /* whose page tables are in use; NULL: the kernel's */
    struct thread *fpu;     /* whose floating-point registers the processor holds */
    struct process *ports;  /* whose I/O ports the task segment grants; NULL: none */
    struct task_segment *task;
    uint64_t root;          /* physical address of the page tables to be used */
    uint64_t armed;         /* when its timer will ring, or TIMER_NEVER */
    uint32_t number;        /* its place in `cpus` */
    uint32_t apic;          /* its name for interrupts */
    uint32_t thread_number; /* of `thread`, 0 while idle */
    uint32_t ready;         /* bit n: a thread of priority n is ready */
    bool attention;         /* something changed that schedule() must look at */
    bool locked;            /* it holds the kernel's lock */
    bool idle;              /* it sleeps, or is about to, and nobody has told it to wake up */
    bool called;            /* another processor waits for cpu_answer */
    struct processor_counts *counts; /* its own, in the page that processes may see */
};

/* The processors that run, by number; the first one started the others. */
extern struct cpu *cpus[CPUS_MAX];
extern uint32_t cpus_count;

/* What they did, one behind the other in a page of their own; until main.c made that, elsewhere. */
extern struct processor_counts *cpu_counts;

_Static_assert(offsetof(struct cpu, registers) == CPU_REGISTERS, "entry.S knows");
_Static_assert(offsetof(struct cpu, stack) == CPU_STACK, "entry.S knows");
_Static_assert(offsetof(struct cpu, scratch) == CPU_SCRATCH, "entry.S knows");
_Static_assert(offsetof(struct cpu, canary) == 40, "the compiler knows");
_Static_assert(offsetof(struct registers, r12) == REGISTERS_R12, "entry.S knows");
_Static_assert(offsetof(struct registers, rbp) == REGISTERS_RBP, "entry.S knows");
_Static_assert(offsetof(struct registers, rbx) == REGISTERS_RBX, "entry.S knows");
_Static_assert(offsetof(struct registers, vector) == REGISTERS_VECTOR, "entry.S knows");
_Static_assert(offsetof(struct registers, rip) == REGISTERS_RIP, "entry.S knows");
_Static_assert(offsetof(struct registers, rsp) == REGISTERS_RSP, "entry.S knows");
_Static_assert(sizeof(struct registers) == REGISTERS_SIZE, "entry.S knows");

/* The processor that runs this. */
static inline struct cpu *cpu_current(void)
{
    struct cpu *cpu;

    __asm__("mov %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

static inline uint64_t cpu_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t cpu_read_cr2(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline uint64_t cpu_read_cr3(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline void cpu_write_cr3(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline void cpu_invalidate_page(uint64_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void cpu_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpu_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t cpu_in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t cpu_read_msr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void cpu_write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* An index below `size`, as it is; else 0, also where the processor runs ahead of a check. For what
 * comes from a process. */
static inline uint64_t index_below(uint64_t index, uint64_t size)
{
    uint64_t mask;

    __asm__("cmp %2, %1; sbb %0, %0" : "=r"(mask) : "r"(index), "r"(size) : "cc");
    return index & mask;
}

/* Number of the thread that runs, 0 if none does. */
static inline uint32_t cpu_thread_number(void)
{
    return cpu_current()->thread_number;
}

/* Let interrupts in that came meanwhile, and go on; if idle, sleep until one came: none that comes
 * just before is missed (SDM volume 2, STI). */
void cpu_breathe(bool idle);

/* Stop this processor for good. */
static inline _Noreturn void cpu_stop(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* Memory for another processor's data; NULL if there is none. */
struct cpu *cpu_create(uint32_t number, uint32_t apic);

/* Make its stacks, those of traps that can come at any instruction too, each with an unmapped page
 * below; the first processor has its main one from the loader. False if there is no memory. */
bool cpu_create_stacks(struct cpu *cpu);

/* Set this processor up: segments, traps, system call, protections. */
void cpu_init(struct cpu *cpu);

/* The first processor's data. */
struct cpu *cpu_first(void);

/*
 * A processor must take up its page tables anew, `root`, and its thread's FS base; another one also
 * be where it holds no pointer to its thread: wait until it has and is. It answers in user mode, by
 * an interrupt; asleep; or where it waits for the lock, after which it looks anew whether it still
 * has its thread. So this ends as soon as it comes to the end of what it does without the lock.
 */
void cpu_call(struct cpu *cpu);

/* For cpu_answer: this processor was called. */
void cpu_answer_call(struct cpu *cpu);

/* Answer another processor's cpu_call, if there is one. */
static inline void cpu_answer(struct cpu *cpu)
{
    /* acquire: what the caller wrote before is seen, `root` and `attention` among it */
    if (__atomic_load_n(&cpu->called, __ATOMIC_ACQUIRE))
        cpu_answer_call(cpu);
}

/* Let another processor look for work, if it sleeps or runs a thread. */
void cpu_wake(struct cpu *cpu);

/* Prepare the processor for a thread: tables, trap frame, FS base, I/O ports. */
void cpu_prepare(struct thread *thread);

/* The process has more port ranges than before: its running threads may use them at once. */
void cpu_grant_ports(struct process *process);

/* The process ends, and no thread of it runs: drop what processors still know of it. */
void cpu_forget(struct process *process);

/* Some entries of these page tables are no more: no processor shall know them. */
void cpu_forget_pages(uint64_t root);

/* A thread's first registers: its own are RDI, RSI and RDX, all others zero. */
void registers_init(struct registers *registers, uint64_t entry, uint64_t stack);

#endif
#endif
