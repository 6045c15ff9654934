/* Ports: calls and replies, handles that go with them, the death of either side. */
#include "guest.h"

const char *const guest_name = "ports";

#define MS UINT64_C(1000000)

/* Where the server's side of a test receives. */
static struct {
    struct call call;
    char data[4096];
} received;

static uint32_t port, object; /* of the running test: a port, and what was minted from it */

static int64_t mint(uint32_t rights, uint64_t badge)
{
    return object_create(port, OBJECT_REMOTE, NULL, rights, badge);
}

static void port_open(void)
{
    port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    object = (uint32_t)mint(RIGHT_ALL, 7);
}

static void port_close(void)
{
    handle_close(object);
    handle_close(port);
}

/* Start a call: its answer comes under `user_data`. */
static bool call_start(struct request request, uint64_t user_data)
{
    request.handle = request.handle ? request.handle : object;
    request.user_data = user_data;
    return ring_push(thread_ring(), request) && submit_all(0) == 1;
}

static bool write_start(const char *text, uint64_t user_data)
{
    return call_start(
        (struct request){.op = OP_WRITE, .buffer = (uint64_t)text, .length = strlen(text)},
        user_data);
}

static bool read_start(void *buffer, uint64_t length, uint64_t user_data)
{
    return call_start((struct request){.op = OP_READ, .buffer = (uint64_t)buffer, .length = length},
                      user_data);
}

static int64_t receive(uint64_t length)
{
    memset(&received, 0xee, sizeof(received));
    return port_receive(port, &received, length);
}

/* Is a call waiting? Only then may a test receive it without waiting for ever. */
static bool nothing_waits(void)
{
    return request_wait((struct request){.op = OP_RECEIVE,
                                         .handle = port,
                                         .buffer = (uint64_t)&received,
                                         .length = sizeof(received),
                                         .deadline = MS}) == -E_TIMEOUT;
}

static int64_t reply(int64_t result)
{
    return port_reply(port, received.call.number, result, NULL, 0, 0);
}

static void payload(void)
{
    struct completion completion = {0, 0};

    port_open();
    check(call_start((struct request){.op = OP_WRITE,
                                      .buffer = (uint64_t) "hello",
                                      .length = 5,
                                      .offset = UINT64_MAX,
                                      .arg0 = 11,
                                      .arg1 = UINT64_C(1) << 63},
                     1));
    check_is(receive(sizeof(received)), sizeof(struct call) + 5);
    check(memcmp(received.data, "hello\xee", 6) == 0);
    check(received.call.number != 0);
    check_is(received.call.badge, 7);
    check_is(received.call.op, OP_WRITE);
    check_is(received.call.flags, 0);
    check_is(received.call.rights, RIGHT_ALL & ~RIGHT_RECEIVE);
    check_is(received.call.length, 5);
    check_is(received.call.offset, UINT64_MAX);
    check_is(received.call.arg0, 11);
    check_is(received.call.arg1, UINT64_C(1) << 63);
    check_is(received.call.handle, 0);
    check_is(received.call.process, object_get(self, PROPERTY_NUMBER));
    check_is(ring_ready(thread_ring()), 0);
    check_is(reply(6), -E_RANGE);  /* more than the client sent */
    check_is(reply(INT64_MIN), 0); /* any other result goes through */
    check(ring_pop(thread_ring(), &completion));
    check(completion.user_data == 1 && completion.result == INT64_MIN);
    port_close();
}

/* Each operation that objects of servers know arrives, and with the data that it sends. */
static void operations(void)
{
    static const uint16_t ops[] = {OP_READ, OP_WRITE, OP_OPEN,  OP_CREATE, OP_REMOVE,
                                   OP_GET,  OP_SET,   OP_SHARE, OP_WATCH};

    port_open();
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        bool sends = ops[i] != OP_READ && ops[i] != OP_GET && ops[i] != OP_WATCH;
        char data[8] = "abcdefg";

        check(call_start((struct request){.op = ops[i],
                                          .buffer = (uint64_t)data,
                                          .length = 8,
                                          .arg0 = ops[i] == OP_SHARE ? self : 5},
                         i));
        check_is(receive(sizeof(received)), sizeof(struct call) + (sends ? 8 : 0));
        check_is(received.call.op, ops[i]);
        check_is(received.call.length, 8);
        if (received.call.handle)
            handle_close(received.call.handle);
        check_is(reply(-E_BUSY), 0);
        check_is(result_of(i), -E_BUSY);
    }
    check_is(request_wait((struct request){.op = OP_MAP, .handle = object}), -E_UNSUPPORTED);
    check_is(request_wait((struct request){.op = OP_RECEIVE, .handle = object}), -E_DENIED);
    port_close();
}

