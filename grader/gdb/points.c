/* Breakpoints and watchpoints, as machine.h tells. Bochs watches physical addresses. */
#include "machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_watch(enum request_point kind)
{
    return kind >= POINT_WRITE;
}

static struct point *point_find(struct machine *machine, enum request_point kind, uint64_t address)
{
    for (unsigned i = 0; i < machine->point_count; i++)
        if (machine->points[i].kind == kind && machine->points[i].address == address)
            return &machine->points[i];
    return NULL;
}

const struct point *machine_point_at(const struct machine *machine, uint64_t address)
{
    for (unsigned i = 0; i < machine->point_count; i++)
        if (!is_watch(machine->points[i].kind) && machine->points[i].address == address)
            return &machine->points[i];
    return NULL;
}

static int watch_insert(struct machine *machine, const struct point *point)
{
    static const char *const words[][2] = {
        [POINT_WRITE] = {"w", NULL}, [POINT_READ] = {"r", NULL}, [POINT_ACCESS] = {"r", "w"}};

    for (unsigned i = 0; i < 2; i++) {
        const char *word = words[point->kind][i];
        const char *text;

        if (word == NULL)
            continue;
        text = bochs_command(machine->bochs, "watch %s 0x%" PRIx64 " %" PRIu64, word,
                             point->physical, point->size);
        if (text == NULL)
            return machine_fail_lost(machine);
        if (strstr(text, "inserted") == NULL)
            return machine_fail(machine, "Bochs has no room for another watchpoint");
    }
    return 0;
}

static int point_insert(struct machine *machine, struct point *point)
{
    if (is_watch(point->kind))
        return watch_insert(machine, point);
    point->number = bochs_break(machine->bochs, point->address);
    return point->number >= 0 ? 0 : machine_fail(machine, "%s", bochs_error(machine->bochs));
}

int machine_points_insert(struct machine *machine)
{
    if (machine->kernel.power_off != 0 &&
        bochs_break(machine->bochs, machine->kernel.power_off) < 0)
        return machine_fail_lost(machine);
    for (unsigned i = 0; i < machine->point_count; i++)
        if (point_insert(machine, &machine->points[i]) != 0)
            return -1;
    return 0;
}

/* Watchpoints go one by one by address, and two may be at the same: all go, and the others return.
 */
static int watches_insert_again(struct machine *machine)
{
    if (bochs_command(machine->bochs, "unwatch") == NULL)
        return machine_fail_lost(machine);
    for (unsigned i = 0; i < machine->point_count; i++)
        if (is_watch(machine->points[i].kind) && watch_insert(machine, &machine->points[i]) != 0)
            return -1;
    return 0;
}

int machine_points_remove(struct machine *machine)
{
    if (bochs_command(machine->bochs, "unwatch") == NULL)
        return machine_fail_lost(machine);
    for (unsigned i = 0; i < machine->point_count; i++)
        if (!is_watch(machine->points[i].kind) &&
            bochs_break_delete(machine->bochs, (unsigned)machine->points[i].number) != 0)
            return machine_fail_lost(machine);
    return 0;
}

int machine_point_set(struct machine *machine, enum request_point kind, uint64_t address,
                      uint64_t size)
{
    struct point point = {.kind = kind, .address = address, .size = size != 0 ? size : 1};

    if (point_find(machine, kind, address) != NULL)
        return 0;
    if (machine->point_count == POINTS_MAX)
        return machine_fail(machine, "no more than %d breakpoints and watchpoints", POINTS_MAX);
    if (is_watch(kind) && machine_translate(machine, address, &point.physical) != 0)
        return -1;
    if (point_insert(machine, &point) != 0)
        return -1;
    machine->points[machine->point_count++] = point;
    return 0;
}

int machine_point_clear(struct machine *machine, enum request_point kind, uint64_t address)
{
    struct point *point = point_find(machine, kind, address);
    int number;

    if (point == NULL)
        return 0;
    number = point->number;
    *point = machine->points[--machine->point_count];
    if (is_watch(kind))
        return watches_insert_again(machine);
    if (bochs_break_delete(machine->bochs, (unsigned)number) != 0)
        return machine_fail_lost(machine);
    return 0;
}
