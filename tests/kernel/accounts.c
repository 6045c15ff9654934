/* Accounts: who pays for what, how much a process may hold, and that it all comes back. */
#include "guest.h"
#include "words.h"

const char *const guest_name = "accounts";

static int64_t frames_lower(uint32_t process, uint64_t more)
{
    return object_set(process, PROPERTY_FRAME_LIMIT,
                      (uint64_t)object_get(process, PROPERTY_FRAMES) + more);
}

/* However small a thing is that the kernel keeps for a process: the process pays for it. Make them
 * until there is no memory, unmake them all. */
static void small_things(int64_t make(uint64_t number), void unmake(uint64_t number, int64_t made))
{
    static int64_t made[8192];
    uint64_t frames, count = 0;

    memset(made, 0, sizeof(made)); /* its pages are there */
    check_is(frames_lower(self, 20), 0);
    frames = own_frames();
    while (count < 8192 && (made[count] = make(count)) >= 0)
        count++;
    check(count > 50 && count < 8192);
    check_is(made[count], -E_MEMORY);
    check(own_frames() > frames && own_frames() <= frames + 20);
    while (count--)
        unmake(count, made[count]);
    check(own_frames() <= frames + 20 - 5); /* pages of the handles' table stay */
}

static uint32_t holder; /* a port, a table, or memory */

static int64_t event_number(uint64_t number)
{
    (void)number;
    return event_make();
}

static int64_t remote_number(uint64_t number)
{
    return object_create(holder, OBJECT_REMOTE, NULL, RIGHT_ALL, number);
}

static int64_t name_number(uint64_t number)
{
    char name[16];

    format_text(name, sizeof(name), "%llu", (unsigned long long)number);
    return object_share(holder, processes, 0, name);
}

static int64_t mapping_number(uint64_t number)
{
    return map(holder, MAP_READ, SOMEWHERE + 2 * PAGES(number), PAGE_SIZE, 0);
}

static void handle_unmake(uint64_t number, int64_t made)
{
    (void)number;
    handle_close((uint32_t)made);
}

/* Notices of closed ones stay until the port is gone. */
static void remote_unmake(uint64_t number, int64_t made)
{
    handle_close((uint32_t)made);
    if (number == 0)
        handle_close(holder);
}

static void name_unmake(uint64_t number, int64_t made)
{
    char name[16];

    (void)made;
    format_text(name, sizeof(name), "%llu", (unsigned long long)number);
    object_remove(holder, name, 0);
}

static void mapping_unmake(uint64_t number, int64_t made)
{
    (void)number;
    unmap((uint64_t)made, PAGE_SIZE);
}

static void events(void)
{
    small_things(event_number, handle_unmake);
}

static void remotes(void)
{
    holder = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    small_things(remote_number, remote_unmake);
}

static void names(void)
{
    holder = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    small_things(name_number, name_unmake);
}

static void mappings(void)
{
    holder = (uint32_t)memory_create(PAGE_SIZE);
    small_things(mapping_number, mapping_unmake);
}

static void child_eater(void)
{
    uint64_t start = own_frames();
    int64_t made;

    while ((made = event_make()) > 0)
        ;
    program_exit(made == -E_MEMORY ? (int64_t)(own_frames() - start) : -1);
}

static void child_faulter(void)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(4096));
    volatile uint8_t *bytes = memory_map(memory, PAGES(4096), MAP_WRITE);

    for (uint64_t at = 0; at < PAGES(4096); at += PAGE_SIZE)
        bytes[at] = 1;
    program_exit(0);
}

/* What a child may hold is taken from its creator. */
static void carved(void)
{
    uint64_t before = own_frames();
    struct process_status status;

    check_is(frames_lower(self, 100), 0);
    status = child_run("eater", NULL, 0);
    check_is(status.reason, REASON_EXITED);
    check(status.status > 20 && status.status < 100);
    check_is(own_frames(), before); /* and all came back */
    status = child_run("faulter", NULL, 0);
    check_is(status.reason, REASON_MEMORY);
    check(status.address > USER_BASE);
    check_is(own_frames(), before);
}

static void child_sleeper(void)
{
    enter(0, 1, NEVER - 1);
}

