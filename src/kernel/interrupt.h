/*
 * Interrupt lines as objects: the table of lines, and a line. A line counts what came; reading
 * waits for it and takes the count; the line is masked from when it fires until it is written.
 */
#ifndef KERNEL_INTERRUPT_H
#define KERNEL_INTERRUPT_H

#include "object.h"

extern struct object interrupts_table;

/* The line's interrupt came, and the line was masked. */
void interrupt_fire(unsigned line);

#endif
