/* The buddy allocator of frames against a map of bytes, one a frame. */
#include <string.h>

#include "kernel/frame.h"
#include "kernel_test.h"

#define FRAMES 5000u
#define BLOCKS 2000u
#define STEPS  UINT64_C(3000000)

/* Memory as a machine has it: holes, odd borders, a piece right up to the table's end. */
static const struct {
    uint32_t first, end;
} ranges[] = {{1, 159}, {256, 1027}, {1027, 2048}, {2051, 2052}, {2100, 4096}, {4099, FRAMES}};

enum { NOT_OURS, FREE, TAKEN };

struct block {
    uint64_t address;
    unsigned order;
};

static struct frame_pool pool;
static struct frame table[FRAMES];
static uint8_t map[FRAMES];
static struct block blocks[BLOCKS];
static uint32_t block_count;

static void pool_make(void)
{
    memset(table, 0, sizeof table);
    memset(map, NOT_OURS, sizeof map);
    block_count = 0;
    frame_pool_init(&pool, table, FRAMES);
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        frame_pool_add(&pool, (uint64_t)ranges[i].first << FRAME_SHIFT,
                       (uint64_t)(ranges[i].end - ranges[i].first) << FRAME_SHIFT);
        memset(map + ranges[i].first, FREE, ranges[i].end - ranges[i].first);
    }
}

static uint32_t map_count(uint8_t kind)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < FRAMES; i++)
        count += map[i] == kind;
    return count;
}

/* Is there an aligned block of the order in which all is free? */
static bool map_has(unsigned order)
{
    for (uint32_t first = 0; order < FRAME_ORDERS && first < FRAMES; first += 1u << order) {
        uint32_t i = first;

        while (i < FRAMES && i < first + (1u << order) && map[i] == FREE)
            i++;
        if (i == first + (1u << order))
            return true;
    }
    return false;
}

/* The free lists name every free frame once, in the largest blocks there can be. */
static void lists_check(void)
{
    static uint8_t seen[FRAMES];
    uint32_t free = 0;

    memset(seen, 0, sizeof seen);
    for (unsigned order = 0; order < FRAME_ORDERS; order++) {
        uint32_t previous = FRAME_END;

        for (uint32_t at = pool.first[order]; at != FRAME_END; at = table[at].next) {
            uint32_t buddy = at ^ (1u << order);

            require(at < FRAMES);
            require(at % (1u << order) == 0);
            require(table[at].state == FRAME_FREE);
            require(table[at].order == order);
            require(table[at].previous == previous);
            require(order == FRAME_ORDERS - 1 || buddy >= FRAMES ||
                    table[buddy].state != FRAME_FREE || table[buddy].order != order);
            for (uint32_t i = at; i < at + (1u << order); i++) {
                require(map[i] == FREE);
                require(seen[i]++ == 0);
            }
            free += 1u << order;
            previous = at;
        }
    }
    require(free == map_count(FREE));
    require(pool.free == free);
}

static void block_take(unsigned order)
{
    uint64_t address = frame_alloc(&pool, order);
    uint32_t first = (uint32_t)(address >> FRAME_SHIFT);

    if (address == FRAME_NONE) {
        require(!map_has(order));
        return;
    }
    require(order < FRAME_ORDERS);
    require(address % (FRAME_SIZE << order) == 0);
    require(first + (1u << order) <= FRAMES);
    for (uint32_t i = first; i < first + (1u << order); i++) {
        require(map[i] == FREE);
        map[i] = TAKEN;
    }
    blocks[block_count++] = (struct block){address, order};
}

static void block_give(uint32_t index)
{
    struct block block = blocks[index];

    require(frame_free(&pool, block.address, block.order));
    memset(map + (block.address >> FRAME_SHIFT), FREE, 1u << block.order);
    blocks[index] = blocks[--block_count];
}

