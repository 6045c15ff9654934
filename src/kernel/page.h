/*
 * Pages: frames (frame.h) with a bill. Whoever takes memory names the account that pays; the
 * kernel's own memory is on no account (NULL).
 */
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include <stdint.h>

#include "account.h"
#include "frame.h"

/* Start with the machine's memory: a table over `count` frames. */
void page_init(struct frame *table, uint64_t count);
void page_add(uint64_t base, uint64_t size);

/* Take 2^order pages; contents are whatever they were. The physical address, or FRAME_NONE. */
uint64_t page_alloc(struct account *account, unsigned order);

/* The same, zeroed, as a pointer into the direct map; NULL if there is none. */
void *page_alloc_zeroed(struct account *account, unsigned order);

/* Give back what page_alloc gave, with the same account and order. */
void page_free(struct account *account, uint64_t address, unsigned order);

/* The smallest order whose block holds `size` bytes. */
unsigned page_order(uint64_t size);

uint64_t page_free_count(void);
uint64_t page_total_count(void);

#endif
