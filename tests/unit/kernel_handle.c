/* Handles against a model: what was closed never resolves again, rights only shrink. */
#include <string.h>

#include "kernel/direct.h"
#include "kernel/handle.h"
#include "kernel/page.h"
#include "kernel/work.h"
#include "kernel_test.h"

#define THINGS 64u
#define LIVE   3000u
#define STALE  4096u
#define SLOTS  HANDLE_SLOTS
#define STEPS  UINT64_C(10000000)

/* An object that counts what the table tells it. */
struct thing {
    struct object object;
    uint32_t handles; /* made and not closed */
    uint32_t rights;  /* sum of theirs */
};

struct live {
    uint32_t handle, rights, thing;
};

static struct thing things[THINGS];
static struct live live[LIVE];
static uint32_t stale[STALE], live_count, stale_count;
static uint16_t last_generation[SLOTS];                             /* handed out by each slot */
static uint32_t free_slots[2 * SLOTS], free_first, free_end, slots; /* a model of the queue */
static struct account account;
int32_t work_left = INT32_MAX;
static struct handle_table table;
static unsigned pages, pages_left;

bool account_take(struct account_item *item, uint64_t count)
{
    require(item == &account.items[ACCOUNT_HANDLES] && count == 1);
    return false; /* the account holds its limit */
}

void account_give(struct account_item *item, uint64_t keep)
{
    ck_abort_msg("given back: %p, %lu", (void *)item, (unsigned long)keep);
}

void *page_alloc_zeroed(struct account *payer, unsigned order)
{
    require(payer == &account && order == 0);
    if (pages_left == 0)
        return NULL;
    pages_left--;
    pages++;
    return calloc(1, FRAME_SIZE);
}

void page_free(struct account *payer, uint64_t address, unsigned order)
{
    require(payer == &account && order == 0);
    pages--;
    free(direct_pointer(address));
}

/* The table never lets go of the last reference: the test holds one. */
void object_end(struct object *object)
{
    ck_abort_msg("object %p ended", (void *)object);
}

static void thing_made(struct object *object, uint32_t rights)
{
    ((struct thing *)object)->handles++;
    ((struct thing *)object)->rights += rights;
}

static void thing_closed(struct object *object, uint32_t rights, struct handle_table *from)
{
    require(from != NULL);
    require(object->references > 0);
    ((struct thing *)object)->handles--;
    ((struct thing *)object)->rights -= rights;
}

static const struct object_type thing_type = {
    .rights = RIGHT_ALL & ~RIGHT_PHYSICAL,
    .handle_made = thing_made,
    .handle_closed = thing_closed,
};

static void table_make(uint64_t limit)
{
    memset(things, 0, sizeof things);
    for (unsigned i = 0; i < THINGS; i++)
        things[i].object = (struct object){.type = &thing_type, .references = 1};
    memset(last_generation, 0, sizeof last_generation);
    live_count = stale_count = free_first = free_end = slots = 0;
    pages_left = 1000;
    account.items[ACCOUNT_HANDLES] =
        (struct account_item){.held = limit, .limit = limit, .reserve = UINT64_MAX / 2};
    handle_table_init(&table, &account);
}

static void table_unmake(void)
{
    /* in pieces of all sizes */
    do
        work_left = (int32_t)random_below(100);
    while (!handle_table_clear(&table));
    work_left = INT32_MAX;
    require(account.items[ACCOUNT_HANDLES].used == 0 && pages == 0);
    for (unsigned i = 0; i < THINGS; i++)
        require(things[i].object.references == 1 && things[i].handles == 0 &&
                things[i].rights == 0);
}

/* A handle was made: it is the slot that was free for longest, and one that never was. */
static void model_add(uint32_t handle, uint32_t rights, uint32_t thing)
{
    uint32_t slot = handle % SLOTS, generation = handle >> HANDLE_SLOT_BITS;

    if (free_first == free_end) {
        for (uint32_t i = 0; i < HANDLE_LEAF; i++)
            free_slots[free_end++ % (2 * SLOTS)] = slots++;
    }
    require(slot == free_slots[free_first++ % (2 * SLOTS)]);
    require(generation == last_generation[slot] + 1u);
    last_generation[slot] = (uint16_t)generation;
    live[live_count++] = (struct live){handle, rights, thing};
}

static void step_create(void)
{
    uint32_t thing = random_below(THINGS), rights = (uint32_t)random_next() & RIGHT_ALL;
    uint32_t references = things[thing].object.references;
    int64_t handle = handle_create(&table, object_hold(&things[thing].object), rights);

    if (live_count == account.items[ACCOUNT_HANDLES].limit) {
        require(handle == -E_LIMIT && things[thing].object.references == references);
        return;
    }
    require(handle > 0 && handle <= UINT32_MAX);
    model_add((uint32_t)handle, rights & thing_type.rights, thing);
}

static void step_close(uint32_t index)
{
    require(handle_close(&table, live[index].handle) == 0);
    require(handle_close(&table, live[index].handle) == -E_HANDLE);
    stale[stale_count++ % STALE] = live[index].handle;
    if (last_generation[live[index].handle % SLOTS] != UINT16_MAX)
        free_slots[free_end++ % (2 * SLOTS)] = live[index].handle % SLOTS;
    live[index] = live[--live_count];
}

static void step_resolve(uint32_t index)
{
    uint32_t wanted = (uint32_t)(random_next() & random_next() & random_next()), has = 0;
    struct object *object = NULL;
    int64_t result = handle_resolve(&table, live[index].handle, wanted, &object, &has);

    require(result == (wanted & ~live[index].rights ? -E_DENIED : 0));
    if (result == 0)
        require(object == &things[live[index].thing].object && has == live[index].rights);
}

