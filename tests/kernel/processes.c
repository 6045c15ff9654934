/* Processes: building, starting, ending; programs that are none. */
#include "guest.h"

const char *const guest_name = "processes";

#define MS UINT64_C(1000000)

/* Offsets in an ELF64 file and in its program headers. */
enum { ELF_TYPE = 16, ELF_ENTRY = 24, ELF_HEADERS = 32, ELF_COUNT = 56 };
enum { SEGMENT_SIZE = 56, SEGMENT_FLAGS = 4, SEGMENT_OFFSET = 8, SEGMENT_ADDRESS = 16 };
enum { SEGMENT_FILE = 32, SEGMENT_MEMORY = 40 };

static int64_t built(const char *name)
{
    return object_create(processes, OBJECT_PROCESS, name, 0, 0);
}

/* This program as a memory object of `pages` pages (0: as many as it takes), to be damaged. */
static uint32_t program_copy(uint64_t pages)
{
    int64_t file = binary_open(), memory;
    uint64_t size;
    void *bytes;

    /* read rights are all that it was opened with: its length is where reading ends */
    bytes = memory_allocate(64 * PAGE_SIZE);
    size = (uint64_t)read_all((uint32_t)file, bytes, 64 * PAGE_SIZE, 0);
    memory = memory_create(pages ? pages * PAGE_SIZE : size);
    if (pages && size > pages * PAGE_SIZE)
        size = pages * PAGE_SIZE;
    write_all((uint32_t)memory, bytes, size);
    memory_free(bytes, 64 * PAGE_SIZE);
    handle_close((uint32_t)file);
    return (uint32_t)memory;
}

/* Start a process with this binary; what START gave. It must then have ended. */
static int64_t start_result(uint32_t binary)
{
    uint32_t process = (uint32_t)built("bad");
    struct process_status status;
    int64_t result;

    object_set(process, PROPERTY_BINARY, binary);
    result = object_set(process, PROPERTY_START, 1);
    if (process_wait(process, &status) < 0 || status.reason != REASON_KILLED)
        result = -999;
    if (object_set(process, PROPERTY_START, 1) != -E_STATE ||
        object_remove(process, NULL, 0) != -E_GONE)
        result = -998;
    handle_close(process);
    return result;
}

/* The same for a program with `size` bytes at `offset` replaced. */
static int64_t damaged_result(uint64_t offset, const void *bytes, uint64_t size)
{
    uint32_t binary = program_copy(0);
    int64_t result;

    object_write(binary, bytes, size, offset);
    result = start_result(binary);
    handle_close(binary);
    return result;
}

/* Where the header of the first segment with these flags lies. */
static uint64_t segment_find(uint32_t flags)
{
    uint32_t binary = program_copy(0), has = 0, type = 0;
    uint64_t at = 0;

    object_read(binary, &at, 8, ELF_HEADERS);
    for (unsigned i = 0; i < 8; i++, at += SEGMENT_SIZE) {
        object_read(binary, &type, 4, at);
        object_read(binary, &has, 4, at + SEGMENT_FLAGS);
        if (type == 1 && has == flags)
            break;
    }
    handle_close(binary);
    return at;
}

#define DAMAGE(offset, type, value) damaged_result((offset), &(type){(type)(value)}, sizeof(type))

