/* Handles and rights: each operation on each type of object without the right that it needs. */
#include "guest.h"

#include "abi/grammar.h"

const char *const guest_name = "handles";

static uint32_t table, port;

/* One handle of each type, with all rights there are. */
static size_t all_types(uint32_t *handles)
{
    size_t count = 0;

    port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    table = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    handles[count++] = self;
    handles[count++] = thread_self()->handle;
    handles[count++] = (uint32_t)memory_create(PAGE_SIZE);
    handles[count++] = port;
    handles[count++] = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    handles[count++] = (uint32_t)event_make();
    handles[count++] = table;
    handles[count++] = processes;
    handles[count++] = files;
    handles[count++] = handle_named("interrupts");
    handles[count++] = (uint32_t)path_open(handle_named("interrupts"), "7", 0);
    handles[count++] = handle_named("io-space");
    handles[count++] = (uint32_t)path_open(handle_named("io-space"), "80-80", 0);
    handles[count++] = power;
    return count;
}

/* What a handle can do, found by asking for each right alone. */
static uint32_t rights_of(uint32_t handle)
{
    uint32_t rights = 0;

    for (uint32_t right = 1; right & RIGHT_ALL; right <<= 1) {
        int64_t copy = handle_duplicate(handle, right);

        if (copy > 0) {
            rights |= right;
            handle_close((uint32_t)copy);
        }
    }
    return rights;
}

/* Requests that would do something if they were not refused. */
static struct request request_for(uint16_t op, uint32_t handle)
{
    static char buffer[256] = "name";

    return (struct request){.op = op,
                            .handle = handle,
                            .buffer = (uint64_t)buffer,
                            .length = 4,
                            .arg0 = op == OP_SET ? PROPERTY_STATUS : 1};
}

static void each_missing_right(void)
{
    uint32_t handles[16];
    size_t count = all_types(handles);
    int64_t open;

    for (size_t i = 0; i < count; i++)
        check(handles[i] != 0 && handles[i] < 0xf0000000);
    open = object_get(self, PROPERTY_HANDLES);
    for (size_t i = 0; i < count; i++) {
        uint32_t has = rights_of(handles[i]);

        for (uint16_t op = 0; op < OP_COUNT; op++) {
            uint32_t right = grammar_ops[op].right;
            int64_t less;

            if (!right)
                continue;
            less = handle_duplicate(handles[i], has & ~right);
            check(less > 0);
            check_is(request_wait(request_for(op, (uint32_t)less)), -E_DENIED);
            handle_close((uint32_t)less);
            check_is(object_get(self, PROPERTY_HANDLES), open);
        }
    }
    check_is(object_read(table, NULL, 0, 0), 0); /* nothing was bound */
    check_is(object_get(table, PROPERTY_SIZE), 0);
}

/* Does an object of this type know the operation, by the tables? */
static bool is_known(uint32_t type, uint16_t op)
{
    if (OPS_OWN >> op & 1)
        return true;
    for (size_t i = 0; i < sizeof(grammar_methods) / sizeof(grammar_methods[0]); i++)
        if (grammar_methods[i].object == type && grammar_methods[i].op == op)
            return true;
    return false;
}

static int sleeper(void *argument)
{
    (void)argument;
    enter(0, 1, NEVER - 1);
    return 0;
}

/* A request with nothing but the handle right; ended if it waits. */
static int64_t bare_request(uint16_t op, uint32_t handle)
{
    static char name[] = "name";
    int64_t result = request_wait((struct request){
        .op = op, .handle = handle, .buffer = (uint64_t)name, .length = 4, .deadline = 100000});

    if (result > 0 && grammar_ops[op].answer == ANSWER_HANDLE)
        handle_close((uint32_t)result);
    return result;
}

/* With the one right that it needs, an operation is denied by no object; it is not supported just
 * where the tables say so; and with a closed handle it finds none. */
static void matrix(void)
{
    uint32_t handles[16];
    size_t count = all_types(handles);

    handles[0] = (uint32_t)object_create(processes, OBJECT_PROCESS, "built", 0, 0);
    handles[1] = (uint32_t)thread_create(sleeper, NULL, 0);
    for (uint32_t type = 1; type <= count; type++) {
        uint32_t has = rights_of(handles[type - 1]);

        if (type != OBJECT_REMOTE) /* which would ask its server */
            check_is(object_get(handles[type - 1], PROPERTY_TYPE), type);
        for (uint16_t op = 0; op < OP_COUNT; op++) {
            uint32_t right = grammar_ops[op].right;
            int64_t only = handle_duplicate(handles[type - 1], right ? right : RIGHT_TRANSFER);
            int64_t result;

            if (right & ~has) {
                check(only < 0 && !is_known(type, op));
                continue;
            }
            check(only > 0);
            result = bare_request(op, (uint32_t)only);
            check(result != -E_DENIED);
            check_is(result == -E_UNSUPPORTED, !is_known(type, op));
            handle_close((uint32_t)only);
            if (grammar_ops[op].target != TARGET_RING)
                check_is(bare_request(op, (uint32_t)only), -E_HANDLE);
        }
    }
}

