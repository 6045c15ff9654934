/* Lab 02, first step: what frame_pool_add gave comes out of frame_alloc, each frame once. */
#include "labs/model.h"

START_TEST(empty_pool)
{
    model_start(model_machine, 0);
    for (unsigned order = 0; order < FRAME_ORDERS; order++)
        expect(!model_take(order), "an empty pool handed out a block of order %u", order);
}
END_TEST

START_TEST(every_frame_once)
{
    uint32_t total;

    model_start(model_machine, model_machine_count);
    total = model_count(MODEL_FREE);
    expect(model_take_all(0) == total, "not all %u frames came out", total);
    for (unsigned order = 0; order < FRAME_ORDERS; order++)
        expect(!model_take(order), "a block of order %u from a pool that has nothing left", order);
}
END_TEST

START_TEST(every_order)
{
    const struct model_range range = {1024, 4096};

    for (unsigned order = 0; order < FRAME_ORDERS; order++) {
        model_start(&range, 1);
        expect(model_take_all(order) == 3072u >> order, "%u blocks of order %u should come out",
               3072u >> order, order);
    }
}
END_TEST

START_TEST(splitting)
{
    const struct model_range range = {1024, 2048};

    /* what is left of a block of the largest order after one frame: a block of each lower order */
    model_start(&range, 1);
    model_take(0);
    for (unsigned order = FRAME_ORDERS - 1; order-- > 0;)
        expect(model_take(order), "after one frame was taken, a block of order %u is left", order);
    expect(model_count(MODEL_FREE) == 0, "nothing should be left");
}
END_TEST

START_TEST(no_such_order)
{
    static const unsigned orders[] = {FRAME_ORDERS, FRAME_ORDERS + 1, 31, 32, 64, UINT32_MAX};

    model_start(model_machine, model_machine_count);
    for (unsigned i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        expect(frame_alloc(&model.pool, orders[i]) == FRAME_NONE,
               "order %u does not exist, but a block was handed out", orders[i]);
    expect(model_take_all(0) > 0, "nothing came out afterwards");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {empty_pool, every_frame_once, every_order, splitting,
                                  no_such_order};

    return model_run("frames_alloc", tests, sizeof(tests) / sizeof(tests[0]));
}
