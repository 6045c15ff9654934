/*
 * Events: a counter. Reading waits until it is not zero and takes it; writing adds. A timer is an
 * event that counts moments as they pass.
 */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "list.h"
#include "object.h"
#include "timer.h"

struct event {
    struct object object;
    struct list readers; /* jobs that wait */
    uint64_t count;      /* not yet taken */
    /* of a timer */
    struct timer timer;
    uint64_t deadline; /* ns: the next moment; 0: none */
    uint64_t period;   /* ns to the one behind it; 0: there is none */
};

/* A new event with count 0, or a timer without a deadline; or NULL. */
struct object *event_create(struct account *account, bool timer);

/* Add to the count, and answer readers; one of them may be the last to refer to the event. */
void event_signal(struct event *event, uint64_t count);

/* A method: wait until there is a count, and take it. */
int64_t event_op_read(struct job *job);

#endif
