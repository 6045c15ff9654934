/*
 * Running forward, as machine.h tells.
 *
 * The machine runs in legs: to the next byte to be typed, to the next event of the history, to the
 * tick asked for, and never for long: tick stops of Bochs change nothing. They do not wake a
 * processor that sleeps, so a leg that uses up too much of the host's time is interrupted. That is
 * kept for sleep, because Bochs writes to its log in the signal's handler, whatever it is doing
 * just then.
 */
#include "machine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEG_TICKS UINT64_C(5000000)

enum { PATIENCE_MS = 300, POLL_MS = 50, DEAD_MS = 20000, OPCODE_HLT = 0xf4 };

/* Processor time that Bochs has used. */
static int64_t used_ms(const struct machine *machine)
{
    struct timespec used = {0};
    clockid_t clock;

    if (clock_getcpuclockid(bochs_pid(machine->bochs), &clock) == 0)
        clock_gettime(clock, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Shows what was not shown before: a replay prints everything again. */
static void console_show(struct machine *machine, const char *bytes, size_t size)
{
    uint64_t known = machine->console_shown - machine->console_seen;
    size_t skip = known < size ? (size_t)known : size;

    machine->console_seen += size;
    if (machine->console_shown < machine->console_seen)
        machine->console_shown = machine->console_seen;
    if (size > skip)
        machine->listener.console(machine->listener.context, bytes + skip, size - skip);
}

static int console_collect(struct machine *machine)
{
    const char *bytes;
    ssize_t size = bochs_console_collect(machine->bochs, &bytes);

    if (size < 0)
        return machine_fail_lost(machine);
    console_show(machine, bytes, (size_t)size);
    return 0;
}

static void console_show_live(struct machine *machine)
{
    char bytes[4096];
    ssize_t size = read(bochs_console_descriptor(machine->bochs), bytes, sizeof(bytes));

    if (size > 0)
        console_show(machine, bytes, (size_t)size);
}

static bool interrupt_wanted(struct machine *machine)
{
    return machine->listener.wants_stop(machine->listener.context);
}

int machine_await(struct machine *machine, struct bochs_stop *stop, bool *is_cut)
{
    struct pollfd wanted[] = {
        {.fd = bochs_prompt_descriptor(machine->bochs), .events = POLLIN},
        {.fd = bochs_console_descriptor(machine->bochs), .events = POLLIN},
        {.fd = bochs_screen_descriptor(machine->bochs), .events = POLLIN},
    };
    int64_t limit = used_ms(machine) + PATIENCE_MS;
    int result, waits = 0;

    machine->registers_known = false;
    *is_cut = false;
    bochs_set_live(machine->bochs, true, false);
    while ((result = bochs_poll(machine->bochs, 0, stop)) == 0) {
        if (used_ms(machine) >= limit) {
            bochs_interrupt(machine->bochs);
            *is_cut = true;
            limit += PATIENCE_MS;
        }
        if ((*is_cut || interrupt_wanted(machine)) && ++waits > DEAD_MS / POLL_MS) {
            machine->lost = true;
            return machine_fail(machine, "Bochs neither runs nor stops");
        }
        poll(wanted, 3, POLL_MS);
        if (wanted[1].revents != 0)
            console_show_live(machine);
    }
    bochs_set_live(machine->bochs, false, false);
    if (result < 0)
        return machine_fail_lost(machine);
    return stop->reason == BOCHS_STOP_ENDED ? 0 : console_collect(machine);
}

void machine_type(struct machine *machine, const char *text, size_t size)
{
    char *grown;

    history_cut(machine);
    if (machine->typed_size == 0 && machine->typed_tick > machine_tick(machine))
        machine->typed_tick = machine_tick(machine);
    grown = realloc(machine->typed, machine->typed_size + size + 1);
    if (grown == NULL)
        abort();
    memcpy(grown + machine->typed_size, text, size);
    machine->typed = grown;
    machine->typed_size += size;
}

/* Types the next byte if it is time and the guest has taken the one before. What is still to be
 * typed comes after all that has been. */
static int typed_deliver(struct machine *machine)
{
    uint64_t tick = machine_tick(machine);
    int result;

    if (machine->typed_size == 0 || machine->event_next < machine->event_count ||
        tick < machine->typed_tick)
        return 0;
    result = bochs_console_deliver(machine->bochs, machine->typed[0]);
    if (result < 0)
        return machine_fail_lost(machine);
    if (result > 0) {
        history_add(machine, EVENT_TYPED, 0, machine->typed, 1);
        memmove(machine->typed, machine->typed + 1, --machine->typed_size);
    }
    machine->typed_tick = tick + bochs_byte_ticks(machine->bochs);
    return 0;
}

/* The first tick at which something is to be done. */
static uint64_t leg_end(const struct machine *machine)
{
    uint64_t end = (machine_tick(machine) / LEG_TICKS + 1) * LEG_TICKS, due = 0;

    if (machine->event_next < machine->event_count)
        due = machine->events[machine->event_next].tick;
    else if (machine->typed_size > 0)
        due = machine->typed_tick;
    if (due > machine_tick(machine) && due < end)
        end = due;
    if (machine->stop_tick > machine_tick(machine) && machine->stop_tick < end)
        end = machine->stop_tick;
    if (machine->trace_tick > machine_tick(machine) && machine->trace_tick < end)
        end = machine->trace_tick;
    return end;
}

static int leg_run(struct machine *machine, bool is_step, struct bochs_stop *stop, bool *is_cut)
{
    int result;

    if (!is_step && bochs_tick_stop(machine->bochs, leg_end(machine)) != 0)
        return machine_fail_lost(machine);
    result = is_step ? bochs_resume_steps(machine->bochs, 1) : bochs_resume(machine->bochs);
    if (result != 0)
        return machine_fail_lost(machine);
    return machine_await(machine, stop, is_cut);
}

/* Whether the processor is in a HLT, or has just left one. */
static bool after_halt(struct machine *machine)
{
    const struct bochs_registers *registers = machine_registers(machine);
    uint8_t opcode = 0;

    return registers != NULL && machine_read(machine, registers->rip - 1, &opcode, 1) == 1 &&
           opcode == OPCODE_HLT;
}

/* From somewhere in a sleep back to the HLT that it began with: runs once more from `exact_tick`,
 * stops at that HLT only, and returns to its last time before now. */
static int sleep_settle(struct machine *machine)
{
    const struct bochs_registers *registers = machine_registers(machine);
    uint64_t last = machine->exact_tick, asleep = machine_tick(machine), halt;
    struct bochs_stop stop = {.reason = BOCHS_STOP_OTHER};
    int result = 0;
    bool is_cut;

    if (registers == NULL)
        return -1;
    halt = registers->rip - 1;
    if (machine_rewind(machine, last) != 0 || history_repeat(machine) != 0)
        return -1;
    if (bochs_break(machine->bochs, halt) < 0)
        return machine_fail_lost(machine);
    while (result == 0 && machine_tick(machine) < asleep && stop.reason != BOCHS_STOP_ENDED) {
        result = bochs_resume(machine->bochs) != 0 ? machine_fail_lost(machine)
                                                   : machine_await(machine, &stop, &is_cut);
        if (stop.reason == BOCHS_STOP_BREAKPOINT && stop.tick < asleep)
            last = stop.tick;
    }
    if (result != 0)
        return -1;
    return machine_rewind(machine, last) != 0 ? -1 : machine_points_insert(machine);
}

/* What a stop at a breakpoint, a tick or after a step means to GDB; false: nothing, run on. */
static bool stop_at_address(struct machine *machine, struct machine_stop *stop)
{
    const struct bochs_registers *registers = machine_registers(machine);
    const struct point *point;

    if (registers == NULL)
        return false;
    if (registers->rip == machine->kernel.power_off && machine->kernel.power_off != 0) {
        stop->end = MACHINE_POWER_OFF;
        return true;
    }
    point = machine_point_at(machine, registers->rip);
    if (point == NULL)
        return false;
    *stop = (struct machine_stop){MACHINE_BREAKPOINT, point->kind, point->address};
    return true;
}

static bool stop_at_watch(struct machine *machine, uint64_t watched, struct machine_stop *stop)
{
    for (unsigned i = 0; i < machine->point_count; i++) {
        const struct point *point = &machine->points[i];

        if (point->kind < POINT_WRITE || watched + 8 <= point->physical ||
            watched >= point->physical + point->size)
            continue;
        *stop = (struct machine_stop){MACHINE_WATCHPOINT, point->kind, point->address};
        return true;
    }
    return false;
}

/* Reads a leg's stop. Result: whether GDB is to hear of it. */
static bool stop_counts(struct machine *machine, const struct bochs_stop *leg,
                        struct machine_stop *stop)
{
    uint64_t tick = machine_tick(machine);

    switch (leg->reason) {
    case BOCHS_STOP_ENDED:
        stop->end = MACHINE_GONE;
        return true;
    case BOCHS_STOP_TRIPLE:
        stop->end = MACHINE_TRIPLE_FAULT;
        return true;
    case BOCHS_STOP_RESET:
        stop->end = MACHINE_RESET;
        return true;
    case BOCHS_STOP_WATCH:
        return stop_at_watch(machine, leg->watched, stop);
    default:
        if (stop_at_address(machine, stop))
            return true;
        stop->end = MACHINE_TICK;
        return machine->stop_tick != 0 && tick >= machine->stop_tick;
    }
}

/* A sleep, from looks at it: where the processor is, since when. */
struct sleep {
    uint64_t rip, rsp, tick;
};

/* Ends a run inside a sleep. One that was waited for in vain is given twice the patience next. */
static int run_end_asleep(struct machine *machine, enum machine_end end, struct machine_stop *stop)
{
    if (end == MACHINE_ASLEEP)
        machine->patience_ticks *= 2;
    stop->end = end;
    return sleep_settle(machine) == 0 ? 1 : -1;
}

/* After a leg that was interrupted. Result: 1 the run ends, 0 it goes on, -1 lost. */
static int look(struct machine *machine, struct sleep *sleep, struct machine_stop *stop)
{
    const struct bochs_registers *registers = machine_registers(machine);
    uint64_t tick = machine_tick(machine);
    bool halted = after_halt(machine);

    if (registers == NULL || machine->lost)
        return -1;
    stop->end = MACHINE_INTERRUPTED;
    if (interrupt_wanted(machine))
        return halted ? run_end_asleep(machine, MACHINE_INTERRUPTED, stop) : 1;
    if (!halted || registers->rip != sleep->rip || registers->rsp != sleep->rsp)
        *sleep = (struct sleep){halted ? registers->rip : 0, registers->rsp, tick};
    else if (tick - sleep->tick >= machine->patience_ticks)
        return run_end_asleep(machine, MACHINE_ASLEEP, stop);
    return 0;
}

/* After a leg that came to an end by itself. Result as look's. */
static int leg_finish(struct machine *machine, bool is_step, const struct bochs_stop *leg,
                      struct machine_stop *stop)
{
    if (stop_counts(machine, leg, stop))
        return machine->lost ? -1 : 1;
    if (is_step && machine_tick(machine) > machine->exact_tick) {
        stop->end = MACHINE_STEPPED;
        return 1;
    }
    machine->exact_tick = machine_tick(machine);
    stop->end = MACHINE_INTERRUPTED;
    return interrupt_wanted(machine);
}

static int run_legs(struct machine *machine, bool is_step, struct machine_stop *stop)
{
    struct sleep sleep = {0};
    struct bochs_stop leg;
    bool is_cut;
    int result;

    do {
        if (history_repeat(machine) != 0 || typed_deliver(machine) != 0 ||
            leg_run(machine, is_step, &leg, &is_cut) != 0)
            return -1;
        if (leg.reason == BOCHS_STOP_OTHER && is_cut)
            result = look(machine, &sleep, stop);
        else
            result = leg_finish(machine, is_step, &leg, stop);
    } while (result == 0);
    return result == 1 ? 0 : -1;
}

int machine_run(struct machine *machine, bool is_step, struct machine_stop *stop)
{
    uint64_t patience_ticks = machine->patience_ticks;
    int result;

    *stop = (struct machine_stop){.end = MACHINE_STEPPED};
    machine->exact_tick = machine_tick(machine);
    result = run_legs(machine, is_step, stop);
    if (result == 0 && stop->end != MACHINE_ASLEEP && patience_ticks != UINT64_MAX)
        machine->patience_ticks = machine_patience(machine);
    if (!machine->lost && machine_tick(machine) >= machine->stop_tick)
        machine->stop_tick = 0;
    return result;
}