/* While a child lives, its frames are its creator's too; it cannot be given more than there is. */
static void counted_twice(void)
{
    uint64_t before = own_frames(), with_child;
    uint32_t child = (uint32_t)child_start("sleeper", NULL, 0);
    int64_t its = object_get(child, PROPERTY_FRAMES);

    with_child = own_frames();
    check(its > 10 && with_child >= before + (uint64_t)its);
    check(object_get(child, PROPERTY_FRAME_LIMIT) <= object_get(self, PROPERTY_FRAME_LIMIT));
    check_is(object_set(child, PROPERTY_FRAME_LIMIT, UINT64_MAX), -E_RANGE);
    check_is(object_set(child, PROPERTY_FRAME_LIMIT, 1), -E_RANGE);
    check_is(object_set(child, PROPERTY_THREAD_LIMIT, 0), -E_RANGE);
    check_is(object_get(self, PROPERTY_THREADS), 2);
    check_is(object_remove(child, NULL, 0), 0);
    check_is(object_get(self, PROPERTY_THREADS), 1);
    check_is(handle_close(child), 0);
    check_is(own_frames(), before);
}

/* How a process is to be limited before it starts; what it could do then is its exit status. */
static int64_t limited_run(const char *child, uint32_t property, uint64_t limit)
{
    const struct program_handle handles[] = {{"processes", processes, 0},
                                             {"files", files, 0},
                                             {"io-space", handle_named("io-space"), 0},
                                             {"power", power, 0}};
    uint32_t process = (uint32_t)object_create(processes, OBJECT_PROCESS, child, 0, 0);
    uint32_t binary = (uint32_t)object_open(files, "test-accounts", 0);
    struct process_status status;
    int64_t result;

    for (unsigned i = 0; i < 4; i++)
        object_share(process, handles[i].handle, 0, handles[i].name);
    object_set_bytes(process, PROPERTY_ARGUMENTS, "test-accounts\0", 14);
    object_set(process, PROPERTY_BINARY, binary);
    handle_close(binary);
    object_set(process, property, limit);
    result = object_set(process, PROPERTY_START, 1);
    if (result == 0 && process_wait(process, &status) == 0)
        result = status.status;
    handle_close(process);
    return result;
}

static void limits(void)
{
    check_is(limited_run("x", PROPERTY_THREAD_LIMIT, 0), -E_LIMIT);
    check_is(limited_run("x", PROPERTY_REQUEST_LIMIT, RING_CAPACITY_MIN - 1), -E_LIMIT);
    check_is(limited_run("x", PROPERTY_HANDLE_LIMIT, 4), -E_LIMIT);
    check_is(limited_run("x", PROPERTY_FRAME_LIMIT, 10), -E_MEMORY);
}

static void handles_and_threads(void)
{
    struct thread_start start = {.entry = USER_BASE, .ring_capacity = 64};
    struct request make = {.op = OP_CREATE,
                           .handle = self,
                           .buffer = (uint64_t)&start,
                           .length = sizeof(start),
                           .arg0 = OBJECT_THREAD};
    int64_t handles = object_get(self, PROPERTY_HANDLES);

    check_is(object_get(self, PROPERTY_REQUESTS), RING_CAPACITY_MIN);
    check_is(object_set(self, PROPERTY_REQUEST_LIMIT, RING_CAPACITY_MIN + 63), 0);
    check_is(request_wait(make), -E_LIMIT);
    check_is(object_get(self, PROPERTY_REQUESTS), RING_CAPACITY_MIN);
    check_is(object_set(self, PROPERTY_THREAD_LIMIT, 1), 0);
    start.ring_capacity = 32;
    check_is(request_wait(make), -E_LIMIT);
    check_is(object_get(self, PROPERTY_THREAD_LIMIT), 1);
    check_is(object_set(self, PROPERTY_HANDLE_LIMIT, (uint64_t)handles + 1), 0);
    check(event_make() > 0);
    check_is(event_make(), -E_LIMIT);
    check_is(object_get(self, PROPERTY_HANDLES), handles + 1);
}

const struct guest_test guest_tests[] = {
    {"events", events}, {"remotes", remotes},
    {"names", names},   {"mappings", mappings},
    {"carved", carved}, {"counted-twice", counted_twice},
    {"limits", limits}, {"handles-and-threads", handles_and_threads},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"eater", child_eater},
    {"faulter", child_faulter},
    {"sleeper", child_sleeper},
    {NULL, NULL},
};
