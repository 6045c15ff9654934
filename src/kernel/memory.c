/* Memory objects, as memory.h tells. */
#include "bytes.h"
#include "direct.h"
#include "heap.h"
#include "job.h"
#include "memory.h"
#include "page.h"
#include "pager.h"
#include "process.h"
#include "space.h"
#include "user.h"
#include "work.h"

#define SMALL_PAGES    128u /* a SMALL object's array comes from the heap */
#define PAGES_PER_LEAF (PAGE_SIZE / sizeof(uint64_t))
#define NOT_LENT       (RIGHT_CREATE | RIGHT_EXECUTE | RIGHT_PHYSICAL)

uint64_t memory_pages(const struct memory *memory)
{
    return (memory->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static struct memory *memory_new(struct account *account, uint64_t size, enum memory_kind kind)
{
    struct memory *memory = object_create(&memory_type, account);

    if (!memory)
        return NULL;
    memory->account = account; /* which is there as long as its heap, and so this */
    memory->size = size;
    memory->kind = (uint16_t)kind;
    list_init(&memory->mappings);
    memory->writable = kind != MEMORY_FOREIGN;
    return memory;
}

struct memory *memory_create(struct account *account, uint64_t size)
{
    bool small = size <= SMALL_PAGES * PAGE_SIZE;
    struct memory *memory;

    if (size > MEMORY_SIZE_MAX) /* a program's segment may ask for anything */
        return NULL;
    memory = memory_new(account, size, small ? MEMORY_SMALL : MEMORY_LARGE);
    if (!memory)
        return NULL;
    memory->pages = small ? heap_alloc(account, memory_pages(memory) * sizeof(uint64_t))
                          : page_alloc_zeroed(account, 0);
    if (memory->pages)
        return memory;
    object_free(&memory->object);
    return NULL;
}

struct memory *memory_create_contiguous(struct account *account, uint64_t size, uint64_t alignment,
                                        uint64_t highest)
{
    struct memory *memory = memory_new(account, size, MEMORY_BLOCK);

    if (!memory)
        return NULL;
    memory->order = (uint16_t)page_order(size > alignment ? size : alignment);
    memory->base = page_alloc_below(account, memory->order, highest);
    if (memory->base != FRAME_NONE)
        return memory;
    object_free(&memory->object);
    return NULL;
}

bool memory_clear(struct memory *memory, uint64_t *done)
{
    for (; *done < memory_pages(memory) && work_go(6); ++*done)
        memset((uint8_t *)direct_pointer(memory->base) + (*done << PAGE_SHIFT), 0, PAGE_SIZE);
    return *done == memory_pages(memory);
}

struct memory *memory_create_page(struct account *account)
{
    struct memory *memory = memory_create_contiguous(account, PAGE_SIZE, 0, UINT64_MAX);

    return memory ? memset(direct_pointer(memory->base), 0, PAGE_SIZE), memory : NULL;
}

struct memory *memory_create_foreign(struct account *account, uint64_t base, uint64_t size)
{
    struct memory *memory = memory_new(account, size, MEMORY_FOREIGN);

    if (memory)
        memory->base = base;
    return memory;
}

/* The object whose pages a part shows, with the index there. */
static struct memory *memory_whole(struct memory *memory, uint64_t *index)
{
    if (memory->kind != MEMORY_PART)
        return memory;
    *index += memory->base >> PAGE_SHIFT;
    return memory->whole;
}

static bool memory_is_fixed(const struct memory *memory)
{
    return memory->kind >= MEMORY_BLOCK; /* and no part */
}

/* Where the address of page `index` is kept; NULL if there is no such place yet. */
static uint64_t *slot_find(const struct memory *memory, uint64_t index)
{
    uint64_t *leaf;

    if (memory->kind == MEMORY_SMALL)
        return &memory->pages[index];
    if (!memory->pages[index / PAGES_PER_LEAF])
        return NULL;
    leaf = direct_pointer(memory->pages[index / PAGES_PER_LEAF]);
    return &leaf[index % PAGES_PER_LEAF];
}

/* Make the place; NULL if there is no memory for it. */
static __attribute__((noinline)) uint64_t *slot_make(struct memory *memory, uint64_t index)
{
    void *leaf = page_alloc_zeroed(memory->account, 0);

    if (!leaf)
        return NULL;
    memory->pages[index / PAGES_PER_LEAF] = direct_physical(leaf);
    return slot_find(memory, index);
}

uint64_t memory_page(struct memory *memory, uint64_t index)
{
    uint64_t *slot;
    void *page;

    memory = memory_whole(memory, &index);
    if (memory_is_fixed(memory))
        return memory->base + (index << PAGE_SHIFT);
    if (!(slot = slot_find(memory, index)) && !(slot = slot_make(memory, index)))
        return FRAME_NONE;
    if (!*slot) {
        if (memory->pager)
            return pager_miss(memory, index, slot);
        if (!(page = page_alloc_zeroed(memory->account, 0)))
            return FRAME_NONE;
        *slot = direct_physical(page);
    }
    return *slot;
}

/* Give the object a copy of a page that it shares, in all its mappings. */
static __attribute__((noinline)) uint64_t page_separate(struct memory *memory, uint64_t index)
{
    uint64_t *slot, page;

    memory = memory_whole(memory, &index);
    slot = slot_find(memory, index);
    if ((page = page_copy(*slot)) == FRAME_NONE)
        return FRAME_NONE;
    space_forget(memory, index << PAGE_SHIFT, PAGE_SIZE);
    return *slot = page;
}

uint64_t memory_page_own(struct memory *memory, uint64_t index)
{
    uint64_t page = memory_page(memory, index);

    return page == FRAME_NONE || !page_is_shared(page) ? page : page_separate(memory, index);
}

bool memory_copy(struct memory *to, uint64_t at, struct memory *from, uint64_t offset,
                 uint64_t size)
{
    for (uint64_t count; size; at += count, offset += count, size -= count) {
        uint64_t target = memory_page_own(to, at >> PAGE_SHIFT);
        uint64_t source = memory_page(from, offset >> PAGE_SHIFT);

        if (target == FRAME_NONE || source == FRAME_NONE)
            return false;
        count = page_rest(at, page_rest(offset, size));
        memcpy((uint8_t *)direct_pointer(target) + at % PAGE_SIZE,
               (uint8_t *)direct_pointer(source) + offset % PAGE_SIZE, count);
    }
    return true;
}

/* Free some of the pages; false if there are more. */
static bool pages_free(struct memory *memory, uint64_t *pages, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!pages[i])
            continue;
        if (!work_go(1))
            return false;
        page_release(memory->account, pages[i]);
        pages[i] = 0;
    }
    return true;
}

