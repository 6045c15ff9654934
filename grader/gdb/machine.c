/* Start and end, registers and memory, as machine.h tells. */
#include "machine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_BITS UINT64_C(0x000ffffffffff000)
#define CR0_PG       UINT64_C(0x80000000)
#define CR4_PAE      UINT64_C(0x20)
#define EFER_LMA     UINT64_C(0x400)
#define ENTRY_THERE  UINT64_C(1)
#define ENTRY_LARGE  UINT64_C(0x80)

#define TRACE_TICKS UINT64_C(1000000000) /* a start that takes longer is not traced */

enum { PATIENCE_S = 5 };

int machine_fail(struct machine *machine, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(machine->error, sizeof(machine->error), format, arguments);
    va_end(arguments);
    return -1;
}

int machine_fail_lost(struct machine *machine)
{
    machine_fail(machine, "%s", bochs_error(machine->bochs));
    machine->lost = true;
    return -1;
}

/* Finds out by a run ahead when the kernel starts its trace, and where its mask lies then. */
static int trace_find(struct machine *machine)
{
    struct bochs_stop stop;

    if (machine->kernel.trace_init == 0 || machine->kernel.trace_mask == 0)
        return 0;
    if (bochs_break(machine->bochs, machine->kernel.trace_init) < 0 ||
        bochs_run_until(machine->bochs, TRACE_TICKS, &stop) != 0)
        return machine_fail_lost(machine);
    if (stop.reason == BOCHS_STOP_BREAKPOINT &&
        machine_translate(machine, machine->kernel.trace_mask, &machine->trace_physical) == 0)
        machine->trace_tick = stop.tick;
    return history_begin(machine);
}

int machine_start(struct machine *machine, const struct bochs_options *options,
                  const struct machine_listener *listener, const struct machine_kernel *kernel)
{
    memset(machine, 0, sizeof(*machine));
    machine->options = *options;
    machine->listener = *listener;
    machine->kernel = *kernel;
    machine->bochs = bochs_start(options);
    if (machine->bochs == NULL)
        return machine_fail_lost(machine);
    machine->patience_ticks = PATIENCE_S * (options->ips != 0 ? options->ips : UINT64_C(50000000));
    return trace_find(machine) != 0 ? -1 : machine_points_insert(machine);
}

void machine_end(struct machine *machine)
{
    if (machine->bochs != NULL)
        bochs_end(machine->bochs);
    machine->bochs = NULL;
    for (size_t i = 0; i < machine->event_count; i++)
        free(machine->events[i].bytes);
    free(machine->events);
    free(machine->typed);
}

uint64_t machine_tick(const struct machine *machine)
{
    return bochs_tick(machine->bochs);
}

uint64_t machine_patience(const struct machine *machine)
{
    uint64_t ips = machine->options.ips;

    return PATIENCE_S * (ips != 0 ? ips : UINT64_C(50000000));
}

const struct bochs_registers *machine_registers(struct machine *machine)
{
    if (!machine->registers_known && bochs_registers(machine->bochs, &machine->registers) != 0) {
        machine_fail_lost(machine);
        return NULL;
    }
    machine->registers_known = true;
    return &machine->registers;
}

const char *machine_change(struct machine *machine, const char *line)
{
    const char *text = bochs_command(machine->bochs, "%s", line);

    machine->registers_known = false;
    if (text == NULL) {
        machine_fail_lost(machine);
        return NULL;
    }
    history_add(machine, EVENT_LINE, 0, line, strlen(line) + 1);
    return text;
}

int machine_register_set(struct machine *machine, const char *name, uint64_t value)
{
    char line[64];

    snprintf(line, sizeof(line), "set %s = 0x%" PRIx64, name, value);
    return machine_change(machine, line) != NULL ? 0 : -1;
}

/* How the tables of a mode are read: `levels` of them, each taking `bits` of the address. */
struct paging {
    unsigned levels, bits, entry_size;
};

