/*
 * The kernel's one lock. Whoever holds it may read and write everything that the kernel keeps.
 * Three things are done without it, each for a reason told where it is done: `enter` with nothing
 * to do, plain no-ops of a ring that has nothing in flight (job.c), and answering cpu_call.
 *
 * A processor takes the lock on its way into the kernel, when it first needs it, and drops it where
 * it leaves or sleeps (schedule.c). The kernel runs with interrupts off: nothing comes in between.
 * Those who wait get it in the order in which they came, and answer calls meanwhile, because the
 * one who calls holds the lock. So after lock_take the processor may have lost its thread.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "work.h"
#include "x86/cpu.h"

/* Tickets: the next to be drawn, and the one whose turn it is. */
extern struct kernel_lock {
    uint32_t next, turn;
} kernel_lock;

/* Take the lock unless this processor holds it already. */
static inline void lock_take(struct cpu *cpu)
{
    uint32_t ticket;

    if (cpu->locked)
        return;
    ticket = __atomic_fetch_add(&kernel_lock.next, 1, __ATOMIC_RELAXED);
    /* acquire: what the last holder wrote is seen */
    while (__atomic_load_n(&kernel_lock.turn, __ATOMIC_ACQUIRE) != ticket) {
        cpu_answer(cpu);
        __builtin_ia32_pause();
    }
    cpu->locked = true;
    work_left = WORK_UNITS;
}

/* Drop the lock if this processor holds it. */
static inline void lock_drop(struct cpu *cpu)
{
    if (!cpu->locked)
        return;
    cpu->locked = false;
    /* release: the next holder sees what this one wrote */
    __atomic_store_n(&kernel_lock.turn, kernel_lock.turn + 1, __ATOMIC_RELEASE);
}

#endif
