/*
 * What the booted tests of the kernel share. A test program holds some tests; the first process
 * (first.c) starts it once for each, in a process of its own, with the test's number as argument,
 * and compares the machine's free frames before and after.
 *
 * Output goes straight to the serial line: no driver is needed, and a line is out before anything
 * else happens.
 */
#ifndef TESTS_KERNEL_GUEST_H
#define TESTS_KERNEL_GUEST_H

#include <orrery.h>

#include "serial.h"

struct guest_test {
    const char *name;
    void (*run)(void);
};

#define NO_TEST 77 /* exit status: there is no test of this number */

/* Each test program defines these. `children` are what it starts itself, by name. */
extern const char *const guest_name;
extern const struct guest_test guest_tests[];
extern const struct guest_test guest_children[];

/* Handles that every test is given. */
extern uint32_t self, processes, files, power;

/* Use the serial line; called before main's tests. */
void serial_open(void);

/* Note a failure of the running test; the first one is told. Returns whether all is well. */
bool guest_check(bool good, const char *file, int line, const char *what, int64_t actual,
                 int64_t expected);

/* Leave the test if something is not as it should be. */
#define check(condition)                                                                           \
    do {                                                                                           \
        if (!guest_check((condition), __FILE_NAME__, __LINE__, #condition, 0, 0))                  \
            return;                                                                                \
    } while (0)

/* The same for a number, which is told. */
#define check_is(actual, expected)                                                                 \
    do {                                                                                           \
        int64_t actual_value = (int64_t)(actual), expected_value = (int64_t)(expected);            \
        if (!guest_check(actual_value == expected_value, __FILE_NAME__, __LINE__, #actual,         \
                         actual_value, expected_value))                                            \
            return;                                                                                \
    } while (0)

/* Start this program again as one of its children; a handle on the process, or an error. */
int64_t child_start(const char *name, const struct program_handle *handles, size_t count);

/* Start a child and wait for its end. */
struct process_status child_run(const char *name, const struct program_handle *handles,
                                size_t count);

/* Open the archive's copy of this program. */
int64_t binary_open(void);

/* Push a request on this thread's ring; false if it is full. */
bool push(uint16_t op, uint16_t flags, uint32_t handle, uint64_t user_data);

/* Submit all that was pushed and wait for so many completions. How many were accepted. */
uint64_t submit_all(uint64_t wait);

/* The next completion's result; it must be that of `user_data`, else INT64_MIN. */
int64_t result_of(uint64_t user_data);

int64_t event_make(void);
int64_t event_add(uint32_t event, uint64_t count);

/* Is the processor QEMU's own (TCG)? It leaves some exceptions out, or raises others. */
bool processor_is_qemu(void);

/* A number that follows no pattern, the same in every run. */
uint64_t random_next(void);

#endif
