/* Values for the fields of requests, as values.h tells. */
#include "values.h"

/* Each class of the kernel's addresses, and what is no address. */
static const uint64_t foreign[] = {
    DIRECT_MAP_BASE,
    DIRECT_MAP_BASE + 0x100000,
    DIRECT_MAP_BASE + 0x7fffff8,
    DIRECT_MAP_BASE + DIRECT_MAP_SIZE - 8,
    BOOT_STACK_TOP - 64,
    BOOT_STACK_TOP - BOOT_STACK_SIZE - 8,
    KERNEL_BASE,
    KERNEL_BASE + 0x1000,
    KERNEL_BASE + 0x20000,
    KERNEL_BASE + 0x30ff8,
    USER_TOP,
    USER_TOP - 4,
    UINT64_C(0x0000800000000000),
    UINT64_C(0x7fffffffffffffff),
    UINT64_C(0xffff7fffffffffff),
    UINT64_MAX - 7,
    UINT64_MAX,
    0,
    8,
    0xfff8,
};

/* Paths; the first four also are what tables are given most often. */
static const char long_name[300] = {[0 ... 299] = 'n'};
static const struct {
    const char *text;
    uint64_t length;
} names[] = {{"a", 1},        {"b", 1},        {"c", 1},        {"a/b", 3},       {"a//b/", 5},
             {"/", 1},        {"", 0},         {"..", 2},       {"x\0y", 3},      {"fuzz", 4},
             {"kernel", 6},   {"1", 1},        {"77", 2},       {"a/a/a", 5},     {"3f8-3ff", 7},
             {"5", 1},        {long_name, 47}, {long_name, 48}, {long_name, 255}, {long_name, 256},
             {long_name, 300}};

static struct thread_start starts[THREADS_MAX][4];
static struct memory_pager pagers[THREADS_MAX][4];
static union {
    struct memory_part part;
    struct memory_place place;
    uint64_t words[2];
} parts[THREADS_MAX][4];

/* RDI: the thread's ring; RSI: its handle. */
__asm__("    .text\n"
        "    .globl thread_stub\n"
        "thread_stub:\n"
        "    movl $5, 256(%rdi)\n" /* the first request: OP_REMOVE, no flags */
        "    movl %esi, 260(%rdi)\n"
        "    movl $1, (%rdi)\n"
        "    mov $1, %edi\n"
        "    xor %esi, %esi\n"
        "    xor %edx, %edx\n"
        "    syscall\n"
        "0:  xor %edi, %edi\n"
        "    mov $-1, %rsi\n"
        "    mov $1, %edx\n"
        "    shl $62, %rdx\n"
        "    syscall\n"
        "    jmp 0b\n");
_Static_assert(OP_REMOVE == 5 && RING_REQUESTS == 256, "the code above asks for it there");

uint64_t length_pick(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 32;

    switch (bits & 15) {
    case 0:
        return 0;
    case 1:
        return bits >> 12 & 7 ? 32 : PAGE_SIZE * (1 + (bits >> 8 & 1)) + (bits >> 4 & 2) - 1;
    case 2:
        return sizeof(struct table_entry);
    case 3:
        return bits >> 8 & 511;
    case 4:
        if ((bits >> 4 & 15) == 0)
            return UINT64_C(1) << (bits >> 8 & 63);
        if ((bits >> 4 & 15) == 1)
            return UINT64_MAX - (bits >> 8 & 4095);
        return 16;
    default:
        return 8;
    }
}

/* What is the process's own: ring, data, stack, anything. */
static uint64_t address_wild(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 32;

    switch (bits & 3) {
    case 0:
        return (uint64_t)fuzz->ring + (bits >> 8) % ring_size_bytes(fuzz->ring->capacity);
    case 1:
        return (uint64_t)parts + (bits >> 8 & 8191);
    case 2:
        return START_STACK_TOP - (bits >> 8 & 4095);
    default:
        return random_next(fuzz) >> (bits >> 8 & 63);
    }
}

uint64_t address_foreign(struct fuzz *fuzz)
{
    return foreign[random_below(fuzz, COUNT_OF(foreign))];
}

uint64_t address_pick(struct fuzz *fuzz, bool *is_foreign)
{
    uint64_t bits = random_next(fuzz) >> 24;

    if (fuzz->kind == WILD && (bits >> 30 & 31) == 0)
        return address_wild(fuzz);
    switch (bits & 15) {
    case 0:
        *is_foreign = true;
        return address_foreign(fuzz);
    case 1:
        return READ_ONLY + (bits >> 8 & 4095);
    case 2: /* over the end, or an inner edge */
        return ARENA + PAGE_SIZE * (1 + (bits >> 8 & 15)) - (bits >> 12 & 15);
    case 3:
        return WINDOW + (bits >> 8) % (WINDOW_PAGES * PAGE_SIZE);
    case 4:
        return (uint64_t)thread_stub & ~UINT64_C(7);
    default:
        return ARENA + ((bits >> 8) % (ARENA_SIZE - PAGE_SIZE) & ~UINT64_C(7));
    }
}

uint64_t range_pick(struct fuzz *fuzz, uint64_t *length)
{
    uint64_t bits = random_next(fuzz) >> 32;

    *length = PAGE_SIZE * (1 + (bits & 3));
    if ((bits >> 2 & 15) == 0)
        *length = length_pick(fuzz);
    if ((bits >> 6 & 15) == 0)
        return address_foreign(fuzz);
    return bits >> 10 & 3 ? WINDOW + PAGE_SIZE * ((bits >> 12) % WINDOW_PAGES) : 0;
}

