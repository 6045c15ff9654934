/*
 * ELF64 programs (System V ABI, generic ABI chapters 4 and 5; x86-64 supplement): checking a file
 * and naming its segments. Pure: reads the bytes that it is given and nothing else.
 */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <stdint.h>

#define PROGRAM_SEGMENTS_MAX 8u

struct program_segment {
    uint64_t address;   /* page-aligned start in the process */
    uint64_t size;      /* bytes in memory, a multiple of the page size */
    uint64_t data;      /* address of the first byte that comes from the file */
    uint64_t data_size; /* bytes that come from the file */
    uint64_t offset;    /* where they lie in the file */
    uint32_t access;    /* enum map_access */
};

struct program {
    uint64_t entry;
    uint32_t count;
    struct program_segment segments[PROGRAM_SEGMENTS_MAX];
};

/* Check the program file of `size` bytes, of which the first `head_size` lie at `head` (all its
 * headers must be there), and describe it. Gives 0, or -E_NOT_PROGRAM, -E_TRUNCATED, -E_OVERLAP,
 * -E_WRITE_EXECUTE. Segments come sorted by address, no two on one page. */
int64_t program_parse(struct program *program, const void *head, uint64_t head_size, uint64_t size);

#endif
