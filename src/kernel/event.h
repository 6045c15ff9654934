/* Events: a counter. Reading waits until it is not zero and takes it; writing adds. */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "list.h"
#include "object.h"

struct event {
    struct object object;
    struct list readers; /* jobs that wait */
    uint64_t count;      /* not yet taken */
};

/* A new event with count 0, or NULL. */
struct object *event_create(struct account *account);

/* Add one to the count, and answer readers; one of them may be the last to refer to the event. */
void event_signal(struct event *event);

/* A method: wait until there is a count, and take it. */
int64_t event_op_read(struct job *job);

#endif
