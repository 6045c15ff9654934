/* orrery-run: the machine, its serial line on this terminal. What `make run` runs. */
#include "interleave.h"
#include "run.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: orrery-run [OPTION...] IMAGE\n"
    "Boots the image. A terminal is connected to the machine's serial line; Ctrl-] leaves. With a\n"
    "script, or when standard input is not a terminal, each line is typed when the shell asks for\n"
    "one, then `poweroff $?`; standard output then gets exactly what the machine printed.\n"
    "\n"
    "  --script FILE        type this file's lines\n"
    "  --kernel FILE        the kernel's ELF file (default: kernel/kernel.elf beside the image)\n"
    "  --cpus N             processors (1)\n"
    "  --memory MIB         memory in MiB (128)\n"
    "  --ips N              instructions in a second of the machine's time (50000000)\n"
    "  --delays SEED        how long each further processor waits before it begins\n"
    "  --stops SEED         where the machine is stopped on its way, which changes the order in\n"
    "                       which several processors do things\n"
    "  --media cd|disk      what the image is put in as (cd)\n"
    "  --view serial|vga    what the terminal shows (serial; vga only without a script)\n"
    "  --emulator bochs|qemu\n"
    "  --prompt TEXT        what the shell asks with (\"orrery> \")\n"
    "  --ticks N            a script's run is a hang after so many instructions (20000000000)\n"
    "  --quiet N            and when it computed for so many without a sound (1500000000), or\n"
    "                       slept for four times as many\n"
    "  --trace              print the trace to standard error\n"
    "\n"
    "The exit status is the one the machine was powered off with (255 for more than 255), or:\n"
    "  2 wrong options   124 it hangs   125 the kernel panicked   126 triple fault or reset\n"
    "  127 the emulator failed\n";

volatile int run_interrupted;
static struct termios terminal_modes;
static bool terminal_changed;
static const char *prompt;
static struct interleaving interleaving;

static void on_signal(int number)
{
    run_interrupted = number;
}

void run_terminal_restore(void)
{
    if (terminal_changed)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_modes);
    terminal_changed = false;
}

int run_terminal_raw(void)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &terminal_modes) != 0)
        return -1;
    raw = terminal_modes;
    cfmakeraw(&raw);
    terminal_changed = true;
    atexit(run_terminal_restore);
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

int run_status_of(uint64_t status)
{
    return status <= 255 ? (int)status : 255;
}

void run_copy(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);

        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd wanted = {.fd = descriptor, .events = POLLOUT};

            poll(&wanted, 1, 1000);
        } else if (errno != EINTR) {
            return;
        }
        if (run_interrupted != 0)
            return;
    }
}

void run_print_record(void *context, const struct trace_record *record)
{
    char text[256];

    (void)context;
    trace_print(record, text, sizeof(text));
    fprintf(stderr, "%s%s\n", text, terminal_changed && isatty(STDERR_FILENO) ? "\r" : "");
}

static void print_console(void *context, const char *bytes, size_t size)
{
    (void)context;
    run_copy(STDOUT_FILENO, bytes, size);
}

/* Reads the script: lines without their ends. What follows a return within a line is typed without
 * waiting for the shell. */
static const char **script_read(FILE *file)
{
    const char **lines = NULL;
    size_t count = 0, room = 0;
    char *line = NULL;
    ssize_t size;

    for (;;) {
        if (count + 1 > room) {
            room = room * 2 + 16;
            lines = realloc(lines, room * sizeof(lines[0]));
            if (lines == NULL)
                abort();
        }
        size = getline(&line, &(size_t){0}, file);
        if (size < 0)
            break;
        while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
            line[--size] = '\0';
        lines[count++] = line;
        line = NULL;
    }
    free(line);
    lines[count] = NULL;
    return lines;
}

static int run_script(const struct run *run)
{
    struct session_options options = {
        .machine = run->machine,
        .kernel = run->kernel,
        .lines = run->lines,
        .last_line = "poweroff $?",
        .prompt = prompt,
        .budget_ticks = run->budget_ticks,
        .quiet_ticks = run->quiet_ticks,
        .trace = run->trace,
        .trace_each_stop = run->trace,
        .interrupted = &run_interrupted,
        .console = print_console,
        .record = run->trace ? run_print_record : NULL,
        .watches = interleaving.watches,
    };
    struct session_result result;

    if (interleaving_prepare(&interleaving, run->kernel) != 0)
        return RUN_INFRASTRUCTURE;
    options.watch_count = interleaving.count;
    session_run(&options, &result);
    if (result.end == SESSION_POWER_OFF)
        return run_status_of(result.status);
    fprintf(stderr, "orrery-run: %s: %s%s%s\n", session_end_name(result.end), result.detail,
            result.where[0] != '\0' ? ", in " : "", result.where);
    switch (result.end) {
    case SESSION_HANG:
    case SESSION_QUIET:
        return RUN_HANG;
    case SESSION_PANIC:
        return RUN_PANIC;
    case SESSION_TRIPLE_FAULT:
        return RUN_RESET;
    case SESSION_STOPPED:
        return 128 + run_interrupted;
    default:
        return RUN_INFRASTRUCTURE;
    }
}

