/* The trace reader: whole, wrapped, truncated and garbage traces, out of memory that is an array.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#include "abi/op.h"
#include "suite.h"

enum { MEMORY = 64 * 1024, AT = 8192, CAPACITY = 100 };

static uint8_t memory[MEMORY];
static struct trace_reader reader;
static struct trace_record taken[1000];
static size_t taken_count;
static bool unreadable;

static int read_memory(void *context, uint64_t physical, void *buffer, size_t size)
{
    (void)context;
    if (unreadable || physical > MEMORY || size > MEMORY - physical)
        return -1;
    memcpy(buffer, memory + physical, size);
    return 0;
}

static void take(void *context, const struct trace_record *record)
{
    (void)context;
    ck_assert_uint_lt(taken_count, 1000);
    taken[taken_count++] = *record;
}

static struct trace_header *header(void)
{
    return (struct trace_header *)(memory + AT);
}

static struct trace_record *slot(uint64_t number)
{
    return (struct trace_record *)(memory + AT + TRACE_HEADER_SIZE) + number % CAPACITY;
}

static void emit(unsigned count)
{
    for (; count > 0; count--) {
        uint64_t number = header()->written;

        *slot(number) = (struct trace_record){.sequence = number,
                                              .tick = 1000 + number * 3,
                                              .event = TRACE_CALL,
                                              .actor = 5,
                                              .a = number * 7};
        header()->written++;
    }
}

static void setup(void)
{
    memset(memory, 0, sizeof(memory));
    *header() =
        (struct trace_header){TRACE_MAGIC, TRACE_VERSION, sizeof(struct trace_record), CAPACITY, 0};
    reader = (struct trace_reader){.read = read_memory, .memory_size = MEMORY, .cpus = 1};
    taken_count = 0;
    unreadable = false;
}

static int take_all(void)
{
    return trace_take(&reader, AT, take, NULL);
}

static void refused(const char *word)
{
    ck_assert_int_eq(take_all(), -1);
    ck_assert_msg(strstr(reader.error, word) != NULL, "\"%s\" not in \"%s\"", word, reader.error);
}

START_TEST(takes_each_record_once)
{
    emit(10);
    ck_assert_int_eq(take_all(), 0);
    ck_assert_uint_eq(taken_count, 10);
    ck_assert_int_eq(take_all(), 0);
    ck_assert_uint_eq(taken_count, 10);
    emit(5);
    ck_assert_int_eq(take_all(), 0);
    ck_assert_uint_eq(taken_count, 15);
    ck_assert_uint_eq(taken[14].a, 14 * 7);
}
END_TEST

START_TEST(follows_the_ring_round)
{
    for (unsigned i = 0; i < 9; i++) {
        emit(73);
        ck_assert_int_eq(take_all(), 0);
    }
    emit(CAPACITY);
    ck_assert_int_eq(take_all(), 0);
    ck_assert_uint_eq(taken_count, 9 * 73 + CAPACITY);
    for (size_t i = 0; i < taken_count; i++)
        ck_assert_uint_eq(taken[i].sequence, i);
}
END_TEST

START_TEST(refuses_lost_records)
{
    emit(CAPACITY + 1);
    refused("overwritten");
}
END_TEST

START_TEST(refuses_a_trace_that_shrinks)
{
    emit(9);
    ck_assert_int_eq(take_all(), 0);
    header()->written = 4;
    refused("cut off");
}
END_TEST

START_TEST(refuses_bad_headers)
{
    setup();
    header()->magic ^= 1;
    refused("no trace");
    setup();
    header()->version++;
    refused("version");
    setup();
    header()->record_size--;
    refused("bytes");
    setup();
    header()->capacity = 0;
    refused("capacity");
    setup();
    header()->capacity = UINT64_MAX / 2;
    refused("capacity");
    setup();
    header()->capacity = (MEMORY - AT - TRACE_HEADER_SIZE) / sizeof(struct trace_record) + 1;
    refused("capacity");
    setup();
    ck_assert_int_eq(trace_take(&reader, MEMORY - 100, take, NULL), -1);
    ck_assert_int_eq(trace_take(&reader, UINT64_MAX - 5, take, NULL), -1);
    setup();
    unreadable = true;
    refused("cannot be read");
}
END_TEST

START_TEST(refuses_garbage_records)
{
    setup();
    emit(20);
    slot(7)->sequence = 8;
    refused("sequence");
    ck_assert_uint_eq(taken_count, 7);
    setup();
    emit(20);
    slot(3)->event = 9999;
    refused("unknown event");
    setup();
    emit(20);
    slot(3)->cpu = 1;
    refused("processor");
    setup();
    emit(20);
    slot(3)->tick = 1;
    refused("older");
    setup();
    emit(20);
    header()->written += 3; /* the last three were never written */
    refused("sequence");
}
END_TEST

