/* A person at the terminal: the terminal in raw mode, connected to the guest. */
#include "names.h"
#include "run.h"

#include "abi/layout.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TRACE_PERIOD_MS = 200, SCREEN_ROWS = 25 };

struct live {
    const struct run *run;
    struct bochs *bochs;
    struct symbols *kernel;
    int power_off, panic, trace_init;
    int guest; /* descriptor that carries what the person sees and types */
    struct trace_reader reader;
    uint64_t trace_pointer, trace_mask;
    bool done;
    int status;
};

static int memory_read(void *context, uint64_t physical, void *buffer, size_t size)
{
    return bochs_read(context, physical, buffer, size);
}

static int breakpoint_at(struct live *live, const char *name)
{
    uint64_t address;

    return symbols_find(live->kernel, name, &address) == 0 ? bochs_break(live->bochs, address) : -1;
}

/* The kernel is about to start its trace: it is to write all events. */
static void trace_turn_on(struct live *live, const struct bochs_stop *stop)
{
    static const uint64_t all = UINT64_MAX;

    if (stop->reason == BOCHS_STOP_BREAKPOINT && (int)stop->breakpoint == live->trace_init &&
        bochs_write_linear(live->bochs, live->trace_mask, &all, sizeof(all)) != 0)
        fprintf(stderr, "%s\r\n", bochs_error(live->bochs));
}

/* Shows the records written since the last stop; before the kernel runs there is nothing to find.
 */
static void trace_show(struct live *live)
{
    uint64_t pointer;

    if (!live->run->trace || live->trace_pointer == 0 ||
        bochs_read_linear(live->bochs, live->trace_pointer, &pointer, sizeof(pointer)) != 0 ||
        pointer < DIRECT_MAP_BASE)
        return;
    if (trace_take(&live->reader, pointer - DIRECT_MAP_BASE, run_print_record, NULL) != 0)
        fprintf(stderr, "%s\r\n", live->reader.error);
}

static void finish(struct live *live, int status, const char *why)
{
    live->done = true;
    live->status = status;
    run_terminal_restore();
    if (why != NULL)
        fprintf(stderr, "\norrery-run: %s\n", why);
}

/* Tell how to leave below the machine's screen, if the terminal is larger, and in its title. */
static void hint_show(void)
{
    char text[80];
    struct winsize window;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_row <= SCREEN_ROWS)
        window.ws_row = 0;
    snprintf(text, sizeof(text), "\033]2;Ctrl-] leaves\007");
    if (window.ws_row != 0)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "\0337\033[%u;1H\033[mCtrl-] leaves.\0338", window.ws_row);
    run_copy(STDOUT_FILENO, text, strlen(text));
}

static void guest_to_terminal(struct live *live)
{
    struct pollfd rest = {.fd = live->guest, .events = POLLIN};
    char buffer[4096];
    ssize_t size = read(live->guest, buffer, sizeof(buffer));

    if (size > 0)
        run_copy(STDOUT_FILENO, buffer, (size_t)size);
    /* not between the parts of what draws the screen */
    if (live->run->vga && poll(&rest, 1, 0) == 0)
        hint_show();
}

static void handle_stop(struct live *live, const struct bochs_stop *stop)
{
    struct bochs_registers registers;
    struct pollfd rest = {.fd = live->guest, .events = POLLIN};

    trace_turn_on(live, stop);
    trace_show(live);
    if (stop->reason == BOCHS_STOP_ENDED) {
        finish(live, RUN_INFRASTRUCTURE, bochs_error(live->bochs));
    } else if (stop->reason == BOCHS_STOP_TRIPLE || stop->reason == BOCHS_STOP_RESET) {
        finish(live, RUN_RESET, "triple fault, or the machine was reset");
    } else if (stop->reason == BOCHS_STOP_BREAKPOINT && (int)stop->breakpoint == live->panic) {
        while (poll(&rest, 1, 50) > 0)
            guest_to_terminal(live);
        finish(live, RUN_PANIC, "the kernel panicked");
    } else if (stop->reason == BOCHS_STOP_BREAKPOINT && (int)stop->breakpoint == live->power_off) {
        while (poll(&rest, 1, 50) > 0)
            guest_to_terminal(live);
        finish(live, 0, NULL);
        if (bochs_registers(live->bochs, &registers) == 0)
            live->status = run_status_of(registers.rdi);
    } else if (bochs_resume(live->bochs) != 0) {
        finish(live, RUN_INFRASTRUCTURE, bochs_error(live->bochs));
    }
}

