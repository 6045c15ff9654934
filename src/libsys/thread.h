/*
 * Threads: each owns a ring and a small control block that FS points at.
 *
 * The first thread's block and ring are set up before main. A thread that thread_create starts gets
 * memory of its own for stack and block; it lives as long as the process.
 *
 * Variables of a thread's own (`__thread`, or C11's _Thread_local) lie right below its control
 * block, where the x86-64 ABI has them. Each thread's begin with the values that the program gives
 * them. They may be aligned to at most 64 bytes.
 */
#ifndef LIBSYS_THREAD_H
#define LIBSYS_THREAD_H

#include <stdint.h>

#include "abi/object.h"
#include "abi/ring.h"

/* A thread's control block. FS:0 holds its own address, as the x86-64 ABI wants it. */
struct thread {
    _Alignas(64) struct thread *self;
    struct ring *ring;
    uint32_t handle;     /* on the thread itself */
    uint32_t sync_count; /* synchronous requests so far */
    uint32_t wake;       /* event that it waits for conditions with, 0 before the first time */
    int (*function)(void *argument);
    void *argument;
};

/* The first thread's block: the linker script makes room for it, 64 bytes. */
extern struct thread thread_first;

_Static_assert(sizeof(struct thread) == 64, "program.ld makes room for struct thread");

/* Give the thread's own variables, below its control block, their first values. */
void thread_variables_begin(struct thread *thread);

#if __STDC_HOSTED__
/* Tests on the host have no FS of ours: they bring their own. */
struct thread *thread_self(void);
#else
/* The calling thread's control block. */
static inline struct thread *thread_self(void)
{
    struct thread *thread;

    __asm__("mov %%fs:0, %0" : "=r"(thread));
    return thread;
}
#endif

/* The calling thread's ring. */
static inline struct ring *thread_ring(void)
{
    return thread_self()->ring;
}

/* A number for the calling thread's next synchronous request, never the same twice in a row. */
static inline uint32_t thread_sync_count(void)
{
    return ++thread_self()->sync_count;
}

/*
 * Priorities: 0 to 31, the highest that is ready runs. Programs begin in the middle; what others
 * wait for goes before them.
 */
#define PRIORITY_PROGRAM 16
#define PRIORITY_SERVICE 20 /* init, and servers that many wait for */
#define PRIORITY_DRIVER  24 /* must be in time for a device */

/* Set the calling thread's priority. 0, or -E_RANGE. */
int64_t thread_priority_set(unsigned priority);

#define THREAD_STACK_SIZE (UINT64_C(64) << 10)

/*
 * Start a thread of this process that calls `function` and then ends, at the caller's
 * priority. `ring_capacity` is a power of
 * two or 0 for the smallest. Returns a handle on the thread, or -E_MEMORY, -E_LIMIT, -E_ARGUMENT.
 * The handle is the one that the thread itself ends with: do not close it while it runs. Its stack
 * stays mapped when it has ended.
 */
int64_t thread_create(int (*function)(void *argument), void *argument, uint32_t ring_capacity);

/* End the calling thread with a status, as returning from its function does; the process goes on,
 * if it has another one, and ends with that status if not. */
_Noreturn void thread_exit(int status);

/* Wait for the end of a thread: 0 and how it ended, or a negative error. */
int64_t thread_wait(uint32_t thread, struct process_status *status);

#endif
