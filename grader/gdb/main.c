/* orrery-gdb: the bridge between GDB and a machine in Bochs. GDB starts it (target remote | ...).
 */
#include "names.h"
#include "server.h"
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: orrery-gdb [option...] IMAGE\n"
    "Serves GDB's remote protocol on standard input and output.\n"
    "  --socket PATH     on a socket of the file system instead, for one client\n"
    "  --kernel ELF      knows where the kernel powers off, and stops there; has it trace all\n"
    "                    events, as a graded run does\n"
    "  --stop TICK       has GDB take over at this tick\n"
    "  --console FILE    writes what the serial console says to this file\n"
    "  --media cd|disk   what the image is (cd)\n"
    "  --memory MiB      the machine's memory (128)\n"
    "  --ips N           instructions in a second of the machine's time (50000000)\n"
    "  --epoch SECONDS   its clock at power-on, since 1970\n";

struct arguments {
    struct bochs_options machine;
    const char *socket, *kernel, *console;
    uint64_t stop_tick;
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "orrery-gdb: %s: %s\n", what, why);
    exit(2);
}

static uint64_t number(const char *option, const char *text, uint64_t most)
{
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &end, 0);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > most)
        fail(option, "not a number that it can be");
    return value;
}

static enum bochs_media media(const char *text)
{
    if (strcmp(text, "cd") == 0)
        return BOCHS_CD;
    if (strcmp(text, "disk") == 0)
        return BOCHS_DISK;
    fail("--media", "cd or disk");
}

static void argument_take(struct arguments *arguments, int option, const char *text)
{
    switch (option) {
    case 's':
        arguments->socket = text;
        break;
    case 'k':
        arguments->kernel = text;
        break;
    case 't':
        arguments->stop_tick = number("--stop", text, INT64_MAX);
        break;
    case 'c':
        arguments->console = text;
        break;
    case 'd':
        arguments->machine.media = media(text);
        break;
    case 'm':
        arguments->machine.memory_mib = (unsigned)number("--memory", text, 1 << 20);
        break;
    case 'i':
        arguments->machine.ips = number("--ips", text, 1000000000);
        break;
    case 'e':
        arguments->machine.epoch = (unsigned)number("--epoch", text, UINT32_MAX);
        break;
    default:
        fputs(usage_text, stderr);
        exit(2);
    }
}

static struct arguments arguments_read(int count, char **words)
{
    static const struct option options[] = {
        {"socket", 1, NULL, 's'},  {"kernel", 1, NULL, 'k'}, {"stop", 1, NULL, 't'},
        {"console", 1, NULL, 'c'}, {"media", 1, NULL, 'd'},  {"memory", 1, NULL, 'm'},
        {"ips", 1, NULL, 'i'},     {"epoch", 1, NULL, 'e'},  {NULL, 0, NULL, 0}};
    struct arguments arguments = {.machine = {.media = BOCHS_CD}};
    int option;

    while ((option = getopt_long(count, words, "", options, NULL)) != -1)
        argument_take(&arguments, option, optarg);
    if (optind != count - 1)
        argument_take(&arguments, '?', NULL);
    arguments.machine.image = words[optind];
    return arguments;
}

static uint64_t address_find(const struct symbols *symbols, const char *name)
{
    uint64_t address = 0;

    return symbols_find(symbols, name, &address) == 0 ? address : 0;
}

static struct machine_kernel kernel_read(const char *path)
{
    struct machine_kernel kernel = {0};
    struct symbols *symbols;
    char error[256];

    if (path == NULL)
        return kernel;
    symbols = symbols_open(path, error, sizeof(error));
    if (symbols == NULL)
        fail(path, error);
    kernel.power_off = address_find(symbols, NAME_POWER_OFF);
    kernel.trace_init = address_find(symbols, NAME_TRACE_INIT);
    kernel.trace_mask = address_find(symbols, NAME_TRACE_MASK);
    symbols_close(symbols);
    return kernel;
}

/* Waits for the one client of a socket. Result: its connection. */
static int client_accept(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client;

    if (strlen(path) >= sizeof(address.sun_path))
        fail(path, "too long for the name of a socket");
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listening, 1) != 0)
        fail(path, strerror(errno));
    client = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        fail(path, strerror(errno));
    close(listening);
    unlink(path);
    return client;
}

static int console_open(const char *path)
{
    int console = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (path != NULL && console < 0)
        fail(path, strerror(errno));
    return console;
}

/* Comes to where GDB takes over; what GDB sends meanwhile waits. */
static int begin(struct server *server, uint64_t stop_tick)
{
    if (stop_tick == 0)
        return 0;
    server->machine->stop_tick = stop_tick;
    return machine_run(server->machine, false, &server->stop);
}

int main(int count, char **words)
{
    struct arguments arguments = arguments_read(count, words);
    struct machine_kernel kernel = kernel_read(arguments.kernel);
    int console = console_open(arguments.console);
    int client = arguments.socket != NULL ? client_accept(arguments.socket) : -1;
    struct machine_listener listener;
    static struct machine machine;
    static struct server server;

    signal(SIGPIPE, SIG_IGN);
    server_init(&server, &machine, client < 0 ? STDIN_FILENO : client,
                client < 0 ? STDOUT_FILENO : client, console);
    listener = server_listener(&server);
    if (machine_start(&machine, &arguments.machine, &listener, &kernel) == 0 &&
        begin(&server, arguments.stop_tick) == 0)
        server_run(&server);
    if (machine.lost)
        fprintf(stderr, "orrery-gdb: %s\n", machine.error);
    machine_end(&machine);
    server_end(&server);
    return machine.lost ? 1 : 0;
}
