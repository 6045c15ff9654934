/*
 * Address spaces: which memory object a process sees at which address, and the page tables that
 * say so to the processor. Pages are entered into the tables when they are first touched.
 */
#ifndef KERNEL_SPACE_H
#define KERNEL_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "list.h"
#include "memory.h"

struct region {
    struct list link;    /* in the space's list, sorted by address */
    struct list mapping; /* in the list of all regions that show the memory */
    uint64_t start, end;
    struct space *space;
    struct memory *memory; /* no MEMORY_PART: a region shows the whole's pages */
    struct memory *loan;   /* by which it is shown, or NULL */
    uint64_t offset;       /* into the memory object, of `start` */
    uint32_t access;       /* enum map_access, MAP_DEVICE */
    bool fixed;            /* the kernel's own arrangement: not to be unmapped by requests */
};

/* Where a page is that was looked up for the kernel's own access; `key` is its address and that
 * access, which is never 0. */
struct found {
    uint64_t key;
    uint8_t *bytes;
};

#define SPACE_FOUND 16u /* as many as a busy server receives into by turns */

struct space {
    uint64_t root; /* physical address of the top page table */
    struct account *account;
    struct list regions;
    /* the last ones; without what is no more, or no longer so, in the tables */
    struct found found[SPACE_FOUND];
};

static inline uint64_t found_key(uint64_t address, uint32_t access)
{
    return (address & ~(uint64_t)(PAGE_SIZE - 1)) | access;
}

/* The one place where the page can be found. */
static inline struct found *found_place(struct space *space, uint64_t address, uint32_t access)
{
    return &space->found[((address >> PAGE_SHIFT) + access) % SPACE_FOUND];
}

/* Set up an empty space; false if there is no memory. */
bool space_init(struct space *space, struct account *account);

/* Unmap some of what there is and free the tables; false if there is more to do. The space must not
 * be the active one. */
bool space_clear(struct space *space);

/*
 * Map `length` bytes of the object from `offset` at `address`, or at an address of the kernel's
 * choice if that is 0. All three are multiples of the page size. Takes a reference to the object.
 * Gives the address, -E_RANGE (alignment, wrap, not in the user half, beyond the object),
 * -E_EXISTS (something is there), -E_ARGUMENT (write and execute), -E_BUSY (one of the two, and
 * a page of the range is mapped for the other, in whichever space), -E_GONE (a loan that was
 * taken back), -E_MEMORY.
 */
int64_t space_map(struct space *space, uint64_t address, uint64_t length, struct memory *memory,
                  uint64_t offset, uint32_t access, bool fixed);

/* Unmap whatever lies in the range, as much as is done now (work.h), with `*done` 0 at first: 0
 * when all is done, JOB_MORE, -E_RANGE, -E_DENIED (something fixed lies there), -E_NOT_FOUND
 * (nothing does), -E_MEMORY. */
int64_t space_unmap(struct space *space, uint64_t address, uint64_t length, uint64_t *done);

/* Unmap a fixed region that starts at the address. */
void space_unmap_fixed(struct space *space, uint64_t address);

/* Take away all mappings, in whichever space, that were made with a loan. */
void space_take_back(struct memory *loan);

/* Take a range of an object, which is no part, out of the page tables of all that map it. The
 * mappings stay: the pages are looked up again when they are touched. */
void space_forget(struct memory *memory, uint64_t offset, uint64_t length);

/* Is the page at the address this one, and entered to be written: no other takes its place while it
 * is mapped? */
bool space_is_own(struct space *space, uint64_t address, uint64_t page);

/* The processor touched the page for the access: make it ready. False if that cannot be. */
bool space_touch(struct space *space, uint64_t address, uint32_t access);

/*
 * Make the page at `address` ready for the kernel's access (enum map_access), filling or copying it
 * if need be. Gives the physical address of the page's first byte, or FRAME_NONE: nothing is mapped
 * there, not for this access, or a device's memory; or there is no memory.
 */
uint64_t space_page(struct space *space, uint64_t address, uint32_t access);

/* Does a region show the address, for this access? If so, and space_page gives nothing, there is no
 * memory. */
bool space_allows(struct space *space, uint64_t address, uint32_t access);

#endif
