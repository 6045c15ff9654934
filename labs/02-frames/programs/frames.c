/*
 * frames: runs in place of init and makes the kernel take frames and give them back, in an order
 * that only the seed knows. It judges nothing by itself: it marks in the trace how far it is, and
 * counts for the host, which reads the counts from its memory.
 *
 * A memory object takes one frame, order 0, when a page of it is first written. A thread takes two
 * blocks when it is created, for its ring and for the kernel's records of its requests: the larger
 * the ring, the higher their orders. The threads here never run: their priority is too low.
 */
#include <orrery.h>

#define HOLDINGS  48u
#define MEMORIES  8u
#define PAGES_MAX 24u

/* Marks: the step in the upper half, a number in the lower one. */
enum step { STEP_BEGIN = 1, STEP_MIXED, STEP_FULL, STEP_EMPTY, STEP_LARGEST, STEP_END };

struct holding {
    uint32_t handle; /* 0: nothing is held */
    uint32_t pages;  /* of a memory object; 0: it is a thread */
    uint64_t label;  /* what its pages were marked with */
};

/* Read by the host when frames_done is reached. */
uint64_t salt, wrong, refused;

static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint32_t random_below(uint32_t bound)
{
    return (uint32_t)(random_next() >> 33) % bound;
}

static void mark(enum step step, uint64_t number)
{
    trace_mark((uint64_t)step << 32 | number);
}

/* What belongs into a page: no two pages get the same. */
static uint64_t page_text(uint64_t label, uint64_t page)
{
    return (salt ^ label << 32 ^ page) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t page_place(uint64_t page)
{
    return page * PAGE_SIZE + page % 64 * 64;
}

static int64_t page_write(const struct holding *holding, uint64_t page)
{
    uint64_t text = page_text(holding->label, page);

    return object_write(holding->handle, &text, sizeof(text), page_place(page));
}

/* Every page must still hold what was written to it, and zeros elsewhere. */
static void pages_check(const struct holding *holding)
{
    for (uint64_t page = 0; page < holding->pages; page++) {
        uint64_t text[2] = {0, 1};

        object_read(holding->handle, text, sizeof(text), page_place(page));
        wrong += text[0] != page_text(holding->label, page) || text[1] != 0;
    }
}

static void give(struct holding *holding)
{
    pages_check(holding);
    if (holding->pages == 0)
        object_remove(holding->handle, NULL, 0);
    handle_close(holding->handle);
    holding->handle = 0;
}

static void take_pages(struct holding *holding, uint32_t pages)
{
    int64_t memory = memory_create(pages * PAGE_SIZE);

    if (memory < 0) {
        refused++;
        return;
    }
    *holding = (struct holding){(uint32_t)memory, pages, random_next() >> 40};
    for (uint64_t page = 0; page < pages; page++)
        refused += page_write(holding, page) < 0;
}

static int64_t thread_take(uint32_t capacity)
{
    struct thread_start start = {
        .entry = (uint64_t)thread_take, .stack = START_STACK_TOP, .ring_capacity = capacity};

    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = handle_named("self"),
                                         .buffer = (uint64_t)&start,
                                         .length = sizeof(start),
                                         .arg0 = OBJECT_THREAD});
}

static void take_blocks(struct holding *holding, uint32_t capacity)
{
    int64_t thread = thread_take(capacity);

    if (thread < 0)
        refused++;
    else
        *holding = (struct holding){.handle = (uint32_t)thread};
}

/* Small and large, taken and given back at random; at the end nothing is held. */
static void mixed(uint64_t steps)
{
    static struct holding holdings[HOLDINGS];

    for (uint64_t step = 0; step < steps; step++) {
        struct holding *holding = &holdings[random_below(HOLDINGS)];

        if (holding->handle)
            give(holding);
        else if (random_below(3))
            take_pages(holding, 1 + random_below(PAGES_MAX));
        else
            take_blocks(holding, RING_CAPACITY_MIN << random_below(7));
    }
    for (uint32_t i = 0; i < HOLDINGS; i++)
        if (holdings[i].handle)
            give(&holdings[i]);
}

/* Take every frame that there is, scattered over several objects; give them back object by object.
 */
static void everything(void)
{
    struct holding holdings[MEMORIES];
    struct holding *holding;
    uint64_t pages = 0;

    for (uint32_t i = 0; i < MEMORIES; i++)
        holdings[i] = (struct holding){(uint32_t)memory_create(UINT64_C(1) << 30), 0, i + 1};
    for (;;) {
        holding = &holdings[random_below(MEMORIES)];
        if (page_write(holding, holding->pages) < 0)
            break;
        holding->pages++;
        pages++;
    }
    mark(STEP_FULL, pages);
    for (uint32_t i = 0; i < MEMORIES; i++)
        give(&holdings[i]);
    mark(STEP_EMPTY, (uint64_t)object_get(handle_named("processes"), PROPERTY_FREE_FRAMES));
}

/* The file `arguments`: the number of steps and the salt. */
static uint64_t arguments_read(void)
{
    int64_t file = object_open(handle_named("files"), "arguments", RIGHT_READ);
    char text[64] = "";
    uint64_t steps = 0;
    char *second;

    if (file < 0 || read_all((uint32_t)file, text, sizeof(text) - 1, 0) < 0)
        return 0;
    handle_close((uint32_t)file);
    second = strchr(text, ' ');
    if (!second)
        return 0;
    *second++ = 0;
    for (char *at = second; *at; at++)
        if (*at == '\n')
            *at = 0;
    return text_to_number(text, &steps) && text_to_number(second, &salt) ? steps : 0;
}

/* The host stops the machine here and looks at the counts. */
__attribute__((noinline)) void frames_done(void);

__attribute__((noinline)) void frames_done(void)
{
    __asm__ volatile("" : : : "memory");
}

int main(int argc, char **argv)
{
    uint64_t steps = arguments_read();
    int64_t largest;

    (void)argc, (void)argv;
    random_state = salt | 1;
    mark(STEP_BEGIN, 0);
    mixed(steps);
    mark(STEP_MIXED, refused);
    everything();
    everything();
    largest = thread_take(RING_CAPACITY_MAX);
    mark(STEP_LARGEST, largest > 0);
    frames_done();
    mark(STEP_END, 0);
    return (int)power_off(handle_named("power"), 0, 0);
}