static void step_duplicate(uint32_t index)
{
    uint32_t wanted = (uint32_t)random_next() & live[index].rights;
    int64_t result;

    if (random_below(4) == 0)
        wanted |= (uint32_t)(random_next() & random_next() & random_next());
    result = handle_duplicate(&table, live[index].handle, wanted);
    if (!(live[index].rights & RIGHT_DUPLICATE) || (wanted & ~live[index].rights)) {
        require(result == -E_DENIED);
    } else if (live_count == account.items[ACCOUNT_HANDLES].limit) {
        require(result == -E_LIMIT);
    } else {
        require(result > 0);
        model_add((uint32_t)result, wanted ? wanted : live[index].rights, live[index].thing);
    }
}

/* A handle that was closed, or that somebody guessed. */
static void step_stale(void)
{
    uint32_t handle = (uint32_t)random_next(), has;
    struct object *object;

    if (stale_count && random_below(4))
        handle = stale[random_below(stale_count < STALE ? stale_count : STALE)];
    for (uint32_t i = 0; stale_count == 0 && i < live_count; i++)
        if (live[i].handle == handle)
            return;
    if (handle >> HANDLE_SLOT_BITS == last_generation[handle % SLOTS])
        return; /* a lucky guess */
    require(handle_resolve(&table, handle, 0, &object, &has) == -E_HANDLE);
    require(handle_duplicate(&table, handle, 0) == -E_HANDLE);
    require(handle_close(&table, handle) == -E_HANDLE);
}

/* The table's sums are the model's. */
static void sums_check(void)
{
    uint32_t handles[THINGS] = {0}, rights[THINGS] = {0};

    for (uint32_t i = 0; i < live_count; i++) {
        handles[live[i].thing]++;
        rights[live[i].thing] += live[i].rights;
    }
    for (unsigned i = 0; i < THINGS; i++)
        require(things[i].handles == handles[i] && things[i].rights == rights[i] &&
                things[i].object.references == handles[i] + 1);
    require(account.items[ACCOUNT_HANDLES].used == live_count);
}

START_TEST(random_steps)
{
    table_make(LIVE);
    for (uint64_t step = 0, count = steps(STEPS); step < count; step++) {
        uint32_t kind = random_below(100), index = live_count ? random_below(live_count) : 0;

        if (kind < 20 || live_count == 0)
            step_create();
        else if (kind < 30)
            step_duplicate(index);
        else if (kind < (step / 100000 % 2 ? 50u : 65u))
            step_close(index);
        else if (kind < 90)
            step_resolve(index);
        else
            step_stale();
        if (step % 65536 == 0)
            sums_check();
    }
    sums_check();
    table_unmake();
}
END_TEST

/* A slot serves 65535 generations, then never again. */
START_TEST(retirement)
{
    table_make(LIVE);
    for (uint32_t i = 0; i < HANDLE_LEAF; i++)
        step_create();
    while (last_generation[live[100].handle % SLOTS] < UINT16_MAX) {
        step_close(100); /* the last one takes its place */
        step_create();
        require(slots == HANDLE_LEAF);
        live[LIVE - 1] = live[100];
        live[100] = live[live_count - 1];
        live[live_count - 1] = live[LIVE - 1];
    }
    step_close(100);
    step_create();
    require(slots == 2 * HANDLE_LEAF); /* no free slot was left of the first page */
    for (uint32_t i = 0; i < 3 * HANDLE_LEAF; i++) {
        step_create();
        step_stale();
    }
    table_unmake();
}
END_TEST

START_TEST(all_slots)
{
    struct object *object = &things[0].object, *found;
    uint32_t has;

    table_make(SLOTS + 10);
    for (uint32_t i = 0; i < SLOTS; i++)
        require(handle_create(&table, object_hold(object), RIGHT_ALL) > 0);
    require(handle_create(&table, object_hold(object), RIGHT_ALL) == -E_LIMIT);
    require(account.items[ACCOUNT_HANDLES].used == SLOTS && object->references == SLOTS + 1);
    require(handle_resolve(&table, 0x10000 | (SLOTS - 1), 0, &found, &has) == 0);
    table_unmake();
}
END_TEST

/* Without memory for the table: an error, nothing held, nothing charged; later all is well. */
START_TEST(no_memory)
{
    struct object *object = &things[0].object;

    for (unsigned left = 0; left < 3; left++) {
        table_make(LIVE);
        pages_left = left;
        for (uint32_t i = 0; i < 2 * HANDLE_LEAF; i++) {
            bool there = left == 2 && i < HANDLE_LEAF;
            int64_t result = handle_create(&table, object_hold(object), RIGHT_ALL);

            require(there ? result > 0 : result == -E_MEMORY);
        }
        require(account.items[ACCOUNT_HANDLES].used == (left == 2 ? HANDLE_LEAF : 0));
        pages_left = 10;
        require(handle_create(&table, object_hold(object), RIGHT_ALL) > 0);
        table_unmake();
    }
}
END_TEST

START_TEST(empty)
{
    struct object *object;
    uint32_t has;

    table_make(LIVE);
    require(handle_close(&table, 0) == -E_HANDLE);
    require(handle_resolve(&table, UINT32_MAX, 0, &object, &has) == -E_HANDLE);
    table_unmake();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_steps, retirement, all_slots, no_memory, empty};

    return suite_run("kernel handles", tests, sizeof tests / sizeof tests[0]);
}
