/* What happens to a buffer between a request and its answer, and that what a device or a server
 * gave is not lost for want of a place to put it. */
#include "words.h"

const char *const guest_name = "buffers";

#define LONG UINT64_C(5000000000)

enum change { UNMAPPED, READ_ONLY, REPLACED, COPIED, PAGED, LENT, CHANGES };

static uint32_t port, object, memory,
    handle; /* `handle`: what keeps the change, closed at the end */

static struct {
    struct call call;
    char data[64];
} received;

static int64_t receive(void)
{
    return port_receive(port, &received, sizeof(received));
}

static void port_open(void)
{
    port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 7);
}

static bool start(uint16_t op, uint32_t target, uint64_t length, uint64_t user_data)
{
    return ring_push(thread_ring(), (struct request){.op = op,
                                                     .handle = target,
                                                     .buffer = SOMEWHERE + PAGE_SIZE - 8,
                                                     .length = length,
                                                     .user_data = user_data}) &&
           submit_all(0) == 1;
}

/* Two pages, the second of which changes while a request waits with its buffer on both. */
static void buffer_make(enum change change)
{
    memory = memory_numbered(2);
    if (change == LENT)
        handle = (uint32_t)memory_loan(memory, 0, PAGES(2));
    map(change == LENT ? handle : memory, MAP_WRITE, SOMEWHERE, PAGES(2), 0);
    *word_at(SOMEWHERE + PAGE_SIZE) = 2; /* in the tables by now */
}

static void buffer_change(enum change change)
{
    if (change == COPIED)
        handle = (uint32_t)memory_copy(memory, 0, PAGES(2));
    if (change == LENT)
        handle_close(handle);
    if (change == COPIED || change == LENT)
        return;
    unmap(SOMEWHERE + PAGE_SIZE, PAGE_SIZE);
    if (change == READ_ONLY)
        map(memory, MAP_READ, SOMEWHERE + PAGE_SIZE, PAGE_SIZE, PAGE_SIZE);
    if (change == REPLACED || change == PAGED) {
        handle = (uint32_t)(change == PAGED ? memory_create_paged(PAGE_SIZE, object, LONG)
                                            : memory_create(PAGE_SIZE));
        map(handle, MAP_WRITE, SOMEWHERE + PAGE_SIZE, PAGE_SIZE, 0);
    }
}

static void buffer_end(void)
{
    handle_close(memory);
    unmap(SOMEWHERE, PAGES(2));
}

static bool can_be_written(enum change change)
{
    return change == REPLACED || change == COPIED || change == PAGED;
}

/* The pager's part, if there is one. */
static bool page_give(enum change change)
{
    static uint64_t page[PAGE_SIZE / 8];

    return change != PAGED ||
           (receive() == sizeof(struct call) && received.call.length == PAGE_SIZE &&
            port_reply(port, received.call.number, PAGE_SIZE, page, PAGE_SIZE, 0) == 0);
}

/* An event's reader: its count is taken when it has a place, and not before. */
static void events(void)
{
    uint32_t event = (uint32_t)event_make();

    port_open();
    for (enum change change = 0; change < CHANGES; change++) {
        uint64_t count = 5;

        buffer_make(change);
        check(ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                        .handle = event,
                                                        .buffer = SOMEWHERE + PAGE_SIZE - 4,
                                                        .length = 8,
                                                        .user_data = change}));
        submit_all(0);
        buffer_change(change);
        check_is(event_add(event, 5), 8);
        check(page_give(change));
        check_is(result_of(change), can_be_written(change) ? 8 : -E_BUFFER);
        check_is(object_get(event, PROPERTY_COUNT), can_be_written(change) ? 0 : 5);
        if (can_be_written(change))
            check(memcmp((void *)(SOMEWHERE + PAGE_SIZE - 4), &count, 8) == 0);
        else
            check_is(object_read(event, &count, 8, 0), 8);
        if (change == COPIED)
            check_is(word_get(handle, 1), 2);
        buffer_end();
    }
}

