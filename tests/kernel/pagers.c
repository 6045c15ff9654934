/* Memory whose pages a server gives: who waits, what fails, and that others go on. */
#include "words.h"

const char *const guest_name = "pagers";

#define MS      UINT64_C(1000000)
#define TIMEOUT (20 * MS)
#define LONG    (5000 * MS)
#define AT      SOMEWHERE

/* Where the pager's side of a test receives; each page holds its number, counted from 1000. */
static struct {
    struct call call;
    char data[64];
} received;

static uint64_t answer[PAGE_SIZE / 8];
static uint32_t port, object, memory; /* of the running test */

static int64_t paged(uint64_t pages, uint64_t timeout_ns)
{
    return memory_create_paged(PAGES(pages), object, timeout_ns);
}

/* A port, and paged memory of its that is mapped. */
static void pager_open(uint64_t pages, uint64_t timeout_ns)
{
    port = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, PORT_AGAIN);
    object = (uint32_t)object_create(port, OBJECT_REMOTE, NULL, RIGHT_ALL, 7);
    memory = (uint32_t)paged(pages, timeout_ns);
    map(memory, MAP_WRITE, AT, PAGES(pages), 0);
}

static bool receive(void)
{
    memset(&received, 0xee, sizeof(received));
    return port_receive(port, &received, sizeof(received)) == sizeof(struct call);
}

static bool nothing_waits(void)
{
    return request_wait((struct request){.op = OP_RECEIVE,
                                         .handle = port,
                                         .buffer = (uint64_t)&received,
                                         .length = sizeof(received),
                                         .deadline = MS}) == -E_TIMEOUT;
}

static int64_t reply(int64_t result, uint64_t length)
{
    return port_reply(port, received.call.number, result, answer, length, 0);
}

/* Take the call for a page and give the page: all words of it are its number. */
static bool page_give(uint64_t page)
{
    if (!receive() || received.call.op != OP_READ || received.call.offset != PAGES(page) ||
        received.call.length != PAGE_SIZE)
        return false;
    for (size_t i = 0; i < PAGE_SIZE / 8; i++)
        answer[i] = 1000 + page;
    return reply(PAGE_SIZE, PAGE_SIZE) == 0;
}

/* Start a read or write of an object, at an address: it is answered under `user_data`. */
static bool start(uint16_t op, uint32_t handle, uint64_t address, uint64_t length,
                  uint64_t deadline, uint64_t user_data)
{
    return ring_push(thread_ring(), (struct request){.op = op,
                                                     .handle = handle,
                                                     .buffer = address,
                                                     .length = length,
                                                     .deadline = deadline,
                                                     .user_data = user_data}) &&
           submit_all(0) == 1;
}

static bool pending(void)
{
    return ring_ready(thread_ring()) == 0;
}

/* A request waits for the page of its buffer, and takes nothing before; others go on. */
static void requests(void)
{
    uint32_t event = (uint32_t)event_make();

    pager_open(3, LONG);
    check_is(event_add(event, 5), 8);
    check(start(OP_READ, event, AT + 16, 8, 0, 1));
    check(pending());
    check_is(object_get(event, PROPERTY_COUNT), 5); /* which is an answer to another, besides */
    check(page_give(0));
    check_is(received.call.badge, 7);
    check_is(received.call.rights, RIGHT_READ);
    check_is(received.call.process, object_get(self, PROPERTY_NUMBER));
    check_is(result_of(1), 8);
    check_is(object_get(event, PROPERTY_COUNT), 0);
    check_is(word_at(AT)[1], 1000);
    check_is(word_at(AT)[2], 5);
    check_is(word_at(AT)[3], 1000);

    /* from a page: added once, though the request ran twice */
    check(start(OP_WRITE, event, AT + PAGES(1), 8, 0, 2));
    check(pending());
    check(page_give(1));
    check_is(result_of(2), 8);
    check_is(object_get(event, PROPERTY_COUNT), 1001);

    /* one page after another: the event is read into two */
    check(start(OP_READ, event, AT + PAGES(2) - 4, 8, 0, 3));
    check(page_give(2));
    check_is(result_of(3), 8);
    check_is(*(volatile uint32_t *)(AT + PAGES(2) - 4), 1001);
    check(nothing_waits());
}

