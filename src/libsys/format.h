/*
 * Formatted text. The conversions: %d %i %u %x %c %s %p %%, with h, hh, l, ll and z, a width, a
 * precision for %s, and the flags '-' (left) and '0' (leading zeros); `*` for width and precision.
 * Anything else is copied as it stands.
 */
#ifndef LIBSYS_FORMAT_H
#define LIBSYS_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Gets the text piece by piece. */
typedef void format_put(void *context, const char *text, size_t length);

/* Format through `put`. Returns the number of characters. */
size_t format_through(format_put *put, void *context, const char *format, va_list arguments);

/*
 * Format into a buffer of `size` bytes, not 0: as much as fits, and a terminating zero. Returns the
 * length that the whole text has.
 */
size_t format_text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_list(char *buffer, size_t size, const char *format, va_list arguments);

/* Format to an object, in pieces of up to 256 bytes. 0, or the first error of a write. */
int64_t write_format(uint32_t handle, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int64_t write_format_list(uint32_t handle, const char *format, va_list arguments);

/* Format to the handle named "out". 0, or a negative error. */
int64_t print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
