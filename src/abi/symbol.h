/*
 * A table of a program's functions, made from its ELF file for the boot archive: what turns an
 * address into symbol+offset. The file is an array of these, sorted by address.
 *
 * The functions of user programs are in one file, one program behind another: each begins with an
 * entry at address 0 that holds its name, and ends with the end of its code.
 */
#ifndef ABI_SYMBOL_H
#define ABI_SYMBOL_H

#include <stdint.h>

struct symbol {
    uint64_t address;
    char name[55]; /* zero-terminated, cut if it is longer */
    uint8_t frame; /* of user programs: does the function make a frame of its own (RBP)? */
};

#define SYMBOL_CODE_END "code_end"

_Static_assert(sizeof(struct symbol) == 64, "struct symbol is 64 bytes");

#endif