/* Only lengths that reach nothing of the process's own, which would miss it. */
uint64_t mapped_pick(struct fuzz *fuzz, uint64_t *length)
{
    uint64_t bits = random_next(fuzz) >> 32;
    uint32_t which = (uint32_t)(bits >> 8) % MAPPED_SIZE;

    if ((bits & 15) == 0) {
        *length = length_pick(fuzz);
        return address_foreign(fuzz) | UINT64_C(1) << 63;
    }
    if ((bits & 3) == 1 && fuzz->mapped[which].address) {
        *length = fuzz->mapped[which].size + (bits & 16 ? 0 : PAGE_SIZE);
        return fuzz->mapped[which].address;
    }
    *length = (bits & 15) == 2 ? UINT64_MAX - (bits >> 8) : PAGE_SIZE * (1 + (bits >> 4 & 3));
    return WINDOW + PAGE_SIZE * ((bits >> 8) % WINDOW_PAGES);
}

uint64_t offset_pick(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 32;

    switch (bits & 7) {
    case 0:
        return PAGE_SIZE * (bits >> 8 & 15) - (bits >> 4 & 1);
    case 1:
        return 64 * (bits >> 8 & 15);
    case 2:
        return (bits >> 8 & 3) == 0 ? UINT64_MAX - (bits >> 16 & 15) : bits >> 8 & 65535;
    default:
        return 0;
    }
}

uint32_t rights_pick(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 40;

    return bits & 1   ? RIGHT_ALL
           : bits & 2 ? RIGHT_ALL & ~(1u << (bits >> 4) % 14)
                      : (uint32_t)(bits >> 4) & RIGHT_ALL;
}

uint32_t property_pick(struct fuzz *fuzz)
{
    static const uint8_t properties[] = {
#define PROPERTY(NAME, number, ...) number,
        PROPERTIES(PROPERTY)
#undef PROPERTY
    };

    return one_in(fuzz, 8) ? random_below(fuzz, 64)
                           : properties[random_below(fuzz, sizeof(properties))];
}

uint32_t access_pick(struct fuzz *fuzz)
{
    static const uint8_t common[] = {0,           MAP_READ,
                                     MAP_WRITE,   MAP_WRITE,
                                     MAP_EXECUTE, MAP_WRITE | MAP_EXECUTE,
                                     8,           MAP_READ | MAP_WRITE};

    return common[random_below(fuzz, sizeof(common))];
}

uint64_t call_pick(struct fuzz *fuzz)
{
    uint32_t back = random_below(fuzz, 4);

    return back < 3 ? fuzz->calls[(fuzz->calls_next - 1 - back) % CALLS_SIZE] : random_next(fuzz);
}

uint64_t submission_pick(struct fuzz *fuzz)
{
    uint32_t at = random_below(fuzz, 2 * fuzz->ring->capacity);

    for (uint32_t i = 0; i < 16; i++) {
        const struct tag *tag = &fuzz->tags[(at + i) % (2 * RING_MAX)];

        if ((tag->generation & 1) && tag->op != OP_CANCEL)
            return tag->submission;
    }
    return random_next(fuzz);
}

uint64_t result_pick(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 40;

    switch (bits & 7) {
    case 0:
        return UINT64_C(1) << (33 + (bits >> 8 & 15));
    case 1:
        return 0 - (1 + (bits >> 8 & 63));
    case 2:
        return bits >> 8 & 0xffff;
    default:
        return bits & 8;
    }
}

uint64_t deadline_pick(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 32;

    return bits & 7 ? 0 : bits & 8 ? 1 + (bits >> 8 & 0x3ffff) : UINT64_C(1) << (bits >> 8 & 63);
}

const char *name_pick(struct fuzz *fuzz, uint64_t *length)
{
    uint32_t which = random_below(fuzz, COUNT_OF(names) * 2);

    which = which < COUNT_OF(names) ? which : which & 3;
    *length = names[which].length;
    return names[which].text;
}

struct thread_start *start_pick(struct fuzz *fuzz)
{
    struct thread_start *start = &starts[fuzz->number][random_below(fuzz, 4)];
    uint64_t bits = random_next(fuzz) >> 20;

    /* an entry that faults would end the process: only what is refused, or the stub */
    start->entry = bits & 15 ? (uint64_t)thread_stub : USER_TOP + (bits >> 4);
    start->stack = ARENA + 64;
    start->tls_base = bits & 48 ? 0 : USER_TOP;
    start->ring_capacity = bits & 64 ? 0 : 1u << (bits >> 8 & 31);
    start->priority = bits >> 16 & 15 ? bits >> 20 & 31 : 32;
    return start;
}

void *part_pick(struct fuzz *fuzz)
{
    uint64_t *words = parts[fuzz->number][random_below(fuzz, 4)].words;
    uint64_t bits = random_next(fuzz) >> 20;

    words[0] = bits & 3 ? PAGE_SIZE * (bits >> 4 & 3) : UINT64_C(1) << (bits >> 4 & 31);
    words[1] = bits & 12 ? PAGE_SIZE * (1 + (bits >> 8 & 3)) : offset_pick(fuzz);
    return words;
}

struct memory_pager *pager_pick(struct fuzz *fuzz, uint32_t handle)
{
    struct memory_pager *pager = &pagers[fuzz->number][random_below(fuzz, 4)];
    uint64_t bits = random_next(fuzz) >> 20;

    pager->handle = handle;
    pager->timeout_ns = bits & 7 ? 1 + (bits >> 8 & 0xfffff) : (bits & 8) * (PAGER_TIMEOUT_MAX / 8);
    return pager;
}
