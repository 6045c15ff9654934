/* Events, as event.h tells. */
#include "event.h"
#include "job.h"

/* Answer waiting readers as long as there is a count to take: the first gets all of it. */
static void readers_answer(struct event *event)
{
    while (event->count && !list_empty(&event->readers)) {
        struct job *job = container_of(event->readers.next, struct job, link);
        int64_t result = job_answer(job, &event->count, sizeof event->count);

        if (result >= 0)
            event->count = 0;
        job_complete(job, result);
    }
}

void event_signal(struct event *event)
{
    object_hold(&event->object);
    event->count++;
    readers_answer(event);
    object_release(&event->object);
}

int64_t event_op_read(struct job *job)
{
    struct event *event = (struct event *)job->object;

    if (job->request.length < sizeof event->count)
        return -E_ROOM;
    job_wait(job, &event->readers);
    readers_answer(event);
    return JOB_PENDING;
}

static int64_t event_op_write(struct job *job)
{
    struct event *event = (struct event *)job->object;
    uint64_t add;

    if (job->request.length != sizeof add)
        return -E_RANGE;
    if (job_fetch(job, 0, &add, sizeof add))
        return -E_BUFFER;
    if (add > UINT64_MAX - event->count)
        return -E_RANGE;
    event->count += add;
    readers_answer(event);
    return sizeof add;
}

static const struct object_type event_type = {
    .number = OBJECT_EVENT,
    .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct event),
    .numbers = {NUMBER(PROPERTY_COUNT, struct event, count)},
    .methods = {[OP_READ] = event_op_read, [OP_WRITE] = event_op_write, [OP_GET] = job_get},
};

struct object *event_create(struct account *account)
{
    struct event *event = object_create(&event_type, account);

    if (!event)
        return NULL;
    list_init(&event->readers);
    return &event->object;
}
