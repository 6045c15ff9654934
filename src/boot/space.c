/* The address space that the kernel starts in (see space.h). Pure: runs on the host as well. */
#include "space.h"

#include <cpuid.h>

#include "abi/layout.h"

#define MIB        (UINT64_C(1) << 20)
#define GIB        (UINT64_C(1) << 30)
#define LARGE_PAGE (2 * MIB)

enum table_page space_largest_page(void)
{
    unsigned int eax, ebx, ecx, edx;

    if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (edx & (1u << 26)))
        return TABLE_PAGE_1G;
    return TABLE_PAGE_2M;
}

static enum table_error map_low(struct tables *tables, const struct space *space)
{
    enum table_error error = tables_map(tables, PAGE_SIZE, PAGE_SIZE, space->code_base - PAGE_SIZE,
                                        TABLE_WRITE, TABLE_PAGE_4K);

    if (error == TABLE_OK)
        error = tables_map(tables, space->code_base, space->code_base,
                           space->code_end - space->code_base, TABLE_EXECUTE, TABLE_PAGE_4K);
    if (error == TABLE_OK)
        error = tables_map(tables, space->code_end, space->code_end, MIB - space->code_end,
                           TABLE_WRITE, TABLE_PAGE_4K);
    return error;
}

/* A range of whole pages of a segment. */
static uint64_t segment_base(const struct elf_segment *segment)
{
    return segment->address & ~(PAGE_SIZE - 1);
}

static uint64_t segment_end(const struct elf_segment *segment)
{
    return (segment->address + segment->memory_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static enum table_error map_direct_range(struct tables *tables, const struct space *space,
                                         uint64_t base, uint64_t end, enum table_access access)
{
    if (base == end)
        return TABLE_OK;
    return tables_map(tables, DIRECT_MAP_BASE + base, base, end - base, access, space->largest);
}

/* All below 4 GiB. Nobody writes to the kernel's code and constants, not by this way either. */
static enum table_error map_direct_low(struct tables *tables, const struct space *space)
{
    uint64_t offset = space->kernel_base - space->kernel->base, done = 0;
    enum table_error error = TABLE_OK;

    for (uint32_t i = 0; i < ELF_SEGMENTS && error == TABLE_OK; i++) {
        const struct elf_segment *segment = &space->kernel->segments[i];
        uint64_t base = segment_base(segment) + offset, end = segment_end(segment) + offset;

        if (segment->access & ELF_WRITE)
            continue;
        error = map_direct_range(tables, space, done, base, TABLE_WRITE);
        if (error == TABLE_OK)
            error = map_direct_range(tables, space, base, end, TABLE_READ);
        done = end;
    }
    return error == TABLE_OK ? map_direct_range(tables, space, done, 4 * GIB, TABLE_WRITE) : error;
}

static enum table_error map_direct(struct tables *tables, const struct space *space)
{
    uint64_t done = 4 * GIB;
    enum table_error error = map_direct_low(tables, space);

    for (uint32_t i = 0; i < space->map->count && error == TABLE_OK; i++) {
        const struct boot_memory *range = &space->map->ranges[i];
        uint64_t base = range->base & ~(LARGE_PAGE - 1);
        uint64_t end = (range->base + range->size + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);

        if (range->type == BOOT_MEMORY_RESERVED || range->type == BOOT_MEMORY_BAD)
            continue;
        if (end > DIRECT_MAP_SIZE)
            end = DIRECT_MAP_SIZE;
        if (base < done)
            base = done; /* neighbours may share a large page */
        if (base >= end)
            continue;
        error = tables_map(tables, DIRECT_MAP_BASE + base, base, end - base, TABLE_WRITE,
                           space->largest);
        done = end;
    }
    return error;
}

static enum table_error map_segment(struct tables *tables, const struct space *space,
                                    const struct elf_segment *segment)
{
    uint64_t base = segment_base(segment);
    enum table_access access = TABLE_READ;

    if (segment->access & ELF_WRITE)
        access = TABLE_WRITE;
    else if (segment->access & ELF_EXECUTE)
        access = TABLE_EXECUTE;
    return tables_map(tables, base, space->kernel_base + (base - space->kernel->base),
                      segment_end(segment) - base, access, TABLE_PAGE_4K);
}

enum table_error space_build(struct tables *tables, const struct space *space)
{
    enum table_error error = map_low(tables, space);

    if (error == TABLE_OK)
        error = map_direct(tables, space);
    for (uint32_t i = 0; i < ELF_SEGMENTS && error == TABLE_OK; i++)
        error = map_segment(tables, space, &space->kernel->segments[i]);
    if (error == TABLE_OK)
        error = tables_map(tables, BOOT_STACK_TOP - BOOT_STACK_SIZE, space->stack_base,
                           BOOT_STACK_SIZE, TABLE_WRITE, TABLE_PAGE_4K);
    return error;
}
