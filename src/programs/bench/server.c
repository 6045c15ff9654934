/* What a call through a server in another process costs. */
#include "programs/bench/bench.h"

#define BATCH 64u

static struct server_work work;

static int64_t write_nothing(struct server *server, struct call *call)
{
    (void)server, (void)call;
    work.calls++;
    return 0;
}

/* Tell what was done so far. */
static int64_t work_read(struct server *server, struct call *call)
{
    work.rounds = server->rounds;
    return call_reply(call, &work, sizeof(work));
}

int bench_server(void)
{
    static const struct methods methods = {.read = work_read, .write = write_nothing};
    struct server server;

    if (server_open(&server, handle_named("port")) < 0)
        return 1;
    if (server_publish(&server, "bench", NULL, &methods, RIGHT_READ | RIGHT_WRITE) < 0)
        return 1;
    return server_run(&server);
}

static int64_t sync_call(uint32_t object)
{
    struct figure figure = {0};

    if (!item_wanted("sync-call"))
        return 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read();
        int64_t result = object_write(object, NULL, 0, 0);

        figure_add(&figure, tick_read() - start, 1, 0);
        if (result < 0)
            return result;
    }
    figure_print(&figure, "sync-call");
    return 0;
}

static int64_t batch_run(struct ring *ring, uint32_t object)
{
    struct completion completion;
    int64_t results = 0;

    for (unsigned i = 0; i < BATCH; i++)
        ring_push(ring, (struct request){.op = OP_WRITE, .handle = object, .user_data = i});
    enter(BATCH, BATCH, NEVER);
    while (ring_pop(ring, &completion))
        results |= completion.result;
    return results;
}

static int64_t ring_call(uint32_t object)
{
    struct figure figure = {0};

    if (!item_wanted("ring-call"))
        return 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read();
        int64_t result = batch_run(thread_ring(), object);

        figure_add(&figure, tick_read() - start, BATCH, 0);
        if (result < 0)
            return result;
    }
    figure_print(&figure, "ring-call");
    return 0;
}

/* With the server running behind `object`. */
static int64_t calls_measure(uint32_t object)
{
    /* Answered: it has started, and all that follows is the same every time. */
    int64_t result = object_write(object, NULL, 0, 0);

    if (result >= 0)
        result = sync_call(object);
    return result < 0 ? result : ring_call(object);
}

int64_t with_server(int64_t (*use)(uint32_t object))
{
    int64_t port = object_create(handle_named("self"), OBJECT_PORT, NULL, 0, 0);
    int64_t object, server, result;

    if (port < 0)
        return port;
    object = object_create((uint32_t)port, OBJECT_REMOTE, NULL, RIGHT_READ | RIGHT_WRITE, 1);
    server = object < 0 ? object : role_start(ROLE_SERVER, (uint32_t)port);
    handle_close((uint32_t)port);
    if (server < 0)
        return server;
    result = use((uint32_t)object);
    object_remove((uint32_t)server, NULL, 0);
    handle_close((uint32_t)server);
    handle_close((uint32_t)object);
    return result;
}

int64_t bench_calls(void)
{
    return with_server(calls_measure);
}
