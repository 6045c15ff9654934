/*
 * The shell's line editor: bytes from a terminal in, a finished line and what the terminal is to
 * show out. It knows no handle: bytes to show go through `put`.
 *
 * Keys: left, right, home, end (also ctrl-b, f, a, e), backspace, delete (also ctrl-d), ctrl-k and
 * ctrl-u to delete to the end and to the start, ctrl-w to delete a word, up and down (also ctrl-p,
 * n) for earlier lines, ctrl-l to clear the screen, ctrl-c to drop the line, ctrl-d on an empty
 * line for the end of input. Return is CR, LF or CR LF.
 */
#ifndef PROGRAMS_SHELL_EDITOR_H
#define PROGRAMS_SHELL_EDITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDITOR_LINE_SIZE 512 /* the terminating zero included */
#define EDITOR_HISTORY   16  /* lines, a power of two */

enum editor_event {
    EDITOR_MORE, /* nothing yet */
    EDITOR_LINE, /* a line is in `line` */
    EDITOR_END,  /* end of input */
};

struct editor {
    void (*put)(void *context, const char *bytes, size_t length);
    void *context;
    const char *prompt;

    char line[EDITOR_LINE_SIZE];
    size_t length, cursor;

    char history[EDITOR_HISTORY][EDITOR_LINE_SIZE];
    uint32_t history_count;       /* lines ever kept; the last EDITOR_HISTORY are there */
    uint32_t history_place;       /* line shown: history_count for the one being typed */
    char typed[EDITOR_LINE_SIZE]; /* that one, while an earlier one is shown */

    enum { ESCAPE_NONE, ESCAPE_START, ESCAPE_BRACKET } escape;
    unsigned escape_number;
    bool return_seen; /* the last byte was CR: an LF now belongs to it */
};

void editor_open(struct editor *editor, const char *prompt,
                 void (*put)(void *context, const char *bytes, size_t length), void *context);

/* Show the prompt and begin an empty line. */
void editor_begin(struct editor *editor);

/*
 * Take one byte. After EDITOR_LINE the line stands in editor->line, zero-terminated, until
 * editor_begin; what is longer than EDITOR_LINE_SIZE - 1 is not taken, with a bell.
 */
enum editor_event editor_feed(struct editor *editor, uint8_t byte);

#endif
