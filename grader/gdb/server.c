/* GDB's remote protocol, served on a machine: server.h. One function a message. */
#include "server.h"
#include "request.h"
#include "target.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPLY_SIZE = 512, SIGNAL_INTERRUPT = 2, SIGNAL_TRAP = 5, SIGNAL_ABORT = 6 };

static void write_all(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes += written;
        size -= (size_t)written;
    }
}

static void frame_send(struct server *server)
{
    write_all(server->output, server->frame, server->frame_size);
}

static void reply_bytes(struct server *server, const char *payload, size_t size)
{
    server->frame_size = packet_frame(payload, size, server->frame);
    frame_send(server);
}

static void reply(struct server *server, const char *text)
{
    reply_bytes(server, text, strlen(text));
}

static void reply_error(struct server *server)
{
    reply(server, "E01");
}

void server_say(struct server *server, const char *text, size_t size)
{
    char line[2 * 1024 + 2];

    if (size > 0)
        server->in_line = text[size - 1] != '\n';
    for (size_t part; size > 0; text += part, size -= part) {
        part = size < 1024 ? size : 1024;
        line[0] = 'O';
        hex_write(line + 1, text, part);
        reply(server, line);
    }
}

static void say_line(struct server *server, const char *text)
{
    char line[600];
    int size = snprintf(line, sizeof(line), "%sorrery: %s\n", server->in_line ? "\n" : "", text);

    server_say(server, line, (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1);
}

/* The console goes to its file, and to GDB where that listens. */
static void on_console(void *context, const char *bytes, size_t size)
{
    struct server *server = context;

    if (server->console >= 0)
        write_all(server->console, bytes, size);
    if (server->is_running)
        server_say(server, bytes, size);
}

/* Takes what GDB has sent while the machine runs: Ctrl-C, or its end. */
static bool on_input(void *context)
{
    struct server *server = context;
    struct pollfd wanted = {.fd = server->input, .events = POLLIN};
    char bytes[64];

    while (server->is_running && !server->is_over && poll(&wanted, 1, 0) > 0) {
        ssize_t size = read(server->input, bytes, sizeof(bytes));

        if (size <= 0)
            server->is_over = true;
        for (ssize_t i = 0; i < size; i++)
            if (packet_take(&server->reader, (uint8_t)bytes[i]) == PACKET_INTERRUPT)
                server->is_interrupted = true;
    }
    return server->is_interrupted || server->is_over;
}

struct machine_listener server_listener(struct server *server)
{
    return (struct machine_listener){on_input, on_console, server};
}

void server_init(struct server *server, struct machine *machine, int input, int output, int console)
{
    memset(server, 0, sizeof(*server));
    server->input = input;
    server->output = output;
    server->console = console;
    server->machine = machine;
    server->target = &target_long;
    server->description = target_describe(server->target);
    server->acknowledges = true;
    server->stop.end = MACHINE_STEPPED;
    packet_reader_init(&server->reader);
}

void server_end(struct server *server)
{
    free(server->description);
}

/* What the person is told beside GDB's own words. */
static const char *end_meaning(enum machine_end end)
{
    switch (end) {
    case MACHINE_ASLEEP:
        return "the processor sleeps, and nothing wakes it (monitor type TEXT\\n would)";
    case MACHINE_TRIPLE_FAULT:
        return "triple fault: the processor was reset, memory is as it was";
    case MACHINE_RESET:
        return "the machine was reset";
    case MACHINE_POWER_OFF:
        return "the kernel powers the machine off; its status is in $rdi";
    case MACHINE_GONE:
        return "the machine is off";
    default:
        return NULL;
    }
}

static int end_signal(enum machine_end end)
{
    switch (end) {
    case MACHINE_INTERRUPTED:
        return SIGNAL_INTERRUPT;
    case MACHINE_TRIPLE_FAULT:
    case MACHINE_RESET:
        return SIGNAL_ABORT;
    default:
        return SIGNAL_TRAP;
    }
}

/* What stopped it, as GDB's protocol says it; "" for a step. */
static void stop_detail(const struct machine_stop *stop, char *text, size_t size)
{
    static const char *const watches[] = {
        [POINT_WRITE] = "watch", [POINT_READ] = "rwatch", [POINT_ACCESS] = "awatch"};

    text[0] = '\0';
    if (stop->end == MACHINE_BREAKPOINT)
        snprintf(text, size, "%s:;", stop->kind == POINT_SOFTWARE ? "swbreak" : "hwbreak");
    else if (stop->end == MACHINE_WATCHPOINT)
        snprintf(text, size, "%s:%" PRIx64 ";", watches[stop->kind], stop->address);
    else if (stop->end == MACHINE_BEGIN)
        snprintf(text, size, "replaylog:begin;");
}

/* Tells GDB why the machine has stopped, with the registers that it asks for next. */
static void reply_stop(struct server *server)
{
    static const unsigned wanted[] = {6, 7, 16}; /* rbp, rsp, rip */
    struct machine *machine = server->machine;
    const struct bochs_registers *registers = NULL;
    char text[REPLY_SIZE], detail[64], value[40];
    size_t at;

    if (server->stop.end == MACHINE_GONE) {
        snprintf(text, sizeof(text), "W%02x", server->status);
        reply(server, text);
        server->is_over = true;
        return;
    }
    registers = machine_registers(machine);
    if (registers == NULL) {
        reply_error(server);
        return;
    }
    stop_detail(&server->stop, detail, sizeof(detail));
    at = (size_t)snprintf(text, sizeof(text), "T%02x%sthread:1;", end_signal(server->stop.end),
                          detail);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        target_register_write(target_register(server->target, wanted[i]), registers, 0, value);
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%02x:%s;", wanted[i], value);
    }
    reply(server, text);
}

