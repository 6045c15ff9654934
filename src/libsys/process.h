/* Processes: starting programs and waiting for them. */
#ifndef LIBSYS_PROCESS_H
#define LIBSYS_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "abi/object.h"

#define PROGRAM_ARGUMENTS_MAX      62   /* strings, the program's name included */
#define PROGRAM_ARGUMENTS_SIZE_MAX 2048 /* bytes of all together, terminating zeros included */

/* A handle for a new process: it finds a copy of `handle` under `name`. */
struct program_handle {
    const char *name;
    uint32_t handle;
    uint32_t rights; /* 0: all that the handle has */
};

/* What program_start_with starts. */
struct program_start {
    const char *name;   /* of the process */
    uint32_t processes; /* the table to create it in */
    uint32_t binary;    /* memory object that holds its ELF file */
    const char *const *arguments;
    size_t argument_count;
    const struct program_handle *handles;
    size_t handle_count;
};

/*
 * Create a process, give it its handles and arguments, and start it. Returns a handle on the
 * process; or a negative error, and then there is no process: -E_NOT_PROGRAM, -E_TRUNCATED,
 * -E_OVERLAP, -E_WRITE_EXECUTE if the file cannot be run, -E_RANGE if the arguments are too long,
 * -E_MEMORY or -E_LIMIT if there is no room.
 */
int64_t program_start_with(const struct program_start *start);

/* Wait for the end of a process: 0 and why, or a negative error. */
int64_t process_wait(uint32_t process, struct process_status *status);

/* End this program. */
_Noreturn void program_exit(int64_t status);

/*
 * Turn the machine off with `status`, once what was written to `out` has left the machine (`out`
 * may be 0). Returns only if that was refused: a negative error.
 */
int64_t power_off(uint32_t power, uint32_t out, int64_t status);

#endif
