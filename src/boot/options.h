/* The command line: words apart by white space, some of the form name=number. */
#ifndef BOOT_OPTIONS_H
#define BOOT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define COMMAND_LINE_MAX 1024 /* bytes, the zero included */

/*
 * Copies the text of `size` bytes to `line` (COMMAND_LINE_MAX bytes), white space turned to spaces,
 * without spaces at the end, and zero-terminated. A zero byte ends the text.
 * Result: bytes written, the zero included, or 0 if the text is too long.
 */
uint32_t options_copy(char *line, const void *text, uint64_t size);

/*
 * Looks for the word `name`=N, N decimal. Result: false if a word starts with `name`= and the rest
 * is not a number of at most 9 digits; otherwise true, and `value` changed if the word is there
 * (the last one counts).
 */
bool options_number(const char *line, const char *name, uint64_t *value);

#endif
