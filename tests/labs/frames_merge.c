/* Lab 02, third step: free buddies become the block that they were, whatever came in between. */
#include "labs/model.h"

START_TEST(largest_again)
{
    uint32_t largest;

    model_start(model_machine, model_machine_count);
    largest = model_fitting(FRAME_ORDERS - 1);
    for (unsigned order = 0; order < FRAME_ORDERS; order++) {
        model_take_all(order);
        model_give_all();
        expect(model_take_all(FRAME_ORDERS - 1) == largest,
               "all blocks of order %u came back: %u of the largest order should be there", order,
               largest);
        model_give_all();
    }
}
END_TEST

START_TEST(neighbours_that_were_given_apart)
{
    const struct model_range ranges[] = {{1024, 1027}, {1500, 2048}, {1027, 1500}};

    model_start(ranges, 3);
    expect(model_take(FRAME_ORDERS - 1), "frames 1024 to 2047 are one block of the largest order");
}
END_TEST

START_TEST(neighbours_that_are_no_buddies)
{
    const struct model_range ranges[] = {{3, 5}, {7, 9}, {11, 13}};

    model_start(ranges, 3);
    expect(!model_take(1), "two neighbours that are no buddies became a block");
    model_take_all(0);
    model_give_all();
    expect(!model_take(1), "two neighbours that are no buddies became a block");
}
END_TEST

START_TEST(buddies_of_another_order)
{
    const struct model_range range = {16, 32};

    /* frames 16 and 17 come back; 18 and 19 are taken, 20 to 23 free */
    model_start(&range, 1);
    model_take_all(0);
    for (uint32_t i = 0; i < model.blocks_count;) {
        uint64_t frame = model.blocks[i].address / FRAME_SIZE;

        if (frame == 16 || frame == 17 || (frame >= 20 && frame < 24))
            model_give(i);
        else
            i++;
    }
    expect(model_take_all(2) == 1, "one block of order 2 is free");
    expect(model_take_all(1) == 1, "one block of order 1 is free");
    model_give_all();
    expect(model_take(4), "all came back, but the block of order 4 is not there");
}
END_TEST

START_TEST(mixed_orders)
{
    uint32_t largest;

    model_start(model_machine, model_machine_count);
    largest = model_fitting(FRAME_ORDERS - 1);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 500; i++)
            model_take(model_random(5));
        model_give_all();
        expect(model_take_all(FRAME_ORDERS - 1) == largest,
               "after blocks of mixed orders came back, %u of the largest order should be there",
               largest);
        model_give_all();
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {largest_again, neighbours_that_were_given_apart,
                                  neighbours_that_are_no_buddies, buddies_of_another_order,
                                  mixed_orders};

    return model_run("frames_merge", tests, sizeof(tests) / sizeof(tests[0]));
}