/* Answer the call that was received with these bytes in its place, and receive under `user_data`.
 */
static bool answer_start(int64_t result, uint64_t length, uint64_t user_data)
{
    return call_start((struct request){.op = OP_ANSWER,
                                       .handle = port,
                                       .buffer = (uint64_t)&received,
                                       .length = sizeof(received),
                                       .offset = (uint64_t)result,
                                       .arg0 = received.call.number,
                                       .arg1 = length},
                      user_data);
}

/* An answer is a reply and then a receive; of what is wrong with it neither happens. */
static void answers(void)
{
    char buffer[8] = "########";

    port_open();
    check(read_start(buffer, 4, 1));
    check(receive(sizeof(received)) > 0);
    check(answer_start(5, 4, 2)); /* more than the client takes */
    check_is(result_of(2), -E_RANGE);
    check(answer_start(4, 5, 2));
    check_is(result_of(2), -E_RANGE);
    check(answer_start(4, sizeof(received), 2)); /* more than there is */
    check_is(result_of(2), -E_RANGE);
    check_is(ring_ready(thread_ring()), 0);
    check(memcmp(buffer, "########", 8) == 0);
    memcpy(received.data, "abcd", 4);
    check(answer_start(4, 4, 2));
    check_is(result_of(1), 4);
    check(memcmp(buffer, "abcd####", 8) == 0);
    check(write_start("next", 3));
    check_is(result_of(2), sizeof(struct call) + 4);
    check(memcmp(received.data, "next", 4) == 0);
    check_is(reply(4), 0);
    check_is(result_of(3), 4);
    check(answer_start(4, 0, 2)); /* to nobody: a receive all the same */
    check(write_start("last", 3));
    check_is(result_of(2), sizeof(struct call) + 4);
    check_is(reply(4), 0);
    check_is(result_of(3), 4);
    port_close();
}

/* Replies: once, to the right number, on the right port, no longer than asked for. */
static void replies(void)
{
    char buffer[16] = "################";
    uint32_t other = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint64_t number;

    port_open();
    check(read_start(buffer, 4, 1));
    check_is(receive(sizeof(received)), sizeof(struct call));
    number = received.call.number;
    check_is(port_reply(port, number, 5, "hello", 5, 0), -E_RANGE);
    check_is(port_reply(port, number, 4, "hello", UINT64_MAX, 0), -E_RANGE);
    check_is(port_reply(port, number + 1, 0, NULL, 0, 0), -E_NOT_FOUND);
    check_is(port_reply(port, number + (UINT64_C(1) << 32), 0, NULL, 0, 0), -E_NOT_FOUND);
    check_is(port_reply(port, number ^ 0x10000, 0, NULL, 0, 0), -E_NOT_FOUND);
    check_is(port_reply(port, 0, 0, NULL, 0, 0), -E_NOT_FOUND);
    check_is(port_reply(port, UINT64_MAX, 0, NULL, 0, 0), -E_NOT_FOUND);
    check_is(port_reply(other, number, 0, NULL, 0, 0), -E_NOT_FOUND);
    check_is(port_reply(port, number, 4, (void *)KERNEL_BASE, 4, 0), -E_BUFFER);
    check_is(ring_ready(thread_ring()), 0);
    check_is(port_reply(port, number, 4, "well", 4, 0), 0);
    check_is(result_of(1), 4);
    check(memcmp(buffer, "well############", 16) == 0);
    check_is(port_reply(port, number, 4, "evil", 4, 0), -E_NOT_FOUND);
    check(memcmp(buffer, "well############", 16) == 0);
    check(write_start("data", 2)); /* its data went the other way */
    check_is(receive(sizeof(received)), sizeof(struct call) + 4);
    check_is(port_reply(port, received.call.number, 0, "x", 1, 0), -E_RANGE);
    check_is(reply(4), 0);
    check_is(result_of(2), 4);
    handle_close(other);
    port_close();
}

