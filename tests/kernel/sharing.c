/* Memory that others show as well: contiguous blocks, views, copies on write, execution. */
#include "guest.h"

const char *const guest_name = "sharing";

#define MEMORY_RIGHTS                                                                              \
    (RIGHT_READ | RIGHT_WRITE | RIGHT_CREATE | RIGHT_GET | RIGHT_MAP | RIGHT_EXECUTE |             \
     RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_PHYSICAL)

#define SOMEWHERE  UINT64_C(0x50000000)
#define ELSEWHERE  UINT64_C(0x60000000)
#define PAGES(n)   ((n)*PAGE_SIZE)
#define MIB        (UINT64_C(1) << 20)
#define COPY_MAX   8u /* objects in the random test */
#define COPY_PAGES 12u

static uint64_t free_frames(void)
{
    return (uint64_t)object_get(processes, PROPERTY_FREE_FRAMES);
}

static uint64_t own_frames(void)
{
    return (uint64_t)object_get(self, PROPERTY_FRAMES);
}

static int64_t map(uint32_t memory, uint32_t access, uint64_t address, uint64_t length,
                   uint64_t offset)
{
    return object_map(self, memory, access, address, length, offset);
}

static void unmap(uint64_t address, uint64_t length)
{
    object_unmap(self, address, length);
}

static volatile uint64_t *word_at(uint64_t address)
{
    return (volatile uint64_t *)address;
}

/* The first word of a page, read and written by requests. */
static uint64_t word_get(uint32_t memory, uint64_t page)
{
    uint64_t word = UINT64_MAX;

    object_read(memory, &word, sizeof(word), PAGES(page));
    return word;
}

static int64_t word_set(uint32_t memory, uint64_t page, uint64_t word)
{
    return object_write(memory, &word, sizeof(word), PAGES(page));
}

/* Memory whose page number i holds i + 1. */
static uint32_t memory_numbered(uint64_t pages)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(pages));

    for (uint64_t i = 0; i < pages; i++)
        word_set(memory, i, i + 1);
    return memory;
}

/* Create on a memory object, or on this process, in whatever form. */
static int64_t create(uint32_t handle, uint64_t form, const void *buffer, uint64_t length,
                      uint64_t kind)
{
    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = handle,
                                         .buffer = (uint64_t)buffer,
                                         .length = length,
                                         .offset = PAGE_SIZE,
                                         .arg0 = kind,
                                         .arg1 = form});
}

static void contiguous(void)
{
    static const struct {
        uint64_t size, alignment, highest, frames;
    } asked[] = {
        {1, 0, UINT64_MAX, 1},
        {PAGES(3), PAGE_SIZE, UINT64_MAX, 4},
        {PAGES(2), PAGES(16), UINT64_MAX, 16},
        {PAGE_SIZE, 1, 16 * MIB - 1, 1},
        {PAGES(9), PAGES(2), 16 * MIB - 1, 16},
        {4 * MIB, 4 * MIB, UINT32_MAX, 1024},
        {PAGE_SIZE, 0, 0x9ffff, 1},
    };
    static uint8_t bytes[PAGES(9)];

    memset(bytes, 0, sizeof(bytes)); /* its own pages are there now */
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        uint64_t before = free_frames(), used = own_frames(), physical;
        int64_t memory =
            memory_create_contiguous(asked[i].size, asked[i].alignment, asked[i].highest);

        check(memory > 0);
        check_is(own_frames() - used, asked[i].frames);
        check_is(before - free_frames(), asked[i].frames);
        physical = (uint64_t)object_get((uint32_t)memory, PROPERTY_PHYSICAL);
        check(asked[i].alignment == 0 || physical % asked[i].alignment == 0);
        check(physical % PAGE_SIZE == 0 && physical + asked[i].size - 1 <= asked[i].highest);
        check(object_read((uint32_t)memory, bytes, sizeof(bytes), 0) > 0);
        for (size_t at = 0; at < sizeof(bytes); at++)
            check(bytes[at] == 0);
        memset(bytes, 0xa5, sizeof(bytes)); /* for whoever has it next */
        object_write((uint32_t)memory, bytes, sizeof(bytes), 0);
        memset(bytes, 0, sizeof(bytes));
        handle_close((uint32_t)memory);
        check_is(free_frames(), before);
        check_is(own_frames(), used);
    }
}