static bool memory_finish(struct object *object)
{
    struct memory *memory = (struct memory *)object;

    if (memory->kind == MEMORY_BLOCK)
        page_free(memory->account, memory->base, memory->order);
    if (memory->kind == MEMORY_SMALL) {
        if (!pages_free(memory, memory->pages, memory_pages(memory)))
            return false;
        heap_free(memory->pages, memory_pages(memory) * sizeof(uint64_t));
    }
    if (memory->kind == MEMORY_LARGE) {
        for (uint64_t i = 0; i < PAGES_PER_LEAF; i++) {
            if (!memory->pages[i])
                continue;
            if (!pages_free(memory, direct_pointer(memory->pages[i]), PAGES_PER_LEAF))
                return false;
            page_free(memory->account, memory->pages[i], 0);
            memory->pages[i] = 0;
            work_spend(16); /* to look at all of its places */
        }
        page_free(memory->account, direct_physical(memory->pages), 0);
    }
    if (memory->whole)
        object_release(&memory->whole->object);
    if (memory->pager)
        object_release(memory->pager);
    if (pager_missing == memory) /* somebody did not mind */
        pager_missing = NULL;
    return true;
}

/* Move bytes between the object and the caller's buffer; short at the object's end. */
static int64_t memory_transfer(struct job *job, bool write)
{
    struct memory *memory = (struct memory *)job->object;
    uint64_t offset = job->request.offset, index = 0, size, done;
    const struct memory *whole = memory_whole(memory, &index);

    if (!whole)
        return -E_GONE;
    if (whole->device)
        return -E_STATE;
    if (offset > memory->size)
        return -E_RANGE;
    size =
        memory->size - offset < job->request.length ? memory->size - offset : job->request.length;
    /* over the buffer twice, as `done` counts: first it is looked at, nothing moves */
    while (job->done < size) {
        uint64_t count = page_rest(job->request.buffer + job->done, size - job->done);

        if (!user_reaches(user_add(job_buffer(job), job->done), write ? MAP_READ : MAP_WRITE,
                          count))
            return -E_BUFFER;
        job->done += count;
        if (work_is_over())
            return JOB_MORE;
    }
    while ((done = job->done - size) < size) {
        uint64_t count = page_rest(offset + done, size - done);
        uint64_t page;
        uint8_t *bytes;
        int64_t result;

        index = (offset + done) >> PAGE_SHIFT;
        page = write ? memory_page_own(memory, index) : memory_page(memory, index);
        if (page == FRAME_NONE)
            return done ? (int64_t)done : pager_missing ? -E_BUFFER : -E_MEMORY;
        bytes = (uint8_t *)direct_pointer(page) + (offset + done) % PAGE_SIZE;
        result = write ? job_fetch(job, done, bytes, count) : job_store(job, done, bytes, count);
        if (result)
            return result;
        job->done += count;
        if (work_is_over())
            return JOB_MORE;
    }
    return (int64_t)size;
}

