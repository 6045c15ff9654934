/* What the compiler expects of every program: bytes copied, set, compared, eight at a time. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *out = to;
    size_t quads = size / 8;
    size_t bytes = size % 8;

    __asm__ volatile("rep movsq" : "+D"(out), "+S"(from), "+c"(quads) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(out), "+S"(from), "+c"(bytes) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *out = to;
    size_t quads = size / 8;
    size_t bytes = size % 8;
    uint64_t pattern = UINT64_C(0x0101010101010101) * (unsigned char)value;

    __asm__ volatile("rep stosq" : "+D"(out), "+c"(quads) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(out), "+c"(bytes) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *a = left;
    const unsigned char *b = right;

    for (; size > 0; size--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length] != 0)
        length++;
    return length;
}

int strncmp(const char *left, const char *right, size_t size)
{
    for (; size > 0; size--, left++, right++)
        if (*left != *right || *left == 0)
            return (unsigned char)*left - (unsigned char)*right;
    return 0;
}

int strcmp(const char *left, const char *right)
{
    return strncmp(left, right, SIZE_MAX);
}
