/*
 * Handles: a process's table of what it may use.
 *
 * A handle is a slot number (low 16 bits) and the slot's generation (high 16 bits, never 0, so that
 * no handle is 0). Closing raises the generation; a slot whose generations are used up retires;
 * free slots are reused first-in first-out. So a closed handle never resolves again.
 */
#ifndef KERNEL_HANDLE_H
#define KERNEL_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "object.h"

#define HANDLE_SLOT_BITS 16u
#define HANDLE_SLOTS     (1u << HANDLE_SLOT_BITS)
#define HANDLE_LEAF      256u /* slots on one page */

struct handle_entry {
    struct object *object; /* NULL: the slot is free or retired */
    uint32_t rights;
    union {
        struct {
            uint16_t slot; /* open: its own; free: the next free one; else no such slot */
            uint16_t generation;
        };
        uint32_t handle; /* so this is the handle that names an open entry, and else none is */
    };
};

struct handle_table {
    struct account *account;      /* pays for handles and for the table's pages */
    struct handle_entry **leaves; /* one page of pointers; those without slots are not NULL */
    uint32_t slots;               /* slots that exist so far */
    uint32_t used;                /* of them, the first so many have been used */
    uint16_t first_free, last_free;
    uint32_t free; /* that were used and are free; they come after those never used */
};

void handle_table_init(struct handle_table *table, struct account *account);

/* Close some handles, the last first, then free the pages; false if there is more to do. */
bool handle_table_clear(struct handle_table *table);

/* Make a handle; the table takes over the caller's reference to the object, also on failure. Gives
 * the handle, -E_LIMIT, or -E_MEMORY. */
int64_t handle_create(struct handle_table *table, struct object *object, uint32_t rights);

/* The open entry that the handle names, if it carries all of `rights`; or NULL. */
const struct handle_entry *handle_find(const struct handle_table *table, uint32_t handle,
                                       uint32_t rights);

/* Why handle_find gave NULL: -E_HANDLE or -E_DENIED. */
int64_t handle_error(const struct handle_table *table, uint32_t handle);

/* The same as handle_find, in other words: gives 0, -E_HANDLE, or -E_DENIED. The reference stays
 * the table's. */
int64_t handle_resolve(const struct handle_table *table, uint32_t handle, uint32_t rights,
                       struct object **object, uint32_t *handle_rights);

/* Does an open handle on the object carry all of `rights`? Looks at every slot in use. */
bool handle_names(const struct handle_table *table, const struct object *object, uint32_t rights);

/* The one rule for rights that are asked for: 0 asks for all there are. False if others are. */
static inline bool rights_choose(uint64_t wanted, uint32_t has, uint32_t *rights)
{
    *rights = wanted ? (uint32_t)wanted : has;
    return (wanted & ~(uint64_t)has) == 0;
}

/* A second handle on the same object with the rights that are asked for; asking for more than there
 * are gives -E_DENIED. */
int64_t handle_duplicate(struct handle_table *table, uint32_t handle, uint64_t wanted);

/* Close: gives 0 or -E_HANDLE. */
int64_t handle_close(struct handle_table *table, uint32_t handle);

#endif
