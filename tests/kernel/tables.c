/* Name tables and events. */
#include "guest.h"

const char *const guest_name = "tables";

static uint32_t table_make(void)
{
    return (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
}

static void bindings(void)
{
    uint32_t table = table_make(), event = (uint32_t)event_make();
    int64_t opened;

    check_is(object_share(table, event, 0, "one"), 0);
    check_is(object_share(table, event, RIGHT_WRITE, "two"), 0);
    check_is(object_share(table, event, 0, "one"), -E_EXISTS);
    check_is(object_get(table, PROPERTY_SIZE), 2);
    opened = object_open(table, "one", 0);
    check(opened > 0);
    check_is(event_add((uint32_t)opened, 5), 8);
    check_is(object_get(event, PROPERTY_COUNT), 5);
    check_is(object_open(table, "on", 0), -E_NOT_FOUND);
    check_is(object_open(table, "onee", 0), -E_NOT_FOUND);
    check_is(object_remove(table, "one", 0), 0);
    check_is(object_remove(table, "one", 0), -E_NOT_FOUND);
    check_is(object_open(table, "one", 0), -E_NOT_FOUND);
    check_is(object_get((uint32_t)opened, PROPERTY_COUNT), 5); /* what was opened stays */
    check_is(object_get(table, PROPERTY_SIZE), 1);
}

static int64_t share_name(uint32_t table, uint32_t object, const char *name, uint64_t length)
{
    return request_wait((struct request){.op = OP_SHARE,
                                         .handle = table,
                                         .buffer = (uint64_t)name,
                                         .length = length,
                                         .arg0 = object});
}

static void names(void)
{
    static const char longest[] = "01234567890123456789012345678901234567890123456";
    uint32_t table = table_make(), event = (uint32_t)event_make();

    check_is(share_name(table, event, "", 0), -E_NAME);
    check_is(share_name(table, event, "a/b", 3), -E_NAME);
    check_is(share_name(table, event, "/", 1), -E_NAME);
    check_is(share_name(table, event, "a\0b", 3), -E_NAME);
    check_is(share_name(table, event, "a", 2), -E_NAME);
    check_is(share_name(table, event, longest, 48), -E_NAME);
    check_is(share_name(table, event, longest, UINT64_MAX), -E_NAME);
    check_is(share_name(table, event, longest, 47), 0);
    check(object_open(table, longest, 0) > 0);
    check_is(object_share(table, event, 0, ".."), 0); /* a name like any other */
    check_is(object_get(table, PROPERTY_SIZE), 2);
}

/* A path goes down through tables; nothing leads up, and what is no table ends it. */
static void paths(void)
{
    uint32_t root = table_make(), inner = table_make(), event = (uint32_t)event_make();
    static char longest[300];
    int64_t opened;

    check_is(object_share(root, inner, 0, "inner"), 0);
    check_is(object_share(inner, event, 0, "event"), 0);
    opened = object_open(root, "inner/event", 0);
    check_is(object_get((uint32_t)opened, PROPERTY_TYPE), OBJECT_EVENT);
    check(object_open(root, "//inner///event", 0) > 0);
    check(object_open(root, "inner/", 0) > 0);
    check_is(object_get((uint32_t)object_open(root, "", 0), PROPERTY_SIZE), 1);
    check_is(object_open(root, "inner/..", 0), -E_NOT_FOUND);
    check_is(object_open(inner, "..", 0), -E_NOT_FOUND);
    check_is(object_open(inner, ".", 0), -E_NOT_FOUND);
    check_is(object_open(inner, "../inner/event", 0), -E_NOT_FOUND);
    check_is(object_open(root, "inner/none", 0), -E_NOT_FOUND);
    check(object_open(root, "inner/event/more", 0) < 0);
    memset(longest, '/', sizeof(longest) - 1);
    check_is(object_open(root, longest, 0), -E_NAME);
    longest[255] = 0;
    check(object_open(root, longest, 0) > 0);
    memcpy(longest + 250, "inner", 5);
    check(object_open(root, longest, 0) > 0);
}

/* The rights of each step: a table bound without `open` cannot be walked through. */
static void path_rights(void)
{
    uint32_t root = table_make(), inner = table_make(), event = (uint32_t)event_make();
    int64_t opened;

    check_is(object_share(root, inner, RIGHT_READ, "closed"), 0);
    check_is(object_share(root, inner, RIGHT_OPEN, "open"), 0);
    check_is(object_share(inner, event, RIGHT_READ | RIGHT_GET, "event"), 0);
    check_is(object_open(root, "closed/event", 0), -E_DENIED);
    check_is(object_open(root, "closed/none", 0), -E_DENIED);
    opened = object_open(root, "open/event", 0);
    check(opened > 0);
    check_is(event_add((uint32_t)opened, 1), -E_DENIED);
    check_is(object_open(root, "open/event", RIGHT_WRITE), -E_DENIED);
    check_is(object_get((uint32_t)object_open(root, "open/event", RIGHT_READ), PROPERTY_COUNT),
             -E_DENIED);
    check_is(object_share((uint32_t)object_open(root, "open", 0), event, 0, "x"), -E_DENIED);
}

/* What a server's object stands for gets the rest of the path. */
static void forwarding(void)
{
    uint32_t root = table_make(), port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t remote = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 5);
    uint32_t closed =
        (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL & ~RIGHT_OPEN, 6);
    static struct {
        struct call call;
        char path[64];
    } received;

    check_is(object_share(root, remote, 0, "server"), 0);
    check_is(object_share(root, closed, 0, "closed"), 0);
    check(object_open(root, "server", 0) > 0);
    check_is(object_open(root, "closed/x", 0), -E_DENIED);
    check(ring_push(thread_ring(), (struct request){.op = OP_OPEN,
                                                    .handle = root,
                                                    .user_data = 1,
                                                    .buffer = (uint64_t) "server//a/../b",
                                                    .length = 14,
                                                    .arg0 = RIGHT_READ}));
    check_is(submit_all(0), 1);
    check_is(port_receive(port, &received, sizeof(received)), sizeof(struct call) + 6);
    check(memcmp(received.path, "a/../b", 7) == 0);
    check_is(received.call.badge, 5);
    check_is(received.call.arg0, RIGHT_READ);
    check_is(received.call.length, 6);
    check_is(port_reply(port, received.call.number, -E_BUSY, NULL, 0, 0), 0);
    check_is(result_of(1), -E_BUSY);
}

