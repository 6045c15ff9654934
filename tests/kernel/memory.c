/* Memory objects, mappings, and buffers that are not what they should be. */
#include "guest.h"

const char *const guest_name = "memory";

#define SOMEWHERE UINT64_C(0x50000000)
#define PAGES(n)  ((n)*PAGE_SIZE)

static int64_t map(uint32_t memory, uint32_t access, uint64_t address, uint64_t length,
                   uint64_t offset)
{
    return object_map(self, memory, access, address, length, offset);
}

static void sizes(void)
{
    static const uint64_t wrong[] = {0, (UINT64_C(1) << 30) + 1, UINT64_C(1) << 40, UINT64_MAX,
                                     UINT64_MAX - PAGE_SIZE};
    int64_t memory;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_is(object_create(self, OBJECT_MEMORY, NULL, wrong[i], 0), -E_RANGE);
    memory = object_create(self, OBJECT_MEMORY, NULL, 1, 0);
    check_is(object_get((uint32_t)memory, PROPERTY_SIZE), PAGE_SIZE);
    check_is(object_get((uint32_t)memory, PROPERTY_TYPE), OBJECT_MEMORY);
    check_is(object_get((uint32_t)memory, PROPERTY_PHYSICAL), -E_STATE);
    check_is(object_get((uint32_t)memory, 12345), -E_ARGUMENT);
    handle_close((uint32_t)memory);
}

/* A gigabyte costs nothing until it is used; then each page is found again. */
static void large(void)
{
    int64_t memory = memory_create(UINT64_C(1) << 30);
    uint64_t value;

    check(memory > 0);
    for (uint64_t at = 0; at < UINT64_C(1) << 30; at += UINT64_C(67108861))
        check_is(object_write((uint32_t)memory, &at, 8, at), 8);
    for (uint64_t at = 0; at < UINT64_C(1) << 30; at += UINT64_C(67108861)) {
        check_is(object_read((uint32_t)memory, &value, 8, at), 8);
        check_is(value, at);
    }
    check_is(object_write((uint32_t)memory, &value, 8, (UINT64_C(1) << 30) - 4), 4);
    handle_close((uint32_t)memory);
}

static void transfers(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(3));
    static uint8_t bytes[PAGES(3)], back[PAGES(3)];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random_next();
    check_is(object_write(memory, bytes, PAGES(2), 1000), PAGES(2));
    check_is(object_read(memory, back, sizeof(back), 0), sizeof(back));
    for (size_t i = 0; i < sizeof(back); i++)
        check(back[i] == (i >= 1000 && i < 1000 + PAGES(2) ? bytes[i - 1000] : 0));
    check_is(object_read(memory, back, 100, PAGES(3)), 0);
    check_is(object_read(memory, back, 100, PAGES(3) - 1), 1);
    check_is(object_read(memory, back, 100, PAGES(3) + 1), -E_RANGE);
    check_is(object_read(memory, back, 100, UINT64_MAX), -E_RANGE);
    check_is(object_write(memory, back, 100, UINT64_MAX - 50), -E_RANGE);
    check_is(object_read(memory, NULL, 0, 0), 0);
    check_is(object_write(memory, back, sizeof(back), PAGES(2)), PAGE_SIZE);
    handle_close(memory);
}

/* Pages that somebody else had are zero when they come again. */
static void zeroed(void)
{
    for (unsigned round = 0; round < 3; round++) {
        uint64_t *words = memory_allocate(PAGES(300));

        check(words != NULL);
        for (uint64_t i = 0; i < PAGES(300) / 8; i += 61)
            check(words[i] == 0);
        for (uint64_t i = 0; i < PAGES(300) / 8; i += 61)
            words[i] = UINT64_MAX;
        memory_free(words, PAGES(300));
    }
}

static void shared_pages(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(2));
    volatile uint64_t *a = memory_map(memory, PAGES(2), MAP_WRITE);
    volatile uint64_t *b = memory_map(memory, PAGES(2), MAP_READ);
    uint64_t value;

    check(a && b && a != b);
    a[600] = 77;
    check_is(b[600], 77);
    check_is(object_read(memory, &value, 8, 4800), 8);
    check_is(value, 77);
    value = 78;
    check_is(object_write(memory, &value, 8, 0), 8);
    check_is(a[0], 78);
    handle_close(memory);
    check_is(b[600], 77); /* mappings keep the pages */
    memory_free((void *)(uintptr_t)a, PAGES(2));
    check_is(b[600], 77);
    memory_free((void *)(uintptr_t)b, PAGES(2));
}

