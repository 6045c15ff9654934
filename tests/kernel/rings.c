/* Rings from a process's side: batches, links, waits, deadlines, cancels, hostile indices. */
#include "guest.h"

#define CAPACITY RING_CAPACITY_MIN
#define MS       UINT64_C(1000000)

const char *const guest_name = "rings";

static uint64_t word; /* where reads of events go */

/* A read of an event: waits until somebody adds to it. */
static bool push_read(uint16_t flags, uint32_t event, uint64_t user_data, uint64_t deadline)
{
    return ring_push(thread_ring(), (struct request){.op = OP_READ,
                                                     .flags = flags,
                                                     .handle = event,
                                                     .user_data = user_data,
                                                     .buffer = (uint64_t)&word,
                                                     .length = sizeof(word),
                                                     .deadline = deadline});
}

static bool push_add(uint16_t flags, uint32_t event, uint64_t user_data)
{
    static const uint64_t one = 1;

    return ring_push(thread_ring(), (struct request){.op = OP_WRITE,
                                                     .flags = flags,
                                                     .handle = event,
                                                     .user_data = user_data,
                                                     .buffer = (uint64_t)&one,
                                                     .length = sizeof(one)});
}

static bool push_cancel(uint32_t index, uint64_t user_data)
{
    return ring_push(thread_ring(),
                     (struct request){.op = OP_CANCEL, .user_data = user_data, .arg0 = index});
}

static void batch(void)
{
    for (uint64_t round = 0; round < 100; round++) {
        for (uint64_t i = 0; i < CAPACITY; i++)
            check(push(OP_NOP, 0, 0, round * CAPACITY + i));
        check(!push(OP_NOP, 0, 0, 0));
        check_is(submit_all(CAPACITY), CAPACITY);
        for (uint64_t i = 0; i < CAPACITY; i++)
            check_is(result_of(round * CAPACITY + i), 0);
        check_is(ring_ready(thread_ring()), 0);
    }
}

static void counts(void)
{
    check(push(OP_NOP, 0, 0, 1) && push(OP_NOP, 0, 0, 2) && push(OP_NOP, 0, 0, 3));
    check_is(enter(2, 0, NEVER), 2);
    check_is(ring_pending(thread_ring()), 1);
    check_is(ring_ready(thread_ring()), 2);
    check_is(enter(UINT64_MAX, 3, NEVER), 1); /* only as many as there are */
    check_is(enter(5, 0, NEVER), 0);
    for (uint64_t i = 1; i <= 3; i++)
        check_is(result_of(i), 0);
    check_is(enter(0, 0, 0), 0);
    check_is(enter(0, UINT64_MAX, NEVER), 0); /* nothing in flight: no wait */
}

static void malformed(void)
{
    check(push(OP_COUNT, 0, 0, 1) && push(UINT16_MAX, 0, 0, 2) && push(OP_NOP, 8, 0, 3) &&
          push(OP_NOP, 0xfff8, 0, 4) && push(OP_NOP, 0, 0, 5));
    check_is(submit_all(5), 5);
    for (uint64_t i = 1; i <= 4; i++)
        check_is(result_of(i), -E_ARGUMENT);
    check_is(result_of(5), 0);
}

static void links(void)
{
    uint32_t closed = (uint32_t)event_make();

    handle_close(closed);
    check(push(OP_CLOSE, REQUEST_LINK, closed, 1) && push(OP_NOP, REQUEST_LINK, 0, 2) &&
          push(OP_NOP, REQUEST_LINK | REQUEST_ALWAYS, 0, 3) && push(OP_NOP, 0, 0, 4) &&
          push(OP_NOP, 0, 0, 5));
    check_is(submit_all(5), 5);
    check_is(result_of(1), -E_HANDLE);
    check_is(result_of(2), -E_LINK);
    check_is(result_of(3), 0);
    check_is(result_of(4), 0);
    check_is(result_of(5), 0);
}

/* The last one submitted ends the chain, whatever its flag. */
static void link_open_end(void)
{
    check(push(OP_NOP, REQUEST_LINK, 0, 1) && push(OP_NOP, REQUEST_LINK, 0, 2));
    check_is(submit_all(2), 2);
    check_is(result_of(1), 0);
    check_is(result_of(2), 0);
    check(push(OP_NOP, 0, 0, 3));
    check_is(submit_all(1), 1);
    check_is(result_of(3), 0);
}