static int64_t memory_op_read(struct job *job)
{
    return memory_transfer(job, false);
}

static int64_t memory_op_write(struct job *job)
{
    return ((struct memory *)job->object)->writable ? memory_transfer(job, true) : -E_DENIED;
}

static int64_t memory_op_get(struct job *job)
{
    uint64_t index = 0;
    struct memory *memory = memory_whole((struct memory *)job->object, &index);

    if (job->request.arg0 != PROPERTY_PHYSICAL)
        return object_op_get(job);
    if (!(job->rights & RIGHT_PHYSICAL))
        return -E_DENIED;
    if (memory->kind != MEMORY_BLOCK && !memory->device)
        return -E_STATE;
    return (int64_t)(memory->base + (index << PAGE_SHIFT));
}

/* Give the block once it is cleared. */
static int64_t block_give(struct job *job, struct memory *memory)
{
    job->made = &memory->object;
    if (!memory_clear(memory, &job->done))
        return JOB_MORE;
    job->made = NULL;
    return job_give(job, &memory->object, RIGHT_ALL);
}

int64_t memory_make(struct job *job, struct account *account)
{
    const uint64_t block_max = FRAME_SIZE << (FRAME_ORDERS - 1);
    uint64_t size = job->request.offset;
    struct memory *memory = (struct memory *)job->made;
    struct memory_place place;
    int64_t result;

    if (memory)
        return block_give(job, memory);
    if (size == 0 || size > MEMORY_SIZE_MAX)
        return -E_RANGE;
    size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (job->request.arg1 == MEMORY_ANONYMOUS) {
        memory = memory_create(account, size);
    } else if (job->request.arg1 == MEMORY_PAGED) {
        if ((result = pager_make(job, account, size, &memory)))
            return result;
    } else if (job->request.arg1 == MEMORY_CONTIGUOUS) {
        if (job->request.length < sizeof place || job_fetch(job, 0, &place, sizeof place))
            return -E_BUFFER;
        if (place.alignment & (place.alignment - 1))
            return -E_ARGUMENT;
        if (size > block_max || place.alignment > block_max)
            return -E_RANGE;
        memory = memory_create_contiguous(account, size, place.alignment, place.highest);
        return memory ? block_give(job, memory) : -E_MEMORY;
    } else {
        return -E_ARGUMENT;
    }
    return memory ? job_give(job, &memory->object, RIGHT_ALL) : -E_MEMORY;
}

static struct memory *view_create(struct account *account, struct memory *whole,
                                  const struct memory_part *part)
{
    struct memory *view = memory_new(account, part->length, MEMORY_PART);

    if (view) {
        view->whole = (struct memory *)object_hold(&whole->object);
        view->base = part->offset;
        view->writable = whole->writable;
    }
    return view;
}

/* Let the copy hold what pages the original has from `first` on, from page `*done` of the copy on,
 * as much as is done now (work.h). 0 when all is done, else JOB_MORE or -E_MEMORY. */
