/*
 * How a process ended, in words; places in its program by the names of functions, from the file of
 * the boot archive that holds those of all programs (abi/symbol.h).
 */
#ifndef LIBSYS_FAULT_H
#define LIBSYS_FAULT_H

#include <stddef.h>
#include <stdint.h>

#include "abi/object.h"

#define FAULT_SYMBOLS "programs.symbols"

/*
 * Write why a process ended that ran `program`: "page fault at 0x0, instruction 0x401000 in
 * function+0x5", and in a second line the places that it was called from, innermost first.
 * `symbols` is a handle on the file of functions; with 0 there are no names. `size` is not 0.
 */
void fault_describe(char *text, size_t size, const struct process_status *status, uint32_t symbols,
                    const char *program);

#endif
