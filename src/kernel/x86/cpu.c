/* The processor, as cpu.h tells. */
#include "../bytes.h"
#include "../lock.h"
#include "../page.h"
#include "../process.h"
#include "../thread.h"
#include "abi/layout.h"
#include "apic.h"
#include "cpu.h"
#include "fpu.h"
#include "paging.h"

enum { MSR_EFER = 0xc0000080, MSR_STAR = 0xc0000081, MSR_LSTAR = 0xc0000082 };
enum { MSR_FMASK = 0xc0000084, MSR_FS_BASE = 0xc0000100 };
enum { MSR_GS_BASE = 0xc0000101, MSR_KERNEL_GS_BASE = 0xc0000102 };

#define EFER_SYSCALL    (UINT64_C(1) << 0)
#define EFER_LONG_MODE  (UINT64_C(1) << 8)
#define EFER_NO_EXECUTE (UINT64_C(1) << 11)

/* CR0: protected mode, extension type, numeric error, write protect, paging. */
#define CR0_VALUE UINT64_C(0x80010031)
#define CR4_PAE   (UINT64_C(1) << 5)
#define CR4_UMIP  (UINT64_C(1) << 11)
#define CR4_SMEP  (UINT64_C(1) << 20)
#define CR4_SMAP  (UINT64_C(1) << 21)

/* Cleared in RFLAGS by SYSCALL: TF, IF, DF, IOPL, NT, RF, AC. */
#define FLAGS_CLEARED UINT64_C(0x57700)
#define FLAGS_USER    UINT64_C(0x202)

#define STACK_STEP (2 * BOOT_STACK_SIZE) /* half of it stays unmapped, as a guard */

struct task_segment { /* SDM volume 3, section 8.7 */
    uint32_t zero0;
    uint64_t rsp[3];
    uint64_t zero1;
    uint64_t ist[7];
    uint64_t zero2;
    uint16_t zero3;
    uint16_t ports_offset;
    uint8_t ports[8192]; /* one bit a port: 1 forbids */
    uint8_t end;         /* all ones */
} __attribute__((packed));

struct gate { /* SDM volume 3, section 6.14.1 */
    uint16_t offset_low, selector, flags, offset_middle;
    uint32_t offset_high, zero;
};

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

#define PORTS_NONE ((uint16_t)sizeof(struct task_segment)) /* beyond the segment: none granted */
#define PORTS_SOME ((uint16_t)offsetof(struct task_segment, ports))

void syscall_entry(void);
extern const uint8_t trap_stubs[];

/* Each processor's own tables; its data stands first, so that one can be had from the other. */
struct area {
    struct cpu cpu;
    struct task_segment task;
    uint64_t segments[7];
};

struct kernel_lock kernel_lock = {.next = 1}; /* the first processor begins with it */
int32_t work_left;
bool work_waits;

struct cpu *cpus[CPUS_MAX]; /* changed while the kernel starts */
uint32_t cpus_count;

static struct processor_counts first_counts;
struct processor_counts *cpu_counts = &first_counts;

static struct area first_area;
static struct gate gates[VECTOR_COUNT]; /* the same for all, constant after the start */

/* An area in zeroed memory. */
static struct cpu *area_init(struct area *area, uint32_t number, uint32_t apic)
{
    uint64_t base = (uint64_t)(uintptr_t)&area->task, limit = sizeof area->task - 1;
    const uint64_t segments[7] = {
        0,
        UINT64_C(0x00209a0000000000), /* kernel code: 64 bits, DPL 0 */
        UINT64_C(0x0000920000000000), /* kernel data */
        UINT64_C(0x0000f20000000000), /* user data: below user code, as SYSRET wants it */
        UINT64_C(0x0020fa0000000000), /* user code */
        (limit & 0xffff) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 | (limit >> 16) << 48 |
            (base >> 24 & 0xff) << 56,
        base >> 32,
    };

    memcpy(area->segments, segments, sizeof segments);
    area->task.ports_offset = PORTS_NONE;
    memset(area->task.ports, 0xff, sizeof area->task.ports);
    area->task.end = 0xff;
    area->cpu = (struct cpu){
        .self = &area->cpu,
        .canary = first_area.cpu.canary,
        .task = &area->task,
        .root = cpu_read_cr3(), /* the kernel's own */
        .armed = TIMER_NEVER,
        .number = number,
        .apic = apic,
        .counts = &cpu_counts[number],
    };
    return &area->cpu;
}