/* An answer may be short, or come by parts; it brings no handle. */
static void answers(void)
{
    pager_open(2, LONG);
    check(start(OP_READ, memory, (uint64_t)&received.data, 8, 0, 1));
    check(receive());
    answer[0] = 42;
    check_is(port_reply(port, received.call.number, 8, answer, 8, port), -E_ARGUMENT);
    check_is(port_reply(port, received.call.number, 0, answer, PAGE_SIZE + 1, 0), -E_RANGE);
    check_is(reply(PAGE_SIZE + 1, 0), -E_RANGE);
    check_is(reply(8, 8), 0);
    check_is(reply(8, 8), -E_NOT_FOUND);
    check_is(result_of(1), 8);
    check_is(word_at(AT)[0], 42);
    for (size_t i = 1; i < PAGE_SIZE / 8; i++)
        check_is(word_at(AT)[i], 0);
}

static void parts(void)
{
    pager_open(1, LONG);
    check(start(OP_READ, (uint32_t)event_make(), AT, 8, 0, 1)); /* nothing to read yet */
    check(nothing_waits());
    check(start(OP_WRITE, (uint32_t)event_make(), AT + 8, 8, 0, 2));
    check(receive());
    for (uint64_t at = 4000; at + 96 > 96; at -= 800) {
        answer[0] = at;
        check_is(request_wait((struct request){.op = OP_WRITE,
                                               .handle = port,
                                               .buffer = (uint64_t)answer,
                                               .length = 8,
                                               .offset = at,
                                               .arg0 = received.call.number}),
                 8);
    }
    check_is(request_wait((struct request){.op = OP_WRITE,
                                           .handle = port,
                                           .buffer = (uint64_t)answer,
                                           .length = 80,
                                           .offset = PAGE_SIZE - 8,
                                           .arg0 = received.call.number}),
             8);
    check_is(request_wait((struct request){.op = OP_READ,
                                           .handle = port,
                                           .buffer = (uint64_t)answer,
                                           .length = 8,
                                           .arg0 = received.call.number}),
             -E_ARGUMENT);
    check_is(reply(0, 0), 0);
    check_is(result_of(2), 8);
    for (size_t i = 0; i < PAGE_SIZE / 8; i++)
        check_is(word_at(AT)[i], i == 511 ? 800 : i % 100 ? 0 : i * 8);
}

/* A thread touches a word of each page that its argument's bits name. */
static int toucher(void *argument)
{
    uint64_t sum = 0;

    for (uint64_t page = 0; page < 8; page++)
        if ((uint64_t)argument >> page & 1)
            sum += word_at(AT + PAGES(page))[9];
    word_at(AT + PAGES(7))[(uint64_t)argument >> 8] = sum;
    thread_exit(0);
}

static void threads(void)
{
    pager_open(8, LONG);
    check(thread_create(toucher, (void *)0x185, 0) > 0);
    check(page_give(0));
    check(page_give(2));
    check(page_give(7)); /* which it writes to, besides */
    while (word_at(AT + PAGES(7))[1] != 1000 + 1002 + 1007)
        enter(0, 0, 0);

    /* two on one page: both call, the second answer is dropped, both go on */
    check(thread_create(toucher, (void *)0x208, 0) > 0);
    check(thread_create(toucher, (void *)0x308, 0) > 0);
    check(receive());
    check_is(received.call.offset, PAGES(3));
    answer[9] = 4;
    check_is(reply(PAGE_SIZE, PAGE_SIZE), 0);
    check(page_give(3));
    while (word_at(AT + PAGES(7))[2] != 4 || word_at(AT + PAGES(7))[3] != 4)
        enter(0, 0, 0);
    check(nothing_waits());
}

static void child_touches(void)
{
    uint32_t given = handle_named("memory");

    check_is(map(given, MAP_READ, AT, PAGES(1), 0), AT);
    check_is(*word_at(AT), 1000);
}

static int64_t toucher_start(void)
{
    return child_start("touches", (struct program_handle[]){{"memory", memory, 0}}, 1);
}

static bool ended(int64_t process, enum reason reason)
{
    struct process_status status;

    return process > 0 && process_wait((uint32_t)process, &status) == 0 &&
           status.reason == reason && (reason != REASON_PAGER || status.address == AT);
}

