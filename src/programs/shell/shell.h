/* The shell: what its parts share. */
#ifndef PROGRAMS_SHELL_SHELL_H
#define PROGRAMS_SHELL_SHELL_H

#include <orrery.h>

struct shell {
    uint32_t in, out, root;
    int64_t status; /* of the last command: $? */
    bool ended;     /* `exit` was given */
};

/* Exit statuses that the shell gives itself. */
enum {
    STATUS_USAGE = 2,
    STATUS_NOT_RUN = 126, /* found, but not a program, or not started */
    STATUS_UNKNOWN = 127, /* no such command */
};

/*
 * A command of the shell's own: words[0] is its name, words[count] is null. Returns the status.
 */
typedef int64_t command(struct shell *shell, int count, const char *const *words);

/* The shell's own command with this name, or null (commands.c). */
command *command_find(const char *name);

/* Show a result that is an error: "WHAT: text"; returns 1, the status for it. */
int64_t error_show(struct shell *shell, const char *what, int64_t result);

/*
 * Run the program words[0] of the archive, or at that path if there is a '/' in it, and wait for it
 * (run.c). It gets `in`, `out` and `root`. Returns its status.
 */
int64_t program_run(struct shell *shell, int count, const char *const *words);

#endif
