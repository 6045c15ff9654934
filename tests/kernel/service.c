/* Ports that outlive their servers; turns between clients; calls longer than a buffer. */
#include "guest.h"

const char *const guest_name = "service";

#define WAITING 3u

static struct {
    struct call call;
    char data[256];
} received;

static uint32_t port, object;

static bool call_start(struct request request, uint64_t user_data)
{
    request.handle = request.handle ? request.handle : object;
    request.user_data = user_data;
    return ring_push(thread_ring(), request) && submit_all(0) == 1;
}

static void port_open(uint64_t flags)
{
    port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, flags);
    object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 7);
}

static int64_t receive(void)
{
    memset(&received, 0xee, sizeof(received));
    return port_receive(port, &received, sizeof(received));
}

static int64_t reply(int64_t result)
{
    return port_reply(port, received.call.number, result, NULL, 0, 0);
}

/* A server that takes all calls but one, and ends without an answer. */
static void child_forgets(void)
{
    port = handle_named("port");
    for (unsigned i = 0; i + 1 < WAITING; i++) {
        check(receive() >= (int64_t)sizeof(struct call));
        check_is(received.call.arg0, i);
    }
    program_exit(0);
}

/* Starts calls, lets a server take some and end; the port stays with this process. */
static bool server_forgets(uint64_t flags)
{
    port_open(flags);
    for (uint64_t i = 0; i < WAITING; i++)
        if (!call_start((struct request){.op = OP_GET, .arg0 = i}, i))
            return false;

    struct process_status status =
        child_run("forgets", (struct program_handle[]){{"port", port, 0}}, 1);

    return status.reason == REASON_EXITED && status.status == 0;
}

static void again(void)
{
    check(server_forgets(PORT_AGAIN));
    for (uint64_t i = 0; i < WAITING; i++) { /* in the old order, those taken before marked */
        check_is(receive(), sizeof(struct call));
        check_is(received.call.arg0, i);
        check_is(received.call.flags, i + 1 < WAITING ? CALL_AGAIN : 0);
        check_is(reply((int64_t)(10 + i)), 0);
        check_is(reply(0), -E_NOT_FOUND);
        check_is(result_of(i), 10 + i);
    }
    handle_close(object);
    handle_close(port);
}

static void not_again(void)
{
    check(server_forgets(0));
    for (uint64_t i = 0; i + 1 < WAITING; i++) /* each answered once, the last one taken first */
        check_is(result_of(WAITING - 2 - i), -E_GONE);
    check_is(receive(), sizeof(struct call)); /* what nobody had taken is still there */
    check_is(received.call.arg0, WAITING - 1);
    check_is(received.call.flags, 0);
    check_is(reply(5), 0);
    check_is(result_of(WAITING - 1), 5);
    check_is(object_create(self, OBJECT_PORT, NULL, 0, 2), -E_ARGUMENT);
    handle_close(object);
    handle_close(port);
}

/* A client with many calls waiting lets one with a single call have its turn. */
static void turns(void)
{
    uint32_t other;

    port_open(0);
    other = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 8);
    for (uint64_t i = 0; i < 10; i++)
        check(call_start((struct request){.op = OP_GET, .arg0 = i}, i));
    check(call_start((struct request){.op = OP_GET, .handle = other, .arg0 = 100}, 100));
    for (unsigned i = 0; i < 11; i++) {
        check_is(receive(), sizeof(struct call));
        check_is(received.call.arg0, i == 0 ? 0 : i == 1 ? 100 : i - 1);
        check_is(received.call.badge, i == 1 ? 8 : 7);
        check_is(reply((int64_t)received.call.arg0), 0);
        check_is(result_of(received.call.arg0), received.call.arg0);
    }
    /* a call that is withdrawn gives its turn away */
    check(call_start((struct request){.op = OP_GET, .arg0 = 1, .deadline = 1000000}, 1));
    enter(0, 1, NEVER);
    check_is(result_of(1), -E_TIMEOUT);
    check(call_start((struct request){.op = OP_GET, .handle = other, .arg0 = 2}, 2));
    check_is(receive(), sizeof(struct call));
    check_is(received.call.arg0, 2);
    check_is(reply(0), 0);
    check_is(result_of(2), 0);
    handle_close(object);
    handle_close(other);
    handle_close(port);
}

