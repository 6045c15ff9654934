/*
 * Running what a student wrote, or what compiles it, where it can do no harm: by bubblewrap,
 * without network, other processes or other files, as nobody, under limits.
 */
#ifndef GRADER_ISOLATE_H
#define GRADER_ISOLATE_H

#include <stdbool.h>

struct isolation {
    const char *tree;  /* sources to see, absolute path */
    const char *build; /* the folder built in, absolute path */
    bool writable;     /* both may be written to; else only /tmp, which goes away */
};

/* Runs `command` (NULL at the end) in the tree, its output into the file `log`; ends it and all
 * that it started after `timeout_s` seconds. Result: its exit status, 128 + signal, or -1 if
 * isolation is not to be had. */
int isolate_run(const struct isolation *isolation, const char *const *command, const char *log,
                unsigned timeout_s);

/* Whether this computer can isolate; if not, `why` says so in one line. */
bool isolate_works(char *why, unsigned size);

#endif
