/* The kernel's clock: monotonic time in nanoseconds since the start, and timers on it. */
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

/* When the hardware timer will ring, and when the earliest timer wants it to. */
extern uint64_t clock_armed, clock_first;

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

/* For clock_arm: set the hardware timer. */
void clock_arm_at(uint64_t when);

/* See to it that a timer interrupt comes at `limit` or at the earliest timer, if that is sooner. */
static inline void clock_arm(uint64_t limit)
{
    uint64_t when = limit < clock_first ? limit : clock_first;

    if (when < clock_armed)
        clock_arm_at(when);
}

/* The timer interrupt came: it must be armed anew. */
void clock_interrupt(void);

#endif
