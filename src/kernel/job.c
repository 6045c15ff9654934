/* Jobs, as job.h tells. */
#include "bytes.h"
#include "clock.h"
#include "job.h"
#include "lend.h"
#include "lock.h"
#include "pager.h"
#include "port.h"
#include "process.h"
#include "trace.h"
#include "work.h"

/* What a handle must carry, by operation. */
static const uint32_t rights_needed[OP_COUNT] = {
#define OP(NAME, number, name, target, right, ...) [number] = right,
    OPS(OP)
#undef OP
};

/* Jobs whose predecessor in a chain completed; jobs_run starts them. Under the lock. */
static struct list ready = {&ready, &ready};

/* Jobs of the stock are made when they are first needed. */
static __attribute__((noinline)) struct job *job_make(struct thread *thread, uint32_t index)
{
    struct job *job = &thread->jobs[index];

    memset(job, 0, sizeof *job);
    job->thread = thread;
    job->index = index;
    return job;
}

void jobs_init(struct thread *thread, struct job *jobs)
{
    thread->jobs = jobs;
    job_make(thread, thread->ring.capacity);
    thread->free_job = job_make(thread, thread->jobs_made++);
}

struct process *job_process(const struct job *job)
{
    return job->thread->process;
}

static void job_expire(struct timer *timer)
{
    job_abort(container_of(timer, struct job, timer), E_TIMEOUT);
}

/* Deadlines count from when the request is taken. */
__attribute__((noinline)) void job_deadline(struct job *job)
{
    uint64_t now = clock_now(), left = TIMER_NEVER - 1 - now;

    job->timer.fire = job_expire;
    clock_set(&job->timer, now + (job->request.deadline < left ? job->request.deadline : left));
}

#define BATCH_MOST 128u /* requests taken at one stretch, if they are no-ops */

static void job_start(struct job *job);

/* Of a request that is the first of its chain: there is no handle produced before it. */
#define FIRST_FLAGS (REQUEST_FLAGS & ~REQUEST_USE_CHAIN)

/* Make it a job that does nothing but fail, in its turn. */
static void job_refuse(struct job *job, enum error error)
{
    job->request.op = OP_COUNT;
    job->request.arg0 = error;
}

/* The request that was just read into the thread's next free job becomes that job, which may have
 * these flags. */
static inline __attribute__((always_inline)) struct job *job_take(struct thread *thread,
                                                                  uint32_t flags)
{
    struct job *job = thread->free_job;

    if (!(thread->free_job = job->next) && thread->jobs_made < thread->ring.capacity)
        thread->free_job = job_make(thread, thread->jobs_made++);
    ring_hold(&thread->ring);
    job->object = NULL;
    job->next = NULL;
    job->refused = false;
    job->done = 0;
    job->submission = thread->ring.submission_head - 1;
    thread->jobs[job->submission & thread->ring.mask].named = job->index;
    job->state = JOB_LINKED;
    if (job->request.op >= OP_COUNT || (job->request.flags & ~flags))
        job_refuse(job, E_ARGUMENT);
    job->request.op = (uint16_t)index_below(job->request.op, OP_COUNT + 1);
    /* of a plain no-op at a chain's end that word was not read: it is an earlier request's */
    if (!request_is_nop(&job->request) && job->request.deadline)
        job_deadline(job);
    trace_as(thread->number, TRACE_SUBMIT, job->request.op, job->request.user_data);
    return job;
}

/* How many requests follow as one chain with the linked one that was just read; -1 if not all of
 * the chain can be taken. The last one submitted has nothing to be linked to: it ends the chain. */
static int32_t chain_rest(const struct kernel_ring *ring, uint32_t most)
{
    uint32_t length = 0;
    int32_t flags;

    while ((flags = ring_peek_flags(ring, length)) >= 0) {
        length++;
        if (!(flags & REQUEST_LINK))
            break;
    }
    return length < most && length <= ring_room(ring) ? (int32_t)length : -1;
}

/* Take the chain whose first request was just read, and start it; 0 if it cannot be taken. */
static __attribute__((noinline)) uint32_t chain_accept(struct thread *thread, uint32_t most)
{
    int32_t rest = chain_rest(&thread->ring, most);
    struct job *first, *last;
    uint32_t taken = 1;

    if (rest < 0) {
        ring_put_back(&thread->ring);
        return 0;
    }
    first = last = job_take(thread, FIRST_FLAGS);
    first->chain_handle = 0;
    while (rest-- > 0 && (last->request.flags & REQUEST_LINK) && ring_available(&thread->ring)) {
        ring_next(&thread->ring, &thread->free_job->request);
        last->next = job_take(thread, REQUEST_FLAGS);
        last = last->next;
        taken++;
    }
    job_start(first);
    return taken;
}

