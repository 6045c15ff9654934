/*
 * Conditions: see condition.h. Each waiter has an event of its own, so a wake is for one thread and
 * stays until it comes. The hard races are a wake before the waiter sleeps, and one as its deadline
 * passes:
 *
 *     waiter                          waker
 *     in the list, unlocks
 *                                     locks, takes it out of the list,
 *                                     writes its event, unlocks
 *     reads its event: at once
 *
 *     reads its event: too late       locks, takes it out of the list,
 *                                     writes its event, unlocks
 *     locks: not in the list, so
 *     it was woken after all: takes what its event holds
 */
#include "libsys/condition.h"

#include "abi/error.h"
#include "abi/object.h"
#include "abi/op.h"
#include "libsys/clock.h"
#include "libsys/handle.h"
#include "libsys/ring.h"
#include "libsys/sync.h"
#include "libsys/thread.h"

/* On the stack of the thread that waits. */
struct condition_waiter {
    struct condition_waiter *next;
    uint32_t event;
    bool listed;
};

static void waiter_add(struct condition *condition, struct condition_waiter *waiter)
{
    if (!condition->first)
        condition->last = &condition->first;
    *condition->last = waiter;
    condition->last = &waiter->next;
}

static void waiter_remove(struct condition *condition, struct condition_waiter *waiter)
{
    struct condition_waiter **place = &condition->first;

    while (*place != waiter)
        place = &(*place)->next;
    *place = waiter->next;
    if (!waiter->next)
        condition->last = place;
    waiter->listed = false;
}

/* The thread's event for waiting: one serves for all conditions. */
static int64_t event_of_thread(void)
{
    struct thread *thread = thread_self();

    if (!thread->wake) {
        int64_t event = object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);

        if (event < 0)
            return event;
        thread->wake = (uint32_t)event;
    }
    return thread->wake;
}

/* Take what the event holds or is given. 0, or -E_TIMEOUT; nothing else can happen. */
static int64_t event_take(uint32_t event, uint64_t deadline_ns)
{
    uint64_t count, now = deadline_ns == NEVER ? 0 : time_now_ns();
    int64_t result =
        request_wait((struct request){.op = OP_READ,
                                      .handle = event,
                                      .buffer = (uint64_t)&count,
                                      .length = sizeof(count),
                                      .deadline = deadline_ns == NEVER ? 0
                                                  : deadline_ns > now  ? deadline_ns - now
                                                                       : 1});

    if (result < 0 && result != -E_TIMEOUT)
        __builtin_trap();
    return result < 0 ? result : 0;
}

int64_t condition_wait_until(struct condition *condition, struct mutex *mutex, uint64_t deadline_ns)
{
    struct condition_waiter waiter = {.listed = true};
    int64_t result;

    if (!mutex_is_mine(mutex))
        return -E_STATE;
    if (!request_room())
        return -E_ROOM;
    result = event_of_thread();
    if (result < 0)
        return result;
    waiter.event = (uint32_t)result;
    waiter_add(condition, &waiter);
    mutex_unlock(mutex);
    result = event_take(waiter.event, deadline_ns);
    mutex_lock(mutex);
    if (waiter.listed)
        waiter_remove(condition, &waiter);
    else if (result < 0)
        result = event_take(waiter.event, NEVER);
    return result;
}

int64_t condition_wait(struct condition *condition, struct mutex *mutex)
{
    return condition_wait_until(condition, mutex, NEVER);
}

int64_t condition_wake(struct condition *condition, struct mutex *mutex)
{
    const uint64_t token = 1;
    struct condition_waiter *waiter = condition->first;

    if (!mutex_is_mine(mutex))
        return -E_STATE;
    if (!waiter)
        return 0;
    if (!request_room())
        return -E_ROOM;
    waiter_remove(condition, waiter);
    if (object_write(waiter->event, &token, sizeof(token), 0) < 0)
        __builtin_trap();
    return 0;
}

int64_t condition_wake_all(struct condition *condition, struct mutex *mutex)
{
    int64_t result;

    do {
        result = condition_wake(condition, mutex);
    } while (result == 0 && condition->first);
    return result;
}
