/* Page tables: what may be mapped, with which pages; the space that the kernel starts in. */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "boot/space.h"
#include "boot/tables.h"
#include "suite.h"

#define POOL_BASE UINT64_C(0x600000)
#define POOL_SIZE (UINT64_C(64) * PAGE_SIZE)
#define MIB       (UINT64_C(1) << 20)
#define GIB       (UINT64_C(1) << 30)
#define HALF      (UINT64_C(1) << 47)

static unsigned char *pool;
static struct tables tables;

static void setup(void)
{
    pool = aligned_alloc(PAGE_SIZE, POOL_SIZE);
    memset(pool, 0xee, POOL_SIZE); /* memory is never clean */
    ck_assert_int_eq(tables_open(&tables, POOL_BASE, pool, POOL_SIZE), TABLE_OK);
}

static void teardown(void)
{
    free(pool);
}

/* Walks as the processor does. Result: the entry, 0 if nothing is mapped; `shift` its page's size.
 */
static uint64_t walk(uint64_t address, unsigned int *shift)
{
    uint64_t table = POOL_BASE;

    for (*shift = 39;; *shift -= 9) {
        const uint64_t *entries = (const void *)(pool + (table - POOL_BASE));
        uint64_t entry = entries[(address >> *shift) % 512];

        if (!(entry & TABLE_PRESENT))
            return 0;
        if (*shift == 12 || (entry & TABLE_LARGE))
            return entry;
        table = entry & TABLE_ADDRESS;
    }
}

/* Result: the physical address that `address` means, or UINT64_MAX. */
static uint64_t physical(uint64_t address)
{
    unsigned int shift;
    uint64_t entry = walk(address, &shift);
    uint64_t mask = (UINT64_C(1) << shift) - 1;

    return entry == 0 ? UINT64_MAX : (entry & TABLE_ADDRESS & ~mask) | (address & mask);
}

static unsigned int page_shift(uint64_t address)
{
    unsigned int shift;

    return walk(address, &shift) == 0 ? 0 : shift;
}

static bool writable(uint64_t address)
{
    unsigned int shift;

    return walk(address, &shift) & TABLE_WRITABLE;
}

static bool executable(uint64_t address)
{
    unsigned int shift;
    uint64_t entry = walk(address, &shift);

    return entry != 0 && !(entry & TABLE_NO_EXECUTE);
}

static enum table_error map(uint64_t address, uint64_t to, uint64_t size, enum table_access access)
{
    return tables_map(&tables, address, to, size, access, TABLE_PAGE_1G);
}

START_TEST(access)
{
    ck_assert_int_eq(map(0x1000, 0x5000, 0x1000, TABLE_READ), TABLE_OK);
    ck_assert_int_eq(map(0x2000, 0x6000, 0x1000, TABLE_WRITE), TABLE_OK);
    ck_assert_int_eq(map(0x3000, 0x7000, 0x1000, TABLE_EXECUTE), TABLE_OK);
    ck_assert_int_eq(map(0x4000, 0x8000, 0x1000, TABLE_WRITE | TABLE_EXECUTE), TABLE_BAD_ACCESS);
    ck_assert(!writable(0x1000) && !executable(0x1000));
    ck_assert(writable(0x2000) && !executable(0x2000));
    ck_assert(!writable(0x3000) && executable(0x3000));
    ck_assert_uint_eq(physical(0x1fff), 0x5fff);
    ck_assert_uint_eq(physical(0x2000), 0x6000);
    ck_assert_uint_eq(physical(0), UINT64_MAX);
    ck_assert_uint_eq(physical(0x4000), UINT64_MAX);
}
END_TEST