/* The operations on a handle that most often stand alone need no job: they are over at once. */
static bool request_is_short(const struct request *request)
{
    return (request->op == OP_DUPLICATE || request->op == OP_CLOSE) && !request->flags &&
           !request->deadline;
}

static void short_run(struct thread *thread, const struct request *request)
{
    struct handle_table *handles = &thread->process->handles;
    uint64_t user_data = request->user_data;
    int64_t result;

    trace_as(thread->number, TRACE_SUBMIT, request->op, user_data);
    result = request->op == OP_CLOSE ? handle_close(handles, request->handle)
                                     : handle_duplicate(handles, request->handle, request->arg0);
    trace_as(thread->number, TRACE_COMPLETE, (uint64_t)result, user_data);
    ring_answer(&thread->ring, result, user_data);
}

/* Run the request that was just read, and what is linked to it: how many that took. */
static uint32_t request_accept(struct thread *thread, uint32_t most)
{
    const struct request *request = &thread->free_job->request;
    uint32_t taken = 1;

    if (request_is_short(request))
        short_run(thread, request);
    else if (request->flags & REQUEST_LINK)
        taken = chain_accept(thread, most);
    else
        job_start(job_take(thread, FIRST_FLAGS));
    jobs_run();
    return taken;
}

/*
 * Plain no-ops of a thread that has nothing in flight are answered without the lock. That is safe:
 * - Others come to a thread's ring and stock of jobs only to complete a request that is in flight,
 *   or when the thread waits or ends. Requests become in flight here alone, with the lock held, and
 *   ring_release is the last that is done for one. So while ring_is_private holds, nobody comes.
 * - The thread cannot end meanwhile: who ends it waits for this processor (cpu_call), which answers
 *   only where it takes the lock, or in user mode. After lock_take `thread` is looked at anew.
 */
uint32_t jobs_accept(struct thread *thread, uint32_t most)
{
    struct cpu *cpu = cpu_current();
    struct kernel_ring *ring = &thread->ring;
    uint32_t accepted = 0, available, taken;

    if (!ring_is_private(ring)) {
        lock_take(cpu);
        if (cpu->thread != thread)
            return 0;
    }
    available = ring_available(ring);
    most = available < most ? available : most;
    most = most < BATCH_MOST ? most : BATCH_MOST;
    while (accepted < most) {
        /* there is a free job: no more are in flight than the ring's capacity */
        struct request *request = &thread->free_job->request;

        if (ring_next(ring, request)) {
            uint64_t user_data = request->user_data;

            trace_as(thread->number, TRACE_NOP, 0, user_data);
            ring_answer(ring, 0, user_data);
            accepted++;
            continue;
        }
        lock_take(cpu);
        if (cpu->thread != thread)
            break;
        work_spend(2);
        taken = request_accept(thread, most - accepted);
        accepted += taken;
        if (!taken || cpu->thread != thread || work_is_over())
            break;
    }
    return accepted;
}

static void job_free(struct job *job)
{
    if (job->state != JOB_LINKED && job->state != JOB_STARTED)
        list_cut(&job->link);
    clock_clear(&job->timer);
    lend_end(job);
    job->state = JOB_FREE;
    job->next = job->thread->free_job;
    job->thread->free_job = job;
    if (job->object)
        object_release(job->object);
    if (job->made)
        object_release(job->made);
    job->made = NULL;
}

void job_again(struct job *job)
{
    job->state = JOB_READY;
    list_insert(&ready, &job->link);
}

/* They stay WAITING: to end one before its time is the same in either list. */
void jobs_again(struct list *waiting)
{
    if (!list_empty(waiting))
        list_move(&ready, waiting);
}

/* Hand on to the next of the chain what this one came to. */
static void chain_continue(struct job *next, uint32_t handle, bool failed)
{
    next->chain_handle = handle;
    if (next->request.flags & REQUEST_USE_CHAIN)
        next->request.handle = handle;
    next->skip = failed && !(next->request.flags & REQUEST_ALWAYS);
    job_again(next);
}

void job_complete(struct job *job, int64_t result)
{
    struct thread *thread = job->thread;
    struct job *next = job->next;
    uint32_t handle = 0;

    if ((job->fetch || result == -E_BUFFER) && pager_takes(job, result))
        return;
    if (next) {
        bool gives_handle = result > 0 && (OPS_GIVE_HANDLE >> job->request.op & 1);

        handle = gives_handle ? (uint32_t)result : job->chain_handle;
    }
    trace_as(thread->number, TRACE_COMPLETE, (uint64_t)result, job->request.user_data);
    ring_answer(&thread->ring, result, job->request.user_data);
    job_free(job);
    ring_release(&thread->ring);
    if (next && thread->state != THREAD_ENDED) /* else it is discarded, or was already */
        chain_continue(next, handle, result < 0);
    thread_answered(thread);
}