static void contiguous_refused(void)
{
    const struct memory_place place = {0, UINT64_MAX};
    uint64_t before = free_frames(), used = own_frames();
    int64_t memory, poor;

    check_is(memory_create_contiguous(4 * MIB + 1, 0, UINT64_MAX), -E_RANGE);
    check_is(memory_create_contiguous(0, 0, UINT64_MAX), -E_RANGE);
    check_is(memory_create_contiguous(UINT64_MAX, 0, UINT64_MAX), -E_RANGE);
    check_is(memory_create_contiguous(1, 8 * MIB, UINT64_MAX), -E_RANGE);
    check_is(memory_create_contiguous(1, UINT64_C(1) << 63, UINT64_MAX), -E_RANGE);
    check_is(memory_create_contiguous(1, 3 * PAGE_SIZE, UINT64_MAX), -E_ARGUMENT);
    check_is(memory_create_contiguous(1, UINT64_MAX, UINT64_MAX), -E_ARGUMENT);
    check_is(memory_create_contiguous(1, 0, 0), -E_MEMORY);
    check_is(memory_create_contiguous(1, 0, PAGES(1) - 1), -E_MEMORY);
    check_is(memory_create_contiguous(2 * MIB, 0, MIB - 1), -E_MEMORY);
    check_is(create(self, MEMORY_CONTIGUOUS, &place, 15, OBJECT_MEMORY), -E_BUFFER);
    check_is(create(self, MEMORY_CONTIGUOUS, NULL, 16, OBJECT_MEMORY), -E_BUFFER);
    for (uint64_t form = MEMORY_VIEW; form < 9; form++)
        check_is(create(self, form, &place, 16, OBJECT_MEMORY), -E_ARGUMENT);
    check_is(create(self, UINT64_MAX, &place, 16, OBJECT_MEMORY), -E_ARGUMENT);
    check_is(free_frames(), before);
    check_is(own_frames(), used);

    memory = memory_create_contiguous(PAGES(2), 0, UINT64_MAX);
    poor = handle_duplicate((uint32_t)memory, MEMORY_RIGHTS & ~RIGHT_PHYSICAL);
    check(memory > 0 && poor > 0);
    check_is(object_get((uint32_t)poor, PROPERTY_PHYSICAL), -E_DENIED);
    check_is(object_get((uint32_t)poor, PROPERTY_SIZE), PAGES(2));
    check_is(memory_copy((uint32_t)memory, 0, PAGE_SIZE), -E_STATE);
    poor = memory_view((uint32_t)memory, PAGE_SIZE, PAGE_SIZE, true);
    check_is(object_get((uint32_t)poor, PROPERTY_PHYSICAL),
             object_get((uint32_t)memory, PROPERTY_PHYSICAL) + (int64_t)PAGE_SIZE);
    check_is(memory_copy((uint32_t)poor, 0, PAGE_SIZE), -E_STATE);
}

static void views(void)
{
    uint64_t used = own_frames(), buffer[2];
    uint32_t memory = memory_numbered(6);
    uint32_t view = (uint32_t)memory_view(memory, PAGES(1), PAGES(4), true);
    uint32_t inner = (uint32_t)memory_view(view, PAGES(1), PAGES(2), true);

    check_is(object_get(view, PROPERTY_SIZE), PAGES(4));
    check_is(object_get(inner, PROPERTY_SIZE), PAGES(2));
    check_is(object_get(inner, PROPERTY_TYPE), OBJECT_MEMORY);
    check_is(object_get(inner, PROPERTY_PHYSICAL), -E_STATE);
    for (uint64_t i = 0; i < 4; i++)
        check_is(word_get(view, i), i + 2);
    check_is(word_get(inner, 0), 3);
    check_is(object_read(inner, buffer, 16, PAGES(2) - 8), 8);
    check_is(object_read(inner, buffer, 16, PAGES(2) + 1), -E_RANGE);
    check_is(word_set(inner, 1, 44), 8);
    check_is(word_get(memory, 3), 44);
    check_is(map(inner, MAP_WRITE, SOMEWHERE, PAGES(2), 0), SOMEWHERE);
    check_is(map(view, MAP_READ, ELSEWHERE, PAGES(4), 0), ELSEWHERE);
    *word_at(SOMEWHERE) = 33;
    check_is(*word_at(ELSEWHERE + PAGES(1)), 33);
    check_is(word_get(memory, 2), 33);
    check_is(map(inner, MAP_READ, 0, PAGES(3), 0), -E_RANGE);
    check_is(map(inner, MAP_READ, 0, PAGES(1), PAGES(2)), -E_RANGE);
    check_is(map(inner, MAP_READ, 0, PAGES(1), PAGES(2) - 1), -E_RANGE);

    /* whoever shows a page keeps it */
    handle_close(memory);
    handle_close(view);
    check_is(word_get(inner, 0), 33);
    unmap(ELSEWHERE, PAGES(4));
    handle_close(inner);
    check_is(*word_at(SOMEWHERE), 33);
    unmap(SOMEWHERE, PAGES(2));
    check(own_frames() <= used + 4); /* tables of pages stay with the space */
}