static int64_t part(uint16_t op, void *buffer, uint64_t length, uint64_t offset)
{
    return request_wait((struct request){.op = op,
                                         .handle = port,
                                         .buffer = (uint64_t)buffer,
                                         .length = length,
                                         .offset = offset,
                                         .arg0 = received.call.number});
}

static void long_calls(void)
{
    static char text[1000], copy[1000];

    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    port_open(0);
    check(call_start(
        (struct request){.op = OP_WRITE, .buffer = (uint64_t)text, .length = sizeof(text)}, 1));
    check_is(receive(), sizeof(received));
    check_is(received.call.length, sizeof(text));
    check_is(part(OP_WRITE, copy, 10, 0), -E_ARGUMENT); /* the client sends */
    check_is(part(OP_READ, copy, 10, 1001), -E_RANGE);
    check_is(part(OP_READ, copy, 10, 1000), 0);
    check_is(part(OP_READ, (void *)16, 10, 0), -E_BUFFER);
    check_is(part(OP_READ, copy + 256, sizeof(copy), 256), 1000 - 256);
    check(memcmp(received.data, text, 256) == 0 && memcmp(copy + 256, text + 256, 744) == 0);
    check_is(reply(1000), 0);
    check_is(part(OP_READ, copy, 10, 0), -E_NOT_FOUND);
    check_is(result_of(1), 1000);

    memset(copy, 0, sizeof(copy));
    check(call_start(
        (struct request){.op = OP_READ, .buffer = (uint64_t)copy, .length = sizeof(copy)}, 2));
    check_is(receive(), sizeof(struct call));
    check_is(part(OP_READ, text, 10, 0), -E_ARGUMENT); /* the client takes */
    check_is(part(OP_WRITE, text, 600, 0), 600);
    check_is(part(OP_WRITE, text + 600, 600, 600), 400);
    check_is(reply(1000), 0);
    check_is(result_of(2), 1000);
    check(memcmp(copy, text, sizeof(text)) == 0);
    handle_close(object);
    handle_close(port);
}

static void no_room_for_handles(void)
{
    uint32_t event = (uint32_t)event_make();

    port_open(0);
    check(call_start((struct request){.op = OP_SHARE, .arg0 = event}, 1));
    check_is(request_wait((struct request){.op = OP_RECEIVE,
                                           .handle = port,
                                           .buffer = (uint64_t)&received,
                                           .length = sizeof(received),
                                           .deadline = 1000000}),
             -E_TIMEOUT);
    check_is(result_of(1), -E_ROOM);
    handle_close(event);
    handle_close(object);
    handle_close(port);
}

/* The client's buffer went away: the server keeps what was for it. */
static void client_without_buffer(void)
{
    uint32_t memory = (uint32_t)object_create(self, OBJECT_MEMORY, NULL, 4096, 0);
    char *page = (char *)memory_map(memory, 4096, MAP_WRITE);

    port_open(0);
    check(page != NULL);
    check(call_start((struct request){.op = OP_READ, .buffer = (uint64_t)page, .length = 8}, 1));
    check_is(receive(), sizeof(struct call));
    memory_free(page, 4096);
    check_is(port_reply(port, received.call.number, 4, "data", 4, 0), -E_GONE);
    check_is(result_of(1), -E_BUFFER);
    handle_close(memory);
    handle_close(object);
    handle_close(port);
}

const struct guest_test guest_tests[] = {
    {"again", again},
    {"not-again", not_again},
    {"turns", turns},
    {"long-calls", long_calls},
    {"no-room-for-handles", no_room_for_handles},
    {"client-without-buffer", client_without_buffer},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"forgets", child_forgets},
    {NULL, NULL},
};
