/* Memory objects and mappings: see memory.h. */
#include "libsys/memory.h"

#include <stddef.h>

#include "abi/layout.h"
#include "abi/object.h"
#include "libsys/handle.h"
#include "libsys/sync.h"

static uint64_t page_round_up(uint64_t size_bytes)
{
    return (size_bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

int64_t memory_create(uint64_t size_bytes)
{
    return object_create(handle_named("self"), OBJECT_MEMORY, NULL, page_round_up(size_bytes), 0);
}

void *memory_map(uint32_t memory, uint64_t size_bytes, uint32_t access)
{
    int64_t address =
        object_map(handle_named("self"), memory, access, 0, page_round_up(size_bytes), 0);

    return address < 0 ? NULL : (void *)address;
}

void *memory_allocate(uint64_t size_bytes)
{
    int64_t memory = memory_create(size_bytes);
    void *address;

    if (memory < 0)
        return NULL;
    address = memory_map((uint32_t)memory, size_bytes, MAP_READ | MAP_WRITE);
    handle_close((uint32_t)memory); /* the mapping keeps the pages */
    return address;
}

void memory_free(void *address, uint64_t size_bytes)
{
    object_unmap(handle_named("self"), (uint64_t)address, page_round_up(size_bytes));
}
