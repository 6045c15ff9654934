/*
 * A condition: threads wait until another one says that something that a mutex protects has
 * changed.
 *
 *     mutex_lock(&mutex);                       mutex_lock(&mutex);
 *     while (!ready)                            ready = true;
 *         condition_wait(&changed, &mutex);     condition_wake(&changed, &mutex);
 *     mutex_unlock(&mutex);                     mutex_unlock(&mutex);
 *
 * Who wakes holds the mutex. So the waiters are a plain list, waking when nobody waits is no system
 * call, each wake goes to the one that has waited longest, and none can be taken by a thread that
 * began to wait afterwards. A condition with all bytes zero is ready for use and needs no closing.
 */
#ifndef LIBSYS_CONDITION_H
#define LIBSYS_CONDITION_H

#include <stdint.h>

#include "libsys/mutex.h"

struct condition_waiter;

/* Its members are condition.c's own, protected by the mutex that goes with it. */
struct condition {
    struct condition_waiter *first, **last;
};

/*
 * Unlock the mutex, wait to be woken or until the clock (time_now_ns) says `deadline_ns`, and lock
 * the mutex again. 0: woken; -E_TIMEOUT: not. The mutex is the caller's in both cases. Look again
 * whether what was waited for is so: others may have come in between. With nothing done, and the
 * mutex as it was: -E_STATE: it was not the caller's; -E_ROOM: the thread's ring is full;
 * -E_MEMORY, -E_LIMIT: no event to wait with.
 */
int64_t condition_wait_until(struct condition *condition, struct mutex *mutex,
                             uint64_t deadline_ns);

/* The same without a deadline. */
int64_t condition_wait(struct condition *condition, struct mutex *mutex);

/* Wake the one that has waited longest, if any waits. 0; -E_STATE: the mutex is not the caller's;
 * -E_ROOM. */
int64_t condition_wake(struct condition *condition, struct mutex *mutex);

/* Wake all that wait now; the same results. */
int64_t condition_wake_all(struct condition *condition, struct mutex *mutex);

#endif
