/* Pagers, as pager.h tells. */
#include "clock.h"
#include "direct.h"
#include "heap.h"
#include "job.h"
#include "lend.h"
#include "memory.h"
#include "page.h"
#include "pager.h"
#include "port.h"
#include "process.h"
#include "schedule.h"

/* What a job was before it became the call for a page. */
struct fetch {
    struct request request;
    struct object *object;
    uint32_t rights;
    struct memory *memory; /* held */
    uint64_t *slot;        /* where it keeps the page's address */
};

struct memory *pager_missing;
static uint64_t missing_index, *missing_slot;

int64_t pager_make(struct job *job, struct account *account, uint64_t size, struct memory **memory)
{
    struct memory_pager pager;
    struct object *object;
    uint32_t rights;
    int64_t result;

    if (job->request.length < sizeof pager || job_fetch(job, 0, &pager, sizeof pager))
        return -E_BUFFER;
    if (pager.timeout_ns - 1 >= PAGER_TIMEOUT_MAX)
        return -E_RANGE;
    result = handle_resolve(&job_process(job)->handles, pager.handle, RIGHT_READ, &object, &rights);
    if (result)
        return result;
    if (object->type->number != OBJECT_REMOTE)
        return -E_TYPE;
    if (!(*memory = memory_create(account, size)))
        return -E_MEMORY;
    (*memory)->pager = object_hold(object);
    (*memory)->timeout_ns = pager.timeout_ns;
    return 0;
}

uint64_t pager_miss(struct memory *memory, uint64_t index, uint64_t *slot)
{
    pager_missing = memory;
    missing_index = index;
    missing_slot = slot;
    return FRAME_NONE;
}

/* Make the job the call for the page that is missing. */
static bool fetch_start(struct job *job)
{
    struct memory *memory = pager_missing;
    struct fetch *fetch;
    uint64_t page;

    pager_missing = NULL;
    if (!memory || job->refused || !(fetch = heap_alloc(memory->account, sizeof *fetch)))
        return false;
    if ((page = (uint64_t)page_alloc_zeroed(memory->account, 0)) == 0) {
        heap_free(fetch, sizeof *fetch);
        return false;
    }
    if (job->state == JOB_WAITING) {
        port_withdraw(job);
        list_remove(&job->link);
    }
    *fetch = (struct fetch){job->request, job->object, job->rights, memory, missing_slot};
    object_hold(&memory->object);
    job->fetch = fetch;
    job->object = object_hold(memory->pager);
    job->rights = RIGHT_READ;
    job->request = (struct request){.op = OP_READ,
                                    .user_data = fetch->request.user_data,
                                    .buffer = page,
                                    .length = PAGE_SIZE,
                                    .offset = missing_index << PAGE_SHIFT,
                                    /* one of the job's own runs on in its place */
                                    .deadline = fetch->request.deadline ? 0 : memory->timeout_ns};
    if (job->request.deadline)
        job_deadline(job);
    job_again(job);
    return true;
}

void pager_end(struct job *job, bool filled)
{
    struct fetch *fetch = job->fetch;
    uint64_t page = direct_physical((void *)job->request.buffer);

    if (job->request.deadline)
        clock_clear(&job->timer);
    if (filled && !*fetch->slot)
        *fetch->slot = page;
    else
        page_free(fetch->memory->account, page, 0);
    lend_end(job);
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

    job->refused = false;
    job->request = (struct request){.op = OP_FAULT, .offset = address};
    if (!fetch_start(job))
        return false;
    schedule_stop(thread);
    thread->state = THREAD_FAULTED;
    return true;
}

int64_t pager_fault_over(struct job *job)
{
    struct process_status status = {.reason = REASON_PAGER,
                                    .vector = VECTOR_PAGE_FAULT,
                                    .status = 128 + VECTOR_PAGE_FAULT,
                                    .address = job->request.offset,
                                    .instruction = job->thread->registers.rip};

    job->state = JOB_FREE;
    if (job->refused)
        process_end(job_process(job), &status);
    else
        schedule_wake(job->thread);
    return JOB_PENDING;
}
