/* A process that fuzzes: what its threads have, do, and give back. */
#include "fuzz.h"

#define BATCH_MAX   24u
#define DRAIN_TURNS 200u
#define CHILD_IN    256u /* one batch in so many starts a process */
#define CHILD_QUOTA 200

static struct fuzz fuzzes[THREADS_MAX];
static uint32_t thread_count, done_event, arena_memory;
static volatile bool rewriter_stop;

/* Give the thread a handle of its own on something; nothing if it was not given. */
static void pool_start(struct fuzz *fuzz, uint32_t handle, uint32_t rights, uint32_t type)
{
    int64_t copy = handle ? handle_duplicate(handle, rights) : 0;

    if (copy > 0)
        fuzz->pool[fuzz->pool_count++] = (struct pooled){.handle = (uint32_t)copy,
                                                         .rights = rights,
                                                         .type = (uint8_t)type,
                                                         .known = fuzz->kind == CAREFUL,
                                                         .kept = true};
}

/* A CAREFUL thread cannot end its process or thread, or change where its FS points. */
static void pool_fill(struct fuzz *fuzz)
{
    const uint32_t safe = RIGHT_READ | RIGHT_CREATE | RIGHT_GET | RIGHT_MAP | RIGHT_DUPLICATE;
    const uint32_t all = RIGHT_READ | RIGHT_CREATE | RIGHT_GET | RIGHT_MAP | RIGHT_DUPLICATE |
                         RIGHT_REMOVE | RIGHT_SET | RIGHT_SHARE;
    static const char *const remotes[] = {"remote1", "remote2", "remote3", "remote4"};

    pool_start(fuzz, self, fuzz->kind == WILD ? all : safe, OBJECT_PROCESS);
    fuzz->own = fuzz->pool[0].handle;
    pool_start(fuzz, thread_self()->handle,
               fuzz->kind == WILD ? RIGHT_GET | RIGHT_SET | RIGHT_REMOVE | RIGHT_DUPLICATE
                                  : RIGHT_GET | RIGHT_DUPLICATE,
               OBJECT_THREAD);
    pool_start(fuzz, handle_named("processes"),
               RIGHT_READ | RIGHT_CREATE | RIGHT_GET | RIGHT_DUPLICATE, OBJECT_PROCESSES);
    pool_start(fuzz, handle_named("files"), RIGHT_READ | RIGHT_OPEN | RIGHT_GET | RIGHT_DUPLICATE,
               OBJECT_FILES);
    pool_start(fuzz, handle_named("interrupts"), RIGHT_READ | RIGHT_OPEN | RIGHT_GET,
               OBJECT_INTERRUPTS);
    pool_start(fuzz, arena_memory,
               RIGHT_READ | RIGHT_WRITE | RIGHT_CREATE | RIGHT_GET | RIGHT_MAP | RIGHT_DUPLICATE |
                   RIGHT_TRANSFER,
               OBJECT_MEMORY);
    for (unsigned i = 0; i < 4; i++)
        pool_start(fuzz, handle_named(remotes[i]),
                   RIGHT_ALL & ~(i == 3 ? RIGHT_READ | RIGHT_TRANSFER : 0u), OBJECT_REMOTE);
}

/* A process that does what WILD ones do, and is known by its handle. */
static void child_start(struct fuzz *fuzz)
{
    char seed[24], quota[24];
    const char *arguments[] = {"fuzz", "wild", seed, quota};
    uint32_t processes = handle_named("processes");
    int64_t binary = object_open(handle_named("files"), "fuzz", RIGHT_READ), board_copy, process;

    if (binary < 0)
        return;
    format_text(seed, sizeof(seed), "%lu", random_next(fuzz) >> 1);
    format_text(quota, sizeof(quota), "%u", CHILD_QUOTA);
    board_copy = object_create(self, OBJECT_MEMORY, NULL, PAGE_SIZE, 0);
    process =
        board_copy < 0
            ? board_copy
            : program_start_with(&(struct program_start){
                  .name = "fuzz-child",
                  .processes = processes,
                  .binary = (uint32_t)binary,
                  .arguments = arguments,
                  .argument_count = 4,
                  .handles = (struct program_handle[]){{"board", (uint32_t)board_copy, 0},
                                                       {"remote1", handle_named("remote1"), 0}},
                  .handle_count = 2});
    handle_close((uint32_t)binary);
    if (board_copy > 0)
        handle_close((uint32_t)board_copy);
    if (process > 0)
        pool_add(fuzz, (struct pooled){.handle = (uint32_t)process,
                                       .rights = RIGHT_ALL,
                                       .type = OBJECT_PROCESS,
                                       .known = fuzz->kind == CAREFUL});
}

