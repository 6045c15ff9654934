/* Pages, as page.h tells. The trace of frames stands here, in the caller of frame.c. */
#include "bytes.h"
#include "direct.h"
#include "page.h"
#include "panic.h"
#include "trace.h"
#include "work.h"

struct frame_pool page_pool;

uint64_t page_alloc(struct account *account, unsigned order)
{
    if (account && !account_charge(&account->items[ACCOUNT_FRAMES], UINT64_C(1) << order))
        return FRAME_NONE;

    uint64_t address = frame_alloc(&page_pool, order);

    if (address == FRAME_NONE) {
        trace(TRACE_FRAME_NONE, order, 0);
        if (account)
            account_refund(&account->items[ACCOUNT_FRAMES], UINT64_C(1) << order);
        return FRAME_NONE;
    }
    trace(TRACE_FRAME_ALLOC, address, order);
    return address;
}

void *page_alloc_zeroed(struct account *account, unsigned order)
{
    uint64_t address = page_alloc(account, order);

    if (address == FRAME_NONE)
        return NULL;
    work_spend(UINT64_C(8) << order);
    return memset(direct_pointer(address), 0, FRAME_SIZE << order);
}

void page_free(struct account *account, uint64_t address, unsigned order)
{
    trace(TRACE_FRAME_FREE, address, order);
    work_spend(1);
    if (!frame_free(&page_pool, address, order))
        panic("page_free: no block of order %u at %lx", order, address);
    if (account)
        account_refund(&account->items[ACCOUNT_FRAMES], UINT64_C(1) << order);
}

/* A block that was taken and is too high, kept in itself until the search is over. */
struct high_block {
    struct high_block *next;
    unsigned order;
};

/* Take a block; those that are too high before it go to `*high`. */
static uint64_t block_below(unsigned order, uint64_t highest, struct high_block **high)
{
    uint64_t address;

    while ((address = page_alloc(NULL, order)) != FRAME_NONE &&
           address + (FRAME_SIZE << order) - 1 > highest) {
        struct high_block *block = direct_pointer(address);

        *block = (struct high_block){*high, order};
        *high = block;
    }
    return address;
}

uint64_t page_alloc_below(struct account *account, unsigned order, uint64_t highest)
{
    struct high_block *high = NULL;
    uint64_t address = FRAME_NONE;

    if (highest == UINT64_MAX)
        return page_alloc(account, order);
    if (!account_charge(&account->items[ACCOUNT_FRAMES], UINT64_C(1) << order))
        return FRAME_NONE;
    /* the largest blocks first: so each that is too high is taken whole, and none is split */
    for (unsigned large = FRAME_ORDERS; large-- > order;) {
        address = block_below(large, highest, &high);
        if (address != FRAME_NONE && large > order)
            page_free(NULL, address, large);
    }
    if (address == FRAME_NONE)
        account_refund(&account->items[ACCOUNT_FRAMES], UINT64_C(1) << order);
    while (high) {
        struct high_block block = *high;

        page_free(NULL, direct_physical(high), block.order);
        high = block.next;
    }
    return address;
}

/* How many holders a page has beside the first. */
static uint32_t *shares_of(uint64_t address)
{
    return &page_pool.frames[address >> FRAME_SHIFT].shares;
}

bool page_is_shared(uint64_t address)
{
    return address >> FRAME_SHIFT<page_pool.count && * shares_of(address)> 0;
}

bool page_share(struct account *account, uint64_t address)
{
    if (*shares_of(address) == UINT32_MAX || !account_charge(&account->items[ACCOUNT_FRAMES], 1))
        return false;
    ++*shares_of(address);
    return true;
}

void page_release(struct account *account, uint64_t address)
{
    if (!page_is_shared(address)) {
        page_free(account, address, 0);
        return;
    }
    --*shares_of(address);
    account_refund(&account->items[ACCOUNT_FRAMES], 1);
}

uint64_t page_copy(uint64_t address)
{
    uint64_t copy = page_alloc(NULL, 0); /* it is paid for: the holder's charge passes to it */

    if (copy == FRAME_NONE)
        return FRAME_NONE;
    memcpy(direct_pointer(copy), direct_pointer(address), PAGE_SIZE);
    --*shares_of(address);
    return copy;
}

unsigned page_order(uint64_t size)
{
    unsigned order = 0;

    while (FRAME_SIZE << order < size)
        order++;
    return order;
}
