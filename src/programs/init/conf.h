/*
 * The declarative file that tells init what to start: one line a thing, words separated by blanks,
 * `#` and what follows it a comment.
 *
 *     bind NAME ...
 *         Put the objects that init was given by these names into the root table.
 *     start NAME [OPTION ...]
 *         Start a process of this name. It is not started again when it ends.
 *     main NAME [OPTION ...]
 *         The same; when it ends, the machine is turned off with its exit status.
 *
 * Options:
 *     program=FILE    the program, a file of the boot archive; NAME if there is none
 *     argument=TEXT   the next of its arguments
 *     publish=NAME    make a port, give it the process as "port", and bind an object behind it in
 *                     the root table: the first one with badge 1, the next with badge 2, ...
 *     HANDLE=PATH     give it the object at PATH as HANDLE. A PATH that begins with '/' counts from
 *                     the root table; any other begins with the name of an object of init's own.
 *
 * A process has the handles that its line names, "self", and nothing else.
 */
#ifndef PROGRAMS_INIT_CONF_H
#define PROGRAMS_INIT_CONF_H

#include <stdbool.h>
#include <stddef.h>

#define CONF_LINE_SIZE     256 /* the terminating zero included */
#define CONF_HANDLES_MAX   12
#define CONF_ARGUMENTS_MAX 8
#define CONF_NAMES_MAX     12

enum conf_verb { CONF_NOTHING, CONF_BIND, CONF_START, CONF_MAIN };

struct conf_handle {
    const char *name, *path;
};

/* One line, taken apart; the strings lie in `text`. */
struct conf_line {
    enum conf_verb verb;
    const char *name;
    const char *program;
    const char *names[CONF_NAMES_MAX]; /* to bind, or to publish */
    size_t name_count;
    struct conf_handle handles[CONF_HANDLES_MAX];
    size_t handle_count;
    const char *arguments[CONF_ARGUMENTS_MAX]; /* after the program's name */
    size_t argument_count;
    char text[CONF_LINE_SIZE];
};

struct conf_error {
    size_t column; /* from 1 */
    const char *message;
};

/*
 * Take a line (without its newline) apart. False if it is wrong; then `error` says what and where.
 * An empty line has the verb CONF_NOTHING.
 */
bool conf_parse(struct conf_line *line, const char *text, size_t length, struct conf_error *error);

#endif
