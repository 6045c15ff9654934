/* Names, addresses and source lines of an ELF file with DWARF. */
#ifndef GRADER_SYMBOLS_H
#define GRADER_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbols;

/* Reads a file. Result: NULL on failure, with one line in `error`. */
struct symbols *symbols_open(const char *path, char *error, size_t error_size);
void symbols_close(struct symbols *symbols);

/* Address of a symbol. Result: 0, or -1 if there is none of this name. */
int symbols_find(const struct symbols *symbols, const char *name, uint64_t *address);

/* The function that an address lies in, and where it begins: one that says how long it is, or else
 * the last label before the address. Result: NULL if there is neither. */
const char *symbols_function(const struct symbols *symbols, uint64_t address, uint64_t *start);

/* Writes "function, file:line" of an address, as much of it as is known; else the number. */
void symbols_describe(struct symbols *symbols, uint64_t address, char *text, size_t size);

/* Copies bytes of the program as the file has them. Result: how many; 0 if none lie there. */
size_t symbols_bytes(const struct symbols *symbols, uint64_t address, uint8_t *bytes, size_t size);

/* Addresses of the HLT of each "sti; hlt" in the executable parts. Result: how many were found; at
 * most `room` are written. */
size_t symbols_idle(const struct symbols *symbols, uint64_t *addresses, size_t room);

#endif