static void views_refused(void)
{
    static const struct memory_part wrong[] = {
        {1, PAGE_SIZE},
        {PAGE_SIZE - 1, PAGE_SIZE},
        {0, 0},
        {0, 1},
        {0, PAGE_SIZE + 1},
        {PAGES(5), PAGE_SIZE},
        {PAGES(5), 0},
        {PAGES(4), PAGES(2)},
        {0, PAGES(6)},
        {UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE},
        {UINT64_MAX - PAGE_SIZE + 1, PAGES(2)},
        {PAGES(1), UINT64_MAX - PAGE_SIZE + 1},
        {PAGES(4), UINT64_MAX},
    };
    uint32_t memory = memory_numbered(5), view = (uint32_t)memory_view(memory, 0, PAGES(5), true);
    const struct memory_part all = {0, PAGES(5)};
    uint64_t before = free_frames();

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        for (uint64_t form = MEMORY_VIEW; form <= MEMORY_COPY; form++) {
            check_is(create(memory, form, &wrong[i], 16, OBJECT_MEMORY), -E_RANGE);
            check_is(create(view, form, &wrong[i], 16, OBJECT_MEMORY), -E_RANGE);
        }
    check_is(create(memory, MEMORY_VIEW, &all, 15, OBJECT_MEMORY), -E_BUFFER);
    check_is(create(memory, MEMORY_VIEW, NULL, 16, OBJECT_MEMORY), -E_BUFFER);
    check_is(create(memory, MEMORY_VIEW, &all, 16, OBJECT_EVENT), -E_ARGUMENT);
    check_is(create(memory, MEMORY_ANONYMOUS, &all, 16, OBJECT_MEMORY), -E_ARGUMENT);
    check_is(create(memory, MEMORY_CONTIGUOUS, &all, 16, OBJECT_MEMORY), -E_ARGUMENT);
    check_is(create(memory, MEMORY_COPY + 1, &all, 16, OBJECT_MEMORY), -E_ARGUMENT);
    check_is(create(memory, UINT64_MAX, &all, 16, OBJECT_MEMORY), -E_ARGUMENT);
    check_is(free_frames(), before);
}

/* No right comes back by way of a view or a copy, but that to write to a copy. */
static void rights(void)
{
    uint32_t memory = memory_numbered(2), view, poor;

    view = (uint32_t)memory_view(memory, 0, PAGES(2), false);
    check_is(word_get(view, 1), 2);
    check_is(word_set(view, 1, 9), -E_DENIED);
    check_is(map(view, MAP_WRITE, SOMEWHERE, PAGES(1), 0), -E_DENIED);
    check_is(map(view, MAP_READ, SOMEWHERE, PAGES(1), 0), SOMEWHERE);
    check_is(object_read(memory, (void *)SOMEWHERE, 8, 0), -E_BUFFER);
    check_is(handle_duplicate(view, RIGHT_WRITE), -E_DENIED);
    view = (uint32_t)memory_view(view, PAGES(1), PAGES(1), true); /* nor by asking again */
    check_is(word_set(view, 0, 9), -E_DENIED);
    check_is(map(view, MAP_WRITE, SOMEWHERE, PAGES(1), 0), -E_DENIED);

    poor = (uint32_t)handle_duplicate(memory, MEMORY_RIGHTS & ~RIGHT_CREATE);
    check_is(memory_view(poor, 0, PAGES(1), false), -E_DENIED);
    check_is(memory_copy(poor, 0, PAGES(1)), -E_DENIED);
    poor = (uint32_t)handle_duplicate(memory, RIGHT_CREATE | RIGHT_WRITE | RIGHT_DUPLICATE);
    view = (uint32_t)memory_view(poor, 0, PAGES(1), true);
    check_is(object_read(view, &poor, 4, 0), -E_DENIED);
    check_is(word_set(view, 0, 8), 8);
    check_is(handle_duplicate(view, RIGHT_READ), -E_DENIED);
    view = (uint32_t)memory_copy(poor, 0, PAGES(1));
    check_is(object_read(view, &poor, 4, 0), -E_DENIED);

    poor = (uint32_t)handle_duplicate(memory, MEMORY_RIGHTS & ~RIGHT_WRITE);
    view = (uint32_t)memory_copy(poor, 0, PAGES(1));
    check_is(word_set(view, 0, 7), 8);
    check_is(map(view, MAP_EXECUTE, ELSEWHERE, PAGES(1), 0), -E_DENIED);
    check_is(map(poor, MAP_EXECUTE, ELSEWHERE, PAGES(1), 0), ELSEWHERE);
    check_is(word_get(memory, 0), 8);
}

