/*
 * A table of a program's functions, made from its ELF file for the boot archive: what turns an
 * address into symbol+offset. The file is an array of these, sorted by address.
 */
#ifndef ABI_SYMBOL_H
#define ABI_SYMBOL_H

#include <stdint.h>

struct symbol {
    uint64_t address;
    char name[56]; /* zero-terminated, cut if it is longer */
};

_Static_assert(sizeof(struct symbol) == 64, "struct symbol is 64 bytes");

#endif
