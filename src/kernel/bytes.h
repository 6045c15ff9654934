/* Copying, clearing and comparing bytes; the compiler calls these by name, too. */
#ifndef KERNEL_BYTES_H
#define KERNEL_BYTES_H

#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

/* Is the text `name` of `length` bytes (no zero behind it) the zero-terminated `text`? */
static inline bool name_equals(const char *name, size_t length, const char *text)
{
    return strlen(text) == length && memcmp(name, text, length) == 0;
}

#endif