/* Pages are shared until one side writes, whichever that is and however it writes. */
static void copies(void)
{
    uint32_t memory = memory_numbered(6), copy, event = (uint32_t)event_make();
    uint64_t free;

    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(6), 0), SOMEWHERE);
    for (uint64_t i = 0; i < 6; i++)
        *word_at(SOMEWHERE + PAGES(i) + 8) = i; /* writable in the tables by now */
    free = free_frames();
    copy = (uint32_t)memory_copy(memory, 0, PAGES(6));
    check_is(free_frames(), free);
    check_is(map(copy, MAP_WRITE, ELSEWHERE, PAGES(6), 0), ELSEWHERE);
    for (uint64_t i = 0; i < 6; i++)
        check_is(*word_at(ELSEWHERE + PAGES(i)), i + 1);
    free = free_frames();
    *word_at(SOMEWHERE) = 100; /* by a mapping of the original */
    check_is(free_frames(), free - 1);
    *word_at(ELSEWHERE + PAGES(1)) = 101; /* of the copy */
    check_is(word_set(memory, 2, 102), 8);
    check_is(word_set(copy, 3, 103), 8);
    check_is(event_add(event, 104), 8); /* by the kernel, into a buffer */
    check_is(object_read(event, (void *)(SOMEWHERE + PAGES(4)), 8, 0), 8);
    check_is(event_add(event, 105), 8);
    check_is(object_read(event, (void *)(ELSEWHERE + PAGES(5)), 8, 0), 8);
    check_is(free_frames(), free - 6);
    for (uint64_t i = 0; i < 6; i++) {
        check_is(word_get(memory, i), i % 2 ? i + 1 : i + 100);
        check_is(*word_at(SOMEWHERE + PAGES(i)), i % 2 ? i + 1 : i + 100);
        check_is(word_get(copy, i), i % 2 ? i + 100 : i + 1);
        check_is(*word_at(ELSEWHERE + PAGES(i)), i % 2 ? i + 100 : i + 1);
        check_is(*word_at(ELSEWHERE + PAGES(i) + 8), i);
        *word_at(SOMEWHERE + PAGES(i)) = 1; /* nobody shares it now */
        *word_at(ELSEWHERE + PAGES(i)) = 2;
    }
    check_is(free_frames(), free - 6);
    handle_close(copy);
    unmap(ELSEWHERE, PAGES(6));
    check_is(free_frames(), free);
}

/* All who map an object see what is written to it, also after its page was copied. */
static void all_mappings(void)
{
    uint32_t memory = memory_numbered(2), view = (uint32_t)memory_view(memory, 0, PAGES(2), false);
    uint32_t copy;

    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(2), 0), SOMEWHERE);
    check_is(map(memory, MAP_READ, SOMEWHERE + PAGES(4), PAGES(2), 0), SOMEWHERE + PAGES(4));
    check_is(map(view, MAP_READ, ELSEWHERE, PAGES(1), PAGES(1)), ELSEWHERE);
    for (uint64_t round = 10; round < 14; round++) {
        copy = (uint32_t)memory_copy(memory, 0, PAGES(2));
        check_is(*word_at(SOMEWHERE + PAGES(5)), round == 10 ? 2 : round - 1);
        check_is(*word_at(ELSEWHERE), round == 10 ? 2 : round - 1);
        if (round % 2)
            *word_at(SOMEWHERE + PAGES(1)) = round;
        else
            check_is(word_set(memory, 1, round), 8);
        check_is(*word_at(SOMEWHERE + PAGES(1)), round);
        check_is(*word_at(SOMEWHERE + PAGES(5)), round);
        check_is(*word_at(ELSEWHERE), round);
        check_is(word_get(view, 1), round);
        check_is(word_get(copy, 1), round == 10 ? 2 : round - 1);
        handle_close(copy);
    }
}

