/*
 * Other orders of the same events: what a seed can change on a machine with several processors,
 * beside `ips`. The same seeds with the same image make the same run.
 *
 * - Delays: the seed of the loader's info structure is overwritten before the kernel looks at it.
 *   The kernel takes from there how long each processor waits before it begins.
 * - Stops: the machine is stopped at places of the kernel, each so many times. A stop begins a new
 *   round of the processors' turns.
 */
#ifndef GRADER_INTERLEAVE_H
#define GRADER_INTERLEAVE_H

#include "session.h"

struct interleaving {
    uint64_t delays, stops; /* seeds; 0: leave it as it is */
    struct session_watch watches[SESSION_WATCHES];
    size_t count;
    struct interleaving_stop {
        struct session_watch *watch;
        unsigned left; /* stops to come */
    } places[SESSION_WATCHES];
};

/* Fills in `watches` and `count` for a kernel. Result: 0, or -1 if it cannot be read. */
int interleaving_prepare(struct interleaving *interleaving, const char *kernel);

#endif
