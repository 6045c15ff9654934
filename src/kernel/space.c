/* Address spaces, as space.h tells. */
#include "abi/layout.h"
#include "abi/start.h"
#include "heap.h"
#include "job.h"
#include "page.h"
#include "space.h"
#include "work.h"
#include "x86/paging.h"

#define UNMAP_PIECE (64 * PAGE_SIZE) /* at once, which takes so many units of work */
#define UNMAP_UNITS 24

bool space_init(struct space *space, struct account *account)
{
    space->account = account;
    list_init(&space->regions);
    space->root = paging_create(account);
    return space->root != FRAME_NONE;
}

/* Take entries out of the tables. */
static void range_forget(struct space *space, uint64_t address, uint64_t length)
{
    for (unsigned i = 0; i < SPACE_FOUND; i++)
        space->found[i].key = 0;
    if (space->root != FRAME_NONE) /* else it is being taken apart, and has none */
        paging_unmap(space->root, address, length);
}

/* The region that holds the address, or NULL. */
static struct region *region_at(struct space *space, uint64_t address)
{
    list_for_each(link, &space->regions)
    {
        struct region *region = container_of(link, struct region, link);

        if (address < region->end)
            return address >= region->start ? region : NULL;
    }
    return NULL;
}

/* Where a region that starts at `address` belongs: the link to put it before. */
static struct list *region_place(struct space *space, uint64_t address)
{
    list_for_each(link, &space->regions)
    {
        if (container_of(link, struct region, link)->start >= address)
            return link;
    }
    return &space->regions;
}

/* The first region of which something lies in the range, or NULL. */
static struct region *region_in(struct space *space, uint64_t start, uint64_t end)
{
    list_for_each(link, &space->regions)
    {
        struct region *region = container_of(link, struct region, link);

        if (region->end > start)
            return region->start < end ? region : NULL;
    }
    return NULL;
}

/* The lowest free range of `length` bytes in the kernel-chosen part, with a guard page on each
 * side; 0 if there is none. */
static uint64_t range_find(struct space *space, uint64_t length)
{
    uint64_t start = USER_MAP_BASE;

    list_for_each(link, &space->regions)
    {
        struct region *region = container_of(link, struct region, link);

        if (region->end + PAGE_SIZE <= start)
            continue;
        if (region->start >= start + length + PAGE_SIZE)
            break;
        start = region->end + PAGE_SIZE;
    }
    return start + length <= USER_MAP_TOP ? start : 0;
}

static bool range_is_user(uint64_t address, uint64_t length)
{
    return address % PAGE_SIZE == 0 && length % PAGE_SIZE == 0 && length > 0 &&
           address >= USER_BASE && address < USER_TOP && length <= USER_TOP - address;
}

/* Does a range of the object lie in the region? Then `*start` and `*end` are set to where. */
static bool region_shows(const struct region *region, uint64_t offset, uint64_t length,
                         uint64_t *start, uint64_t *end)
{
    uint64_t size = region->end - region->start;
    uint64_t from = offset > region->offset ? offset - region->offset : 0;
    uint64_t to = offset + length > region->offset ? offset + length - region->offset : 0;

    *start = region->start + from;
    *end = region->start + (to < size ? to : size);
    return *start < *end;
}

/* Is a page of the range mapped for writing, and asked for execution, or the other way round? */
static bool range_is_used_otherwise(struct memory *memory, uint64_t offset, uint64_t length,
                                    uint32_t access)
{
    uint32_t other = access & MAP_WRITE ? MAP_EXECUTE : access & MAP_EXECUTE ? MAP_WRITE : 0;
    uint64_t start, end;

    list_for_each(link, &memory->mappings)
    {
        struct region *region = container_of(link, struct region, mapping);

        if ((region->access & other) && region_shows(region, offset, length, &start, &end))
            return true;
    }
    return false;
}

void space_forget(struct memory *memory, uint64_t offset, uint64_t length)
{
    uint64_t start, end;

    list_for_each(link, &memory->mappings)
    {
        struct region *region = container_of(link, struct region, mapping);

        if (region_shows(region, offset, length, &start, &end))
            range_forget(region->space, start, end - start);
    }
}

int64_t space_map(struct space *space, uint64_t address, uint64_t length, struct memory *memory,
                  uint64_t offset, uint32_t access, bool fixed)
{
    uint64_t size = memory_pages(memory) << PAGE_SHIFT;
    struct memory *loan = memory->loan ? memory : NULL;
    struct region *region;

    if (loan && !loan->whole)
        return -E_GONE;
    if ((access & MAP_WRITE) && (access & MAP_EXECUTE))
        return -E_ARGUMENT;
    if (offset % PAGE_SIZE || offset > size || length > size - offset || length > USER_TOP)
        return -E_RANGE;
    if (address == 0)
        address = range_find(space, length);
    if (!range_is_user(address, length))
        return -E_RANGE;
    if (region_in(space, address, address + length))
        return -E_EXISTS;
    if (memory->kind == MEMORY_PART) {
        offset += memory->base;
        memory = memory->whole;
    }
    if (range_is_used_otherwise(memory, offset, length, access))
        return -E_BUSY;
    if (!(region = heap_alloc(space->account, sizeof *region)))
        return -E_MEMORY;
    *region = (struct region){
        .start = address,
        .end = address + length,
        .space = space,
        .memory = (struct memory *)object_hold(&memory->object),
        .loan = loan,
        .offset = offset,
        .access = access | MAP_READ | (memory->device ? MAP_DEVICE : 0),
        .fixed = fixed,
    };
    list_insert(region_place(space, address), &region->link);
    list_insert(&memory->mappings, &region->mapping);
    return (int64_t)address;
}

