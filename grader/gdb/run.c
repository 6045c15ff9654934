/*
 * Running forward, as machine.h tells.
 *
 * The machine runs in legs: to the next byte to be typed, to the next event of the history, to the
 * tick asked for, each by a tick stop of Bochs, which changes nothing on one processor. A leg that
 * takes long is interrupted now and then to see whether the processor sleeps for good. An interrupt
 * in a HLT that ends later does change the run, by a few ticks; then the leg is run once more from
 * its start, and not looked at so soon.
 */
#include "machine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 300, OPCODE_HLT = 0xf4 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

int machine_await(struct machine *machine, int limit_ms, struct bochs_stop *stop, bool *is_cut)
{
    struct pollfd wanted[] = {
        {.fd = bochs_prompt_descriptor(machine->bochs), .events = POLLIN},
        {.fd = bochs_console_descriptor(machine->bochs), .events = POLLIN},
        {.fd = machine->listener.descriptor, .events = POLLIN},
    };
    int64_t limit = now_ms() + limit_ms;
    int result;

    machine->registers_known = false;
    *is_cut = false;
    bochs_set_live(machine->bochs, true, false);
    while ((result = bochs_poll(machine->bochs, 0, stop)) == 0) {
        int64_t left = limit - now_ms();

        if (left <= 0 && !*is_cut) {
            bochs_interrupt(machine->bochs);
            *is_cut = true;
        }
        poll(wanted, 3, *is_cut ? 1000 : (int)left);
        if (wanted[1].revents != 0)
            console_show_live(machine);
        if (wanted[2].revents != 0 && machine->listener.wants_stop(machine->listener.context)) {
            bochs_interrupt(machine->bochs);
            wanted[2].fd = -1;
        }
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

/* The first tick at which something is to be done, 0: none. */
static uint64_t leg_end(const struct machine *machine)
{
    uint64_t due = 0;

    if (machine->event_next < machine->event_count)
        due = machine->events[machine->event_next].tick;
    else if (machine->typed_size > 0)
        due = machine->typed_tick;
    return due == 0 || (machine->stop_tick != 0 && machine->stop_tick < due) ? machine->stop_tick
                                                                             : due;
}

static int leg_run(struct machine *machine, bool is_step, int look_ms, struct bochs_stop *stop,
                   bool *is_cut)
{
    uint64_t end = leg_end(machine);
    int result;

    if (!is_step && end > machine_tick(machine) && bochs_tick_stop(machine->bochs, end) != 0)
        return machine_fail(machine, "%s", bochs_error(machine->bochs));
    result = is_step ? bochs_resume_steps(machine->bochs, 1) : bochs_resume(machine->bochs);
    if (result != 0)
        return machine_fail_lost(machine);
    return machine_await(machine, look_ms, stop, is_cut);
}

/* Whether the processor is in a HLT, or has just left one. */
static bool after_halt(struct machine *machine)
{
    const struct bochs_registers *registers = machine_registers(machine);
    uint8_t opcode = 0;

    return registers != NULL && machine_read(machine, registers->rip - 1, &opcode, 1) == 1 &&
           opcode == OPCODE_HLT;
}

/* From `exact_tick` on, the last time before `asleep` that `halt` is executed. Result: 1 found, 0 a
 * look came too soon, -1 lost. */
static int halt_find(struct machine *machine, uint64_t halt, uint64_t asleep, int look_ms,
                     uint64_t *last)
{
    struct bochs_stop stop = {.reason = BOCHS_STOP_OTHER};
    bool is_cut;

    *last = machine->exact_tick;
    if (machine_rewind(machine, *last) != 0)
        return -1;
    if (bochs_break(machine->bochs, halt) < 0)
        return machine_fail_lost(machine);
    while (machine_tick(machine) < asleep && stop.reason != BOCHS_STOP_ENDED) {
        if (bochs_resume(machine->bochs) != 0)
            return machine_fail_lost(machine);
        if (machine_await(machine, look_ms, &stop, &is_cut) != 0)
            return -1;
        if (is_cut && machine_tick(machine) < asleep)
            return 0;
        if (stop.reason == BOCHS_STOP_BREAKPOINT && stop.tick < asleep)
            *last = stop.tick;
    }
    return 1;
}

/* From somewhere in a sleep back to the HLT that it began with. */
static int sleep_settle(struct machine *machine)
{
    const struct bochs_registers *registers = machine_registers(machine);
    uint64_t halt, last, asleep = machine_tick(machine);
    int result, look_ms = LOOK_MS;

    if (registers == NULL)
        return -1;
    halt = registers->rip - 1;
    while ((result = halt_find(machine, halt, asleep, look_ms, &last)) == 0)
        look_ms *= 2;
    if (result < 0 || machine_rewind(machine, last) != 0)
        return -1;
    return machine_points_insert(machine);
}

/* What a stop at a breakpoint, a tick or after a step means to GDB; false: nothing, run on. */
static bool stop_at_address(struct machine *machine, struct machine_stop *stop)
{
    const struct bochs_registers *registers = machine_registers(machine);
    const struct point *point;

    if (registers == NULL)
        return false;
    if (registers->rip == machine->power_off && machine->power_off != 0) {
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

/* A run: its legs, and what looks at it have shown. */
struct run {
    bool is_step;
    int look_ms;
    bool was_asleep; /* at the last look, at this place, since this tick */
    uint64_t rip, rsp, tick;
};

static bool interrupt_wanted(struct machine *machine)
{
    return machine->listener.wants_stop != NULL &&
           machine->listener.wants_stop(machine->listener.context);
}

/* Ends a run inside a sleep. One that was waited for in vain twice is given twice the patience. */
static int run_end_asleep(struct machine *machine, enum machine_end end, struct machine_stop *stop)
{
    if (end == MACHINE_ASLEEP)
        machine->patience_ticks *= 2;
    stop->end = end;
    return sleep_settle(machine);
}

/* The last look disturbed a sleep that has ended: the leg again, from its start. */
static int leg_repeat(struct machine *machine, struct run *run)
{
    run->look_ms *= 4;
    run->was_asleep = false;
    return machine_rewind(machine, machine->exact_tick) != 0 ? -1 : machine_points_insert(machine);
}

/* Whether the processor is still in the sleep that it was in at the last look. */
static bool sleeps_on(struct machine *machine, const struct run *run)
{
    const struct bochs_registers *registers = machine_registers(machine);

    return after_halt(machine) && registers->rip == run->rip && registers->rsp == run->rsp;
}

/* After a leg that was interrupted. Result: 1 the run ends, 0 it goes on, -1 lost. */
static int look(struct machine *machine, struct run *run, struct machine_stop *stop)
{
    bool halted = after_halt(machine);

    if (machine->lost)
        return -1;
    if (interrupt_wanted(machine)) {
        if (halted)
            return run_end_asleep(machine, MACHINE_INTERRUPTED, stop) == 0 ? 1 : -1;
        stop->end = MACHINE_INTERRUPTED;
        if (!run->was_asleep)
            return 1;
        return machine_rewind(machine, machine_tick(machine)) == 0 &&
                       machine_points_insert(machine) == 0
                   ? 1
                   : -1;
    }
    if (run->was_asleep && !sleeps_on(machine, run))
        return leg_repeat(machine, run);
    if (!halted)
        return 0;
    if (!run->was_asleep) {
        run->was_asleep = true;
        run->rip = machine->registers.rip;
        run->rsp = machine->registers.rsp;
        run->tick = machine_tick(machine);
    } else if (machine_tick(machine) - run->tick >= machine->patience_ticks) {
        return run_end_asleep(machine, MACHINE_ASLEEP, stop) == 0 ? 1 : -1;
    }
    return 0;
}

/* After a leg that came to an end by itself. Result as look's. */
static int leg_finish(struct machine *machine, struct run *run, const struct bochs_stop *leg,
                      struct machine_stop *stop)
{
    if (run->was_asleep)
        return leg_repeat(machine, run);
    if (stop_counts(machine, leg, stop))
        return machine->lost ? -1 : 1;
    if (run->is_step && machine_tick(machine) > machine->exact_tick) {
        stop->end = MACHINE_STEPPED;
        return 1;
    }
    machine->exact_tick = machine_tick(machine);
    return 0;
}

static int run_legs(struct machine *machine, struct run *run, struct machine_stop *stop)
{
    struct bochs_stop leg;
    bool is_cut;
    int result;

    do {
        if (history_repeat(machine) != 0 || typed_deliver(machine) != 0 ||
            leg_run(machine, run->is_step, run->look_ms, &leg, &is_cut) != 0)
            return -1;
        if (leg.reason == BOCHS_STOP_OTHER && (is_cut || interrupt_wanted(machine)))
            result = look(machine, run, stop);
        else
            result = leg_finish(machine, run, &leg, stop);
    } while (result == 0);
    return result == 1 ? 0 : -1;
}

int machine_run(struct machine *machine, bool is_step, struct machine_stop *stop)
{
    struct run run = {.is_step = is_step, .look_ms = LOOK_MS};
    uint64_t patience_ticks = machine->patience_ticks;
    int result;

    *stop = (struct machine_stop){.end = MACHINE_STEPPED};
    machine->exact_tick = machine_tick(machine);
    result = run_legs(machine, &run, stop);
    if (result == 0 && stop->end != MACHINE_ASLEEP && patience_ticks != UINT64_MAX)
        machine->patience_ticks = machine_patience(machine);
    if (machine->stop_tick != 0 && machine->bochs != NULL &&
        machine_tick(machine) >= machine->stop_tick)
        machine->stop_tick = 0;
    return result;
}
