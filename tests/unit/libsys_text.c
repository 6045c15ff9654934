/* Formatted text, numbers and paths. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "libsys/describe.h"
#include "abi/error.h"
#include "libsys/format.h"
#include "libsys/path.h"
#include "libsys/text.h"
#include "suite.h"

/* format_text's own answer beside that of the host's library. */
#define BOTH(...)                                                                                  \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        size_t length = format_text(ours, sizeof(ours), __VA_ARGS__);                              \
                                                                                                   \
        ck_assert_int_eq((int)length, snprintf(theirs, sizeof(theirs), __VA_ARGS__));              \
        ck_assert_str_eq(ours, theirs);                                                            \
    } while (0)

START_TEST(format_agrees_with_the_standard)
{
    BOTH("plain");
    BOTH("%d %i %u %x", -5, 7, 9u, 0xbeefu);
    BOTH("%d %d", INT_MIN, INT_MAX);
    BOTH("%ld %lu %lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
    BOTH("%lld %llu", LLONG_MIN, ULLONG_MAX);
    BOTH("%zu %hhu %hu %hhd", (size_t)12, (unsigned char)200, (unsigned short)60000,
         (signed char)-1);
    BOTH("[%5d] [%-5d] [%05d] [%-5s] [%5s]", 42, 42, -42, "ab", "ab");
    BOTH("[%.2s] [%.9s] [%*d] [%.*s]", "abcdef", "abc", 6, 7, 3, "abcdef");
    BOTH("%c%c %% %p", 'x', 'y', (void *)0x1234);
    BOTH("%3d%3d", 12345, 1);
    BOTH("%08lx|%16lx|%-16lx|", 0xabcul, 0xabcul, 0xabcul);
}
END_TEST

START_TEST(format_never_writes_too_much)
{
    char buffer[8] = "#######";

    ck_assert_uint_eq(format_text(buffer, 4, "%s", "abcdefgh"), 8);
    ck_assert_str_eq(buffer, "abc");
    ck_assert_str_eq(buffer + 4, "###");
    ck_assert_uint_eq(format_text(buffer, 1, "%u", 5u), 1);
    ck_assert_str_eq(buffer, "");
}
END_TEST

START_TEST(format_copies_what_it_does_not_know)
{
    char buffer[32];
    const char *odd = "50% of %y, %"; /* not a literal: the compiler would object */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    format_text(buffer, sizeof(buffer), odd);
#pragma GCC diagnostic pop
    ck_assert_str_eq(buffer, odd);
}
END_TEST

START_TEST(numbers)
{
    uint64_t number = 1;
    int64_t negative;

    ck_assert(text_to_number("0", &number) && number == 0);
    ck_assert(text_to_number("18446744073709551615", &number) && number == UINT64_MAX);
    ck_assert(!text_to_number("18446744073709551616", &number));
    ck_assert(!text_to_number("99999999999999999999", &number));
    ck_assert(text_to_number("0x3F8", &number) && number == 0x3f8);
    ck_assert(text_to_number("0xffffffffffffffff", &number) && number == UINT64_MAX);
    ck_assert(!text_to_number("0x10000000000000000", &number));
    ck_assert(!text_to_number("", &number));
    ck_assert(!text_to_number("0x", &number));
    ck_assert(!text_to_number("12a", &number));
    ck_assert(!text_to_number(" 1", &number));
    ck_assert(!text_to_number("-1", &number));
    ck_assert(text_to_signed("-1", &negative) && negative == -1);
    ck_assert(text_to_signed("9223372036854775807", &negative) && negative == INT64_MAX);
    ck_assert(!text_to_signed("9223372036854775808", &negative));
    ck_assert(text_to_signed("-9223372036854775808", &negative) && negative == INT64_MIN);
    ck_assert(!text_to_signed("-9223372036854775809", &negative));
    ck_assert(!text_to_signed("--1", &negative));
}
END_TEST

START_TEST(copies_are_terminated)
{
    char buffer[4];

    ck_assert(text_copy(buffer, sizeof(buffer), "abc"));
    ck_assert_str_eq(buffer, "abc");
    ck_assert(!text_copy(buffer, sizeof(buffer), "abcd"));
    ck_assert_str_eq(buffer, "abc");
    ck_assert(text_starts_with("abc", "ab") && !text_starts_with("ab", "abc"));
}
END_TEST

static void path_is(const char *directory, const char *path, const char *expected)
{
    char result[PATH_SIZE];

    ck_assert(path_resolve(result, directory, path));
    ck_assert_str_eq(result, expected);
}

START_TEST(paths)
{
    path_is("", "", "");
    path_is("", "/", "");
    path_is("", "/a/b", "a/b");
    path_is("", "//a///b/", "a/b");
    path_is("x/y", "a", "x/y/a");
    path_is("x/y", "/a", "a");
    path_is("x/y", "..", "x");
    path_is("x/y", "../..", "");
    path_is("x/y", "../../../z", "z");
    path_is("", "/a/./b/../c", "a/c");
    path_is("", "...", "...");
    path_is("", "/..a/b..", "..a/b..");
    ck_assert_str_eq(path_name("/a/b"), "b");
    ck_assert_str_eq(path_name("b"), "b");
    ck_assert_str_eq(path_name("/"), "");
}
END_TEST

START_TEST(paths_are_bounded)
{
    char result[PATH_SIZE], path[PATH_SIZE + 8];

    memset(path, 'a', sizeof(path));
    path[PATH_SIZE - 1] = 0;
    ck_assert(path_resolve(result, "", path));
    ck_assert_uint_eq(strlen(result), PATH_SIZE - 1);
    ck_assert(!path_resolve(result, "b", path));
    path[PATH_SIZE - 1] = 'a';
    path[PATH_SIZE] = 0;
    ck_assert(!path_resolve(result, "", path));
}
END_TEST

START_TEST(errors_have_texts)
{
    ck_assert_str_eq(error_text(-E_DENIED), "the handle lacks a right");
    ck_assert_str_eq(error_text(0), "no error");
    ck_assert_str_eq(error_text(-9999), "unknown error");
    ck_assert_str_eq(error_text(INT64_MIN), "unknown error");
    ck_assert_str_eq(object_type_text(9), "files");
    ck_assert_str_eq(reason_text(2), "killed");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("libsys_text");
    TCase *tests = tcase_create("text");

    tcase_add_test(tests, format_agrees_with_the_standard);
    tcase_add_test(tests, format_never_writes_too_much);
    tcase_add_test(tests, format_copies_what_it_does_not_know);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, copies_are_terminated);
    tcase_add_test(tests, paths);
    tcase_add_test(tests, paths_are_bounded);
    tcase_add_test(tests, errors_have_texts);
    return suite_finish(suite, tests);
}