static void usage_exit(const char *problem, const char *what)
{
    fprintf(stderr, "orrery-run: %s%s (--help tells more)\n", problem, what);
    exit(RUN_USAGE);
}

static uint64_t number_read(const char *option, const char *text, uint64_t least, uint64_t most)
{
    char *rest;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &rest, 10);
    if (*text < '0' || *text > '9' || *rest != '\0' || errno != 0 || value < least ||
        value > most) {
        fprintf(stderr, "orrery-run: %s: a number from %llu to %llu, not %s\n", option,
                (unsigned long long)least, (unsigned long long)most, text);
        exit(RUN_USAGE);
    }
    return value;
}

/* Which of two words an option has. */
static bool is_second(const char *option, const char *text, const char *first, const char *second)
{
    if (strcmp(text, first) != 0 && strcmp(text, second) != 0) {
        fprintf(stderr, "orrery-run: %s: %s or %s, not %s\n", option, first, second, text);
        exit(RUN_USAGE);
    }
    return strcmp(text, second) == 0;
}

struct choices {
    const char *script, *kernel;
    bool qemu;
};

static const struct option option_rows[] = {
    {"script", 1, NULL, 's'},   {"kernel", 1, NULL, 'k'}, {"cpus", 1, NULL, 'c'},
    {"memory", 1, NULL, 'm'},   {"ips", 1, NULL, 'i'},    {"media", 1, NULL, 'd'},
    {"view", 1, NULL, 'v'},     {"trace", 0, NULL, 't'},  {"prompt", 1, NULL, 'p'},
    {"emulator", 1, NULL, 'e'}, {"ticks", 1, NULL, 'b'},  {"quiet", 1, NULL, 'q'},
    {"delays", 1, NULL, 'D'},   {"stops", 1, NULL, 'S'},  {"help", 0, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void option_take(struct run *run, struct choices *choices, int letter)
{
    switch (letter) {
    case 's':
        choices->script = optarg;
        break;
    case 'k':
        choices->kernel = optarg;
        break;
    case 'c':
        run->machine.cpus = (unsigned)number_read("cpus", optarg, 1, 64);
        break;
    case 'm':
        run->machine.memory_mib = (unsigned)number_read("memory", optarg, 4, 1 << 20);
        break;
    case 'i':
        run->machine.ips = number_read("ips", optarg, 1000000, 1000000000);
        break;
    case 'd':
        run->machine.media = is_second("media", optarg, "cd", "disk") ? BOCHS_DISK : BOCHS_CD;
        break;
    case 'v':
        run->vga = is_second("view", optarg, "serial", "vga");
        break;
    case 'e':
        choices->qemu = is_second("emulator", optarg, "bochs", "qemu");
        break;
    case 'p':
        prompt = optarg;
        break;
    case 'b':
        run->budget_ticks = number_read("ticks", optarg, 1, UINT64_MAX / 4);
        break;
    case 'q':
        run->quiet_ticks = number_read("quiet", optarg, 1, UINT64_MAX / 4);
        break;
    case 'D':
        interleaving.delays = number_read("delays", optarg, 1, UINT64_MAX / 4);
        break;
    case 'S':
        interleaving.stops = number_read("stops", optarg, 1, UINT64_MAX / 4);
        break;
    case 't':
        run->trace = true;
        break;
    case 'h':
        fputs(usage_text, stdout);
        exit(0);
    default:
        exit(RUN_USAGE);
    }
}

/* The kernel's file: as asked for, or beside the image if it is there. */
static const char *kernel_path(const char *asked, const char *image)
{
    const char *slash = strrchr(image, '/');
    char *path;

    if (asked != NULL)
        return asked;
    if (asprintf(&path, "%.*skernel/kernel.elf", slash != NULL ? (int)(slash + 1 - image) : 0,
                 image) < 0)
        abort();
    if (access(path, R_OK) != 0)
        usage_exit("no kernel at ", path);
    return path;
}

static void signals_catch(void)
{
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int count, char **arguments)
{
    struct run run = {0};
    struct choices choices = {0};
    FILE *script = NULL;

    for (int letter; (letter = getopt_long(count, arguments, "", option_rows, NULL)) != -1;)
        option_take(&run, &choices, letter);
    if (optind + 1 != count)
        usage_exit("expected one image", "");
    run.machine.image = arguments[optind];
    if (access(run.machine.image, R_OK) != 0)
        usage_exit("cannot read ", run.machine.image);
    run.kernel = kernel_path(choices.kernel, run.machine.image);
    if (choices.script != NULL && (script = fopen(choices.script, "r")) == NULL)
        usage_exit("cannot read ", choices.script);
    if (script == NULL && !isatty(STDIN_FILENO))
        script = stdin;
    if (script != NULL && run.vga)
        usage_exit("--view vga shows the screen to a person: it takes a terminal and no script",
                   "");
    if (run.vga && choices.qemu)
        usage_exit("--view vga is for Bochs", "");
    if (script != NULL)
        run.lines = script_read(script);
    signals_catch();
    if (choices.qemu)
        return run_qemu(&run);
    return script != NULL ? run_script(&run) : run_live(&run);
}
