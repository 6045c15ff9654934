/* Events and timers, as event.h tells. */
#include "clock.h"
#include "event.h"
#include "job.h"

static void event_fire(struct timer *timer)
{
    event_signal(container_of(timer, struct event, timer), 0);
}

/*
 * Count the moments that have passed; answer waiting readers as long as there is a count to take:
 * the first gets all of it. The clock rings only while somebody waits: however short a period is,
 * it costs nobody but those who read.
 */
static void event_settle(struct event *event)
{
    uint64_t now = event->deadline ? clock_now() : 0, more;

    if (event->deadline && event->deadline <= now) {
        more = event->period ? (now - event->deadline) / event->period + 1 : 1;
        event->count += more;
        event->deadline = event->period ? event->deadline + more * event->period : 0;
    }
    while (event->count && !list_empty(&event->readers)) {
        struct job *job = container_of(event->readers.next, struct job, link);
        int64_t result = job_answer(job, &event->count, sizeof event->count);

        if (result >= 0)
            event->count = 0;
        job_complete(job, result);
    }
    clock_clear(&event->timer);
    if (event->deadline && !list_empty(&event->readers))
        clock_set(&event->timer, event->deadline);
    object_changed(&event->object);
}

void event_signal(struct event *event, uint64_t count)
{
    object_hold(&event->object);
    event->count += count;
    event_settle(event);
    object_release(&event->object);
}

int64_t event_op_read(struct job *job)
{
    struct event *event = (struct event *)job->object;

    if (job->request.length < sizeof event->count)
        return -E_ROOM;
    job_wait(job, &event->readers);
    event_settle(event);
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
    event_settle(event);
    return sizeof add;
}

static const struct object_type event_type = {
    .number = OBJECT_EVENT,
    .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct event),
    .numbers = {NUMBER(PROPERTY_COUNT, struct event, count)},
    .methods = {[OP_READ] = event_op_read, [OP_WRITE] = event_op_write},
};

static int64_t timer_op_set(struct job *job)
{
    struct event *event = (struct event *)job->object;
    uint64_t property = job->request.arg0;

    if (property != PROPERTY_DEADLINE && property != PROPERTY_PERIOD)
        return -E_ARGUMENT;
    if (job->request.arg1 > INT64_MAX)
        return -E_RANGE;
    event_settle(event); /* what has passed has passed */
    *(property == PROPERTY_PERIOD ? &event->period : &event->deadline) = job->request.arg1;
    event_settle(event);
    return 0;
}

static bool timer_finish(struct object *object)
{
    clock_clear(&((struct event *)object)->timer);
    return true;
}

static const struct object_type timer_type = {
    .number = OBJECT_TIMER,
    .rights = RIGHT_READ | RIGHT_GET | RIGHT_SET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct event),
    .numbers = {NUMBER(PROPERTY_DEADLINE, struct event, deadline),
                NUMBER(PROPERTY_PERIOD, struct event, period)},
    .finish = timer_finish,
    .methods = {[OP_READ] = event_op_read, [OP_SET] = timer_op_set},
};

struct object *event_create(struct account *account, bool timer)
{
    struct event *event = object_create(timer ? &timer_type : &event_type, account);

    if (!event)
        return NULL;
    list_init(&event->readers);
    event->timer.fire = event_fire;
    return &event->object;
}