static int64_t pages_share(struct memory *copy, struct memory *from, uint64_t first, uint64_t *done)
{
    const uint64_t begin = *done, count = memory_pages(copy);
    int64_t result = 0;

    for (; *done < count && !result; ++*done) {
        const uint64_t *shared = slot_find(from, first + *done);
        uint64_t *slot;

        if (!work_go(*done & 1)) {
            result = JOB_MORE;
            break;
        }
        if (!shared) /* nor are there any others of this leaf */
            *done += PAGES_PER_LEAF - 1 - (first + *done) % PAGES_PER_LEAF;
        if (!shared || !*shared)
            continue;
        if ((!(slot = slot_find(copy, *done)) && !(slot = slot_make(copy, *done))) ||
            !page_share(copy->account, *shared))
            result = -E_MEMORY;
        else
            *slot = *shared;
    }
    /* no shared page is to be writable */
    space_forget(from, (first + begin) << PAGE_SHIFT, (*done - begin) << PAGE_SHIFT);
    return result;
}

/* A part of an object ends on a page, or where the object ends. */
static bool part_is_within(const struct memory *memory, const struct memory_part *part)
{
    return part->offset % PAGE_SIZE == 0 && part->offset < memory->size && part->length > 0 &&
           part->length <= memory->size - part->offset &&
           (part->length % PAGE_SIZE == 0 || part->length == memory->size - part->offset);
}

/* Views and copies. No right is gained but that to write to a copy: it is memory of the caller's
 * own. Where that is new, it replaces the right to execute. */
static int64_t memory_op_create(struct job *job)
{
    struct memory *memory = (struct memory *)job->object, *made = (struct memory *)job->made;
    struct account *account = job_process(job)->account;
    uint32_t rights = job->rights;
    struct memory_part part;
    uint64_t index = 0;
    int64_t result;

    if (job->request.arg0 != OBJECT_MEMORY)
        return -E_ARGUMENT;
    if (job->request.length < sizeof part || job_fetch(job, 0, &part, sizeof part))
        return -E_BUFFER;
    if (!part_is_within(memory, &part))
        return -E_RANGE;
    memory = memory_whole(memory, &index);
    part.offset += index << PAGE_SHIFT;
    switch (job->request.arg1) {
    case MEMORY_VIEW_READ_ONLY:
        rights &= ~(uint32_t)RIGHT_WRITE;
        /* fall through */
    case MEMORY_VIEW:
        made = view_create(account, memory, &part);
        break;
    case MEMORY_LOAN:
        if ((made = view_create(job_process(job)->account, memory, &part)))
            made->loan = true;
        rights = (rights & ~(uint32_t)NOT_LENT) | RIGHT_REMOVE;
        break;
    case MEMORY_COPY:
        /* a device would not ask before it writes, and what a pager has cannot be shared */
        if (memory_is_fixed(memory) || memory->pager)
            return -E_STATE;
        if (!made && !(made = memory_create(account, part.length)))
            return -E_MEMORY;
        job->made = &made->object;
        if (made->size != part.length) /* another part than was asked for at first */
            return -E_BUFFER;
        if ((result = pages_share(made, memory, part.offset >> PAGE_SHIFT, &job->done)))
            return result;
        job->made = NULL;
        if (!(rights & RIGHT_WRITE))
            rights = (rights | RIGHT_WRITE) & ~(uint32_t)RIGHT_EXECUTE;
        break;
    default:
        return -E_ARGUMENT;
    }
    return made ? job_give(job, &made->object, rights) : -E_MEMORY;
}

/* A loan is taken back. */
static void memory_handle_closed(struct object *object, uint32_t rights, struct handle_table *table)
{
    struct memory *loan = (struct memory *)object, *whole = loan->whole;

    (void)table;
    if (!(rights & RIGHT_REMOVE) || !loan->loan || !whole)
        return;
    space_take_back(loan);
    loan->whole = NULL;
    loan->size = 0;
    object_release(&whole->object);
}

const struct object_type memory_type = {
    .number = OBJECT_MEMORY,
    .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_CREATE | RIGHT_REMOVE | RIGHT_GET | RIGHT_MAP |
              RIGHT_EXECUTE | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_PHYSICAL,
    .bytes = sizeof(struct memory),
    .numbers = {NUMBER(PROPERTY_SIZE, struct memory, size)},
    .finish = memory_finish,
    .handle_closed = memory_handle_closed,
    .methods = {[OP_READ] = memory_op_read,
                [OP_WRITE] = memory_op_write,
                [OP_CREATE] = memory_op_create,
                [OP_GET] = memory_op_get},
};
