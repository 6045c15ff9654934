/*
 * A mutex: one thread of the process at a time holds it.
 *
 * It is a count of the threads that hold it or want it, and an event. Locking a free one and
 * unlocking one that nobody waits for is one atomic instruction each and no system call. Otherwise
 * who wants it reads the event, and who unlocks writes it: the event's count is the mutex itself on
 * its way from one to the next, so nobody can take it in between. Who reads an event is served in
 * order, so a thread waits at most for those that read before it: there is no starvation.
 *
 * A thread that ends keeps what it holds, and who waits for that waits for good: unlock first. A
 * mutex lends no priority; what threads of unlike priority share is better a server's.
 */
#ifndef LIBSYS_MUTEX_H
#define LIBSYS_MUTEX_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Its members are mutex.c's own. It must stay where it is. */
struct mutex {
    uint32_t users; /* threads that hold it, or wait, or are about to */
    uint32_t event;
    struct thread *owner; /* who holds it; read by others only to compare with themselves */
};

/* Make a free one. 0, or -E_MEMORY, -E_LIMIT. */
int64_t mutex_open(struct mutex *mutex);

/* Done with it. Nobody holds it, and nobody waits for it. */
void mutex_close(struct mutex *mutex);

/*
 * Wait until it is the caller's. 0; or, with nothing changed, -E_STATE: the caller has it already,
 * -E_ROOM: the thread's ring is full of completions that nobody popped.
 */
int64_t mutex_lock(struct mutex *mutex);

/* The same without waiting: -E_BUSY if somebody else has it. */
int64_t mutex_try(struct mutex *mutex);

/*
 * Give it to who has waited longest, or free it. 0; or, with nothing changed, -E_STATE: the caller
 * does not have it, -E_ROOM as above.
 */
int64_t mutex_unlock(struct mutex *mutex);

/* Is it the caller's? */
bool mutex_is_mine(const struct mutex *mutex);

#endif
