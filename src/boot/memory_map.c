/*
 * The memory map (see memory_map.h). Pure: runs on the host as well.
 *
 * Adding a range rewrites the stretch of the array that it touches: what was there is cut at the
 * new range's ends, and every piece in between, the gaps too, takes the stronger type.
 */
#include "memory_map.h"

#include "abi/layout.h"

static uint64_t range_end(const struct boot_memory *range)
{
    return range->base + range->size;
}

/* Index of the first range that ends after `address`: the only ones that can hold or follow it. */
static uint32_t find_after(const struct memory_map *map, uint64_t address)
{
    uint32_t low = 0;
    uint32_t high = map->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (range_end(&map->ranges[middle]) > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void insert_at(struct memory_map *map, uint32_t index, uint64_t base, uint64_t end,
                      uint32_t type)
{
    for (uint32_t i = map->count; i > index; i--)
        map->ranges[i] = map->ranges[i - 1];
    map->ranges[index] = (struct boot_memory){.base = base, .size = end - base, .type = type};
    map->count++;
}

/* Makes `address` a boundary: the range that it lies inside of becomes two. */
static void split_at(struct memory_map *map, uint64_t address)
{
    uint32_t i = find_after(map, address);
    struct boot_memory *range = &map->ranges[i];

    if (i == map->count || range->base >= address)
        return;
    insert_at(map, i + 1, address, range_end(range), range->type);
    range->size = address - range->base;
}

/* Merges neighbours of one type among the ranges from `first` up to the one at or after `end`. */
static void merge(struct memory_map *map, uint32_t first, uint64_t end)
{
    uint32_t out = first;
    uint32_t in = first + 1;

    if (map->count == 0)
        return;
    for (; in < map->count && map->ranges[in].base <= end; in++) {
        struct boot_memory *last = &map->ranges[out];
        struct boot_memory *next = &map->ranges[in];

        if (range_end(last) == next->base && last->type == next->type)
            last->size += next->size;
        else
            map->ranges[++out] = *next;
    }
    if (++out == in)
        return;
    while (in < map->count)
        map->ranges[out++] = map->ranges[in++];
    map->count = out;
}

/* Ranges that adding [base, end) can add at most: two cuts, and each gap inside. */
static uint32_t growth(const struct memory_map *map, uint64_t base, uint64_t end)
{
    uint32_t inside = 0;

    for (uint32_t i = find_after(map, base); i < map->count && map->ranges[i].base < end; i++)
        inside++;
    return inside + 3;
}

bool memory_map_add(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type)
{
    uint64_t end;
    uint32_t first, i;

    if (size == 0 || base >= MEMORY_LIMIT)
        return true;
    end = size > MEMORY_LIMIT - base ? MEMORY_LIMIT : base + size;
    if (growth(map, base, end) > map->room - map->count)
        return false;
    split_at(map, base);
    split_at(map, end);
    first = i = find_after(map, base);
    for (uint64_t at = base; at < end; at = range_end(&map->ranges[i++])) {
        struct boot_memory *range = &map->ranges[i];

        if (i == map->count || range->base > at) {
            uint64_t gap_end = i < map->count && range->base < end ? range->base : end;

            insert_at(map, i, at, gap_end, type);
        } else if (range->type < type) {
            range->type = type;
        }
    }
    merge(map, first == 0 ? 0 : first - 1, end);
    return true;
}

static uint32_t firmware_type(uint32_t type)
{
    switch (type) {
    case 1:
        return BOOT_MEMORY_USABLE;
    case 3:
        return BOOT_MEMORY_ACPI_RECLAIMABLE;
    case 4:
        return BOOT_MEMORY_ACPI_NVS;
    case 5:
        return BOOT_MEMORY_BAD;
    default:
        return BOOT_MEMORY_RESERVED;
    }
}

bool memory_map_add_firmware(struct memory_map *map, uint64_t base, uint64_t size, uint32_t type,
                             uint32_t bytes, uint32_t attributes)
{
    bool wraps = size != 0 && base + (size - 1) < base;

    if (bytes >= 24 && (attributes & 1) == 0)
        return true;
    if (wraps && firmware_type(type) == BOOT_MEMORY_USABLE)
        return true;
    return memory_map_add(map, base, size, firmware_type(type));
}

bool memory_map_align(const struct memory_map *map, struct memory_map *pages, uint64_t usable_limit)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct boot_memory *range = &map->ranges[i];
        uint64_t base = range->base & ~(PAGE_SIZE - 1);
        uint64_t end = (range_end(range) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

        if (range->type == BOOT_MEMORY_USABLE) {
            base = (range->base + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
            end = range_end(range) & ~(PAGE_SIZE - 1);
            if (end > usable_limit)
                end = usable_limit;
        }
        if (base < end && !memory_map_add(pages, base, end - base, range->type))
            return false;
    }
    return true;
}

/* Cuts a usable range to [low, high), its start to `alignment`. Result: false if nothing is left.
 */
static bool usable_within(const struct boot_memory *range, uint64_t alignment, uint64_t low,
                          uint64_t high, struct boot_memory *part)
{
    uint64_t base = range->base > low ? range->base : low;
    uint64_t end = range_end(range) < high ? range_end(range) : high;

    base = (base + alignment - 1) & ~(alignment - 1);
    *part = (struct boot_memory){.base = base, .type = range->type};
    if (range->type != BOOT_MEMORY_USABLE || base >= end)
        return false;
    part->size = end - base;
    return true;
}

uint64_t memory_map_take(struct memory_map *map, uint64_t size, uint64_t alignment, uint64_t low,
                         uint64_t high, uint32_t type)
{
    if (size == 0 || size > MEMORY_LIMIT)
        return 0;
    size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    for (uint32_t i = 0; i < map->count; i++) {
        struct boot_memory part;

        if (usable_within(&map->ranges[i], alignment, low, high, &part) && part.size >= size)
            return memory_map_add(map, part.base, size, type) ? part.base : 0;
    }
    return 0;
}

struct boot_memory memory_map_largest(const struct memory_map *map, uint64_t low, uint64_t high)
{
    struct boot_memory largest = {.type = BOOT_MEMORY_USABLE};

    for (uint32_t i = 0; i < map->count; i++) {
        struct boot_memory part;

        if (usable_within(&map->ranges[i], PAGE_SIZE, low, high, &part) && part.size > largest.size)
            largest = part;
    }
    return largest;
}

uint64_t memory_map_total(const struct memory_map *map)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < map->count; i++)
        if (map->ranges[i].type <= BOOT_MEMORY_TRACE)
            total += map->ranges[i].size;
    return total;
}
