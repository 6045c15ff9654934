/* Pagers, as pager.h tells. */
#include "clock.h"
#include "direct.h"
#include "heap.h"
#include "job.h"
#include "memory.h"
#include "page.h"
#include "pager.h"
#include "port.h"
#include "process.h"
#include "schedule.h"
#include "trace.h"

/* What a job was before it became the call for a page. */
struct fetch {
    struct request request;
    struct object *object;
    uint32_t rights;
    struct memory *memory; /* held, with the page's number */
    uint64_t index;
};

struct memory *pager_missing;
static uint64_t missing_index;

uint64_t pager_miss(struct memory *memory, uint64_t index)
{
    pager_missing = memory;
    missing_index = index;
    return FRAME_NONE;
}

static void fetch_expire(struct timer *timer)
{
    struct job *job = container_of(timer, struct job, timer);

    port_withdraw(job);
    job_complete(job, -E_TIMEOUT);
}

/* Make the job the call for the page that is missing. */
static bool fetch_start(struct job *job)
{
    struct memory *memory = pager_missing;
    struct fetch *fetch;
    void *page;

    pager_missing = NULL;
    if (!memory || job->refused || !(fetch = heap_alloc(memory->account, sizeof *fetch)))
        return false;
    if (!(page = page_alloc_zeroed(memory->account, 0))) {
        heap_free(fetch, sizeof *fetch);
        return false;
    }
    if (job->state == JOB_WAITING) {
        port_withdraw(job);
        list_remove(&job->link);
    }
    *fetch = (struct fetch){job->request, job->object, job->rights, memory, missing_index};
    object_hold(&memory->object);
    job->fetch = fetch;
    job->object = object_hold(memory->pager);
    job->rights = RIGHT_READ;
    job->request = (struct request){.op = OP_READ,
                                    .user_data = fetch->request.user_data,
                                    .buffer = (uint64_t)page,
                                    .length = PAGE_SIZE,
                                    .offset = missing_index << PAGE_SHIFT};
    /* a request that has a deadline of its own waits so long */
    if (!timer_is_set(&job->timer)) {
        job->timer.fire = fetch_expire;
        clock_set(&job->timer, clock_now() + memory->timeout_ns);
    }
    job_again(job);
    return true;
}

void pager_end(struct job *job, bool filled)
{
    struct fetch *fetch = job->fetch;
    uint64_t page = direct_physical((void *)job->request.buffer);

    if (job->timer.fire == fetch_expire)
        clock_clear(&job->timer);
    if (filled)
        memory_page_give(fetch->memory, fetch->index, page);
    else
        page_free(fetch->memory->account, page, 0);
    list_remove(&job->link);
    object_release(job->object);
    object_release(&fetch->memory->object);
    job->request = fetch->request;
    job->object = fetch->object;
    job->rights = fetch->rights;
    job->fetch = NULL;
    heap_free(fetch, sizeof *fetch);
}

bool pager_takes(struct job *job, int64_t result)
{
    if (!job->fetch)
        return fetch_start(job);
    pager_end(job, result >= 0);
    job->refused = result < 0;
    job_again(job);
    return true;
}

bool pager_fault(struct thread *thread, uint64_t address)
{
    struct job *job = &thread->jobs[thread->ring.capacity];

    job->state = JOB_STARTED;
    job->refused = false;
    job->request = (struct request){.op = OP_FAULT, .offset = address};
    if (!fetch_start(job)) {
        job->state = JOB_FREE;
        return false;
    }
    schedule_stop(thread);
    thread->state = THREAD_FAULTED;
    return true;
}

int64_t pager_fault_over(struct job *job)
{
    struct thread *thread = job->thread;

    job->state = JOB_FREE;
    if (job->refused) {
        trace_as(thread->number, TRACE_PROCESS_FAULT, VECTOR_PAGE_FAULT, job->request.offset);
        process_end(thread->process, &(struct process_status){
                                         .reason = REASON_PAGER,
                                         .vector = VECTOR_PAGE_FAULT,
                                         .status = 128 + VECTOR_PAGE_FAULT,
                                         .address = job->request.offset,
                                         .instruction = thread->registers.rip,
                                     });
    } else {
        schedule_wake(thread);
    }
    return JOB_PENDING;
}
