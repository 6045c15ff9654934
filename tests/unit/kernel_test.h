/* What the kernel's unit tests share: random numbers that repeat. */
#ifndef TESTS_UNIT_KERNEL_TEST_H
#define TESTS_UNIT_KERNEL_TEST_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "suite.h"

/* Like ck_assert, but costs nothing where it holds: tests ask it millions of times. */
#define require(condition) ((condition) ? (void)0 : ck_abort_msg("%s", "not so: " #condition))

static uint64_t random_state = 1;

/* SplitMix64: every test run sees the same numbers. */
static inline uint64_t random_next(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint32_t random_below(uint32_t bound)
{
    return (uint32_t)(((random_next() >> 32) * bound) >> 32);
}

/* How many random steps: KERNEL_UNIT_STEPS in the environment makes the run longer. */
static inline uint64_t steps(uint64_t standard)
{
    const char *factor = getenv("KERNEL_UNIT_STEPS");

    return factor ? standard * strtoull(factor, NULL, 10) : standard;
}

/* Run one suite of one test case; the program's exit status. */
static inline int suite_run(const char *name, const TTest *const tests[], unsigned count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);

    for (unsigned i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_set_timeout(tcase, 300);
    return suite_finish(suite, tcase);
}

#endif
