/* Threads: what runs in a process; each has a ring pair and a stock of jobs for it. */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"
#include "object.h"
#include "ring.h"
#include "timer.h"
#include "x86/cpu.h"

#define THREADS_MAX             16384u /* in the machine */
#define THREAD_PRIORITIES       32u
#define THREAD_PRIORITY_DEFAULT 16u

/* WAITING in `enter`, FAULTED for a page. */
enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_WAITING, THREAD_FAULTED, THREAD_ENDED };

struct thread {
    union {
        struct object object;
        struct ending ending;
    };
    struct registers registers __attribute__((aligned(16))); /* a trap's stack: see x86/entry.S */
    struct process *process;                                 /* NULL once it has ended */
    struct list link;                                        /* in its process's list */
    struct list ready;                                       /* in a ready queue, if READY */
    struct kernel_ring ring;
    struct memory *ring_memory;
    uint64_t ring_address; /* where the process sees the ring */
    struct job *jobs;      /* stock: memory for ring.capacity of them, and one for faults */
    struct job *free_job;  /* first of those that are free */
    struct list work;      /* jobs that are to be gone on with */
    uint32_t jobs_made;    /* of the stock, the first so many */
    uint32_t submit;       /* of what the last `enter` is to take, not taken yet */
    unsigned jobs_order;
    uint32_t number;         /* never used twice */
    uint32_t process_number; /* of its process */
    uint16_t slot;           /* in the table of threads, reused */
    uint8_t state;           /* enum thread_state */
    uint8_t priority;        /* that it runs at: its own, or one that is lent to it (lend.h) */
    uint8_t own_priority;
    uint8_t affinity;   /* bit n: it may run on processor n */
    uint8_t cpu;        /* number of the processor that it runs on, or ran on last */
    bool busy;          /* has `work` or `submit` left, or waits for their end to wait */
    bool waits;         /* is to wait once that is done */
    uint32_t wanted;    /* WAITING: until so many completions are unreaped */
    uint64_t deadline;  /* WAITING: or until then */
    struct timer timer; /* for the deadline */
    uint64_t slice_end; /* ns; when others of its priority get their turn; 0: not begun */
    uint32_t lent;      /* bit n: priority n is lent to it */
    uint32_t lenders[THREAD_PRIORITIES]; /* calls that lend each of them */
    struct job *last_call; /* its newest call to a server, while that is there; or NULL */
    uint64_t tls_base;
    void *fpu;           /* its floating-point registers while it does not run: x86/fpu.h */
    struct cpu *fpu_cpu; /* which loaded them last */
};

extern const struct object_type thread_type;

/* Check what a thread is to start with, and make memory for its ring, not cleared, unless there is
 * some already: 0 or an error. */
int64_t thread_prepare(struct process *process, const struct thread_start *start,
                       struct object **ring);

/* Make a thread of the process from what was prepared, ready to be started with thread_start; 0 or
 * an error. RSI at its entry is its own handle, which thread_start is given together with RDX. */
int64_t thread_create(struct process *process, const struct thread_start *start,
                      struct memory *ring, struct thread **thread);

/* Let it run for the first time. */
void thread_start(struct thread *thread, uint32_t handle, uint64_t argument);

/* Stop a thread for good, wherever it is, free what it has, tell those who wait for its end. */
void thread_end(struct thread *thread, const struct process_status *status);

/* The thread waits in `enter` until so many completions are there, or until the deadline. */
void thread_wait(struct thread *thread, uint32_t wanted, uint64_t deadline);

/* For thread_answered: the thread waits; wake it if that was the answer it waited for. */
void thread_check(struct thread *thread);

/* The thread has work left: it does not wait before that is done. */
void thread_keep(struct thread *thread);

/* Go on with a piece of that; the thread runs and is busy. It may have ended when this returns. */
void thread_go_on(struct thread *thread);

/* A job of the thread was answered: wake it if it waited for that. */
static inline void thread_answered(struct thread *thread)
{
    if (thread->state == THREAD_WAITING)
        thread_check(thread);
}

/* The thread in a slot, or NULL. */
struct thread *thread_in_slot(uint16_t slot);

#endif