static void receive_buffers(void)
{
    uint8_t *page = memory_allocate(2 * PAGE_SIZE);

    port_open();
    check(write_start("0123456789", 1));
    check_is(receive(0), -E_ROOM);
    check_is(receive(sizeof(struct call) - 1), -E_ROOM);
    check_is(port_receive(port, (void *)KERNEL_BASE, 4096), -E_BUFFER);
    check_is(port_receive(port, (void *)(uintptr_t)guest_name, 4096), -E_BUFFER);
    object_unmap(self, (uint64_t)page + PAGE_SIZE, PAGE_SIZE);
    check_is(port_receive(port, page + PAGE_SIZE - sizeof(struct call) - 4, 4096), -E_BUFFER);
    check_is(ring_ready(thread_ring()), 0); /* the call is still to be had */
    check_is(receive(sizeof(struct call) + 3), sizeof(struct call) + 3);
    check(memcmp(received.data, "012\xee", 4) == 0);
    check_is(received.call.length, 10);
    check_is(reply(3), 0);
    check_is(result_of(1), 3);
    memory_free(page, PAGE_SIZE);
    port_close();
}

/* What the client offers is not there: its error; the server notices nothing. */
static void client_buffers(void)
{
    port_open();
    check(call_start((struct request){.op = OP_WRITE, .buffer = KERNEL_BASE, .length = 5}, 1));
    check(nothing_waits());
    check_is(result_of(1), -E_BUFFER);
    check(call_start((struct request){.op = OP_READ, .buffer = DIRECT_MAP_BASE, .length = 5}, 2));
    check_is(receive(sizeof(received)), sizeof(struct call));
    check_is(port_reply(port, received.call.number, 5, "12345", 5, 0), -E_GONE);
    check_is(result_of(2), -E_BUFFER);
    check(call_start((struct request){.op = OP_WRITE, .buffer = UINT64_MAX - 2, .length = 16}, 3));
    check(nothing_waits());
    check_is(result_of(3), -E_BUFFER);
    port_close();
}

static void order(void)
{
    port_open();
    for (uint64_t i = 0; i < 20; i++)
        check(call_start((struct request){.op = OP_SET, .arg0 = i}, i));
    for (uint64_t i = 0; i < 20; i++) {
        check_is(receive(sizeof(received)), sizeof(struct call));
        check_is(received.call.arg0, i);
        check_is(reply((int64_t)i), 0);
    }
    for (uint64_t i = 0; i < 20; i++)
        check_is(result_of(i), i);
    port_close();
}

/* Receives first, in a batch; then calls; answered last first. */
static void batch_receive(void)
{
    static struct call calls[8];

    port_open();
    for (uint64_t i = 0; i < 8; i++)
        check(ring_push(thread_ring(), (struct request){.op = OP_RECEIVE,
                                                        .handle = port,
                                                        .user_data = 100 + i,
                                                        .buffer = (uint64_t)&calls[i],
                                                        .length = sizeof(struct call)}));
    check_is(submit_all(0), 8);
    for (uint64_t i = 0; i < 8; i++)
        check(call_start((struct request){.op = OP_GET, .arg0 = i}, i));
    for (uint64_t i = 0; i < 8; i++)
        check_is(result_of(100 + i), sizeof(struct call));
    for (uint64_t i = 8; i-- > 0;) {
        check_is(calls[i].arg0, i);
        check_is(port_reply(port, calls[i].number, 50 + (int64_t)i, NULL, 0, 0), 0);
        check_is(result_of(i), 50 + i);
    }
    port_close();
}

