/*
 * The kernel's clock: monotonic time in nanoseconds since the start, and timers on it.
 *
 * The time is the TSC's. Every processor's counts the same clock since the same reset, and nobody
 * writes to it: one whose TSC does not fit the first one's does not get to run (processors.c). So
 * the time that a thread reads never runs backwards, wherever it goes on.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/start.h"
#include "timer.h"
#include "x86/cpu.h"

struct memory;

/* Measure the processor's clock; needs the heap and pages. */
void clock_init(void);

/* What the clock page holds; processes read it as well. */
extern struct time_page *clock_time;

static inline uint64_t clock_now(void)
{
    __extension__ typedef unsigned __int128 wide;

    return (uint64_t)((wide)(cpu_tsc() - clock_time->tsc_base) * clock_time->multiplier >> 32);
}

uint64_t clock_hz(void);

/* The page that tells processes the time: struct time_page in abi/start.h. */
struct memory *clock_page(void);

/* When the earliest timer wants to ring, and when some processor's timer will ring for it. */
extern uint64_t clock_first, clock_rings;

/* Set a timer that is not set; its `fire` is called at that moment, or soon after. */
void clock_set(struct timer *timer, uint64_t when);
void clock_clear_set(struct timer *timer);

/* Take a timer out; harmless if it is not set. */
static inline void clock_clear(struct timer *timer)
{
    if (timer_is_set(timer))
        clock_clear_set(timer);
}

/* Fire all timers whose moment has come. */
void clock_run_due(void);

static inline void clock_run(void)
{
    if (clock_first != TIMER_NEVER)
        clock_run_due();
}

/* For clock_arm: set this processor's timer. */
void clock_arm_at(struct cpu *cpu, uint64_t when);

/* See to it that this processor's timer rings at `limit` or sooner, and that some processor's does
 * for the earliest timer. */
static inline void clock_arm(struct cpu *cpu, uint64_t limit)
{
    if (clock_first < clock_rings) {
        clock_rings = clock_first;
        limit = limit < clock_first ? limit : clock_first;
    }
    if (limit < cpu->armed)
        clock_arm_at(cpu, limit);
}

/* This processor's timer rang: it must be armed anew, also for timers that were later. */
void clock_interrupt(void);

#endif
