/* Formatted text: see format.h. */
#include "libsys/format.h"

#include <stdbool.h>

#include "libsys/text.h"

struct output {
    format_put *put;
    void *context;
    size_t length;
};

/* One conversion: between '%' and its letter. */
struct conversion {
    bool left, zero;
    size_t width, precision;
    int size; /* -2 char, -1 short, 0 int, 1 long */
};

static void output_text(struct output *output, const char *text, size_t length)
{
    if (length != 0)
        output->put(output->context, text, length);
    output->length += length;
}

static void output_fill(struct output *output, char fill, size_t count)
{
    while (count-- > 0)
        output_text(output, &fill, 1);
}

/* `text` after `prefix` (a sign), padded as the conversion says. */
static void output_padded(struct output *output, const struct conversion *c, const char *prefix,
                          const char *text, size_t length)
{
    size_t all = strlen(prefix) + length;
    size_t padding = all < c->width ? c->width - all : 0;

    if (!c->left && !c->zero)
        output_fill(output, ' ', padding);
    output_text(output, prefix, strlen(prefix));
    if (!c->left && c->zero)
        output_fill(output, '0', padding);
    output_text(output, text, length);
    if (c->left)
        output_fill(output, ' ', padding);
}

static void output_number(struct output *output, const struct conversion *c, uint64_t value,
                          unsigned base, const char *prefix)
{
    char digits[20];
    size_t first = sizeof(digits);

    do {
        digits[--first] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    output_padded(output, c, prefix, digits + first, sizeof(digits) - first);
}

static size_t string_length(const char *string, size_t most)
{
    size_t length = 0;

    while (length < most && string[length] != 0)
        length++;
    return length;
}

/* A number, or '*' and the next argument. */
static const char *size_parse(const char *format, size_t *size, va_list *arguments)
{
    *size = 0;
    if (*format == '*') {
        int given = va_arg(*arguments, int);

        *size = given < 0 ? 0 : (size_t)given;
        return format + 1;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        *size = *size * 10 + (size_t)(*format - '0');
    return format;
}

static const char *conversion_parse(const char *format, struct conversion *c, va_list *arguments)
{
    *c = (struct conversion){.precision = SIZE_MAX};
    for (; *format == '-' || *format == '0'; format++) {
        c->left |= *format == '-';
        c->zero |= *format == '0';
    }
    format = size_parse(format, &c->width, arguments);
    if (*format == '.')
        format = size_parse(format + 1, &c->precision, arguments);
    for (; *format == 'l' || *format == 'z' || *format == 'h'; format++)
        c->size = *format == 'h' ? c->size - 1 : 1;
    return format;
}

static int64_t signed_argument(const struct conversion *c, va_list *arguments)
{
    if (c->size > 0)
        return va_arg(*arguments, long);
    if (c->size == -1)
        return (short)va_arg(*arguments, int);
    if (c->size == -2)
        return (signed char)va_arg(*arguments, int);
    return va_arg(*arguments, int);
}

static uint64_t unsigned_argument(const struct conversion *c, va_list *arguments)
{
    if (c->size > 0)
        return va_arg(*arguments, unsigned long);
    if (c->size == -1)
        return (unsigned short)va_arg(*arguments, unsigned);
    if (c->size == -2)
        return (unsigned char)va_arg(*arguments, unsigned);
    return va_arg(*arguments, unsigned);
}

static void output_conversion(struct output *output, char letter, struct conversion *c,
                              va_list *arguments)
{
    const char *string;
    int64_t number;
    char character;

    switch (letter) {
    case 'd':
    case 'i':
        number = signed_argument(c, arguments);
        output_number(output, c, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10,
                      number < 0 ? "-" : "");
        break;
    case 'u':
        output_number(output, c, unsigned_argument(c, arguments), 10, "");
        break;
    case 'x':
        output_number(output, c, unsigned_argument(c, arguments), 16, "");
        break;
    case 'p':
        output_number(output, c, (uint64_t)va_arg(*arguments, void *), 16, "0x");
        break;
    case 'c':
        character = (char)va_arg(*arguments, int);
        output_padded(output, c, "", &character, 1);
        break;
    case 's':
        string = va_arg(*arguments, const char *);
        string = string ? string : "(null)";
        output_padded(output, c, "", string, string_length(string, c->precision));
        break;
    }
}

size_t format_through(format_put *put, void *context, const char *format, va_list arguments)
{
    struct output output = {.put = put, .context = context};
    va_list list;

    va_copy(list, arguments); /* an array type: only a copy's address can be handed on */
    while (*format != 0) {
        const char *start = format;
        struct conversion c;

        while (*format != 0 && *format != '%')
            format++;
        output_text(&output, start, (size_t)(format - start));
        if (*format == 0)
            break;
        start = format;
        format = conversion_parse(format + 1, &c, &list);
        if (*format != 0 && strchr("diuxpcs", *format))
            output_conversion(&output, *format, &c, &list);
        else if (*format == '%')
            output_text(&output, "%", 1);
        else
            output_text(&output, start, (size_t)(format - start) + (*format != 0));
        if (*format != 0)
            format++;
    }
    va_end(list);
    return output.length;
}

/* A buffer being filled. */
struct bounded {
    char *buffer;
    size_t size, length;
};

static void bounded_put(void *context, const char *text, size_t length)
{
    struct bounded *bounded = context;
    size_t room = bounded->size - 1 - bounded->length;

    if (length > room)
        length = room;
    memcpy(bounded->buffer + bounded->length, text, length);
    bounded->length += length;
}

size_t format_text_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct bounded bounded = {.buffer = buffer, .size = size};
    size_t length = format_through(bounded_put, &bounded, format, arguments);

    buffer[bounded.length] = 0;
    return length;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = format_text_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
