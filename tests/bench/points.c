/*
 * bench-points: ticks between two places in the machine.
 *
 *     bench-points IMAGE KERNEL_ELF ACTS_ELF
 *
 * Starts an image whose first program is acts.c and stops it where things begin and end. Prints, a
 * line each, name, least, most, count and median of the instructions:
 *
 * handle-lookup     handle_find in the kernel, from its first instruction to its caller's next
 * frame-alloc       page_alloc of one page, in the same way: with the account and the trace
 * frame-free        page_free of one page
 * interrupt-driver  from the first instruction after the processor took the interrupt to the
 *                   driver's first after its wait
 * interrupt-client  from there to the client's, whom the driver answers
 */
#include "bochs.h"
#include "symbols.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS_MAX 100u

static struct bochs *bochs;
static struct symbols *kernel, *acts;

struct samples {
    const char *name;
    unsigned count;
    uint64_t ticks[ROUNDS_MAX];
};

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "bench-points: %s: %s\n", what, why);
    if (bochs)
        bochs_end(bochs);
    exit(1);
}

static uint64_t address_of(const struct symbols *symbols, const char *name)
{
    uint64_t address;

    if (symbols_find(symbols, name, &address) < 0)
        give_up(name, "there is no such symbol");
    return address;
}

static struct bochs_registers registers_now(void)
{
    struct bochs_registers registers;

    if (bochs_registers(bochs, &registers) < 0)
        give_up("registers", bochs_error(bochs));
    return registers;
}

static unsigned break_at(uint64_t address)
{
    int number = bochs_break(bochs, address);

    if (number < 0)
        give_up("breakpoint", bochs_error(bochs));
    return (unsigned)number;
}

/* Run to a breakpoint; returns the tick. */
static uint64_t run(void)
{
    struct bochs_stop stop;

    if (bochs_continue(bochs, &stop) < 0)
        give_up("run", bochs_error(bochs));
    if (stop.reason != BOCHS_STOP_BREAKPOINT)
        give_up("run", "the machine stopped elsewhere");
    return stop.tick;
}

static uint64_t run_to(uint64_t address)
{
    unsigned number = break_at(address);
    uint64_t tick = run();

    bochs_break_delete(bochs, number);
    return tick;
}

static void sample_add(struct samples *samples, uint64_t ticks)
{
    samples->ticks[samples->count++] = ticks;
}

static int ticks_compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void samples_print(struct samples *samples)
{
    qsort(samples->ticks, samples->count, sizeof(samples->ticks[0]), ticks_compare);
    printf("%s %" PRIu64 " %" PRIu64 " %u %" PRIu64 "\n", samples->name, samples->ticks[0],
           samples->ticks[samples->count - 1], samples->count, samples->ticks[samples->count / 2]);
}

/* From a function's first instruction to where it returns to. Calls with an order are passed over:
 * they carry it as this argument, 0 for one page. */
static void function_measure(const char *name, const char *function,
                             uint64_t (*order)(const struct bochs_registers *))
{
    struct samples samples = {.name = name};
    uint64_t entry = address_of(kernel, function);

    while (samples.count < ROUNDS_MAX) {
        uint64_t start = run_to(entry), caller;
        struct bochs_registers registers = registers_now();

        if (order && order(&registers) != 0)
            continue;
        if (bochs_read_linear(bochs, registers.rsp, &caller, sizeof(caller)) < 0)
            give_up(function, bochs_error(bochs));
        sample_add(&samples, run_to(caller) - start);
    }
    samples_print(&samples);
}

static uint64_t second_argument(const struct bochs_registers *registers)
{
    return registers->rsi;
}

static uint64_t third_argument(const struct bochs_registers *registers)
{
    return registers->rdx;
}

/* At the OUT that makes the interrupt: go to the kernel's first instruction; returns its tick. */
static uint64_t interrupt_take(void)
{
    struct bochs_stop stop;
    struct bochs_registers registers;
    unsigned steps = 0;

    do {
        if (bochs_step(bochs, 1, &stop) < 0)
            give_up("step", bochs_error(bochs));
        registers = registers_now();
    } while (registers.cpl != 0 && ++steps < 10);
    if (registers.cpl != 0)
        give_up("interrupt", "none came");
    return stop.tick - 1; /* that one has been executed */
}

static void interrupt_measure(void)
{
    struct samples driver = {.name = "interrupt-driver"}, client = {.name = "interrupt-client"};
    uint64_t out = address_of(acts, "interrupt_out");
    uint64_t driver_awake = address_of(acts, "driver_awake");
    uint64_t client_awake = address_of(acts, "client_awake");

    while (driver.count < ROUNDS_MAX) {
        uint64_t start;

        run_to(out);
        start = interrupt_take();
        sample_add(&driver, run_to(driver_awake) - start);
        sample_add(&client, run_to(client_awake) - start);
    }
    samples_print(&driver);
    samples_print(&client);
}

int main(int argc, char **argv)
{
    struct bochs_options options = {.media = BOCHS_CD};
    char error[200] = "";
    uint64_t begin;

    if (argc != 4) {
        fprintf(stderr, "usage: bench-points IMAGE KERNEL_ELF ACTS_ELF\n");
        return 2;
    }
    options.image = argv[1];
    if (!(kernel = symbols_open(argv[2], error, sizeof(error))) ||
        !(acts = symbols_open(argv[3], error, sizeof(error))))
        give_up("symbols", error);
    if (!(bochs = bochs_start(&options)))
        give_up("start", bochs_error(NULL));
    begin = address_of(acts, "act_begin");
    run_to(begin);
    function_measure("handle-lookup", "handle_find", NULL);
    run_to(begin);
    function_measure("frame-alloc", "page_alloc", second_argument);
    function_measure("frame-free", "page_free", third_argument);
    run_to(begin);
    interrupt_measure();
    bochs_end(bochs);
    symbols_close(kernel);
    symbols_close(acts);
    return 0;
}
