/* Page tables (see tables.h). Pure: runs on the host as well. */
#include "tables.h"

#include <string.h>

#include "abi/layout.h"

#define TABLE_ENTRIES 512
#define TOP_SHIFT     39 /* log2 of what one entry of the root covers */
#define LEVEL_BITS    9

#define PHYSICAL_LIMIT (UINT64_C(1) << 52)
#define HALF_SIZE      (UINT64_C(1) << 47) /* addresses are canonical below, and from -HALF_SIZE */

static uint64_t *table_at(const struct tables *tables, uint64_t physical)
{
    return (uint64_t *)(void *)(tables->memory + (physical - tables->base));
}

/* Result: the physical address of a new, empty table, or 0. */
static uint64_t table_new(struct tables *tables)
{
    uint64_t physical = tables->base + tables->used;

    if (tables->size - tables->used < PAGE_SIZE)
        return 0;
    memset(tables->memory + tables->used, 0, PAGE_SIZE);
    tables->used += PAGE_SIZE;
    return physical;
}

enum table_error tables_open(struct tables *tables, uint64_t base, void *memory, uint64_t size)
{
    *tables = (struct tables){.base = base, .memory = memory, .size = size};
    if (base == 0 || (base & (PAGE_SIZE - 1)) != 0 || base >= PHYSICAL_LIMIT ||
        size > PHYSICAL_LIMIT - base)
        return TABLE_BAD_RANGE;
    return table_new(tables) == 0 ? TABLE_NO_ROOM : TABLE_OK;
}

/*
 * Walks from the root to the entry for `address` whose page has 2^shift bytes, making the tables on
 * the way; those allow everything, so the last entry alone decides. Result: the entry, or NULL and
 * `error` set.
 */
static uint64_t *walk(struct tables *tables, uint64_t address, unsigned int shift,
                      enum table_error *error)
{
    uint64_t table = tables->base;

    for (unsigned int level = TOP_SHIFT;; level -= LEVEL_BITS) {
        uint64_t *entry = &table_at(tables, table)[(address >> level) % TABLE_ENTRIES];

        if (level == shift)
            return entry;
        if (*entry & TABLE_LARGE) {
            *error = TABLE_OVERLAP;
            return NULL;
        }
        if (*entry == 0) {
            table = table_new(tables);
            if (table == 0) {
                *error = TABLE_NO_ROOM;
                return NULL;
            }
            *entry = table | TABLE_PRESENT | TABLE_WRITABLE;
        }
        table = *entry & TABLE_ADDRESS;
    }
}

static enum table_error map_one(struct tables *tables, uint64_t address, uint64_t physical,
                                unsigned int shift, enum table_access access)
{
    enum table_error error = TABLE_OK;
    uint64_t *entry = walk(tables, address, shift, &error);

    if (entry == NULL)
        return error;
    if (*entry != 0)
        return TABLE_OVERLAP;
    *entry = physical | TABLE_PRESENT | (shift == TABLE_PAGE_4K ? 0 : TABLE_LARGE) |
             (access & TABLE_WRITE ? TABLE_WRITABLE : 0) |
             (access & TABLE_EXECUTE ? 0 : TABLE_NO_EXECUTE);
    return TABLE_OK;
}

static enum table_error check_range(uint64_t address, uint64_t physical, uint64_t size)
{
    if (((address | physical | size) & (PAGE_SIZE - 1)) != 0 || size == 0 || size > HALF_SIZE)
        return TABLE_BAD_RANGE;
    if (physical > PHYSICAL_LIMIT - size)
        return TABLE_BAD_RANGE;
    if (address < HALF_SIZE)
        return address > HALF_SIZE - size ? TABLE_BAD_RANGE : TABLE_OK;
    if (address < -HALF_SIZE || address - 1 + size < address - 1)
        return TABLE_BAD_RANGE;
    return TABLE_OK;
}

enum table_error tables_map(struct tables *tables, uint64_t address, uint64_t physical,
                            uint64_t size, enum table_access access, enum table_page largest)
{
    enum table_error error = check_range(address, physical, size);

    if (error == TABLE_OK && (access & TABLE_WRITE) && (access & TABLE_EXECUTE))
        error = TABLE_BAD_ACCESS;
    while (error == TABLE_OK && size > 0) {
        unsigned int shift = largest;

        while (shift > TABLE_PAGE_4K &&
               (size >> shift == 0 || ((address | physical) & ((UINT64_C(1) << shift) - 1)) != 0))
            shift -= LEVEL_BITS;
        error = map_one(tables, address, physical, shift, access);
        address += UINT64_C(1) << shift;
        physical += UINT64_C(1) << shift;
        size -= UINT64_C(1) << shift;
    }
    return error;
}
