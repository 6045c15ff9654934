/* Memory objects, as memory.h tells. */
#include "bytes.h"
#include "direct.h"
#include "heap.h"
#include "job.h"
#include "memory.h"
#include "page.h"
#include "user.h"

#define SMALL_PAGES    128u /* a SMALL object's array comes from the heap */
#define PAGES_PER_LEAF (PAGE_SIZE / sizeof(uint64_t))

uint64_t memory_pages(const struct memory *memory)
{
    return (memory->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static struct memory *memory_new(struct account *account, uint64_t size, enum memory_kind kind)
{
    struct memory *memory = heap_alloc(sizeof *memory);

    if (!memory)
        return NULL;
    object_init(&memory->object, &memory_type);
    memory->account = account ? account_hold(account) : NULL;
    memory->size = size;
    memory->kind = (uint16_t)kind;
    memory->writable = account != NULL;
    return memory;
}

static void memory_delete(struct memory *memory)
{
    if (memory->account)
        account_release(memory->account);
    heap_free(memory, sizeof *memory);
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
    memory->pages =
        small ? heap_alloc(memory_pages(memory) * sizeof(uint64_t)) : page_alloc_zeroed(account, 0);
    if (memory->pages)
        return memory;
    memory_delete(memory);
    return NULL;
}

struct memory *memory_create_block(struct account *account, uint64_t size)
{
    struct memory *memory = memory_new(account, size, MEMORY_BLOCK);
    void *block;

    if (!memory)
        return NULL;
    memory->order = (uint16_t)page_order(size);
    block = page_alloc_zeroed(account, memory->order);
    if (block) {
        memory->base = direct_physical(block);
        return memory;
    }
    memory_delete(memory);
    return NULL;
}

struct memory *memory_create_foreign(uint64_t base, uint64_t size)
{
    struct memory *memory = memory_new(NULL, size, MEMORY_FOREIGN);

    if (memory)
        memory->base = base;
    return memory;
}

/* Where the address of page `index` is kept; NULL if there is no memory to keep it. */
static uint64_t *page_slot(struct memory *memory, uint64_t index)
{
    uint64_t *leaf;

    if (memory->kind == MEMORY_SMALL)
        return &memory->pages[index];
    if (!memory->pages[index / PAGES_PER_LEAF]) {
        void *fresh = page_alloc_zeroed(memory->account, 0);

        if (!fresh)
            return NULL;
        memory->pages[index / PAGES_PER_LEAF] = direct_physical(fresh);
    }
    leaf = direct_pointer(memory->pages[index / PAGES_PER_LEAF]);
    return &leaf[index % PAGES_PER_LEAF];
}

uint64_t memory_page(struct memory *memory, uint64_t index)
{
    uint64_t *slot;

    if (memory->kind == MEMORY_BLOCK || memory->kind == MEMORY_FOREIGN)
        return memory->base + (index << PAGE_SHIFT);
    slot = page_slot(memory, index);
    if (slot && !*slot) {
        void *page = page_alloc_zeroed(memory->account, 0);

        if (page)
            *slot = direct_physical(page);
    }
    return slot && *slot ? *slot : FRAME_NONE;
}

bool memory_write(struct memory *memory, uint64_t offset, const void *from, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        uint64_t within = (offset + done) % PAGE_SIZE;
        uint64_t count = PAGE_SIZE - within < size - done ? PAGE_SIZE - within : size - done;
        uint64_t page = memory_page(memory, (offset + done) >> PAGE_SHIFT);

        if (page == FRAME_NONE)
            return false;
        memcpy((uint8_t *)direct_pointer(page) + within, (const uint8_t *)from + done, count);
        done += count;
    }
    return true;
}

static void pages_free(struct memory *memory, const uint64_t *pages, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (pages[i])
            page_free(memory->account, pages[i], 0);
}

static void memory_destroy(struct object *object)
{
    struct memory *memory = (struct memory *)object;

    if (memory->kind == MEMORY_BLOCK)
        page_free(memory->account, memory->base, memory->order);
    if (memory->kind == MEMORY_SMALL) {
        pages_free(memory, memory->pages, memory_pages(memory));
        heap_free(memory->pages, memory_pages(memory) * sizeof(uint64_t));
    }
    if (memory->kind == MEMORY_LARGE) {
        for (uint64_t i = 0; i < PAGES_PER_LEAF; i++)
            if (memory->pages[i])
                pages_free(memory, direct_pointer(memory->pages[i]), PAGES_PER_LEAF);
        pages_free(memory, memory->pages, PAGES_PER_LEAF);
        page_free(memory->account, direct_physical(memory->pages), 0);
    }
    memory_delete(memory);
}

/* Move bytes between the object and the caller's buffer; short at the object's end. */
static int64_t memory_transfer(struct job *job, bool write)
{
    struct memory *memory = (struct memory *)job->object;
    uint64_t offset = job->request.offset, done = 0, size;

    if (offset > memory->size)
        return -E_RANGE;
    size =
        memory->size - offset < job->request.length ? memory->size - offset : job->request.length;
    while (done < size) {
        uint64_t within = (offset + done) % PAGE_SIZE;
        uint64_t count = PAGE_SIZE - within < size - done ? PAGE_SIZE - within : size - done;
        uint64_t page = memory_page(memory, (offset + done) >> PAGE_SHIFT);
        uint8_t *bytes = (uint8_t *)direct_pointer(page) + within;
        int64_t result;

        if (page == FRAME_NONE)
            return done ? (int64_t)done : -E_MEMORY;
        result = write ? job_fetch(job, done, bytes, count) : job_store(job, done, bytes, count);
        if (result)
            return result;
        done += count;
    }
    return (int64_t)done;
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
    struct memory *memory = (struct memory *)job->object;

    if (job->request.arg0 == PROPERTY_PHYSICAL) {
        if (!(job->rights & RIGHT_PHYSICAL))
            return -E_DENIED;
        return memory->kind == MEMORY_BLOCK ? (int64_t)memory->base : -E_STATE;
    }
    return job_get_common(job);
}

static uint64_t memory_size(struct object *object)
{
    return ((struct memory *)object)->size;
}

const struct object_type memory_type = {
    .number = OBJECT_MEMORY,
    .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_GET | RIGHT_MAP | RIGHT_EXECUTE | RIGHT_DUPLICATE |
              RIGHT_TRANSFER | RIGHT_PHYSICAL,
    .destroy = memory_destroy,
    .size = memory_size,
    .methods = {[OP_READ] = memory_op_read, [OP_WRITE] = memory_op_write, [OP_GET] = memory_op_get},
};
