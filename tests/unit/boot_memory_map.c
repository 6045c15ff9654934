/* The loader's memory map: the rules one by one, real machines, and random maps against a model. */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "boot/memory_map.h"
#include "suite.h"

#define ROOM 512
#define MIB  UINT64_C(0x100000)

static struct boot_memory map_ranges[ROOM], page_ranges[ROOM];
static struct memory_map map, pages;

static void setup(void)
{
    map = (struct memory_map){.ranges = map_ranges, .room = ROOM};
    pages = (struct memory_map){.ranges = page_ranges, .room = ROOM};
}

static void add(uint64_t base, uint64_t size, uint32_t type)
{
    ck_assert(memory_map_add(&map, base, size, type));
}

static void assert_range(const struct memory_map *of, uint32_t i, uint64_t base, uint64_t end,
                         uint32_t type)
{
    ck_assert_uint_lt(i, of->count);
    ck_assert_uint_eq(of->ranges[i].base, base);
    ck_assert_uint_eq(of->ranges[i].base + of->ranges[i].size, end);
    ck_assert_uint_eq(of->ranges[i].type, type);
    ck_assert_uint_eq(of->ranges[i].zero, 0);
}

/* Sorted, free of overlaps, merged, nothing empty: what every map must be. */
static void assert_invariants(const struct memory_map *of)
{
    uint64_t end = 0;
    uint32_t type = 0;

    for (uint32_t i = 0; i < of->count; i++) {
        const struct boot_memory *range = &of->ranges[i];

        if (range->size == 0 || range->base < end || range->base + range->size > MEMORY_LIMIT ||
            (range->base == end && range->type == type))
            ck_abort_msg("range %u is empty, overlaps, or should be merged", i);
        end = range->base + range->size;
        type = range->type;
    }
}

START_TEST(unsorted_and_merged)
{
    add(0x3000, 0x1000, BOOT_MEMORY_USABLE);
    add(0x1000, 0x1000, BOOT_MEMORY_USABLE);
    add(0x5000, 0x1000, BOOT_MEMORY_RESERVED);
    ck_assert_uint_eq(map.count, 3);
    add(0x2000, 0x1000, BOOT_MEMORY_USABLE);
    ck_assert_uint_eq(map.count, 2);
    assert_range(&map, 0, 0x1000, 0x4000, BOOT_MEMORY_USABLE);
    assert_range(&map, 1, 0x5000, 0x6000, BOOT_MEMORY_RESERVED);
}
END_TEST

START_TEST(restrictive_type_wins_either_way)
{
    for (int order = 0; order < 2; order++) {
        setup();
        add(0x1000, 0x3000, order ? BOOT_MEMORY_USABLE : BOOT_MEMORY_RESERVED);
        add(0x2000, 0x4000, order ? BOOT_MEMORY_RESERVED : BOOT_MEMORY_USABLE);
        ck_assert_uint_eq(map.count, 2);
        if (order) {
            assert_range(&map, 0, 0x1000, 0x2000, BOOT_MEMORY_USABLE);
            assert_range(&map, 1, 0x2000, 0x6000, BOOT_MEMORY_RESERVED);
        } else {
            assert_range(&map, 0, 0x1000, 0x4000, BOOT_MEMORY_RESERVED);
            assert_range(&map, 1, 0x4000, 0x6000, BOOT_MEMORY_USABLE);
        }
    }
}
END_TEST

START_TEST(hole_is_cut_and_filled)
{
    add(0x1000, 0x9000, BOOT_MEMORY_USABLE);
    add(0x4000, 0x1000, BOOT_MEMORY_BAD);
    ck_assert_uint_eq(map.count, 3);
    assert_range(&map, 1, 0x4000, 0x5000, BOOT_MEMORY_BAD);
    assert_range(&map, 2, 0x5000, 0xa000, BOOT_MEMORY_USABLE);
    add(0, 0x10000, BOOT_MEMORY_BAD);
    ck_assert_uint_eq(map.count, 1);
    assert_range(&map, 0, 0, 0x10000, BOOT_MEMORY_BAD);
}
END_TEST

