/*
 * Memory objects: pages that can be read, written and mapped into spaces.
 *
 * Anonymous memory gets its pages, zeroed, when they are first used; fixed memory is one block of
 * physical addresses: contiguous memory of its own, or a place that belongs to nobody (a file of
 * the boot archive, the time page). A view is a part of another object: the same pages under
 * another handle, which may carry fewer rights.
 *
 * A copy shares the pages of the original until one of the two writes: then the writer gets a page
 * of its own, whether it writes through a mapping, by a request, or has the kernel write into a
 * buffer. Pages that neither has touched stay untaken in both. What is shared is paid for by each
 * that shares it (page.h).
 *
 * A loan is a view for somebody else that is taken back: then no mapping shows the pages any more
 * that was made with the loan, and the loan is empty. That happens when a handle on it with the
 * right to remove is closed, so at the latest when the lender ends. Borrowers may hand it on, but
 * make no views, copies or loans of it.
 *
 * Paged memory is anonymous memory whose pages are not zero at first: a process gives them.
 *
 * A page of an object is never mapped for writing somewhere and for execution somewhere else.
 * Requests may still write to what is mapped for execution: that takes a handle with the right.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "list.h"
#include "object.h"

#include "abi/layout.h"

#define MEMORY_SIZE_MAX (UINT64_C(1) << 30)

enum memory_kind { MEMORY_SMALL, MEMORY_LARGE, MEMORY_BLOCK, MEMORY_FOREIGN, MEMORY_PART };

struct memory {
    struct object object;
    struct account *account; /* pays for it, and for the pages if they are its own */
    uint64_t size;           /* bytes */
    uint64_t base;           /* MEMORY_BLOCK, MEMORY_FOREIGN: physical address */
    /* MEMORY_PART: whose pages these are, from the byte `base` on; it is no part itself. NULL if it
     * is a loan that was taken back */
    struct memory *whole;
    /* MEMORY_SMALL: physical addresses of pages, 0 if not there yet; MEMORY_LARGE: of pages that
     * hold such an array each */
    uint64_t *pages;
    /* Who gives the pages that are not there yet (a remote, held), and how long it has for one; or
     * NULL: such pages are zero */
    struct object *pager;
    uint64_t timeout_ns;
    struct list mappings; /* regions that show it or a part of it (space.h) */
    uint16_t kind;        /* enum memory_kind */
    uint16_t order;       /* MEMORY_BLOCK: of the block */
    bool writable;
    bool device; /* no memory at all: to be mapped, but never touched by the kernel */
    bool loan;   /* a part that is taken back when its lender's handle is closed */
};

extern const struct object_type memory_type;

/* Each gives a new object with one reference, or NULL if there is no memory; memory_create also if
 * `size` is above MEMORY_SIZE_MAX. */
struct memory *memory_create(struct account *account, uint64_t size);
struct memory *memory_create_foreign(struct account *account, uint64_t base, uint64_t size);

/* One block, not cleared, at a multiple of `alignment` (a power of two), its last byte at or below
 * `highest`. Block and bill are a power of two of pages, at least `alignment`, at most 4 MiB. */
struct memory *memory_create_contiguous(struct account *account, uint64_t size, uint64_t alignment,
                                        uint64_t highest);

/* Clear it from page `*done` on, as much as is done now (work.h): is all of it cleared? */
bool memory_clear(struct memory *memory, uint64_t *done);

/* One page, cleared. */
struct memory *memory_create_page(struct account *account);

/* For a process that creates memory (enum memory_form): a handle or an error. */
int64_t memory_make(struct job *job, struct account *account);

/* Pages in the object. */
uint64_t memory_pages(const struct memory *memory);

/* Can the kernel have each page of it at once, now and later, as long as there is memory? */
static inline bool memory_is_near(const struct memory *memory)
{
    const struct memory *whole = memory->whole ? memory->whole : memory;

    return !memory->loan && !whole->pager && !whole->device;
}

/* Physical address of page number `index`, which must exist, for reading; taking a zeroed page if
 * there is none yet; FRAME_NONE if there is no memory, or its pager has it (pager.h). */
uint64_t memory_page(struct memory *memory, uint64_t index);

/* The same for writing: a page that nobody shares, copied if need be; all mappings of the object
 * then show the copy. Not for foreign memory. */
uint64_t memory_page_own(struct memory *memory, uint64_t index);

/* Copy bytes from one object into another. False if there is no memory for the pages. */
bool memory_copy(struct memory *to, uint64_t at, struct memory *from, uint64_t offset,
                 uint64_t size);

#endif
