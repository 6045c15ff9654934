/*
 * squares N...: look squares up in a table of 64 Mi of them, none of which is stored anywhere. The
 * table is memory whose pages this program gives itself: its second thread computes each page when
 * the first touches it.
 */
#include <orrery.h>

#define ENTRIES    (UINT64_C(64) << 20)
#define TABLE_SIZE (ENTRIES * sizeof(uint64_t))
#define TIMEOUT_NS UINT64_C(1000000000)

static uint32_t port;
static uint64_t computed; /* pages */

/* The pager: each call is a read of one page. */
static int pages_give(void *argument)
{
    static uint64_t page[PAGE_SIZE / sizeof(uint64_t)];
    struct call call;

    (void)argument;
    while (port_receive(port, &call, sizeof(call)) >= 0) {
        uint64_t first = call.offset / sizeof(uint64_t);

        if (call.op != OP_READ)
            continue;
        for (uint64_t i = 0; i < PAGE_SIZE / sizeof(uint64_t); i++)
            page[i] = (first + i) * (first + i);
        computed++;
        port_reply(port, call.number, PAGE_SIZE, page, PAGE_SIZE, 0);
    }
    return 1;
}

static const volatile uint64_t *table_open(void)
{
    int64_t made = object_create(handle_named("self"), OBJECT_PORT, NULL, 0, 0), object, memory;

    if (made < 0)
        return NULL;
    port = (uint32_t)made;
    object = object_create(port, OBJECT_REMOTE, NULL, RIGHT_READ, 0);
    memory = object < 0 ? object : memory_create_paged(TABLE_SIZE, (uint32_t)object, TIMEOUT_NS);
    if (memory < 0 || thread_create(pages_give, NULL, 0) < 0)
        return NULL;
    return memory_map((uint32_t)memory, TABLE_SIZE, MAP_READ);
}

int main(int argc, char **argv)
{
    const volatile uint64_t *squares = table_open();
    uint64_t number;

    if (!squares) {
        print("squares: no table\n");
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        if (!text_to_number(argv[i], &number) || number >= ENTRIES) {
            print("usage: squares N..., each below %lu\n", ENTRIES);
            return 2;
        }
        print("%lu\n", squares[number]);
    }
    print("%lu of %lu pages computed\n", computed, TABLE_SIZE / PAGE_SIZE);
    return 0;
}
