/* What came from outside, and going to a tick by repeating it, as machine.h tells. */
#include "machine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void history_cut(struct machine *machine)
{
    if (machine->event_next == machine->event_count)
        return;
    while (machine->event_count > machine->event_next)
        free(machine->events[--machine->event_count].bytes);
    machine->typed_size = 0;
    machine->console_shown = machine->console_seen;
}

void history_add(struct machine *machine, enum event_kind kind, uint64_t physical,
                 const void *bytes, size_t size)
{
    struct event *grown;
    struct event event = {.kind = kind,
                          .tick = machine_tick(machine),
                          .physical = physical,
                          .size = size,
                          .bytes = malloc(size)};

    history_cut(machine);
    grown = realloc(machine->events, (machine->event_count + 1) * sizeof(event));
    if (grown == NULL || event.bytes == NULL)
        abort();
    memcpy(event.bytes, bytes, size);
    machine->events = grown;
    machine->events[machine->event_count++] = event;
    machine->event_next = machine->event_count;
}

static int event_repeat(struct machine *machine, const struct event *event)
{
    int result;

    switch (event->kind) {
    case EVENT_TYPED:
        result = bochs_console_deliver(machine->bochs, event->bytes[0]);
        if (result == 0)
            return machine_fail(machine, "the guest did not take a byte as it did before");
        return result > 0 ? 0 : machine_fail_lost(machine);
    case EVENT_MEMORY:
        result = bochs_write(machine->bochs, event->physical, event->bytes, event->size);
        return result == 0 ? 0 : machine_fail_lost(machine);
    case EVENT_LINE:
        return bochs_command(machine->bochs, "%s", event->bytes) != NULL
                   ? 0
                   : machine_fail_lost(machine);
    }
    return 0;
}

static int trace_turn_on(struct machine *machine, uint64_t end)
{
    static const uint64_t all = UINT64_MAX;

    if (machine->is_traced || machine->trace_tick == 0 || machine->trace_tick >= end)
        return 0;
    machine->is_traced = true;
    return bochs_write(machine->bochs, machine->trace_physical, &all, sizeof(all)) == 0
               ? 0
               : machine_fail_lost(machine);
}

static int repeat_before(struct machine *machine, uint64_t end)
{
    if (trace_turn_on(machine, end) != 0)
        return -1;
    while (machine->event_next < machine->event_count &&
           machine->events[machine->event_next].tick < end) {
        if (event_repeat(machine, &machine->events[machine->event_next]) != 0)
            return -1;
        machine->registers_known = false;
        machine->event_next++;
    }
    return 0;
}

int history_repeat(struct machine *machine)
{
    return repeat_before(machine, machine_tick(machine) + 1);
}

/* What was changed at this tick is part of how the machine is now; what was typed is still to come.
 */
static int repeat_changes(struct machine *machine)
{
    while (machine->event_next < machine->event_count &&
           machine->events[machine->event_next].tick <= machine_tick(machine) &&
           machine->events[machine->event_next].kind != EVENT_TYPED) {
        if (event_repeat(machine, &machine->events[machine->event_next]) != 0)
            return -1;
        machine->registers_known = false;
        machine->event_next++;
    }
    return 0;
}

int history_begin(struct machine *machine)
{
    bochs_end(machine->bochs);
    machine->bochs = bochs_start(&machine->options);
    machine->registers_known = false;
    machine->event_next = 0;
    machine->console_seen = 0;
    machine->is_traced = false;
    return machine->bochs != NULL ? 0 : machine_fail_lost(machine);
}

/* What the guest sends again is only counted. */
static int console_skip(struct machine *machine)
{
    const char *bytes;
    ssize_t size = bochs_console_collect(machine->bochs, &bytes);

    if (size < 0)
        return machine_fail_lost(machine);
    machine->console_seen += (uint64_t)size;
    if (machine->console_shown < machine->console_seen)
        machine->console_shown = machine->console_seen;
    return 0;
}

/* Runs to a tick that the machine has been at: it needs no looking after. */
static int run_again(struct machine *machine, uint64_t tick)
{
    struct bochs_stop stop = {.reason = BOCHS_STOP_TICK};

    while (machine_tick(machine) < tick) {
        if (bochs_tick_stop(machine->bochs, tick) != 0 || bochs_resume(machine->bochs) != 0 ||
            bochs_poll(machine->bochs, -1, &stop) != 1)
            return machine_fail_lost(machine);
        if (stop.reason == BOCHS_STOP_ENDED)
            return machine_fail_lost(machine);
    }
    return 0;
}

int machine_rewind(struct machine *machine, uint64_t tick)
{
    if (history_begin(machine) != 0)
        return -1;
    while (machine_tick(machine) < tick) {
        uint64_t next = tick;

        if (history_repeat(machine) != 0)
            return -1;
        if (machine->event_next < machine->event_count &&
            machine->events[machine->event_next].tick < tick)
            next = machine->events[machine->event_next].tick;
        if (machine->trace_tick > machine_tick(machine) && machine->trace_tick < next)
            next = machine->trace_tick;
        if (run_again(machine, next) != 0)
            return -1;
    }
    if (repeat_before(machine, tick) != 0 || repeat_changes(machine) != 0)
        return -1;
    machine->exact_tick = machine_tick(machine);
    return console_skip(machine);
}

/* Forward, past all points. Result: 1 it is there, 0 it does not come there, -1 lost. */
static int run_to(struct machine *machine, uint64_t tick)
{
    uint64_t stop_tick = machine->stop_tick;
    unsigned count = machine->point_count;
    struct machine_stop stop;
    int result;

    if (machine_points_remove(machine) != 0)
        return -1;
    machine->point_count = 0;
    machine->stop_tick = tick;
    result = machine_run(machine, false, &stop);
    machine->point_count = count;
    machine->stop_tick = stop_tick;
    if (result != 0)
        return -1;
    return stop.end == MACHINE_TICK;
}

int machine_go_to(struct machine *machine, uint64_t tick)
{
    uint64_t now = machine_tick(machine);
    int result = 1;

    if (tick > now) {
        result = run_to(machine, tick);
        if (result < 0)
            return -1;
        /* A start afresh puts the points back, too. */
        tick = result == 1 ? machine_tick(machine) : now;
    }
    if (machine_rewind(machine, tick) != 0 || machine_points_insert(machine) != 0)
        return -1;
    return result == 1 ? 0 : machine_fail(machine, "the machine does not come to that tick");
}
