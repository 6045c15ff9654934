/* The model of a pool, as model.h tells. */
#include "labs/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model model;

const struct model_range model_machine[] = {{1, 159},     {256, 1027},  {1027, 2048},
                                            {2051, 2052}, {2100, 4096}, {4099, MODEL_FRAMES}};
const unsigned model_machine_count = sizeof(model_machine) / sizeof(model_machine[0]);

static uint64_t random_state = 1;

uint32_t model_random(uint32_t bound)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z >> 32) * bound >> 32);
}

uint32_t model_count(enum model_state state)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < MODEL_FRAMES; i++)
        count += model.map[i] == state;
    return count;
}

static void counts_check(void)
{
    uint32_t free = model_count(MODEL_FREE);

    expect(model.pool.free == free, "pool->free is %lu, but %u frames are free",
           (unsigned long)model.pool.free, free);
}

void model_start(const struct model_range *ranges, unsigned count)
{
    uint64_t total = 0;

    memset(&model, 0, sizeof(model));
    frame_pool_init(&model.pool, model.table, MODEL_FRAMES);
    for (unsigned i = 0; i < count; i++) {
        uint32_t frames = ranges[i].end - ranges[i].first;

        frame_pool_add(&model.pool, ranges[i].first * FRAME_SIZE, frames * FRAME_SIZE);
        memset(model.map + ranges[i].first, MODEL_FREE, frames);
        total += frames;
        expect(model.pool.total == total, "pool->total is %lu after %lu frames were added",
               (unsigned long)model.pool.total, (unsigned long)total);
    }
    counts_check();
}

static bool is_fitting(uint32_t first, unsigned order)
{
    if (first + (1u << order) > MODEL_FRAMES)
        return false;
    for (uint32_t i = first; i < first + (1u << order); i++)
        if (model.map[i] != MODEL_FREE)
            return false;
    return true;
}

uint32_t model_fitting(unsigned order)
{
    uint32_t count = 0;

    for (uint32_t first = 0; order < FRAME_ORDERS && first < MODEL_FRAMES; first += 1u << order)
        count += is_fitting(first, order);
    return count;
}

static void block_check(uint64_t address, unsigned order)
{
    uint64_t first = address / FRAME_SIZE;

    expect(address % FRAME_SIZE == 0, "address %#lx is not that of a frame",
           (unsigned long)address);
    expect(first % (UINT64_C(1) << order) == 0, "the block of order %u at frame %lu is not aligned",
           order, (unsigned long)first);
    expect(first + (UINT64_C(1) << order) <= MODEL_FRAMES,
           "the block of order %u at frame %lu ends behind the table", order, (unsigned long)first);
    for (uint64_t i = first; i < first + (UINT64_C(1) << order); i++) {
        expect(model.map[i] != MODEL_NOBODYS, "frame %lu was handed out, but never given",
               (unsigned long)i);
        expect(model.map[i] != MODEL_TAKEN, "frame %lu was handed out twice", (unsigned long)i);
    }
}

bool model_take(unsigned order)
{
    uint64_t address = frame_alloc(&model.pool, order);

    if (address == FRAME_NONE) {
        expect(model_fitting(order) == 0, "no block of order %u, but there are %u (%s)", order,
               model_fitting(order), "free buddies merge");
        counts_check();
        return false;
    }
    expect(order < FRAME_ORDERS, "a block of order %u, which does not exist", order);
    block_check(address, order);
    memset(model.map + address / FRAME_SIZE, MODEL_TAKEN, 1u << order);
    model.blocks[model.blocks_count++] = (struct model_block){address, order};
    return true;
}

void model_give(uint32_t index)
{
    struct model_block block = model.blocks[index];

    expect(frame_free(&model.pool, block.address, block.order),
           "the block of order %u at frame %lu is taken, but was not taken back", block.order,
           (unsigned long)(block.address / FRAME_SIZE));
    memset(model.map + block.address / FRAME_SIZE, MODEL_FREE, 1u << block.order);
    model.blocks[index] = model.blocks[--model.blocks_count];
}

void model_give_all(void)
{
    while (model.blocks_count > 0)
        model_give(model_random(model.blocks_count));
    counts_check();
}

uint32_t model_take_all(unsigned order)
{
    uint32_t count = 0;

    while (model_take(order))
        count++;
    return count;
}

void model_refuse(uint64_t address, unsigned order, const char *what)
{
    static struct frame before[MODEL_FRAMES];
    struct frame_pool pool = model.pool;

    memcpy(before, model.table, sizeof(before));
    expect(!frame_free(&model.pool, address, order), "taken back: %s (address %#lx, order %u)",
           what, (unsigned long)address, order);
    expect(memcmp(&pool, &model.pool, sizeof(pool)) == 0 &&
               memcmp(before, model.table, sizeof(before)) == 0,
           "refused, but the pool is different now: %s (address %#lx, order %u)", what,
           (unsigned long)address, order);
}

/* The last line of the output: what a report has room for. */
static void first_failure_print(SRunner *runner)
{
    TestResult **failures = srunner_failures(runner);

    printf("%s: %s\n", tr_tcname(failures[0]), tr_msg(failures[0]));
    free(failures);
}

int model_run(const char *name, const TTest *const *tests, unsigned count)
{
    Suite *suite = suite_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    for (unsigned i = 0; i < count; i++) {
        TCase *tcase = tcase_create(tests[i]->name);

        tcase_add_test(tcase, tests[i]);
        tcase_set_timeout(tcase, 5);
        suite_add_tcase(suite, tcase);
    }
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    if (failed)
        first_failure_print(runner);
    srunner_free(runner);
    return failed != 0;
}
