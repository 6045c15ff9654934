/* Address spaces against a model with one entry a page. The page tables are a model, too. */
#include <string.h>

#include "abi/layout.h"
#include "abi/start.h"
#include "kernel/frame.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include "kernel/space.h"
#include "kernel/x86/paging.h"
#include "kernel/job.h"
#include "kernel/work.h"
#include "kernel_test.h"

#define PAGES    128u /* in each of the windows that the test looks at */
#define WINDOWS  3u
#define MEMORIES 6u
#define ROOT     UINT64_C(0x7000)
#define STEPS    UINT64_C(2000000)

#define PART_FIRST 5u
#define PART_PAGES 9u

#define SHARED_AT UINT64_C(0x10000000)

/* Where mistakes are likely: both ends of the user half, and where the kernel chooses. */
static const uint64_t windows[WINDOWS] = {USER_BASE, USER_MAP_BASE, USER_TOP - PAGES *PAGE_SIZE};

struct model_page {
    struct memory *memory; /* NULL: not mapped */
    uint64_t offset;
    uint32_t access;
    bool fixed;
    uint64_t table; /* entry in the page tables: physical address | access, 0 for none */
};

/* Bit i: page i of the object is shared with objects that the test does not know. */
static uint64_t shared[MEMORIES];

static struct model_page model[WINDOWS][PAGES];
static struct memory memories[MEMORIES];
static struct memory part; /* of the last of them */
static struct space space;
static struct account account;
int32_t work_left = INT32_MAX;
static unsigned pieces, pieces_left; /* of the heap */

static struct model_page *page_at(uint64_t address)
{
    for (unsigned w = 0; w < WINDOWS; w++)
        if (address >= windows[w] && address < windows[w] + PAGES * PAGE_SIZE)
            return &model[w][(address - windows[w]) / PAGE_SIZE];
    return NULL;
}

void *heap_alloc(struct account *payer, size_t size)
{
    require(payer == &account);
    if (pieces_left == 0)
        return NULL;
    pieces_left--;
    pieces++;
    return calloc(1, size);
}

void heap_free(void *pointer, size_t size)
{
    (void)size;
    pieces--;
    free(pointer);
}

void object_end(struct object *object)
{
    ck_abort_msg("object %p ended", (void *)object);
}

uint64_t memory_pages(const struct memory *memory)
{
    return memory->size >> PAGE_SHIFT;
}

/* A shared page lies elsewhere than the object's own. */
uint64_t memory_page(struct memory *memory, uint64_t index)
{
    require(index < memory_pages(memory));
    return memory->base + (index << PAGE_SHIFT) +
           (shared[memory - memories] >> index & 1 ? SHARED_AT : 0);
}

uint64_t memory_page_own(struct memory *memory, uint64_t index)
{
    if (page_is_shared(memory_page(memory, index))) {
        shared[memory - memories] &= ~(UINT64_C(1) << index);
        space_forget(memory, index << PAGE_SHIFT, PAGE_SIZE);
    }
    return memory_page(memory, index);
}

bool page_is_shared(uint64_t address)
{
    return (address & SHARED_AT) != 0;
}

uint64_t paging_create(struct account *payer)
{
    require(payer == &account);
    return ROOT;
}

bool paging_clear(uint64_t *root, struct account *payer)
{
    require(payer == &account);
    if (*root == FRAME_NONE)
        return true;
    require(*root == ROOT);
    *root = FRAME_NONE;
    return true;
}

bool paging_map(uint64_t root, struct account *payer, uint64_t address, uint64_t page,
                uint32_t access)
{
    struct model_page *entry = page_at(address);

    require(root == ROOT && payer == &account && address % PAGE_SIZE == 0 && page % PAGE_SIZE == 0);
    require(entry && entry->memory && (entry->table == 0 || (access & MAP_WRITE)));
    if (page & SHARED_AT)
        require(access == (entry->access & ~(uint32_t)MAP_WRITE));
    else
        require(access == entry->access);
    entry->table = page | access;
    return true;
}

void paging_unmap(uint64_t root, uint64_t address, uint64_t length)
{
    require(root == ROOT && address % PAGE_SIZE == 0 && length % PAGE_SIZE == 0);
    for (unsigned w = 0; w < WINDOWS; w++)
        for (unsigned i = 0; i < PAGES; i++)
            if (windows[w] + i * PAGE_SIZE - address < length)
                model[w][i].table = 0;
}

uint64_t paging_lookup(uint64_t root, uint64_t address, uint32_t access)
{
    struct model_page *entry = page_at(address);

    require(root == ROOT);
    if (!entry || !entry->table || (access & ~(entry->table & 7)))
        return FRAME_NONE;
    return entry->table & ~(PAGE_SIZE - 1);
}

