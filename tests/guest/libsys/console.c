/* The console's driver, from a client's side. */
#include "check.h"

#define MILLISECOND UINT64_C(1000000)

static int64_t timed(uint16_t op, void *buffer, uint64_t length, uint64_t deadline)
{
    return request_wait((struct request){.op = op,
                                         .handle = handle_named("out"),
                                         .buffer = (uint64_t)buffer,
                                         .length = length,
                                         .deadline = deadline});
}

/* Nobody types: every read is given up. None of them may be in the way of a later one. */
static void given_up_reads_are_forgotten(void)
{
    char byte;

    for (unsigned i = 0; i < 3 * SERVER_CALLS; i++)
        EXPECT(timed(OP_READ, &byte, 1, MILLISECOND / 10) == -E_TIMEOUT);
}

static void writing_nothing_waits_for_all(void)
{
    char text[] = "a line that is on its way out for more than a millisecond\n";
    uint64_t start = time_now_ns();
    uint64_t line_ns = (sizeof(text) - 1) * 10 * UINT64_C(1000000000) / 115200;

    EXPECT(timed(OP_WRITE, text, sizeof(text) - 1, 100 * MILLISECOND) == sizeof(text) - 1);
    EXPECT(time_now_ns() - start < line_ns);
    EXPECT(timed(OP_WRITE, NULL, 0, 100 * MILLISECOND) == 0);
    EXPECT(time_now_ns() - start >= line_ns);
}

static void other_operations_are_refused(void)
{
    uint32_t out = handle_named("out");

    EXPECT(object_get(out, PROPERTY_TYPE) == OBJECT_REMOTE);
    EXPECT(object_read(out, NULL, 0, 0) == 0);
    EXPECT(object_open(out, "x", 0) == -E_DENIED);
    EXPECT(object_set(out, PROPERTY_SIZE, 1) == -E_DENIED);
    EXPECT(object_write(out, (void *)KERNEL_BASE, 8, 0) == -E_BUFFER);
}

void console_tests(void)
{
    test_run("given-up-reads-are-forgotten", given_up_reads_are_forgotten);
    test_run("writing-nothing-waits-for-all", writing_nothing_waits_for_all);
    test_run("console-refuses", other_operations_are_refused);
}
