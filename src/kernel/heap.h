/*
 * The heap: memory for the kernel's small structures, in size classes from 32 to 2048 bytes. A page
 * holds pieces of one class for one account, which pays for the page and is there as long as it; a
 * page without a piece in use goes back to the frames.
 */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include <stddef.h>

struct account;

/* Start with no memory for the account. */
void heap_init(struct account *account);

/* Zeroed memory of at most 2048 bytes, aligned to 16, or NULL. */
void *heap_alloc(struct account *account, size_t size);

/* Give it back; `size` as it was asked for. */
void heap_free(void *pointer, size_t size);

#endif
