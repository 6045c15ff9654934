/* Numbers in names: decimal, and hexadecimal ranges. Pure. */
#ifndef KERNEL_NUMBER_H
#define KERNEL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The whole text is a decimal number below 2^32. */
bool number_parse(const char *text, uint64_t *value);

/* Write it in decimal, zero-terminated: at most 21 bytes. */
void number_format(char *text, uint64_t value);

/* The whole text is `first-last`, hexadecimal, at most 16 bits each, first <= last. */
bool number_parse_range(const char *text, uint16_t *first, uint16_t *last);

#endif