/* A link waits for what is in flight; what is not linked does not. */
static void link_waits(void)
{
    uint32_t event = (uint32_t)event_make();

    check(push_read(REQUEST_LINK, event, 1, 0) && push(OP_NOP, 0, 0, 2) && push(OP_NOP, 0, 0, 3));
    check_is(submit_all(1), 3);
    check_is(result_of(3), 0);
    check_is(ring_ready(thread_ring()), 0);
    check_is(event_add(event, 5), 8);
    check_is(result_of(1), 8);
    check_is(word, 5);
    check_is(result_of(2), 0);
    handle_close(event);
}

/* create, write, read, close in one entry leaks nothing, also if something fails in between. */
static void chain_register(void)
{
    uint64_t handles = (uint64_t)object_get(self, PROPERTY_HANDLES);

    for (uint64_t fails = 0; fails < 2; fails++) {
        check(ring_push(thread_ring(), (struct request){.op = OP_CREATE,
                                                        .flags = REQUEST_LINK,
                                                        .handle = self,
                                                        .user_data = 1,
                                                        .arg0 = OBJECT_EVENT}));
        check(push_add(REQUEST_LINK | REQUEST_USE_CHAIN, 0, 2));
        check(push(fails ? OP_REMOVE : OP_NOP, REQUEST_LINK | REQUEST_USE_CHAIN, 0, 3));
        check(push_read(REQUEST_LINK | REQUEST_USE_CHAIN, 0, 4, 0));
        check(push(OP_CLOSE, REQUEST_USE_CHAIN | REQUEST_ALWAYS, 0, 5));
        check_is(submit_all(5), 5);
        check(result_of(1) > 0);
        check_is(result_of(2), 8);
        check_is(result_of(3), fails ? -E_DENIED : 0);
        check_is(result_of(4), fails ? -E_LINK : 8);
        check_is(result_of(5), 0);
        check_is(object_get(self, PROPERTY_HANDLES), handles);
    }
}

/* Nothing was opened: the chain has no handle. The next chain does not see this one's. */
static void chain_empty(void)
{
    uint32_t event = (uint32_t)event_make();

    check(push(OP_NOP, REQUEST_LINK, 0, 1) &&
          push(OP_CLOSE, REQUEST_USE_CHAIN | REQUEST_LINK, self, 2) &&
          ring_push(thread_ring(), (struct request){.op = OP_DUPLICATE,
                                                    .flags = REQUEST_LINK | REQUEST_ALWAYS,
                                                    .handle = event,
                                                    .user_data = 3}) &&
          push(OP_CLOSE, REQUEST_USE_CHAIN, 0, 4) && push(OP_NOP, REQUEST_LINK, 0, 5) &&
          push(OP_CLOSE, REQUEST_USE_CHAIN, 0, 6));
    check_is(submit_all(6), 6);
    check_is(result_of(1), 0);
    check_is(result_of(2), -E_HANDLE);
    check(result_of(3) > 0);
    check_is(result_of(4), 0);
    check_is(result_of(5), 0);
    check_is(result_of(6), -E_HANDLE);
    handle_close(event);
}

/* The first request of a chain has nothing before it whose handle it could use. */
static void chain_first(void)
{
    uint32_t event = (uint32_t)event_make();

    check(push(OP_CLOSE, REQUEST_USE_CHAIN, event, 1) &&
          push(OP_CLOSE, REQUEST_USE_CHAIN | REQUEST_LINK, event, 2) && push(OP_NOP, 0, 0, 3) &&
          push(OP_NOP, REQUEST_USE_CHAIN, 0, 4));
    check_is(submit_all(4), 4);
    check_is(result_of(1), -E_ARGUMENT);
    check_is(result_of(2), -E_ARGUMENT);
    check_is(result_of(3), -E_LINK);
    check_is(result_of(4), -E_ARGUMENT);
    check_is(object_get(event, PROPERTY_TYPE), OBJECT_EVENT);
    handle_close(event);
}

