/* What the system call, the ring and a switch of threads cost. */
#include "programs/bench/bench.h"

static void null_enter(void)
{
    struct figure figure = {0};

    if (!item_wanted("null-enter"))
        return;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read();

        enter(0, 0, 0);
        figure_add(&figure, tick_read() - start, 1, 0);
    }
    figure_print(&figure, "null-enter");
}

/* Returns 0 if all went well, as a program would want to know. */
static int64_t batch_run(struct ring *ring, unsigned batch)
{
    struct completion completion;
    int64_t results = 0;

    for (unsigned i = 0; i < batch; i++)
        ring_push(ring, (struct request){.op = OP_NOP, .user_data = i});
    enter(batch, batch, NEVER);
    while (ring_pop(ring, &completion))
        results |= completion.result;
    return results;
}

static int64_t ring_batch(unsigned batch)
{
    struct figure figure = {0};
    char name[16];

    format_text(name, sizeof(name), "ring-%u", batch);
    if (!item_wanted(name))
        return 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read();
        int64_t result = batch_run(thread_ring(), batch);

        figure_add(&figure, tick_read() - start, batch, 0);
        if (result < 0)
            return result;
    }
    figure_print(&figure, name);
    return 0;
}

/* A pair of synchronous no-ops, for what duplicating and closing cost more. */
static uint64_t nop_pair(void)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read(), ticks;

        request_wait((struct request){.op = OP_NOP});
        request_wait((struct request){.op = OP_NOP});
        ticks = tick_read() - start - overhead;
        if (ticks < least)
            least = ticks;
    }
    return least;
}

static int64_t duplicate(void)
{
    uint64_t known = nop_pair();
    uint32_t out = handle_named("out");
    struct figure figure = {0};

    if (!item_wanted("duplicate"))
        return 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read();
        int64_t copy = handle_duplicate(out, RIGHT_WRITE);

        handle_close((uint32_t)copy);
        figure_add(&figure, tick_read() - start, 2, known);
        if (copy < 0)
            return copy;
    }
    figure_print(&figure, "duplicate");
    return 0;
}

int64_t bench_enter(void)
{
    static const unsigned batches[] = {1, 8, 64, 512};
    /* Once before: the ring's pages are there from now on. */
    int64_t result = batch_run(thread_ring(), RING_LARGE);

    null_enter();
    for (size_t i = 0; result >= 0 && i < sizeof(batches) / sizeof(batches[0]); i++)
        result = ring_batch(batches[i]);
    return result < 0 ? result : duplicate();
}

static volatile bool yielding;

static int yield_back(void *unused)
{
    (void)unused;
    while (yielding)
        enter(0, 0, 0);
    return 0;
}

int64_t bench_switch(void)
{
    struct figure figure = {0};
    int64_t thread;

    if (!item_wanted("context-switch"))
        return 0;
    yielding = true;
    thread = thread_create(yield_back, NULL, 0);
    if (thread < 0)
        return thread;
    enter(0, 0, 0); /* it begins */
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read();

        enter(0, 0, 0);
        figure_add(&figure, tick_read() - start, 2, 0);
    }
    yielding = false;
    enter(0, 0, 0); /* it ends */
    figure_print(&figure, "context-switch");
    return 0;
}
