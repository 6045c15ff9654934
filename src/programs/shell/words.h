/*
 * A line for the shell, taken apart: commands separated by `;`, each of words.
 *
 * Words are separated by blanks. 'text' stands for itself; in "text" a backslash before `"`, `\` or
 * `$` takes that character as it is; outside of both it does so before any character. `$?` outside
 * of '' is the last exit status. `#` where a word could begin starts a comment.
 */
#ifndef PROGRAMS_SHELL_WORDS_H
#define PROGRAMS_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX  64
#define WORDS_SIZE 1024 /* bytes of all words of a command, terminating zeros included */

struct words {
    const char *word[WORDS_MAX + 1]; /* the one after the last is null */
    int count;
    char text[WORDS_SIZE];
};

struct words_error {
    size_t column; /* from 1 */
    const char *message;
};

/*
 * Take the command that begins at `*place` in `line` apart, with `status` for `$?`. True: it is in
 * `words` (with no word if it is empty) and *place is behind its `;` or at the line's end. False:
 * `error` says what is wrong.
 */
bool words_next(struct words *words, const char *line, size_t *place, int64_t status,
                struct words_error *error);

/* Is the whole line in order? If not, none of its commands should run. */
bool words_check(const char *line, struct words_error *error);

#endif