START_TEST(empty_and_beyond_the_limit)
{
    add(0x1000, 0, BOOT_MEMORY_BAD);
    add(MEMORY_LIMIT, 0x1000, BOOT_MEMORY_BAD);
    ck_assert_uint_eq(map.count, 0);
    add(MEMORY_LIMIT - 0x1000, UINT64_MAX, BOOT_MEMORY_RESERVED);
    assert_range(&map, 0, MEMORY_LIMIT - 0x1000, MEMORY_LIMIT, BOOT_MEMORY_RESERVED);
}
END_TEST

START_TEST(no_room_changes_nothing)
{
    map.room = 4;
    add(0x1000, 0x1000, BOOT_MEMORY_USABLE);
    add(0x3000, 0x1000, BOOT_MEMORY_RESERVED);
    ck_assert(!memory_map_add(&map, 0, 0x10000, BOOT_MEMORY_LOADER));
    ck_assert_uint_eq(map.count, 2);
    assert_range(&map, 0, 0x1000, 0x2000, BOOT_MEMORY_USABLE);
    assert_range(&map, 1, 0x3000, 0x4000, BOOT_MEMORY_RESERVED);
    pages.room = 1;
    ck_assert(!memory_map_align(&map, &pages, DIRECT_MAP_SIZE));
}
END_TEST

static void firmware(uint64_t base, uint64_t size, uint32_t type, uint32_t bytes, uint32_t flags)
{
    ck_assert(memory_map_add_firmware(&map, base, size, type, bytes, flags));
}

START_TEST(firmware_types)
{
    static const uint32_t types[] = {BOOT_MEMORY_RESERVED, BOOT_MEMORY_USABLE,
                                     BOOT_MEMORY_RESERVED, BOOT_MEMORY_ACPI_RECLAIMABLE,
                                     BOOT_MEMORY_ACPI_NVS, BOOT_MEMORY_BAD,
                                     BOOT_MEMORY_RESERVED, BOOT_MEMORY_RESERVED};

    for (uint32_t type = 0; type < 8; type++) {
        setup();
        firmware(0x1000, 0x1000, type == 7 ? 0xffffffff : type, 20, 0);
        assert_range(&map, 0, 0x1000, 0x2000, types[type]);
    }
}
END_TEST

START_TEST(firmware_attributes)
{
    firmware(0x1000, 0x1000, 1, 24, 0); /* "ignore me" */
    ck_assert_uint_eq(map.count, 0);
    firmware(0x1000, 0x1000, 1, 20, 0); /* an entry of 20 bytes has no such field */
    firmware(0x4000, 0x1000, 1, 24, 1);
    ck_assert_uint_eq(map.count, 2);
}
END_TEST

START_TEST(firmware_wraps)
{
    firmware(UINT64_MAX - 0xfff, 0x2000, 1, 20, 0);
    firmware(MIB, UINT64_MAX, 1, 20, 0); /* would make everything usable */
    ck_assert_uint_eq(map.count, 0);
    firmware(MIB, UINT64_MAX, 2, 20, 0);
    assert_range(&map, 0, MIB, MEMORY_LIMIT, BOOT_MEMORY_RESERVED);
    setup();
    firmware(UINT64_MAX - 0xfff, 0x1000, 2, 20, 0); /* ends with the address space: no wrap */
    ck_assert_uint_eq(map.count, 0);
}
END_TEST

