/*
 * The machine as a debugger sees it: one processor in Bochs, with its points, its history and its
 * console.
 *
 * Time is the tick. A run on one processor depends on the image, the options and the history (what
 * was typed and what was changed by hand, each at its tick) alone; so any earlier tick is reached
 * by a fresh start that repeats the history. A processor that sleeps stops nowhere exactly: whoever
 * ends up in a HLT is taken back to the moment before it.
 *
 * Functions return 0, or -1 with a line in machine->error; after -1 where `lost` is set too, there
 * is no machine any more.
 */
#ifndef GRADER_GDB_MACHINE_H
#define GRADER_GDB_MACHINE_H

#include "bochs.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum machine_end {
    MACHINE_STEPPED,
    MACHINE_BREAKPOINT,
    MACHINE_WATCHPOINT,
    MACHINE_TICK,        /* the tick asked for */
    MACHINE_INTERRUPTED, /* by the debugger */
    MACHINE_ASLEEP,      /* it halts, and for seconds of its time nothing wakes it */
    MACHINE_TRIPLE_FAULT,
    MACHINE_RESET,
    MACHINE_POWER_OFF, /* at the kernel's last function */
    MACHINE_BEGIN,     /* there is nothing before */
    MACHINE_GONE,      /* the guest has ended Bochs */
};

struct machine_stop {
    enum machine_end end;
    enum request_point kind; /* with BREAKPOINT and WATCHPOINT */
    uint64_t address;        /* linear, likewise */
};

/* A breakpoint or a watchpoint; they outlive the Bochs that they are set in. */
struct point {
    enum request_point kind;
    uint64_t address, size;
    uint64_t physical; /* of a watchpoint */
    int number;        /* of a breakpoint, in this Bochs */
};

enum event_kind { EVENT_TYPED, EVENT_MEMORY, EVENT_LINE };

/* What came from outside, and when. */
struct event {
    enum event_kind kind;
    uint64_t tick;
    uint64_t physical; /* MEMORY: where */
    size_t size;
    char *bytes; /* TYPED: one byte; MEMORY: what; LINE: for the prompt, ends with a zero byte */
};

enum { POINTS_MAX = 64 };

/* What the machine is to know of the kernel: addresses, 0 for one that is not known. */
struct machine_kernel {
    uint64_t power_off;              /* its last function */
    uint64_t trace_init, trace_mask; /* where it starts its trace; which events it writes */
};

/* Who listens while the machine runs. */
struct machine_listener {
    bool (*wants_stop)(void *context); /* asked often */
    void (*console)(void *context, const char *bytes, size_t size);
    void *context;
};

struct machine {
    struct bochs_options options;
    struct machine_listener listener;
    struct machine_kernel kernel;

    struct bochs *bochs;
    bool lost;
    char error[512];
    struct bochs_registers registers;
    bool registers_known;

    struct point points[POINTS_MAX];
    unsigned point_count;

    struct event *events;
    size_t event_count, event_next; /* those before `event_next` have happened */
    char *typed;                    /* still to be typed */
    size_t typed_size;
    uint64_t typed_tick; /* not before then */

    /* The kernel writes all events, as in a run that is graded: its mask is set at the tick when it
     * starts its trace. 0: it does not come there. */
    uint64_t trace_tick, trace_physical;
    bool is_traced; /* it has been set in this Bochs */

    uint64_t stop_tick;      /* where the machine is to stop, 0: nowhere */
    uint64_t exact_tick;     /* of the last stop that a fresh start can reach */
    uint64_t patience_ticks; /* of sleep, after which the machine counts as asleep */

    uint64_t console_seen;  /* bytes that this Bochs has sent */
    uint64_t console_shown; /* bytes that the listener has been told */
};

/* Starts at tick 0. `options` and the strings in it must live as long as the machine. */
int machine_start(struct machine *machine, const struct bochs_options *options,
                  const struct machine_listener *listener, const struct machine_kernel *kernel);
void machine_end(struct machine *machine);

uint64_t machine_tick(const struct machine *machine);

/* Ticks of sleep after which it counts as asleep, at first. */
uint64_t machine_patience(const struct machine *machine);

/* Sets the error. Result: -1. */
int machine_fail(struct machine *machine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with what Bochs says, and there is no machine any more. Result: -1. */
int machine_fail_lost(struct machine *machine);

/* The registers, valid until the machine runs or is changed; NULL: lost. */
const struct bochs_registers *machine_registers(struct machine *machine);

/* Sets a register by its name at Bochs's prompt. */
int machine_register_set(struct machine *machine, const char *name, uint64_t value);

/* Linear memory in the processor's mode. Result of a read: bytes that are there, from the first;
 * may be fewer than `size`. A write changes all or nothing. */
size_t machine_read(struct machine *machine, uint64_t linear, void *buffer, size_t size);
int machine_write(struct machine *machine, uint64_t linear, const void *bytes, size_t size);
int machine_translate(struct machine *machine, uint64_t linear, uint64_t *physical);

/* Points. Setting one that is there does nothing. */
int machine_point_set(struct machine *machine, enum request_point kind, uint64_t address,
                      uint64_t size);
int machine_point_clear(struct machine *machine, enum request_point kind, uint64_t address);
const struct point *machine_point_at(const struct machine *machine, uint64_t address);

/* Put all points into a new Bochs; takes all breakpoints and watchpoints out of it. */
int machine_points_insert(struct machine *machine);
int machine_points_remove(struct machine *machine);

/* Runs until something stops it; with `is_step` for one instruction. */
int machine_run(struct machine *machine, bool is_step, struct machine_stop *stop);

/* Lets Bochs, just resumed, stop, telling the listener what it prints on the console. If it takes
 * too much of the host's time it is interrupted: `is_cut`. */
int machine_await(struct machine *machine, struct bochs_stop *stop, bool *is_cut);

/* Types on the console: each byte as soon as the guest can take it, while it runs. */
void machine_type(struct machine *machine, const char *text, size_t size);

/* Sends a line to the prompt that changes the machine; remembered. Result: what it prints. */
const char *machine_change(struct machine *machine, const char *line);

/* History: does what is due at this tick; remembers (and takes over `bytes`), dropping what was to
 * come after. */
int history_repeat(struct machine *machine);
void history_add(struct machine *machine, enum event_kind kind, uint64_t physical,
                 const void *bytes, size_t size);

/* Drops what is to come: somebody acts now. */
void history_cut(struct machine *machine);

/* Starts Bochs afresh, at tick 0, without points. */
int history_begin(struct machine *machine);

/* Goes to a tick, earlier or later. One that the machine never comes to is an error, and the
 * machine is where it was. Points do not stop it. */
int machine_go_to(struct machine *machine, uint64_t tick);

/* Goes to a tick that it has been at, by a fresh start, and leaves the points out. */
int machine_rewind(struct machine *machine, uint64_t tick);

/* One instruction back; back to the last point. */
int machine_step_back(struct machine *machine, struct machine_stop *stop);
int machine_run_back(struct machine *machine, struct machine_stop *stop);

#endif
