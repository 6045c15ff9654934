/*
 * The shell's editor and its words. The editor is judged by what a terminal shows: a model of one
 * carries out what the editor puts.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "programs/shell/editor.h"
#include "programs/shell/words.h"
#include "suite.h"

#define WIDTH 2048

/* One line of a terminal. */
static char shown[WIDTH];
static size_t shown_cursor;
static unsigned bells, lines;

static struct editor editor;

static void terminal_put(void *context, const char *bytes, size_t length)
{
    ck_assert_ptr_eq(context, &editor);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\b') {
            ck_assert_uint_gt(shown_cursor, 0);
            shown_cursor--;
        } else if (bytes[i] == '\a') {
            bells++;
        } else if (bytes[i] == '\n') {
            memset(shown, 0, sizeof(shown));
            shown_cursor = 0;
            lines++;
        } else {
            ck_assert_uint_lt(shown_cursor, WIDTH - 1);
            shown[shown_cursor++] = bytes[i];
        }
    }
}

static void editor_setup(void)
{
    memset(shown, 0, sizeof(shown));
    shown_cursor = 0;
    bells = lines = 0;
    editor_open(&editor, "> ", terminal_put, &editor);
    editor_begin(&editor);
}

static enum editor_event feed(const char *bytes)
{
    enum editor_event event = EDITOR_MORE;

    for (; *bytes != 0; bytes++)
        event = editor_feed(&editor, (uint8_t)*bytes);
    return event;
}

/* What the terminal shows, without blanks at its end, is the prompt and this. */
static void shows(const char *text)
{
    char line[WIDTH];
    size_t length = strlen(shown);

    memcpy(line, shown, length + 1);
    while (length > 2 && line[length - 1] == ' ')
        line[--length] = 0;
    ck_assert_str_eq(line + 2, text);
    ck_assert_uint_eq(shown_cursor, 2 + editor.cursor);
}

/* Typing these bytes and then return gives this line. */
static void gives(const char *bytes, const char *line)
{
    ck_assert_int_eq(feed(bytes), EDITOR_MORE);
    shows(line);
    ck_assert_int_eq(feed("\r"), EDITOR_LINE);
    ck_assert_str_eq(editor.line, line);
    editor_begin(&editor);
}

START_TEST(typing)
{
    gives("echo hello", "echo hello");
    gives("", "");
    ck_assert_uint_eq(lines, 2);
}
END_TEST

START_TEST(moving_and_inserting)
{
    gives("ello\033[D\033[D\033[D\033[Dh\033[C\033[C!", "hel!lo");
    gives("b\001a\005c", "abc");
    gives("b\033[Ha\033[Fc", "abc");
    gives("b\033[1~a\033[4~c", "abc");
    gives("b\033[7~a\033[8~c", "abc");
    gives("b\033OHa\033OFc", "abc");
    gives("\033[Da\033[C\033[Cb", "ab");
}
END_TEST

START_TEST(deleting)
{
    gives("abcx\177", "abc");
    gives("abcx\010", "abc");
    gives("\177abc", "abc");
    gives("axbc\033[D\033[D\177", "abc");
    gives("xabc\001\033[3~", "abc");
    gives("xabc\001\004", "abc");
    gives("abc\033[3~", "abc");
    gives("abcdef\033[D\033[D\033[D\013", "abc");
    gives("xyzabc\033[D\033[D\033[D\025", "abc");
    gives("one two  three\027x", "one two  x");
    gives("one two  \027\027", "");
}
END_TEST

START_TEST(earlier_lines)
{
    gives("first", "first");
    gives("second", "second");
    gives("second", "second");
    gives("\033[A\033[A", "first");
    gives("typed\033[A\033[A\033[B\033[B", "typed");
    gives("\033[A\033[A\033[A\033[A\033[A\033[A\033[A!", "first!");
    gives("longer than that\033[A", "first!");
    gives("\033[B", "");
}
END_TEST

START_TEST(history_forgets_the_oldest)
{
    char line[16], up[3 * 2 * EDITOR_HISTORY + 1] = "";

    for (int i = 0; i < 2 * EDITOR_HISTORY; i++) {
        snprintf(line, sizeof(line), "%d", i);
        gives(line, line);
        strcat(up, "\033[A");
    }
    snprintf(line, sizeof(line), "%d", EDITOR_HISTORY);
    gives(up, line);
}
END_TEST

START_TEST(line_ends)
{
    ck_assert_int_eq(feed("a\n"), EDITOR_LINE);
    editor_begin(&editor);
    ck_assert_int_eq(feed("b\r"), EDITOR_LINE);
    editor_begin(&editor);
    ck_assert_int_eq(feed("\n"), EDITOR_MORE); /* belongs to the CR */
    ck_assert_int_eq(feed("\n"), EDITOR_LINE);
    ck_assert_str_eq(editor.line, "");
}
END_TEST

START_TEST(end_and_interrupt)
{
    ck_assert_int_eq(feed("abc\003"), EDITOR_MORE);
    gives("d", "d");
    ck_assert_int_eq(feed("\004"), EDITOR_END);
}
END_TEST

