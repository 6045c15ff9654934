/* Text that the loader composes (see text.h). Pure: runs on the host as well. */
#include "text.h"

struct text {
    char *next;
    char *last; /* where the zero must go at the latest */
};

static void add(struct text *text, char character)
{
    if (text->next < text->last)
        *text->next++ = character;
}

static void add_number(struct text *text, uint64_t number, unsigned int base)
{
    char digits[20];
    unsigned int count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    while (count > 0)
        add(text, digits[--count]);
}

void text_format(char *out, uint64_t size, const char *format, va_list arguments)
{
    struct text text = {.next = out, .last = out + size - 1};

    for (; *format != 0; format++) {
        if (*format != '%') {
            add(&text, *format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(arguments, const char *); *s != 0; s++)
                add(&text, *s);
            break;
        case 'u':
            add_number(&text, va_arg(arguments, uint64_t), 10);
            break;
        case 'x':
            add_number(&text, va_arg(arguments, uint64_t), 16);
            break;
        default:
            add(&text, *format);
        }
    }
    *text.next = 0;
}