/* A handle that may only be handed on names its object, and that is all. */
static void no_rights(void)
{
    uint32_t handles[16];
    size_t count = all_types(handles);

    for (size_t i = 0; i < count; i++) {
        int64_t bare = handle_duplicate(handles[i], RIGHT_TRANSFER);

        check(bare > 0);
        for (uint16_t op = 0; op < OP_COUNT; op++)
            if (grammar_ops[op].right)
                check_is(request_wait(request_for(op, (uint32_t)bare)), -E_DENIED);
        check_is(handle_close((uint32_t)bare), 0);
    }
}

/* Wherever rights are asked for, 0 asks for all there are, and more than there are are denied. */
static void asking(void)
{
    const uint32_t few = RIGHT_READ | RIGHT_DUPLICATE | RIGHT_TRANSFER;
    uint32_t event = (uint32_t)handle_duplicate((uint32_t)event_make(), few);
    uint32_t remote;

    port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    table = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    check_is(rights_of((uint32_t)handle_duplicate(event, 0)), few);
    check_is(object_share(table, event, 0, "a"), 0);
    check_is(rights_of((uint32_t)object_open(table, "a", 0)), few);
    check_is(object_open(table, "a", few | RIGHT_WRITE), -E_DENIED);
    check_is(object_share(table, event, few | RIGHT_WRITE, "b"), -E_DENIED);
    remote = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, 0, 1);
    check_is(rights_of(remote), RIGHT_ALL & ~RIGHT_RECEIVE);
    check_is(object_create(port, OBJECT_REMOTE, NULL, UINT64_C(1) << 31, 1), -E_DENIED);
    for (unsigned bit = 14; bit < 64; bit++) {
        struct request request = {
            .op = OP_DUPLICATE, .handle = event, .arg0 = UINT64_C(1) << bit | few};

        check_is(request_wait(request), -E_DENIED);
        request = (struct request){.op = OP_OPEN,
                                   .handle = table,
                                   .buffer = (uint64_t) "a",
                                   .length = 1,
                                   .arg0 = UINT64_C(1) << bit};
        check_is(request_wait(request), -E_DENIED);
        request = (struct request){.op = OP_SHARE,
                                   .handle = table,
                                   .buffer = (uint64_t) "b",
                                   .length = 1,
                                   .arg0 = event,
                                   .arg1 = UINT64_C(1) << bit};
        check_is(request_wait(request), -E_DENIED);
    }
}

static void only_shrink(void)
{
    uint32_t event = (uint32_t)event_make();
    int64_t copy = handle_duplicate(event, RIGHT_READ | RIGHT_DUPLICATE), again;

    check_is(rights_of(event),
             RIGHT_READ | RIGHT_WRITE | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER);
    check(copy > 0);
    check_is(handle_duplicate((uint32_t)copy, RIGHT_WRITE), -E_DENIED);
    check_is(handle_duplicate((uint32_t)copy, RIGHT_ALL), -E_DENIED);
    check_is(handle_duplicate(event, RIGHT_CREATE), -E_DENIED);
    check_is(handle_duplicate(event, 1u << 31), -E_DENIED);
    again = handle_duplicate((uint32_t)copy, RIGHT_READ);
    check(again > 0);
    check_is(handle_duplicate((uint32_t)again, RIGHT_READ), -E_DENIED);
    check_is(event_add((uint32_t)again, 1), -E_DENIED);
    check_is(object_get(event, PROPERTY_COUNT), 0);
}