static void no_program(void)
{
    uint32_t zeros = (uint32_t)memory_create(PAGE_SIZE), process = (uint32_t)built("x");
    int64_t text = object_open(files, "kernel.symbols", 0);
    uint64_t code = segment_find(5);

    check_is(start_result(zeros), -E_NOT_PROGRAM);
    check_is(start_result((uint32_t)text), -E_NOT_PROGRAM);
    check_is(DAMAGE(0, uint8_t, 0x7e), -E_NOT_PROGRAM);
    check_is(DAMAGE(4, uint8_t, 1), -E_NOT_PROGRAM);
    check_is(DAMAGE(ELF_TYPE, uint16_t, 3), -E_NOT_PROGRAM);
    check_is(DAMAGE(ELF_COUNT, uint16_t, 0), -E_NOT_PROGRAM);
    check_is(DAMAGE(ELF_ENTRY, uint64_t, 0), -E_NOT_PROGRAM);
    check_is(DAMAGE(ELF_ENTRY, uint64_t, KERNEL_BASE), -E_NOT_PROGRAM);
    check_is(DAMAGE(ELF_ENTRY, uint64_t, UINT64_C(0x800000000000)), -E_NOT_PROGRAM);
    check_is(DAMAGE(ELF_COUNT, uint16_t, UINT16_MAX), -E_TRUNCATED);
    check_is(DAMAGE(ELF_HEADERS, uint64_t, UINT64_MAX), -E_TRUNCATED);
    check_is(DAMAGE(code + SEGMENT_FLAGS, uint32_t, 7), -E_WRITE_EXECUTE);
    check_is(DAMAGE(code + SEGMENT_OFFSET, uint64_t, UINT64_MAX), -E_TRUNCATED);
    check_is(DAMAGE(code + SEGMENT_ADDRESS, uint64_t, 0), -E_OVERLAP);
    check_is(DAMAGE(code + SEGMENT_ADDRESS, uint64_t, KERNEL_BASE), -E_OVERLAP);
    check_is(DAMAGE(code + SEGMENT_ADDRESS, uint64_t, DIRECT_MAP_BASE), -E_OVERLAP);
    check_is(DAMAGE(code + SEGMENT_ADDRESS, uint64_t, USER_TOP - 8), -E_OVERLAP);
    check_is(DAMAGE(code + SEGMENT_MEMORY, uint64_t, UINT64_MAX), -E_OVERLAP);
    check_is(DAMAGE(code + SEGMENT_MEMORY, uint64_t, 1), -E_NOT_PROGRAM);
    check_is(object_set(process, PROPERTY_START, 1), -E_STATE); /* no binary at all */
    check_is(object_set(process, PROPERTY_BINARY, self), -E_TYPE);
    check_is(object_set(process, PROPERTY_BINARY, 12345), -E_HANDLE);
    check_is(object_set(process, PROPERTY_BINARY, UINT64_C(1) << 32 | zeros), -E_HANDLE);
}

static void truncated(void)
{
    for (uint64_t pages = 1; pages < 3; pages++) {
        uint32_t binary = program_copy(pages);

        check_is(start_result(binary), -E_TRUNCATED);
        handle_close(binary);
    }
}

/* Segments over each other, over the stack, and larger than any memory object may be. */
static void overlaps(void)
{
    uint64_t code = segment_find(5), data = segment_find(6), address;
    uint32_t binary = program_copy(0);

    object_read(binary, &address, 8, code + SEGMENT_ADDRESS);
    check_is(DAMAGE(data + SEGMENT_ADDRESS, uint64_t, address), -E_OVERLAP);
    check_is(DAMAGE(data + SEGMENT_ADDRESS, uint64_t, START_STACK_TOP - PAGE_SIZE), -E_EXISTS);
    check_is(DAMAGE(data + SEGMENT_MEMORY, uint64_t, UINT64_C(1) << 31), -E_MEMORY);
    check_is(DAMAGE(data + SEGMENT_MEMORY, uint64_t, UINT64_C(1) << 40), -E_MEMORY);
    check_is(DAMAGE(data + SEGMENT_MEMORY, uint64_t, USER_TOP - UINT64_C(0x10000000)), -E_MEMORY);
    handle_close(binary);
}

static void building(void)
{
    uint32_t process = (uint32_t)built("builder"), event = (uint32_t)event_make();
    static char many[2049];
    char name[24];

    memset(many, 'x', sizeof(many));
    check_is(object_set_bytes(process, PROPERTY_ARGUMENTS, many, 2049), -E_RANGE);
    check_is(object_set_bytes(process, PROPERTY_ARGUMENTS, many, 2048), -E_ARGUMENT); /* no zero */
    check_is(object_set_bytes(process, PROPERTY_ARGUMENTS, (void *)KERNEL_BASE, 8), -E_BUFFER);
    check_is(object_set_bytes(process, PROPERTY_ARGUMENTS, "a\0b", 4), 0);
    check_is(object_share(process, event, 0, ""), -E_NAME);
    check_is(object_share(process, event, 0, "012345678901234567890123"), -E_NAME);
    check_is(object_set(process, PROPERTY_SIZE, 1), -E_ARGUMENT);
    for (unsigned i = 0; i < 32; i++) {
        format_text(name, sizeof(name), "handle-%u", i);
        check_is(object_share(process, event, 0, name), 0);
    }
    check_is(object_share(process, event, 0, "more"), -E_LIMIT);
    check_is(object_create(process, OBJECT_EVENT, NULL, 0, 0), -E_STATE);
    check_is(object_map(process, event, 0, 0, PAGE_SIZE, 0), -E_DENIED);
    check_is(object_unmap(process, USER_BASE, PAGE_SIZE), -E_STATE);
    check_is(object_set(process, PROPERTY_BINARY, (uint64_t)binary_open()), 0);
    check_is(object_set(process, PROPERTY_START, 1), -E_LIMIT); /* no place for its own handle */
}