START_TEST(page_sizes)
{
    /* 4 KiB up to the first 2 MiB boundary, 2 MiB up to the first GiB, then GiB, and down again. */
    uint64_t base = GIB - 2 * MIB - PAGE_SIZE;

    ck_assert_int_eq(map(base, base, PAGE_SIZE + 2 * MIB + GIB + 2 * MIB + PAGE_SIZE, TABLE_WRITE),
                     TABLE_OK);
    ck_assert_uint_eq(page_shift(base), TABLE_PAGE_4K);
    ck_assert_uint_eq(page_shift(base + PAGE_SIZE), TABLE_PAGE_2M);
    ck_assert_uint_eq(page_shift(GIB), TABLE_PAGE_1G);
    ck_assert_uint_eq(page_shift(2 * GIB), TABLE_PAGE_2M);
    ck_assert_uint_eq(page_shift(2 * GIB + 2 * MIB), TABLE_PAGE_4K);
    ck_assert_uint_eq(page_shift(2 * GIB + 2 * MIB + PAGE_SIZE), 0);
    ck_assert_uint_eq(physical(GIB + 12345), GIB + 12345);
    /* Both addresses must be aligned, and no page may be larger than asked. */
    ck_assert_int_eq(map(8 * GIB, 2 * MIB, GIB, TABLE_READ), TABLE_OK);
    ck_assert_uint_eq(page_shift(8 * GIB), TABLE_PAGE_2M);
    ck_assert_int_eq(tables_map(&tables, 16 * GIB, 0, GIB, TABLE_READ, TABLE_PAGE_2M), TABLE_OK);
    ck_assert_uint_eq(page_shift(16 * GIB), TABLE_PAGE_2M);
    ck_assert_int_eq(tables_map(&tables, 32 * GIB, 0, 2 * MIB, TABLE_READ, TABLE_PAGE_4K),
                     TABLE_OK);
    ck_assert_uint_eq(page_shift(32 * GIB), TABLE_PAGE_4K);
}
END_TEST

START_TEST(overlaps)
{
    ck_assert_int_eq(map(4 * MIB, 4 * MIB, 2 * MIB, TABLE_WRITE), TABLE_OK);
    ck_assert_int_eq(map(4 * MIB, 4 * MIB, 2 * MIB, TABLE_WRITE), TABLE_OVERLAP);
    ck_assert_int_eq(map(5 * MIB, 0, PAGE_SIZE, TABLE_READ), TABLE_OVERLAP);
    ck_assert_int_eq(map(0, 0, GIB, TABLE_READ), TABLE_OVERLAP);
    ck_assert_int_eq(map(8 * MIB, 0, PAGE_SIZE, TABLE_READ), TABLE_OK);
    ck_assert_int_eq(map(8 * MIB, 0, 2 * MIB, TABLE_READ), TABLE_OVERLAP);
    ck_assert_int_eq(map(8 * MIB, 0, PAGE_SIZE, TABLE_READ), TABLE_OVERLAP);
}
END_TEST

