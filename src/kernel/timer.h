/*
 * Timers: a pairing heap of moments, the earliest on top. Pure: what happens at a moment is up to
 * the caller. Insert takes O(1) steps, the rest O(log n) amortised. The caller holds the lock.
 */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_NEVER UINT64_MAX

struct timer {
    uint64_t when; /* ns of the monotonic clock */
    struct timer *child, *next;
    struct timer **place; /* the pointer that points here; NULL while the timer is not set */
    void (*fire)(struct timer *timer);
};

struct timers {
    struct timer *first;
};

static inline bool timer_is_set(const struct timer *timer)
{
    return timer->place != NULL;
}

/* Set a timer that is not set. */
void timer_set(struct timers *timers, struct timer *timer, uint64_t when);

/* Take it out; harmless if it is not set. */
void timer_clear(struct timers *timers, struct timer *timer);

/* The earliest moment, or TIMER_NEVER. */
uint64_t timers_next(const struct timers *timers);

/* Take out and give the earliest timer if its moment is not after `now`, else NULL. */
struct timer *timers_take(struct timers *timers, uint64_t now);

#endif