/* Hand over what was pushed, or more, or less, and wait for some answers at times. */
static void submit(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 32, pending = ring_pending(fuzz->ring), accepted;
    uint64_t count = (bits & 7) == 0    ? (bits >> 8) % (pending + 1)
                     : (bits & 31) == 1 ? UINT64_MAX - (bits >> 8 & 15)
                                        : pending;
    uint64_t wait = bits >> 5 & 1 ? 0 : bits >> 6 & 3;

    if ((bits >> 10 & 127) == 0)
        wait = UINT64_MAX;
    accepted = enter(count, wait, wait ? time_now_ns() + (bits >> 16 & 0x3fff) : 0);
    if (fuzz->kind != WILD && (accepted > count || accepted > pending))
        finding("enter took %llu requests of %llu, %llu asked for", (unsigned long long)accepted,
                (unsigned long long)pending, (unsigned long long)count);
    fuzz->accepted += accepted;
    __atomic_fetch_add(&board->accepted, accepted, __ATOMIC_RELAXED);
}

static void fuzz_loop(struct fuzz *fuzz)
{
    while (fuzz->accepted < fuzz->quota) {
        uint32_t left = 1 + random_below(fuzz, BATCH_MAX);

        while (left > 0 && request_make(fuzz))
            left--;
        submit(fuzz);
        answers_take(fuzz);
        if (fuzz->kind == CAREFUL && fuzz->pool_count < POOL_SIZE - 2 &&
            random_below(fuzz, CHILD_IN) == 0)
            child_start(fuzz);
    }
}

static void flush(struct fuzz *fuzz)
{
    enter(ring_pending(fuzz->ring), 1, time_now_ns() + 20000);
    answers_take(fuzz);
}

static uint32_t outstanding(const struct fuzz *fuzz)
{
    return 2 * RING_MAX - fuzz->free_count;
}

/* Cancel all that waits: each request is answered then. */
static void requests_end(struct fuzz *fuzz)
{
    for (unsigned turn = 0; outstanding(fuzz) > 0; turn++) {
        uint32_t count = outstanding(fuzz);

        if (turn == DRAIN_TURNS)
            finding("%u requests are not answered, though cancelled; %u are not accepted", count,
                    ring_pending(fuzz->ring));
        for (uint32_t i = 0; i < 2 * RING_MAX; i++) {
            const struct tag *tag = &fuzz->tags[i];

            if ((tag->generation & 1) && tag->op != OP_CANCEL)
                request_push(fuzz, (struct request){.op = OP_CANCEL, .arg0 = tag->submission});
        }
        flush(fuzz);
    }
}

static void handles_end(struct fuzz *fuzz)
{
    while (fuzz->pool_count > 0) {
        const struct pooled *pooled = &fuzz->pool[--fuzz->pool_count];

        if (pooled->type == OBJECT_PROCESS && !pooled->kept)
            object_remove(pooled->handle, NULL, 0);
        handle_close(pooled->handle);
    }
    while (fuzz->closing_count > 0)
        handle_close(fuzz->closing[--fuzz->closing_count]);
}

static void fuzz_start(struct fuzz *fuzz)
{
    fuzz->ring = thread_ring();
    for (uint16_t i = 2 * RING_MAX; i > 0; i--) /* low ones are taken first */
        fuzz->free_tags[fuzz->free_count++] = i - 1;
    pool_fill(fuzz);
}

static int thread_main(void *argument)
{
    struct fuzz *fuzz = argument;
    uint64_t one = 1;

    fuzz_start(fuzz);
    fuzz_loop(fuzz);
    if (fuzz->kind == CAREFUL) {
        requests_end(fuzz);
        handles_end(fuzz);
    }
    object_write(done_event, &one, sizeof(one), 0);
    enter(0, 1, NEVER - 1); /* the first thread ends this one */
    return 0;
}