static void listing(void)
{
    uint32_t table = table_make(), event = (uint32_t)event_make();
    uint32_t memory = (uint32_t)memory_create(3 * PAGE_SIZE);
    static struct table_entry entries[4];

    check_is(object_read(table, entries, sizeof(entries), 0), 0);
    check_is(object_share(table, event, RIGHT_READ, "event"), 0);
    check_is(object_share(table, memory, 0, "memory"), 0);
    memset(entries, 0xff, sizeof(entries));
    check_is(object_read(table, entries, sizeof(entries), 0), 2 * sizeof(entries[0]));
    check(entries[0].type == OBJECT_EVENT && entries[0].rights == RIGHT_READ &&
          entries[0].size == 0 && strcmp(entries[0].name, "event") == 0);
    check(entries[1].type == OBJECT_MEMORY && entries[1].size == 3 * PAGE_SIZE &&
          strcmp(entries[1].name, "memory") == 0);
    check_is(object_read(table, entries, sizeof(entries[0]), 64), 64);
    check(strcmp(entries[0].name, "memory") == 0);
    check_is(object_read(table, entries, 63, 0), 0);
    check_is(object_read(table, entries, 127, 0), 64);
    check_is(object_read(table, entries, sizeof(entries), 128), 0);
    check_is(object_read(table, entries, sizeof(entries), 32), -E_RANGE);
    check_is(object_read(table, entries, sizeof(entries), UINT64_MAX - 63), 0);
}

/* A table that holds itself, and two that hold each other, go with the process that made them: this
 * test's memory is free again after it, though nobody has a handle on them any more. */
static void circles(void)
{
    uint32_t own = table_make(), first = table_make(), second = table_make();

    check_is(object_share(own, own, 0, "self"), 0);
    check_is(object_share(first, second, 0, "second"), 0);
    check_is(object_share(second, first, 0, "first"), 0);
    check_is(handle_close(own), 0);
    check_is(handle_close(first), 0);
    check_is(handle_close(second), 0);
}

/* So does a process that was never started and holds itself, a table that holds it, and a port
 * whose remote lies in a table that its own holder cannot reach any more. */
static void circles_of_others(void)
{
    uint32_t table = table_make();
    int64_t process = object_create(processes, OBJECT_PROCESS, "never", 0, 0);
    int64_t port = object_create(self, OBJECT_PORT, NULL, 0, 0);
    int64_t remote = object_create((uint32_t)port, OBJECT_REMOTE, NULL, RIGHT_ALL, 7);

    check(process > 0 && port > 0 && remote > 0);
    check_is(object_share((uint32_t)process, (uint32_t)process, 0, "itself"), 0);
    check_is(object_share((uint32_t)process, table, 0, "table"), 0);
    check_is(object_share(table, (uint32_t)process, 0, "process"), 0);
    check_is(object_share(table, (uint32_t)port, 0, "port"), 0);
    check_is(object_share(table, (uint32_t)remote, 0, "remote"), 0);
    check_is(handle_close((uint32_t)process), 0);
    check_is(handle_close((uint32_t)port), 0);
    check_is(handle_close((uint32_t)remote), 0);
    check_is(handle_close(table), 0);
}

