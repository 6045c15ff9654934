/*
 * The scheduler: which thread runs next. 32 priorities; the highest one that has a ready thread
 * runs, and threads of one priority take turns.
 */
#ifndef KERNEL_SCHEDULE_H
#define KERNEL_SCHEDULE_H

#include "thread.h"

void schedule_init(void);

/* Make a thread ready, last of its priority. The current thread gives way to it if it is more
 * urgent. */
void schedule_wake(struct thread *thread);

/* A thread that was ready or running no longer wants the processor. */
void schedule_stop(struct thread *thread);

/* The current thread lets others of its priority go first. */
void schedule_yield(void);

/* Leave the kernel: run what is due, choose a thread (waiting for one if none is ready), prepare
 * the processor for it. Gives the registers to go on with. */
struct registers *schedule(void);

#endif