/* The pager fails in each way: the process that touched the page ends, and says why. */
static void touch_fails(void)
{
    int64_t process;

    pager_open(1, TIMEOUT);
    process = toucher_start(); /* an error */
    check(receive());
    check_is(reply(-E_RANGE, 0), 0);
    check(ended(process, REASON_PAGER));
    process = toucher_start(); /* no answer, or one that comes too late */
    check(receive());
    check(ended(process, REASON_PAGER));
    check_is(reply(PAGE_SIZE, PAGE_SIZE), -E_NOT_FOUND);
    check(ended(toucher_start(), REASON_PAGER)); /* nobody received it */
    check(nothing_waits());
    process = toucher_start(); /* killed while it waits */
    check(receive());
    check_is(object_remove((uint32_t)process, NULL, 0), 0);
    check_is(reply(PAGE_SIZE, PAGE_SIZE), -E_NOT_FOUND);
    check(ended(process, REASON_KILLED));
    process = toucher_start(); /* the next one has what the others had not */
    check(page_give(0));
    check(ended(process, REASON_EXITED));
    unmap(AT, PAGES(1));
    handle_close(memory);
    memory = (uint32_t)paged(1, TIMEOUT);
    process = toucher_start(); /* the pager goes away */
    check(receive());
    handle_close(port);
    check(ended(process, REASON_PAGER));
    check(ended(toucher_start(), REASON_PAGER)); /* and is away */
}

/* The same for requests. */
static void request_fails(void)
{
    uint32_t event = (uint32_t)event_make();

    pager_open(2, TIMEOUT);
    check_is(event_add(event, 3), 8);
    check(start(OP_READ, event, AT, 8, 0, 1)); /* an error */
    check(receive());
    check_is(reply(-E_RANGE, 0), 0);
    check_is(result_of(1), -E_BUFFER);
    check(start(OP_READ, event, AT, 8, 0, 2)); /* no answer */
    check(receive());
    submit_all(1);
    check_is(result_of(2), -E_BUFFER);
    check_is(reply(PAGE_SIZE, PAGE_SIZE), -E_NOT_FOUND);
    check(start(OP_READ, event, AT, 8, MS, 3)); /* a deadline that is sooner, or later */
    submit_all(1);
    check_is(result_of(3), -E_TIMEOUT);
    check(start(OP_READ, event, AT, 8, 2 * TIMEOUT, 4));
    sleep_until_ns(time_now_ns() + TIMEOUT + MS);
    check(pending());
    submit_all(1);
    check_is(result_of(4), -E_TIMEOUT);
    check(start(OP_READ, event, AT, 8, 0, 5)); /* cancelled */
    check(receive());
    check_is(request_cancel(thread_ring()->submission_tail - 2), 0);
    check_is(result_of(5), -E_CANCELLED);
    check_is(reply(PAGE_SIZE, PAGE_SIZE), -E_NOT_FOUND);
    check(start(OP_READ, memory, (uint64_t)&received.data, 8, 0, 6)); /* of the memory itself */
    check(receive());
    check_is(reply(-E_GONE, 0), 0);
    check_is(result_of(6), -E_BUFFER);
    check(start(OP_READ, event, AT, 8, 0, 7)); /* the mapping goes meanwhile */
    check(receive());
    unmap(AT, PAGES(2));
    check_is(reply(PAGE_SIZE, PAGE_SIZE), 0);
    check_is(result_of(7), -E_BUFFER);
    check_is(map(memory, MAP_READ, AT, PAGES(2), 0), AT); /* for want of the right to write */
    check(start(OP_READ, event, AT + PAGES(1), 8, 0, 8));
    check_is(result_of(8), -E_BUFFER);
    check(start(OP_WRITE, event, AT + PAGES(1), 8, 0, 9)); /* the pager goes away */
    handle_close(port);
    check_is(result_of(9), -E_BUFFER);
    check_is(object_get(event, PROPERTY_COUNT), 3);
}