struct cpu *cpu_first(void)
{
    struct cpu *cpu = area_init(&first_area, 0, 0);

    cpu->stack = BOOT_STACK_TOP;
    cpus[cpus_count++] = cpu;
    cpu->locked = true;
    return cpu;
}

struct cpu *cpu_create(uint32_t number, uint32_t apic)
{
    struct area *area = page_alloc_zeroed(&kernel_account, page_order(sizeof *area));

    return area && cpu_create_stacks(area_init(area, number, apic)) ? &area->cpu : NULL;
}

/* A stack below those made before, in the same lowest page table: where it begins, or 0. */
static uint64_t stack_create(void)
{
    static uint32_t count;
    uint64_t top = BOOT_STACK_TOP - ++count * STACK_STEP, page;

    for (uint64_t at = top - BOOT_STACK_SIZE; at < top; at += PAGE_SIZE)
        if ((page = page_alloc(&kernel_account, 0)) == FRAME_NONE || !paging_map_kernel(at, page))
            return 0;
    return top;
}

bool cpu_create_stacks(struct cpu *cpu)
{
    bool made = cpu->stack || (cpu->stack = stack_create());

    for (unsigned i = 0; i < 3; i++)
        made = made && (cpu->task->ist[i] = stack_create());
    return made;
}

static void segments_init(struct area *area)
{
    struct table_pointer pointer = {sizeof area->segments - 1, (uint64_t)(uintptr_t)area->segments};

    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %2, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs\n\t"
                     "movw %3, %%ax\n\t"
                     "ltr %%ax"
                     :
                     : "m"(pointer), "i"(SELECTOR_KERNEL_CODE), "i"(SELECTOR_KERNEL_DATA),
                       "i"(SELECTOR_TASK)
                     : "rax", "memory");
}

static void gates_init(void)
{
    struct table_pointer pointer = {sizeof gates - 1, (uint64_t)(uintptr_t)gates};

    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        uint64_t stub = (uint64_t)(uintptr_t)trap_stubs + vector * 16;
        uint16_t stack = vector == VECTOR_DEBUG                                   ? 1
                         : vector == VECTOR_DOUBLE_FAULT                          ? 2
                         : vector == VECTOR_NMI || vector == VECTOR_MACHINE_CHECK ? 3
                                                                                  : 0;

        gates[vector] = (struct gate){
            .offset_low = (uint16_t)stub,
            .selector = SELECTOR_KERNEL_CODE,
            .flags = 0x8e00 | stack, /* interrupt gate, DPL 0 */
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

/* Turn on what the processor has of SMEP, SMAP and UMIP (CPUID leaf 7, SDM volume 2). */
static void protections_init(void)
{
    uint32_t leaf = 7, b = 0, c = 0, d;
    uint64_t cr4 = CR4_PAE;

    __asm__ volatile("cpuid" : "+a"(leaf), "=b"(b), "+c"(c), "=d"(d));
    cr4 |= b & (1u << 7) ? CR4_SMEP : 0;
    cr4 |= b & (1u << 20) ? CR4_SMAP : 0;
    cr4 |= c & (1u << 2) ? CR4_UMIP : 0;
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4));
    __asm__ volatile("mov %0, %%cr0" : : "r"(CR0_VALUE));
}

