/*
 * Jobs: requests in flight. A job is the kernel's private copy of one request, taken from its
 * thread's fixed stock, from acceptance to completion. What waits in the kernel waits as a job in a
 * list; there is no kernel stack that waits.
 *
 * Everything a job does, it does for its own thread's process, whoever is running.
 *
 * A method that would take long (work.h) does a part, notes in `done` how far it came, and gives
 * JOB_MORE: it is called again. In between others run: it checks all anew. What it did by then
 * stays done if it fails later, is cancelled, or ends with its thread.
 */
#ifndef KERNEL_JOB_H
#define KERNEL_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"
#include "object.h"
#include "timer.h"
#include "user.h"

#include "abi/ring.h"

#define JOB_PENDING INT64_MIN
#define JOB_MORE    (INT64_MIN + 1)

enum job_state {
    JOB_FREE,
    JOB_LINKED,  /* waits for the request before it in its chain */
    JOB_READY,   /* in the list of those to start, or of its thread's to go on with */
    JOB_STARTED, /* its operation runs */
    JOB_WAITING, /* in a list of the object that will answer it */
    JOB_TAKEN,   /* a call that a server received and has not replied to */
};

struct job {
    struct request request;
    struct thread *thread;
    struct object *object; /* held while the job is not free; NULL before it resolves */
    uint32_t rights;       /* of the handle used */
    uint16_t state;        /* enum job_state */
    bool again;            /* a call that an earlier server took and did not answer */
    bool skip;             /* READY, but the one before it in the chain failed */
    bool refused;          /* its pager failed: what is missing now is an error (pager.h) */
    uint32_t call;         /* TAKEN: tells this call from others of the same place */
    uint32_t taker;        /* TAKEN: number of the process that received the call */
    uint32_t index;        /* in its thread's stock */
    uint32_t submission;   /* its submission index, the name for cancel */
    uint32_t named;        /* index of the job that was last in the stock's place for such names */
    struct list link;      /* WAITING, TAKEN, READY: in the list it waits in */
    struct job *next;      /* the request linked behind this one; FREE: the next free one */
    uint32_t chain_handle; /* last handle produced in the chain so far */
    struct timer timer;    /* its deadline */
    struct fetch *fetch;   /* while it is the call for a page: pager.h */
    uint64_t done;         /* how much of a long operation, as its method counts it */
    struct object *made;   /* by it, held, not yet given to anybody; or NULL */
    struct thread *borrower; /* runs at its thread's priority meanwhile; held, or NULL: lend.h */
    uint8_t lent;            /* that priority */
};

/* An operation that no request can name: a thread touched a page that its pager has. */
enum { OP_FAULT = OP_COUNT + 1 };

/* Take up to `most` requests off the current thread's ring and start them; a chain is taken whole
 * or not at all. Gives how many were taken. The thread may have ended when this returns. */
uint32_t jobs_accept(struct thread *thread, uint32_t most);

/* Start the jobs whose predecessors completed meanwhile. Called before the kernel is left. */
void jobs_run(void);

/* Set the timer of its deadline, from now on. */
void job_deadline(struct job *job);

/* Run a job, which is in no list, once more before the kernel is left. */
void job_again(struct job *job);

/* The same for all that wait in the list. */
void jobs_again(struct list *waiting);

/* Go on with a job of the thread's that said JOB_MORE; there is one. */
void jobs_go_on(struct thread *thread);

/* Set up a thread's stock: memory for as many jobs as its ring's capacity, and one behind them for
 * its page faults; not cleared. */
void jobs_init(struct thread *thread, struct job *jobs);

/* Forget some of the jobs of a thread that ends, nobody is answered; false if there are more. */
bool jobs_discard(struct thread *thread);

/* Answer a job. It may be in a list; it leaves it. The next one of its chain is started. */
void job_complete(struct job *job, int64_t result);

/* End a job before its time (cancel, deadline, death of a side) with an error. */
void job_abort(struct job *job, enum error error);

/* Carry out the job's operation on another object instead, with these rights; for tables, which
 * then give what this gives. Takes over the reference to the object. */
int64_t job_forward(struct job *job, struct object *object, uint32_t rights);

/* Let the job wait in a list; for methods, which then give JOB_PENDING. */
int64_t job_wait(struct job *job, struct list *list);

/* The process a job belongs to. */
struct process *job_process(const struct job *job);

/* Where its buffer starts. */
struct user_address job_buffer(const struct job *job);

/* Copy from, or to, the buffer at `offset`: 0 or -E_BUFFER. The range is inside the buffer. */
int64_t job_fetch(const struct job *job, uint64_t offset, void *to, uint64_t size);
int64_t job_store(const struct job *job, uint64_t offset, const void *from, uint64_t size);

/* Answer with bytes that exist whole: as many as the buffer takes. */
int64_t job_answer(const struct job *job, const void *from, uint64_t size);

/* Fetch the buffer as a zero-terminated name of at most size - 1 bytes without zeros: its length,
 * or -E_NAME or -E_BUFFER. */
int64_t job_fetch_name(const struct job *job, char *name, uint64_t size);

/* The object that arg0 names in the caller's table: 0 or an error. */
int64_t job_argument(const struct job *job, uint32_t rights, struct object **object, uint32_t *has);

/* What arg0 names is to be handed over, with the rights that arg1 asks for: 0 or an error. */
int64_t job_argument_pass(const struct job *job, struct object **object, uint32_t *rights);

/* A method: read a table. */
int64_t job_list(struct job *job);

/* Give the job's process a new handle on the object, whose reference is passed on. */
int64_t job_give(struct job *job, struct object *object, uint32_t rights);

/* The same for an open: with those of the rights that it asks for. */
int64_t job_give_opened(struct job *job, struct object *object, uint32_t rights);

#endif
