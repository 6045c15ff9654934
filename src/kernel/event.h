/* Events: a counter. Reading waits until it is not zero and takes it; writing adds. */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "object.h"

/* A new event with count 0, or NULL. */
struct object *event_create(void);

#endif
