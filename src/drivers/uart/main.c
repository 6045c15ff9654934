/*
 * The serial console's driver: serves a 16550 UART as the object "console".
 *
 * read waits until there is input and returns what is there, byte by byte as it was received. write
 * is answered when all of its bytes have a place in the driver's buffer; "\n" is sent as "\r\n". A
 * write of no bytes is answered when all that was written before it has left the machine. Reads are
 * answered in order, and so are writes.
 *
 * watch of the property `count` tells of ctrl-c: while somebody watches, that byte and the input
 * before it go to no reader, but raise the count. There is one watcher, the last who asked; the one
 * before gets E_CANCELLED.
 *
 * Handles: "interrupt" and "io-ports" of the device, "port" to serve on. Argument: its first I/O
 * port, 0x3f8 if there is none.
 */
#include <orrery.h>

#include "drivers/uart/uart.h"

#define BASE_DEFAULT 0x3f8u
#define CTRL_C       3

struct console {
    struct server server;
    struct uart uart;
    uint32_t interrupt;
    struct waiter interrupted; /* waits for the device */
    uint64_t interrupt_count;
    struct call_queue readers, writers, watcher;
    uint64_t breaks;    /* times that ctrl-c was told to a watcher */
    uint32_t silence;   /* an event that nobody signals: reading it is waiting for the deadline */
    struct waiter idle; /* waits for the last byte to leave the line */
    uint64_t idle_count;
    bool idle_awaited;
};

static struct console console;

/* Answer who waits for input, as far as there is some. */
static void readers_serve(void)
{
    struct call *call;

    while ((call = call_queue_first(&console.readers))) {
        uint8_t bytes[256];
        size_t most = call->length < sizeof(bytes) ? call->length : sizeof(bytes);
        size_t length = uart_peek(&console.uart, bytes, most);

        if (length == 0)
            return;
        call_queue_pop(&console.readers);
        call_reply(call, bytes, length);
        /* Input is taken only once somebody has it. */
        if (call_answer_now(call, (int64_t)length) >= 0)
            uart_take(&console.uart, length);
    }
}

/* Tell a watcher of a ctrl-c in the input, of which the part up to there is dropped. */
static void watcher_serve(void)
{
    static uint8_t bytes[UART_INPUT_SIZE];
    struct call *call = call_queue_first(&console.watcher);
    size_t length = call ? uart_peek(&console.uart, bytes, sizeof(bytes)) : 0;
    const uint8_t *found = memchr(bytes, CTRL_C, length);

    if (!found)
        return;
    uart_take(&console.uart, (size_t)(found - bytes) + 1);
    call_queue_pop(&console.watcher);
    call_answer(call, (int64_t)++console.breaks);
}

static void bytes_send(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n')
            uart_send(&console.uart, (const uint8_t *)"\r", 1);
        uart_send(&console.uart, (const uint8_t *)bytes + i, 1);
    }
}

/* No interrupt tells when the line falls idle: look again after the time of one byte. */
static void idle_await(void)
{
    if (console.idle_awaited || !uart_sent(&console.uart))
        return;
    console.idle_awaited = server_submit(&console.server,
                                         (struct request){.op = OP_READ,
                                                          .handle = console.silence,
                                                          .buffer = (uint64_t)&console.idle_count,
                                                          .length = sizeof(console.idle_count),
                                                          .deadline = UART_CHARACTER_NS},
                                         &console.idle);
}

/* Answer who waits for room, or, with a write of nothing, for the end of all output. */
static void writers_serve(void)
{
    struct call *call;

    while ((call = call_queue_first(&console.writers))) {
        size_t length = call_data_length(call);

        if (length == 0 && !uart_idle(&console.uart)) {
            idle_await();
            return;
        }
        if (2 * length > uart_room(&console.uart))
            return;
        call_queue_pop(&console.writers);
        bytes_send(call_data(call), length);
        call_answer(call, (int64_t)length);
    }
}

static void idle_done(struct server *server, struct waiter *waiter, int64_t result)
{
    (void)server, (void)waiter, (void)result;
    console.idle_awaited = false;
    writers_serve();
}