static void space_make(void)
{
    memset(model, 0, sizeof model);
    for (unsigned i = 0; i < MEMORIES; i++) {
        memories[i] = (struct memory){.size = (UINT64_C(1) << i) * PAGE_SIZE,
                                      .base = (i + 1) * UINT64_C(0x100000)};
        memories[i].object.references = 1;
        list_init(&memories[i].mappings);
        shared[i] = 0;
    }
    part = (struct memory){.size = PART_PAGES * PAGE_SIZE,
                           .base = PART_FIRST * PAGE_SIZE,
                           .kind = MEMORY_PART,
                           .whole = &memories[MEMORIES - 1]};
    pieces = 0;
    pieces_left = UINT32_MAX;
    require(space_init(&space, &account));
}

/* In pieces of all sizes. */
static void space_clear_all(void)
{
    do
        work_left = (int32_t)random_below(10);
    while (!space_clear(&space));
    work_left = INT32_MAX;
}

/* In pieces of all sizes. */
static int64_t unmap_all(uint64_t address, uint64_t length)
{
    uint64_t done = 0;
    int64_t result;

    do
        work_left = (int32_t)random_below(100);
    while ((result = space_unmap(&space, address, length, &done)) == JOB_MORE);
    work_left = INT32_MAX;
    return result;
}

/* Nothing of the range, seen as pages of one window, is mapped. */
static bool range_is_free(const struct model_page *first, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++)
        if (first[i].memory)
            return false;
    return true;
}

static void model_map(uint64_t address, uint64_t pages, struct memory *memory, uint64_t offset,
                      uint32_t access, bool fixed)
{
    for (uint64_t i = 0; i < pages; i++)
        *page_at(address + i * PAGE_SIZE) =
            (struct model_page){memory, offset + i * PAGE_SIZE, access | MAP_READ, fixed, 0};
}

/* What the kernel chooses is free, and so are its neighbours. */
static void chosen_check(uint64_t address, uint64_t pages)
{
    require(address >= USER_MAP_BASE && address + pages * PAGE_SIZE <= USER_MAP_TOP);
    require(range_is_free(page_at(address), pages));
    require(address == windows[1] || !page_at(address)[-1].memory);
    require(!page_at(address)[pages].memory);
}

/* Is a page of the range mapped for writing, and asked for execution, or the other way round? */
static bool range_is_busy(const struct memory *memory, uint64_t offset, uint64_t pages,
                          uint32_t access)
{
    uint32_t other = access & MAP_WRITE ? MAP_EXECUTE : access & MAP_EXECUTE ? MAP_WRITE : 0;

    for (unsigned w = 0; other && w < WINDOWS; w++)
        for (unsigned i = 0; i < PAGES; i++)
            if (model[w][i].memory == memory && (model[w][i].access & other) &&
                model[w][i].offset / PAGE_SIZE - offset < pages)
                return true;
    return false;
}

static void step_map(void)
{
    unsigned w = random_below(WINDOWS), first = random_below(PAGES);
    struct memory *asked = random_below(8) ? &memories[random_below(MEMORIES)] : &part;
    struct memory *memory = asked == &part ? part.whole : asked;
    uint64_t all = memory_pages(asked), offset = random_below((uint32_t)all + 2);
    uint64_t pages = random_below((uint32_t)all + 2), references = memory->object.references;
    uint64_t address = random_below(4) ? windows[w] + first * PAGE_SIZE : 0;
    uint32_t access = random_below(8);
    bool fixed = random_below(50) == 0;
    int64_t result =
        space_map(&space, address, pages * PAGE_SIZE, asked, offset * PAGE_SIZE, access, fixed);
    bool within = offset <= all && pages <= all - offset, busy;

    offset += asked == &part ? PART_FIRST : 0;
    busy = range_is_busy(memory, offset, pages, access);
    if ((access & MAP_WRITE) && (access & MAP_EXECUTE)) {
        require(result == -E_ARGUMENT);
    } else if (pages == 0 || !within) {
        require(result == -E_RANGE);
    } else if (address == 0 && busy) {
        require(result == -E_BUSY);
    } else if (address == 0) {
        require(result > 0);
        if (!page_at((uint64_t)result) || !page_at((uint64_t)result + pages * PAGE_SIZE)) {
            require(unmap_all((uint64_t)result, pages * PAGE_SIZE) ==
                    (fixed ? -E_DENIED : 0)); /* beyond what the test sees */
            if (fixed)
                space_unmap_fixed(&space, (uint64_t)result);
            return;
        }
        chosen_check((uint64_t)result, pages);
        model_map((uint64_t)result, pages, memory, offset * PAGE_SIZE, access, fixed);
    } else if (first + pages > PAGES) {
        if (result == (int64_t)address) /* reaches out of the window: take it back */
            require(unmap_all(address, pages * PAGE_SIZE) == 0 || fixed);
        if (result == (int64_t)address && fixed)
            space_unmap_fixed(&space, address);
        return;
    } else if (!range_is_free(&model[w][first], pages)) {
        require(result == -E_EXISTS && memory->object.references == references);
    } else if (busy) {
        require(result == -E_BUSY);
    } else {
        require(result == (int64_t)address);
        model_map(address, pages, memory, offset * PAGE_SIZE, access, fixed);
    }
    require(memory->object.references == references + (result > 0));
}