static bool paging_mode(const struct bochs_registers *registers, struct paging *paging)
{
    if ((registers->cr0 & CR0_PG) == 0)
        return false;
    if ((registers->efer & EFER_LMA) != 0)
        *paging = (struct paging){4, 9, 8};
    else if ((registers->cr4 & CR4_PAE) != 0)
        *paging = (struct paging){3, 9, 8};
    else
        *paging = (struct paging){2, 10, 4};
    return true;
}

/* Whether an entry ends the walk at `level`, counted from 1 for pages. Large pages are level 2, and
 * in long mode level 3. */
static bool entry_is_last(const struct paging *paging, unsigned level, uint64_t entry)
{
    bool may_be_large = level == 2 || (level == 3 && paging->levels == 4);

    return level == 1 || (may_be_large && (entry & ENTRY_LARGE) != 0);
}

int machine_translate(struct machine *machine, uint64_t linear, uint64_t *physical)
{
    const struct bochs_registers *registers = machine_registers(machine);
    struct paging paging;

    if (registers == NULL)
        return -1;
    if ((registers->efer & EFER_LMA) == 0)
        linear &= UINT32_MAX;
    else if ((uint64_t)((int64_t)(linear << 16) >> 16) != linear)
        return machine_fail(machine, "0x%" PRIx64 " is not canonical", linear);
    *physical = linear;
    if (!paging_mode(registers, &paging))
        return 0;

    uint64_t entry = registers->cr3;

    for (unsigned level = paging.levels; level > 0; level--) {
        unsigned shift = 12 + paging.bits * (level - 1);
        uint64_t index = linear >> shift & ((UINT64_C(1) << paging.bits) - 1);
        uint64_t mask = (UINT64_C(1) << shift) - 1;
        /* The top table of PAE is 32 bytes long, and aligned so. */
        uint64_t table = entry & (level == 3 && paging.levels == 3 ? 0xffffffe0 : ADDRESS_BITS);

        entry = 0;
        if (bochs_read(machine->bochs, table + index * paging.entry_size, &entry,
                       paging.entry_size) != 0)
            return machine_fail(machine, "%s", bochs_error(machine->bochs));
        if ((entry & ENTRY_THERE) == 0)
            break;
        if (entry_is_last(&paging, level, entry)) {
            *physical = (entry & ADDRESS_BITS & ~mask) | (linear & mask);
            return 0;
        }
    }
    return machine_fail(machine, "nothing is mapped at 0x%" PRIx64, linear);
}

/* Bytes from `linear` to the end of its page, at most `size`. */
static size_t page_part(uint64_t linear, size_t size)
{
    size_t left = 4096 - linear % 4096;

    return size < left ? size : left;
}

size_t machine_read(struct machine *machine, uint64_t linear, void *buffer, size_t size)
{
    char *to = buffer;
    size_t done = 0, part;
    uint64_t physical;

    for (; done < size; done += part) {
        part = page_part(linear + done, size - done);
        if (machine_translate(machine, linear + done, &physical) != 0 ||
            bochs_read(machine->bochs, physical, to + done, part) != 0)
            break;
    }
    return done;
}

int machine_write(struct machine *machine, uint64_t linear, const void *bytes, size_t size)
{
    const char *from = bytes;
    uint64_t physical;
    size_t part;

    for (size_t done = 0; done < size; done += part) {
        part = page_part(linear + done, size - done);
        if (machine_translate(machine, linear + done, &physical) != 0)
            return -1;
    }
    for (size_t done = 0; done < size; done += part) {
        part = page_part(linear + done, size - done);
        if (machine_translate(machine, linear + done, &physical) != 0)
            return -1;
        if (bochs_write(machine->bochs, physical, from + done, part) != 0)
            return machine_fail_lost(machine);
        history_add(machine, EVENT_MEMORY, physical, from + done, part);
    }
    return 0;
}