static void cancelled_calls(void)
{
    uint32_t index = thread_ring()->submission_tail;

    port_open();
    index = thread_ring()->submission_tail;
    check(write_start("one", 1));
    check_is(request_cancel(index), 0);
    check_is(result_of(1), -E_CANCELLED);
    check(nothing_waits());
    index = thread_ring()->submission_tail;
    check(write_start("two", 2));
    check(receive(sizeof(received)) > 0);
    check_is(request_cancel(index), 0);
    check_is(result_of(2), -E_CANCELLED);
    check_is(reply(3), -E_NOT_FOUND);
    check(call_start((struct request){.op = OP_READ, .deadline = MS}, 3));
    check(receive(sizeof(received)) > 0);
    check_is(enter(0, 1, NEVER), 0);
    check_is(result_of(3), -E_TIMEOUT);
    check_is(reply(3), -E_NOT_FOUND);
    port_close();
}

/* The notice comes once, after the last handle of an object, with its badge. */
static void close_notices(void)
{
    uint32_t second, other;

    port_open();
    second = (uint32_t)handle_duplicate(object, RIGHT_ALL & ~RIGHT_RECEIVE);
    other = (uint32_t)mint(RIGHT_READ, 8);
    check(handle_close(object) == 0 && nothing_waits());
    check(handle_close(other) == 0);
    check_is(receive(sizeof(received)), sizeof(struct call));
    check(received.call.op == OP_CLOSE && received.call.badge == 8 && received.call.number == 0);
    check(nothing_waits());
    object = second;
    check(write_start("x", 1)); /* a call in flight keeps its object */
    check_is(handle_close(second), 0);
    check(receive(sizeof(received)) > 0);
    check_is(received.call.op, OP_WRITE);
    check(nothing_waits());
    check_is(reply(1), 0);
    check_is(result_of(1), 1);
    check_is(receive(sizeof(received)), sizeof(struct call));
    check(received.call.op == OP_CLOSE && received.call.badge == 7);
    check(nothing_waits());
    handle_close(port);
}

/* An object that could not be minted is none, and nobody is told that it ended. */
static void child_full(void)
{
    port_open();
    while (handle_duplicate(self, 0) > 0)
        ;
    check_is(mint(RIGHT_ALL, 9), -E_LIMIT);
    check_is(handle_close(object), 0);
    check(receive(sizeof(received)) > 0);
    check_is(received.call.badge, 7);
    check(nothing_waits());
}

static void mint_without_room(void)
{
    struct process_status status = child_run("full", NULL, 0);

    check_is(status.reason, REASON_EXITED);
    check_is(status.status, 0);
}

static void minted_rights(void)
{
    uint32_t reader;

    port_open();
    reader = (uint32_t)mint(RIGHT_READ, 1);
    check_is(object_write(reader, "x", 1, 0), -E_DENIED);
    check_is(object_get(reader, PROPERTY_SIZE), -E_DENIED);
    check_is(handle_duplicate(reader, RIGHT_READ), -E_DENIED);
    check(nothing_waits());
    check_is(object_create(port, OBJECT_EVENT, NULL, 0, 0), -E_ARGUMENT);
    handle_close(reader);
    port_close();
}

/* The last handle that receives is closed: all calls end, later ones at once. */
static void server_gone(void)
{
    uint32_t weak;

    port_open();
    weak = (uint32_t)handle_duplicate(port, RIGHT_CREATE);
    check(write_start("taken", 1) && write_start("waiting", 2));
    check(receive(sizeof(received)) > 0);
    check_is(handle_close(port), 0);
    check_is(result_of(2), -E_GONE);
    check_is(result_of(1), -E_GONE);
    check_is(object_write(object, "late", 4, 0), -E_GONE);
    check_is(object_read(object, &received, 4, 0), -E_GONE);
    handle_close(weak);
    handle_close(object);
}

static void child_server(void)
{
    struct call call;

    port = handle_named("port");
    for (unsigned i = 0; i < 2; i++)
        check(port_receive(port, &call, sizeof(call)) > 0);
    __asm__ volatile("ud2");
}

static void server_dies(void)
{
    int64_t process;

    port_open();
    process = child_start("server", &(struct program_handle){"port", port, 0}, 1);
    check(process > 0);
    check_is(handle_close(port), 0); /* the child is the only one that receives */
    check(write_start("a", 1) && write_start("b", 2) && write_start("c", 3));
    check_is(enter(0, 3, NEVER), 0);
    check_is(result_of(3), -E_GONE); /* waiting ones first */
    check_is(result_of(1), -E_GONE);
    check_is(result_of(2), -E_GONE);
    handle_close((uint32_t)process);
    handle_close(object);
}

