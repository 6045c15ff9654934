/* Corners where the state of an earlier request, handle or process could outlive it. */
#include "guest.h"

#include "libsys/port_io.h"

const char *const guest_name = "review";

#define MS UINT64_C(1000000)

static bool read_push(uint32_t event, uint64_t *count, uint16_t flags, uint64_t deadline,
                      uint64_t user_data)
{
    return ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                     .flags = flags,
                                                     .handle = event,
                                                     .user_data = user_data,
                                                     .buffer = (uint64_t)count,
                                                     .length = sizeof(*count),
                                                     .deadline = deadline});
}

/* A no-op at a chain's end does not inherit the deadline of a request that was there before it. */
static void deadlines_end(void)
{
    uint32_t event = (uint32_t)event_make();
    uint64_t count;

    for (uint64_t i = 0; i < 4; i++)
        check(read_push(event, &count, 0, MS, i));
    check_is(submit_all(4), 4);
    for (uint64_t i = 0; i < 4; i++) {
        struct completion completion = {0, 0};

        check(ring_pop(thread_ring(), &completion));
        check_is(completion.result, -E_TIMEOUT);
    }
    check(read_push(event, &count, REQUEST_LINK, 0, 10));
    check(push(OP_NOP, 0, 0, 11));
    check_is(submit_all(0), 2);
    enter(0, 1, time_now_ns() + 5 * MS);
    check_is(event_add(event, 1), 8);
    check_is(result_of(10), 8);
    check_is(result_of(11), 0);
    handle_close(event);
}

static void taker(void)
{
    uint32_t port = handle_named("port");
    struct call call;

    check_is(port_receive(port, &call, sizeof(call)), sizeof(call));
    handle_close(port);
}

/* A server that lets go of its port, and then ends, gives up what it had taken. */
static void taken_and_let_go(void)
{
    uint32_t port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);

    check(push(OP_READ, 0, object, 1));
    check_is(submit_all(0), 1);
    check_is(child_run("taker", &(struct program_handle){"port", port, 0}, 1).status, 0);
    enter(0, 1, time_now_ns() + 5 * MS);
    check_is(result_of(1), -E_GONE);
    handle_close(object);
    handle_close(port);
}

/* The last handle on a line closes while somebody waits for it: the interrupt still comes, and then
 * the line is free. */
static void line_let_go(void)
{
    enum { SERIAL_INTERRUPTS = 0x3f9, SERIAL_MODEM = 0x3fc };
    uint32_t lines = handle_named("interrupts");
    uint32_t line = (uint32_t)object_open(lines, "4", 0);
    uint64_t count = 0;

    check(read_push(line, &count, 0, 0, 1));
    check_is(submit_all(0), 1);
    check_is(object_write(line, NULL, 0, 0), 0);
    check_is(handle_close(line), 0);
    check_is(object_open(lines, "4", 0), -E_BUSY);
    port_out8(SERIAL_MODEM, 0x0b); /* interrupts reach the controller, one when it can send */
    port_out8(SERIAL_INTERRUPTS, 0x02);
    enter(0, 1, time_now_ns() + 5 * MS);
    port_out8(SERIAL_INTERRUPTS, 0);
    port_out8(SERIAL_MODEM, 0x03);
    check_is(result_of(1), 8);
    check_is(count, 1);
    line = (uint32_t)object_open(lines, "4", 0);
    check_is(object_get(line, PROPERTY_COUNT), 0);
    handle_close(line);
}

const struct guest_test guest_tests[] = {{"deadlines_end", deadlines_end},
                                         {"taken_and_let_go", taken_and_let_go},
                                         {"line_let_go", line_let_go},
                                         {NULL, NULL}};

const struct guest_test guest_children[] = {{"taker", taker}, {NULL, NULL}};
