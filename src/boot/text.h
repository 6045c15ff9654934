/* Text that the loader composes: the line of a refusal. */
#ifndef BOOT_TEXT_H
#define BOOT_TEXT_H

#include <stdarg.h>
#include <stdint.h>

/*
 * Writes `format` to `out`, at most `size` bytes with the zero at the end; what does not fit is
 * cut. Knows %s (text), %u (uint64_t, decimal), %x (uint64_t, hexadecimal) and %%.
 */
void text_format(char *out, uint64_t size, const char *format, va_list arguments);

#endif
