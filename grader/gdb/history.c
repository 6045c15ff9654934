/* What came from outside, and going to a tick by repeating it, as machine.h tells. */
#include "machine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void history_add(struct machine *machine, enum event_kind kind, uint64_t physical,
                 const void *bytes, size_t size)
{
    struct event *grown;
    struct event event = {.kind = kind,
                          .tick = machine_tick(machine),
                          .physical = physical,
                          .size = size,
                          .bytes = malloc(size)};

    if (machine->event_next < machine->event_count) {
        while (machine->event_count > machine->event_next)
            free(machine->events[--machine->event_count].bytes);
        machine->console_shown = machine->console_seen;
    }
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

int history_repeat(struct machine *machine)
{
    while (machine->event_next < machine->event_count &&
           machine->events[machine->event_next].tick <= machine_tick(machine)) {
        if (event_repeat(machine, &machine->events[machine->event_next]) != 0)
            return -1;
        machine->registers_known = false;
        machine->event_next++;
    }
    return 0;
}

static int start_again(struct machine *machine)
{
    bochs_end(machine->bochs);
    machine->bochs = bochs_start(&machine->options);
    machine->registers_known = false;
    machine->event_next = 0;
    machine->console_seen = 0;
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

/* Lets the machine come to `tick`, with its events. Result: 1 it is there, 0 it is not, -1 lost. */
static int come_to(struct machine *machine, uint64_t tick)
{
    struct bochs_stop stop;

    for (;;) {
        uint64_t next = tick;

        if (history_repeat(machine) != 0)
            return -1;
        if (machine->event_next < machine->event_count &&
            machine->events[machine->event_next].tick < tick)
            next = machine->events[machine->event_next].tick;
        else if (machine_tick(machine) >= tick)
            break;
        if (bochs_run_until(machine->bochs, next, &stop) != 0)
            return machine_fail_lost(machine);
        if (machine_tick(machine) < next || stop.reason == BOCHS_STOP_HALTED)
            return 0;
    }
    machine->exact_tick = machine_tick(machine);
    return console_skip(machine) == 0 ? 1 : -1;
}

int machine_rewind(struct machine *machine, uint64_t tick)
{
    int result;

    if (start_again(machine) != 0)
        return -1;
    result = come_to(machine, tick);
    if (result == 0) {
        machine_fail(machine, "the machine did not come to tick %" PRIu64 " again", tick);
        machine->lost = true;
    }
    return result == 1 ? 0 : -1;
}

int machine_go_to(struct machine *machine, uint64_t tick)
{
    uint64_t now = machine_tick(machine);
    bool is_there;

    if (start_again(machine) != 0)
        return -1;

    int result = come_to(machine, tick);

    if (result < 0)
        return -1;
    is_there = result == 1;
    if (!is_there && machine_rewind(machine, now) != 0)
        return -1;
    if (machine_points_insert(machine) != 0)
        return -1;
    return is_there ? 0 : machine_fail(machine, "the machine does not come to tick %" PRIu64, tick);
}
