/* The kernel's panic on the host: the test fails with its words. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#include "kernel/panic.h"

void panic(const char *format, ...)
{
    char text[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    ck_abort_msg("%s", text);
}
