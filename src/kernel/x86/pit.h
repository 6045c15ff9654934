/* The interval timer (Intel 8254): one-shot alarms on IRQ 0, and a measure for the TSC. */
#ifndef KERNEL_X86_PIT_H
#define KERNEL_X86_PIT_H

#include <stdint.h>

/* Ring once in about `ns` nanoseconds, at the latest after 54 ms. */
void pit_arm(uint64_t ns);

/* TSC ticks a second, measured over 2 ms. */
uint64_t pit_measure_tsc(void);

#endif
