/* The direct map: all physical memory, at DIRECT_MAP_BASE; and the pages that it consists of. */
#ifndef KERNEL_DIRECT_H
#define KERNEL_DIRECT_H

#include <stdint.h>

#include "abi/layout.h"

static inline void *direct_pointer(uint64_t physical)
{
    return (void *)(uintptr_t)(DIRECT_MAP_BASE + physical);
}

/* The physical address of what direct_pointer gave. */
static inline uint64_t direct_physical(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer - DIRECT_MAP_BASE;
}

/* How many of `size` bytes from the address on lie on its page. */
static inline uint64_t page_rest(uint64_t address, uint64_t size)
{
    uint64_t left = PAGE_SIZE - address % PAGE_SIZE;

    return left < size ? left : size;
}

#endif