void job_abort(struct job *job, enum error error)
{
    if (job->state == JOB_WAITING || job->state == JOB_TAKEN)
        port_withdraw(job);
    /* it may be just the page that does not come in time */
    if (job->fetch && (error != E_TIMEOUT || !job->request.deadline))
        pager_end(job, false);
    /* one that waits for its predecessor stays linked: it is answered in its turn */
    if (job->state == JOB_LINKED)
        job_refuse(job, error);
    else
        job_complete(job, -(int64_t)error);
}

void jobs_run(void)
{
    while (!list_empty(&ready)) {
        if (!work_go(2)) {
            work_waits = cpu_current()->attention = true;
            break;
        }

        struct job *job = container_of(list_take(&ready), struct job, link);

        if (job->skip && !job->object)
            job_complete(job, -E_LINK);
        else
            job_start(job);
    }
}

static void job_discard(struct job *job)
{
    if (job->state == JOB_WAITING || job->state == JOB_TAKEN)
        port_withdraw(job);
    if (job->fetch)
        pager_end(job, false);
    if (job->state != JOB_FREE)
        job_free(job);
}

bool jobs_discard(struct thread *thread)
{
    if (thread->jobs)
        job_discard(&thread->jobs[thread->ring.capacity]);
    while (thread->jobs_made && work_go(1))
        job_discard(&thread->jobs[--thread->jobs_made]);
    return thread->jobs_made == 0;
}

/* The place of its name tells which job it is, unless as many others as there are places came after
 * it; then all are looked at. */
static int64_t job_cancel(struct job *job)
{
    struct thread *thread = job->thread;
    uint32_t name = (uint32_t)job->request.arg0;
    uint32_t index = thread->jobs[name & thread->ring.mask].named;

    if (index >= thread->jobs_made || thread->jobs[index].submission != name)
        for (index = 0; index < thread->jobs_made && thread->jobs[index].submission != name;)
            index++;
    if (index < thread->jobs_made && index != job->index && thread->jobs[index].state != JOB_FREE) {
        job_abort(&thread->jobs[index], E_CANCELLED);
        return 0;
    }
    return thread->ring.submission_head - 1 - name <= INT32_MAX ? -E_LATE : -E_NOT_FOUND;
}

/* Operations on handles themselves: the object has no say. */
static __attribute__((noinline)) int64_t job_run_own(struct job *job)
{
    struct handle_table *handles = &job_process(job)->handles;

    switch (job->request.op) {
    case OP_CLOSE:
        return handle_close(handles, job->request.handle);
    case OP_DUPLICATE:
        return handle_duplicate(handles, job->request.handle, job->request.arg0);
    case OP_CANCEL:
        return job_cancel(job);
    case OP_COUNT: /* refused */
        return -(int64_t)job->request.arg0;
    case OP_FAULT:
        return pager_fault_over(job);
    default:
        return 0;
    }
}

/* What an object knows whose type says nothing of it. */
static method *const defaults[OP_COUNT] = {[OP_GET] = object_op_get, [OP_WATCH] = object_op_watch};

/* Carry out the operation on the job's object. */
static int64_t job_call(struct job *job)
{
    method *run = job->object->type->methods[job->request.op];

    if (!run && !(run = defaults[job->request.op]))
        return -E_UNSUPPORTED;
    return run(job);
}

static int64_t job_run(struct job *job)
{
    const struct handle_table *handles = &job->thread->process->handles;
    const struct handle_entry *entry;

    if ((OPS_OWN | 1 << OP_COUNT | 1 << OP_FAULT) >> job->request.op & 1)
        return job_run_own(job);
    entry = handle_find(handles, job->request.handle, rights_needed[job->request.op]);
    if (!entry)
        return handle_error(handles, job->request.handle);
    job->rights = entry->rights;
    job->object = object_hold(entry->object);
    return job_call(job);
}

static void job_start(struct job *job)
{
    int64_t result;

    job->state = JOB_STARTED;
    pager_missing = NULL;
    /* one that has an object waited meanwhile, did a part, or calls for a page now */
    result = job->object ? job_call(job) : job_run(job);
    if (result == JOB_MORE) {
        job->state = JOB_READY;
        list_insert(&job->thread->work, &job->link);
        thread_keep(job->thread);
    } else if (result != JOB_PENDING) { /* else the job may not even exist any more */
        job_complete(job, result);
    }
}

void jobs_go_on(struct thread *thread)
{
    job_start(container_of(list_take(&thread->work), struct job, link));
}

int64_t job_forward(struct job *job, struct object *object, uint32_t rights)
{
    object_release(job->object);
    job->object = object;
    job->rights = rights;
    if (rights_needed[job->request.op] & ~rights)
        return -E_DENIED;
    return job_call(job);
}

int64_t job_wait(struct job *job, struct list *list)
{
    job->state = JOB_WAITING;
    list_insert(list, &job->link);
    return JOB_PENDING;
}