static void terminal_to_guest(struct live *live)
{
    char buffer[256];
    ssize_t size = read(STDIN_FILENO, buffer, sizeof(buffer));
    char *leave = size > 0 ? memchr(buffer, RUN_LEAVE_KEY, (size_t)size) : NULL;

    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN) || leave != NULL)
        finish(live, 0, size > 0 ? "left the machine" : "the terminal is gone");
    else if (size > 0)
        run_copy(live->guest, buffer, (size_t)size);
}

static void converse(struct live *live)
{
    struct pollfd wanted[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = live->guest, .events = POLLIN},
        {.fd = bochs_prompt_descriptor(live->bochs), .events = POLLIN},
    };
    struct bochs_stop stop;

    while (!live->done) {
        int ready = poll(wanted, 3, live->run->trace ? TRACE_PERIOD_MS : -1);

        if (run_interrupted != 0) {
            finish(live, 128 + run_interrupted, NULL);
            break;
        }
        if (ready == 0)
            bochs_interrupt(live->bochs);
        if (ready <= 0)
            continue;
        if (wanted[1].revents != 0)
            guest_to_terminal(live);
        if (wanted[0].revents != 0)
            terminal_to_guest(live);
        if (wanted[2].revents == 0 || live->done)
            continue;

        int result = bochs_poll(live->bochs, 0, &stop);

        if (result < 0)
            finish(live, RUN_INFRASTRUCTURE, bochs_error(live->bochs));
        else if (result == 1)
            handle_stop(live, &stop);
    }
}

static int start(struct live *live)
{
    struct bochs_options machine = live->run->machine;
    uint64_t address;

    machine.realtime = true;
    machine.terminal = live->run->vga ? getenv("TERM") : NULL;
    live->bochs = bochs_start(&machine);
    if (live->bochs == NULL) {
        fprintf(stderr, "orrery-run: %s\n", bochs_error(NULL));
        return -1;
    }
    live->power_off = breakpoint_at(live, NAME_POWER_OFF);
    live->panic = breakpoint_at(live, NAME_PANIC);
    live->trace_init = -1;
    if (live->run->trace) {
        breakpoint_at(live, NAME_TRACE_FULL);
        symbols_find(live->kernel, NAME_TRACE_BUFFER, &live->trace_pointer);
        if (symbols_find(live->kernel, NAME_TRACE_FULL, &address) != 0)
            live->trace_pointer = 0;
        if (symbols_find(live->kernel, NAME_TRACE_MASK, &live->trace_mask) == 0)
            live->trace_init = breakpoint_at(live, NAME_TRACE_INIT);
    }
    live->reader = (struct trace_reader){
        .read = memory_read,
        .context = live->bochs,
        .cpus = machine.cpus != 0 ? machine.cpus : 1,
        .memory_size = (uint64_t)(machine.memory_mib != 0 ? machine.memory_mib : 128) << 20,
    };
    bochs_set_live(live->bochs, !live->run->vga, live->run->vga);
    live->guest = live->run->vga ? bochs_screen_descriptor(live->bochs)
                                 : bochs_console_descriptor(live->bochs);
    return 0;
}

int run_live(const struct run *run)
{
    struct live live = {.run = run, .status = RUN_INFRASTRUCTURE};
    char error[300];

    live.kernel = symbols_open(run->kernel, error, sizeof(error));
    if (live.kernel == NULL) {
        fprintf(stderr, "orrery-run: %s\n", error);
        return RUN_INFRASTRUCTURE;
    }
    if (start(&live) == 0) {
        fprintf(stderr, "Ctrl-] leaves.\n");
        if (run_terminal_raw() != 0 || bochs_resume(live.bochs) != 0)
            finish(&live, RUN_INFRASTRUCTURE, bochs_error(live.bochs));
        converse(&live);
        bochs_end(live.bochs);
        if (run->vga)
            fputs("\033[?1049l\033[m\033[?25h\n", stdout);
    }
    symbols_close(live.kernel);
    run_terminal_restore();
    return live.status;
}