static void child_reader(void)
{
    uint32_t memory = handle_named("memory"), there = handle_named("there");
    uint64_t word;

    check_is(map(memory, MAP_READ, SOMEWHERE, PAGES(1), 0), SOMEWHERE);
    check_is(*word_at(SOMEWHERE), 1);
    check_is(event_add(there, 1), 8);
    check_is(object_read(handle_named("written"), &word, 8, 0), 8);
    check_is(*word_at(SOMEWHERE), 77);
}

static void other_process(void)
{
    uint32_t memory = memory_numbered(1), there = (uint32_t)event_make(), copy;
    uint32_t written = (uint32_t)event_make();
    const struct program_handle handles[] = {
        {"memory", memory, 0}, {"there", there, 0}, {"written", written, 0}};
    int64_t process = child_start("reader", handles, 3);
    struct process_status status;
    uint64_t word;

    check(process > 0);
    check_is(object_read(there, &word, 8, 0), 8);
    copy = (uint32_t)memory_copy(memory, 0, PAGES(1));
    check_is(word_set(memory, 0, 77), 8);
    check_is(event_add(written, 1), 8);
    check_is(process_wait((uint32_t)process, &status), 0);
    check_is(status.status, 0);
    check_is(word_get(copy, 0), 1);
}

/* Pages that nobody has touched cost neither side anything, and are zero in both. */
static void lazy(void)
{
    uint64_t used, free;
    uint32_t memory = (uint32_t)memory_create(1024 * MIB), copy, small;

    check_is(word_set(memory, 511, 5), 8);
    check_is(word_set(memory, 70000, 6), 8);
    used = own_frames();
    free = free_frames();
    copy = (uint32_t)memory_copy(memory, 0, 1024 * MIB);
    check_is(own_frames() - used, 5); /* two pages, and the tables of the object */
    check(free - free_frames() <= 4); /* the tables, and perhaps a page for the kernel's own */
    check_is(word_get(copy, 511), 5);
    check_is(word_get(copy, 70000), 6);
    check_is(word_get(copy, 510), 0);
    check_is(word_get(memory, 510), 0);
    check_is(word_set(memory, 509, 1), 8);
    check_is(word_get(copy, 509), 0);
    check_is(word_set(copy, 508, 1), 8);
    check_is(word_get(memory, 508), 0);
    small = (uint32_t)memory_copy(copy, PAGES(510), PAGES(4)); /* not cut as the original is */
    check_is(word_get(small, 1), 5);
    check_is(word_get(small, 0), 0);
    handle_close(copy);
    small = (uint32_t)memory_copy(memory, PAGES(69500), PAGES(600));
    check_is(word_get(small, 500), 6);
    check_is(word_get(small, 501), 0);
}

/* Three generations, closed in every order, some of them only mapped. */
static void closing(void)
{
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    uint64_t free, used;

    check_is(map(memory_numbered(1), MAP_WRITE, SOMEWHERE, PAGES(1), 0), SOMEWHERE);
    *word_at(SOMEWHERE) = 1; /* the tables are there */
    unmap(SOMEWHERE, PAGES(1));
    for (unsigned i = 0; i < 12; i++) {
        uint32_t memory[3];

        free = free_frames();
        used = own_frames();
        memory[0] = memory_numbered(5);
        memory[1] = (uint32_t)memory_copy(memory[0], 0, PAGES(5));
        check_is(word_set(memory[1], 1, 20), 8);
        memory[2] = (uint32_t)memory_copy(memory[1], PAGES(1), PAGES(3));
        check_is(word_set(memory[i % 3], 2, 30), 8);
        check_is(own_frames() - used, 13);
        check_is(map(memory[i / 4], MAP_WRITE, SOMEWHERE, PAGES(1), PAGES(1)), SOMEWHERE);
        for (unsigned k = 0; k < 3; k++) {
            uint32_t closed = memory[orders[i % 6][k]];

            check_is(word_get(closed, 0), closed == memory[2] ? 20 : 1);
            check_is(word_get(closed, 1), closed == memory[0] ? 2 : closed == memory[1] ? 20 : 3);
            handle_close(closed);
        }
        *word_at(SOMEWHERE) = 40;
        unmap(SOMEWHERE, PAGES(1));
        check_is(free_frames(), free);
        check_is(own_frames(), used);
    }
}