void cpu_init(struct cpu *cpu)
{
    segments_init((struct area *)cpu);
    gates_init();
    cpu_write_msr(MSR_GS_BASE, (uint64_t)(uintptr_t)cpu);
    cpu_write_msr(MSR_KERNEL_GS_BASE, 0);
    cpu_write_msr(MSR_EFER, EFER_SYSCALL | EFER_LONG_MODE | EFER_NO_EXECUTE);
    cpu_write_msr(MSR_STAR,
                  (uint64_t)SELECTOR_KERNEL_DATA << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    cpu_write_msr(MSR_LSTAR, (uint64_t)(uintptr_t)syscall_entry);
    cpu_write_msr(MSR_FMASK, FLAGS_CLEARED);
    protections_init();
    fpu_init();
}

static void ports_fill(struct cpu *cpu, const struct process *process, bool allow)
{
    for (unsigned i = 0; i < process->port_ranges; i++) {
        const struct port_range *range = &process->ports[i];

        for (uint32_t port = range->first; port <= range->last; port++) {
            uint8_t bit = (uint8_t)(1u << port % 8);

            if (allow)
                cpu->task->ports[port / 8] &= (uint8_t)~bit;
            else
                cpu->task->ports[port / 8] |= bit;
        }
    }
}

static void ports_forget(struct cpu *cpu)
{
    if (cpu->ports)
        ports_fill(cpu, cpu->ports, false);
    cpu->ports = NULL;
}

static void ports_prepare(struct cpu *cpu, struct process *process)
{
    cpu->task->ports_offset = process->port_ranges ? PORTS_SOME : PORTS_NONE;
    if (!process->port_ranges || cpu->ports == process)
        return;
    ports_forget(cpu);
    cpu->ports = process;
    ports_fill(cpu, process, true);
}

/* Other processors read their task segments from memory at each IN and OUT. */
void cpu_grant_ports(struct process *process)
{
    for (uint32_t i = 0; i < cpus_count; i++) {
        if (cpus[i]->ports == process)
            ports_fill(cpus[i], process, true);
        else if (cpus[i]->active == process)
            ports_prepare(cpus[i], process);
    }
}

static void root_set(struct cpu *cpu, struct process *process)
{
    cpu->active = process;
    cpu->root = process ? process->space.root : paging_kernel_root();
    cpu->counts->root_loads++;
}

void cpu_prepare(struct thread *thread)
{
    struct cpu *cpu = cpu_current();
    struct process *process = thread->process;

    cpu->registers = &thread->registers;
    cpu->task->rsp[0] = (uint64_t)(uintptr_t)(&thread->registers + 1);
    if (cpu->active != process) {
        ports_prepare(cpu, process);
        root_set(cpu, process);
        cpu_write_cr3(cpu->root);
    }
    fpu_prepare(cpu, thread);
    __asm__ volatile("movl %0, %%ds; movl %0, %%es; movl %0, %%fs" : : "r"(0));
    cpu_write_msr(MSR_FS_BASE, thread->tls_base);
}

void cpu_breathe(bool idle)
{
    if (idle)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    else
        __asm__ volatile("sti; nop; cli" : : : "memory");
}

void cpu_forget(struct process *process)
{
    for (uint32_t i = 0; i < cpus_count; i++) {
        if (cpus[i]->ports == process)
            ports_forget(cpus[i]);
        if (cpus[i]->active == process) {
            root_set(cpus[i], NULL);
            cpu_call(cpus[i]);
        }
    }
}

void cpu_forget_pages(uint64_t root)
{
    for (uint32_t i = 0; i < cpus_count; i++)
        if (cpus[i]->root == root && cpus[i] != cpu_current())
            cpu_call(cpus[i]);
}

void cpu_call(struct cpu *cpu)
{
    if (cpu == cpu_current()) {
        cpu_answer_call(cpu);
        return;
    }
    cpu_current()->counts->calls++;
    __atomic_store_n(&cpu->called, true, __ATOMIC_RELEASE);
    apic_send(cpu->apic, VECTOR_CALL);
    while (__atomic_load_n(&cpu->called, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}

/* The tables are loaded anew, not page by page: what was forgotten may be many pages. */
void cpu_answer_call(struct cpu *cpu)
{
    cpu_write_cr3(cpu->root);
    if (cpu->thread)
        cpu_write_msr(MSR_FS_BASE, cpu->thread->tls_base);
    /* release: the TLB is empty before the caller goes on */
    __atomic_store_n(&cpu->called, false, __ATOMIC_RELEASE);
}

void cpu_wake(struct cpu *cpu)
{
    cpu_current()->counts->wakes++;
    cpu->idle = false;
    apic_send(cpu->apic, VECTOR_CALL);
}

void registers_init(struct registers *registers, uint64_t entry, uint64_t stack)
{
    memset(registers, 0, sizeof *registers);
    registers->rip = entry;
    registers->cs = SELECTOR_USER_CODE;
    registers->rflags = FLAGS_USER;
    registers->rsp = stack;
    registers->ss = SELECTOR_USER_DATA;
}
