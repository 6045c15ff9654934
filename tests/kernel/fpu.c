/* Floating-point and vector registers: each thread has its own, from the first to the last. */
#include "guest.h"

const char *const guest_name = "fpu";

#define VECTORS  16u
#define YIELDS   500u
#define SPIN_NS  UINT64_C(50000000) /* several slices */
#define PATTERNS 3u

struct vectors {
    uint64_t words[VECTORS][2];
};

/* The compiler uses none of these registers, so what is loaded stays until it is stored. */
#define EACH_VECTOR(X)                                                                             \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static void vectors_load(const struct vectors *from)
{
#define LOAD(n) "movdqu " #n "*16(%0), %%xmm" #n "\n\t"
    __asm__ volatile(EACH_VECTOR(LOAD) : : "r"(from) : "memory");
}

static void vectors_store(struct vectors *to)
{
#define STORE(n) "movdqu %%xmm" #n ", " #n "*16(%0)\n\t"
    __asm__ volatile(EACH_VECTOR(STORE) : : "r"(to) : "memory");
}

static uint32_t control_sse(void)
{
    uint32_t value;

    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static uint16_t control_x87(void)
{
    uint16_t value;

    __asm__ volatile("fnstcw %0" : "=m"(value));
    return value;
}

static uint64_t finished; /* bit n: the thread with pattern n is done */
static uint64_t damaged;

/* Keeps its pattern in the registers while others keep theirs. */
static int keep(void *argument)
{
    uint64_t pattern = (uint64_t)argument, until;
    struct vectors mine, after;
    uint32_t sse = 0x1f80 | (uint32_t)(pattern << 13); /* another rounding each */
    uint16_t x87 = (uint16_t)(0x37f | pattern << 10);

    for (unsigned i = 0; i < VECTORS; i++) {
        mine.words[i][0] = (pattern + 1) * UINT64_C(0x0101010101010101) + i;
        mine.words[i][1] = ~mine.words[i][0];
    }
    __asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(sse), "m"(x87));
    vectors_load(&mine);
    for (unsigned i = 0; i < YIELDS; i++)
        enter(0, 0, 0);
    for (until = time_now_ns() + SPIN_NS; time_now_ns() < until;)
        ;
    vectors_store(&after);
    if (memcmp(&mine, &after, sizeof(mine)) != 0 || control_sse() != sse || control_x87() != x87)
        __atomic_fetch_or(&damaged, UINT64_C(1) << pattern, __ATOMIC_RELAXED);
    __atomic_fetch_or(&finished, UINT64_C(1) << pattern, __ATOMIC_RELEASE);
    return 0;
}

static void own_registers(void)
{
    for (uint64_t i = 0; i + 1 < PATTERNS; i++)
        check(thread_create(keep, (void *)i, 0) > 0);
    keep((void *)(uint64_t)(PATTERNS - 1));
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) != (1u << PATTERNS) - 1)
        enter(0, 0, 0);
    check_is(damaged, 0);
}

/* A process begins with registers that tell nothing of the one before. */
static void child_fresh(void)
{
    static const struct vectors zero;
    struct vectors first;

    vectors_store(&first);
    check(memcmp(&first, &zero, sizeof(zero)) == 0);
    check_is(control_sse(), 0x1f80);
    check_is(control_x87(), 0x37f);
    program_exit(0);
}

static void fresh_registers(void)
{
    struct vectors full;
    uint32_t sse = 0x1fff;
    struct process_status status;

    memset(&full, 0xff, sizeof(full));
    vectors_load(&full);
    __asm__ volatile("ldmxcsr %0" : : "m"(sse));
    status = child_run("fresh", NULL, 0);
    check_is(status.reason, REASON_EXITED);
    check_is(status.status, 0);
}

/* An unmasked division by zero: vector 19, SDM volume 3, section 6.15. */
static void child_unmasked(void)
{
    uint32_t sse = 0x1f80 & ~0x200u;
    static const float one = 1;

    __asm__ volatile("ldmxcsr %0; movss %1, %%xmm0; xorps %%xmm1, %%xmm1; divss %%xmm1, %%xmm0"
                     :
                     : "m"(sse), "m"(one));
    program_exit(0);
}

static void unmasked_exception(void)
{
    struct process_status status = child_run("unmasked", NULL, 0);

    if (processor_is_qemu()) { /* which does not raise it */
        check_is(status.reason, REASON_EXITED);
        return;
    }
    check_is(status.reason, REASON_EXCEPTION);
    check_is(status.vector, 19);
}

const struct guest_test guest_tests[] = {
    {"own-registers", own_registers},
    {"fresh-registers", fresh_registers},
    {"unmasked-exception", unmasked_exception},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {
    {"fresh", child_fresh},
    {"unmasked", child_unmasked},
    {NULL, NULL},
};
