/* Timers, a pairing heap, against a plain array of moments. */
#include "kernel/timer.h"
#include "kernel_test.h"

#define TIMERS 300u
#define STEPS  UINT64_C(1000000)

static struct timers timers;
static struct timer timer[TIMERS];
static uint64_t model[TIMERS]; /* TIMER_NEVER: not set */

static uint64_t model_next(void)
{
    uint64_t next = TIMER_NEVER;

    for (unsigned i = 0; i < TIMERS; i++)
        next = model[i] < next ? model[i] : next;
    return next;
}

static void take_all(uint64_t now)
{
    uint64_t last = 0;

    for (struct timer *taken; (taken = timers_take(&timers, now));) {
        unsigned index = (unsigned)(taken - timer);

        require(index < TIMERS);
        require(taken->when == model[index]);
        require(taken->when >= last);
        require(taken->when <= now);
        require(!timer_is_set(taken));
        last = taken->when;
        model[index] = TIMER_NEVER;
    }
    for (unsigned i = 0; i < TIMERS; i++)
        require(model[i] == TIMER_NEVER || model[i] > now);
}

/* Every timer below `top` is no earlier and its `place` points at it. Gives how many there are. */
static unsigned heap_check(struct timer **place, uint64_t least)
{
    unsigned count = 0;

    for (; *place; place = &(*place)->next) {
        require((*place)->place == place);
        require((*place)->when >= least);
        count += 1 + heap_check(&(*place)->child, (*place)->when);
    }
    return count;
}

START_TEST(random_steps)
{
    uint64_t now = 0;

    for (unsigned i = 0; i < TIMERS; i++)
        model[i] = TIMER_NEVER;
    for (uint64_t step = 0, count = steps(STEPS); step < count; step++) {
        unsigned i = random_below(TIMERS);
        uint64_t when = now + random_below(random_below(2) ? 10 : 1000); /* often the same */

        if (random_below(3) == 0) {
            timer_clear(&timers, &timer[i]);
            model[i] = TIMER_NEVER;
        } else if (model[i] == TIMER_NEVER) {
            timer_set(&timers, &timer[i], when);
            model[i] = when;
        }
        require(timer_is_set(&timer[i]) == (model[i] != TIMER_NEVER));
        if (step % 16 == 0)
            require(timers_next(&timers) == model_next());
        if (random_below(50) == 0)
            take_all(now += random_below(100));
        if (step % 1024 == 0) {
            unsigned set = 0;

            for (unsigned k = 0; k < TIMERS; k++)
                set += model[k] != TIMER_NEVER;
            require(heap_check(&timers.first, 0) == set);
        }
    }
    take_all(TIMER_NEVER - 1);
    require(!timers.first);
}
END_TEST

START_TEST(empty)
{
    struct timer one = {.place = NULL};

    require(timers_next(&timers) == TIMER_NEVER);
    require(!timers_take(&timers, TIMER_NEVER));
    timer_clear(&timers, &one);
    timer_set(&timers, &one, 7);
    require(!timers_take(&timers, 6));
    require(timers_take(&timers, 7) == &one);
    timer_clear(&timers, &one);
    require(timers_next(&timers) == TIMER_NEVER);
}
END_TEST

/* A million timers set in order, taken in order: no recursion, no quadratic time. */
START_TEST(many)
{
    const uint64_t count = 1 << 20;
    struct timer *all = calloc(count, sizeof *all);

    for (uint64_t i = 0; i < count; i++)
        timer_set(&timers, &all[i], i ^ 0x5555);
    for (uint64_t i = 0; i < count; i++)
        require(timers_take(&timers, i) == &all[i ^ 0x5555]);
    free(all);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {empty, random_steps, many};

    return suite_run("kernel timers", tests, sizeof tests / sizeof tests[0]);
}
