/*
 * Bytes and strings, by the names and with the meaning of the C standard, and numbers as text. On
 * the host the standard library's own functions take the place of the first group.
 */
#ifndef LIBSYS_TEXT_H
#define LIBSYS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
void *memchr(const void *bytes, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);
size_t strlen(const char *string);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t length);
char *strchr(const char *string, int character);

/* Is `string` the beginning of `text`? */
bool text_starts_with(const char *text, const char *string);

/*
 * Copy as much as fits, always with a terminating zero. False if something was left out. `size` is
 * the size of `to` and not 0.
 */
bool text_copy(char *to, size_t size, const char *from);

/* The whole of `text` as a decimal number, or hexadecimal after "0x". False: it is none, or too
 * large. */
bool text_to_number(const char *text, uint64_t *number);

/* The same with an optional minus sign. */
bool text_to_signed(const char *text, int64_t *number);

#endif
