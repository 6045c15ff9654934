/* Numbers in names. */
#include <inttypes.h>
#include <stdio.h>

#include "kernel/number.h"
#include "kernel_test.h"

START_TEST(format_and_parse)
{
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t number = random_next() >> random_below(64), back;
        char text[21], expected[21];

        number_format(text, number, 10);
        snprintf(expected, sizeof expected, "%" PRIu64, number);
        ck_assert_str_eq(text, expected);
        require(number_parse(text, &back) == (number <= UINT32_MAX));
        if (number <= UINT32_MAX)
            require(back == number);
    }
}
END_TEST

START_TEST(format_limits)
{
    char text[21];

    number_format(text, 0, 10);
    ck_assert_str_eq(text, "0");
    number_format(text, UINT64_MAX, 10);
    ck_assert_str_eq(text, "18446744073709551615");
    number_format(text, UINT64_MAX - 0xf, 16);
    ck_assert_str_eq(text, "fffffffffffffff0");
}
END_TEST

START_TEST(not_numbers)
{
    static const char *const texts[] = {"",    "-1",          "+1",   " 1",
                                        "1 ",  "1a",          "0x1",  "4294967296",
                                        "1.0", "4294967295/", "\xff", "99999999999999999999999999"};
    uint64_t value;

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(!number_parse(texts[i], &value), "accepted \"%s\"", texts[i]);
    require(number_parse("4294967295", &value) && value == UINT32_MAX);
    require(number_parse("0004", &value) && value == 4);
}
END_TEST

START_TEST(ranges)
{
    for (unsigned i = 0; i < 100000; i++) {
        unsigned a = (unsigned)(random_next() & 0xffff) >> random_below(16);
        unsigned b = (unsigned)(random_next() & 0xffff) >> random_below(16);
        uint64_t first, last;
        char text[16];

        snprintf(text, sizeof text, "%x-%x", a, b);
        require(number_parse_range(text, UINT16_MAX, &first, &last) == (a <= b));
        if (a <= b)
            require(first == a && last == b);
    }
}
END_TEST

START_TEST(not_ranges)
{
    static const char *const texts[] = {
        "",        "-",        "3f8",         "3f8-",    "-3ff",    "3f8--3ff",    "3f8-3fg",
        "3F8-3FF", "3f8-3ff ", "10000-10001", "0-10000", "3ff-3f8", "0x3f8-0x3ff", "1-2-3"};
    uint64_t first, last;

    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(!number_parse_range(texts[i], UINT16_MAX, &first, &last), "accepted \"%s\"",
                      texts[i]);
    require(number_parse_range("0-ffff", UINT16_MAX, &first, &last) && first == 0 &&
            last == 0xffff);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {format_and_parse, format_limits, not_numbers, ranges, not_ranges};

    return suite_run("kernel numbers", tests, sizeof tests / sizeof tests[0]);
}