START_TEST(too_long_rings)
{
    for (int i = 0; i < EDITOR_LINE_SIZE - 1; i++)
        feed("x");
    ck_assert_uint_eq(bells, 0);
    feed("y");
    ck_assert_uint_eq(bells, 1);
    ck_assert_uint_eq(editor.length, EDITOR_LINE_SIZE - 1);
    ck_assert_int_eq(feed("\r"), EDITOR_LINE);
    ck_assert_uint_eq(strspn(editor.line, "x"), EDITOR_LINE_SIZE - 1);
}
END_TEST

START_TEST(any_bytes_are_survived)
{
    srand(1);
    for (int i = 0; i < 6000; i++) {
        /* Many of the bytes that mean something. */
        static const char likely[] =
            "ab \033[ABCDHF~0123478\001\002\005\006\013\020\016\025\027\177\r\n";
        uint8_t byte =
            (uint8_t)(rand() % 4 ? likely[(size_t)rand() % (sizeof(likely) - 1)] : rand() % 256);

        if (byte == 12 || byte == 3)
            continue; /* move the model's screen */
        if (editor_feed(&editor, byte) != EDITOR_MORE) {
            ck_assert_uint_lt(strlen(editor.line), EDITOR_LINE_SIZE);
            shown_cursor = 0;
            memset(shown, 0, sizeof(shown));
            editor_begin(&editor);
        }
        ck_assert_uint_le(editor.cursor, editor.length);
        ck_assert_uint_eq(shown_cursor, 2 + editor.cursor);
        ck_assert_int_eq(memcmp(shown + 2, editor.line, editor.length), 0);
    }
}
END_TEST

/* The commands of a line, words in brackets. */
static void splits(const char *line, const char *expected)
{
    char result[2048] = "";
    struct words words;
    struct words_error error = {0};
    size_t place = 0;

    ck_assert(words_check(line, &error));
    while (line[place] != 0) {
        ck_assert(words_next(&words, line, &place, 42, &error));
        for (int i = 0; i < words.count; i++) {
            strcat(result, "[");
            strcat(result, words.word[i]);
            strcat(result, "]");
        }
        ck_assert_ptr_null(words.word[words.count]);
        if (line[place] != 0 || line[place - 1] == ';')
            strcat(result, ";");
    }
    ck_assert_str_eq(result, expected);
}

START_TEST(words_of_a_line)
{
    splits("", "");
    splits("   ", "");
    splits("a", "[a]");
    splits(" echo  hello\tworld ", "[echo][hello][world]");
    splits("a;b ; c", "[a];[b];[c]");
    splits(";;a;", ";;[a];");
    splits("kill console; spin 1000; poweroff 7", "[kill][console];[spin][1000];[poweroff][7]");
}
END_TEST

START_TEST(quotes_and_escapes)
{
    splits("'a b' \"c d\"", "[a b][c d]");
    splits("a'b'\"c\"d", "[abcd]");
    splits("'' \"\"", "[][]");
    splits("'a;b' \"c;d\" e\\;f", "[a;b][c;d][e;f]");
    splits("'\\n' \"\\n\" \\n", "[\\n][\\n][n]");
    splits("\"\\\"\\\\\\$?\"", "[\"\\$?]");
    splits("a\\ b", "[a b]");
    splits("a\\", "[a\\]");
}
END_TEST

START_TEST(status_and_comments)
{
    splits("poweroff $?", "[poweroff][42]");
    splits("x$?y \"$?\" '$?' $ $x", "[x42y][42][$?][$][$x]");
    splits("a # b; c", "[a]");
    splits("a#b", "[a#b]");
    splits("# all", "");
}
END_TEST

static void refuses(const char *line, size_t column)
{
    struct words_error error = {0};

    ck_assert(!words_check(line, &error));
    ck_assert_uint_eq(error.column, column);
    ck_assert_ptr_nonnull(error.message);
}

START_TEST(wrong_lines)
{
    char line[2 * WORDS_SIZE] = "";

    refuses("echo 'a", 6);
    refuses("a; b \"", 6);
    for (int i = 0; i <= WORDS_MAX; i++)
        strcat(line, "w ");
    refuses(line, 2 * WORDS_MAX + 1);
    memset(line, 'x', WORDS_SIZE);
    line[WORDS_SIZE] = 0;
    refuses(line, WORDS_SIZE + 1);
}
END_TEST

START_TEST(longest_command)
{
    char line[WORDS_SIZE];
    struct words_error error;

    memset(line, 'x', WORDS_SIZE - 1);
    line[WORDS_SIZE - 1] = 0;
    ck_assert(words_check(line, &error));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("libsys_shell");
    TCase *tests = tcase_create("shell");

    tcase_add_checked_fixture(tests, editor_setup, NULL);
    tcase_add_test(tests, typing);
    tcase_add_test(tests, moving_and_inserting);
    tcase_add_test(tests, deleting);
    tcase_add_test(tests, earlier_lines);
    tcase_add_test(tests, history_forgets_the_oldest);
    tcase_add_test(tests, line_ends);
    tcase_add_test(tests, end_and_interrupt);
    tcase_add_test(tests, too_long_rings);
    tcase_add_test(tests, any_bytes_are_survived);
    tcase_add_test(tests, words_of_a_line);
    tcase_add_test(tests, quotes_and_escapes);
    tcase_add_test(tests, status_and_comments);
    tcase_add_test(tests, wrong_lines);
    tcase_add_test(tests, longest_command);
    return suite_finish(suite, tests);
}
