/* Lab 02, second step: what is taken comes back, and nothing else does. */
#include "labs/model.h"

START_TEST(taken_again)
{
    uint32_t total;

    model_start(model_machine, model_machine_count);
    total = model_take_all(0);
    for (unsigned round = 0; round < 3; round++) {
        model_give_all();
        expect(model_take_all(0) == total, "fewer frames than before in round %u", round + 2);
    }
}
END_TEST

START_TEST(twice)
{
    uint64_t a, b;

    model_start(model_machine, model_machine_count);
    model_take(3);
    model_take(3);
    a = model.blocks[0].address;
    b = model.blocks[1].address;
    model_give(0);
    model_refuse(a, 3, "a block for the second time");
    model_give(0);
    model_refuse(b, 3, "a block for the second time, when it is part of a larger one");
    model_refuse(a, 3, "a block for the second time, when it is part of a larger one");
}
END_TEST

START_TEST(another_order)
{
    model_start(model_machine, model_machine_count);
    model_take(3);
    for (unsigned order = 0; order < 20; order++)
        if (order != 3)
            model_refuse(model.blocks[0].address, order, "a block of order 3 as another one");
    model_refuse(model.blocks[0].address, 3 + 0x10000, "an order that does not exist");
    model_give(0);
}
END_TEST

START_TEST(no_block)
{
    uint64_t address;

    model_start(model_machine, model_machine_count);
    model_take(3);
    address = model.blocks[0].address;
    model_refuse(address + 1, 3, "an address that is no frame's");
    for (unsigned i = 1; i < 8; i++)
        model_refuse(address + i * FRAME_SIZE, 0, "the inside of a block");
    model_refuse(0, 0, "frame 0, which is nobody's");
    model_refuse(200 * FRAME_SIZE, 0, "a frame that was never given");
    model_refuse(MODEL_FRAMES * FRAME_SIZE, 0, "a frame behind the table");
    model_refuse(address | UINT64_C(1) << 45, 3, "a frame far behind the table");
    model_refuse(FRAME_NONE, 0, "FRAME_NONE");
    model_give(0);
}
END_TEST

START_TEST(random_steps)
{
    model_start(model_machine, model_machine_count);
    for (unsigned step = 0; step < 60000; step++) {
        bool fill = model_random(100) < (step / 5000 % 2 ? 65u : 35u);

        if (fill)
            model_take(model_random(6) ? model_random(3) : model_random(FRAME_ORDERS));
        else if (model.blocks_count > 0)
            model_give(model_random(model.blocks_count));
    }
    model_give_all();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {taken_again, twice, another_order, no_block, random_steps};

    return model_run("frames_free", tests, sizeof(tests) / sizeof(tests[0]));
}
