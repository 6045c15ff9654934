/* Objects: the start and the end of one, its numbers, and those who wait, as object.h tells. */
#include "bytes.h"
#include "heap.h"
#include "job.h"
#include "object.h"
#include "work.h"
#include "x86/cpu.h"

static struct object *first, **last = &first; /* that are to be finished */
static bool finishing;

void *object_create(const struct object_type *type, struct account *account)
{
    struct object *object = heap_alloc(account, type->bytes);

    if (object) {
        object->type = type;
        object->references = 1;
    }
    return object;
}

void object_free(struct object *object)
{
    heap_free(object, object->type->bytes);
}

void object_tell(struct object *object)
{
    jobs_again(&object->watchers);
}

int64_t object_op_watch(struct job *job)
{
    struct object *object = job->object;
    int64_t value = numbers_get(object->type->numbers, object, job->request.arg0);

    if (!object->type->numbers->property)
        return -E_UNSUPPORTED;
    if (value != (int64_t)job->request.arg1)
        return value;
    if (!object->watchers.next)
        list_init(&object->watchers);
    return job_wait(job, &object->watchers);
}

void ending_tell(struct ending *ending, const struct process_status *status)
{
    ending->status = *status;
    jobs_again(&ending->waiting);
}

int64_t ending_op_read(struct job *job)
{
    struct ending *ending = (struct ending *)job->object;

    if (job->request.length < sizeof ending->status)
        return -E_ROOM;
    if (ending->status.reason)
        return job_answer(job, &ending->status, sizeof ending->status);
    return job_wait(job, &ending->waiting);
}

static void object_queue(struct object *object)
{
    *last = object;
    last = &object->next_dead;
}

bool objects_go_on(void)
{
    struct object *object;

    finishing = true;
    while ((object = first) && work_go(1)) {
        if (!(first = object->next_dead))
            last = &first;
        object->next_dead = NULL;
        if (object->type->finish && !object->type->finish(object))
            object_queue(object);
        else if (object->references)
            object_release(object);
        else
            object_free(object);
    }
    finishing = false;
    return first;
}

void object_end(struct object *object)
{
    object_queue(object);
    if (!finishing && objects_go_on())
        work_waits = cpu_current()->attention = true;
}

int64_t numbers_get(const struct number *numbers, const void *structure, uint64_t property)
{
    int64_t value = 0;

    while (numbers->property && numbers->property != property)
        numbers++;
    memcpy(&value, (const uint8_t *)structure + numbers->offset, numbers->size);
    return numbers->property ? value & INT64_MAX : -E_ARGUMENT;
}

int64_t object_op_get(struct job *job)
{
    const struct object_type *type = job->object->type;

    if (job->request.arg0 == PROPERTY_TYPE)
        return type->number;
    return numbers_get(type->numbers, job->object, job->request.arg0);
}