/* Ends what GDB waits for. `result` is that of the function that ran the machine. */
static void run_finish(struct server *server, int result)
{
    const char *meaning = end_meaning(server->stop.end);
    const struct bochs_registers *registers;

    if (result == 0 && server->stop.end == MACHINE_POWER_OFF &&
        (registers = machine_registers(server->machine)) != NULL)
        server->status = (uint8_t)registers->rdi;
    if (result != 0) {
        say_line(server, server->machine->error);
        server->stop.end = MACHINE_STEPPED;
        if (server->machine->lost) {
            server->is_running = false;
            reply(server, "X09");
            server->is_over = true;
            return;
        }
    } else if (meaning != NULL) {
        say_line(server, meaning);
    }
    server->is_running = false;
    server->is_interrupted = false;
    reply_stop(server);
}

static void run(struct server *server, bool is_step)
{
    run_finish(server, machine_run(server->machine, is_step, &server->stop));
}

/* GDB steps over a line: without asking it about each instruction. */
static void run_range(struct server *server, const struct request *request)
{
    const struct bochs_registers *registers;
    int result;

    do {
        result = machine_run(server->machine, true, &server->stop);
        registers = result == 0 && server->stop.end == MACHINE_STEPPED
                        ? machine_registers(server->machine)
                        : NULL;
    } while (registers != NULL && registers->rip >= request->address &&
             registers->rip < request->end && !on_input(server));
    run_finish(server, result);
}

static void serve_run(struct server *server, const struct request *request)
{
    server->is_running = true;
    switch (request->kind) {
    case REQUEST_STEP_RANGE:
        run_range(server, request);
        break;
    case REQUEST_BACK_STEP:
        run_finish(server, machine_step_back(server->machine, &server->stop));
        break;
    case REQUEST_BACK_CONTINUE:
        run_finish(server, machine_run_back(server->machine, &server->stop));
        break;
    default:
        run(server, request->kind == REQUEST_STEP);
        break;
    }
}

static void serve_registers_read(struct server *server)
{
    const struct bochs_registers *registers = machine_registers(server->machine);
    char text[16 * 64];
    size_t at = 0;

    if (registers == NULL) {
        reply_error(server);
        return;
    }
    for (size_t i = 0; i < server->target->in_block; i++)
        at += target_register_write(&server->target->registers[i], registers,
                                    machine_tick(server->machine), text + at);
    reply(server, text);
}

static void serve_register_read(struct server *server, const struct request *request)
{
    const struct target_register *row = target_register(server->target, request->number);
    const struct bochs_registers *registers = machine_registers(server->machine);
    char text[40];

    if (row == NULL || registers == NULL) {
        reply_error(server);
        return;
    }
    target_register_write(row, registers, machine_tick(server->machine), text);
    reply(server, text);
}

static void serve_register_write(struct server *server, const struct request *request)
{
    const struct target_register *row = target_register(server->target, request->number);
    const struct bochs_registers *registers;
    uint64_t value, is = 0;

    if (row == NULL || !row->can_be_set ||
        !target_register_value(row, request->data, (size_t)request->size, &value) ||
        machine_register_set(server->machine, row->name, value) != 0 ||
        (registers = machine_registers(server->machine)) == NULL) {
        reply_error(server);
        return;
    }
    memcpy(&is, (const char *)registers + row->offset, row->kept);
    reply(server, is == value ? "OK" : "E02");
}

static void serve_memory_read(struct server *server, const struct request *request)
{
    char bytes[PACKET_SIZE / 2], text[PACKET_SIZE + 1];
    size_t size = request->size < sizeof(bytes) ? (size_t)request->size : sizeof(bytes);
    size_t there = machine_read(server->machine, request->address, bytes, size);

    if (there == 0 && size != 0) {
        reply_error(server);
        return;
    }
    hex_write(text, bytes, there);
    reply(server, text);
}

static void reply_done(struct server *server, int result)
{
    reply(server, result == 0 ? "OK" : "E01");
}

