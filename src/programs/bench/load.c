/*
 * bench load: why rings. One server answers writes of nothing; the load on it is raised step by
 * step, in two ways:
 *
 * one client    keeps so many requests outstanding: it submits, waits for at least one answer,
 *               takes all that are there, and asks for as many anew
 * many clients  are so many threads, each of which asks synchronously, one request at a time
 *
 * Nobody is told to wait for a batch. A line for each load, the number of requests outstanding:
 * instructions for each request, of client, kernel and server together; how many requests the
 * client hands over with one `enter`; how many calls the server answers with one.
 */
#include "programs/bench/bench.h"

#define REQUESTS    4096u /* a step */
#define LOAD_MAX    512u  /* requests outstanding */
#define CLIENTS_MAX 64u

struct step {
    uint64_t ticks, enters;
    struct server_work before, after;
};

static int64_t work_of(uint32_t object, struct server_work *work)
{
    return object_read(object, work, sizeof(*work), 0);
}

static int64_t one_client(uint32_t object, unsigned outstanding, struct step *step)
{
    struct ring *ring = thread_ring();
    uint32_t asked = 0, answered = 0;
    int64_t results = work_of(object, &step->before);
    uint64_t start = tick_read();

    step->enters = 0;
    while (answered < REQUESTS) {
        struct completion completion;

        while (asked < REQUESTS && asked - answered < outstanding) {
            ring_push(ring, (struct request){.op = OP_WRITE, .handle = object});
            asked++;
        }
        step->enters++;
        enter(ring_pending(ring), 1, NEVER);
        for (; ring_pop(ring, &completion); answered++)
            results |= completion.result;
    }
    step->ticks = tick_read() - start;
    results |= work_of(object, &step->after);
    return results;
}

/* What the threads of a step share. */
static struct clients {
    uint32_t object, finished; /* an event */
    unsigned each, running;
    int64_t results;
} clients;

static int client(void *unused)
{
    const uint64_t one = 1;
    int64_t results = 0;

    (void)unused;
    for (unsigned i = 0; i < clients.each; i++)
        results |= object_write(clients.object, NULL, 0, 0);
    __atomic_fetch_or(&clients.results, results, __ATOMIC_RELAXED);
    if (__atomic_sub_fetch(&clients.running, 1, __ATOMIC_ACQ_REL) == 0)
        object_write(clients.finished, &one, sizeof(one), 0);
    return 0;
}

static int64_t many_clients(uint32_t object, unsigned count, struct step *step)
{
    int64_t event = object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);
    int64_t threads[CLIENTS_MAX], result = event < 0 ? event : work_of(object, &step->before);
    uint64_t done, start;

    clients = (struct clients){
        .object = object, .finished = (uint32_t)event, .each = REQUESTS / count, .running = count};
    thread_priority_set(PRIORITY_PROGRAM + 1); /* none of them begins before all are there */
    for (unsigned i = 0; i < count && result >= 0; i++)
        result = threads[i] = thread_create(client, NULL, 0);
    start = tick_read();
    thread_priority_set(PRIORITY_PROGRAM);
    if (result < 0)
        return result;
    object_read((uint32_t)event, &done, sizeof(done), 0);
    step->ticks = tick_read() - start;
    step->enters = REQUESTS;
    result = work_of(object, &step->after) | clients.results;
    for (unsigned i = 0; i < count; i++)
        handle_close((uint32_t)threads[i]);
    handle_close((uint32_t)event);
    return result;
}

/* A ratio with one place behind the point. */
static void print_ratio(unsigned width, uint64_t dividend, uint64_t divisor)
{
    uint64_t tenths = divisor ? (dividend * 10 + divisor / 2) / divisor : 0;

    print("%*lu.%lu", (int)width, tenths / 10, tenths % 10);
}

static void step_print(const struct step *step, bool batches)
{
    print("%8lu", step->ticks / REQUESTS);
    if (batches)
        print_ratio(10, REQUESTS, step->enters);
    print_ratio(7, step->after.calls - step->before.calls,
                step->after.rounds - step->before.rounds);
}

static int64_t load_measure(uint32_t object)
{
    struct step step;
    int64_t result = one_client(object, 64, &step); /* once before: all pages are there */

    print("           one client               many clients\n"
          "load    each  hands over  answers    each  answers\n");
    for (unsigned load = 1; load <= LOAD_MAX && result >= 0; load *= 2) {
        print("%4u", load);
        result = one_client(object, load, &step);
        step_print(&step, true);
        if (load <= CLIENTS_MAX && result >= 0) {
            result = many_clients(object, load, &step);
            step_print(&step, false);
        }
        print("\n");
        object_write(handle_named("out"), NULL, 0, 0); /* the line is out, and no interrupt comes */
    }
    return result < 0 ? result : 0;
}

int64_t bench_load(void)
{
    return with_server(load_measure);
}
