/* The address space that the kernel starts in. */
#ifndef BOOT_SPACE_H
#define BOOT_SPACE_H

#include <stdint.h>

#include "elf.h"
#include "memory_map.h"
#include "tables.h"

/* What goes into it. */
struct space {
    const struct memory_map *map;
    const struct elf_image *kernel;
    uint64_t kernel_base; /* physical: where the image lies, in one piece */
    uint64_t stack_base;  /* physical: BOOT_STACK_SIZE bytes */
    uint64_t code_base;   /* the loader's code, below 1 MiB; page-aligned */
    uint64_t code_end;
    enum table_page largest; /* largest page that the processor knows */
};

/* Result: the largest page that this processor knows. */
enum table_page space_largest_page(void);

/*
 * Maps in empty tables:
 * - low memory at its own address, page 0 left out: the loader's code executable, the rest
 * writable;
 * - the direct map: all below 4 GiB, and above what the map lists as memory, writable but for the
 *   kernel's code and constants;
 * - the kernel's segments, each with the access that it asks for, in 4 KiB pages;
 * - the boot stack, with nothing mapped next to it.
 * Nothing is writable and executable. Result: TABLE_OK, or what went wrong.
 */
enum table_error space_build(struct tables *tables, const struct space *space);

#endif