static void step_unmap(void)
{
    unsigned w = random_below(WINDOWS), first = random_below(PAGES);
    unsigned pages = random_below(random_below(2) ? 4 : PAGES - first) + 1;
    struct model_page *page = &model[w][first];
    bool fixed = false, found = false;
    int64_t result;

    if (first + pages > PAGES)
        return;
    /* a fixed region denies it all, whichever of its pages is meant */
    for (unsigned i = 0; i < pages; i++) {
        fixed |= page[i].memory && page[i].fixed;
        found |= page[i].memory != NULL;
    }
    result = unmap_all(windows[w] + first * PAGE_SIZE, pages * PAGE_SIZE);
    require(result == (fixed ? -E_DENIED : found ? 0 : -E_NOT_FOUND));
    if (result)
        return;
    for (unsigned i = 0; i < pages; i++) {
        require(page[i].table == 0);
        page[i] = (struct model_page){0};
    }
}

static void step_touch(void)
{
    unsigned w = random_below(WINDOWS), i = random_below(PAGES);
    uint32_t access = 1u << random_below(3);
    const struct model_page *page = &model[w][i];
    uint64_t result = space_page(&space, windows[w] + i * PAGE_SIZE + random_below(4096), access);

    if (!page->memory || (access & ~page->access))
        require(result == FRAME_NONE);
    else
        require(result == memory_page(page->memory, page->offset / PAGE_SIZE) && page->table);
    if (result != FRAME_NONE && access == MAP_WRITE)
        require(!(result & SHARED_AT));
}

/* Somebody copies a range of an object. */
static void step_share(void)
{
    unsigned which = random_below(MEMORIES);
    uint64_t first = random_below(1u << which), pages = random_below((1u << which) + 1);

    pages = pages < (1u << which) - first ? pages : (1u << which) - first;
    shared[which] |= ((UINT64_C(1) << pages) - 1) << first;
    space_forget(&memories[which], first * PAGE_SIZE, pages * PAGE_SIZE);
}

/* What the tables hold is what the object shows, and no shared page can be written. */
static void tables_check(void)
{
    for (unsigned w = 0; w < WINDOWS; w++)
        for (unsigned i = 0; i < PAGES; i++) {
            const struct model_page *page = &model[w][i];

            if (!page->table)
                continue;
            require((page->table & ~(PAGE_SIZE - 1)) ==
                    memory_page(page->memory, page->offset / PAGE_SIZE));
            require(!(page->table & MAP_WRITE) || !(page->table & SHARED_AT));
        }
}

/* Every region is what the model says, in order, and there are no others. */
static void regions_check(void)
{
    uint64_t end = 0, mapped = 0, count = 0;

    list_for_each(link, &space.regions)
    {
        struct region *region = container_of(link, struct region, link);

        require(region->start >= end && region->start < region->end);
        for (uint64_t at = region->start; at < region->end; at += PAGE_SIZE, mapped++) {
            const struct model_page *page = page_at(at);

            require(page && page->memory == region->memory && page->access == region->access &&
                    page->offset == region->offset + at - region->start &&
                    page->fixed == region->fixed);
        }
        end = region->end;
        count++;
    }
    for (unsigned w = 0; w < WINDOWS; w++)
        for (unsigned i = 0; i < PAGES; i++) {
            mapped -= model[w][i].memory != NULL;
            require(model[w][i].memory || !model[w][i].table);
        }
    require(mapped == 0 && count == pieces);
}

START_TEST(random_steps)
{
    space_make();
    for (uint64_t step = 0, count = steps(STEPS); step < count; step++) {
        uint32_t kind = random_below(10);

        if (kind < 3)
            step_map();
        else if (kind < 5)
            step_unmap();
        else if (kind < 9)
            step_touch();
        else
            step_share();
        if (step % 16 == 0) {
            regions_check();
            tables_check();
        }
        if (step % 5000 == 4999) { /* fixed ones would fill it up */
            space_clear_all();
            require(pieces == 0);
            space_make();
        }
    }
    space_clear_all();
    for (unsigned i = 0; i < MEMORIES; i++)
        require(memories[i].object.references == 1);
}
END_TEST