START_TEST(bad_ranges)
{
    const struct {
        uint64_t address, physical, size;
    } bad[] = {
        {0x1000, 0x1000, 0},
        {0x1001, 0x1000, 0x1000},
        {0x1000, 0x1001, 0x1000},
        {0x1000, 0x1000, 0x1001},
        {HALF - 0x1000, 0, 0x2000},
        {HALF, 0, 0x1000},
        {-HALF - 0x1000, 0, 0x1000},
        {-UINT64_C(0x1000), 0, 0x2000},
        {0x1000, UINT64_C(1) << 52, 0x1000},
        {0x1000, (UINT64_C(1) << 52) - 0x1000, 0x2000},
        {0x1000, 0x1000, -UINT64_C(0x1000)},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(map(bad[i].address, bad[i].physical, bad[i].size, TABLE_READ) ==
                          TABLE_BAD_RANGE,
                      "case %zu was taken", i);
    ck_assert_int_eq(map(HALF - 0x1000, 0, 0x1000, TABLE_READ), TABLE_OK);
    ck_assert_int_eq(map(-HALF, 0, 0x1000, TABLE_READ), TABLE_OK);
    ck_assert_int_eq(map(-UINT64_C(0x1000), 0, 0x1000, TABLE_READ), TABLE_OK);
}
END_TEST

START_TEST(pools)
{
    struct tables other;

    ck_assert_int_eq(tables_open(&other, POOL_BASE, pool, PAGE_SIZE - 1), TABLE_NO_ROOM);
    ck_assert_int_eq(tables_open(&other, 0, pool, POOL_SIZE), TABLE_BAD_RANGE);
    ck_assert_int_eq(tables_open(&other, POOL_BASE + 8, pool, POOL_SIZE), TABLE_BAD_RANGE);
    for (uint64_t pages = 1; pages < 4; pages++) {
        ck_assert_int_eq(tables_open(&other, POOL_BASE, pool, pages * PAGE_SIZE), TABLE_OK);
        ck_assert_int_eq(tables_map(&other, 0, 0, PAGE_SIZE, TABLE_READ, TABLE_PAGE_4K),
                         TABLE_NO_ROOM);
        ck_assert_uint_eq(other.used, pages * PAGE_SIZE);
    }
    ck_assert_int_eq(tables_open(&other, POOL_BASE, pool, 4 * PAGE_SIZE), TABLE_OK);
    ck_assert_int_eq(tables_map(&other, 0, 0, PAGE_SIZE, TABLE_READ, TABLE_PAGE_4K), TABLE_OK);
    ck_assert_uint_eq(other.used, 4 * PAGE_SIZE);
}
END_TEST

/* Maps random ranges of a small window and compares each page with a model. */
START_TEST(random_ranges_match_the_model)
{
    enum { PAGES = 2048 };
    static uint64_t model[PAGES]; /* physical address + 1, 0 if unmapped */
    const uint64_t window = GIB - PAGES / 2 * PAGE_SIZE;

    srand((unsigned int)_i + 1);
    memset(model, 0, sizeof(model));
    for (int round = 0; round < 200; round++) {
        uint64_t first = (uint64_t)rand() % PAGES;
        uint64_t count = (uint64_t)rand() % (rand() % 3 ? 8 : PAGES - first) + 1;
        uint64_t to = ((uint64_t)rand() % 4 * 512 + (rand() % 2 ? first : 0)) * PAGE_SIZE;
        bool is_free = first + count <= PAGES;

        for (uint64_t i = first; i < first + count && is_free; i++)
            is_free = model[i] == 0;
        if (!is_free)
            continue; /* an error may map a part of a range */
        ck_assert_int_eq(map(window + first * PAGE_SIZE, to, count * PAGE_SIZE, TABLE_READ),
                         TABLE_OK);
        for (uint64_t i = 0; i < count; i++)
            model[first + i] = to + i * PAGE_SIZE + 1;
    }
    for (uint64_t i = 0; i < PAGES; i++)
        if (physical(window + i * PAGE_SIZE) != model[i] - 1)
            ck_abort_msg("page %ju is not mapped as it should be", (uintmax_t)i);
}
END_TEST

/* Looks at every mapped page. Result: pages that are writable and executable, or the user's. */
static unsigned int loose_pages(uint64_t table, unsigned int shift)
{
    const uint64_t *entries = (const void *)(pool + (table - POOL_BASE));
    unsigned int loose = 0;

    for (unsigned int i = 0; i < 512; i++) {
        if (!(entries[i] & TABLE_PRESENT))
            continue;
        loose += (entries[i] & 4) != 0;
        if (shift > 12 && !(entries[i] & TABLE_LARGE))
            loose += loose_pages(entries[i] & TABLE_ADDRESS, shift - 9);
        else
            loose += (entries[i] & TABLE_WRITABLE) && !(entries[i] & TABLE_NO_EXECUTE);
    }
    return loose;
}

static const struct elf_image kernel = {
    .entry = KERNEL_BASE + 0x2000,
    .base = KERNEL_BASE,
    .size = 0x9000,
    .segments = {{0, 0x1800, KERNEL_BASE, 0x1800, ELF_READ},
                 {0x2000, 0x800, KERNEL_BASE + 0x2000, 0x800, ELF_READ | ELF_EXECUTE},
                 {0x3010, 0x20, KERNEL_BASE + 0x4010, 0x4fe0, ELF_READ | ELF_WRITE}},
};

static struct boot_memory memory[] = {
    {0x1000, 0x9e000, BOOT_MEMORY_USABLE, 0},
    {MIB, 3 * GIB, BOOT_MEMORY_USABLE, 0},
    {4 * GIB, 2 * GIB + 3 * MIB, BOOT_MEMORY_USABLE, 0},
    {6 * GIB + 3 * MIB, MIB / 2, BOOT_MEMORY_ACPI_NVS, 0}, /* shares its large page */
    {7 * GIB, GIB, BOOT_MEMORY_RESERVED, 0},
    {600 * GIB, MIB, BOOT_MEMORY_USABLE, 0},
    {DIRECT_MAP_SIZE - GIB, 2 * GIB, BOOT_MEMORY_ACPI_NVS, 0}, /* more than the direct map covers */
};

static void build_space(enum table_page largest)
{
    const struct memory_map memory_map = {memory, sizeof(memory) / sizeof(memory[0]),
                                          sizeof(memory) / sizeof(memory[0])};
    const struct space space = {
        .map = &memory_map,
        .kernel = &kernel,
        .kernel_base = 0x700000,
        .stack_base = 0x800000,
        .code_base = 0xa000,
        .code_end = 0xe000,
        .largest = largest,
    };

    ck_assert_int_eq(space_build(&tables, &space), TABLE_OK);
    ck_assert_uint_eq(loose_pages(POOL_BASE, 39), 0);
}

static void check_direct_map(uint64_t low_shift)
{
    static const uint64_t inside[] = {0,
                                      0xfee00000,
                                      4 * GIB - 1,
                                      4 * GIB,
                                      6 * GIB + 3 * MIB - 1,
                                      6 * GIB + 3 * MIB + MIB / 2,
                                      600 * GIB};

    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        ck_assert_uint_eq(physical(DIRECT_MAP_BASE + inside[i]), inside[i]);
        ck_assert(writable(DIRECT_MAP_BASE + inside[i]));
        ck_assert(!executable(DIRECT_MAP_BASE + inside[i]));
    }
    ck_assert_uint_eq(page_shift(DIRECT_MAP_BASE + GIB), low_shift);
    /* the kernel's code and constants are in 4 KiB pages that are not writable here either */
    for (uint64_t at = 0x6ff000; at < 0x710000; at += PAGE_SIZE)
        ck_assert(writable(DIRECT_MAP_BASE + at) ==
                  !(at == 0x700000 || at == 0x701000 || at == 0x702000));
    ck_assert_uint_eq(physical(DIRECT_MAP_BASE + 6 * GIB + 4 * MIB), UINT64_MAX);
    ck_assert_uint_eq(physical(DIRECT_MAP_BASE + 7 * GIB), UINT64_MAX);
    ck_assert_uint_eq(physical(DIRECT_MAP_BASE + 600 * GIB + 2 * MIB), UINT64_MAX);
    ck_assert_uint_eq(physical(DIRECT_MAP_BASE + DIRECT_MAP_SIZE - 1), DIRECT_MAP_SIZE - 1);
    ck_assert_uint_eq(physical(DIRECT_MAP_BASE + DIRECT_MAP_SIZE), UINT64_MAX);
}