static void region_delete(struct region *region)
{
    list_remove(&region->link);
    list_remove(&region->mapping);
    object_release(&region->memory->object);
    heap_free(region, sizeof *region);
}

void space_take_back(struct memory *loan)
{
    struct list *head = &loan->whole->mappings;

    for (struct list *link = head->next, *next; link != head; link = next) {
        struct region *region = container_of(link, struct region, mapping);

        next = link->next;
        if (region->loan == loan) {
            range_forget(region->space, region->start, region->end - region->start);
            region_delete(region);
        }
    }
}

/* Cut the range out of the region; `rest` is ready to describe what remains behind the range. */
static void region_cut(struct region *region, uint64_t start, uint64_t end, struct region *rest)
{
    if (rest) {
        *rest = *region;
        rest->start = end;
        rest->offset += end - region->start;
        object_hold(&rest->memory->object);
        list_insert(region->link.next, &rest->link);
        list_insert(&rest->memory->mappings, &rest->mapping);
    }
    if (region->start < start) {
        region->end = start;
    } else if (!rest) {
        if (region->end <= end) {
            region_delete(region);
        } else {
            region->offset += end - region->start;
            region->start = end;
        }
    }
}

int64_t space_unmap(struct space *space, uint64_t address, uint64_t length, uint64_t *done)
{
    uint64_t end = address + length;
    struct region *region, *rest = NULL;

    if (!range_is_user(address, length))
        return -E_RANGE;
    list_for_each(link, &space->regions)
    {
        region = container_of(link, struct region, link);
        if (region->fixed && region->start < end && region->end > address)
            return -E_DENIED;
    }
    if (!*done && !region_in(space, address, end))
        return -E_NOT_FOUND;
    while ((region = region_in(space, address, end))) {
        uint64_t start = region->start > address ? region->start : address;
        uint64_t stop = region->end < end ? region->end : end;

        if (*done && !work_go(UNMAP_UNITS))
            return JOB_MORE;
        if (stop - start > UNMAP_PIECE)
            stop = start + UNMAP_PIECE;
        /* only where the range begins: so this is still the first effect */
        if (region->start < start && region->end > stop &&
            !(rest = heap_alloc(space->account, sizeof *rest)))
            return -E_MEMORY;
        *done = 1;
        range_forget(space, start, stop - start); /* the tables first, then what they pointed to */
        region_cut(region, start, stop, rest);
        rest = NULL;
    }
    return 0;
}

void space_unmap_fixed(struct space *space, uint64_t address)
{
    struct region *region = region_at(space, address);

    range_forget(space, region->start, region->end - region->start);
    region_delete(region);
}

/* The page is not in the tables, or not for the access: fill it in if a region says so that is
 * not `barred`. */
static __attribute__((noinline)) uint64_t page_fill(struct space *space, uint64_t address,
                                                    uint32_t access, uint32_t barred)
{
    struct region *region = region_at(space, address);
    uint64_t index, page;
    uint32_t entered;

    if (!region || (access & ~region->access) || (region->access & barred))
        return FRAME_NONE;
    address &= ~(PAGE_SIZE - 1);
    index = (region->offset + address - region->start) >> PAGE_SHIFT;
    page = access & MAP_WRITE ? memory_page_own(region->memory, index)
                              : memory_page(region->memory, index);
    if (page == FRAME_NONE)
        return FRAME_NONE;
    /* what is shared must be seen to be written */
    entered = region->access;
    if (!(access & MAP_WRITE) && (entered & MAP_WRITE) && page_is_shared(page))
        entered &= ~(uint32_t)MAP_WRITE;
    return paging_map(space->root, space->account, address, page, entered) ? page : FRAME_NONE;
}

uint64_t space_page(struct space *space, uint64_t address, uint32_t access)
{
    uint64_t page;

    if (address >= USER_TOP)
        return FRAME_NONE;
    page = paging_lookup(space->root, address, access);
    return page != FRAME_NONE ? page : page_fill(space, address, access, MAP_DEVICE);
}

bool space_is_own(struct space *space, uint64_t address, uint64_t page)
{
    return paging_lookup(space->root, address, MAP_WRITE) == page;
}

bool space_touch(struct space *space, uint64_t address, uint32_t access)
{
    return page_fill(space, address, access, 0) != FRAME_NONE;
}

bool space_allows(struct space *space, uint64_t address, uint32_t access)
{
    const struct region *region = region_at(space, address);

    return region && !(access & ~region->access);
}

bool space_clear(struct space *space)
{
    if (!paging_clear(&space->root, space->account))
        return false;
    while (!list_empty(&space->regions) && work_go(2))
        region_delete(container_of(space->regions.next, struct region, link));
    return list_empty(&space->regions);
}