static void bad_maps(void)
{
    static const struct {
        uint64_t address, length, offset;
    } wrong[] = {
        {SOMEWHERE + 1, PAGE_SIZE, 0},
        {SOMEWHERE, PAGE_SIZE + 1, 0},
        {SOMEWHERE, 0, 0},
        {SOMEWHERE, PAGE_SIZE, 8},
        {SOMEWHERE, PAGES(5), 0},
        {SOMEWHERE, PAGE_SIZE, PAGES(4)},
        {SOMEWHERE, PAGE_SIZE, UINT64_MAX - PAGE_SIZE + 1},
        {SOMEWHERE, UINT64_MAX - PAGE_SIZE + 1, 0},
        {0, UINT64_MAX - PAGE_SIZE + 1, 0},
        {0, 0, 0},
        {PAGE_SIZE, PAGE_SIZE, 0},
        {USER_TOP, PAGE_SIZE, 0},
        {USER_TOP - PAGE_SIZE, PAGES(2), 0},
        {UINT64_C(0x800000000000), PAGE_SIZE, 0},
        {DIRECT_MAP_BASE, PAGE_SIZE, 0},
        {KERNEL_BASE, PAGE_SIZE, 0},
        {UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE, 0},
        {UINT64_MAX - PAGE_SIZE + 1, PAGES(2), 0},
    };
    uint32_t memory = (uint32_t)memory_create(PAGES(4));

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check_is(map(memory, MAP_READ, wrong[i].address, wrong[i].length, wrong[i].offset),
                 -E_RANGE);
    check_is(map(memory, MAP_WRITE | MAP_EXECUTE, SOMEWHERE, PAGE_SIZE, 0), -E_ARGUMENT);
    check_is(map(memory, 8, SOMEWHERE, PAGE_SIZE, 0), -E_ARGUMENT);
    check_is(map(memory, UINT32_MAX, SOMEWHERE, PAGE_SIZE, 0), -E_ARGUMENT);
    check_is(map(12345, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), -E_HANDLE);
    check_is(map(self, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), -E_TYPE);
    check_is(map(memory, MAP_READ, USER_TOP - PAGE_SIZE, PAGE_SIZE, 0), USER_TOP - PAGE_SIZE);
    check_is(map(memory, MAP_READ, (uint64_t)bad_maps & ~(PAGE_SIZE - 1), PAGE_SIZE, 0), -E_EXISTS);
    check_is(map(memory, MAP_READ, SOMEWHERE, PAGES(4), 0), SOMEWHERE);
    check_is(map(memory, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), -E_EXISTS);
    check_is(map(memory, MAP_READ, SOMEWHERE - PAGES(3), PAGES(4), 0), -E_EXISTS);
    check_is(map(memory, MAP_READ, SOMEWHERE + PAGES(3), PAGE_SIZE, 0), -E_EXISTS);
    check_is(map(memory, MAP_READ, SOMEWHERE + PAGES(4), PAGE_SIZE, 0), SOMEWHERE + PAGES(4));
    handle_close(memory);
}

/* Does a read of one byte at the address succeed, asked of the kernel? */
static bool readable(uint64_t address)
{
    static uint32_t sink;

    if (!sink)
        sink = (uint32_t)memory_create(PAGE_SIZE);
    return object_write(sink, (void *)address, 1, 0) == 1;
}