static void serve_features(struct server *server, const struct request *request)
{
    size_t length = strlen(server->description);
    size_t from = request->address < length ? (size_t)request->address : length;
    size_t size = length - from;
    char text[PACKET_SIZE];

    if (strcmp(request->text, "target.xml") != 0) {
        reply_error(server);
        return;
    }
    if (size > request->size)
        size = (size_t)request->size;
    if (size > sizeof(text) / 2)
        size = sizeof(text) / 2;
    text[0] = from + size == length ? 'l' : 'm';
    memcpy(text + 1, server->description + from, size);
    reply_bytes(server, text, size + 1);
}

static void serve_monitor(struct server *server, const struct request *request)
{
    if (monitor_run(server, request->text) != 0)
        say_line(server, server->machine->error);
    reply(server, "OK");
}

static void serve_point(struct server *server, const struct request *request)
{
    enum request_point kind = (enum request_point)request->number;

    if (request->kind == REQUEST_POINT_CLEAR)
        reply_done(server, machine_point_clear(server->machine, kind, request->address));
    else
        reply_done(server,
                   machine_point_set(server->machine, kind, request->address, request->size));
}

/* What is answered the same way each time. There is one processor, thread 1 for GDB. */
static const char *const fixed_replies[] = {
    [REQUEST_UNKNOWN] = "",
    [REQUEST_SUPPORTED] = "PacketSize=4000;qXfer:features:read+;QStartNoAckMode+;vContSupported+;"
                          "swbreak+;hwbreak+;ReverseStep+;ReverseContinue+",
    [REQUEST_NO_ACKNOWLEDGE] = "OK",
    [REQUEST_ATTACHED] = "0", /* "we started it": GDB ends the machine when it goes */
    [REQUEST_THREAD_CURRENT] = "QC1",
    [REQUEST_THREADS_FIRST] = "m1",
    [REQUEST_THREADS_NEXT] = "l",
    [REQUEST_THREAD_SELECT] = "OK",
    [REQUEST_CONTINUE_HOW] = "vCont;c;C;s;S;r",
    [REQUEST_DETACH] = "OK",
    [REQUEST_KILL] = "OK",
};

_Static_assert(PACKET_SIZE == 0x4000, "GDB is told how long a packet may be");

static void serve(struct server *server, const struct request *request)
{
    switch (request->kind) {
    case REQUEST_BAD:
        reply_error(server);
        break;
    case REQUEST_WHY_STOPPED:
        reply_stop(server);
        break;
    case REQUEST_FEATURES:
        serve_features(server, request);
        break;
    case REQUEST_THREAD_ALIVE:
        reply(server, request->address == 1 ? "OK" : "E01");
        break;
    case REQUEST_REGISTERS_READ:
        serve_registers_read(server);
        break;
    case REQUEST_REGISTER_READ:
        serve_register_read(server, request);
        break;
    case REQUEST_REGISTER_WRITE:
        serve_register_write(server, request);
        break;
    case REQUEST_MEMORY_READ:
        serve_memory_read(server, request);
        break;
    case REQUEST_MEMORY_WRITE:
        reply_done(server, machine_write(server->machine, request->address, request->data,
                                         (size_t)request->size));
        break;
    case REQUEST_POINT_SET:
    case REQUEST_POINT_CLEAR:
        serve_point(server, request);
        break;
    case REQUEST_CONTINUE:
    case REQUEST_STEP:
    case REQUEST_STEP_RANGE:
    case REQUEST_BACK_STEP:
    case REQUEST_BACK_CONTINUE:
        serve_run(server, request);
        break;
    case REQUEST_MONITOR:
        serve_monitor(server, request);
        break;
    default:
        reply(server, fixed_replies[request->kind]);
        break;
    }
    if (request->kind == REQUEST_NO_ACKNOWLEDGE)
        server->acknowledges = false;
    if (request->kind == REQUEST_DETACH || request->kind == REQUEST_KILL)
        server->is_over = true;
}

static void take(struct server *server, uint8_t byte)
{
    struct request request;

    switch (packet_take(&server->reader, byte)) {
    case PACKET_WHOLE:
        if (server->acknowledges)
            write_all(server->output, "+", 1);
        request = request_parse(server->reader.payload, server->reader.size);
        serve(server, &request);
        break;
    case PACKET_DAMAGED:
        write_all(server->output, "-", 1);
        break;
    case PACKET_AGAIN:
        frame_send(server);
        break;
    case PACKET_INTERRUPT:
        /* Too late: it has stopped by itself. */
    case PACKET_NOTHING:
    case PACKET_RECEIVED:
        break;
    }
}

int server_run(struct server *server)
{
    char bytes[4096];

    while (!server->is_over && !server->machine->lost) {
        ssize_t size = read(server->input, bytes, sizeof(bytes));

        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            break;
        for (ssize_t i = 0; i < size && !server->is_over; i++)
            take(server, (uint8_t)bytes[i]);
    }
    return server->machine->lost ? -1 : 0;
}