/* A client's buffer, at the reply: either all of the answer is there, or the server is told that it
 * is not, and keeps what it had. */
static void replies(void)
{
    uint32_t second = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t served = (uint32_t)object_create(second, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    struct call call;

    port_open();
    for (enum change change = 0; change < CHANGES; change++) {
        buffer_make(change);
        check(start(OP_READ, served, 16, 1));
        check_is(port_receive(second, &call, sizeof(call)), sizeof(call));
        buffer_change(change);
        check(ring_push(thread_ring(), (struct request){.op = OP_REPLY,
                                                        .handle = second,
                                                        .buffer = (uint64_t) "sixteen letters",
                                                        .length = 16,
                                                        .offset = 16,
                                                        .arg0 = call.number,
                                                        .user_data = 2}));
        submit_all(0);
        check(page_give(change));
        check_is(result_of(1), can_be_written(change) ? 16 : -E_BUFFER);
        check_is(result_of(2), can_be_written(change) ? 0 : -E_GONE);
        if (can_be_written(change))
            check(memcmp((void *)(SOMEWHERE + PAGE_SIZE - 8), "sixteen letters", 16) == 0);
        buffer_end();
    }
}

/* A server's buffer, when the call comes: another receive gets the call, whole. */
static void receives(void)
{
    uint32_t second = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t served = (uint32_t)object_create(second, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    static struct {
        struct call call;
        char data[8];
    } spare;

    port_open();
    for (enum change change = 0; change < CHANGES; change++) {
        memset(&spare, 0, sizeof(spare));
        buffer_make(change);
        check(start(OP_RECEIVE, second, sizeof(spare), 1));
        buffer_change(change);
        check(ring_push(thread_ring(), (struct request){.op = OP_RECEIVE,
                                                        .handle = second,
                                                        .buffer = (uint64_t)&spare,
                                                        .length = sizeof(spare),
                                                        .user_data = 2}));
        check(ring_push(thread_ring(), (struct request){.op = OP_WRITE,
                                                        .handle = served,
                                                        .buffer = (uint64_t) "letters",
                                                        .length = 8,
                                                        .user_data = 3}));
        submit_all(0);
        if (change == REPLACED || change == COPIED) { /* the first receive has it */
            check_is(result_of(1), sizeof(spare));
            memcpy(&spare, (void *)(SOMEWHERE + PAGE_SIZE - 8), sizeof(spare));
        } else if (change == PAGED) { /* that one waits for a page, and for another call then */
            check_is(result_of(2), sizeof(spare));
        } else {
            check_is(result_of(1), -E_BUFFER);
            check_is(result_of(2), sizeof(spare));
        }
        check(memcmp(spare.data, "letters", 8) == 0);
        check_is(port_reply(second, spare.call.number, 8, NULL, 0, 0), 0);
        check_is(result_of(3), 8);
        check(page_give(change));
        if (change == REPLACED || change == COPIED || change == PAGED) { /* who waits still */
            check(ring_push(thread_ring(), (struct request){.op = OP_WRITE,
                                                            .handle = served,
                                                            .buffer = (uint64_t) "letters",
                                                            .length = 8,
                                                            .user_data = 4}));
            submit_all(0);
            check_is(result_of(change == PAGED ? 1 : 2), sizeof(spare));
            if (change == PAGED)
                memcpy(&spare, (void *)(SOMEWHERE + PAGE_SIZE - 8), sizeof(spare));
            check_is(port_reply(second, spare.call.number, 8, NULL, 0, 0), 0);
            check_is(result_of(4), 8);
        }
        buffer_end();
    }
}

/* What a client sends, when a server takes it: as it is then, or not at all. */
static void calls(void)
{
    uint32_t second = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t served = (uint32_t)object_create(second, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    static struct {
        struct call call;
        uint64_t data[2];
    } taken;

    port_open();
    for (enum change change = 0; change < CHANGES; change++) {
        bool there = change != UNMAPPED && change != LENT;

        buffer_make(change);
        check(start(OP_WRITE, served, 16, 1));
        buffer_change(change);
        check(ring_push(thread_ring(), (struct request){.op = OP_RECEIVE,
                                                        .handle = second,
                                                        .buffer = (uint64_t)&taken,
                                                        .length = sizeof(taken),
                                                        .user_data = 2}));
        submit_all(0);
        check(page_give(change));
        if (!there) {
            check_is(result_of(1), -E_BUFFER);
            check_is(request_cancel(thread_ring()->submission_tail - 1), 0);
            check_is(result_of(2), -E_CANCELLED);
        } else {
            check_is(result_of(2), sizeof(taken));
            check_is(taken.data[1], change == READ_ONLY || change == COPIED ? 2 : 0);
            check_is(port_reply(second, taken.call.number, 16, NULL, 0, 0), 0);
            check_is(result_of(1), 16);
        }
        buffer_end();
    }
}

/* No page is writable here and executable there, whatever shows it. */
static void aliases(void)
{
    uint32_t plain = memory_numbered(4), loan = (uint32_t)memory_loan(plain, 0, PAGES(4)), view;
    int64_t result;

    port_open();
    view = (uint32_t)memory_view(plain, PAGE_SIZE, PAGES(2), true);
    check_is(map(loan, MAP_WRITE, SOMEWHERE, PAGES(2), 0), SOMEWHERE);
    check_is(map(view, MAP_EXECUTE, 0, PAGES(2), 0), -E_BUSY);
    check_is(map(view, MAP_EXECUTE, ELSEWHERE, PAGE_SIZE, PAGE_SIZE), ELSEWHERE);
    check_is(map(loan, MAP_WRITE, 0, PAGES(4), 0), -E_BUSY);
    check_is(map(plain, MAP_WRITE, 0, PAGE_SIZE, PAGES(2)), -E_BUSY);
    handle_close(loan); /* takes its mapping along, and what that forbade */
    check(map(view, MAP_EXECUTE, 0, PAGE_SIZE, 0) > 0);

    memory = (uint32_t)memory_create_paged(PAGES(2), object, LONG);
    view = (uint32_t)memory_view(memory, 0, PAGE_SIZE, true);
    check_is(map(view, MAP_WRITE, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    check_is(map(memory, MAP_EXECUTE, 0, PAGES(2), 0), -E_BUSY);
    result = map(memory, MAP_EXECUTE, 0, PAGE_SIZE, PAGE_SIZE);
    check(result > 0);
    check_is(map(memory, MAP_WRITE, 0, PAGES(2), 0), -E_BUSY);
    for (uint32_t access = MAP_WRITE | MAP_EXECUTE; access <= 7; access++)
        check_is(map(memory, access, 0, PAGE_SIZE, 0), -E_ARGUMENT);

    /* of a device nothing is executed: two objects may show the same address */
    memory = (uint32_t)object_open(handle_named("device-memory"), "b8000-b8fff", 0);
    check_is(map(memory, MAP_EXECUTE, 0, PAGE_SIZE, 0), -E_DENIED);
    view = (uint32_t)memory_view(memory, 0, PAGE_SIZE, true);
    check_is(map(view, MAP_EXECUTE, 0, PAGE_SIZE, 0), -E_DENIED);
    loan = (uint32_t)memory_loan(memory, 0, PAGE_SIZE);
    check_is(map(loan, MAP_EXECUTE, 0, PAGE_SIZE, 0), -E_DENIED);
    check(map(loan, MAP_WRITE, 0, PAGE_SIZE, 0) > 0);
}

const struct guest_test guest_tests[] = {{"events", events},     {"replies", replies},
                                         {"receives", receives}, {"calls", calls},
                                         {"aliases", aliases},   {NULL, NULL}};

const struct guest_test guest_children[] = {{NULL, NULL}};
