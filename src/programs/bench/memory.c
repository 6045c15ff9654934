/* What the first touch of a page costs. */
#include "programs/bench/bench.h"

int64_t bench_memory(void)
{
    struct figure figure = {0};
    volatile uint8_t *pages;

    if (!item_wanted("page-fault"))
        return 0;
    if (!(pages = memory_allocate(ROUNDS * PAGE_SIZE)))
        return -E_MEMORY;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t start = tick_read();

        pages[i * PAGE_SIZE] = 1;
        figure_add(&figure, tick_read() - start, 1, 0);
    }
    figure_print(&figure, "page-fault");
    memory_free((void *)(uintptr_t)pages, ROUNDS * PAGE_SIZE);
    return 0;
}