static void refused(void)
{
    uint32_t poor;

    pager_open(2, LONG);
    check_is(paged(1, 0), -E_RANGE);
    check_is(paged(1, PAGER_TIMEOUT_MAX + 1), -E_RANGE);
    check(paged(1, PAGER_TIMEOUT_MAX) > 0);
    check_is(memory_create_paged(PAGE_SIZE, 0, LONG), -E_HANDLE);
    check_is(memory_create_paged(PAGE_SIZE, self, LONG), -E_TYPE);
    check_is(memory_create_paged(PAGE_SIZE, memory, LONG), -E_TYPE);
    poor = (uint32_t)handle_duplicate(object, RIGHT_WRITE);
    check_is(memory_create_paged(PAGE_SIZE, poor, LONG), -E_DENIED);
    check_is(memory_copy(memory, 0, PAGE_SIZE), -E_STATE);
    poor = (uint32_t)memory_view(memory, PAGES(1), PAGE_SIZE, true);
    check_is(memory_copy(poor, 0, PAGE_SIZE), -E_STATE);
    check_is(object_get(poor, PROPERTY_PHYSICAL), -E_STATE);

    int64_t process = object_create(processes, OBJECT_PROCESS, "paged", 0, 0);

    check_is(object_set((uint32_t)process, PROPERTY_BINARY, memory), -E_STATE);
    check_is(object_set((uint32_t)process, PROPERTY_BINARY, poor), -E_STATE);
    check(start(OP_READ, poor, (uint64_t)&received.data, 8, 0, 1)); /* a view has the same pager */
    check(page_give(1));
    check_is(result_of(1), 8);
}

/* A read or write of the memory itself ends before the first page that is missing; a page that is
 * there but not in the tables needs no pager. */
static void transfers(void)
{
    static uint64_t words[3 * PAGE_SIZE / 8];

    pager_open(600, LONG); /* more than one table of pages */
    for (uint64_t page = 10; page < 12; page++) {
        words[page - 10] = page;
        check(start(OP_READ, memory, (uint64_t)words, 8, 0, 1));
        check(page == 10 ? page_give(0) : pending() == false);
        check_is(result_of(1), 8);
    }
    words[0] = 77;
    check_is(object_write(memory, words, 8, 8), 8);
    check_is(word_at(AT)[1], 77);
    check_is(object_read(memory, words, sizeof(words), 0), PAGE_SIZE);
    check_is(words[1], 77);
    check_is(words[511], 1000);
    check_is(object_write(memory, words, sizeof(words), 4000), 96);
    check(start(OP_READ, memory, AT + PAGES(599), 8, 0, 2)); /* both: into itself */
    check(page_give(599));
    check_is(result_of(2), 8);
    check(nothing_waits());
}

