/*
 * Long work in pieces. The kernel runs with interrupts off, so nothing that it does at one stretch
 * may take long. What could spends units of about a hundred instructions, and stops when they are
 * over, with its progress noted where it can be found again: a request answers JOB_MORE (job.h), an
 * object that ends says that there is more (object.h), a batch is cut. schedule() then lets
 * interrupts in, gives way to a more urgent thread, and goes on with new units before the thread
 * that asked for it sees user mode again. So long work is its asker's, in its time, at its
 * priority.
 */
#ifndef KERNEL_WORK_H
#define KERNEL_WORK_H

#include <stdbool.h>
#include <stdint.h>

#define WORK_UNITS 48 /* of one stretch */

extern int32_t work_left; /* units of this stretch; each piece that is begun is finished */
extern bool work_waits;   /* somebody left work of no thread's own: object.c, job.c */

static inline void work_spend(uint64_t units)
{
    work_left -= (int32_t)units;
}

static inline bool work_is_over(void)
{
    return work_left <= 0;
}

/* Is a piece of so many units to be done now? They are spent then. */
static inline bool work_go(uint64_t units)
{
    if (work_is_over())
        return false;
    work_spend(units);
    return true;
}

#endif
