/*
 * libsys, tested inside the machine, on the real kernel. Prints lines `ok NAME` and
 * `FAIL NAME: why`, and ends with the number of failures.
 */
#include "check.h"

const char *test_failure;
static int failures;

void test_run(const char *name, void (*test)(void))
{
    test_failure = NULL;
    test();
    if (test_failure) {
        failures++;
        print("FAIL %s: %s\n", name, test_failure);
    } else {
        print("ok %s\n", name);
    }
}

/* Other processes of the tests: `libsys-test ROLE`. */
static int role_run(int argc, char **argv)
{
    if (strcmp(argv[1], "status") == 0) {
        int64_t status = 0;

        text_to_signed(argv[2], &status);
        program_exit(status);
    }
    if (strcmp(argv[1], "count") == 0)
        return argc;
    if (strcmp(argv[1], "wait") == 0)
        enter(0, 1, DEADLINE_NEVER - 1);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return role_run(argc, argv);
    ring_tests();
    server_tests();
    process_tests();
    return failures;
}
