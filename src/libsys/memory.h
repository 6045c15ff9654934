/* Memory: objects of pages, and mapping them. Sizes are rounded up to pages by the kernel. */
#ifndef LIBSYS_MEMORY_H
#define LIBSYS_MEMORY_H

#include <stdint.h>

/* A new memory object of `size_bytes`, all zero. Its handle, or -E_MEMORY, -E_LIMIT. */
int64_t memory_create(uint64_t size_bytes);

/*
 * Map `size_bytes` of a memory object from its start, where there is room in this process; `access`
 * is of enum map_access. Null if that fails.
 */
void *memory_map(uint32_t memory, uint64_t size_bytes, uint32_t access);

/* Zeroed, writable pages of this process's own. Null if there are none. */
void *memory_allocate(uint64_t size_bytes);

/* Give back what memory_allocate or memory_map gave, with the same size. */
void memory_free(void *address, uint64_t size_bytes);

#endif
