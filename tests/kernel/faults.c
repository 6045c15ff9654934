/* What is told of a program that failed: who had called whom, whatever its registers hold. */
#include "guest.h"

const char *const guest_name = "faults";

#define NEAR 64u /* bytes of code that a function below has at most */

/* Fails in a function without a frame that a function with one called. */
void fail_bare(void);
__asm__(".text\nfail_bare: ud2\n.globl fail_bare\n");

static __attribute__((noinline)) void call_bare(void)
{
    fail_bare();
    __asm__ volatile("");
}

static __attribute__((noinline)) void call_call(void)
{
    call_bare();
    __asm__ volatile("");
}

static bool is_in(uint64_t address, void (*function)(void))
{
    return address - (uint64_t)function < NEAR;
}

static void callers_by_frames(void)
{
    struct process_status status = child_run("callers", NULL, 0);

    check_is(status.reason, REASON_INVALID_OPCODE);
    check_is(status.instruction, (uint64_t)fail_bare);
    check(is_in(status.stack_word, call_bare));
    check(is_in(status.callers[0], call_call));
    check(status.callers[1] != 0); /* main, and what called it */
    for (unsigned i = 2; i < STATUS_CALLERS; i++)
        check(status.callers[i] == 0 || status.callers[i - 1] != 0);
    check_is(status.callers[STATUS_CALLERS - 1], 0);
}

/* Values for RBP, and for RSP: none of them may harm the kernel, or be read where it is not the
 * process's. */
static const uint64_t wild[] = {0,
                                1,
                                PAGE_SIZE,
                                START_STACK_TOP,
                                START_STACK_TOP - 8, /* half of the link is there */
                                USER_TOP - 8,
                                USER_TOP,
                                UINT64_C(0x0000800000000000),
                                UINT64_C(0xffff7fffffffffff),
                                DIRECT_MAP_BASE,
                                KERNEL_BASE,
                                UINT64_MAX - 7,
                                UINT64_MAX};

#define WILD (sizeof(wild) / sizeof(wild[0]))

static void wild_registers(void)
{
    uint32_t event = (uint32_t)event_make();
    const struct program_handle given = {"which", event, 0};

    for (size_t i = 0; i < 2 * WILD; i++) {
        struct process_status status;

        event_add(event, i + 1);
        status = child_run("wild", &given, 1);
        check_is(status.reason, REASON_INVALID_OPCODE);
        if (i < WILD)
            check_is(status.callers[0], 0);
        else if (wild[i - WILD] != START_STACK_TOP - 8) /* that word is there */
            check_is(status.stack_word, 0);
    }
}

static void child_wild(void)
{
    uint64_t which;

    object_read(handle_named("which"), &which, sizeof(which), 0);
    which--;
    if (which < WILD)
        __asm__ volatile("mov %0, %%rbp; ud2" : : "r"(wild[which]));
    __asm__ volatile("mov %0, %%rsp; ud2" : : "r"(wild[which - WILD]));
}

/* Frames that lead in a circle. */
static void circle(void)
{
    struct process_status status = child_run("circle", NULL, 0);

    check_is(status.reason, REASON_INVALID_OPCODE);
    for (unsigned i = 0; i < STATUS_CALLERS; i++)
        check_is(status.callers[i], 4711);
}

static void child_circle(void)
{
    uint64_t link[2] = {(uint64_t)link, 4711};

    __asm__ volatile("mov %0, %%rbp; ud2" : : "r"(link), "m"(link) : "memory");
}

static void nothing_after_an_exit(void)
{
    struct process_status status = child_run("leave", NULL, 0);

    check_is(status.reason, REASON_EXITED);
    check_is(status.stack_word, 0);
    check_is(status.callers[0], 0);
}

static void child_leave(void)
{
}

const struct guest_test guest_tests[] = {
    {"callers-by-frames", callers_by_frames},
    {"wild-registers", wild_registers},
    {"circle", circle},
    {"nothing-after-an-exit", nothing_after_an_exit},
    {NULL, NULL},
};

const struct guest_test guest_children[] = {{"callers", call_call},
                                            {"circle", child_circle},
                                            {"leave", child_leave},
                                            {"wild", child_wild},
                                            {NULL, NULL}};
