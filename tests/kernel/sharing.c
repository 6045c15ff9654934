/* Memory that is shown in many places, or to a device: blocks, views, rights, execution. */
#include "words.h"

const char *const guest_name = "sharing";

#define MEMORY_RIGHTS                                                                              \
    (RIGHT_READ | RIGHT_WRITE | RIGHT_CREATE | RIGHT_GET | RIGHT_MAP | RIGHT_EXECUTE |             \
     RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_PHYSICAL)

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
        check_is(create(self, form, &place, 16, OBJECT_MEMORY),
                 form == MEMORY_PAGED ? -E_RANGE : -E_ARGUMENT);
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

/* A file of the archive is nobody's to write; parts of it can be shown. */
static void file_parts(void)
{
    uint32_t file = (uint32_t)binary_open(), all = (uint32_t)object_open(files, "init", 0);
    uint64_t size = (uint64_t)object_get(all, PROPERTY_SIZE), last = (size - 1) & ~(PAGE_SIZE - 1);
    int64_t tail;

    check_is(memory_copy(file, 0, PAGES(1)), -E_DENIED); /* opened without the right */
    check_is(memory_view(all, 0, size + 1, false), -E_RANGE);
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
    {"file-parts", file_parts},
    {"write-or-execute", write_or_execute},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{NULL, NULL}};
