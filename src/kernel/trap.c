/* Traps: what x86/entry.S calls when the processor left its path. */
#include "abi/layout.h"
#include "clock.h"
#include "frame.h"
#include "interrupt.h"
#include "job.h"
#include "lock.h"
#include "pager.h"
#include "panic.h"
#include "process.h"
#include "schedule.h"
#include "thread.h"
#include "trace.h"
#include "user.h"
#include "x86/cpu.h"
#include "x86/apic.h"

#define FAULT_WRITE   2u /* page fault's error code: SDM volume 3, section 4.7 */
#define FAULT_USER    4u
#define FAULT_EXECUTE 16u

struct registers *trap_user(struct registers *registers);
void trap_kernel(struct registers *registers);
_Noreturn void trap_fatal(struct registers *registers);

static void interrupt_handle(uint64_t vector)
{
    int32_t line = apic_accept(vector);

    cpu_current()->counts->interrupts++;
    if (line == APIC_TIMER)
        clock_interrupt();
    else if (line != APIC_NONE)
        interrupt_fire((uint32_t)line);
}

/* Fill the page, or let its pager do it: 0, or why that cannot be. */
static enum reason page_fault_handle(const struct registers *registers, uint64_t address)
{
    struct space *space = &cpu_current()->thread->process->space;
    uint32_t access = registers->error & FAULT_WRITE     ? MAP_WRITE
                      : registers->error & FAULT_EXECUTE ? MAP_EXECUTE
                                                         : MAP_READ;

    /* not the user's access, as an emulator has it that reads IRET's frame for itself: nothing to
     * fill, and to try again would never end */
    if (!(registers->error & FAULT_USER) || address < USER_BASE || address >= USER_TOP)
        return REASON_PAGE_FAULT;
    pager_missing = NULL;
    if (space_touch(space, address, access))
        return 0;
    if (!space_allows(space, address, access))
        return REASON_PAGE_FAULT;
    return pager_fault(cpu_current()->thread, address) ? 0 : REASON_MEMORY;
}

/* Exceptions that have a reason of their own, by vector. */
static const uint8_t reasons[VECTOR_LINES] = {
    [VECTOR_PAGE_FAULT] = REASON_PAGE_FAULT,
    [VECTOR_PROTECTION] = REASON_PROTECTION,
    [VECTOR_INVALID_OPCODE] = REASON_INVALID_OPCODE,
    [VECTOR_DIVIDE] = REASON_DIVIDE,
};

/* Note who called whom: each frame pointer leads to the caller's and to the return address. */
static void callers_find(struct process_status *status, struct space *space,
                         const struct registers *registers)
{
    uint64_t link[2] = {registers->rbp};

    user_read(&status->stack_word, (struct user_address){space, registers->rsp}, sizeof link[0]);
    for (unsigned i = 0; i < STATUS_CALLERS; i++) {
        if (!user_read(link, (struct user_address){space, link[0]}, sizeof link))
            break;
        status->callers[i] = link[1];
    }
}

/* An exception of the current thread: fill a page, or end its process. */
static void exception_handle(const struct registers *registers)
{
    uint64_t address = registers->vector == VECTOR_PAGE_FAULT ? cpu_read_cr2() : 0;
    struct process *process = cpu_current()->thread->process;
    struct process_status status;
    enum reason reason = reasons[registers->vector];

    cpu_current()->counts->exceptions++;
    if (reason == REASON_PAGE_FAULT && !(reason = page_fault_handle(registers, address)))
        return;
    trace(TRACE_PROCESS_FAULT, registers->vector, address);
    status = (struct process_status){
        .reason = reason ? reason : REASON_EXCEPTION,
        .vector = (uint32_t)registers->vector,
        .status = 128 + (int64_t)registers->vector,
        .address = address,
        .instruction = registers->rip,
    };
    callers_find(&status, &process->space, registers);
    process_end(process, &status);
}

struct registers *trap_user(struct registers *registers)
{
    struct cpu *cpu = cpu_current();
    uint64_t vector = registers->vector;

    if (vector == VECTOR_NMI || vector == VECTOR_MACHINE_CHECK)
        trap_fatal(registers);
    if (vector == VECTOR_CALL) {
        apic_accept(vector);
        cpu_answer(cpu);
        if (!cpu->attention)
            return registers;
    }
    lock_take(cpu);
    /* the thread may have been ended meanwhile, and the registers with it */
    if (vector >= VECTOR_LINES && vector != VECTOR_CALL)
        interrupt_handle(vector);
    else if (vector < VECTOR_LINES && cpu->thread)
        exception_handle(registers);
    clock_run();
    jobs_run();
    return schedule();
}

/* In the kernel, only an interrupt that ends HLT is in order; the idle loop does the rest. */
void trap_kernel(struct registers *registers)
{
    struct cpu *cpu = cpu_current();

    if (registers->vector < VECTOR_LINES)
        trap_fatal(registers);
    if (registers->vector == VECTOR_CALL) {
        apic_accept(VECTOR_CALL);
        cpu_answer(cpu);
        return;
    }
    lock_take(cpu);
    interrupt_handle(registers->vector);
    lock_drop(cpu);
}

void trap_fatal(struct registers *registers)
{
    if (registers->vector == VECTOR_NMI && panic_begun())
        cpu_stop();
    if (registers->cs & 3)
        panic_registers(registers, "the hardware reports vector %lu", registers->vector);
    panic_registers(registers, "exception %lu in the kernel, error %lx, address %lx",
                    registers->vector, registers->error, cpu_read_cr2());
}
