/*
 * Processes: an address space, handles, threads, and an account. A process is built step by step by
 * whoever holds its handle, started, and at its end tells its reason to all who wait for it.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/start.h"
#include "handle.h"
#include "list.h"
#include "memory.h"
#include "space.h"

#define PROCESS_NAME_SIZE     32u
#define PROCESS_NAMED_HANDLES 32u
#define PROCESS_ARGUMENTS_AT  2048u /* in the start block; to its end */
#define PROCESS_PORT_RANGES   4u

struct port_range {
    uint16_t first, last;
};

struct process {
    union {
        struct object object;
        struct ending ending;
    };
    struct list link; /* in the list of living processes */
    uint32_t number;  /* never used twice */
    uint16_t state;   /* enum process_state */
    uint8_t port_ranges;
    uint8_t priority_limit; /* of its threads */
    char name[PROCESS_NAME_SIZE];
    struct space space;
    struct handle_table handles;
    struct account *account;
    struct list bindings;      /* names in the tables that it made (table.h) */
    struct list building;      /* processes that it made, not started; they end with it */
    struct list maker;         /* BUILT: in that list of the one who made it */
    struct list threads;       /* that did not end */
    uint32_t threads_ending;   /* that did, and still have something */
    struct process_status end; /* once ENDED; told when it is taken apart */
    struct port_range ports[PROCESS_PORT_RANGES];
    /* while it is being built */
    struct memory *binary;
    struct memory *block; /* one page: the start block, filled as handles and arguments come */
};

extern const struct object_type process_type;
extern const struct process_status process_killed; /* of what was ended by force */
extern struct object processes_table;

/* The end of the object, for process_type. */
bool process_finish(struct object *object);

/* A process that is being built, on an account carved from the creator's, or NULL. Without a
 * creator it is the first one. */
struct process *process_create(const char *name, struct process *creator);

/* The start block of a process that is being built. */
struct start_block *process_block(const struct process *process);

/* Put a handle on the object into its table, under a name; takes over the reference. 0 or error. */
int64_t process_share(struct process *process, struct object *object, uint32_t rights,
                      const char *name);

/* Load its program, give it a stack and a start block, let it run. 0 or an error; after an error
 * the process has ended. */
int64_t process_start(struct process *process);

/* End it: stop its threads, close its handles, free its memory, tell those who wait. That may take
 * a while; but the thread that runs runs no more if it is one of its own. */
void process_end(struct process *process, const struct process_status *status);

/* Living processes: the one at place `index`, or with a number; NULL if there is none. */
struct process *process_at(uint64_t index);
struct process *process_find(uint32_t number);

#endif