/* Writes words of requests over each other while the kernel may be reading them; the tags stay, so
 * that answers can still be told apart. And bytes of the buffers. */
static int rewriter_main(void *argument)
{
    struct fuzz *fuzz = argument;
    uint64_t count = 0;

    while (!rewriter_stop) {
        struct fuzz *other = &fuzzes[random_below(fuzz, thread_count)];
        struct ring *ring = other->ring;
        uint64_t bits = random_next(fuzz) >> 16;
        volatile uint64_t *to, *from;

        if (!ring)
            continue;
        to = (uint64_t *)&ring_requests(
            ring)[(ring->submission_tail - (bits & 15)) & (ring->capacity - 1)];
        from = (uint64_t *)&ring_requests(ring)[(bits >> 8) & (ring->capacity - 1)];
        bits >>= 20;
        if ((bits & 7) != 1)
            to[bits & 7] = from[bits & 7];
        *(volatile uint64_t *)(ARENA + (bits & (ARENA_SIZE - 8))) = bits;
        if (++count % 64 == 0) {
            __atomic_fetch_add(&board->rewritten, 64, __ATOMIC_RELAXED);
            enter(0, 0, 0);
        }
    }
    return 0;
}

static void arena_map(void)
{
    int64_t page = memory_create(PAGE_SIZE), memory = memory_create(ARENA_SIZE);

    if (page < 0 || memory < 0 ||
        object_map(self, (uint32_t)memory, MAP_WRITE, ARENA, ARENA_SIZE, 0) < 0 ||
        object_map(self, (uint32_t)page, MAP_READ, READ_ONLY, PAGE_SIZE, 0) < 0)
        finding("no arena: %lld, %lld", (long long)page, (long long)memory);
    handle_close((uint32_t)page);
    arena_memory = (uint32_t)memory;
}

/* How many threads have ended their work, as each says by an event. */
static void threads_wait(uint32_t count)
{
    for (uint64_t ended = 0, more; ended < count; ended += more)
        if (object_read(done_event, &more, sizeof(more), 0) < 0)
            finding("the threads' event cannot be read");
}

static void threads_run(enum kind kind, uint64_t seed, uint64_t quota)
{
    uint32_t handles[THREADS_MAX], helpers;
    int64_t thread;

    for (uint32_t i = 0; i < thread_count; i++)
        fuzzes[i] = (struct fuzz){
            .kind = kind, .number = i, .random = seed_derive(seed, i), .quota = quota};
    for (helpers = 0; helpers + 1 < thread_count; helpers++) {
        thread = thread_create(thread_main, &fuzzes[helpers + 1],
                               RING_CAPACITY_MIN << (seed >> (8 + helpers * 4)) % 5);
        if (thread < 0)
            finding("no thread: %lld", (long long)thread);
        handles[helpers] = (uint32_t)thread;
    }
    if (kind == RACY) {
        fuzzes[THREADS_MAX - 1].random = seed_derive(seed, THREADS_MAX);
        thread_create(rewriter_main, &fuzzes[THREADS_MAX - 1], 0);
    }
    fuzz_start(&fuzzes[0]);
    fuzz_loop(&fuzzes[0]);
    if (kind != CAREFUL)
        return;
    requests_end(&fuzzes[0]);
    handles_end(&fuzzes[0]);
    threads_wait(helpers);
    while (helpers > 0) {
        object_remove(handles[--helpers], NULL, 0);
        handle_close(handles[helpers]);
    }
}

void worker_run(enum kind kind, uint64_t seed, uint64_t quota)
{
    uint64_t count;
    int64_t before, after, unclear = 0;

    requests_init();
    arena_map();
    done_event = (uint32_t)object_create(self, OBJECT_EVENT, NULL, 0, 0);
    count = kind == WILD ? 1 + (seed & 1) : 1 + seed % (THREADS_MAX - 1);
    thread_count = (uint32_t)count;
    before = object_get(self, PROPERTY_HANDLES);
    threads_run(kind, seed, quota / count);
    after = object_get(self, PROPERTY_HANDLES);
    for (uint32_t i = 0; i < thread_count; i++)
        unclear += fuzzes[i].unclear;
    if (kind == CAREFUL && (after < before || after > before + unclear))
        finding("%lld handles were open before, %lld after", (long long)before, (long long)after);
}
