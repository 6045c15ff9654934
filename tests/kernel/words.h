/* For tests of memory: pages are known by their first word, frames are counted. */
#ifndef TESTS_KERNEL_WORDS_H
#define TESTS_KERNEL_WORDS_H

#include "guest.h"

#define SOMEWHERE UINT64_C(0x50000000)
#define ELSEWHERE UINT64_C(0x60000000)
#define PAGES(n)  ((n)*PAGE_SIZE)
#define MIB       (UINT64_C(1) << 20)

static inline uint64_t free_frames(void)
{
    return (uint64_t)object_get(processes, PROPERTY_FREE_FRAMES);
}

static inline uint64_t own_frames(void)
{
    return (uint64_t)object_get(self, PROPERTY_FRAMES);
}

static inline int64_t map(uint32_t memory, uint32_t access, uint64_t address, uint64_t length,
                          uint64_t offset)
{
    return object_map(self, memory, access, address, length, offset);
}

static inline void unmap(uint64_t address, uint64_t length)
{
    object_unmap(self, address, length);
}

static inline volatile uint64_t *word_at(uint64_t address)
{
    return (volatile uint64_t *)address;
}

/* The first word of a page, read and written by requests. */
static inline uint64_t word_get(uint32_t memory, uint64_t page)
{
    uint64_t word = UINT64_MAX;

    object_read(memory, &word, sizeof(word), PAGES(page));
    return word;
}

static inline int64_t word_set(uint32_t memory, uint64_t page, uint64_t word)
{
    return object_write(memory, &word, sizeof(word), PAGES(page));
}

/* Memory whose page number i holds i + 1. */
static inline uint32_t memory_numbered(uint64_t pages)
{
    uint32_t memory = (uint32_t)memory_create(PAGES(pages));

    for (uint64_t i = 0; i < pages; i++)
        word_set(memory, i, i + 1);
    return memory;
}

#endif
