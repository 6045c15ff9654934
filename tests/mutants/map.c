/* The firmware's memory map: 24 bytes an entry, as INT 15h gives them, in any order. */
#include "mutants.h"

#include "abi/layout.h"
#include "boot/memory_map.h"

#define ROOM 512u

struct entry {
    uint64_t base, size;
    uint32_t type, attributes;
};

/* Sorted, apart from one another, and within the limit. */
static void map_check(const struct memory_map *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct boot_memory *range = &map->ranges[i];

        must(range->size > 0 && range->base <= MEMORY_LIMIT &&
             range->size <= MEMORY_LIMIT - range->base);
        must(i == 0 || map->ranges[i - 1].base + map->ranges[i - 1].size <= range->base);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct boot_memory *ranges = calloc(2 * ROOM, sizeof(*ranges));
    struct memory_map map = {ranges, 0, ROOM}, pages = {ranges + ROOM, 0, ROOM};

    for (; size >= sizeof(struct entry);
         bytes += sizeof(struct entry), size -= sizeof(struct entry)) {
        struct entry entry;

        memcpy(&entry, bytes, sizeof(entry));
        memory_map_add_firmware(&map, entry.base, entry.size, entry.type,
                                entry.attributes & 4 ? 20 : 24, entry.attributes);
        map_check(&map);
    }
    if (memory_map_align(&map, &pages, UINT64_C(1) << 44)) {
        map_check(&pages);
        for (uint32_t i = 0; i < pages.count; i++)
            must((pages.ranges[i].base | pages.ranges[i].size) % PAGE_SIZE == 0);
        memory_map_take(&pages, 0x5000, PAGE_SIZE, 0x100000, UINT64_C(1) << 32, BOOT_MEMORY_LOADER);
        map_check(&pages);
    }
    free(ranges);
    return 0;
}