START_TEST(fragments_within_a_page)
{
    add(0x1000, 0x800, BOOT_MEMORY_USABLE);
    add(0x1800, 0x1800, BOOT_MEMORY_USABLE); /* together whole pages */
    add(0x5000, 0x10, BOOT_MEMORY_ACPI_NVS);
    add(0x5010, 0x10, BOOT_MEMORY_RESERVED);
    add(0x5020, 0xfe0, BOOT_MEMORY_USABLE);
    add(0x8ff0, 0x1020, BOOT_MEMORY_USABLE); /* one whole page within */
    add(0xb001, 0xffe, BOOT_MEMORY_USABLE);  /* none */
    ck_assert(memory_map_align(&map, &pages, DIRECT_MAP_SIZE));
    ck_assert_uint_eq(pages.count, 3);
    assert_range(&pages, 0, 0x1000, 0x3000, BOOT_MEMORY_USABLE);
    assert_range(&pages, 1, 0x5000, 0x6000, BOOT_MEMORY_RESERVED);
    assert_range(&pages, 2, 0x9000, 0xa000, BOOT_MEMORY_USABLE);
}
END_TEST

START_TEST(odd_kilobyte_of_base_memory)
{
    add(0, 0x93c00, BOOT_MEMORY_USABLE);
    add(0x93c00, 0xc400, BOOT_MEMORY_RESERVED);
    ck_assert(memory_map_align(&map, &pages, DIRECT_MAP_SIZE));
    assert_range(&pages, 0, 0, 0x93000, BOOT_MEMORY_USABLE);
    assert_range(&pages, 1, 0x93000, 0xa0000, BOOT_MEMORY_RESERVED);
}
END_TEST

START_TEST(usable_ends_at_the_limit)
{
    add(4096 * MIB, DIRECT_MAP_SIZE, BOOT_MEMORY_USABLE);
    add(DIRECT_MAP_SIZE + 8192 * MIB, MIB, BOOT_MEMORY_RESERVED);
    ck_assert(memory_map_align(&map, &pages, DIRECT_MAP_SIZE));
    assert_range(&pages, 0, 4096 * MIB, DIRECT_MAP_SIZE, BOOT_MEMORY_USABLE);
    assert_range(&pages, 1, DIRECT_MAP_SIZE + 8192 * MIB, DIRECT_MAP_SIZE + 8193 * MIB,
                 BOOT_MEMORY_RESERVED);
}
END_TEST

START_TEST(take_finds_the_lowest_fit)
{
    add(0, 0xa0000, BOOT_MEMORY_USABLE);
    add(MIB, MIB, BOOT_MEMORY_USABLE);
    add(3 * MIB, 61 * MIB, BOOT_MEMORY_USABLE);
    ck_assert_uint_eq(memory_map_take(&map, 1, PAGE_SIZE, MIB, 64 * MIB, BOOT_MEMORY_KERNEL), MIB);
    assert_range(&map, 1, MIB, MIB + PAGE_SIZE, BOOT_MEMORY_KERNEL);
    ck_assert_uint_eq(memory_map_take(&map, MIB, PAGE_SIZE, MIB, 64 * MIB, BOOT_MEMORY_ARCHIVE),
                      3 * MIB);
    ck_assert_uint_eq(memory_map_take(&map, 4 * MIB, 2 * MIB, MIB, 64 * MIB, BOOT_MEMORY_TRACE),
                      4 * MIB);
    ck_assert_uint_eq(memory_map_take(&map, 57 * MIB, PAGE_SIZE, MIB, 64 * MIB, BOOT_MEMORY_TRACE),
                      0);
    ck_assert_uint_eq(memory_map_take(&map, 56 * MIB, PAGE_SIZE, MIB, 64 * MIB, BOOT_MEMORY_TRACE),
                      8 * MIB);
    ck_assert_uint_eq(memory_map_take(&map, 0, PAGE_SIZE, MIB, 64 * MIB, BOOT_MEMORY_TRACE), 0);
    ck_assert_uint_eq(
        memory_map_take(&map, UINT64_MAX, PAGE_SIZE, MIB, 64 * MIB, BOOT_MEMORY_TRACE), 0);
    assert_invariants(&map);
}
END_TEST

