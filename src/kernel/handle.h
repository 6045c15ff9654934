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
    uint16_t generation;
    uint16_t next_free;
};

struct handle_table {
    struct account *account;      /* pays for handles and for the table's pages */
    struct handle_entry **leaves; /* one page of pointers; NULL until the first handle */
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

/* Find the object and check that the handle carries all of `rights`. Gives 0, -E_HANDLE, or
 * -E_DENIED. The reference stays the table's. */
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
