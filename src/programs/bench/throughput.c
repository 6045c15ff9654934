/*
 * bench throughput N: no-ops through rings on N processors at once, each with a thread and a ring
 * of its own. Prints `throughput-N` and how many all of them together did in a million instructions
 * of one processor.
 */
#include "programs/bench/bench.h"

#define BATCH       64u
#define THREADS_MAX 8u
#define WINDOW      UINT64_C(1000000) /* ticks */

/* What the threads share; the one that is ready last begins for all. */
static struct {
    uint32_t finished; /* an event */
    uint32_t count, ready, running;
    uint64_t end; /* tick; 0: not begun */
    uint64_t done;
    int64_t result;
} all;

static int64_t batch_run(struct ring *ring)
{
    struct completion completion;
    int64_t results = 0;

    for (unsigned i = 0; i < BATCH; i++)
        ring_push(ring, (struct request){.op = OP_NOP});
    enter(BATCH, BATCH, NEVER);
    while (ring_pop(ring, &completion))
        results |= completion.result;
    return results;
}

/* Until the last thread is ready; the end of the window. */
static uint64_t begin(void)
{
    uint64_t end;

    if (__atomic_add_fetch(&all.ready, 1, __ATOMIC_ACQ_REL) == all.count)
        __atomic_store_n(&all.end, tick_read() + WINDOW, __ATOMIC_RELEASE);
    while ((end = __atomic_load_n(&all.end, __ATOMIC_ACQUIRE)) == 0)
        __asm__ volatile("pause");
    return end;
}

static int worker(void *processor)
{
    struct thread *self = thread_self();
    const uint64_t one = 1;
    uint64_t done = 0, end;
    int64_t result =
        object_set(self->handle, PROPERTY_AFFINITY, UINT64_C(1) << (uint64_t)processor);

    result |= batch_run(self->ring); /* once before: its pages are there */
    end = begin();
    while (result == 0 && tick_read() < end) {
        result = batch_run(self->ring);
        done += BATCH;
    }
    __atomic_fetch_add(&all.done, done, __ATOMIC_RELAXED);
    __atomic_fetch_or(&all.result, result, __ATOMIC_RELAXED);
    if (__atomic_sub_fetch(&all.running, 1, __ATOMIC_ACQ_REL) == 0)
        object_write(all.finished, &one, sizeof(one), 0);
    return 0;
}

int bench_throughput(uint64_t count)
{
    int64_t event = object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0), result = event;
    uint64_t finished;

    if (count == 0 || count > THREADS_MAX)
        return 2;
    all.finished = (uint32_t)event;
    all.count = all.running = (uint32_t)count;
    for (uint64_t i = 0; i < count && result >= 0; i++)
        result = thread_create(worker, (void *)i, BATCH);
    if (result >= 0 && object_read((uint32_t)event, &finished, sizeof(finished), 0) > 0)
        result = all.result;
    if (result < 0) {
        print("bench: %s\n", error_text(result));
        return 1;
    }
    print("throughput-%lu %lu\n", count, all.done);
    return 0;
}