/* A chain is accepted whole or not at all. */
static void chain_room(void)
{
    uint32_t event = (uint32_t)event_make();
    struct ring *ring = thread_ring();

    for (uint64_t i = 0; i < CAPACITY - 1; i++)
        check(push_read(0, event, i, 0));
    check_is(submit_all(0), CAPACITY - 1);
    for (uint64_t i = 0; i < 2; i++) /* past the library, which would refuse */
        ring_requests(ring)[(ring->submission_tail + i) % CAPACITY] =
            (struct request){.op = OP_NOP, .flags = i ? 0 : REQUEST_LINK, .user_data = 100 + i};
    ring->submission_tail += 2;
    check_is(enter(2, 0, NEVER), 0);
    check_is(ring_pending(ring), 2);
    check_is(enter(0, 0, 0), 0);
    check_is(ring_ready(ring), 0);
    ring->submission_tail -= 2;
    check(push_add(0, event, 99)); /* one fits; two go, then the chain fits, too */
    check_is(submit_all(2), 1);
    check_is(result_of(0), 8);
    check_is(result_of(99), 8);
    check(push(OP_NOP, REQUEST_LINK, 0, 100) && push(OP_NOP, 0, 0, 101));
    check_is(submit_all(2), 2);
    check_is(result_of(100), 0);
    check_is(result_of(101), 0);
    handle_close(event);
}

static void deadlines(void)
{
    uint32_t event = (uint32_t)event_make();
    uint64_t start = time_now_ns(), end;

    check(push_read(0, event, 1, 5 * MS) && push_read(0, event, 2, 1 * MS) &&
          push_read(0, event, 3, 3 * MS) && push_read(0, event, 4, 100000 * MS));
    check_is(submit_all(3), 4);
    end = time_now_ns();
    check(end - start >= 5 * MS && end - start < 60 * MS);
    check_is(result_of(2), -E_TIMEOUT);
    check_is(result_of(3), -E_TIMEOUT);
    check_is(result_of(1), -E_TIMEOUT);
    check_is(event_add(event, 1), 8);
    check_is(result_of(4), 8);
    check_is(word, 1);
    handle_close(event);
}

/* Deadlines count from acceptance, for what waits in a chain as well. */
static void deadline_in_chain(void)
{
    uint32_t event = (uint32_t)event_make();

    check(push_read(REQUEST_LINK, event, 1, 4 * MS) && push_read(REQUEST_LINK, event, 2, 1 * MS) &&
          push_read(REQUEST_ALWAYS, event, 3, 1 * MS));
    check_is(submit_all(3), 3);
    check_is(result_of(1), -E_TIMEOUT);
    check_is(result_of(2), -E_LINK);
    check_is(result_of(3), -E_TIMEOUT);
    check(push_read(0, event, 4, UINT64_MAX) && push(OP_NOP, 0, 0, 5));
    check_is(submit_all(1), 2);
    check_is(result_of(5), 0);
    check_is(event_add(event, 1), 8);
    check_is(result_of(4), 8);
    handle_close(event);
}

static void cancels(void)
{
    uint32_t event = (uint32_t)event_make(), index = thread_ring()->submission_tail;

    check(push_read(0, event, 1, 0) && push_read(0, event, 2, 1000 * MS));
    check_is(submit_all(0), 2);
    check(push_cancel(index, 3) && push_cancel(index + 1, 4));
    check_is(submit_all(4), 2);
    check_is(result_of(1), -E_CANCELLED);
    check_is(result_of(3), 0);
    check_is(result_of(2), -E_CANCELLED);
    check_is(result_of(4), 0);
    check(push_cancel(index, 5) && push_cancel(index + 5, 6) && push_cancel(index + 100, 7));
    check_is(submit_all(3), 3);
    check_is(result_of(5), -E_LATE);      /* over already */
    check_is(result_of(6), -E_LATE);      /* this one itself */
    check_is(result_of(7), -E_NOT_FOUND); /* never was */
    check_is(event_add(event, 1), 8);     /* nobody takes it */
    check_is(object_get(event, PROPERTY_COUNT), 1);
    handle_close(event);
}

/* Each request of a chain cancelled in turn, while the first waits. */
static void cancel_in_chain(void)
{
    uint32_t event = (uint32_t)event_make();

    for (uint32_t which = 0; which < 3; which++) {
        uint32_t index = thread_ring()->submission_tail;

        check(push_read(REQUEST_LINK, event, 1, 0) && push(OP_NOP, REQUEST_LINK, 0, 2) &&
              push(OP_NOP, REQUEST_ALWAYS, 0, 3));
        check_is(submit_all(0), 3);
        check_is(request_cancel(index + which), 0);
        check_is(event_add(event, 1), 8);
        check_is(result_of(1), which == 0 ? -E_CANCELLED : 8);
        check_is(result_of(2), which == 0 ? -E_LINK : which == 1 ? -E_CANCELLED : 0);
        check_is(result_of(3), which == 2 ? -E_CANCELLED : 0);
        check_is(enter(0, 1, NEVER), 0);
        check_is(ring_ready(thread_ring()), 0);
        if (which == 0) {
            check(push_read(0, event, 4, 0));
            check_is(submit_all(1), 1);
            check_is(result_of(4), 8);
        }
    }
    handle_close(event);
}

