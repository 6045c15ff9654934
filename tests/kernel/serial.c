/* The serial line, as serial.h tells. */
#include "serial.h"

#include <orrery.h>

#include "libsys/port_io.h"

#define SERIAL_DATA   0x3f8
#define SERIAL_STATUS 0x3fd
#define SERIAL_EMPTY  0x20

static void serial_put(void *context, const char *text, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        while (!(port_in8(SERIAL_STATUS) & SERIAL_EMPTY))
            ;
        port_out8(SERIAL_DATA, (uint8_t)text[i]);
    }
}

void serial_list(const char *format, va_list list)
{
    format_through(serial_put, NULL, format, list);
}

void serial_format(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    serial_list(format, list);
    va_end(list);
}

bool serial_map(void)
{
    int64_t ports = path_open(handle_named("io-space"), "3f8-3ff", 0);

    if (ports < 0 || object_map(handle_named("self"), (uint32_t)ports, 0, 0, 0, 0) < 0)
        return false;
    handle_close((uint32_t)ports);
    return true;
}
