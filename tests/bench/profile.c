/*
 * bench-profile: where the instructions of one act go.
 *
 *     bench-profile IMAGE KERNEL_ELF BENCH_ELF ITEM [ROUND]
 *
 * Starts the image, has the shell run `bench ITEM`, and from one round's figure_add to the next has
 * Bochs tell each instruction. Prints how many there were in user mode and in the kernel; then the
 * functions, most expensive first, with their own instructions and how often they were begun; then,
 * if that is short enough to be read, the way through them in order. User code is named after
 * BENCH_ELF, in whatever process it runs; figure_add, the benchmark's own, is in the sum.
 */
#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_DEFAULT 10u
#define STEPS         4000u /* told at a time */
#define KERNEL_HALF   (UINT64_C(1) << 63)

enum { FUNCTIONS_MAX = 512, PATH_SHOWN = 400, PATH_MAX = 100000, CODE_SIZE = 16 };

struct function {
    const char *name;
    uint64_t start;
    uint64_t instructions, calls;
    bool in_kernel;
};

/* A stretch of instructions in one function. */
struct stretch {
    unsigned function;
    unsigned instructions;
};

static struct symbols *kernel, *program;
static struct function functions[FUNCTIONS_MAX];
static unsigned function_count;
static struct stretch path[PATH_MAX];
static unsigned path_length;
static uint64_t figure; /* of the round that is profiled: figure_add's first argument */
static unsigned rounds_left;
static uint8_t code[CODE_SIZE];
static size_t code_size;
static bool is_done;

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "bench-profile: %s: %s\n", what, why);
    exit(1);
}

static unsigned function_of(uint64_t address)
{
    const struct symbols *symbols = address & KERNEL_HALF ? kernel : program;
    uint64_t start;
    const char *name = symbols_function(symbols, address, &start);

    for (unsigned i = 0; i < function_count; i++)
        if (functions[i].start == start)
            return i;
    if (function_count == FUNCTIONS_MAX)
        give_up("profile", "too many functions");
    functions[function_count] = (struct function){
        .name = name ? name : "?", .start = start, .in_kernel = (address & KERNEL_HALF) != 0};
    return function_count++;
}

static void instruction_count(uint64_t address)
{
    unsigned function = function_of(address);

    functions[function].instructions++;
    functions[function].calls += functions[function].start == address;
    if (path_length > 0 && path[path_length - 1].function == function) {
        path[path_length - 1].instructions++;
    } else if (path_length < PATH_MAX) {
        path[path_length++] = (struct stretch){function, 1};
    }
}

/* Lines like "(0).[1234] [0x00000123] 0008:ffffffff80001234 (...): push rbp ; 55". */
static void instructions_count(const char *text)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        uint64_t tick, physical, address;
        unsigned cpu, selector;

        line += *line == '\n';
        if (sscanf(line, "(%u).[%" SCNu64 "] [0x%" SCNx64 "] %x:%" SCNx64, &cpu, &tick, &physical,
                   &selector, &address) == 5)
            instruction_count(address);
    }
}

static bool is_at_figure(struct bochs *bochs, struct bochs_registers *registers)
{
    uint8_t now[CODE_SIZE];

    return bochs_registers(bochs, registers) == 0 && registers->cpl == 3 &&
           bochs_read_linear(bochs, registers->rip, now, code_size) == 0 &&
           memcmp(now, code, code_size) == 0;
}

/* At figure_add, or at another program's code at this address. */
static int stopped(void *address, struct session *session)
{
    struct bochs *bochs = session_bochs(session);
    struct bochs_registers registers;
    const char *text;

    if (!is_at_figure(bochs, &registers) || --rounds_left > 0)
        return 0;
    figure = registers.rdi;
    if (!bochs_command(bochs, "trace on"))
        return -1;
    do {
        do {
            if (!(text = bochs_command(bochs, "s %u", STEPS)))
                return -1;
            instructions_count(text);
        } while (bochs_general_registers(bochs, &registers) == 0 &&
                 registers.rip != *(const uint64_t *)address);
    } while (!is_at_figure(bochs, &registers) || registers.rdi != figure);
    is_done = true;
    return -1;
}

static int functions_compare(const void *a, const void *b)
{
    uint64_t left = (*(const struct function *const *)a)->instructions;
    uint64_t right = (*(const struct function *const *)b)->instructions;

    return (left < right) - (left > right);
}

static const char *where(const struct function *function)
{
    return function->in_kernel ? "kernel" : "user";
}

static void path_print(void)
{
    if (path_length > PATH_SHOWN)
        return;
    printf("\nin order:\n");
    for (unsigned i = 0; i < path_length; i++) {
        const struct function *function = &functions[path[i].function];

        printf("  %-6s %5u  %s\n", where(function), path[i].instructions, function->name);
    }
}

static void functions_print(const char *item)
{
    const struct function *order[FUNCTIONS_MAX];
    uint64_t sums[2] = {0};

    for (unsigned i = 0; i < function_count; i++) {
        sums[functions[i].in_kernel] += functions[i].instructions;
        order[i] = &functions[i];
    }
    printf("one round of %s: %" PRIu64 " instructions, %" PRIu64 " in user mode, %" PRIu64
           " in the kernel\n\n",
           item, sums[0] + sums[1], sums[0], sums[1]);
    printf("own instructions   begun  function\n");
    qsort(order, function_count, sizeof(order[0]), functions_compare);
    for (unsigned i = 0; i < function_count; i++)
        printf("%16" PRIu64 " %7" PRIu64 "  %-6s %s\n", order[i]->instructions, order[i]->calls,
               where(order[i]), order[i]->name);
}

int main(int argc, char **argv)
{
    char error[300] = "", line[64];
    const char *lines[] = {line, NULL};
    uint64_t address;
    struct session_watch watch = {.stopped = stopped, .context = &address};
    struct session_options options = {.machine = {.media = BOCHS_CD},
                                      .lines = lines,
                                      .last_line = "poweroff $?",
                                      .watches = &watch,
                                      .watch_count = 1};
    struct session_result result;

    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: bench-profile IMAGE KERNEL_ELF BENCH_ELF ITEM [ROUND]\n");
        return 2;
    }
    snprintf(line, sizeof(line), "bench %s", argv[4]);
    rounds_left = argc == 6 ? (unsigned)strtoul(argv[5], NULL, 10) : ROUND_DEFAULT;
    options.machine.image = argv[1];
    options.kernel = argv[2];
    if (!(kernel = symbols_open(argv[2], error, sizeof(error))) ||
        !(program = symbols_open(argv[3], error, sizeof(error))))
        give_up("symbols", error);
    if (symbols_find(program, "figure_add", &address) < 0)
        give_up(argv[3], "it has no figure_add");
    watch.address = address;
    code_size = symbols_bytes(program, address, code, sizeof(code));
    session_run(&options, &result);
    if (!is_done)
        give_up(argv[4], result.end == SESSION_POWER_OFF ? "there is no such item, or round"
                                                         : session_end_name(result.end));
    functions_print(argv[4]);
    path_print();
    symbols_close(kernel);
    symbols_close(program);
    return 0;
}