static void unmapping(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(9));
    uint64_t number;

    check(readable((uint64_t)&memory)); /* it keeps some memory of its own */
    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(9), 0), SOMEWHERE);
    for (uint64_t i = 0; i < 9; i++)
        *(volatile uint64_t *)(SOMEWHERE + PAGES(i)) = i;
    check_is(object_unmap(self, SOMEWHERE + PAGES(3), PAGES(2)), 0); /* a hole */
    check_is(object_unmap(self, SOMEWHERE + PAGES(3), PAGES(2)), -E_NOT_FOUND);
    check_is(object_unmap(self, SOMEWHERE + PAGES(7), PAGES(10)), 0); /* an end */
    check_is(object_unmap(self, SOMEWHERE - PAGES(2), PAGES(3)), 0);  /* a beginning */
    for (uint64_t i = 0; i < 9; i++) {
        bool there = i == 1 || i == 2 || i == 5 || i == 6;

        check_is(readable(SOMEWHERE + PAGES(i)), there);
        if (there)
            check_is(*(volatile uint64_t *)(SOMEWHERE + PAGES(i)), i);
        check_is(object_read(memory, &number, 8, PAGES(i)), 8);
        check_is(number, i);
    }
    check_is(map(memory, MAP_READ, SOMEWHERE + PAGES(3), PAGES(2), PAGES(7)), SOMEWHERE + PAGES(3));
    check_is(*(volatile uint64_t *)(SOMEWHERE + PAGES(4)), 8);
    check_is(object_unmap(self, SOMEWHERE, PAGES(20)), 0);
    check_is(object_unmap(self, SOMEWHERE, PAGES(20)), -E_NOT_FOUND);
    check_is(object_unmap(self, SOMEWHERE + 1, PAGE_SIZE), -E_RANGE);
    check_is(object_unmap(self, SOMEWHERE, 0), -E_RANGE);
    check_is(object_unmap(self, SOMEWHERE, 1), -E_RANGE);
    check_is(object_unmap(self, SOMEWHERE, UINT64_MAX - PAGE_SIZE + 1), -E_RANGE);
    check_is(object_unmap(self, 0, PAGE_SIZE), -E_RANGE);
    check_is(object_unmap(self, KERNEL_BASE, PAGE_SIZE), -E_RANGE);
    check_is(object_unmap(self, UINT64_MAX - PAGE_SIZE + 1, PAGES(2)), -E_RANGE);
    check_is(object_unmap(self, USER_TOP - PAGE_SIZE, PAGES(2)), -E_RANGE);
    handle_close(memory);
}

/* What was seen at an address is forgotten when something else comes there. */
static void remapping(void)
{
    uint32_t ones = (uint32_t)memory_create(PAGE_SIZE), zeros = (uint32_t)memory_create(PAGE_SIZE);
    uint64_t one = 1;

    check_is(object_write(ones, &one, 8, 0), 8);
    for (uint64_t i = 0; i < 32; i++) { /* the processor keeps some of them longer than others */
        uint64_t at = SOMEWHERE + PAGES(i * 61);

        check_is(map(ones, MAP_READ, at, PAGE_SIZE, 0), at);
        check_is(*(volatile uint64_t *)at, 1);
        check_is(object_unmap(self, at, PAGE_SIZE), 0);
        check_is(map(zeros, MAP_READ, at, PAGE_SIZE, 0), at);
        check_is(*(volatile uint64_t *)at, 0);
    }
    handle_close(ones);
    handle_close(zeros);
}

/* Where no read may put anything, and no write may take anything from. */
static const uint64_t kernel_addresses[] = {
    0,
    8,
    PAGE_SIZE,
    USER_BASE - 1,
    USER_TOP,
    USER_TOP - 1,
    UINT64_C(0x800000000000),
    UINT64_C(0xfffffffffffff000) >> 1,
    DIRECT_MAP_BASE - 1,
    DIRECT_MAP_BASE,
    DIRECT_MAP_BASE + 0x100000,
    DIRECT_MAP_BASE + DIRECT_MAP_SIZE,
    BOOT_STACK_TOP - 64,
    BOOT_STACK_TOP - BOOT_STACK_SIZE - 64,
    KERNEL_BASE,
    KERNEL_BASE + 0x3000,
    KERNEL_BASE + 0x10000,
    UINT64_MAX,
    UINT64_MAX - 7,
    UINT64_MAX - 4095,
};

static void kernel_buffers(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE), event = (uint32_t)event_make();
    uint32_t table = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);

    for (size_t i = 0; i < sizeof(kernel_addresses) / sizeof(kernel_addresses[0]); i++) {
        char *where = (char *)kernel_addresses[i];

        check_is(object_read(memory, where, 16, 0), -E_BUFFER);
        check_is(object_write(memory, where, 16, 0), -E_BUFFER);
        check_is(object_write(event, where, 8, 0), -E_BUFFER);
        check_is(event_add(event, 1), 8);
        check_is(object_read(event, where, 8, 0), -E_BUFFER);
        check_is(object_get(event, PROPERTY_COUNT), i + 1); /* nothing was taken */
        check_is(object_read(files, where, 640, 0), -E_BUFFER);
        check_is(object_get_bytes(self, PROPERTY_NAME, where, 16), -E_BUFFER);
        check_is(request_wait((struct request){
                     .op = OP_OPEN, .handle = table, .buffer = kernel_addresses[i], .length = 16}),
                 -E_BUFFER);
        check_is(request_wait((struct request){.op = OP_SHARE,
                                               .handle = table,
                                               .buffer = kernel_addresses[i],
                                               .length = 16,
                                               .arg0 = event}),
                 -E_BUFFER);
        check_is(
            request_wait((struct request){
                .op = OP_CREATE, .handle = processes, .buffer = kernel_addresses[i], .length = 16}),
            -E_BUFFER);
        check_is(request_wait((struct request){.op = OP_CREATE,
                                               .handle = self,
                                               .buffer = kernel_addresses[i],
                                               .length = sizeof(struct thread_start),
                                               .arg0 = OBJECT_THREAD}),
                 -E_BUFFER);
    }
    handle_close(event);
    handle_close(memory);
    handle_close(table);
}

