/*
 * Running backward, as machine.h tells: a fresh start to just before, or to the last point passed.
 *
 * A watchpoint stops a machine behind the access; seen backward, that is before it, where the old
 * value still is.
 */
#include "machine.h"

#define WINDOW_FIRST  UINT64_C(1000000)
#define WINDOW_GROWTH 16

/* From a tick before `now` to the last one before it: between the two the processor may have slept,
 * so that a tick in between is reached only when `now` is. */
static int approach(struct machine *machine, uint64_t now)
{
    uint64_t before = machine_tick(machine), after = now;

    while (after - before > 1) {
        uint64_t middle = before + (after - before) / 2;

        if (machine_rewind(machine, middle) != 0)
            return -1;
        if (machine_tick(machine) < now)
            before = machine_tick(machine);
        else
            after = middle;
    }
    return machine_tick(machine) == before ? 0 : machine_rewind(machine, before);
}

int machine_step_back(struct machine *machine, struct machine_stop *stop)
{
    uint64_t now = machine_tick(machine);

    *stop = (struct machine_stop){.end = now == 0 ? MACHINE_BEGIN : MACHINE_STEPPED};
    if (now == 0)
        return 0;
    for (uint64_t distance = 1;; distance *= WINDOW_GROWTH) {
        if (machine_rewind(machine, now > distance ? now - distance : 0) != 0)
            return -1;
        if (machine_tick(machine) < now)
            break;
    }
    if (machine_tick(machine) != now - 1 && approach(machine, now) != 0)
        return -1;
    return machine_points_insert(machine);
}

/* The last point passed in a stretch of time. */
struct passed {
    bool is_any;
    uint64_t tick;
    struct machine_stop stop;
};

static void passed_note(struct passed *passed, uint64_t tick, const struct machine_stop *stop)
{
    *passed = (struct passed){.is_any = true, .tick = tick, .stop = *stop};
}

/* Looks at what is passed from the present tick to before `end`. Result: 1 looked, 0 the debugger
 * wants no more of it, -1 lost. */
static int window_search(struct machine *machine, uint64_t end, struct passed *passed)
{
    const struct bochs_registers *registers = machine_registers(machine);
    struct machine_stop stop;
    const struct point *point;

    if (registers == NULL)
        return -1;
    if (machine_tick(machine) < end &&
        (point = machine_point_at(machine, registers->rip)) != NULL) {
        stop = (struct machine_stop){MACHINE_BREAKPOINT, point->kind, point->address};
        passed_note(passed, machine_tick(machine), &stop);
    }
    while (machine_tick(machine) < end) {
        machine->stop_tick = end;
        if (machine_run(machine, false, &stop) != 0)
            return -1;
        if (stop.end == MACHINE_INTERRUPTED)
            return 0;
        if (stop.end == MACHINE_GONE)
            break;
        if (stop.end == MACHINE_BREAKPOINT && machine_tick(machine) < end)
            passed_note(passed, machine_tick(machine), &stop);
        if (stop.end == MACHINE_WATCHPOINT && machine_tick(machine) <= end)
            passed_note(passed, machine_tick(machine) - 1, &stop);
    }
    return 1;
}

/* Looks at ever longer stretches, each ending where the one before began. */
static int search_back(struct machine *machine, uint64_t now, struct passed *passed)
{
    uint64_t end = now, window = WINDOW_FIRST;
    int result = 1;

    while (end > 0 && !passed->is_any && result == 1) {
        uint64_t from = end > window ? end - window : 0;

        if (machine_rewind(machine, from) != 0 || machine_points_insert(machine) != 0)
            return -1;
        result = window_search(machine, end, passed);
        end = from;
        window *= WINDOW_GROWTH;
    }
    return result;
}

int machine_run_back(struct machine *machine, struct machine_stop *stop)
{
    uint64_t now = machine_tick(machine), tick = 0;
    uint64_t stop_tick = machine->stop_tick, patience_ticks = machine->patience_ticks;
    struct passed passed = {0};
    int result;

    *stop = (struct machine_stop){.end = MACHINE_BEGIN};
    machine->patience_ticks = UINT64_MAX;
    result = search_back(machine, now, &passed);
    machine->patience_ticks = patience_ticks;
    machine->stop_tick = stop_tick;
    if (result < 0)
        return -1;
    if (result == 0) {
        stop->end = MACHINE_INTERRUPTED;
        tick = now;
    } else if (passed.is_any) {
        *stop = passed.stop;
        tick = passed.tick;
    }
    if (machine_rewind(machine, tick) != 0)
        return -1;
    return machine_points_insert(machine);
}