static void child_client(void)
{
    uint32_t server = handle_named("server");

    for (uint64_t i = 0; i < 3; i++)
        check(ring_push(thread_ring(),
                        (struct request){.op = OP_READ, .handle = server, .user_data = i}));
    submit_all(3);
}

/* A client is killed: its calls are withdrawn, whether taken or not; its handles are closed. */
static void client_dies(void)
{
    int64_t process;

    port_open();
    process = child_start("client", &(struct program_handle){"server", object, 0}, 1);
    check(process > 0);
    handle_close(object);
    check(receive(sizeof(received)) > 0);
    check_is(object_remove((uint32_t)process, NULL, 0), 0);
    check_is(reply(0), -E_NOT_FOUND);
    check_is(receive(sizeof(received)), sizeof(struct call));
    check(received.call.op == OP_CLOSE && received.call.badge == 7);
    check(nothing_waits());
    handle_close((uint32_t)process);
    handle_close(port);
}

/* A handle handed to a server: it needs the right to, and never gains any. */
static void handles_to_server(void)
{
    uint32_t event = (uint32_t)event_make(), fixed;

    port_open();
    fixed = (uint32_t)handle_duplicate(event, RIGHT_READ | RIGHT_WRITE);
    check(call_start((struct request){.op = OP_SHARE, .arg0 = fixed, .length = 0}, 1));
    check(nothing_waits());
    check_is(result_of(1), -E_DENIED);
    check(call_start((struct request){.op = OP_SHARE, .arg0 = event, .arg1 = RIGHT_SHARE}, 2));
    check(nothing_waits());
    check_is(result_of(2), -E_DENIED); /* an event has no such right */
    check(call_start((struct request){.op = OP_SHARE, .arg0 = UINT64_C(1) << 32 | event}, 3));
    check(nothing_waits());
    check_is(result_of(3), -E_HANDLE);
    check(call_start((struct request){.op = OP_SHARE, .arg0 = event, .arg1 = RIGHT_WRITE}, 4));
    check_is(receive(sizeof(received)), sizeof(struct call));
    check(received.call.handle != 0 && received.call.handle != event);
    check_is(event_add(received.call.handle, 3), 8);
    check_is(object_get(received.call.handle, PROPERTY_COUNT), -E_DENIED);
    check_is(object_get(event, PROPERTY_COUNT), 3);
    check_is(handle_close(received.call.handle), 0);
    check_is(reply(0), 0);
    check_is(result_of(4), 0);
    handle_close(event);
    handle_close(fixed);
    port_close();
}

static void handles_to_client(void)
{
    uint32_t event = (uint32_t)event_make(), fixed, given;
    int64_t result;

    port_open();
    fixed = (uint32_t)handle_duplicate(event, RIGHT_READ | RIGHT_WRITE);
    given = (uint32_t)handle_duplicate(event, RIGHT_WRITE | RIGHT_TRANSFER);
    check(call_start((struct request){.op = OP_OPEN}, 1));
    check(receive(sizeof(received)) > 0);
    check_is(port_reply(port, received.call.number, 0, NULL, 0, fixed), -E_DENIED);
    check_is(port_reply(port, received.call.number, 0, NULL, 0, 12345), -E_HANDLE);
    check_is(ring_ready(thread_ring()), 0);
    check_is(port_reply(port, received.call.number, 0, NULL, 0, given), 0);
    result = result_of(1);
    check(result > 0 && result != given);
    check_is(event_add((uint32_t)result, 1), 8);
    check_is(object_get((uint32_t)result, PROPERTY_COUNT), -E_DENIED);
    handle_close((uint32_t)result);
    handle_close(event);
    handle_close(fixed);
    handle_close(given);
    port_close();
}