/* Many objects, copied from each other, against what each should hold. */
static struct {
    uint32_t memory; /* 0: none */
    uint64_t pages;
    uint64_t words[COPY_PAGES];
    uint64_t address; /* where it is mapped, if not 0 */
} objects[COPY_MAX];

static bool object_is_right(unsigned i)
{
    for (uint64_t page = 0; page < objects[i].pages; page++)
        if (word_get(objects[i].memory, page) != objects[i].words[page] ||
            (objects[i].address &&
             *word_at(objects[i].address + PAGES(page)) != objects[i].words[page]))
            return false;
    return true;
}

static void object_close(unsigned i)
{
    handle_close(objects[i].memory);
    if (objects[i].address)
        unmap(objects[i].address, PAGES(objects[i].pages));
    memset(&objects[i], 0, sizeof(objects[i]));
}

static bool object_make(unsigned i, unsigned from)
{
    uint64_t first = 0, pages = COPY_PAGES;
    int64_t memory;

    if (objects[from].memory) {
        first = random_next() % objects[from].pages;
        pages = 1 + random_next() % (objects[from].pages - first);
        memory = memory_copy(objects[from].memory, PAGES(first), PAGES(pages));
    } else {
        memory = memory_create(PAGES(pages));
    }
    for (uint64_t page = 0; page < pages; page++)
        objects[i].words[page] = objects[from].words[first + page];
    objects[i].memory = (uint32_t)memory;
    objects[i].pages = pages;
    return memory > 0;
}

static bool object_change(unsigned i, uint32_t event)
{
    uint64_t page = random_next() % objects[i].pages, word = random_next() | 1;

    objects[i].words[page] = word;
    switch (objects[i].address ? random_next() % 3 : 0) {
    case 0:
        return word_set(objects[i].memory, page, word) == 8;
    case 1:
        *word_at(objects[i].address + PAGES(page)) = word;
        return true;
    default:
        return event_add(event, word) == 8 &&
               object_read(event, (void *)(objects[i].address + PAGES(page)), 8, 0) == 8;
    }
}

static void random_copies(void)
{
    uint32_t event = (uint32_t)event_make();
    uint64_t free = 0, used = 0;

    for (unsigned i = 0; i < COPY_MAX; i++) { /* the tables, that stay */
        check_is(
            map((uint32_t)memory_create(PAGES(1)), MAP_WRITE, SOMEWHERE + i * MIB, PAGES(1), 0),
            SOMEWHERE + i * MIB);
        *word_at(SOMEWHERE + i * MIB) = 1;
        unmap(SOMEWHERE + i * MIB, PAGES(1));
    }
    free = free_frames();
    used = own_frames();
    for (unsigned step = 0; step < 3000; step++) {
        unsigned i = (unsigned)(random_next() % COPY_MAX), kind = (unsigned)(random_next() % 16);

        if (!objects[i].memory)
            check(object_make(i, (unsigned)(random_next() % COPY_MAX)));
        else if (kind == 0)
            object_close(i);
        else if (kind == 1 && !objects[i].address)
            objects[i].address = (uint64_t)map(objects[i].memory, MAP_WRITE, SOMEWHERE + i * MIB,
                                               PAGES(objects[i].pages), 0);
        else if (kind < 12)
            check(object_change(i, event));
        else
            check(object_is_right(i));
    }
    for (unsigned i = 0; i < COPY_MAX; i++) {
        check(!objects[i].memory || object_is_right(i));
        object_close(i);
    }
    check_is(free_frames(), free);
    check_is(own_frames(), used);
}