/* Transfer without the right to: into a table, into a process, each refused before any effect. */
static void transfer(void)
{
    uint32_t event = (uint32_t)event_make();
    uint32_t fixed = (uint32_t)handle_duplicate(event, RIGHT_READ | RIGHT_WRITE);
    int64_t process = object_create(processes, OBJECT_PROCESS, "built", 0, 0);

    table = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    check_is(object_share(table, fixed, 0, "a"), -E_DENIED);
    check_is(object_share(table, event, RIGHT_ALL, "a"), -E_DENIED);
    check_is(object_share(table, event, RIGHT_CREATE, "a"), -E_DENIED);
    check_is(object_share(table, 999, 0, "a"), -E_HANDLE);
    check_is(object_get(table, PROPERTY_SIZE), 0);
    check_is(object_share((uint32_t)process, fixed, 0, "a"), -E_DENIED);
    check_is(object_share((uint32_t)process, event, RIGHT_ALL, "a"), -E_DENIED);
    check_is(object_get((uint32_t)process, PROPERTY_HANDLES), 0);
    check_is(object_share(table, event, RIGHT_WRITE, "a"), 0);
    check_is(object_open(table, "a", RIGHT_READ), -E_DENIED);
    check_is(object_share(table, (uint32_t)object_open(table, "a", 0), 0, "b"), -E_DENIED);
}

/* Handles that one never had. */
static void guesses(void)
{
    uint32_t mine[64], count = 0;

    for (unsigned i = 0; i < 20; i++)
        mine[count++] = (uint32_t)event_make();
    for (unsigned i = 0; i < 10; i++) {
        check_is(handle_close(mine[i]), 0);
        check_is(handle_close(mine[i]), -E_HANDLE);
        check_is(object_get(mine[i], PROPERTY_TYPE), -E_HANDLE);
    }
    for (unsigned i = 0; i < 10; i++) /* the same slots, other handles */
        mine[i] = (uint32_t)event_make();
    check_is(object_get(0, PROPERTY_TYPE), -E_HANDLE);
    check_is(object_get(UINT32_MAX, PROPERTY_TYPE), -E_HANDLE);
    for (unsigned i = 0; i < 5000; i++) {
        uint32_t guess = (uint32_t)random_next();

        if (i % 2)
            guess &= 0x000f00ff; /* nearer */
        if (object_get(guess, PROPERTY_TYPE) == -E_HANDLE)
            continue;
        for (unsigned k = 0; k < count && guess != 0; k++)
            if (guess == mine[k])
                guess = 0;
        if (guess >> 16 == 1 && (guess & 0xffff) < 32)
            guess = 0; /* one of those that the program was started with */
        check_is(guess, 0);
    }
}

/* Rights that are asked for when something is opened. */
static void open_rights(void)
{
    int64_t file = object_open(files, "init", RIGHT_READ);
    int64_t line = object_open(handle_named("interrupts"), "7", RIGHT_READ);
    int64_t ports = object_open(handle_named("io-space"), "80-80", RIGHT_GET);
    char name[12];
    int64_t process;

    format_text(name, sizeof(name), "%u", (unsigned)object_get(self, PROPERTY_NUMBER));
    process = object_open(processes, name, RIGHT_GET);
    check(file > 0 && line > 0 && ports > 0 && process > 0);
    check_is(object_get((uint32_t)file, PROPERTY_SIZE), -E_DENIED);
    check_is(object_map(self, (uint32_t)file, MAP_READ, 0, PAGE_SIZE, 0), -E_DENIED);
    check_is(object_write((uint32_t)line, NULL, 0, 0), -E_DENIED);
    check_is(object_map(self, (uint32_t)ports, 0, 0, 0, 0), -E_DENIED);
    check_is(object_remove((uint32_t)process, NULL, 0), -E_DENIED);
    check_is(object_open(files, "init", RIGHT_READ | RIGHT_WRITE), -E_DENIED);
    check_is(object_open(files, "init", RIGHT_SET), -E_DENIED);
}

/* Handles given to a child carry what was given, no more; it has no others. */
static void child_given(void)
{
    uint32_t event = handle_named("event");

    check_is(rights_of(event), 0);
    check_is(event_add(event, 1), 8);
    check_is(object_get(event, PROPERTY_COUNT), -E_DENIED);
    check_is(object_get(self, PROPERTY_HANDLES), 4 + 1 + 2); /* named ones, self, the thread */
}

static void given_rights(void)
{
    uint32_t event = (uint32_t)event_make();
    struct process_status status =
        child_run("given", &(struct program_handle){"event", event, RIGHT_WRITE}, 1);

    check_is(status.status, 0);
    check_is(object_get(event, PROPERTY_COUNT), 1);
}

const struct guest_test guest_tests[] = {
    {"each-missing-right", each_missing_right},
    {"matrix", matrix},
    {"no-rights", no_rights},
    {"asking", asking},
    {"only-shrink", only_shrink},
    {"transfer", transfer},
    {"guesses", guesses},
    {"open-rights", open_rights},
    {"given-rights", given_rights},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{"given", child_given}, {NULL, NULL}};
