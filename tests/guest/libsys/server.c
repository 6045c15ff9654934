/*
 * The server kit: a server in a thread of this process, its clients in another. The server's root
 * is a table of boxes; a box holds a number, and reading an empty one waits.
 */
#include "check.h"

#define SECOND UINT64_C(1000000000)
#define BOXES  4

struct box {
    bool full;
    uint64_t value;
    struct call_queue readers;
};

static struct box boxes[BOXES];
static unsigned released;
static struct server server;
static uint32_t port, root;

static void readers_answer(struct box *box)
{
    struct call *call;

    while (box->full && (call = call_queue_first(&box->readers))) {
        call_queue_pop(&box->readers);
        call_answer(call, call_reply(call, &box->value, sizeof(box->value)));
    }
}

static int64_t box_read(struct server *self, struct call *call)
{
    struct box *box = call_object(call);

    (void)self;
    if (!call_queue_push(&box->readers, call))
        return -E_LIMIT;
    readers_answer(box);
    return CALL_LATER;
}

static int64_t box_write(struct server *self, struct call *call)
{
    struct box *box = call_object(call);

    (void)self;
    if (call->length > sizeof(box->value))
        return (int64_t)call_data_length(call); /* as much of it as came */
    memcpy(&box->value, call_data(call), call->length);
    box->full = call->length != 0;
    readers_answer(box);
    return (int64_t)call->length;
}

/* Takes the first 8 bytes of a memory object for its number. */
static int64_t box_share(struct server *self, struct call *call)
{
    struct box *box = call_object(call);
    int64_t result = object_read(call->handle, &box->value, sizeof(box->value), 0);

    (void)self;
    handle_close(call->handle);
    box->full = true;
    return result < 0 ? result : 0;
}

static void box_release(struct server *self, void *object)
{
    struct box *box = object;

    (void)self;
    box->full = false;
    released++;
}

static const struct methods box_methods = {
    .read = box_read, .write = box_write, .share = box_share, .release = box_release};

static int64_t root_open(struct server *self, struct call *call)
{
    uint64_t number;
    char name[16];

    (void)self;
    if (!call_name(call, name, sizeof(name)))
        return -E_NAME;
    if (!text_to_number(name, &number) || number >= BOXES)
        return -E_NOT_FOUND;
    return call_reply_object(call, &boxes[number], &box_methods,
                             RIGHT_READ | RIGHT_WRITE | RIGHT_SHARE);
}

static int64_t root_read(struct server *self, struct call *call)
{
    (void)self;
    return call_reply_text(call, "%u boxes\n", BOXES);
}

/* Setting anything ends the server. */
static int64_t root_set(struct server *self, struct call *call)
{
    server_end(self, (int64_t)call->arg1);
    return 0;
}

static const struct methods root_methods = {.read = root_read, .open = root_open, .set = root_set};

static uint32_t ended;

static int server_main(void *unused)
{
    uint64_t status;

    (void)unused;
    EXPECT(server_open(&server, port) == 0);
    EXPECT(server_publish(&server, "boxes", NULL, &root_methods,
                          RIGHT_READ | RIGHT_OPEN | RIGHT_SET) == 0);
    status = (uint64_t)server_run(&server);
    object_write(ended, &status, sizeof(status), 0);
    return 0;
}

/* A read or write that must be answered within a second. */
static int64_t timed(uint16_t op, uint32_t handle, void *buffer, uint64_t length)
{
    return request_wait((struct request){.op = op,
                                         .handle = handle,
                                         .buffer = (uint64_t)buffer,
                                         .length = length,
                                         .deadline = SECOND});
}

static uint32_t box_open(const char *name)
{
    int64_t box = object_open(root, name, 0);

    EXPECT(box > 0);
    return (uint32_t)box;
}

static void server_starts_late(void)
{
    char text[16] = "";

    port = (uint32_t)object_create(handle_named("self"), OBJECT_PORT, NULL, 0, 0);
    ended = (uint32_t)object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);
    root = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    /* Asked before there is a server; answered when there is. */
    ring_push(thread_ring(), (struct request){.op = OP_READ,
                                              .handle = root,
                                              .user_data = 1,
                                              .buffer = (uint64_t)text,
                                              .length = sizeof(text)});
    enter(1, 0, 0);
    EXPECT(thread_create(server_main, NULL, 0) > 0);
    enter(0, 1, time_now_ns() + SECOND);
    struct completion completion = {0};

    EXPECT(ring_pop(thread_ring(), &completion) && completion.result == 8);
    EXPECT(memcmp(text, "4 boxes\n", 8) == 0);
}

static void text_is_read_from_an_offset(void)
{
    char text[16];

    EXPECT(object_read(root, text, 3, 0) == 3 && memcmp(text, "4 b", 3) == 0);
    EXPECT(object_read(root, text, 16, 3) == 5 && memcmp(text, "oxes\n", 5) == 0);
    EXPECT(object_read(root, text, 16, 8) == 0);
    EXPECT(object_read(root, text, 16, 99) == 0);
}

static void objects_know_their_limits(void)
{
    uint32_t box = box_open("1");

    EXPECT(object_get(root, PROPERTY_TYPE) == OBJECT_TABLE);
    EXPECT(object_get(box, PROPERTY_TYPE) == OBJECT_REMOTE);
    EXPECT(object_write(root, "x", 1, 0) == -E_DENIED); /* published without */
    EXPECT(object_set(box, PROPERTY_SIZE, 1) == -E_DENIED);
    EXPECT(object_open(root, "7", 0) == -E_NOT_FOUND);
    EXPECT(object_open(root, "a very long name indeed", 0) == -E_NAME);
    handle_close(box);
}

