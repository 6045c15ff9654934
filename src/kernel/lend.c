/* Lending of priorities, as lend.h tells. */
#include "lend.h"
#include "port.h"
#include "schedule.h"

/* One more of its lenders, or one fewer, has this priority. */
static void lenders_count(struct thread *thread, uint8_t priority, uint32_t change)
{
    thread->lenders[priority] += change;
    if (thread->lenders[priority])
        thread->lent |= 1u << priority;
    else
        thread->lent &= ~(1u << priority);
}

void lend(struct job *call, struct thread *to, unsigned depth)
{
    struct thread *from = call->borrower;

    if (from)
        lenders_count(from, call->lent, UINT32_MAX);
    call->borrower = to;
    call->lent = call->thread->priority;
    if (to) {
        object_hold(&to->object);
        lenders_count(to, call->lent, 1);
        lend_settle(to, depth);
    }
    if (from) {
        lend_settle(from, depth);
        object_release(&from->object);
    }
}

bool lend_server(struct thread **server, struct thread *thread)
{
    if (*server)
        object_release(&(*server)->object);
    if (thread)
        object_hold(&thread->object);
    *server = thread;
    return true;
}

void lend_settle(struct thread *thread, unsigned depth)
{
    uint8_t lent = thread->lent ? (uint8_t)(31 - __builtin_clz(thread->lent)) : 0;
    uint8_t priority = lent > thread->own_priority ? lent : thread->own_priority;
    struct job *call = thread->last_call;
    struct thread *server;

    if (priority == thread->priority || thread->state == THREAD_ENDED)
        return;
    schedule_priority(thread, priority);
    if (!depth || !call)
        return;
    if ((server = call->borrower ? call->borrower : port_server(call)))
        lend(call, server, depth - 1);
}