/* Read-only pages of one's own stay as they are, whoever writes. */
static void read_only_buffers(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE);
    const uint64_t ones = UINT64_MAX;
    uint64_t code = *(const volatile uint64_t *)(uintptr_t)read_only_buffers;
    char name = guest_name[0];

    check_is(object_write(memory, &ones, 8, 0), 8);
    check_is(object_read(memory, (void *)(uintptr_t)read_only_buffers, 8, 0), -E_BUFFER);
    check(*(const volatile uint64_t *)(uintptr_t)read_only_buffers == code);
    check_is(object_read(memory, (void *)(uintptr_t)guest_name, 8, 0), -E_BUFFER);
    check(((const volatile char *)guest_name)[0] == name);
    check_is(map(memory, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    check_is(object_read(files, (void *)SOMEWHERE, 64, 0), -E_BUFFER);
    check(*(volatile uint64_t *)SOMEWHERE == ones);
    check_is(object_get_bytes(self, PROPERTY_NAME, (void *)SOMEWHERE, 8), -E_BUFFER);
    check_is(object_read(memory, (void *)((uint64_t)thread_self() & 0), 8, 0), -E_BUFFER);
    handle_close(memory);
}

/* A buffer with a page missing in its middle or at its end. */
static void buffers_with_holes(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(3)), event = (uint32_t)event_make();

    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(3), 0), SOMEWHERE);
    check_is(object_unmap(self, SOMEWHERE + PAGE_SIZE, PAGE_SIZE), 0);
    check_is(object_read(files, (void *)(SOMEWHERE + PAGE_SIZE - 32), 64, 0), -E_BUFFER);
    check_is(object_write(event, (void *)(SOMEWHERE + PAGE_SIZE - 4), 8, 0), -E_BUFFER);
    check_is(object_write(event, (void *)(SOMEWHERE + PAGES(2) - 4), 8, 0), -E_BUFFER);
    check_is(object_get(event, PROPERTY_COUNT), 0);
    check_is(event_add(event, 2), 8);
    check_is(object_read(event, (void *)(SOMEWHERE + PAGE_SIZE - 4), 8, 0), -E_BUFFER);
    check_is(object_get(event, PROPERTY_COUNT), 2);
    check_is(object_read(event, (void *)(SOMEWHERE + PAGE_SIZE - 8), 8, 0), 8);
    check_is(*(volatile uint64_t *)(SOMEWHERE + PAGE_SIZE - 8), 2);
    handle_close(memory);
    handle_close(event);
}

/* A transfer whose buffer lacks its last page moves nothing at all. */
static void whole_or_nothing(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(3)), other = (uint32_t)memory_create(PAGES(3));
    volatile uint64_t *words = (volatile uint64_t *)SOMEWHERE;
    uint64_t word = 1;

    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(3), 0), SOMEWHERE);
    check_is(object_unmap(self, SOMEWHERE + PAGES(2), PAGE_SIZE), 0);
    words[0] = words[PAGE_SIZE / 8] = 7;
    check_is(object_write(other, (void *)SOMEWHERE, PAGES(3), 0), -E_BUFFER);
    check_is(object_write(other, (void *)(SOMEWHERE + PAGES(2) - 4), 8, 0), -E_BUFFER);
    check_is(object_read(other, &word, 8, 0), 8);
    check_is(word, 0);
    check_is(object_read(other, (void *)SOMEWHERE, PAGES(3), 0), -E_BUFFER);
    check_is(words[0], 7);
    check_is(object_write(other, (void *)SOMEWHERE, PAGES(2), 0), PAGES(2));
    check_is(object_read(other, &word, 8, PAGE_SIZE), 8);
    check_is(word, 7);
    handle_close(memory);
    handle_close(other);
}