START_TEST(space_direct_map)
{
    build_space(TABLE_PAGE_1G);
    check_direct_map(TABLE_PAGE_1G);
    teardown();
    setup();
    build_space(TABLE_PAGE_2M);
    check_direct_map(TABLE_PAGE_2M);
}
END_TEST

START_TEST(space_kernel)
{
    build_space(TABLE_PAGE_1G);
    ck_assert_uint_eq(physical(KERNEL_BASE + 0x1800), 0x701800);
    ck_assert(!writable(KERNEL_BASE + 0x1000) && !executable(KERNEL_BASE + 0x1000));
    ck_assert(!writable(KERNEL_BASE + 0x2000) && executable(KERNEL_BASE + 0x2000));
    ck_assert(writable(KERNEL_BASE + 0x4000) && !executable(KERNEL_BASE + 0x4000));
    ck_assert_uint_eq(physical(KERNEL_BASE + 0x3000), UINT64_MAX);
    ck_assert_uint_eq(physical(KERNEL_BASE + 0x8fef), 0x708fef);
    ck_assert_uint_eq(physical(KERNEL_BASE + 0x9000), UINT64_MAX);
    ck_assert_uint_eq(page_shift(KERNEL_BASE), TABLE_PAGE_4K);
}
END_TEST

START_TEST(space_stack_and_low_memory)
{
    build_space(TABLE_PAGE_1G);
    ck_assert_uint_eq(physical(BOOT_STACK_TOP - 1), 0x800000 + BOOT_STACK_SIZE - 1);
    ck_assert_uint_eq(physical(BOOT_STACK_TOP), UINT64_MAX);
    ck_assert_uint_eq(physical(BOOT_STACK_TOP - BOOT_STACK_SIZE - 1), UINT64_MAX);
    ck_assert_uint_eq(physical(0), UINT64_MAX);
    ck_assert_uint_eq(physical(0x1000), 0x1000);
    ck_assert(executable(0xa000) && executable(0xdfff) && !executable(0xe000));
    ck_assert(!writable(0xa000) && writable(0xe000));
    ck_assert_uint_eq(physical(MIB), UINT64_MAX);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, access);
    tcase_add_test(tests, page_sizes);
    tcase_add_test(tests, overlaps);
    tcase_add_test(tests, bad_ranges);
    tcase_add_test(tests, pools);
    tcase_add_loop_test(tests, random_ranges_match_the_model, 0, 20);
    tcase_add_test(tests, space_direct_map);
    tcase_add_test(tests, space_kernel);
    tcase_add_test(tests, space_stack_and_low_memory);
}

int main(void)
{
    Suite *suite = suite_create("boot tables");
    TCase *tests = tcase_create("tables");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60); /* seconds; a loaded machine is slow */
    add_tests(tests);
    return suite_finish(suite, tests);
}
