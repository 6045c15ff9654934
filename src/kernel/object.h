/*
 * Objects: what handles name. Every object starts with a struct object; its type says how it ends
 * and which operations it knows.
 */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/error.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/right.h"
#include "list.h"

struct account;
struct handle_table;
struct job;
struct object;

/* An operation on an object: gives a result >= 0, -(enum error), or JOB_PENDING if it will be
 * answered later by job_complete. Every check comes before the first effect. */
typedef int64_t method(struct job *job);

/* A property that is a number at some place of a structure. Lists of them end with property 0. */
struct number {
    uint16_t property, size, offset;
};

#define NUMBER(PROPERTY, structure, member)                                                        \
    {                                                                                              \
        PROPERTY, sizeof(((structure *)0)->member), offsetof(structure, member)                    \
    }

struct object_type {
    uint32_t number; /* enum object_type_number */
    uint32_t rights; /* that mean something for it */
    uint32_t bytes;  /* of its structure, for object_create */
    struct number numbers[4];
    /* a piece of what is to be done after object_end: false if there is more. NULL: nothing */
    bool (*finish)(struct object *object);
    /* a handle with these rights was made or closed, or (table NULL) a name; may be NULL */
    void (*handle_made)(struct object *object, uint32_t rights);
    void (*handle_closed)(struct object *object, uint32_t rights, struct handle_table *table);
    /* of a table: describe element number `index`, or say that there is none */
    bool (*entry)(struct object *table, uint64_t index, struct table_entry *entry);
    method *methods[OP_COUNT]; /* NULL: not supported */
};

struct object {
    const struct object_type *type;
    uint32_t references; /* handles, mappings, and other objects that point here */
    struct object *next_dead;
    struct list watchers; /* jobs that wait for a property to change; zeroed until the first one */
};

/* What a process and a thread start with: how it ended, and jobs that wait to be told. */
struct ending {
    struct object object;
    struct process_status status; /* reason 0: not yet */
    struct list waiting;
};

/* It came to this: tell those who wait. */
void ending_tell(struct ending *ending, const struct process_status *status);

/* A method: wait for the end, answer with its status. */
int64_t ending_op_read(struct job *job);

/* A new object of the type, zeroed, with one reference; NULL if the account has no memory. */
void *object_create(const struct object_type *type, struct account *account);

/* Free an object that came to nothing. */
void object_free(struct object *object);

/* The property if it is among `numbers`, which are places in `structure`; else -E_ARGUMENT. */
int64_t numbers_get(const struct number *numbers, const void *structure, uint64_t property);

static inline struct object *object_hold(struct object *object)
{
    object->references++;
    return object;
}

/* A method: get the type of an object, or one of its type's numbers. */
int64_t object_op_get(struct job *job);

/* A method: wait until a number is another one than arg1; what changes it calls object_changed. */
int64_t object_op_watch(struct job *job);

/* For object_changed: somebody watches. */
void object_tell(struct object *object);

/* A property that can be watched has another value, or had. */
static inline void object_changed(struct object *object)
{
    if (object->watchers.next)
        object_tell(object);
}

/* Finish the object, by its type's `finish`: at once, unless that is what calls this or this
 * stretch of work is over (work.h). If nobody refers to it, it is freed then; else a reference,
 * which the caller gives, is let go. */
void object_end(struct object *object);

/* Go on with that, as long as this stretch lasts. Gives whether there is more. */
bool objects_go_on(void);

/* Let go of a reference; with the last one the object ends. If that happens while another object is
 * being ended, it does so when that is done: a long chain of objects needs no deep stack. */
static inline void object_release(struct object *object)
{
    if (--object->references == 0)
        object_end(object);
}

#endif
