/* How the end of a process is put into words, with a file of functions that is in memory here. */
#include <check.h>
#include <string.h>

#include "abi/error.h"
#include "abi/symbol.h"
#include "libsys/fault.h"
#include "libsys/sync.h"
#include "suite.h"

#define FILE_HANDLE 7u

static const struct symbol table[] = {
    {0, "other", 0},           {0x401000, "_start", 0}, {0x401100, "other_main", 1},
    {0x409000, "code_end", 0}, {0, "program", 0},       {0x401000, "_start", 0},
    {0x401020, "bare", 0},     {0x401040, "framed", 1}, {0x401100, "main", 1},
    {0x401200, "code_end", 0}, {0, "last", 0},          {0x401010, "last_main", 1},
};

int64_t object_read(uint32_t handle, void *buffer, uint64_t length, uint64_t offset)
{
    uint64_t left = offset < sizeof(table) ? sizeof(table) - offset : 0;

    if (handle != FILE_HANDLE)
        return -E_HANDLE;
    if (length > left)
        length = left;
    if (length > 3 * sizeof(table[0])) /* less than was asked for */
        length = 3 * sizeof(table[0]);
    memcpy(buffer, (const char *)table + offset, length);
    return (int64_t)length;
}

static char text[256];

static const char *described(struct process_status status, const char *program)
{
    fault_describe(text, sizeof(text), &status, program ? FILE_HANDLE : 0, program);
    return text;
}

START_TEST(without_a_fault)
{
    ck_assert_str_eq(described((struct process_status){.reason = REASON_KILLED}, "program"),
                     "killed");
}
END_TEST

START_TEST(framed)
{
    struct process_status status = {.reason = REASON_PAGE_FAULT,
                                    .address = 0x10,
                                    .instruction = 0x401050,
                                    .stack_word = 0x401105,
                                    .callers = {0x401200, 0x401005}};

    /* a return address may be where the next function begins */
    ck_assert_str_eq(described(status, "program"),
                     "page fault at 0x10, instruction 0x401050 in framed+0x10\n"
                     "  called from main+0x100, _start+0x5");
    ck_assert_str_eq(described(status, "last"),
                     "page fault at 0x10, instruction 0x401050 in last_main+0x40\n"
                     "  called from last_main+0x1f0, 0x401005");
}
END_TEST

START_TEST(without_a_frame)
{
    struct process_status status = {.reason = REASON_DIVIDE,
                                    .instruction = 0x401022,
                                    .stack_word = 0x401048,
                                    .callers = {0x401105}};

    ck_assert_str_eq(described(status, "program"),
                     "divide error, vector 0, instruction 0x401022 in bare+0x2\n"
                     "  called from framed+0x8, main+0x5");
    /* nor at the first instruction of one that will have it */
    status.instruction = 0x401040;
    ck_assert_str_eq(described(status, "program"),
                     "divide error, vector 0, instruction 0x401040 in framed+0x0\n"
                     "  called from framed+0x8, main+0x5");
    /* a word that is no return address is passed over */
    status.stack_word = 0x500000;
    ck_assert_str_eq(described(status, "program"),
                     "divide error, vector 0, instruction 0x401040 in framed+0x0\n"
                     "  called from main+0x5");
}
END_TEST

START_TEST(outside_of_the_code)
{
    struct process_status status = {.reason = REASON_PAGE_FAULT,
                                    .address = 0x7000,
                                    .instruction = 0x7000,
                                    .stack_word = 0x401105};

    ck_assert_str_eq(described(status, "program"),
                     "page fault at 0x7000, instruction 0x7000\n  called from main+0x5");
}
END_TEST

START_TEST(without_names)
{
    struct process_status status = {.reason = REASON_PROTECTION,
                                    .vector = 13,
                                    .instruction = 0x401050,
                                    .stack_word = 0x401105,
                                    .callers = {0x401105}};
    const char *bare = "general protection fault, vector 13, instruction 0x401050\n"
                       "  called from 0x401105";

    ck_assert_str_eq(described(status, NULL), bare);
    ck_assert_str_eq(described(status, "unknown"), bare);
}
END_TEST

START_TEST(cut_where_there_is_no_room)
{
    struct process_status status = {.reason = REASON_PAGE_FAULT,
                                    .instruction = 0x401050,
                                    .callers = {0x401105, 0x401105, 0x401105}};
    char whole[256], part[256];

    fault_describe(whole, sizeof(whole), &status, FILE_HANDLE, "program");
    for (size_t size = 1; size < strlen(whole) + 1; size++) {
        memset(part, 'x', sizeof(part));
        fault_describe(part, size, &status, FILE_HANDLE, "program");
        ck_assert_uint_eq(strlen(part), size - 1);
        ck_assert_int_eq(memcmp(part, whole, size - 1), 0);
        ck_assert_int_eq(part[size], 'x');
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fault");

    tcase_add_test(tests, without_a_fault);
    tcase_add_test(tests, framed);
    tcase_add_test(tests, without_a_frame);
    tcase_add_test(tests, outside_of_the_code);
    tcase_add_test(tests, without_names);
    tcase_add_test(tests, cut_where_there_is_no_room);
    return suite_finish(suite_create("libsys fault"), tests);
}