static void names(void)
{
    char name[32];
    int64_t process = built("0123456789012345678901234567890");

    check(process > 0);
    check_is(object_get_bytes((uint32_t)process, PROPERTY_NAME, name, sizeof(name)), 31);
    check_is(object_get_bytes((uint32_t)process, PROPERTY_NAME, name, 4), 4);
    check_is(built("01234567890123456789012345678901"), -E_NAME);
    check_is(built(""), -E_NAME);
}

static void child_sleep(void)
{
    enter(0, 1, NEVER - 1);
}

static void child_arguments(void)
{
    program_exit(-7);
}

static void statuses(void)
{
    struct process_status status = child_run("arguments", NULL, 0);
    uint32_t process = (uint32_t)child_start("sleep", NULL, 0);

    check_is(status.reason, REASON_EXITED);
    check_is(status.status, -7);
    check_is(object_read(process, &status, sizeof(status) - 1, 0), -E_ROOM);
    for (uint64_t i = 0; i < 3; i++) /* all who wait are told */
        check(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                        .handle = process,
                                                        .user_data = i,
                                                        .buffer = (uint64_t)&status,
                                                        .length = sizeof(status)}));
    check_is(submit_all(0), 3);
    check_is(object_set(process, PROPERTY_START, 1), -E_STATE);
    check_is(object_share(process, self, 0, "late"), -E_STATE);
    check_is(object_set_bytes(process, PROPERTY_ARGUMENTS, "", 1), -E_STATE);
    check_is(object_remove(process, NULL, 5), 0);
    for (uint64_t i = 0; i < 3; i++)
        check_is(result_of(i), sizeof(status));
    check_is(status.reason, REASON_KILLED);
    check_is(status.status, 137);
    check_is(object_remove(process, NULL, 0), -E_GONE);
    check_is(process_wait(process, &status), 0); /* and later, too */
    check_is(status.reason, REASON_KILLED);
    check_is(object_get(process, PROPERTY_FRAMES), 0);
    check_is(object_get(process, PROPERTY_HANDLES), 0);
    check_is(object_get(process, PROPERTY_THREADS), 0);
    check_is(object_create(process, OBJECT_EVENT, NULL, 0, 0), -E_STATE);
}

static void table_of_processes(void)
{
    uint32_t process = (uint32_t)child_start("sleep", NULL, 0);
    char name[12];
    struct table_entry entry;
    bool found = false;
    int64_t opened;

    format_text(name, sizeof(name), "%u", (unsigned)object_get(process, PROPERTY_NUMBER));
    for (uint64_t i = 0; table_entry_read(processes, i, &entry) == 1; i++)
        found |= strcmp(entry.name, name) == 0;
    check(found);
    opened = object_open(processes, name, 0);
    check(opened > 0);
    check_is(object_get((uint32_t)opened, PROPERTY_TYPE), OBJECT_PROCESS);
    check_is(object_remove(processes, name, 0), 0);
    check_is(object_remove(processes, name, 0), -E_NOT_FOUND);
    check_is(object_open(processes, name, 0), -E_NOT_FOUND);
    check_is(object_open(processes, "0", 0), -E_NOT_FOUND);
    check_is(object_open(processes, "4294967296", 0), -E_NOT_FOUND);
    check_is(object_open(processes, "", 0), -E_NOT_FOUND);
    check_is(object_open(processes, "init", 0), -E_NOT_FOUND);
    check_is(object_open(processes, "12345678901234567890", 0), -E_NAME);
}

/* What children do when they are killed. */
static void child_spin(void)
{
    for (;;)
        __asm__ volatile("pause");
}