START_TEST(take_stays_below_its_limit)
{
    add(4 * MIB, 4 * MIB, BOOT_MEMORY_USABLE);
    ck_assert_uint_eq(memory_map_take(&map, 2 * MIB, PAGE_SIZE, MIB, 5 * MIB, BOOT_MEMORY_TRACE),
                      0);
    ck_assert_uint_eq(memory_map_take(&map, MIB, PAGE_SIZE, MIB, 5 * MIB, BOOT_MEMORY_TRACE),
                      4 * MIB);
    ck_assert_uint_eq(memory_map_take(&map, MIB, PAGE_SIZE, MIB, 5 * MIB, BOOT_MEMORY_TRACE), 0);
    ck_assert_uint_eq(memory_map_largest(&map, MIB, 7 * MIB).base, 5 * MIB);
    ck_assert_uint_eq(memory_map_largest(&map, MIB, 7 * MIB).size, 2 * MIB);
    ck_assert_uint_eq(memory_map_largest(&map, MIB, 4 * MIB).size, 0);
    ck_assert_uint_eq(memory_map_total(&map), 4 * MIB);
}
END_TEST

/* The model: one byte of type for each cell of memory. */
#define CELLS 512

static uint32_t model[CELLS];

static uint32_t page_of_model(uint32_t page, uint32_t cells_a_page)
{
    const uint32_t *cells = model + page * cells_a_page;
    uint32_t strongest = 0;
    int usable = 0;

    for (uint32_t i = 0; i < cells_a_page; i++) {
        if (cells[i] > strongest)
            strongest = cells[i];
        usable += cells[i] == BOOT_MEMORY_USABLE;
    }
    if (strongest == BOOT_MEMORY_USABLE && usable < (int)cells_a_page)
        return 0;
    return strongest;
}

static uint32_t type_at(const struct memory_map *of, uint64_t address)
{
    for (uint32_t i = 0; i < of->count; i++)
        if (address >= of->ranges[i].base && address - of->ranges[i].base < of->ranges[i].size)
            return of->ranges[i].type;
    return 0;
}

static void compare_with_model(uint32_t cell_size)
{
    uint32_t cells_a_page = (uint32_t)PAGE_SIZE / cell_size;

    assert_invariants(&map);
    assert_invariants(&pages);
    for (uint32_t i = 0; i < CELLS; i++)
        if (type_at(&map, i * cell_size) != model[i])
            ck_abort_msg("cell %u of %u bytes should be %u", i, cell_size, model[i]);
    for (uint32_t page = 0; page < CELLS / cells_a_page; page++)
        if (type_at(&pages, page * PAGE_SIZE) != page_of_model(page, cells_a_page))
            ck_abort_msg("page %u should be %u", page, page_of_model(page, cells_a_page));
    for (uint32_t i = 0; i < pages.count; i++)
        ck_assert_uint_eq((pages.ranges[i].base | pages.ranges[i].size) % PAGE_SIZE, 0);
}

START_TEST(random_maps_match_the_model)
{
    srand((unsigned int)_i + 1);
    for (int round = 0; round < 300; round++) {
        uint32_t cell_size = 16u << (rand() % 8);

        setup();
        memset(model, 0, sizeof(model));
        for (int n = rand() % 30; n > 0; n--) {
            uint32_t first = (uint32_t)rand() % CELLS;
            uint32_t count = (uint32_t)rand() % (rand() % 4 ? 24 : CELLS);
            uint32_t type = (uint32_t)rand() % BOOT_MEMORY_BAD + 1;

            if (rand() % 2)
                type = BOOT_MEMORY_USABLE;
            add((uint64_t)first * cell_size, (uint64_t)count * cell_size, type);
            for (uint32_t i = first; i < CELLS && i < first + count; i++)
                if (model[i] < type)
                    model[i] = type;
            /* What lies beyond the model's end is not compared. */
        }
        ck_assert(memory_map_align(&map, &pages, DIRECT_MAP_SIZE));
        compare_with_model(cell_size);
    }
}
END_TEST

