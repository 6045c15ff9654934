/* The file that tells init what to start. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "programs/init/conf.h"
#include "suite.h"

static struct conf_line line;

static void accepts(const char *text)
{
    struct conf_error error = {0};

    ck_assert_msg(conf_parse(&line, text, strlen(text), &error), "column %zu: %s", error.column,
                  error.message);
}

static void refuses(const char *text, size_t column)
{
    struct conf_error error = {0};

    ck_assert(!conf_parse(&line, text, strlen(text), &error));
    ck_assert_uint_eq(error.column, column);
    ck_assert_ptr_nonnull(error.message);
}

START_TEST(nothing)
{
    static const char *const empty[] = {"", "   ", "\t", "# start x", "  # x", "\r"};

    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        accepts(empty[i]);
        ck_assert_int_eq(line.verb, CONF_NOTHING);
    }
}
END_TEST

START_TEST(bind)
{
    accepts("bind files processes power # all\r");
    ck_assert_int_eq(line.verb, CONF_BIND);
    ck_assert_uint_eq(line.name_count, 3);
    ck_assert_str_eq(line.names[0], "files");
    ck_assert_str_eq(line.names[2], "power");
}
END_TEST

START_TEST(start)
{
    accepts("start console program=uart interrupt=interrupts/4 io-ports=io-space/3f8-3ff "
            "argument=0x3f8 publish=console argument=a=b");
    ck_assert_int_eq(line.verb, CONF_START);
    ck_assert_str_eq(line.name, "console");
    ck_assert_str_eq(line.program, "uart");
    ck_assert_uint_eq(line.handle_count, 2);
    ck_assert_str_eq(line.handles[0].name, "interrupt");
    ck_assert_str_eq(line.handles[0].path, "interrupts/4");
    ck_assert_str_eq(line.handles[1].path, "io-space/3f8-3ff");
    ck_assert_uint_eq(line.argument_count, 2);
    ck_assert_str_eq(line.arguments[1], "a=b");
    ck_assert_uint_eq(line.name_count, 1);
    ck_assert_str_eq(line.names[0], "console");
}
END_TEST

START_TEST(main_program)
{
    accepts("\tmain shell in=/console root=/");
    ck_assert_int_eq(line.verb, CONF_MAIN);
    ck_assert_str_eq(line.program, "shell");
    ck_assert_str_eq(line.handles[1].path, "/");
}
END_TEST

START_TEST(errors_name_their_column)
{
    char text[2 * CONF_LINE_SIZE] = "start x";

    refuses("strat x", 1);
    refuses("  strat x", 3);
    refuses("start", 6);
    refuses("start a/b", 10);
    refuses("start x y", 9);
    refuses("start x in=", 9);
    refuses("start x in=/a in=/b", 15);
    refuses("start x program=", 9);
    refuses("start x =/a", 9);
    refuses("bind a b/c", 8);
    refuses("start abcdefghijklmnopqrstuvwx", 31);
    for (int i = 0; i <= CONF_ARGUMENTS_MAX; i++)
        strcat(text, " argument=1");
    refuses(text, 9 + 11 * CONF_ARGUMENTS_MAX);
    memset(text, ' ', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    refuses(text, CONF_LINE_SIZE);
}
END_TEST

START_TEST(zero_bytes)
{
    struct conf_error error;

    ck_assert(!conf_parse(&line, "bind\0a", 6, &error));
    ck_assert_uint_eq(error.column, 5);
}
END_TEST

START_TEST(any_bytes_are_survived)
{
    srand(1);
    for (int i = 0; i < 100000; i++) {
        static const char *const parts[] = {"start", "main", "bind", " ",         "=",     "x",
                                            "/",     "#",    "\t",   "publish=a", "in=/b", "\xff"};
        char text[CONF_LINE_SIZE + 64];
        size_t length = 0, count = (size_t)rand() % 24;
        struct conf_error error;

        for (size_t j = 0; j < count; j++) {
            const char *part = parts[(size_t)rand() % (sizeof(parts) / sizeof(parts[0]))];

            memcpy(text + length, part, strlen(part));
            length += strlen(part);
        }
        if (!conf_parse(&line, text, length, &error))
            ck_assert_uint_le(error.column, length + 1);
        else if (line.verb == CONF_START)
            ck_assert_ptr_nonnull(line.program);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("libsys_conf");
    TCase *tests = tcase_create("conf");

    tcase_add_test(tests, nothing);
    tcase_add_test(tests, bind);
    tcase_add_test(tests, start);
    tcase_add_test(tests, main_program);
    tcase_add_test(tests, errors_name_their_column);
    tcase_add_test(tests, zero_bytes);
    tcase_add_test(tests, any_bytes_are_survived);
    return suite_finish(suite, tests);
}