static void waits(void)
{
    uint32_t event = (uint32_t)event_make();
    uint64_t start = time_now_ns(), end;

    check_is(enter(0, 1, start + 3 * MS), 0); /* sleeps, nothing in flight */
    end = time_now_ns();
    check(end - start >= 3 * MS && end - start < 60 * MS);
    check_is(enter(0, 1, start), 0); /* past already */
    check(push_read(0, event, 1, 0));
    start = time_now_ns();
    check_is(enter(1, 5, start + 2 * MS), 1); /* more than can come: until then */
    check(time_now_ns() - start >= 2 * MS);
    check(push_add(0, event, 2));
    check_is(enter(1, 5, NEVER), 1); /* two come, no more can */
    check_is(ring_ready(thread_ring()), 2);
    check_is(result_of(1), 8);
    check_is(result_of(2), 8);
    handle_close(event);
}

/* What is not reaped stays, and no more is accepted than can be answered. */
static void unreaped(void)
{
    struct ring *ring = thread_ring();

    for (uint64_t i = 0; i < 3 * CAPACITY; i++) {
        ring_requests(ring)[ring->submission_tail % CAPACITY] =
            (struct request){.op = OP_NOP, .user_data = i};
        ring->submission_tail++;
        check_is(enter(1, 0, NEVER), i < 2 * CAPACITY);
        if (i >= 2 * CAPACITY)
            ring->submission_tail--;
    }
    check_is(ring_ready(ring), 2 * CAPACITY);
    for (uint64_t i = 0; i < 2 * CAPACITY; i++)
        check_is(result_of(i), 0);
    check(push(OP_NOP, 0, 0, 7));
    check_is(submit_all(1), 1);
    check_is(result_of(7), 0);
}

/* Indices that mean nothing harm nobody, and the ring goes on when they are right again. */
static void hostile_indices(void)
{
    struct ring *ring = thread_ring();
    uint32_t tail = ring->submission_tail, head = ring->completion_head;

    for (unsigned i = 0; i < 1000; i++) {
        uint32_t wrong = (uint32_t)random_next();

        ring->submission_tail = tail + CAPACITY + 1 + wrong % 100000;
        check_is(enter(1, 0, 0), 0);
        ring->submission_tail = tail - 1 - wrong % 100000;
        check_is(enter(UINT64_MAX, 0, 0), 0);
        ring->submission_tail = tail;
        ring->completion_head = head + 1 + wrong % 100000; /* reaped what was not there */
        check_is(enter(1, 1, NEVER), 0);
        ring->completion_head = head;
        ring->submission_head = ring->completion_tail = wrong; /* the kernel's own */
        ring->capacity = wrong;
        check_is(enter(0, 0, 0), 0);
        ring->capacity = CAPACITY;
        ring->submission_head = tail;
        ring->completion_tail = head;
    }
    check(push(OP_NOP, 0, 0, 1));
    check_is(submit_all(1), 1);
    check_is(result_of(1), 0);
}

/* Requests are copied when they are accepted. */
static void copied_once(void)
{
    uint32_t event = (uint32_t)event_make();
    struct ring *ring = thread_ring();

    check(push_read(0, event, 1, 0));
    check_is(submit_all(0), 1);
    memset(ring_requests(ring), 0xff, CAPACITY * sizeof(struct request));
    check_is(event_add(event, 3), 8);
    check_is(result_of(1), 8);
    check_is(word, 3);
    handle_close(event);
}

static void unmovable(void)
{
    uint64_t ring = (uint64_t)thread_ring() & ~(PAGE_SIZE - 1);
    int64_t memory = memory_create(PAGE_SIZE);

    check_is(object_unmap(self, ring, PAGE_SIZE), -E_DENIED);
    check_is(object_unmap(self, ring - PAGE_SIZE, 3 * PAGE_SIZE), -E_DENIED);
    check_is(object_unmap(self, USER_BASE, USER_TOP - USER_BASE), -E_DENIED);
    check_is(object_map(self, (uint32_t)memory, MAP_READ, ring, PAGE_SIZE, 0), -E_EXISTS);
    handle_close((uint32_t)memory);
}

/* Exit in mid-batch: what comes after it is not accepted. */
static void child_exit(void)
{
    uint32_t event = handle_named("event");

    check(push_add(0, event, 1) &&
          ring_push(thread_ring(), (struct request){.op = OP_REMOVE, .handle = self, .arg0 = 42}) &&
          push_add(0, event, 3));
    submit_all(3);
}

