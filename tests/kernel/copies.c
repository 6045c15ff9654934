/* Copies of memory: pages are shared until one side writes, however it does. */
#include "words.h"

const char *const guest_name = "copies";

#define COPY_MAX   8u /* objects in the random test */
#define COPY_PAGES 12u

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
    check(free - free_frames() <= 1); /* perhaps a page for the kernel's own */
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
    check(free_frames() - free <= 1);
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

/* What the account does not pay for does not happen, and leaves nothing behind. */
static void child_sweep(void)
{
    uint64_t room = 0, used, before;
    int64_t made[8];

    check_is(object_read(handle_named("room"), &room, 8, 0), 8);
    used = own_frames();
    check_is(object_set(self, PROPERTY_FRAME_LIMIT, used + room - 1), 0);
    for (unsigned i = 0; i < 8; i++) {
        int64_t from = made[i > 0 ? i - 1 : 0];

        before = own_frames();
        if (i == 0)
            made[i] = memory_create(PAGES(1500)); /* a table, and one for 512 pages each */
        else if (i == 1)
            made[i] = memory_create_contiguous(PAGES(3), 0, 1024 * MIB);
        else if (i == 2 || i == 5)
            made[i] = memory_copy((uint32_t)made[0], 0, PAGES(1400));
        else
            made[i] = memory_copy((uint32_t)from, PAGES(i), PAGES(600 + i));
        check(made[i] > 0 || made[i] == -E_MEMORY || made[i] == -E_HANDLE || made[i] == -E_STATE ||
              made[i] == -E_RANGE);
        if (made[i] < 0)
            check_is(own_frames(), before);
        for (uint64_t page = 7; made[i] > 0 && page < 1200; page += 510) {
            int64_t result = word_set((uint32_t)made[i], page, page);

            check(result == 8 || result == -E_MEMORY || result == 0 || result == -E_RANGE);
        }
    }
    for (unsigned i = 0; i < 8; i++)
        handle_close((uint32_t)made[i]);
    check_is(own_frames(), used);
}

static void every_limit(void)
{
    for (uint64_t room = 1; room <= 48; room++) {
        uint32_t event = (uint32_t)event_make();
        const struct program_handle handles[] = {{"room", event, 0}};
        uint64_t free = free_frames();

        check_is(event_add(event, room), 8);
        check_is(child_run("sweep", handles, 1).status, 0);
        check(room == 1 || free_frames() == free);
        handle_close(event);
    }
}

const struct guest_test guest_tests[] = {
    {"copies", copies},
    {"all-mappings", all_mappings},
    {"other-process", other_process},
    {"lazy", lazy},
    {"closing", closing},
    {"random-copies", random_copies},
    {"buffer-shared-meanwhile", buffer_shared_meanwhile},
    {"buffer-is-the-object", buffer_is_the_object},
    {"copy-limit", copy_limit},
    {"every-limit", every_limit},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{"reader", child_reader},
                                            {"copy-limit", child_copy_limit},
                                            {"sweep", child_sweep},
                                            {NULL, NULL}};
