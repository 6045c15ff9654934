/* The command line (see options.h). Pure: runs on the host as well. */
#include "options.h"

#include <string.h>

uint32_t options_copy(char *line, const void *text, uint64_t size)
{
    const char *bytes = text;
    uint32_t length = 0; /* of the text without spaces at the end */
    uint64_t i;

    for (i = 0; i < size && bytes[i] != 0; i++) {
        bool space = bytes[i] == ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r');

        if (i < COMMAND_LINE_MAX - 1)
            line[i] = space ? ' ' : bytes[i];
        if (!space && i >= COMMAND_LINE_MAX - 1)
            return 0;
        if (!space)
            length = (uint32_t)i + 1;
    }
    line[length] = 0;
    return length + 1;
}

/* Reads a number that ends at a space or at the line's end. */
static bool parse_number(const char *digits, uint64_t *value)
{
    uint64_t number = 0;
    int count = 0;

    for (; digits[count] >= '0' && digits[count] <= '9' && count < 10; count++)
        number = number * 10 + (uint64_t)(digits[count] - '0');
    if (count == 0 || count > 9 || (digits[count] != 0 && digits[count] != ' '))
        return false;
    *value = number;
    return true;
}

bool options_number(const char *line, const char *name, uint64_t *value)
{
    uint64_t length = strlen(name);

    for (const char *word = line; *word != 0; word++) {
        if (word != line && word[-1] != ' ')
            continue;
        if (strncmp(word, name, length) != 0 || word[length] != '=')
            continue;
        if (!parse_number(word + length + 1, value))
            return false;
    }
    return true;
}
