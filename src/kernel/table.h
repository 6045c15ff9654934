/*
 * Name tables: names bound to objects. Opening `a/b/c` finds `a` here and leaves `b/c` to what it
 * is bound to; a name alone, or nothing at all, gives a handle on the object itself.
 */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "object.h"

/* A new, empty table, or NULL. */
struct object *table_create(void);

#endif
