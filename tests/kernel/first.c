/*
 * The first process of the booted tests: runs each test of each program of the archive whose name
 * begins with "test-", one after another, and compares what memory is free before and after each.
 * Turns the machine off with status 1 if one of them failed, else 0.
 */
#include "guest.h"

#define TEST_TIME_NS UINT64_C(60000000000)

const char *const guest_name = "first";
const struct guest_test guest_children[] = {{NULL, NULL}};

static const char *const given[] = {"processes",     "files", "interrupts", "io-space",
                                    "device-memory", "power", "processors"};

#define GIVEN (sizeof(given) / sizeof(given[0]))

static int64_t test_start(const char *name, uint32_t number)
{
    char text[12];
    const char *test_arguments[] = {name, text};
    struct program_handle handles[GIVEN];
    int64_t binary = object_open(files, name, 0), process;

    format_text(text, sizeof(text), "%u", number);
    for (size_t i = 0; i < GIVEN; i++)
        handles[i] = (struct program_handle){given[i], handle_named(given[i]), 0};
    process = program_start_with(&(struct program_start){.name = name,
                                                         .processes = processes,
                                                         .binary = (uint32_t)binary,
                                                         .arguments = test_arguments,
                                                         .argument_count = 2,
                                                         .handles = handles,
                                                         .handle_count = GIVEN});
    handle_close((uint32_t)binary);
    return process;
}

static void status_tell(const char *name, uint32_t number, const struct process_status *status)
{
    if (status->reason == REASON_EXITED)
        serial_format("FAIL %s #%u: exit status %lld\n", name, number, (long long)status->status);
    else
        serial_format("FAIL %s #%u: %s, address %llx, instruction %llx\n", name, number,
                      reason_text(status->reason), (unsigned long long)status->address,
                      (unsigned long long)status->instruction);
}

/* Run one test. 1: it failed; 0: it did not; -1: there is none of this number. */
static int test_run(const char *name, uint32_t number)
{
    int64_t before = object_get(processes, PROPERTY_FREE_FRAMES), after;
    int64_t process = test_start(name, number), result;
    struct process_status status = {0};

    if (process < 0) {
        serial_format("FAIL %s #%u: not started: %s\n", name, number, error_text(process));
        return 1;
    }
    result = request_wait((struct request){.op = OP_READ,
                                           .handle = (uint32_t)process,
                                           .buffer = (uint64_t)&status,
                                           .length = sizeof(status),
                                           .deadline = TEST_TIME_NS});
    if (result < 0) {
        serial_format("FAIL %s #%u: %s\n", name, number, error_text(result));
        object_remove((uint32_t)process, NULL, 0);
    }
    handle_close((uint32_t)process);
    if (result < 0)
        return 1;
    if (status.reason == REASON_EXITED && status.status == NO_TEST)
        return -1;
    if (status.reason != REASON_EXITED || status.status > 1)
        status_tell(name, number, &status);
    after = object_get(processes, PROPERTY_FREE_FRAMES);
    if (after != before)
        serial_format("FAIL %s #%u leaks: %lld frames\n", name, number,
                      (long long)(before - after));
    return status.reason != REASON_EXITED || status.status != 0 || after != before;
}

static void run_all(void)
{
    struct table_entry entry;
    int failures = 0;
    int result;

    for (uint64_t i = 0; table_entry_read(files, i, &entry) == 1; i++) {
        if (!text_starts_with(entry.name, "test-"))
            continue;
        test_run(entry.name, UINT32_MAX); /* what a first start leaves for good is no leak */
        for (uint32_t number = 0; (result = test_run(entry.name, number)) >= 0; number++)
            failures += result;
    }
    power_off(power, 0, failures != 0);
}

const struct guest_test guest_tests[] = {{"all", run_all}, {NULL, NULL}};