/* The buffer's page becomes shared, or goes, between request and answer. */
static void buffer_shared_meanwhile(void)
{
    for (uint64_t kind = 0; kind < 4; kind++) {
        uint32_t memory = memory_numbered(1), event = (uint32_t)event_make(), copy;
        bool writable = kind < 2;
        uint64_t word;

        check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(1), 0), SOMEWHERE);
        *word_at(SOMEWHERE) = 5;
        check(ring_push(
            thread_ring(),
            (struct request){
                .op = OP_READ, .handle = event, .user_data = 1, .buffer = SOMEWHERE, .length = 8}));
        check_is(submit_all(0), 1);
        copy = (uint32_t)memory_copy(memory, 0, PAGES(1));
        if (kind == 1)
            handle_close(memory);
        if (!writable)
            unmap(SOMEWHERE, PAGES(1));
        if (kind == 3)
            check_is(map(copy, MAP_READ, SOMEWHERE, PAGES(1), 0), SOMEWHERE);
        check_is(event_add(event, 9), 8);
        check_is(result_of(1), writable ? 8 : -E_BUFFER);
        check_is(object_get(event, PROPERTY_COUNT), writable ? 0 : 9);
        check_is(word_get(copy, 0), 5);
        if (writable)
            check_is(*word_at(SOMEWHERE), 9);
        else
            check_is(object_read(event, &word, 8, 0), 8);
        unmap(SOMEWHERE, PAGES(1));
        handle_close(copy);
        handle_close(memory);
        handle_close(event);
    }
}

/* An object is read into a buffer that maps the object itself, or its copy, and the reverse. */
static void buffer_is_the_object(void)
{
    uint32_t memory = memory_numbered(3), copy = (uint32_t)memory_copy(memory, 0, PAGES(3));

    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(3), 0), SOMEWHERE);
    check_is(map(copy, MAP_WRITE, ELSEWHERE, PAGES(3), 0), ELSEWHERE);
    check_is(object_read(memory, (void *)(SOMEWHERE + PAGES(1)), PAGES(1), 0), PAGES(1));
    check_is(*word_at(SOMEWHERE + PAGES(1)), 1);
    check_is(*word_at(ELSEWHERE + PAGES(1)), 2);
    check_is(object_read(memory, (void *)SOMEWHERE, PAGES(1), 0), PAGES(1));
    check_is(object_read(copy, (void *)(SOMEWHERE + PAGES(2)), PAGES(1), 0), PAGES(1));
    check_is(*word_at(SOMEWHERE + PAGES(2)), 1);
    check_is(object_write(copy, (void *)(ELSEWHERE + PAGES(2)), PAGES(1), 0), PAGES(1));
    check_is(object_write(copy, (void *)ELSEWHERE, PAGES(3), 0), PAGES(3));
    check_is(*word_at(ELSEWHERE), 3);
    check_is(*word_at(ELSEWHERE + PAGES(2)), 3);
    check_is(*word_at(SOMEWHERE), 1);
}

/* What is shared is charged when it becomes so: a refused copy leaves nothing behind, and one that
 * was granted can be written without any more room in the account. */
static void child_copy_limit(void)
{
    uint32_t memory = memory_numbered(20);
    uint64_t used;
    int64_t copy;

    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(20), 0), SOMEWHERE);
    *word_at(SOMEWHERE) = 1;
    used = own_frames();
    check_is(object_set(self, PROPERTY_FRAME_LIMIT, used + 20), 0);
    check_is(memory_create_contiguous(PAGES(17), 0, 1024 * MIB), -E_MEMORY);
    copy = memory_copy(memory, 0, PAGES(20));
    check(copy > 0);
    check_is(own_frames(), used + 20);
    check_is(memory_copy(memory, PAGES(3), PAGES(1)), -E_MEMORY);
    for (uint64_t i = 0; i < 20; i++)
        check_is(word_set((uint32_t)copy, i, 100 + i), 8);
    *word_at(SOMEWHERE + PAGES(1)) = 5;
    check_is(own_frames(), used + 20);
    handle_close((uint32_t)copy);
    check_is(own_frames(), used);
    check_is(object_set(self, PROPERTY_FRAME_LIMIT, used + 19), 0);
    check_is(memory_copy(memory, 0, PAGES(20)), -E_MEMORY);
    check_is(own_frames(), used);
    check_is(word_get(memory, 19), 20);
    check(memory_copy(memory, 0, PAGES(19)) > 0);
    *word_at(SOMEWHERE + PAGES(2)) = 5;
    check_is(word_get(memory, 2), 5);
}

static void copy_limit(void)
{
    check_is(child_run("copy-limit", NULL, 0).status, 0);
}

