/*
 * Floating-point and vector registers (SDM volume 1, chapter 13): x87, SSE and AVX as far as the
 * processor has them. The kernel uses none. A thread's are saved when it stops running, since it
 * may go on on another processor; they are loaded unless they are still there.
 */
#ifndef KERNEL_X86_FPU_H
#define KERNEL_X86_FPU_H

#include <stdbool.h>

struct cpu;
struct thread;

/* Let processes use the registers, on this processor. */
void fpu_init(void);

/* Memory for a new thread's registers, in their initial state; false if there is none. */
bool fpu_create(struct thread *thread);

/* The thread has ended. */
void fpu_destroy(struct thread *thread);

/* The thread, which ran on this processor, stops running. */
void fpu_save(const struct thread *thread);

/* The thread is about to run on this processor. */
void fpu_prepare(struct cpu *cpu, struct thread *thread);

#endif