START_TEST(bad_ranges)
{
    static const struct {
        uint64_t address, length, offset;
    } bad[] = {
        {USER_BASE + 1, PAGE_SIZE, 0},
        {USER_BASE, PAGE_SIZE - 1, 0},
        {USER_BASE, 0, 0},
        {USER_BASE, PAGE_SIZE, 1},
        {USER_BASE - PAGE_SIZE, PAGE_SIZE, 0},
        {PAGE_SIZE, PAGE_SIZE, 0},
        {USER_TOP, PAGE_SIZE, 0},
        {USER_TOP - PAGE_SIZE, 2 * PAGE_SIZE, 0},
        {UINT64_C(0x800000000000), PAGE_SIZE, 0},
        {DIRECT_MAP_BASE, PAGE_SIZE, 0},
        {KERNEL_BASE, PAGE_SIZE, 0},
        {UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE, 0},
        {UINT64_MAX - PAGE_SIZE + 1, 2 * PAGE_SIZE, 0},
        {USER_BASE, UINT64_MAX - PAGE_SIZE + 1, 0},
        {USER_BASE, UINT64_MAX - USER_BASE - PAGE_SIZE + 1, 0},
        {0, UINT64_MAX - PAGE_SIZE + 1, 0},
        {0, 0, 0},
        {0, 1, 0},
        {USER_BASE, PAGE_SIZE, UINT64_MAX - PAGE_SIZE + 1},
        {USER_BASE, 2 * PAGE_SIZE, UINT64_MAX - PAGE_SIZE + 1},
        {USER_BASE, PAGE_SIZE, 32 * PAGE_SIZE},
    };
    struct memory *memory = &memories[MEMORIES - 1];

    space_make();
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t result = space_map(&space, bad[i].address, bad[i].length, memory, bad[i].offset,
                                   MAP_READ, false);

        ck_assert_msg(result == -E_RANGE, "case %u: %d", i, (int)result);
        if (bad[i].offset)
            continue;
        result = unmap_all(bad[i].address, bad[i].length);
        ck_assert_msg(result == -E_RANGE, "unmap %u: %d", i, (int)result);
    }
    require(list_empty(&space.regions) && memory->object.references == 1 && pieces == 0);
}
END_TEST

/* Two explicit neighbours leave no room between them; what is chosen next keeps its distance. */
START_TEST(guard_pages)
{
    space_make();
    require(space_map(&space, USER_MAP_BASE, PAGE_SIZE, &memories[0], 0, 0, false) > 0);
    require(space_map(&space, USER_MAP_BASE + PAGE_SIZE, PAGE_SIZE, &memories[0], 0, 0, false) > 0);
    require(space_map(&space, 0, PAGE_SIZE, &memories[0], 0, 0, false) ==
            (int64_t)(USER_MAP_BASE + 3 * PAGE_SIZE));
    space_clear_all();
}
END_TEST

/* A hole in the middle takes memory; without it nothing happens. */
START_TEST(no_memory)
{
    int64_t address;

    space_make();
    pieces_left = 1;
    address = space_map(&space, USER_BASE, 4 * PAGE_SIZE, &memories[2], 0, MAP_WRITE, false);
    require(address == (int64_t)USER_BASE);
    model_map(USER_BASE, 4, &memories[2], 0, MAP_WRITE, false);
    require(space_map(&space, 0, PAGE_SIZE, &memories[0], 0, 0, false) == -E_MEMORY);
    require(memories[0].object.references == 1);
    require(space_page(&space, USER_BASE + PAGE_SIZE, MAP_READ) != FRAME_NONE);
    require(unmap_all(USER_BASE + PAGE_SIZE, PAGE_SIZE) == -E_MEMORY);
    regions_check();
    require(page_at(USER_BASE + PAGE_SIZE)->table);
    pieces_left = 1;
    require(unmap_all(USER_BASE + PAGE_SIZE, PAGE_SIZE) == 0);
    *page_at(USER_BASE + PAGE_SIZE) = (struct model_page){0};
    regions_check();
    require(memories[2].object.references == 3);
    space_clear_all();
    require(memories[2].object.references == 1 && pieces == 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_steps, bad_ranges, guard_pages, no_memory};

    return suite_run("kernel spaces", tests, sizeof tests / sizeof tests[0]);
}