/* A server answers into a page that its client's pager has: the reply waits, and is made once. */
static void replies(void)
{
    uint32_t other = (uint32_t)object_create(self, OBJECT_PORT, NULL, 0, 0);
    uint32_t served = (uint32_t)object_create(other, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    static struct {
        struct call call;
        uint64_t data;
    } taken;
    struct call call;

    pager_open(3, TIMEOUT);
    for (uint64_t round = 0; round < 2; round++) {
        check(start(OP_READ, served, AT + PAGES(round) - 8 * round, 16, 0, 1));
        check_is(port_receive(other, &call, sizeof(call)), sizeof(call));
        check(ring_push(thread_ring(), (struct request){.op = OP_REPLY,
                                                        .handle = other,
                                                        .buffer = (uint64_t) "sixteen letters",
                                                        .length = 16,
                                                        .offset = 16,
                                                        .arg0 = call.number,
                                                        .user_data = 2}));
        submit_all(0);
        check(pending());
        check(receive());
        check_is(reply(round ? -E_GONE : 0, 0), 0);
        check_is(result_of(1), round ? -E_BUFFER : 16);
        check_is(result_of(2), round ? -E_GONE : 0);
    }
    check(memcmp((void *)AT, "sixteen letters", 16) == 0);

    /* what a client sends: the call waits, and the server's receive is not touched */
    check(start(OP_RECEIVE, other, (uint64_t)&taken, sizeof(taken), 0, 3));
    check(start(OP_WRITE, served, AT + PAGES(2), 8, 0, 4));
    check(pending());
    check(page_give(2));
    check_is(result_of(3), sizeof(taken));
    check_is(taken.data, 1002);
    check_is(port_reply(other, taken.call.number, 8, NULL, 0, 0), 0);
    check_is(result_of(4), 8);
}

/* A pager whose own buffers lie in its memory harms itself alone. */
static void own_buffers(void)
{
    pager_open(3, TIMEOUT);
    check(start(OP_RECEIVE, port, AT, sizeof(struct call), 0, 1));
    check(start(OP_RECEIVE, port, AT + PAGES(1), sizeof(struct call), 0, 2));
    check(pending());
    check(start(OP_READ, memory, (uint64_t)&received.data, 8, 0, 3));
    submit_all(2);
    check_is(result_of(3), -E_BUFFER);
    check_is(result_of(1), -E_BUFFER); /* while the other receive has seen no call yet */
    check(start(OP_READ, memory, (uint64_t)&received.data, 8, 0, 4)); /* a reply out of it */
    check_is(result_of(2), -E_BUFFER);
    check(receive());
    check(start(OP_REPLY, port, AT + PAGES(2), 8, 0, 5));
    check_is(result_of(5), -E_NOT_FOUND);
    check(ring_push(thread_ring(), (struct request){.op = OP_REPLY,
                                                    .handle = port,
                                                    .buffer = AT + PAGES(2),
                                                    .length = 8,
                                                    .arg0 = received.call.number,
                                                    .user_data = 6}));
    submit_all(0);
    check(page_give(2));
    check_is(result_of(6), 0);
    check_is(result_of(4), 8);
    check_is(*word_at(AT), 1002);
}

static void child_forgets(void)
{
    port = handle_named("port");
    check(receive());
}

/* The next server of the port gets the call that the first one took along. */
static void server_dies(void)
{
    pager_open(1, LONG);
    check(start(OP_WRITE, (uint32_t)event_make(), AT, 8, 0, 1));
    check_is(child_run("forgets", (struct program_handle[]){{"port", port, 0}}, 1).status, 0);
    check(page_give(0));
    check_is(received.call.flags, CALL_AGAIN);
    check_is(result_of(1), 8);
}

/* As many as the ring takes, answered in any order; one pager keeps nobody from another one's. */
static void many(void)
{
    uint32_t event = (uint32_t)event_make(), capacity = thread_ring()->capacity - 1;
    static uint64_t numbers[64];

    pager_open(64, LONG);
    for (uint64_t i = 0; i < capacity; i++)
        check(start(OP_WRITE, event, AT + PAGES(i), 8, 0, i));
    for (uint64_t i = 0; i < capacity; i++) {
        check(receive());
        check_is(received.call.offset, PAGES(i));
        numbers[i] = received.call.number;
    }
    for (uint64_t i = 0, at = 0; i < capacity; i++) {
        at = (at + 7) % capacity;
        answer[0] = 1;
        check_is(port_reply(port, numbers[at], 8, answer, 8, 0), 0);
        check_is(result_of(at), 8);
    }
    check_is(object_get(event, PROPERTY_COUNT), capacity);
}

/* A process ends with requests of all kinds in flight to the pager. */
static void child_leaves(void)
{
    uint32_t event = (uint32_t)event_make();

    check_is(map(handle_named("memory"), MAP_WRITE, AT, PAGES(8), 0), AT);
    for (uint64_t i = 0; i < 6; i++)
        check(start(i % 2 ? OP_WRITE : OP_READ, event, AT + PAGES(i / 2), 8, 0, i));
    check(event_add(handle_named("there"), 1) == 8);
    check_is(*word_at(AT + PAGES(7)), 1);
}

static void client_dies(void)
{
    uint32_t there = (uint32_t)event_make();
    int64_t process;
    uint64_t word;

    pager_open(8, LONG);
    process = child_start("leaves",
                          (struct program_handle[]){{"memory", memory, 0}, {"there", there, 0}}, 2);
    check_is(object_read(there, &word, 8, 0), 8);
    check(receive());
    check(receive());
    check_is(object_remove((uint32_t)process, NULL, 0), 0);
    check_is(reply(8, 8), -E_NOT_FOUND);
    check(nothing_waits());
}

const struct guest_test guest_tests[] = {
    {"requests", requests},
    {"answers", answers},
    {"parts", parts},
    {"threads", threads},
    {"touch-fails", touch_fails},
    {"request-fails", request_fails},
    {"refused", refused},
    {"transfers", transfers},
    {"replies", replies},
    {"own-buffers", own_buffers},
    {"server-dies", server_dies},
    {"many", many},
    {"client-dies", client_dies},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"touches", child_touches}, {"forgets", child_forgets}, {"leaves", child_leaves}, {NULL, NULL}};
