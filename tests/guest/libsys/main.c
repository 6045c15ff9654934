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

static int64_t answer_read(struct server *server, struct call *call)
{
    (void)server;
    return call_reply_text(call, "%s", "here");
}

/* Serve an object on a port of its own, bound where the builder wants to find it. */
static int role_serve(void)
{
    static const struct methods methods = {.read = answer_read};
    struct server server;
    uint64_t ready = 1;

    if (server_open(&server, 0) < 0 ||
        server_publish(&server, "answer", &ready, &methods, RIGHT_READ) < 0)
        return 1;
    object_write(handle_named("ready"), &ready, sizeof(ready), 0);
    return server_run(&server);
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
    if (strcmp(argv[1], "serve") == 0)
        return role_serve();
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
    thread_tests();
    process_tests();
    console_tests();
    return failures;
}
