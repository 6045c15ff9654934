/* counter: an object that anyone can read, and bump by as many as they write bytes. */
#include <orrery.h>

struct counter {
    uint64_t value;
};

static int64_t counter_read(struct server *server, struct call *call)
{
    struct counter *counter = call_object(call);

    (void)server;
    return call_reply_text(call, "%lu\n", counter->value);
}

static int64_t counter_write(struct server *server, struct call *call)
{
    struct counter *counter = call_object(call);

    (void)server;
    counter->value += call->length;
    return (int64_t)call->length;
}

static const struct methods counter_methods = {.read = counter_read, .write = counter_write};

int main(void)
{
    struct server server;
    struct counter counter = {0};

    if (server_open(&server, handle_named("port")) < 0)
        return 1;
    if (server_publish(&server, "counter", &counter, &counter_methods, RIGHT_READ | RIGHT_WRITE) <
        0)
        return 1;
    return server_run(&server);
}
