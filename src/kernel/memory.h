/*
 * Memory objects: pages that can be read, written and mapped into spaces.
 *
 * Anonymous memory gets its pages, zeroed, when they are first used; fixed memory is one block of
 * physical addresses: contiguous memory of its own, or a place that belongs to nobody (a file of
 * the boot archive, the time page).
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "object.h"

#define MEMORY_SIZE_MAX (UINT64_C(1) << 30)

enum memory_kind { MEMORY_SMALL, MEMORY_LARGE, MEMORY_BLOCK, MEMORY_FOREIGN };

struct memory {
    struct object object;
    struct account *account; /* pays for the pages; NULL if they are foreign */
    uint64_t size;           /* bytes */
    uint64_t base;           /* MEMORY_BLOCK, MEMORY_FOREIGN: physical address */
    /* MEMORY_SMALL: physical addresses of pages, 0 if not there yet; MEMORY_LARGE: of pages that
     * hold such an array each */
    uint64_t *pages;
    uint16_t kind;  /* enum memory_kind */
    uint16_t order; /* MEMORY_BLOCK: of the block */
    bool writable;
};

extern const struct object_type memory_type;

/* Each gives a new object with one reference, or NULL if there is no memory; memory_create also if
 * `size` is above MEMORY_SIZE_MAX. */
struct memory *memory_create(struct account *account, uint64_t size);
struct memory *memory_create_block(struct account *account, uint64_t size); /* zeroed */
struct memory *memory_create_foreign(uint64_t base, uint64_t size);

/* Pages in the object. */
uint64_t memory_pages(const struct memory *memory);

/* Physical address of page number `index`, which must exist, taking a zeroed page if there is none
 * yet; FRAME_NONE if there is no memory. */
uint64_t memory_page(struct memory *memory, uint64_t index);

/* Copy into the object from kernel memory. False if there is no memory for the pages. */
bool memory_write(struct memory *memory, uint64_t offset, const void *from, uint64_t size);

#endif