/* A server cannot make the client take one of its own handles for what it opened. */
static void made_up_handle(void)
{
    uint32_t event = (uint32_t)event_make();

    port_open();
    check(ring_push(thread_ring(),
                    (struct request){.op = OP_OPEN, .flags = REQUEST_LINK, .handle = object}) &&
          push(OP_CLOSE, REQUEST_USE_CHAIN | REQUEST_ALWAYS, 0, 2));
    check_is(submit_all(0), 2);
    check(receive(sizeof(received)) > 0);
    check_is(reply(event), -E_ARGUMENT);
    check_is(reply(-E_NOT_FOUND), 0);
    check_is(result_of(0), -E_NOT_FOUND);
    check_is(result_of(2), -E_HANDLE);
    check_is(object_get(event, PROPERTY_COUNT), 0);
    handle_close(event);
    port_close();
}

/* Mix up the order in which the kernel will use its records of requests. */
static void records_shuffle(uint64_t rounds)
{
    static uint64_t words[8];
    uint32_t events[8];

    for (uint64_t i = 0; i < 8; i++) {
        events[i] = (uint32_t)event_make();
        check(call_start((struct request){.op = OP_READ,
                                          .handle = events[i],
                                          .buffer = (uint64_t)&words[i],
                                          .length = sizeof(words[i])},
                         i));
    }
    while (rounds--)
        random_next();
    for (uint64_t left = 8; left; left--) {
        uint64_t which = random_next() % left;

        event_add(events[which], 1);
        handle_close(events[which]);
        events[which] = events[left - 1];
        thread_ring()->completion_head++;
    }
}

/* A server of itself ends in the middle of everything: a receive with more linked to it, a call
 * that it took, and no other reference to the object called. */
static void child_alone(void)
{
    uint64_t round = (uint64_t)object_get(handle_named("round"), PROPERTY_COUNT);

    records_shuffle(round);
    port_open();
    /* a wait for its own end takes the one record that was not shuffled */
    check(call_start((struct request){.op = OP_READ,
                                      .handle = self,
                                      .buffer = (uint64_t)&received,
                                      .length = sizeof(received)},
                     0));
    check(write_start("taken", 1));
    check(receive(sizeof(received)) > 0);
    check(ring_push(thread_ring(), (struct request){.op = OP_RECEIVE,
                                                    .flags = REQUEST_LINK,
                                                    .handle = port,
                                                    .buffer = (uint64_t)&received,
                                                    .length = sizeof(received)}) &&
          push(OP_DUPLICATE, REQUEST_LINK, self, 0) && push(OP_DUPLICATE, 0, self, 0));
    check_is(submit_all(0), 3);
    handle_close(object);
    program_exit(0);
}

static void server_of_itself(void)
{
    uint32_t round = (uint32_t)event_make();

    for (unsigned i = 0; i < 30; i++) {
        struct process_status status =
            child_run("alone", &(struct program_handle){"round", round, 0}, 1);

        check_is(status.reason, REASON_EXITED);
        check_is(status.status, 0);
        check_is(event_add(round, 1), 8);
    }
    handle_close(round);
}

/* The port as what is handed over to the very server, and back. */
static void port_through_itself(void)
{
    port_open();
    check(call_start((struct request){.op = OP_SHARE, .arg0 = port}, 1));
    check(receive(sizeof(received)) > 0);
    check_is(handle_close(port), 0);
    port = received.call.handle; /* alive: the handle that came receives */
    check_is(reply(0), 0);
    check_is(result_of(1), 0);
    port_close();
}

const struct guest_test guest_tests[] = {
    {"payload", payload},
    {"operations", operations},
    {"replies", replies},
    {"answers", answers},
    {"receive-buffers", receive_buffers},
    {"client-buffers", client_buffers},
    {"order", order},
    {"batch-receive", batch_receive},
    {"cancelled-calls", cancelled_calls},
    {"close-notices", close_notices},
    {"mint-without-room", mint_without_room},
    {"minted-rights", minted_rights},
    {"server-gone", server_gone},
    {"server-dies", server_dies},
    {"client-dies", client_dies},
    {"handles-to-server", handles_to_server},
    {"handles-to-client", handles_to_client},
    {"made-up-handle", made_up_handle},
    {"server-of-itself", server_of_itself},
    {"port-through-itself", port_through_itself},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"full", child_full},
    {"server", child_server},
    {"client", child_client},
    {"alone", child_alone},
    {NULL, NULL},
};
