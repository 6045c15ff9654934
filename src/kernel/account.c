/* Accounts, as account.h tells. */
#include <stddef.h>

#include "account.h"
#include "heap.h"

#define RESERVE 16u /* of frames and handles, which come one by one */

struct account kernel_account;

void account_init(const uint64_t limits[ACCOUNT_KINDS])
{
    kernel_account.references = 1;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) /* nothing is taken or given above */
        kernel_account.items[kind] = (struct account_item){
            .held = limits[kind], .limit = limits[kind], .reserve = limits[kind]};
    heap_init(&kernel_account);
}

struct account *account_create(struct account *creator)
{
    struct account *account;

    if (creator->depth == ACCOUNT_DEPTH_MAX || !(account = heap_alloc(creator, sizeof *account)))
        return NULL;
    account->references = 1;
    account->depth = creator->depth + 1;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        account->items[kind] =
            (struct account_item){.limit = creator->items[kind].limit,
                                  .reserve = kind <= ACCOUNT_HANDLES ? RESERVE : 0,
                                  .above = &creator->items[kind]};
    heap_init(account);
    return account;
}

struct account *account_hold(struct account *account)
{
    account->references++;
    return account;
}

/* The creator's account is there longer: this one is a piece of its heap. */
void account_release(struct account *account)
{
    if (--account->references)
        return;
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        account_give(&account->items[kind], 0);
    heap_free(account, sizeof *account);
}

bool account_take(struct account_item *item, uint64_t count)
{
    uint64_t wanted = item->used + count - item->held, room = item->limit - item->held, take;

    for (struct account_item *at = item->above; at; at = at->above)
        room = at->limit - at->used < room ? at->limit - at->used : room;
    if (wanted > room)
        return false;
    take = wanted + item->reserve < room ? wanted + item->reserve : room;
    item->held += take;
    /* from here on only what is needed: the top holds its limit, so this ends there */
    for (struct account_item *at = item->above; take; at = at->above) {
        uint64_t free = at->held - at->used;

        at->used += take;
        take = take > free ? take - free : 0;
        at->held += take;
    }
    return true;
}

void account_give(struct account_item *item, uint64_t keep)
{
    for (uint64_t give = item->held - item->used - keep; give; item = item->above) {
        struct account_item *above = item->above;

        item->held -= give;
        above->used -= give;
        give = above->held - above->used;
        give = give > 2 * above->reserve ? give - above->reserve : 0;
    }
}

bool account_limit(struct account_item *item, uint64_t limit)
{
    if (limit > item->limit || limit < item->used)
        return false;
    item->limit = limit;
    if (item->held > limit)
        account_give(item, limit - item->used);
    return true;
}
