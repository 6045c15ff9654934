/*
 * A second account of a pool of frames, one byte a frame, and a pool that is asked for blocks in
 * step with it. It looks at frame.h's functions and counts alone, not at how the pool keeps itself.
 */
#ifndef TESTS_LABS_MODEL_H
#define TESTS_LABS_MODEL_H

#include <check.h>

#include "kernel/frame.h"

#define MODEL_FRAMES 5000u

/* Fails the test with a sentence for the student. */
#define expect(condition, ...) ((condition) ? (void)0 : ck_abort_msg(__VA_ARGS__))

struct model_range {
    uint32_t first, end; /* frame numbers */
};

enum model_state { MODEL_NOBODYS, MODEL_FREE, MODEL_TAKEN };

struct model_block {
    uint64_t address;
    unsigned order;
};

struct model {
    struct frame_pool pool;
    struct frame table[MODEL_FRAMES];
    uint8_t map[MODEL_FRAMES]; /* enum model_state */
    struct model_block blocks[MODEL_FRAMES];
    uint32_t blocks_count;
};

extern struct model model;

/* Memory as a machine has it: holes, odd borders, a piece right up to the table's end. */
extern const struct model_range model_machine[];
extern const unsigned model_machine_count;

/* A fresh pool with these ranges. */
void model_start(const struct model_range *ranges, unsigned count);

/* The next number of a sequence that is always the same, below `bound`. */
uint32_t model_random(uint32_t bound);

uint32_t model_count(enum model_state state);

/* Is there an aligned block of the order, all free? How many are there? */
uint32_t model_fitting(unsigned order);

/* Takes a block, and checks it; false if there was none, and none is right. */
bool model_take(unsigned order);

/* Gives back block number `index` of those that are taken. */
void model_give(uint32_t index);
void model_give_all(void);

/* Takes every block of the order that there is. Result: how many. */
uint32_t model_take_all(unsigned order);

/* Asks the pool to take back what is no block of its own: refused, and nothing else is different.
 */
void model_refuse(uint64_t address, unsigned order, const char *what);

/* Runs the tests, each with a few seconds' time; the program's exit status. */
int model_run(const char *name, const TTest *const *tests, unsigned count);

#endif
