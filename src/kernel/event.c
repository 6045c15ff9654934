/* Events and timers, as event.h tells. */
#include "clock.h"
#include "event.h"
#include "job.h"

/*
 * Moments are counted when somebody looks; the clock's timer is set only while a reader waits. So
 * however short a period is, it costs nobody but those who read.
 */
struct event_timer {
    struct event event;
    struct timer timer;
    uint64_t deadline; /* ns: the next moment; 0: none */
    uint64_t period;   /* ns to the one behind it; 0: there is none */
};

static const struct object_type timer_type;

static void timer_fire(struct timer *timer)
{
    event_signal(&container_of(timer, struct event_timer, timer)->event, 0);
}

/* Count the moments that have passed. */
static void timer_count(struct event_timer *timer)
{
    uint64_t now = clock_now(), count;

    if (!timer->deadline || timer->deadline > now)
        return;
    count = timer->period ? (now - timer->deadline) / timer->period + 1 : 1;
    timer->event.count += count;
    timer->deadline = timer->period ? timer->deadline + count * timer->period : 0;
}

/* Let the clock ring at the next moment if somebody waits for it. */
static void timer_arm(struct event_timer *timer)
{
    clock_clear(&timer->timer);
    timer->timer.fire = timer_fire;
    if (timer->deadline && !list_empty(&timer->event.readers))
        clock_set(&timer->timer, timer->deadline);
}

/* Answer waiting readers as long as there is a count to take: the first gets all of it. */
static void readers_answer(struct event *event)
{
    bool is_timer = event->object.type == &timer_type;

    if (is_timer)
        timer_count((struct event_timer *)event);
    while (event->count && !list_empty(&event->readers)) {
        struct job *job = container_of(event->readers.next, struct job, link);
        int64_t result = job_answer(job, &event->count, sizeof event->count);

        if (result >= 0)
            event->count = 0;
        job_complete(job, result);
    }
    if (is_timer)
        timer_arm((struct event_timer *)event);
    object_changed(&event->object);
}

void event_signal(struct event *event, uint64_t count)
{
    object_hold(&event->object);
    event->count += count;
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
    .methods = {[OP_READ] = event_op_read, [OP_WRITE] = event_op_write},
};

static int64_t timer_op_set(struct job *job)
{
    struct event_timer *timer = (struct event_timer *)job->object;
    uint64_t property = job->request.arg0, value = job->request.arg1;

    if (property != PROPERTY_DEADLINE && property != PROPERTY_PERIOD)
        return -E_ARGUMENT;
    if (value > INT64_MAX)
        return -E_RANGE;
    timer_count(timer); /* what has passed has passed */
    *(property == PROPERTY_DEADLINE ? &timer->deadline : &timer->period) = value;
    event_signal(&timer->event, 0);
    return 0;
}

static bool timer_finish(struct object *object)
{
    clock_clear(&((struct event_timer *)object)->timer);
    return true;
}

static const struct object_type timer_type = {
    .number = OBJECT_TIMER,
    .rights = RIGHT_READ | RIGHT_GET | RIGHT_SET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct event_timer),
    .numbers = {NUMBER(PROPERTY_DEADLINE, struct event_timer, deadline),
                NUMBER(PROPERTY_PERIOD, struct event_timer, period)},
    .finish = timer_finish,
    .methods = {[OP_READ] = event_op_read, [OP_SET] = timer_op_set},
};

struct object *event_create(struct account *account, bool timer)
{
    struct event *event = object_create(timer ? &timer_type : &event_type, account);

    if (!event)
        return NULL;
    list_init(&event->readers);
    return &event->object;
}
