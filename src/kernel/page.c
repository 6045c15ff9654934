/* Pages, as page.h tells. The trace of frames stands here, in the caller of frame.c. */
#include "bytes.h"
#include "direct.h"
#include "page.h"
#include "panic.h"
#include "trace.h"

static struct frame_pool pool;

void page_init(struct frame *table, uint64_t count)
{
    frame_pool_init(&pool, table, count);
}

void page_add(uint64_t base, uint64_t size)
{
    frame_pool_add(&pool, base, size);
}

uint64_t page_alloc(struct account *account, unsigned order)
{
    if (account && !account_charge(&account->frames, UINT64_C(1) << order))
        return FRAME_NONE;

    uint64_t address = frame_alloc(&pool, order);

    if (address == FRAME_NONE) {
        trace(TRACE_FRAME_NONE, order, 0);
        if (account)
            account_refund(&account->frames, UINT64_C(1) << order);
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
    return memset(direct_pointer(address), 0, FRAME_SIZE << order);
}

void page_free(struct account *account, uint64_t address, unsigned order)
{
    trace(TRACE_FRAME_FREE, address, order);
    if (!frame_free(&pool, address, order))
        panic("page_free: no block of order %u at %lx", order, address);
    if (account)
        account_refund(&account->frames, UINT64_C(1) << order);
}

unsigned page_order(uint64_t size)
{
    unsigned order = 0;

    while (FRAME_SIZE << order < size)
        order++;
    return order;
}

uint64_t page_free_count(void)
{
    return pool.free;
}

uint64_t page_total_count(void)
{
    return pool.total;
}