static void readers_wait_and_are_answered(void)
{
    uint32_t box = box_open("0");
    uint64_t value = 42, got[8] = {0};
    struct completion completion;
    unsigned answered = 0;

    for (uint64_t i = 0; i < 8; i++)
        ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                  .handle = box,
                                                  .user_data = i,
                                                  .buffer = (uint64_t)&got[i],
                                                  .length = 8});
    EXPECT(enter(8, 1, time_now_ns() + 2000000) == 8);
    EXPECT(ring_ready(thread_ring()) == 0);
    EXPECT(timed(OP_WRITE, box, &value, 8) == 8);
    while (answered < 8) {
        if (ring_ready(thread_ring()) == 0)
            enter(0, 1, time_now_ns() + SECOND);
        if (!ring_pop(thread_ring(), &completion))
            break;
        EXPECT(completion.user_data == answered++); /* in the order in which they came */
        EXPECT(completion.result == 8 && got[completion.user_data] == 42);
    }
    EXPECT(answered == 8);
    handle_close(box);
}

static void too_many_waiters_are_turned_away(void)
{
    uint32_t box = box_open("1");
    uint64_t got[SERVER_CALLS] = {0}, value = 7;
    struct completion completion;
    unsigned answered = 0;

    for (unsigned i = 0; i < SERVER_CALLS - 1; i++)
        EXPECT(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                         .handle = box,
                                                         .user_data = i,
                                                         .buffer = (uint64_t)&got[i],
                                                         .length = 8}));
    EXPECT(enter(SERVER_CALLS - 1, 1, time_now_ns() + 5000000) == SERVER_CALLS - 1);
    /* All places but one are taken: one more waiter is refused, who ends the wait is heard. */
    EXPECT(timed(OP_READ, box, &got[SERVER_CALLS - 1], 8) == -E_LIMIT);
    EXPECT(timed(OP_WRITE, box, &value, 8) == 8);
    enter(0, SERVER_CALLS - 1, time_now_ns() + SECOND);
    for (; ring_pop(thread_ring(), &completion); answered++)
        EXPECT(completion.result == 8 && got[completion.user_data] == 7);
    EXPECT(answered == SERVER_CALLS - 1);
    handle_close(box);
}

static void cancelled_calls_do_no_harm(void)
{
    uint32_t box = box_open("2");
    uint64_t got, value = 9;

    EXPECT(request_wait((struct request){.op = OP_READ,
                                         .handle = box,
                                         .buffer = (uint64_t)&got,
                                         .length = 8,
                                         .deadline = 1000000}) == -E_TIMEOUT);
    EXPECT(timed(OP_WRITE, box, &value, 8) == 8);
    EXPECT(timed(OP_READ, box, &got, 8) == 8 && got == 9);
    handle_close(box);
}

static void objects_are_released_once(void)
{
    unsigned before = released;
    uint32_t first = box_open("3"), second = box_open("3");
    int64_t third = handle_duplicate(first, RIGHT_READ);

    EXPECT(third > 0);
    handle_close(first);
    handle_close((uint32_t)third);
    object_read(root, NULL, 0, 0); /* the server has heard of it by now */
    EXPECT(released == before);
    handle_close(second);
    object_read(root, NULL, 0, 0);
    EXPECT(released == before + 1);
}

static void handles_come_with_a_share(void)
{
    uint32_t box = box_open("2");
    uint32_t memory = (uint32_t)memory_create(PAGE_SIZE);
    int64_t handles = object_get(handle_named("self"), PROPERTY_HANDLES);
    uint64_t value = 1234, got = 0;

    EXPECT(object_write(memory, &value, 8, 0) == 8);
    EXPECT(object_share(box, memory, RIGHT_READ, "number") == 0);
    EXPECT(timed(OP_READ, box, &got, 8) == 8 && got == 1234);
    EXPECT(object_share(root, memory, RIGHT_READ, "number") == -E_DENIED);
    EXPECT(object_get(handle_named("self"), PROPERTY_HANDLES) == handles);
    handle_close(memory);
    handle_close(box);
}

static void long_writes_are_short(void)
{
    static char bytes[5000];
    uint32_t box = box_open("2");

    EXPECT(object_write(box, bytes, sizeof(bytes), 0) == SERVER_DATA_SIZE);
    EXPECT(write_all(box, bytes, sizeof(bytes)) == 0);
    handle_close(box);
}

static void many_objects_come_and_go(void)
{
    for (unsigned i = 0; i < 3 * SERVER_NODES; i++) {
        uint32_t box = box_open(i % 2 ? "2" : "3");

        handle_close(box);
        if (test_failure)
            return;
    }
}

static void the_end_is_told(void)
{
    uint64_t status = 0;

    EXPECT(object_set(root, PROPERTY_STATUS, 5) == 0);
    EXPECT(timed(OP_READ, ended, &status, 8) == 8 && status == 5);
    handle_close(port);
    EXPECT(object_read(root, NULL, 0, 0) == -E_GONE);
    handle_close(root);
    handle_close(ended);
}

void server_tests(void)
{
    test_run("server-starts-late", server_starts_late);
    test_run("text-from-an-offset", text_is_read_from_an_offset);
    test_run("objects-know-their-limits", objects_know_their_limits);
    test_run("readers-wait", readers_wait_and_are_answered);
    test_run("cancelled-calls-do-no-harm", cancelled_calls_do_no_harm);
    test_run("objects-are-released-once", objects_are_released_once);
    test_run("handles-come-with-a-share", handles_come_with_a_share);
    test_run("long-writes-are-short", long_writes_are_short);
    test_run("many-objects", many_objects_come_and_go);
    test_run("too-many-waiters", too_many_waiters_are_turned_away);
    test_run("end-of-a-server", the_end_is_told);
}
