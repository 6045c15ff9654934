/* Numbers in names, as number.h tells. */
#include "number.h"

bool number_parse(const char *text, uint64_t *value)
{
    if (!*text)
        return false;
    for (*value = 0; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *value = *value * 10 + (uint64_t)(*text - '0');
        if (*value > UINT32_MAX)
            return false;
    }
    return true;
}

void number_format(char *text, uint64_t value)
{
    char digits[20];
    unsigned count = 0;

    do
        digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    while (count)
        *text++ = digits[--count];
    *text = 0;
}

static const char *hex_parse(const char *text, uint16_t *value)
{
    uint32_t sum = 0;
    const char *at = text;

    for (;; at++) {
        uint32_t digit;

        if (*at >= '0' && *at <= '9')
            digit = (uint32_t)(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            digit = (uint32_t)(*at - 'a') + 10;
        else
            break;
        sum = sum * 16 + digit;
        if (sum > UINT16_MAX)
            return 0;
    }
    *value = (uint16_t)sum;
    return at == text ? 0 : at;
}

bool number_parse_range(const char *text, uint16_t *first, uint16_t *last)
{
    text = hex_parse(text, first);
    if (!text || *text != '-')
        return false;
    text = hex_parse(text + 1, last);
    return text && !*text && *first <= *last;
}