START_TEST(refuses_any_noise)
{
    srandom(1);
    for (unsigned round = 0; round < 2000; round++) {
        setup();
        emit(50);
        for (unsigned i = 0; i < 8; i++)
            memory[AT + (size_t)random() % sizeof(struct trace_header)] ^=
                (uint8_t)(1 << random() % 8);
        if (take_all() == 0)
            ck_assert_uint_le(taken_count, 50);
    }
}
END_TEST

START_TEST(prints_records)
{
    struct trace_record record = {
        .tick = 41207113, .event = TRACE_REPLY, .actor = 3, .a = 7, .b = 12};
    char text[200];

    trace_print(&record, text, sizeof(text));
    ck_assert_str_eq(text, "tick 41,207,113  cpu 0  thread 3  reply(call=7, result=12)");
    record = (struct trace_record){.event = TRACE_PROCESS_START, .a = 2, .b = 0x07747372696d};
    trace_print(&record, text, sizeof(text));
    ck_assert_str_eq(text, "tick 0  cpu 0  thread 0  process_start(process=2, name=\"mirst?\")");
    record = (struct trace_record){.event = TRACE_PROCESS_EXIT, .a = 2, .b = UINT64_MAX};
    trace_print(&record, text, sizeof(text));
    ck_assert_str_eq(text, "tick 0  cpu 0  thread 0  process_exit(process=2, status=-1)");
    record = (struct trace_record){.event = TRACE_SUBMIT, .a = OP_READ, .b = 0x300000001};
    trace_print(&record, text, sizeof(text));
    ck_assert_str_eq(text, "tick 0  cpu 0  thread 0  submit(op=read, user_data=0x300000001)");
    record = (struct trace_record){.event = TRACE_SUBMIT, .a = OP_COUNT, .b = 0};
    trace_print(&record, text, sizeof(text));
    ck_assert_str_eq(text, "tick 0  cpu 0  thread 0  submit(op=18, user_data=0x0)");
    record = (struct trace_record){.event = TRACE_NOP, .a = 1, .b = 2};
    trace_print(&record, text, sizeof(text));
    ck_assert_str_eq(text, "tick 0  cpu 0  thread 0  nop(user_data=0x2)");
    record = (struct trace_record){.event = TRACE_FRAME_FREE, .a = 0x5000, .b = 0};
    trace_print(&record, text, sizeof(text));
    ck_assert_str_eq(text, "tick 0  cpu 0  thread 0  frame_free(frame=0x5000, order=0)");
    number_print(0, text, sizeof(text));
    ck_assert_str_eq(text, "0");
    number_print(999, text, sizeof(text));
    ck_assert_str_eq(text, "999");
    number_print(UINT64_MAX, text, sizeof(text));
    ck_assert_str_eq(text, "18,446,744,073,709,551,615");
    number_print(1234567, text, 5);
    ck_assert_uint_lt(strlen(text), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace_reader");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, takes_each_record_once);
    tcase_add_test(cases, follows_the_ring_round);
    tcase_add_test(cases, refuses_lost_records);
    tcase_add_test(cases, refuses_a_trace_that_shrinks);
    tcase_add_test(cases, refuses_bad_headers);
    tcase_add_test(cases, refuses_garbage_records);
    tcase_add_test(cases, refuses_any_noise);
    tcase_add_test(cases, prints_records);
    return suite_finish(suite, cases);
}
