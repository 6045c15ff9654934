/*
 * Allocation failure: a child does a fixed list of everything that takes memory, a handle, a thread
 * or places in a ring, under limits that are lowered one by one, so that each thing that can
 * be refused is refused once at each of its places. Nothing but an answer may come of it.
 */
#include "guest.h"
#include "words.h"

const char *const guest_name = "failures";

static void child_idle(void)
{
    enter(0, 1, NEVER - 1);
}

static int64_t thread_try(uint32_t capacity)
{
    static uint8_t stack[PAGE_SIZE] __attribute__((aligned(16)));
    struct thread_start start = {.entry = (uint64_t)child_idle,
                                 .stack = (uint64_t)(stack + sizeof(stack) - 8),
                                 .ring_capacity = capacity};

    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = self,
                                         .buffer = (uint64_t)&start,
                                         .length = sizeof(start),
                                         .arg0 = OBJECT_THREAD});
}

static int64_t copy_try(uint32_t memory)
{
    const struct memory_part part = {.offset = 0, .length = PAGES(4)};

    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = memory,
                                         .buffer = (uint64_t)&part,
                                         .length = sizeof(part),
                                         .arg0 = OBJECT_MEMORY,
                                         .arg1 = MEMORY_COPY});
}

static int64_t block_try(void)
{
    const struct memory_place place = {.alignment = PAGES(2), .highest = UINT64_MAX};

    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = self,
                                         .buffer = (uint64_t)&place,
                                         .length = sizeof(place),
                                         .offset = PAGES(2),
                                         .arg0 = OBJECT_MEMORY,
                                         .arg1 = MEMORY_CONTIGUOUS});
}

static int64_t spawn_try(void)
{
    int64_t process = object_create(processes, OBJECT_PROCESS, "idle", 0, 0), binary;

    if (process <= 0)
        return process;
    if ((binary = object_open(files, "test-failures", 0)) > 0) {
        object_set_bytes((uint32_t)process, PROPERTY_ARGUMENTS, "test-failures\0idle", 19);
        object_share((uint32_t)process, processes, 0, "processes");
        object_set((uint32_t)process, PROPERTY_BINARY, (uint64_t)binary);
        object_set((uint32_t)process, PROPERTY_START, 1);
        handle_close((uint32_t)binary);
    }
    object_remove((uint32_t)process, NULL, 0);
    return process;
}

/* The list; each step is done whatever came of the others, and what it answers is an error or no.
 */
static int64_t everything(void)
{
    int64_t refused = 0;
    static uint64_t words[PAGES(3) / 8];
    int64_t memory = memory_create(PAGES(4)), large = memory_create(PAGES(200));
    int64_t table = object_create(self, OBJECT_TABLE, NULL, 0, 0);
    int64_t port = object_create(self, OBJECT_PORT, NULL, 0, 0);
    int64_t remote = object_create((uint32_t)port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    int64_t event = event_make();
    int64_t made[] = {memory,
                      large,
                      table,
                      port,
                      remote,
                      event,
                      object_create(self, OBJECT_TIMER, NULL, 0, 0),
                      copy_try((uint32_t)memory),
                      block_try(),
                      thread_try(0),
                      thread_try(256),
                      spawn_try(),
                      handle_duplicate(files, 0),
                      object_open(files, "init", 0)};

    object_write((uint32_t)memory, words, 8, PAGES(1));
    object_write((uint32_t)large, words, 8, PAGES(150));
    object_read((uint32_t)large, words, 8, PAGES(20));
    object_share((uint32_t)table, (uint32_t)event, 0, "event");
    if (map((uint32_t)memory, MAP_READ | MAP_WRITE, SOMEWHERE, PAGES(4), 0) > 0) {
        object_write((uint32_t)event, (void *)(SOMEWHERE + PAGES(2)), 8, 0);
        object_unmap(self, SOMEWHERE + PAGES(1), PAGES(1)); /* splits it */
    }
    for (unsigned i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        if (made[i] > 0)
            handle_close((uint32_t)made[i]);
        else
            refused++;
    return refused;
}

static void child_all(void)
{
    uint64_t gate = 0;

    everything(); /* so that its own pages are there */
    event_add(handle_named("ready"), 1);
    object_read(handle_named("go"), &gate, sizeof(gate), 0);
    program_exit(everything());
}

/* Let the child do all of it with `more` of the kind than it holds, and tell how it ended. */
static bool round_run(unsigned kind, uint64_t more, struct process_status *status)
{
    uint32_t ready = (uint32_t)event_make(), go = (uint32_t)event_make();
    const struct program_handle handles[] = {{"ready", ready, 0}, {"go", go, 0}};
    uint32_t child = (uint32_t)child_start("all", handles, 2);
    uint64_t count;
    uint64_t limit;
    bool set;

    object_read(ready, &count, sizeof(count), 0);
    limit = (uint64_t)object_get(child, PROPERTY_FRAMES + kind) + more;
    set = object_set(child, PROPERTY_FRAME_LIMIT + kind, limit) == 0;
    event_add(go, 1);
    process_wait(child, status);
    handle_close(child);
    handle_close(ready);
    handle_close(go);
    return set;
}

/* With nothing more something is refused, with `most` more nothing; and never is anything lost. */
static void each_lowered(unsigned kind, uint64_t most, uint64_t step)
{
    int64_t frames = object_get(processes, PROPERTY_FREE_FRAMES);
    int64_t handles = object_get(self, PROPERTY_HANDLES);
    int64_t threads = object_get(self, PROPERTY_THREADS);
    struct process_status status;

    for (uint64_t more = 0; more <= most; more += step) {
        check(round_run(kind, more, &status));
        /* a page of its own may be what is refused */
        check(status.reason == REASON_EXITED || (kind == 0 && status.reason == REASON_MEMORY));
        check(more > 0 || status.reason == REASON_MEMORY || status.status > 0);
        check(more < most || (status.reason == REASON_EXITED && status.status == 0));
        check_is(object_get(processes, PROPERTY_FREE_FRAMES), frames);
        check_is(object_get(self, PROPERTY_HANDLES), handles);
        check_is(object_get(self, PROPERTY_THREADS), threads);
    }
}

static void frames(void)
{
    each_lowered(0, 120, 1);
}

static void handles(void)
{
    each_lowered(1, 40, 1);
}

static void threads(void)
{
    each_lowered(2, 6, 1);
}

static void requests(void)
{
    each_lowered(3, 384, 16);
}

const struct guest_test guest_tests[] = {
    {"frames", frames},     {"handles", handles}, {"threads", threads},
    {"requests", requests}, {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"all", child_all},
    {"idle", child_idle},
    {NULL, NULL},
};
