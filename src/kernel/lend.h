/*
 * Lending: a server runs a call at the higher of its own and the caller's priority, from when the
 * call waits for it to the reply. So a thread of a priority in between cannot keep both waiting. A
 * server that waits for another one lends on what it was lent, at most LEND_DEPTH servers far.
 */
#ifndef KERNEL_LEND_H
#define KERNEL_LEND_H

#include "job.h"
#include "thread.h"

#define LEND_DEPTH 8u

/* The call lends its thread's priority to this one, and no longer to another; NULL: to none. */
void lend(struct job *call, struct thread *to, unsigned depth);

/* The thread that received last from a port is this one now; NULL: none. Gives true. */
bool lend_server(struct thread **server, struct thread *thread);

/* The thread's own priority, or what it is lent, is another one now. */
void lend_settle(struct thread *thread, unsigned depth);

/* A call begins; what serves it is busy. NULL: it is not, or nobody is known. */
static inline void lend_called(struct job *call, struct thread *server)
{
    call->thread->last_call = call;
    if (server && server->priority < call->thread->priority)
        lend(call, server, LEND_DEPTH);
}

/* The thread received the call. */
static inline void lend_received(struct job *call, struct thread *thread, struct thread **server)
{
    if (*server != thread)
        lend_server(server, thread);
    if (call->thread->priority > thread->priority || call->borrower)
        lend(call, thread, LEND_DEPTH);
}

/* The job is no call, or is one no longer. */
static inline void lend_end(struct job *job)
{
    if (job->thread->last_call == job)
        job->thread->last_call = NULL;
    if (job->borrower)
        lend(job, NULL, LEND_DEPTH);
}

#endif
