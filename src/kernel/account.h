/*
 * Accounts: what a process holds of what is scarce, and how much it may. An account outlives its
 * process as long as memory that was charged to it lives.
 */
#ifndef KERNEL_ACCOUNT_H
#define KERNEL_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct account_item {
    uint64_t used, limit;
};

struct account {
    uint32_t references;
    struct account_item frames, handles, threads;
};

/* A new account with one reference, or NULL. */
struct account *account_create(uint64_t frames, uint64_t handles, uint64_t threads);
struct account *account_hold(struct account *account);
void account_release(struct account *account);

/* Charge `count`; false, and nothing changes, if that would go over the limit. */
static inline bool account_charge(struct account_item *item, uint64_t count)
{
    if (count > item->limit - item->used)
        return false;
    item->used += count;
    return true;
}

static inline void account_refund(struct account_item *item, uint64_t count)
{
    item->used -= count;
}

#endif
