/*
 * Objects: what handles name. Every object starts with a struct object; its type says how it ends
 * and which operations it knows.
 */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <stdint.h>

#include "abi/error.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/right.h"

struct handle_table;
struct job;
struct object;

/* An operation on an object: gives a result >= 0, -(enum error), or JOB_PENDING if it will be
 * answered later by job_complete. Every check comes before the first effect. */
typedef int64_t method(struct job *job);

struct object_type {
    uint32_t number; /* enum object_type_number */
    uint32_t rights; /* that mean something for it */
    void (*destroy)(struct object *object);
    /* a handle with these rights was made or closed; may be NULL */
    void (*handle_made)(struct object *object, uint32_t rights);
    void (*handle_closed)(struct object *object, uint32_t rights, struct handle_table *table);
    uint64_t (*size)(struct object *object); /* for PROPERTY_SIZE and listings; may be NULL */
    method *methods[OP_COUNT];               /* NULL: not supported */
};

struct object {
    const struct object_type *type;
    uint32_t references; /* handles, mappings, and other objects that point here */
    struct object *next_dead;
};

static inline void object_init(struct object *object, const struct object_type *type)
{
    object->type = type;
    object->references = 1;
}

static inline struct object *object_hold(struct object *object)
{
    object->references++;
    return object;
}

/* For object_release: nobody refers to the object any more. */
void object_end(struct object *object);

/* Let go of a reference; with the last one the object ends. If that happens while another object is
 * being ended, it does so when that is done: a long chain of objects needs no deep stack. */
static inline void object_release(struct object *object)
{
    if (--object->references == 0)
        object_end(object);
}

#endif
