/*
 * Accounts: what a process holds of what is scarce, and how much it may.
 *
 * A process's account is carved from its creator's: what it holds is held by the creator's account
 * as well, and so on up to the machine's. So whatever limits are set, no process and its
 * descendants together get more than its creator had. To walk up at each charge would cost too
 * much: an account holds a few units in reserve.
 *
 * Whoever creates pays, until what was created is gone, wherever handles on it went. So an account
 * outlives its process as long as anything charged to it lives; then all of it is the creator's
 * again. The heap's pages (heap.h) belong to one account each.
 *
 * Pure but for the heap. The caller holds the lock.
 */
#ifndef KERNEL_ACCOUNT_H
#define KERNEL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"

#define ACCOUNT_DEPTH_MAX 32u /* of accounts carved from one another */
#define HEAP_CLASSES      7u  /* of pieces of the heap: 32, 64, ... 2048 bytes */

/* What is counted; `requests` are places in rings, which is how many can be in flight. */
enum account_kind {
    ACCOUNT_FRAMES,
    ACCOUNT_HANDLES,
    ACCOUNT_THREADS,
    ACCOUNT_REQUESTS,
    ACCOUNT_KINDS
};

/* used <= held <= limit. */
struct account_item {
    uint64_t used;              /* by the process, and held by the accounts carved from this one */
    uint64_t held;              /* counted as used in the item above */
    uint64_t limit;             /* at the top it is all held */
    uint64_t reserve;           /* how many more than it needs to take from above */
    struct account_item *above; /* the creator's; NULL at the top */
};

struct account {
    uint32_t references; /* its process, and pages of the heap */
    uint32_t depth;
    struct account_item items[ACCOUNT_KINDS];
    struct list heap[HEAP_CLASSES]; /* pages that have a piece free */
};

/* What the machine has: the account at the top, for the kernel's own memory. */
extern struct account kernel_account;

/* Set up the account at the top: as much of each kind as there is. */
void account_init(const uint64_t limits[ACCOUNT_KINDS]);

/* An account carved from another one, with its limits and one reference, or NULL: no memory, or
 * the other one is too deep already. */
struct account *account_create(struct account *creator);
struct account *account_hold(struct account *account);
void account_release(struct account *account);

/* Lower a limit. False, and nothing changes, if it is no lower or less than is used. */
bool account_limit(struct account_item *item, uint64_t limit);

/* For account_charge and account_refund: hold `count` more than is used; give back what is held
 * beyond what is used and `keep`. Take one step for each account above. */
bool account_take(struct account_item *item, uint64_t count);
void account_give(struct account_item *item, uint64_t keep);

/* Charge `count`; false, and nothing changes, if that would go over a limit, here or above. */
static inline bool account_charge(struct account_item *item, uint64_t count)
{
    if (count > item->held - item->used && !account_take(item, count))
        return false;
    item->used += count;
    return true;
}

static inline void account_refund(struct account_item *item, uint64_t count)
{
    item->used -= count;
    if (item->held - item->used > 2 * item->reserve)
        account_give(item, item->reserve);
}

#endif
