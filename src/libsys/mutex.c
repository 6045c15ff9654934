/*
 * A mutex of a count and an event: see mutex.h. The hard race is an unlock between a waiter's count
 * and its wait; nothing is lost, because an event remembers:
 *
 *     holder                     users   event   waiter
 *                                  1       0
 *                                  2       0     users was 1: it will wait
 *     users was 2: somebody
 *     waits, or will               1       0
 *     write the event              1       1
 *     (goes on)                    1       0     read the event: at once, the mutex is its own
 *
 * The event's count is never above one: it is written by the one who holds the mutex, which from
 * then on nobody does until it is read. So a read, which takes all that there is, takes one mutex.
 */
#include "libsys/mutex.h"

#include "abi/error.h"
#include "abi/object.h"
#include "libsys/handle.h"
#include "libsys/sync.h"
#include "libsys/thread.h"

int64_t mutex_open(struct mutex *mutex)
{
    int64_t event = object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);

    if (event < 0)
        return event;
    *mutex = (struct mutex){.event = (uint32_t)event};
    return 0;
}

void mutex_close(struct mutex *mutex)
{
    handle_close(mutex->event);
}

bool mutex_is_mine(const struct mutex *mutex)
{
    /* Relaxed: it is the caller's own address only if the caller wrote it. */
    return __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == thread_self();
}

static void owner_set(struct mutex *mutex, struct thread *thread)
{
    __atomic_store_n(&mutex->owner, thread, __ATOMIC_RELAXED);
}

int64_t mutex_try(struct mutex *mutex)
{
    uint32_t nobody = 0;

    /* Acquire: what the last holder wrote is seen. */
    if (!__atomic_compare_exchange_n(&mutex->users, &nobody, 1, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return mutex_is_mine(mutex) ? -E_STATE : -E_BUSY;
    owner_set(mutex, thread_self());
    return 0;
}

int64_t mutex_lock(struct mutex *mutex)
{
    int64_t result = mutex_try(mutex);
    uint64_t token;

    if (result != -E_BUSY)
        return result;
    /* Checked before it counts: from then on nothing may fail. */
    if (!request_room())
        return -E_ROOM;
    /* Acquire: as above, if it has become free meanwhile. */
    if (__atomic_fetch_add(&mutex->users, 1, __ATOMIC_ACQUIRE) != 0 &&
        object_read(mutex->event, &token, sizeof(token), 0) < 0)
        __builtin_trap(); /* closed while in use */
    owner_set(mutex, thread_self());
    return 0;
}

int64_t mutex_unlock(struct mutex *mutex)
{
    const uint64_t token = 1;
    uint32_t only = 1;

    if (!mutex_is_mine(mutex))
        return -E_STATE;
    owner_set(mutex, NULL);
    /* Release: the next holder sees what this one wrote. */
    if (__atomic_compare_exchange_n(&mutex->users, &only, 0, false, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED))
        return 0;
    /* Others are counted, and stay so until they have had it. */
    if (!request_room()) {
        owner_set(mutex, thread_self());
        return -E_ROOM;
    }
    __atomic_fetch_sub(&mutex->users, 1, __ATOMIC_RELEASE);
    if (object_write(mutex->event, &token, sizeof(token), 0) < 0)
        __builtin_trap(); /* closed while in use */
    return 0;
}
