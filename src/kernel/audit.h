/* What the two parts of the audit, which is built with DEBUG=1 alone, know of each other. */
#ifndef KERNEL_AUDIT_H
#define KERNEL_AUDIT_H

#include <stdint.h>

/* Print the longest stretches with interrupts off. */
void stretch_tell(void);

/* The audit itself took so long: that does not count. */
void stretch_skip(uint64_t took);

#endif
