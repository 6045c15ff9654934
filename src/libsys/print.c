/* Formatted text to objects: the part of format.h that writes. */
#include "libsys/format.h"
#include "libsys/handle.h"
#include "libsys/text.h"

/* Text is gathered here, so that a line is one write and not one a conversion. */
struct gather {
    uint32_t handle;
    int64_t error;
    size_t length;
    char bytes[256];
};

static void gather_flush(struct gather *gather)
{
    if (gather->error == 0 && gather->length != 0)
        gather->error = write_all(gather->handle, gather->bytes, gather->length);
    gather->length = 0;
}

static void gather_put(void *context, const char *text, size_t length)
{
    struct gather *gather = context;

    while (length != 0) {
        size_t room = sizeof(gather->bytes) - gather->length;
        size_t piece = length < room ? length : room;

        memcpy(gather->bytes + gather->length, text, piece);
        gather->length += piece;
        text += piece;
        length -= piece;
        if (gather->length == sizeof(gather->bytes))
            gather_flush(gather);
    }
}

int64_t write_format_list(uint32_t handle, const char *format, va_list arguments)
{
    struct gather gather = {.handle = handle};

    format_through(gather_put, &gather, format, arguments);
    gather_flush(&gather);
    return gather.error;
}

int64_t write_format(uint32_t handle, const char *format, ...)
{
    va_list arguments;
    int64_t result;

    va_start(arguments, format);
    result = write_format_list(handle, format, arguments);
    va_end(arguments);
    return result;
}

int64_t print(const char *format, ...)
{
    va_list arguments;
    int64_t result;

    va_start(arguments, format);
    result = write_format_list(handle_named("out"), format, arguments);
    va_end(arguments);
    return result;
}