/* Free what is no allocated block: refused, and not a byte of the pool is different. */
static void block_misuse(void)
{
    static struct frame before[FRAMES];
    struct frame_pool pool_before = pool;
    uint64_t address = (uint64_t)random_below(FRAMES + 100) << FRAME_SHIFT;
    unsigned order = random_below(FRAME_ORDERS + 2);

    switch (random_below(4)) {
    case 0:
        address += 1 + random_below(4095);
        break;
    case 1:
        address |= UINT64_C(1) << (44 + random_below(20));
        break;
    case 2:
        order += UINT16_MAX + 1; /* equal to the true one in 16 bits */
        break;
    }
    for (uint32_t i = 0; i < block_count; i++)
        if (blocks[i].address == address && blocks[i].order == order)
            return;
    memcpy(before, table, sizeof before);
    require(!frame_free(&pool, address, order));
    require(memcmp(before, table, sizeof before) == 0);
    require(memcmp(&pool_before, &pool, sizeof pool) == 0);
}

START_TEST(random_steps)
{
    static struct frame first[FRAMES];

    pool_make();
    lists_check();
    memcpy(first, table, sizeof first);
    for (uint64_t step = 0, count = steps(STEPS); step < count; step++) {
        /* swing between nearly empty and quite full */
        bool fill = random_below(100) < (step / 20000 % 2 ? 60u : 40u);

        if (fill && block_count < BLOCKS)
            block_take(random_below(20) ? random_below(random_below(8) + 1) : random_below(13));
        else if (block_count)
            block_give(random_below(block_count));
        if (step % 64 == 0)
            block_misuse();
        if (step % 8192 == 0)
            lists_check();
    }
    while (block_count)
        block_give(random_below(block_count));
    lists_check();
    for (uint32_t i = 0; i < FRAMES; i++) {
        require(table[i].state == first[i].state);
        if (table[i].state == FRAME_FREE)
            require(table[i].order == first[i].order);
    }
}
END_TEST

START_TEST(exhaustion)
{
    static struct frame before[FRAMES];
    uint32_t total, count = 0;

    pool_make();
    total = map_count(FREE);
    require(pool.total == total);
    for (uint64_t address; (address = frame_alloc(&pool, 0)) != FRAME_NONE; count++) {
        require(map[address >> FRAME_SHIFT] == FREE);
        map[address >> FRAME_SHIFT] = TAKEN;
    }
    require(count == total);
    require(pool.free == 0);
    memcpy(before, table, sizeof before);
    for (unsigned order = 0; order < 100; order++)
        require(frame_alloc(&pool, order) == FRAME_NONE);
    require(memcmp(before, table, sizeof before) == 0);
    for (uint32_t i = 0; i < FRAMES; i++)
        if (map[i] == TAKEN)
            require(frame_free(&pool, (uint64_t)i << FRAME_SHIFT, 0));
    for (uint32_t i = 0; i < FRAMES; i++)
        map[i] = map[i] == TAKEN ? FREE : map[i];
    lists_check();
}
END_TEST

START_TEST(orders_out_of_range)
{
    pool_make();
    require(frame_alloc(&pool, FRAME_ORDERS) == FRAME_NONE);
    require(frame_alloc(&pool, 64) == FRAME_NONE);
    require(frame_alloc(&pool, UINT32_MAX) == FRAME_NONE);
    lists_check();
}
END_TEST

START_TEST(double_free)
{
    uint64_t a, b;

    pool_make();
    a = frame_alloc(&pool, 3);
    b = frame_alloc(&pool, 3);
    require(frame_free(&pool, a, 3));
    require(!frame_free(&pool, a, 3));
    require(frame_free(&pool, b, 3));
    require(!frame_free(&pool, b, 3)); /* by now inside a larger block */
    require(!frame_free(&pool, a, 3));
    lists_check();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_steps, exhaustion, orders_out_of_range, double_free};

    return suite_run("kernel frames", tests, sizeof tests / sizeof tests[0]);
}
