/* Accounts, as account.h tells. */
#include <stddef.h>

#include "account.h"
#include "heap.h"

struct account *account_create(uint64_t frames, uint64_t handles, uint64_t threads)
{
    struct account *account = heap_alloc(sizeof *account);

    if (account) {
        account->references = 1;
        account->frames.limit = frames;
        account->handles.limit = handles;
        account->threads.limit = threads;
    }
    return account;
}

struct account *account_hold(struct account *account)
{
    account->references++;
    return account;
}

void account_release(struct account *account)
{
    if (--account->references == 0)
        heap_free(account, sizeof *account);
}