/* A file of the archive is nobody's to write; parts of it can be shown. */
static void file_parts(void)
{
    uint32_t file = (uint32_t)binary_open(), all = (uint32_t)object_open(files, "init", 0);
    uint64_t size = (uint64_t)object_get(all, PROPERTY_SIZE), last = size & ~(PAGE_SIZE - 1);
    int64_t tail;

    check_is(memory_copy(file, 0, PAGES(1)), -E_DENIED); /* opened without the right */
    check_is(memory_view(all, 0, size + 1, false), -E_RANGE);
    check(size % PAGE_SIZE != 0);
    tail = memory_view(all, last, size - last, true);
    check_is(object_get((uint32_t)tail, PROPERTY_SIZE), size - last);
    check_is(word_set((uint32_t)tail, 0, 1), -E_DENIED);
    check_is(map((uint32_t)tail, MAP_READ, SOMEWHERE, PAGES(1), 0), SOMEWHERE);
    unmap(SOMEWHERE, PAGES(1));
    check_is(memory_copy(all, 0, size), -E_STATE);
    check_is(memory_copy((uint32_t)tail, 0, size - last), -E_STATE);
    check_is(map(all, MAP_WRITE, SOMEWHERE, PAGES(1), 0), -E_DENIED);
}

/* Nothing is mapped for writing here and for execution there. */
static void write_or_execute(void)
{
    static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
    uint32_t memory = memory_numbered(4), poor, view, copy;

    poor = (uint32_t)handle_duplicate(memory, MEMORY_RIGHTS & ~RIGHT_EXECUTE);
    check_is(map(poor, MAP_EXECUTE, SOMEWHERE, PAGES(1), 0), -E_DENIED);
    view = (uint32_t)memory_view(memory, PAGES(1), PAGES(2), true);
    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(2), 0), SOMEWHERE);
    check_is(map(memory, MAP_EXECUTE, ELSEWHERE, PAGES(4), 0), -E_BUSY);
    check_is(map(view, MAP_EXECUTE, ELSEWHERE, PAGES(1), 0), -E_BUSY);
    check_is(map(view, MAP_EXECUTE, ELSEWHERE, PAGES(1), PAGES(1)), ELSEWHERE);
    check_is(map(memory, MAP_WRITE, 0, PAGES(1), PAGES(2)), -E_BUSY);
    check_is(map(view, MAP_WRITE, 0, PAGES(2), 0), -E_BUSY);
    check_is(map(view, MAP_READ, ELSEWHERE + PAGES(8), PAGES(2), 0), ELSEWHERE + PAGES(8));
    check_is(object_write(view, code, sizeof(code), PAGES(1)), sizeof(code));
    check_is(((int (*)(void))ELSEWHERE)(), 42);

    /* a copy has pages of its own as soon as they are written */
    copy = (uint32_t)memory_copy(memory, 0, PAGES(4));
    check_is(map(copy, MAP_WRITE, ELSEWHERE + PAGES(4), PAGES(4), 0), ELSEWHERE + PAGES(4));
    *word_at(ELSEWHERE + PAGES(6)) = 0;
    check_is(((int (*)(void))ELSEWHERE)(), 42);
    unmap(ELSEWHERE, PAGES(1));
    check_is(map(memory, MAP_WRITE, 0, PAGES(1), PAGES(2)) > 0, 1);
    check_is(map(memory, MAP_EXECUTE, 0, PAGES(1), PAGES(2)), -E_BUSY);
    unmap(SOMEWHERE, PAGES(1)); /* the half of it */
    check_is(map(memory, MAP_EXECUTE, 0, PAGES(1), 0) > 0, 1);
    check_is(map(memory, MAP_EXECUTE, 0, PAGES(1), PAGES(1)), -E_BUSY);
}

const struct guest_test guest_tests[] = {
    {"contiguous", contiguous},
    {"contiguous-refused", contiguous_refused},
    {"views", views},
    {"views-refused", views_refused},
    {"rights", rights},
    {"copies", copies},
    {"all-mappings", all_mappings},
    {"other-process", other_process},
    {"lazy", lazy},
    {"closing", closing},
    {"random-copies", random_copies},
    {"buffer-shared-meanwhile", buffer_shared_meanwhile},
    {"buffer-is-the-object", buffer_is_the_object},
    {"copy-limit", copy_limit},
    {"file-parts", file_parts},
    {"write-or-execute", write_or_execute},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"reader", child_reader}, {"copy-limit", child_copy_limit}, {NULL, NULL}};
