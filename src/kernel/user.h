/*
 * User memory: the only way in which the kernel touches a process's bytes.
 *
 * Every page is resolved in the tables of the space that owns it, whoever is running, and reached
 * through the direct map; SMAP stays on. So a bad address is an ordinary error, never a fault, and
 * copying between two processes needs neither of them to be active.
 */
#ifndef KERNEL_USER_H
#define KERNEL_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "space.h"

/* An address in a process, not to be mistaken for a pointer; without a space, one of the kernel's
 * own after all, for copies between the two. */
struct user_address {
    struct space *space;
    uint64_t address;
};

static inline struct user_address user_add(struct user_address at, uint64_t offset)
{
    return (struct user_address){at.space, at.address + offset};
}

/* For user_span: look the page up in the tables. */
uint8_t *user_find(struct user_address at, uint32_t access);

/* The bytes at the address, for the access (enum map_access), up to the end of their page but at
 * most `*size`, which is set to how many they are; NULL if the page cannot be had. They stay as
 * long as the space is not changed; what was had for reading may be the old page of two once
 * something is written. */
static inline uint8_t *user_span(struct user_address at, uint32_t access, uint64_t *size)
{
    uint64_t within = at.address % PAGE_SIZE;
    const struct found *found;
    uint8_t *page;

    if (!at.space)
        return (uint8_t *)at.address;
    found = found_place(at.space, at.address, access);
    page = found->bytes;
    if (found->key != found_key(at.address, access) && !(page = user_find(at, access)))
        return NULL;
    if (*size > PAGE_SIZE - within)
        *size = PAGE_SIZE - within;
    return page + within;
}

/* Copy `size` bytes; false if a page is not mapped as needed, with what lies before that page
 * copied. */
bool user_copy(struct user_address to, struct user_address from, uint64_t size);

static inline bool user_read(void *to, struct user_address from, uint64_t size)
{
    return user_copy((struct user_address){NULL, (uint64_t)to}, from, size);
}

/* The same for long copies, from byte `*done` on: as much as is done now (work.h). 0 when all is
 * done, else JOB_MORE, -E_BUFFER, or -E_GONE: there is no writing at `to`. */
int64_t user_copy_part(struct user_address to, struct user_address from, uint64_t size,
                       uint64_t *done);

/* Are `size` bytes there for the access? Fills what needs filling. */
bool user_reaches(struct user_address at, uint32_t access, uint64_t size);

static inline bool user_writable(struct user_address at, uint64_t size)
{
    return user_reaches(at, MAP_WRITE, size);
}

#endif
