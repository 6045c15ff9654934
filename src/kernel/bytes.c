/* Bytes: string instructions of the processor, eight bytes a step where the length allows. */
#include <stdint.h>

#include "bytes.h"

void *memcpy(void *to, const void *from, size_t size)
{
    void *target = to;
    size_t words = size / 8, rest = size % 8;

    __asm__ volatile("rep movsq" : "+D"(target), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    for (size_t i = size; i > 0; i--)
        ((volatile uint8_t *)to)[i - 1] = ((const uint8_t *)from)[i - 1];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *target = to;
    uint64_t pattern = (uint8_t)value * UINT64_C(0x0101010101010101);
    size_t words = size / 8, rest = size % 8;

    __asm__ volatile("rep stosq" : "+D"(target), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(target), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a, *right = b;

    for (size_t i = 0; i < size; i++)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}