/* The buffer goes away, or becomes read-only, between request and answer. */
static void buffer_taken_away(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE), event = (uint32_t)event_make();
    uint64_t word;

    for (uint64_t kind = 0; kind < 2; kind++) {
        check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
        check(ring_push(
            thread_ring(),
            (struct request){
                .op = OP_READ, .handle = event, .user_data = 1, .buffer = SOMEWHERE, .length = 8}));
        check_is(submit_all(0), 1);
        check_is(object_unmap(self, SOMEWHERE, PAGE_SIZE), 0);
        if (kind == 1)
            check_is(map(memory, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
        check_is(event_add(event, 1), 8);
        check_is(result_of(1), -E_BUFFER);
        check_is(object_get(event, PROPERTY_COUNT), 1); /* still to be taken */
        check_is(object_read(event, &word, 8, 0), 8);
    }
    check_is(*(volatile uint64_t *)SOMEWHERE, 0);
    handle_close(memory);
    handle_close(event);
}

/* The archive's files: read and map, never write. */
static void archive_files(void)
{
    int64_t file = object_open(files, "init", 0);
    uint64_t size;
    volatile uint8_t *bytes;

    check(file > 0);
    size = (uint64_t)object_get((uint32_t)file, PROPERTY_SIZE);
    check_is(object_write((uint32_t)file, "x", 1, 0), -E_DENIED);
    check_is(map((uint32_t)file, MAP_WRITE, SOMEWHERE, PAGE_SIZE, 0), -E_DENIED);
    bytes = memory_map((uint32_t)file, size, MAP_READ);
    check(bytes && bytes[1] == 'E' && bytes[2] == 'L');
    for (uint64_t at = size; at % PAGE_SIZE; at++)
        check_is(bytes[at], 0);
    check_is(map((uint32_t)file, MAP_READ, SOMEWHERE, ((size >> 12) + 2) << 12, 0), -E_RANGE);
    check_is(object_open(files, "no such file", 0), -E_NOT_FOUND);
    check_is(object_open(files, "", 0), -E_NOT_FOUND);
    check_is(object_open(files, "../init", 0), -E_NOT_FOUND);
    check_is(object_open(files, "0123456789012345678901234567890123456789", 0), -E_NAME);
    handle_close((uint32_t)file);
}

static void child_limit(void)
{
    uint64_t used = (uint64_t)object_get(self, PROPERTY_FRAMES);
    uint32_t memory = (uint32_t)memory_create(PAGES(64));
    const struct thread_start start = {.entry = USER_BASE};
    static uint8_t data[PAGES(16)];

    memset(data, 1, sizeof(data));
    check_is(object_set(self, PROPERTY_FRAME_LIMIT, 1), -E_RANGE);
    check_is(object_set(self, PROPERTY_FRAME_LIMIT, UINT64_MAX), -E_RANGE);
    used = (uint64_t)object_get(self, PROPERTY_FRAMES);
    check_is(object_set(self, PROPERTY_FRAME_LIMIT, used + 3), 0);
    check_is(object_set(self, PROPERTY_FRAME_LIMIT, used + 4), -E_RANGE);
    check_is(object_write(memory, data, sizeof(data), 0), PAGES(3));
    check_is(object_get(self, PROPERTY_FRAMES), used + 3);
    check_is(object_write(memory, data, 8, PAGES(3)), -E_MEMORY);
    check_is(object_read(memory, data, 8, PAGES(3)), -E_MEMORY);
    check_is(object_write(memory, data, 8, PAGES(2)), 8);
    check_is(memory_create(PAGES(1000)), -E_MEMORY); /* its table takes a page */
    check_is(request_wait((struct request){.op = OP_CREATE,
                                           .handle = self,
                                           .buffer = (uint64_t)&start,
                                           .length = sizeof(start),
                                           .arg0 = OBJECT_THREAD}),
             -E_MEMORY);
    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGES(64), 0), SOMEWHERE);
    *(volatile uint8_t *)SOMEWHERE = 1; /* no memory for the tables: the end */
    program_exit(0);
}

static void frame_limit(void)
{
    struct process_status status = child_run("limit", NULL, 0);

    check_is(status.reason, REASON_MEMORY);
    check_is(status.address, SOMEWHERE);
}

const struct guest_test guest_tests[] = {
    {"sizes", sizes},
    {"large", large},
    {"transfers", transfers},
    {"zeroed", zeroed},
    {"shared-pages", shared_pages},
    {"bad-maps", bad_maps},
    {"unmapping", unmapping},
    {"remapping", remapping},
    {"kernel-buffers", kernel_buffers},
    {"read-only-buffers", read_only_buffers},
    {"buffers-with-holes", buffers_with_holes},
    {"whole-or-nothing", whole_or_nothing},
    {"buffer-taken-away", buffer_taken_away},
    {"archive-files", archive_files},
    {"frame-limit", frame_limit},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{"limit", child_limit}, {NULL, NULL}};
