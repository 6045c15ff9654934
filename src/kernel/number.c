/* Numbers as text, as number.h tells. */
#include <stddef.h>

#include "number.h"

static const char digits[16] = "0123456789abcdef";

/* The digits at `text`, a number of at most `max`: where they end; NULL if there is none. */
static const char *digits_parse(const char *text, unsigned base, uint64_t max, uint64_t *value)
{
    const char *at = text;

    for (*value = 0; *value <= max; at++) {
        unsigned digit = 0;

        while (digit < base && digits[digit] != *at)
            digit++;
        if (digit == base)
            return at == text ? NULL : at;
        *value = *value * base + digit;
    }
    return NULL;
}

bool number_parse(const char *text, uint64_t *value)
{
    text = digits_parse(text, 10, UINT32_MAX, value);
    return text && !*text;
}

bool number_parse_range(const char *text, uint64_t max, uint64_t *first, uint64_t *last)
{
    text = digits_parse(text, 16, max, first);
    if (!text || *text != '-')
        return false;
    text = digits_parse(text + 1, 16, max, last);
    return text && !*text && *first <= *last;
}

void number_format(char *text, uint64_t value, unsigned base)
{
    char backwards[20];
    unsigned count = 0;

    do
        backwards[count++] = digits[value % base];
    while (value /= base);
    while (count)
        *text++ = backwards[--count];
    *text = 0;
}
