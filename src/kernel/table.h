/*
 * Name tables: names bound to objects. Opening `a/b/c` finds `a` here and leaves `b/c` to what it
 * is bound to; a name alone, or nothing at all, gives a handle on the object itself.
 *
 * A table's names belong to the process that made it: it pays for them, and when it ends they are
 * gone. So tables that hold one another, or themselves by a detour, end with their maker at last.
 */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "object.h"

struct list;
struct process;

/* A new, empty table, or NULL. */
struct object *table_create(struct process *maker);

/* Their maker ends: delete some of these names from whatever tables they are in; false if there are
 * more. */
bool bindings_delete(struct list *bindings);

#endif
