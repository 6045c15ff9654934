/* What hosts know of the kernel by name, beyond its ABI: symbols of its ELF file. A test looks them
 * all up. */
#ifndef GRADER_NAMES_H
#define GRADER_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Functions that a host stops at. */
#define NAME_POWER_OFF  "machine_power_off"  /* the run's end; RDI: its status */
#define NAME_PANIC      "machine_panic_stop" /* the same; RDI: address of the reason */
#define NAME_TRACE_INIT "trace_init"         /* before the first record: sets the mask */
#define NAME_TRACE_FULL "trace_full"         /* the buffer has filled */

/* Functions that a host stops at to change the order of events (interleave.c). */
#define NAME_MAIN     "kernel_main" /* RDI: physical address of struct boot_info */
#define NAME_ENTER    "enter"
#define NAME_TRAP     "trap_user"
#define NAME_SCHEDULE "schedule"
#define NAME_WAKE     "schedule_wake"
#define NAME_COMPLETE "job_complete"

/* Variables. */
#define NAME_TRACE_BUFFER "trace_buffer" /* address of the trace's header; 0: none yet */
#define NAME_TRACE_MASK   "trace_mask"   /* 64 bits: which events are written */

/* Whether a grade rests on this name: no piece of a student may have it, not even as a static. The
 * other names above are places that pieces may well define. */
static inline bool names_is_watched(const char *name)
{
    static const char *const names[] = {NAME_POWER_OFF,  NAME_PANIC,        NAME_TRACE_INIT,
                                        NAME_TRACE_FULL, NAME_TRACE_BUFFER, NAME_TRACE_MASK};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

#endif
