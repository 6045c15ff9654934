/*
 * bench: measure and print, a line an item: `NAME LEAST MOST COUNT MEDIAN`, in ticks an act.
 *
 * null-enter       enter(0, 0, 0) with nobody else ready, and back
 * ring-N           a no-op through the ring in batches of N: pushed, entered, popped
 * duplicate        duplicating or closing a handle, above a no-op
 * context-switch   a yield from one thread to another: enter there, return here
 * sync-call        a write of nothing to an object of another process, answered
 * ring-call        the same in batches of 64
 * page-fault       the first touch of a page of fresh memory
 * spawn            starting a program of 64 KiB, until its main
 * exit             from there to its end being known to who waits
 *
 * `bench crowd` measures the same while a thousand other processes are there; `bench ITEM` measures
 * one alone.
 * `bench load` raises the load on a server step by step (load.c). `bench throughput N` does no-ops
 * on several processors (throughput.c).
 *
 * The measuring thread has a ring of its own, large enough for the largest batch.
 */
#include "programs/bench/bench.h"

/* Makes the program as large as the one that `spawn` is defined for. */
static const uint8_t ballast[48 << 10] __attribute__((used)) = {1};

uint64_t overhead;

static const char *wanted; /* item; null: all of them */
static unsigned measured;

bool item_wanted(const char *name)
{
    if (wanted && strcmp(wanted, name) != 0)
        return false;
    measured++;
    return true;
}

void figure_add(struct figure *figure, uint64_t ticks, uint64_t acts, uint64_t known)
{
    uint64_t other = known + overhead;

    figure->ticks[figure->count++] = (ticks > other ? ticks - other : 0) / acts;
}

void figure_sort(struct figure *figure)
{
    uint64_t *ticks = figure->ticks;

    /* one by one to their places: most are equal */
    for (uint64_t i = 1; i < figure->count; i++) {
        uint64_t value = ticks[i], place = i;

        for (; place > 0 && ticks[place - 1] > value; place--)
            ticks[place] = ticks[place - 1];
        ticks[place] = value;
    }
}

uint64_t figure_at(const struct figure *figure, unsigned thousandth)
{
    return figure->ticks[(figure->count - 1) * thousandth / 1000];
}

void figure_print(struct figure *figure, const char *name)
{
    figure_sort(figure);
    print("%-16s %8lu %8lu %6lu %8lu\n", name, figure_at(figure, 0), figure_at(figure, 1000),
          figure->count, figure_at(figure, 500));
    /* the console answers this when the line has left the wire: its interrupts are over */
    object_write(handle_named("out"), NULL, 0, 0);
}

static void overhead_measure(void)
{
    uint64_t start = tick_read();

    overhead = tick_read() - start;
}

int64_t role_start(const char *role, uint32_t port)
{
    const char *const arguments[] = {"bench", role};
    struct program_handle handle = {"port", port, 0};
    uint32_t root = handle_named("root");
    int64_t binary = path_open(root, "/files/bench", 0);
    int64_t processes = path_open(root, "/processes", 0);
    int64_t process = binary < 0 ? binary : processes;

    if (process >= 0)
        process = program_start_with(&(struct program_start){.name = arguments[1],
                                                             .processes = (uint32_t)processes,
                                                             .binary = (uint32_t)binary,
                                                             .arguments = arguments,
                                                             .argument_count = 2,
                                                             .handles = &handle,
                                                             .handle_count = port != 0});
    if (processes >= 0)
        handle_close((uint32_t)processes);
    if (binary >= 0)
        handle_close((uint32_t)binary);
    return process;
}

static bool in_crowd, under_load;

static int measure(void *event)
{
    static int64_t (*const benches[])(void) = {bench_enter, bench_switch, bench_calls, bench_memory,
                                               bench_spawn};
    uint64_t done = 1;
    int64_t result = in_crowd ? crowd_open() : 0;

    overhead_measure();
    if (under_load)
        result = bench_load();
    for (size_t i = 0; !under_load && result >= 0 && i < sizeof(benches) / sizeof(benches[0]); i++)
        result = benches[i]();
    if (result < 0) {
        print("bench: %s\n", error_text(result));
        done = 2;
    } else if (measured == 0 && !under_load) {
        print("bench: there is no item %s\n", wanted);
        done = 2;
    }
    if (in_crowd)
        crowd_close();
    object_write((uint32_t)(uintptr_t)event, &done, sizeof(done), 0);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t event, thread;
    uint64_t done;

    if (argc == 2 && strcmp(argv[1], ROLE_STAMP) == 0)
        program_exit((int64_t)tick_read());
    if (argc == 2 && strcmp(argv[1], ROLE_SERVER) == 0)
        return bench_server();
    if (argc == 2 && strcmp(argv[1], ROLE_MEMBER) == 0)
        return crowd_member();
    in_crowd = argc == 2 && strcmp(argv[1], "crowd") == 0;
    under_load = argc == 2 && strcmp(argv[1], "load") == 0;
    if (argc == 3 && strcmp(argv[1], "throughput") == 0 && text_to_number(argv[2], &done))
        return bench_throughput(done);
    if (argc > 2) {
        print("usage: bench [crowd | load | throughput PROCESSORS | ITEM]\n");
        return 2;
    }
    if (argc == 2 && !in_crowd && !under_load)
        wanted = argv[1];
    event = object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);
    thread = event < 0 ? event : thread_create(measure, (void *)event, RING_LARGE);
    if (thread < 0) {
        print("bench: %s\n", error_text(thread));
        return 1;
    }
    object_read((uint32_t)event, &done, sizeof(done), 0);
    return done == 1 ? 0 : 1;
}