/* Listen for the next interrupt. */
static void interrupt_await(void)
{
    if (!server_submit(&console.server,
                       (struct request){.op = OP_READ,
                                        .handle = console.interrupt,
                                        .buffer = (uint64_t)&console.interrupt_count,
                                        .length = sizeof(console.interrupt_count)},
                       &console.interrupted))
        server_end(&console.server, 1);
}

static void interrupt_done(struct server *server, struct waiter *waiter, int64_t result)
{
    (void)waiter;
    if (result < 0) {
        server_end(server, 1);
        return;
    }
    uart_interrupt(&console.uart);
    interrupt_await();
    /* Listening, with the device silent: now the next interrupt may come. */
    object_write(console.interrupt, NULL, 0, 0);
    watcher_serve();
    readers_serve();
    writers_serve();
}

/*
 * Keep a call. Who gave up waiting for input is only found out by an answer: so if too many calls
 * are kept, the read that has waited longest is turned away; most likely its client is gone.
 */
static bool call_keep(struct call_queue *queue, struct call *call)
{
    while (!call_queue_push(queue, call)) {
        struct call *oldest = call_queue_first(&console.readers);

        if (!oldest)
            return false;
        call_queue_pop(&console.readers);
        call_answer_now(oldest, -E_LIMIT);
    }
    return true;
}

static int64_t console_read(struct server *server, struct call *call)
{
    (void)server;
    if (call->length == 0)
        return 0;
    if (!call_keep(&console.readers, call))
        return -E_LIMIT;
    readers_serve();
    return CALL_LATER;
}

static int64_t console_write(struct server *server, struct call *call)
{
    (void)server;
    if (!call_keep(&console.writers, call))
        return -E_LIMIT;
    writers_serve();
    return CALL_LATER;
}

static int64_t console_get(struct server *server, struct call *call)
{
    (void)server;
    switch (call->arg0) {
    case PROPERTY_TYPE:
        return OBJECT_REMOTE;
    case PROPERTY_COUNT:
        return (int64_t)console.breaks;
    default:
        return -E_ARGUMENT;
    }
}

static int64_t console_watch(struct server *server, struct call *call)
{
    struct call *before = call_queue_first(&console.watcher);

    (void)server;
    if (call->arg0 != PROPERTY_COUNT)
        return -E_ARGUMENT;
    if (call->arg1 != console.breaks)
        return (int64_t)console.breaks;
    if (before) {
        call_queue_pop(&console.watcher);
        call_answer(before, -E_CANCELLED);
    }
    if (!call_queue_push(&console.watcher, call))
        return -E_LIMIT;
    watcher_serve();
    return CALL_LATER;
}

static const struct methods console_methods = {
    .read = console_read, .write = console_write, .get = console_get, .watch = console_watch};

/* Get hold of the device, and of something to wait with. */
static int64_t device_open(uint16_t base)
{
    int64_t result = object_map(handle_named("self"), handle_named("io-ports"), 0, 0, 0, 0);

    if (result < 0)
        return result;
    result = object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);
    if (result < 0)
        return result;
    console.silence = (uint32_t)result;
    console.interrupt = handle_named("interrupt");
    console.interrupted.done = interrupt_done;
    console.idle.done = idle_done;
    uart_open(&console.uart, base);
    interrupt_await();
    result = object_write(console.interrupt, NULL, 0, 0);
    if (result >= 0)
        uart_enable(&console.uart);
    return result;
}

int main(int argc, char **argv)
{
    uint64_t base = BASE_DEFAULT;

    if (argc > 1 && (!text_to_number(argv[1], &base) || base > UINT16_MAX - 7))
        return 2;
    /* The device keeps 16 bytes: whoever computes must not make us late. */
    thread_priority_set(PRIORITY_DRIVER);
    if (server_open(&console.server, handle_named("port")) < 0)
        return 3;
    if (server_publish(&console.server, "console", &console, &console_methods,
                       RIGHT_READ | RIGHT_WRITE | RIGHT_GET) < 0)
        return 4;
    if (device_open((uint16_t)base) < 0)
        return 5;
    return server_run(&console.server);
}
