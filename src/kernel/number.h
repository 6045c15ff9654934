/* Numbers in names, and in what a panic prints. Pure. */
#ifndef KERNEL_NUMBER_H
#define KERNEL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The whole text is a decimal number below 2^32. */
bool number_parse(const char *text, uint64_t *value);

/* The whole text is `first-last`, hexadecimal, first <= last <= max, which is below 2^60. */
bool number_parse_range(const char *text, uint64_t max, uint64_t *first, uint64_t *last);

/* Write it, zero-terminated, with base 10 or 16: at most 21 bytes. */
void number_format(char *text, uint64_t value, unsigned base);

#endif
