/*
 * One run of a machine from start to end, the same way each time: runner and grader both use it.
 *
 * The machine runs in slices of fixed length and is stopped where it goes idle, so that its console
 * can be read and typed at. Where it is stopped depends on what it does, never on the host's clock.
 */
#ifndef GRADER_SESSION_H
#define GRADER_SESSION_H

#include "bochs.h"
#include "symbols.h"
#include "trace.h"

enum session_end {
    SESSION_POWER_OFF,    /* `status` is what the guest said */
    SESSION_PANIC,        /* the kernel gave up */
    SESSION_HANG,         /* the tick budget is used up while the guest computes or prints */
    SESSION_QUIET,        /* nothing was heard from the guest for too long, or it sleeps for ever */
    SESSION_TRIPLE_FAULT, /* or a reset in another way */
    SESSION_BAD_TRACE,    /* the trace does not hold together */
    SESSION_STOPPED,      /* an observer or a signal asked for it */
    SESSION_INFRASTRUCTURE, /* the emulator failed: says nothing about the guest */
};

struct session;

/* A place where the machine is stopped to look at it. */
struct session_watch {
    uint64_t address;
    /* Called at each stop there. Result: 0 to go on, -1 to end the run with SESSION_STOPPED. */
    int (*stopped)(void *context, struct session *session);
    void *context;
    int breakpoint; /* filled in by session_run */
};

/* Bochs has room for 16 breakpoints; the session itself takes some. */
enum { SESSION_WATCHES = 10 };

struct session_options {
    struct bochs_options machine;
    const char *kernel;       /* ELF with symbols; NULL: the run ends only by budget or shutdown */
    const char *const *lines; /* to type, one at each prompt, NULL at the end; or NULL */
    const char *last_line;    /* typed after them; or NULL */
    const char *prompt;       /* NULL: "orrery> " */
    uint64_t budget_ticks;    /* 0: 20,000,000,000 */
    uint64_t
        quiet_ticks; /* computing without a sound, four times as many asleep; 0: 1,500,000,000 */
    bool trace;      /* the kernel is to write all events, whether or not `record` takes them */
    bool trace_each_stop; /* hand out records early, for people */
    struct session_watch *watches;
    size_t watch_count;              /* at most SESSION_WATCHES */
    const volatile int *interrupted; /* the run ends when it is no longer 0; or NULL */

    /* Any may be NULL. */
    void (*console)(void *context, const char *bytes, size_t size);
    void (*record)(void *context, const struct trace_record *record);
    void *context;
};

struct session_result {
    enum session_end end;
    uint64_t status;
    uint64_t tick;
    char where[200];  /* where the processor was, if that helps */
    char detail[300]; /* one line for people, if there is more to say */
};

void session_run(const struct session_options *options, struct session_result *result);

/* For watches: the machine, and the tick of the stop. */
struct bochs *session_bochs(struct session *session);

/* "power-off", "panic", ... */
const char *session_end_name(enum session_end end);

#endif
