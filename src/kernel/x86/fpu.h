/*
 * Floating-point and vector registers (SDM volume 1, chapter 13): x87, SSE and AVX as far as the
 * processor has them. The kernel uses none. A thread's are saved when it stops running, since it
 * may go on on another processor; they are loaded unless they are still there.
 */
#ifndef KERNEL_X86_FPU_H
#define KERNEL_X86_FPU_H

#include <stdbool.h>

#include "../thread.h"
#include "cpu.h"

/* Let processes use the registers, on this processor. */
void fpu_init(void);

/* Memory for a new thread's registers, in their initial state; false if there is none. */
bool fpu_create(struct thread *thread);

/* The thread has ended. */
void fpu_destroy(struct thread *thread);

/* What XSAVE handles; 0: there is none, and FXSAVE does x87 and SSE. */
extern uint32_t fpu_states;

/* The thread, which ran on this processor, stops running. */
static inline void fpu_save(const struct thread *thread)
{
    if (fpu_states)
        __asm__ volatile("xsave64 (%0)" : : "r"(thread->fpu), "a"(fpu_states), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(thread->fpu) : "memory");
}

/* The thread is about to run on this processor, which holds its registers if that was the last one
 * to run here, and has not run elsewhere since. */
static inline void fpu_prepare(struct cpu *cpu, struct thread *thread)
{
    if (cpu->fpu == thread && thread->fpu_cpu == cpu)
        return;
    cpu->fpu = thread;
    thread->fpu_cpu = cpu;
    if (fpu_states)
        __asm__ volatile("xrstor64 (%0)" : : "r"(thread->fpu), "a"(fpu_states), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(thread->fpu) : "memory");
}

#endif
