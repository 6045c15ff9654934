/*
 * A thread rewrites a request while the kernel takes it, at each moment there is: the kernel's copy
 * is run one instruction at a time, and before each of them, in turn, the whole entry is written
 * anew. Whenever that happens, every word of the copy is the old one or the new one, the words were
 * read in order, each once, and what the kernel decides on is what it has in its copy.
 */
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "kernel/ring.h"
#include "kernel_test.h"

#define WORDS        (sizeof(struct request) / sizeof(uint64_t))
#define TRAP_FLAG    0x100
#define INSTRUCTIONS 4000u /* more than any copy takes */

static _Alignas(64) uint8_t memory[8192];
static struct kernel_ring ring;
static volatile unsigned long instructions, moment;
static uint64_t rewritten[WORDS];

/* After each instruction while the trap flag is set. */
static void on_instruction(int signal, siginfo_t *info, void *context)
{
    volatile uint64_t *entry = (uint64_t *)(memory + RING_REQUESTS);

    (void)signal;
    (void)info;
    (void)context;
    if (instructions++ == moment)
        for (unsigned i = 0; i < WORDS; i++)
            entry[i] = rewritten[i];
}

/* Below the stack's red zone. */
static inline __attribute__((always_inline)) void trap_set(bool on)
{
    if (on)
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushf; orq %0, (%%rsp); popf; lea 128(%%rsp), "
                         "%%rsp" ::"i"(TRAP_FLAG)
                         : "memory", "cc");
    else
        __asm__ volatile("lea -128(%%rsp), %%rsp; pushf; andq %0, (%%rsp); popf; lea 128(%%rsp), "
                         "%%rsp" ::"i"(~TRAP_FLAG)
                         : "memory", "cc");
}

typedef bool taker(struct kernel_ring *from, struct request *request);

static __attribute__((noinline)) bool take(struct kernel_ring *from, struct request *request)
{
    return ring_next(from, request);
}

/* Wrong on purpose: decides on the ring's entry, then copies it. */
static __attribute__((noinline)) bool take_twice(struct kernel_ring *from, struct request *request)
{
    const volatile uint64_t *source = (uint64_t *)ring_slot(from, from->submission_head);
    uint64_t first = source[0];
    bool nop = (uint32_t)first == OP_NOP;

    for (unsigned i = 0; i < WORDS; i++)
        ((uint64_t *)request)[i] = source[i];
    from->submission_head++;
    return nop;
}

/* Wrong on purpose: one word from the entry as it is after it was copied. */
static __attribute__((noinline)) bool take_late(struct kernel_ring *from, struct request *request)
{
    const volatile uint64_t *source = (uint64_t *)ring_slot(from, from->submission_head);
    bool nop = ring_next(from, request);

    request->length = source[3];
    return nop;
}

/* Is the copy one that a kernel that reads each word once, in order, can have? */
static bool copy_is_sound(const struct request *copy, bool nop, const uint64_t *old)
{
    const uint64_t *words = (const uint64_t *)copy;
    bool is_new = false;

    if (nop != request_is_nop(copy))
        return false;
    for (unsigned i = 0; i < (nop ? 2 : WORDS); i++) {
        if (words[i] == (is_new ? rewritten[i] : old[i]))
            continue;
        if (is_new || words[i] != rewritten[i])
            return false;
        is_new = true;
    }
    return true;
}

/* Take `old` while `new` is written over it at each moment: at how many moments that goes wrong. */
static unsigned sweep(taker *one_take, struct request old, struct request new, unsigned *moments)
{
    unsigned wrong = 0;

    memcpy(rewritten, &new, sizeof(new));
    for (moment = 0;; moment++) {
        struct request copy = {0};
        bool nop;

        memset(memory, 0, sizeof(memory));
        ring_init(&ring, memory, RING_CAPACITY_MIN);
        memcpy(memory + RING_REQUESTS, &old, sizeof(old));
        ring.shared->submission_tail = 1;
        instructions = 0;
        trap_set(true);
        nop = one_take(&ring, &copy);
        trap_set(false);
        wrong += !copy_is_sound(&copy, nop, (uint64_t *)&old);
        if (instructions <= moment)
            break;
        require(moment < INSTRUCTIONS);
    }
    *moments = (unsigned)moment;
    return wrong;
}

static struct request request_of(uint16_t op, uint64_t words)
{
    return (struct request){.op = op,
                            .handle = (uint32_t)words,
                            .user_data = words + 1,
                            .buffer = words + 2,
                            .length = words + 3,
                            .offset = words + 4,
                            .deadline = words + 5,
                            .arg0 = words + 6,
                            .arg1 = words + 7};
}

static void trap_catch(void)
{
    struct sigaction action = {.sa_sigaction = on_instruction, .sa_flags = SA_SIGINFO};

    require(sigaction(SIGTRAP, &action, NULL) == 0);
}

/* Every pair of kinds: no-ops, which are not read whole, and others. */
START_TEST(every_moment)
{
    const uint16_t ops[] = {OP_NOP, OP_READ, OP_WRITE};
    unsigned moments;

    trap_catch();
    for (unsigned i = 0; i < 9; i++) {
        require(sweep(take, request_of(ops[i / 3], 100), request_of(ops[i % 3], 200), &moments) ==
                0);
        require(moments >= 8); /* it was seen at work */
    }
}
END_TEST

/* What reads a word twice is found by the same sweep. */
START_TEST(second_reads_are_found)
{
    unsigned moments;

    trap_catch();
    require(sweep(take_twice, request_of(OP_NOP, 100), request_of(OP_WRITE, 200), &moments) > 0);
    require(sweep(take_twice, request_of(OP_WRITE, 100), request_of(OP_NOP, 200), &moments) > 0);
    require(sweep(take_late, request_of(OP_READ, 100), request_of(OP_WRITE, 200), &moments) > 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_moment, second_reads_are_found};

    return suite_run("kernel ring phases", tests, sizeof(tests) / sizeof(tests[0]));
}
