/* Device memory: who may have which addresses, and that the kernel keeps its hands off them. */
#include "words.h"

const char *const guest_name = "devices";

#define SCREEN                                                                                     \
    "b8000-b8fff" /* the text screen's memory: there on any PC, and read back as written */

static uint32_t table;

static int64_t range_open(const char *name)
{
    table = handle_named("device-memory");
    return object_open(table, name, 0);
}

/* What is written there is in the device: it is seen through another mapping. */
static void screen(void)
{
    uint32_t memory = (uint32_t)range_open(SCREEN), again = (uint32_t)range_open("b8000-bffff");
    volatile uint16_t *one = (volatile uint16_t *)SOMEWHERE, *other;
    uint64_t used = own_frames();

    check_is(object_get(memory, PROPERTY_TYPE), OBJECT_MEMORY);
    check_is(object_get(memory, PROPERTY_SIZE), PAGE_SIZE);
    check_is(object_get(again, PROPERTY_SIZE), 0x8000);
    check_is(object_get(memory, PROPERTY_PHYSICAL), 0xb8000);
    again = (uint32_t)memory_view(again, 0, PAGES(2), false); /* as a driver's part */
    check_is(object_get(again, PROPERTY_PHYSICAL), 0xb8000);
    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    check_is(map(again, MAP_WRITE, 0, PAGE_SIZE, 0), -E_DENIED);
    check_is(map(again, MAP_READ, ELSEWHERE, PAGES(2), 0), ELSEWHERE);
    check_is(map(again, MAP_READ, 0, PAGES(3), 0), -E_RANGE);
    other = (volatile uint16_t *)ELSEWHERE;
    for (unsigned i = 0; i < 80; i++)
        one[i] = (uint16_t)(0x1e00 + 'A' + i % 26);
    for (unsigned i = 0; i < 80; i++)
        check_is(other[i], 0x1e00 + 'A' + i % 26);
    check(own_frames() - used <= 9); /* tables and pieces of the heap, but no pages */
    unmap(SOMEWHERE, PAGE_SIZE);
    check_is(other[79], 0x1e00 + 'A' + 79 % 26);
}

/* The firmware's date lies where it does in every PC: these are the machine's own addresses. */
static void firmware(void)
{
    static const char form[] = "dd/dd/dd";
    uint32_t memory = (uint32_t)range_open("ff000-fffff");

    check_is(map(memory, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    for (unsigned i = 0; i < 8; i++) {
        char letter = ((const volatile char *)SOMEWHERE)[0xff5 + i];

        check(form[i] == '/' ? letter == '/' : letter >= '0' && letter <= '9');
    }
}

/* The kernel reads and writes no device, whoever asks for it and however. */
static void not_touched(void)
{
    uint32_t memory = (uint32_t)range_open(SCREEN), event = (uint32_t)event_make(), view;
    int64_t process = object_create(processes, OBJECT_PROCESS, "screen", 0, 0);
    uint64_t word;

    view = (uint32_t)memory_view(memory, 0, PAGE_SIZE, true);
    check_is(map(memory, MAP_WRITE, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    for (unsigned round = 0; round < 2; round++) { /* before the page is in the tables, and after */
        check_is(object_write(event, (void *)SOMEWHERE, 8, 0), -E_BUFFER);
        check_is(event_add(event, 1), 8);
        check_is(object_read(event, (void *)SOMEWHERE, 8, 0), -E_BUFFER);
        check_is(object_read(event, (void *)(SOMEWHERE - 4), 8, 0), -E_BUFFER);
        check_is(object_read(event, &word, 8, 0), 8);
        *word_at(SOMEWHERE) = word;
    }
    check_is(*word_at(SOMEWHERE), 1);
    check_is(object_read(memory, &word, 8, 0), -E_STATE);
    check_is(object_write(memory, &word, 8, 0), -E_STATE);
    check_is(object_read(view, &word, 8, 0), -E_STATE);
    check_is(object_write(view, &word, 8, 0), -E_STATE);
    check_is(memory_copy(memory, 0, PAGE_SIZE), -E_STATE);
    check_is(memory_copy(view, 0, PAGE_SIZE), -E_STATE);
    check_is(object_set((uint32_t)process, PROPERTY_BINARY, memory), -E_STATE);
    check_is(object_set((uint32_t)process, PROPERTY_BINARY, view), -E_STATE);
}

static void refused(void)
{
    static const struct {
        const char *name;
        int64_t error;
    } asked[] = {
        {"", -E_NAME},
        {"b8000", -E_NAME},
        {"b8000-", -E_NAME},
        {"b8fff-b8000", -E_NAME},
        {"b8000-b8fff ", -E_NAME},
        {"B8000-B8FFF", -E_NAME},
        {"ffffffffffffff000-ffffffffffffffffff", -E_NAME},
        {"b8000-b8ffe", -E_RANGE},
        {"b8001-b8fff", -E_RANGE},
        {"b8800-b97ff", -E_RANGE},
        {"80000000-dfffffff", -E_RANGE}, /* more than one object may have */
        {"fffff000-100000fff", -E_NAME},
        {"100000-100fff", -E_DENIED}, /* memory */
        {"b8000-100fff", -E_DENIED},
        {"1000000-1000fff", -E_DENIED},
        {"9000-9fff", -E_DENIED},
        {"fee00000-fee00fff", -E_DENIED}, /* interrupt controllers */
        {"feeff000-feefffff", -E_DENIED},
        {"fec00000-fec00fff", -E_DENIED},
        {"fed00000-fed00fff", -E_DENIED},
        {"feeff000-fef00fff", -E_DENIED},
        {"feb00000-fec00fff", -E_DENIED},
    };
    uint32_t memory;

    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        if (range_open(asked[i].name) != asked[i].error)
            check_is((int64_t)i, -1);
    check(range_open("fef00000-fef00fff") > 0);
    check(range_open("feb00000-febfffff") > 0);
    memory = (uint32_t)range_open(SCREEN);
    check_is(handle_duplicate(memory, RIGHT_EXECUTE), -E_DENIED);
    check_is(map(memory, MAP_EXECUTE, 0, PAGE_SIZE, 0), -E_DENIED);
    check_is(object_open(table, SCREEN, RIGHT_EXECUTE), -E_DENIED);
    memory = (uint32_t)object_open(table, SCREEN, RIGHT_READ | RIGHT_MAP | RIGHT_GET);
    check_is(object_get(memory, PROPERTY_PHYSICAL), -E_DENIED);
    check_is(map(memory, MAP_WRITE, 0, PAGE_SIZE, 0), -E_DENIED);
    check_is(map(memory, MAP_READ, SOMEWHERE, PAGE_SIZE, 0), SOMEWHERE);
    check_is(map(memory, MAP_READ, 0, PAGE_SIZE, PAGE_SIZE), -E_RANGE);
}

const struct guest_test guest_tests[] = {{"screen", screen},
                                         {"firmware", firmware},
                                         {"not-touched", not_touched},
                                         {"refused", refused},
                                         {NULL, NULL}};

const struct guest_test guest_children[] = {{NULL, NULL}};
