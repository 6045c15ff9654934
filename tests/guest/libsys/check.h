/* Tests of libsys inside the machine: what the parts share. Each test prints one verdict line. */
#ifndef TESTS_GUEST_LIBSYS_CHECK_H
#define TESTS_GUEST_LIBSYS_CHECK_H

#include <orrery.h>

/* The test that runs; the first expectation that fails names its place. */
extern const char *test_failure;

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition) && !test_failure)                                                         \
            test_failure = __FILE_NAME__ ":" TEXT(__LINE__) ": " #condition;                       \
    } while (0)
#define TEXT(number)  TEXT_(number)
#define TEXT_(number) #number

void test_run(const char *name, void (*test)(void));

void ring_tests(void);
void server_tests(void);
void thread_tests(void);
void process_tests(void);
void console_tests(void);

#endif