static void child_read(void)
{
    uint64_t word;

    object_read(handle_named("event"), &word, 8, 0);
}

static void child_call(void)
{
    uint64_t word;

    object_read(handle_named("object"), &word, 8, 0);
}

static void child_serve(void)
{
    static struct call call;
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);

    port_receive(port, &call, sizeof(call));
}

static void child_chain(void)
{
    uint64_t word;

    ring_push(thread_ring(), (struct request){.op = OP_READ,
                                              .flags = REQUEST_LINK,
                                              .handle = handle_named("event"),
                                              .buffer = (uint64_t)&word,
                                              .length = 8,
                                              .deadline = 1000000 * MS});
    push(OP_NOP, REQUEST_LINK, 0, 0);
    push(OP_NOP, 0, 0, 0);
    submit_all(3);
}

static void child_wait(void)
{
    struct process_status status;

    process_wait(self, &status);
}

/* Killed at once, and after a time that lets it come to where it waits. */
static void kill_in_each_state(void)
{
    static const char *const kinds[] = {"sleep", "spin",  "read", "call",
                                        "serve", "chain", "wait", "arguments"};
    uint32_t event = (uint32_t)event_make();
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    const struct program_handle given[] = {{"event", event, 0}, {"object", object, 0}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        for (uint64_t late = 0; late < 2; late++) {
            int64_t before, process;
            struct process_status status;

            before = object_get(processes, PROPERTY_FREE_FRAMES);
            process = child_start(kinds[i], given, 2);
            check(process > 0);
            enter(0, 1, time_now_ns() + late * 12 * MS);
            object_remove((uint32_t)process, NULL, 0);
            check_is(process_wait((uint32_t)process, &status), 0);
            check(status.reason == REASON_KILLED || i == 7);
            handle_close((uint32_t)process);
            check_is(object_get(processes, PROPERTY_FREE_FRAMES), before);
        }
}

/* Built and never started: it goes with its last handle, or is removed. */
static void never_started(void)
{
    for (unsigned i = 0; i < 20; i++) {
        uint32_t process = (uint32_t)built("never");

        object_share(process, self, 0, "parent");
        object_set(process, PROPERTY_BINARY, (uint64_t)binary_open());
        object_set_bytes(process, PROPERTY_ARGUMENTS, "x", 2);
        if (i % 2)
            check_is(object_remove(process, NULL, 0), 0);
        check_is(handle_close(process), 0);
    }
}

/* A process with a handle on itself, and two that hold each other, end when they are told to. */
static void holding_each_other(void)
{
    uint32_t a = (uint32_t)built("a"), b = (uint32_t)built("b");

    check_is(object_share(a, b, 0, "b"), 0);
    check_is(object_share(b, a, 0, "a"), 0);
    check_is(object_share(a, a, 0, "self"), 0);
    check_is(object_remove(a, NULL, 0), 0);
    check_is(object_remove(b, NULL, 0), 0);
}

static void thousand_cycles(void)
{
    int64_t before = 0;

    for (unsigned i = 0; i < 1000; i++) {
        int64_t process = child_start(i % 2 ? "sleep" : "spin", NULL, 0);

        check(process > 0);
        if (i % 10 == 0)
            enter(0, 0, 0); /* let it run */
        check_is(object_remove((uint32_t)process, NULL, 0), 0);
        handle_close((uint32_t)process);
        if (i == 0)
            before = object_get(processes, PROPERTY_FREE_FRAMES);
        else
            check_is(object_get(processes, PROPERTY_FREE_FRAMES), before);
    }
}

const struct guest_test guest_tests[] = {
    {"no-program", no_program},
    {"truncated", truncated},
    {"overlaps", overlaps},
    {"building", building},
    {"names", names},
    {"statuses", statuses},
    {"table-of-processes", table_of_processes},
    {"kill-in-each-state", kill_in_each_state},
    {"never-started", never_started},
    {"holding-each-other", holding_each_other},
    {"thousand-cycles", thousand_cycles},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"sleep", child_sleep}, {"arguments", child_arguments}, {"spin", child_spin},
    {"read", child_read},   {"call", child_call},           {"serve", child_serve},
    {"chain", child_chain}, {"wait", child_wait},           {NULL, NULL},
};
