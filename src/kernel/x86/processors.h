/*
 * Starting the other processors (Intel SDM volume 3, section 8.4.4).
 *
 * Each begins in real mode on one page of low memory, TRAMPOLINE, goes to long mode with the
 * kernel's tables, in which that page is entered for execution alone as long as this lasts, and
 * then does as the first one did. The page is never handed out as a frame.
 */
#ifndef KERNEL_X86_PROCESSORS_H
#define KERNEL_X86_PROCESSORS_H

#define TRAMPOLINE 0x1000

#ifndef __ASSEMBLER__

#include <stdint.h>

struct acpi;

/* Start those that the firmware names, one after another, up to CPUS_MAX with this one. One that
 * does not come up in time, or whose TSC does not fit, is left out with a line on the serial line.
 * Processor n waits delays[n] * 256 microseconds before it looks for work: so a seed chooses among
 * the orders in which things can happen. The lock is held. */
void processors_start(const struct acpi *acpi, const uint8_t delays[]);

#endif
#endif
