/* Running programs of the host (make, git, patch, tests) with their output kept. */
#ifndef GRADER_COMMAND_H
#define GRADER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Runs `arguments` (NULL at the end) in `folder` (NULL: here), standard output and error into the
 * file `log` (NULL: thrown away), with nothing on standard input; ends it and its children after
 * `timeout_s` seconds. Result: its exit status, 128 + signal, or -1 if it could not be started.
 */
int command_run(const char *const *arguments, const char *folder, const char *log,
                unsigned timeout_s);

/* As command_run, but standard output comes back in `*output` (to be freed). */
int command_output(const char *const *arguments, const char *folder, char **output);

/* Copies to `line` the line of a log that says most: the first with "error", else the last. */
void command_telling_line(const char *log, char *line, size_t size);

/* Makes a folder and those above it. Result: 0, or -1 with errno. */
int folder_make(const char *path);

/* Makes `to` hold the bytes of `from`; leaves it alone if it does already. Result: 0, -1 with
 * errno. */
int file_copy(const char *from, const char *to);

/* Writes a text into a file, unless it holds it already. Result: 0, or -1 with errno. */
int file_write(const char *path, const char *text);

/* The bytes of a file, a zero behind them, or NULL with errno. */
char *file_read(const char *path, size_t *size);

#endif
