/* Strings and numbers beyond the C standard: see text.h. */
#include "libsys/text.h"

bool text_starts_with(const char *text, const char *string)
{
    return strncmp(text, string, strlen(string)) == 0;
}

bool text_copy(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    bool fits = length < size;

    if (!fits)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = 0;
    return fits;
}

/* The value of a digit in any base up to 16; 16 if it is none. */
static uint64_t digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (uint64_t)(digit - '0');
    if (digit >= 'a' && digit <= 'f')
        return (uint64_t)(digit - 'a') + 10;
    if (digit >= 'A' && digit <= 'F')
        return (uint64_t)(digit - 'A') + 10;
    return 16;
}

bool text_to_number(const char *text, uint64_t *number)
{
    uint64_t base = 10;
    uint64_t value = 0;

    if (text_starts_with(text, "0x")) {
        base = 16;
        text += 2;
    }
    if (*text == 0)
        return false;
    for (; *text != 0; text++) {
        uint64_t digit = digit_value(*text);

        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *number = value;
    return true;
}

bool text_to_signed(const char *text, int64_t *number)
{
    bool negative = *text == '-';
    uint64_t magnitude;

    if (!text_to_number(text + negative, &magnitude) || magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *number = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}
