/* Text straight to the serial line, without a driver: it is out before anything else happens. */
#ifndef TESTS_KERNEL_SERIAL_H
#define TESTS_KERNEL_SERIAL_H

#include <stdarg.h>
#include <stdbool.h>

/* Use the line, by the handle "io-space". False if that was not given. */
bool serial_map(void);

void serial_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void serial_list(const char *format, va_list list);

#endif
