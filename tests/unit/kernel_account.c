/* Accounts against a model: a tree of them, each with what it was charged itself. */
#include "kernel/account.h"
#include "kernel/heap.h"
#include "kernel_test.h"

#define ACCOUNTS 24u
#define STEPS    UINT64_C(2000000)

static struct {
    struct account *account;
    uint32_t creator; /* its number; 0 is the one at the top */
    uint32_t children;
    uint64_t own[ACCOUNT_KINDS]; /* charged to it by the test */
} accounts[ACCOUNTS];
static uint32_t pieces;

void heap_init(struct account *account)
{
    list_init(&account->heap[0]);
}

void *heap_alloc(struct account *account, size_t size)
{
    if (random_below(20) == 0)
        return NULL;
    account_hold(account);
    pieces++;
    return calloc(1, size);
}

void heap_free(void *pointer, size_t size)
{
    (void)size;
    pieces--;
    free(pointer);
}

static struct account_item *item_of(uint32_t number, unsigned kind)
{
    return &accounts[number].account->items[kind];
}

/* What the account and all below it were charged. */
static uint64_t charged_below(uint32_t number, unsigned kind)
{
    uint64_t sum = accounts[number].own[kind];

    for (uint32_t i = 1; i < ACCOUNTS; i++)
        if (accounts[i].account && accounts[i].creator == number)
            sum += charged_below(i, kind);
    return sum;
}

static void invariants_check(void)
{
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        for (unsigned kind = 0; accounts[i].account && kind < ACCOUNT_KINDS; kind++) {
            const struct account_item *item = item_of(i, kind);
            uint64_t used = accounts[i].own[kind];

            for (uint32_t child = 1; child < ACCOUNTS; child++)
                if (accounts[child].account && accounts[child].creator == i)
                    used += item_of(child, kind)->held;
            require(item->used == used);
            require(item->used <= item->held && item->held <= item->limit);
            require(i == 0 || item->held - item->used <= 2 * item->reserve);
            require(charged_below(i, kind) <= item->limit);
        }
}

static void step_charge(uint32_t number, unsigned kind, uint64_t count)
{
    struct account_item *item = item_of(number, kind);
    uint64_t needed = count > item->held - item->used ? count - (item->held - item->used) : 0;
    bool fits = needed <= item->limit - item->held;

    for (const struct account_item *above = item->above; above; above = above->above)
        fits = fits && needed <= above->limit - above->used;
    require(account_charge(item, count) == (needed == 0 || fits));
    if (needed == 0 || fits)
        accounts[number].own[kind] += count;
}

static void step_refund(uint32_t number, unsigned kind)
{
    uint64_t own = accounts[number].own[kind], count = own ? random_below((uint32_t)own + 1) : 0;

    account_refund(item_of(number, kind), count);
    accounts[number].own[kind] -= count;
}

static void step_limit(uint32_t number, unsigned kind)
{
    struct account_item *item = item_of(number, kind);
    uint64_t limit = item->used + random_below(200);
    bool lower = limit <= item->limit;

    if (random_below(20) == 0) {
        require(item->used == 0 || !account_limit(item, item->used - 1));
        require(!account_limit(item, item->limit + 1));
        return;
    }
    require(account_limit(item, limit) == lower);
    require(item->limit == limit || !lower);
}

static void step_create(uint32_t number)
{
    uint32_t place = 1;

    while (place < ACCOUNTS && accounts[place].account)
        place++;
    if (place == ACCOUNTS || !(accounts[place].account = account_create(accounts[number].account)))
        return;
    accounts[place].creator = number;
    accounts[number].children++;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        require(item_of(place, kind)->limit == item_of(number, kind)->limit);
}

/* One without anything left ends, and all of it is its creator's again. */
static void step_end(uint32_t number)
{
    uint32_t creator = accounts[number].creator;

    if (number == 0 || accounts[number].children)
        return;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
        account_refund(item_of(number, kind), accounts[number].own[kind]);
        accounts[number].own[kind] = 0;
    }
    account_release(accounts[number].account);
    accounts[number].account = NULL;
    accounts[creator].children--;
    accounts[creator].account->references--; /* as the heap would with its page */
}

static void top_make(void)
{
    const uint64_t limits[ACCOUNT_KINDS] = {3000, 500, 50, 1000};

    kernel_account = (struct account){0};
    account_init(limits);
    accounts[0].account = &kernel_account;
}

START_TEST(random_steps)
{
    top_make();
    for (uint64_t step = 0, all = steps(STEPS); step < all; step++) {
        uint32_t number = random_below(ACCOUNTS), what = random_below(100);
        unsigned kind = random_below(ACCOUNT_KINDS);

        if (!accounts[number].account)
            continue;
        if (what < 50)
            step_charge(number, kind, random_below(random_below(10) ? 5 : 400));
        else if (what < 80)
            step_refund(number, kind);
        else if (what < 90)
            step_create(number);
        else if (what < 92 && number)
            step_limit(number, kind);
        else
            step_end(number);
        if (step % 16 == 0)
            invariants_check();
    }
    for (uint32_t left = ACCOUNTS; left--;)
        for (uint32_t i = 1; i < ACCOUNTS; i++)
            if (accounts[i].account)
                step_end(i);
    invariants_check();
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        require(kernel_account.items[kind].used == accounts[0].own[kind]);
    require(pieces == 0);
}
END_TEST

/* A chain of accounts has an end, and a charge at its bottom shows all the way up. */
START_TEST(depth)
{
    struct account *chain[ACCOUNT_DEPTH_MAX + 1] = {&kernel_account}, *more;
    uint32_t length = 0;

    top_make();
    for (uint32_t tries = 0; tries < 1000; tries++) {
        if (!(more = account_create(chain[length])))
            continue;
        require(length < ACCOUNT_DEPTH_MAX);
        chain[++length] = more;
    }
    require(length == ACCOUNT_DEPTH_MAX);
    require(account_charge(&chain[length]->items[ACCOUNT_THREADS], 50));
    for (uint32_t i = 0; i <= length; i++)
        require(chain[i]->items[ACCOUNT_THREADS].used == 50);
    require(!account_charge(&chain[1]->items[ACCOUNT_THREADS], 1));
    account_refund(&chain[length]->items[ACCOUNT_THREADS], 50);
    for (uint32_t i = 0; i <= length; i++)
        require(chain[i]->items[ACCOUNT_THREADS].used == 0);
    while (length) {
        account_release(chain[length--]);
        chain[length]->references--;
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_steps, depth};

    return suite_run("kernel account", tests, sizeof tests / sizeof tests[0]);
}
