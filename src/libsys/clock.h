/* Time: nanoseconds since the start of the machine, read without a system call. */
#ifndef LIBSYS_CLOCK_H
#define LIBSYS_CLOCK_H

#include <stdint.h>

/* The processor's time-stamp counter. */
static inline uint64_t tick_read(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Nanoseconds of the monotonic clock: what deadlines of enter() are counted in. */
uint64_t time_now_ns(void);

/* Wait until the monotonic clock reaches `deadline_ns`. The thread's ring is not touched. */
void sleep_until_ns(uint64_t deadline_ns);

#endif
