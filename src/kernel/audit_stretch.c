/*
 * How long the kernel runs at a stretch with interrupts off: from each entry, or from where it let
 * interrupts in, to where it does so next. Built with DEBUG=1, as the audit is. Before the machine
 * is turned off it tells the longest ones, each with the piece of work that took longest in it: a
 * line `stretch: INSTRUCTIONS PIECE` for each piece. In Bochs the time stamp counts instructions.
 */
#include "job.h"
#include "number.h"
#include "process.h"
#include "thread.h"
#include "x86/cpu.h"
#include "x86/machine.h"

#include "audit.h"

enum piece {
    PIECE_REQUESTS,
    PIECE_WORK,
    PIECE_ENDS,
    PIECE_CHAINS,
    PIECE_TIMERS,
    PIECE_TRAP,
    PIECES
};

static const char *const names[PIECES] = {"requests", "work", "ends", "chains", "timers", "trap"};

static uint64_t began, longest[PIECES], piece_longest;
static enum piece current;
static uint16_t ops[PIECES], op;

static void stretch_begin(void)
{
    began = cpu_tsc();
    piece_longest = 0;
    current = PIECE_TRAP;
}

static void stretch_end(void)
{
    uint64_t took = cpu_tsc() - began;

    if (began && took > longest[current]) { /* the start of the machine is none */
        longest[current] = took;
        ops[current] = op;
    }
}

void stretch_skip(uint64_t took)
{
    began += took;
}

static void text_write(const char *text)
{
    while (*text)
        machine_serial_write(*text++);
}

void stretch_tell(void)
{
    static const char *const op_names[OP_COUNT] = {
#define OP(NAME, number, name, ...) [number] = name,
        OPS(OP)
#undef OP
    };
    char number[21];

    for (unsigned piece = 0; piece < PIECES; piece++) {
        number_format(number, longest[piece], 10);
        text_write("stretch: ");
        text_write(number);
        text_write(" ");
        text_write(names[piece]);
        if (piece <= PIECE_WORK && ops[piece] < OP_COUNT) {
            text_write(" ");
            text_write(op_names[ops[piece]]);
        }
        text_write("\r\n");
    }
}

/* A piece took from `start` until now. */
static void piece_end(enum piece piece, uint64_t start)
{
    uint64_t took = cpu_tsc() - start;

    if (took >= piece_longest) {
        piece_longest = took;
        current = piece;
    }
}

/* What the linker puts this file before (src/kernel/build.mk). */
struct entered {
    uint64_t accepted;
    struct registers *registers;
};

struct entered __wrap_enter(uint64_t submit, uint64_t wait, uint64_t deadline);
struct entered __real_enter(uint64_t submit, uint64_t wait, uint64_t deadline);
struct registers *__wrap_trap_user(struct registers *registers);
struct registers *__real_trap_user(struct registers *registers);
void __wrap_cpu_breathe(bool idle);
void __real_cpu_breathe(bool idle);
uint32_t __wrap_jobs_accept(struct thread *thread, uint32_t most);
uint32_t __real_jobs_accept(struct thread *thread, uint32_t most);
void __wrap_thread_go_on(struct thread *thread);
void __real_thread_go_on(struct thread *thread);
bool __wrap_objects_go_on(void);
bool __real_objects_go_on(void);
void __wrap_jobs_run(void);
void __real_jobs_run(void);
void __wrap_clock_run_due(void);
void __real_clock_run_due(void);

struct entered __wrap_enter(uint64_t submit, uint64_t wait, uint64_t deadline)
{
    struct entered entered;

    stretch_begin();
    entered = __real_enter(submit, wait, deadline);
    stretch_end();
    return entered;
}

struct registers *__wrap_trap_user(struct registers *registers)
{
    stretch_begin();
    registers = __real_trap_user(registers);
    stretch_end();
    return registers;
}

void __wrap_cpu_breathe(bool idle)
{
    stretch_end();
    __real_cpu_breathe(idle);
    stretch_begin();
}

uint32_t __wrap_jobs_accept(struct thread *thread, uint32_t most)
{
    uint64_t start = cpu_tsc();
    const struct cpu *cpu = cpu_current();
    uint32_t taken;

    op =
        thread->ring.shared ? ring_slot(&thread->ring, thread->ring.submission_head)->op : OP_COUNT;
    taken = __real_jobs_accept(thread, most);
    if (cpu->thread == thread && taken)
        op = ring_slot(&thread->ring, thread->ring.submission_head - 1)->op;
    piece_end(PIECE_REQUESTS, start);
    return taken;
}

void __wrap_thread_go_on(struct thread *thread)
{
    uint64_t start = cpu_tsc();

    if (!list_empty(&thread->work))
        op = container_of(thread->work.next, struct job, link)->request.op;
    __real_thread_go_on(thread);
    piece_end(PIECE_WORK, start);
}

bool __wrap_objects_go_on(void)
{
    uint64_t start = cpu_tsc();
    bool more = __real_objects_go_on();

    piece_end(PIECE_ENDS, start);
    return more;
}

void __wrap_jobs_run(void)
{
    uint64_t start = cpu_tsc();

    __real_jobs_run();
    piece_end(PIECE_CHAINS, start);
}

void __wrap_clock_run_due(void)
{
    uint64_t start = cpu_tsc();

    __real_clock_run_due();
    piece_end(PIECE_TIMERS, start);
}
