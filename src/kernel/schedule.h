/*
 * The scheduler: which thread runs next, and where. 32 priorities; on each processor the highest
 * one that has a ready thread runs, and threads of one priority take turns. A thread stays on its
 * processor unless that is busy and another one has nothing to do.
 */
#ifndef KERNEL_SCHEDULE_H
#define KERNEL_SCHEDULE_H

#include "thread.h"

void schedule_init(void);

/* Make a thread ready, last of its priority. The current thread gives way to it, once schedule() is
 * called, if it is more urgent. */
void schedule_wake(struct thread *thread);

/* A thread that was ready or running no longer wants a processor. If another one runs it, that one
 * has left it. */
void schedule_stop(struct thread *thread);

/* Give a thread another priority; it counts from the next schedule() on. */
void schedule_priority(struct thread *thread, uint8_t priority);

/* Let a thread run only on processors whose bits are set; false if there is none of them. */
bool schedule_affinity(struct thread *thread, uint64_t affinity);

/* Is there a thread that the current one could yield to? */
static inline bool schedule_others(const struct cpu *cpu)
{
    return cpu->ready >> cpu->thread->priority;
}

/* The current thread lets others of its priority go first. */
void schedule_yield(void);

/* Leave the kernel: choose a thread (waiting for one if none is ready), prepare the processor for
 * it, and drop the lock. Gives the registers to go on with. */
struct registers *schedule(void);

#endif
