/* The heap, as heap.h tells: each page begins with a header, its free pieces form a list. */
#include "bytes.h"
#include "direct.h"
#include "heap.h"
#include "list.h"
#include "page.h"
#include "panic.h"

#define HEAP_SMALLEST 32u

struct heap_page {
    struct list link; /* in its class's list while it has a free piece */
    struct account *account;
    void *free;    /* first free piece; its first word points to the next */
    uint32_t used; /* pieces handed out */
};

static unsigned class_of(size_t size)
{
    unsigned class = 0;

    while ((size_t)HEAP_SMALLEST << class < size)
        class ++;
    if (class >= HEAP_CLASSES)
        panic("heap: %lu bytes are too many", size);
    return class;
}

static struct heap_page *page_of(void *pointer)
{
    return (struct heap_page *)((uintptr_t)pointer & ~(PAGE_SIZE - 1));
}

static void piece_push(struct heap_page *page, void *piece)
{
    *(void **)piece = page->free;
    page->free = piece;
}

static struct heap_page *page_start(struct account *account, unsigned class)
{
    uint64_t address = page_alloc(account, 0), size = HEAP_SMALLEST << class;
    struct heap_page *page = direct_pointer(address);

    if (address == FRAME_NONE)
        return NULL;
    page->account = account_hold(account);
    page->free = NULL;
    page->used = 0;
    for (uint64_t at = PAGE_SIZE - size; at >= sizeof *page; at -= size)
        piece_push(page, (uint8_t *)page + at);
    list_insert(&account->heap[class], &page->link);
    return page;
}

void heap_init(struct account *account)
{
    for (unsigned class = 0; class < HEAP_CLASSES; class ++)
        list_init(&account->heap[class]);
}

void *heap_alloc(struct account *account, size_t size)
{
    unsigned class = class_of(size);
    struct heap_page *page;
    void *piece;

    if (list_empty(&account->heap[class]))
        page = page_start(account, class);
    else
        page = container_of(account->heap[class].next, struct heap_page, link);
    if (!page)
        return NULL;
    piece = page->free;
    page->free = *(void **)piece;
    page->used++;
    if (!page->free)
        list_remove(&page->link);
    return memset(piece, 0, (size_t)HEAP_SMALLEST << class);
}

void heap_free(void *pointer, size_t size)
{
    struct heap_page *page = page_of(pointer);
    struct account *account = page->account;

    if (!page->free)
        list_insert(&account->heap[class_of(size)], &page->link);
    piece_push(page, pointer);
    if (--page->used == 0) {
        list_remove(&page->link);
        page_free(account, direct_physical(page), 0);
        account_release(account);
    }
}