static void exit_in_batch(void)
{
    uint32_t event = (uint32_t)event_make();
    struct process_status status =
        child_run("exit", &(struct program_handle){"event", event, 0}, 1);

    check_is(status.reason, REASON_EXITED);
    check_is(status.status, 42);
    check_is(object_get(event, PROPERTY_COUNT), 1);
    handle_close(event);
}

/* Whatever happens to them, all that were accepted are answered, each once. */
static void each_once(void)
{
    static uint8_t open[65536]; /* by user_data: accepted and not answered */
    uint32_t event = (uint32_t)event_make(), first = thread_ring()->submission_tail;
    uint64_t tag = 0, answered = 0;
    struct completion completion;

    while (tag < sizeof(open)) {
        /* one place is left, for what lets the reads go on */
        for (uint64_t n = random_next() % 8; n && tag < sizeof(open); n--) {
            uint64_t kind = random_next() % 8, deadline = kind == 0 ? 1 + random_next() % MS : 0;
            uint16_t flags = random_next() % 4 == 0 ? REQUEST_LINK : 0;
            bool pushed = kind < 3   ? push_read(flags, event, tag, deadline)
                          : kind < 6 ? push_add(flags, event, tag)
                          : kind < 7
                              ? push_cancel(first + (uint32_t)(tag - random_next() % 40), tag)
                              : push(OP_NOP, flags | REQUEST_ALWAYS, 0, tag);

            if (!pushed)
                break;
            open[tag++] = 1;
            if (ring_room(thread_ring()) < 2)
                break;
        }
        enter(ring_pending(thread_ring()), 0, NEVER);
        if (ring_room(thread_ring()) < 2)
            event_add(event, 1);
        while (ring_pop(thread_ring(), &completion)) {
            check(completion.user_data < tag && open[completion.user_data]);
            open[completion.user_data] = 0;
            answered++;
        }
    }
    while (answered < tag) {
        check(push_add(0, event, UINT64_MAX));
        submit_all(1);
        while (ring_pop(thread_ring(), &completion)) {
            if (completion.user_data == UINT64_MAX)
                continue;
            check(completion.user_data < tag && open[completion.user_data]);
            open[completion.user_data] = 0;
            answered++;
        }
    }
    check_is(enter(0, 1, NEVER), 0);
    handle_close(event);
}

static int large_batch(void *argument)
{
    struct ring *ring = thread_ring();
    struct completion completion;

    for (uint64_t round = 0; round < 3; round++) {
        uint64_t count = 0;

        while (push(OP_NOP, 0, 0, count))
            count++;
        if (count != ring->capacity || submit_all(count) != count)
            return 0;
        for (uint64_t i = 0; i < count; i++)
            if (!ring_pop(ring, &completion) || completion.user_data != i)
                return 0;
    }
    return (int)event_add(*(uint32_t *)argument, 1);
}

static void capacities(void)
{
    static const uint32_t good[] = {0, 32, 64, 1024, RING_CAPACITY_MAX};
    static const uint32_t bad[] = {1,          16,      31, 33, 1000, 2 * RING_CAPACITY_MAX,
                                   UINT32_MAX, 1u << 31};
    uint32_t event = (uint32_t)event_make();

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t thread = thread_create(large_batch, &event, good[i]);

        check(thread > 0);
        check_is(object_read(event, &word, sizeof(word), 0), 8);
        handle_close((uint32_t)thread);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_is(thread_create(large_batch, &event, bad[i]), -E_ARGUMENT);
    handle_close(event);
}

const struct guest_test guest_tests[] = {
    {"batch", batch},
    {"counts", counts},
    {"malformed", malformed},
    {"links", links},
    {"link-open-end", link_open_end},
    {"link-waits", link_waits},
    {"chain-register", chain_register},
    {"chain-empty", chain_empty},
    {"chain-first", chain_first},
    {"chain-room", chain_room},
    {"deadlines", deadlines},
    {"deadline-in-chain", deadline_in_chain},
    {"cancels", cancels},
    {"cancel-in-chain", cancel_in_chain},
    {"waits", waits},
    {"unreaped", unreaped},
    {"hostile-indices", hostile_indices},
    {"copied-once", copied_once},
    {"unmovable", unmovable},
    {"exit-in-batch", exit_in_batch},
    {"each-once", each_once},
    {"capacities", capacities},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{"exit", child_exit}, {NULL, NULL}};
