/* What the parts of Bochs control share: the machine, and the pump that keeps its pipes moving. */
#ifndef GRADER_BOCHS_INTERNAL_H
#define GRADER_BOCHS_INTERNAL_H

#include "bochs.h"

#include <stdarg.h>

enum {
    BOCHS_ERROR_SIZE = 512,
    BOCHS_TICK_STOPS = 4,     /* time breakpoints that Bochs keeps at once, less the one far away */
    BOCHS_SLICE_MS = 20,      /* of our time, with several processors */
    BOCHS_PATIENCE_MS = 4000, /* after which a machine that does not stop is looked at */
};

/* Bytes that grow as they come; `bytes[size]` is always zero. */
struct bytes {
    char *bytes;
    size_t size, room;
};

struct bochs {
    pid_t pid;         /* 0 once it has been waited for */
    int input, output; /* the prompt's pipes */
    int master, slave; /* COM1 */
    int screen;        /* the text screen's terminal, or -1 */
    bool live_console, live_screen;
    bool running;

    char *folder;
    bool own_folder;
    uint64_t ips;
    unsigned timeout_s;
    unsigned memory_mib;
    unsigned cpus;

    unsigned line; /* number that the prompt shows next */
    struct bytes text;
    struct bytes console; /* what has come from the guest and was not yet collected */
    char *collected;
    uint64_t tick;
    uint64_t tick_stops[BOCHS_TICK_STOPS]; /* pending, 0: none */

    uint64_t memory_base; /* of guest memory in Bochs's address space, 0: not found yet */
    uint64_t *blocks;     /* of each block of guest memory, its address in Bochs's; 0: not known */
    uint64_t block_size, block_count;
    bool memory_slow; /* only the prompt reads memory here */

    char error[BOCHS_ERROR_SIZE];
};

/* Sets the error text. Result: -1. */
int bochs_fail(struct bochs *bochs, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the error text to what Bochs's log says about its end. Result: -1. */
int bochs_fail_ended(struct bochs *bochs);

/* Sends a line. Result: 0, or -1. */
int bochs_send(struct bochs *bochs, const char *line);

/* Waits for the prompt, or at most `timeout_ms` (-1: the machine's own net). Result: 1 it is there
 * (bochs->text holds what came before it), 0 not in time, -1 Bochs ended or the net tripped. */
int bochs_await(struct bochs *bochs, int timeout_ms);

/* Moves what is there on all descriptors, waiting at most `timeout_ms` for something. Result: 0, or
 * -1 once the prompt's pipe has ended. */
int bochs_pump(struct bochs *bochs, int timeout_ms);

/* Appends `size` bytes. */
void bytes_add(struct bytes *bytes, const char *more, size_t size);

/* Milliseconds of a clock that only goes forward. */
int64_t clock_ms(void);

#endif
