/* What processors count: each number, and that a reader may only look. */
#include "guest.h"

#include "abi/processor.h"

const char *const guest_name = "counts";

#define MS UINT64_C(1000000)

static uint32_t processors;

/* All processors' counts, added up. */
static struct processor_counts now(void)
{
    static struct processor_counts all[PROCESSORS_MAX];
    struct processor_counts sum = {0};

    processors = handle_named("processors");
    if (object_read(processors, all, sizeof(all), 0) != sizeof(all))
        return sum;
    for (unsigned i = 0; i < PROCESSORS_MAX; i++)
        for (unsigned word = 0; word < sizeof(sum) / 8; word++)
            ((uint64_t *)&sum)[word] += ((uint64_t *)&all[i])[word];
    return sum;
}

static void batches(void)
{
    struct processor_counts before = now(), after;

    for (uint64_t size = 1; size <= 32; size *= 2) {
        for (uint64_t i = 0; i < size; i++)
            check(push(OP_NOP, 0, 0, i));
        check_is(submit_all(size), size);
        for (uint64_t i = 0; i < size; i++)
            check_is(result_of(i), 0);
    }
    after = now();
    check_is(after.enters - before.enters, 7); /* and the one that read them */
    check_is(after.requests - before.requests, 64);
    check_is(after.batches[0] - before.batches[0], 2);
    for (unsigned i = 1; i <= 5; i++)
        check_is(after.batches[i] - before.batches[i], 1);
}

static void bytes(void)
{
    static char buffer[10000];
    uint32_t memory = (uint32_t)memory_create(sizeof(buffer));
    struct processor_counts before = now(), after;

    check_is(object_write(memory, buffer, sizeof(buffer), 0), sizeof(buffer));
    after = now();
    check_is(after.bytes - before.bytes, sizeof(buffer) + PROCESSORS_MAX * sizeof(before));
}

static void child_switches(void)
{
    for (unsigned i = 0; i < 50; i++)
        enter(0, 1, time_now_ns() + MS / 10);
}

static void time_passes(void)
{
    struct processor_counts before = now(), after;

    check_is(child_run("switches", NULL, 0).status, 0);
    enter(0, 1, time_now_ns() + 10 * MS);
    after = now();
    check(after.switches - before.switches >= 50);
    check(after.root_loads - before.root_loads >= 2);
    check(after.interrupts - before.interrupts >= 50);
    check(after.exceptions - before.exceptions >= 3); /* pages of the child's stack and data */
    check(after.idle_ticks > before.idle_ticks);
}

/* The page can be seen, not changed. */
static void only_to_look(void)
{
    const volatile struct processor_counts *counts;
    uint64_t word = 0, requests;
    int64_t address;

    processors = handle_named("processors");
    address = object_map(self, processors, MAP_READ, 0, PAGE_SIZE, 0);
    check(address > 0);
    counts = (const volatile struct processor_counts *)(uintptr_t)address;
    requests = counts[0].requests;
    check_is(push(OP_NOP, 0, 0, 0) && submit_all(1) == 1, 1);
    check(counts[0].requests + counts[1].requests > requests);
    check_is(object_write(processors, &word, 8, 0), -E_DENIED);
    check_is(object_map(self, processors, MAP_WRITE, 0, PAGE_SIZE, 0), -E_DENIED);
    check_is(object_get(processors, PROPERTY_SIZE), PAGE_SIZE);
}

const struct guest_test guest_tests[] = {
    {"batches", batches},           {"bytes", bytes}, {"time-passes", time_passes},
    {"only-to-look", only_to_look}, {NULL, NULL},
};

const struct guest_test guest_children[] = {{"switches", child_switches}, {NULL, NULL}};
