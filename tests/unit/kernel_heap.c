/* The kernel's heap: pieces are zeroed, disjoint, and whole pages go back. */
#include <stdarg.h>
#include <string.h>

#include "kernel/direct.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel_test.h"

#define PIECES 2000u
#define STEPS  UINT64_C(1000000)

static struct {
    uint8_t *bytes;
    size_t size;
    uint8_t fill;
} pieces[PIECES];
static uint32_t count;
static unsigned pages, pages_left;
static struct account account = {.references = 1};

uint64_t page_alloc(struct account *payer, unsigned order)
{
    void *page;

    require(payer == &account && order == 0);
    if (pages_left == 0)
        return FRAME_NONE;
    pages_left--;
    pages++;
    page = aligned_alloc(FRAME_SIZE, FRAME_SIZE);
    memset(page, 0xee, FRAME_SIZE);
    return direct_physical(page);
}

void page_free(struct account *payer, uint64_t address, unsigned order)
{
    require(payer == &account && order == 0);
    pages--;
    free(direct_pointer(address));
}

struct account *account_hold(struct account *held)
{
    held->references++;
    return held;
}

void account_release(struct account *held)
{
    held->references--;
}

void panic(const char *format, ...)
{
    ck_abort_msg("panic: %s", format);
}

static void piece_take(size_t size)
{
    uint8_t *bytes = heap_alloc(&account, size);

    if (!bytes) {
        require(pages_left == 0);
        return;
    }
    require((uintptr_t)bytes % 16 == 0);
    for (size_t i = 0; i < size; i++)
        require(bytes[i] == 0);
    pieces[count].bytes = bytes;
    pieces[count].size = size;
    pieces[count].fill = (uint8_t)(random_next() | 1);
    memset(bytes, pieces[count].fill, size);
    count++;
}

static void piece_give(uint32_t index)
{
    for (size_t i = 0; i < pieces[index].size; i++)
        require(pieces[index].bytes[i] == pieces[index].fill);
    heap_free(pieces[index].bytes, pieces[index].size);
    pieces[index] = pieces[--count];
}

START_TEST(random_steps)
{
    heap_init(&account);
    for (uint64_t step = 0, all = steps(STEPS); step < all; step++) {
        bool fill = random_below(100) < (step / 5000 % 2 ? 60u : 40u);

        pages_left = step / 50000 % 2 ? 2 : 1000; /* at times there is nearly none */
        if (fill && count < PIECES)
            piece_take(random_below(random_below(10) ? 200 : 2048) + 1);
        else if (count)
            piece_give(random_below(count));
    }
    while (count)
        piece_give(count - 1);
    require(pages == 0 && account.references == 1);
}
END_TEST

START_TEST(sizes)
{
    heap_init(&account);
    for (size_t size = 0; size <= 2048; size++) {
        pages_left = 1;
        if (size)
            piece_take(size);
        else
            heap_free(heap_alloc(&account, 0), 0);
        if (size)
            piece_give(0);
        require(pages == 0 && account.references == 1);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_steps, sizes};

    return suite_run("kernel heap", tests, sizeof tests / sizeof tests[0]);
}