/* Ten thousand tables, one in the other, all end together. */
static void deep(void)
{
    uint32_t outer = table_make();

    for (unsigned i = 0; i < 10000; i++) {
        uint32_t next = table_make();

        check_is(object_share(next, outer, 0, "x"), 0);
        check_is(handle_close(outer), 0);
        outer = next;
    }
    check_is(handle_close(outer), 0);
}

static void events(void)
{
    uint32_t event = (uint32_t)event_make();
    uint64_t words[4] = {0}, big = UINT64_MAX - 1;

    check_is(event_add(event, 3), 8);
    check_is(event_add(event, 4), 8);
    check_is(object_get(event, PROPERTY_COUNT), 7);
    check_is(object_read(event, words, 8, 0), 8);
    check_is(words[0], 7);
    check_is(object_get(event, PROPERTY_COUNT), 0);
    check_is(object_read(event, words, 7, 0), -E_ROOM);
    check_is(object_write(event, words, 7, 0), -E_RANGE);
    check_is(object_write(event, words, 16, 0), -E_RANGE);
    check_is(object_write(event, &big, 8, 0), 8);
    check_is(event_add(event, 2), -E_RANGE); /* it would be too much to count */
    check_is(event_add(event, 1), 8);
    check_is(object_read(event, words, sizeof(words), 0), 8);
    check(words[0] == UINT64_MAX);
    for (uint64_t i = 0; i < 3; i++)
        check(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                        .handle = event,
                                                        .user_data = i,
                                                        .buffer = (uint64_t)&words[i],
                                                        .length = 8}));
    check_is(submit_all(0), 3);
    for (uint64_t i = 0; i < 3; i++) { /* the first that waited gets all that there is */
        check_is(ring_ready(thread_ring()), 0);
        check_is(event_add(event, i + 10), 8);
        check_is(result_of(i), 8);
        check_is(words[i], i + 10);
    }
    check_is(event_add(event, 0), 8);
    check_is(object_get(event, PROPERTY_COUNT), 0);
}

/* Closing the last handle while a request waits: it keeps the object until its own end. */
static void closed_while_waiting(void)
{
    uint32_t event = (uint32_t)event_make(), index = thread_ring()->submission_tail;
    uint64_t word;

    check(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                    .handle = event,
                                                    .user_data = 1,
                                                    .buffer = (uint64_t)&word,
                                                    .length = 8}));
    check_is(submit_all(0), 1);
    check_is(handle_close(event), 0);
    check_is(ring_ready(thread_ring()), 0);
    check_is(request_cancel(index), 0);
    check_is(result_of(1), -E_CANCELLED);
}

/* A name that may receive keeps a port: what its server did not answer waits for the next one. */
static void keeps_port(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, PORT_AGAIN), again;
    uint32_t remote = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, 0, 7);
    uint32_t names = (uint32_t)object_create(self, OBJECT_TABLE, NULL, 0, 0);
    char byte = 0;
    struct call call;
    struct request read = {
        .op = OP_READ, .handle = remote, .user_data = 1, .buffer = (uint64_t)&byte, .length = 1};

    check_is(object_share(names, port, 0, "port"), 0);
    check_is(object_share(names, port, RIGHT_CREATE | RIGHT_TRANSFER, "weak"), 0);
    check(ring_push(thread_ring(), read));
    check_is(submit_all(0), 1);
    check_is(port_receive(port, &call, sizeof(call)), sizeof(call));
    check_is(handle_close(port), 0); /* taken, not answered */
    check_is(ring_ready(thread_ring()), 0);
    again = (uint32_t)object_open(names, "port", 0);
    check_is(port_receive(again, &call, sizeof(call)), sizeof(call));
    check(call.flags == CALL_AGAIN && call.badge == 7);
    check_is(port_reply(again, call.number, 1, "x", 1, 0), 0);
    check_is(result_of(1), 1);
    check_is(byte, 'x');
    check_is(handle_close(again), 0);
    check(ring_push(thread_ring(), read));
    check_is(submit_all(0), 1);
    check_is(object_remove(names, "port", 0), 0); /* the other name may not receive */
    enter(0, 1, NEVER);
    check_is(result_of(1), -E_GONE);
    check_is(request_wait(read), -E_GONE);
}

const struct guest_test guest_tests[] = {
    {"bindings", bindings},
    {"names", names},
    {"paths", paths},
    {"path-rights", path_rights},
    {"forwarding", forwarding},
    {"listing", listing},
    {"circles", circles},
    {"circles-of-others", circles_of_others},
    {"deep", deep},
    {"events", events},
    {"closed-while-waiting", closed_while_waiting},
    {"keeps-port", keeps_port},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{NULL, NULL}};
