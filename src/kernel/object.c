/* Objects: the start and the end of one, its numbers, and those who wait, as object.h tells. */
#include "bytes.h"
#include "heap.h"
#include "job.h"
#include "object.h"

static struct object *dead; /* without references, not yet ended */
static bool busy;           /* ending one of them */

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

void object_end(struct object *object)
{
    object->next_dead = dead;
    dead = object;
    if (busy)
        return;
    busy = true;
    while ((object = dead)) {
        dead = object->next_dead;
        (object->type->destroy ? object->type->destroy : object_free)(object);
    }
    busy = false;
}

int64_t numbers_get(const struct number *numbers, const void *structure, uint64_t property)
{
    int64_t value = 0;

    while (numbers->property && numbers->property != property)
        numbers++;
    memcpy(&value, (const uint8_t *)structure + numbers->offset, numbers->size);
    return numbers->property ? value & INT64_MAX : -E_ARGUMENT;
}
