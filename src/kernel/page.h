/*
 * Pages: frames (frame.h) with a bill. Whoever takes memory names the account that pays; the
 * kernel's own memory is on no account (NULL).
 */
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "frame.h"

/* The machine's memory, which main.c puts there; all that is taken from it is taken here. */
extern struct frame_pool page_pool;

/* Take 2^order pages; contents are whatever they were. The physical address, or FRAME_NONE. */
uint64_t page_alloc(struct account *account, unsigned order);

/* The same, zeroed, as a pointer into the direct map; NULL if there is none. */
void *page_alloc_zeroed(struct account *account, unsigned order);

/* Give back what page_alloc gave, with the same account and order. */
void page_free(struct account *account, uint64_t address, unsigned order);

/* The same as page_alloc, with the block's last byte at or below `highest`. Takes as many steps as
 * there are free blocks above that. */
uint64_t page_alloc_below(struct account *account, unsigned order, uint64_t highest);

/*
 * A single page may have many holders, none of which writes to it. Each of them pays for it whole:
 * so it costs nobody more when another one comes, writes, or goes, and a copy is paid for before
 * it is made.
 *
 * page_share adds a holder; false, and nothing changes, if its account has no room. page_release
 * takes one away; with the last one the page is free. page_copy gives one of several holders a page
 * of its own with the same contents instead; FRAME_NONE, and nothing changes, if there is none.
 */
bool page_share(struct account *account, uint64_t address);
void page_release(struct account *account, uint64_t address);
uint64_t page_copy(uint64_t address);

/* Has the page more than one holder? */
bool page_is_shared(uint64_t address);

/* The smallest order whose block holds `size` bytes. */
unsigned page_order(uint64_t size);

#endif