static uint32_t type_named(const char *name)
{
    if (strcmp(name, "usable") == 0)
        return 1;
    if (strcmp(name, "acpi") == 0)
        return 3;
    return strcmp(name, "nvs") == 0 ? 4 : 2;
}

static void add_machine(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[200], name[20];
    unsigned long long first, last;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "%llx %llx %19s", &first, &last, name) == 3)
            firmware(first, last - first + 1, type_named(name), 24, 1);
    fclose(file);
}

START_TEST(real_machines)
{
    glob_t paths;

    ck_assert_int_eq(glob("tests/unit/data/e820/*.txt", 0, NULL, &paths), 0);
    ck_assert_uint_ge(paths.gl_pathc, 6);
    for (size_t i = 0; i < paths.gl_pathc; i++) {
        setup();
        add_machine(paths.gl_pathv[i]);
        ck_assert(memory_map_align(&map, &pages, DIRECT_MAP_SIZE));
        assert_invariants(&pages);
        ck_assert_uint_gt(memory_map_total(&pages), 100 * MIB);
        /* What the loader needs: its low memory, and a piece above 1 MiB. */
        ck_assert_uint_ne(
            memory_map_take(&pages, 4 * MIB, 2 * MIB, MIB, 1024 * MIB, BOOT_MEMORY_TRACE), 0);
    }
    globfree(&paths);
}
END_TEST

START_TEST(a_real_machine_in_full)
{
    add_machine("tests/unit/data/e820/hp-dm1-4g.txt");
    ck_assert(memory_map_align(&map, &pages, DIRECT_MAP_SIZE));
    assert_range(&pages, 0, 0, 0x9f000, BOOT_MEMORY_USABLE);
    assert_range(&pages, 1, 0x9f000, 0xa0000, BOOT_MEMORY_RESERVED);
    assert_range(&pages, 2, 0xe0000, 0x100000, BOOT_MEMORY_RESERVED);
    assert_range(&pages, 3, 0x100000, 0xdf9bf000, BOOT_MEMORY_USABLE);
    assert_range(&pages, 4, 0xdf9bf000, 0xdfabf000, BOOT_MEMORY_RESERVED);
    assert_range(&pages, 5, 0xdfabf000, 0xdfbbf000, BOOT_MEMORY_ACPI_NVS);
    assert_range(&pages, 6, 0xdfbbf000, 0xdfbf5000, BOOT_MEMORY_ACPI_RECLAIMABLE);
    assert_range(&pages, 7, 0xdfbf5000, 0xdfc00000, BOOT_MEMORY_USABLE);
    assert_range(&pages, pages.count - 1, 0x107000000, 0x11f000000, BOOT_MEMORY_RESERVED);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, unsorted_and_merged);
    tcase_add_test(tests, restrictive_type_wins_either_way);
    tcase_add_test(tests, hole_is_cut_and_filled);
    tcase_add_test(tests, empty_and_beyond_the_limit);
    tcase_add_test(tests, no_room_changes_nothing);
    tcase_add_test(tests, firmware_types);
    tcase_add_test(tests, firmware_attributes);
    tcase_add_test(tests, firmware_wraps);
    tcase_add_test(tests, fragments_within_a_page);
    tcase_add_test(tests, odd_kilobyte_of_base_memory);
    tcase_add_test(tests, usable_ends_at_the_limit);
    tcase_add_test(tests, take_finds_the_lowest_fit);
    tcase_add_test(tests, take_stays_below_its_limit);
    tcase_add_loop_test(tests, random_maps_match_the_model, 0, 8);
    tcase_add_test(tests, real_machines);
    tcase_add_test(tests, a_real_machine_in_full);
}

int main(void)
{
    Suite *suite = suite_create("boot memory map");
    TCase *tests = tcase_create("map");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 60); /* seconds; a loaded machine is slow */
    add_tests(tests);
    return suite_finish(suite, tests);
}
