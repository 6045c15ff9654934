/* The spec parser: what is malformed is told with its place; noise never does harm. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"
#include "suite.h"

static const struct payload payload_rows[] = {
    {.name = "count", .text = "12", .number = 12, .is_number = true},
    {.name = "nonce", .text = "c0ffee", .number = 0xc0ffee},
};
static const struct payloads payloads = {payload_rows, 2};

static struct spec spec;
static char error[SPEC_ERROR_SIZE];

static int parse(const char *text)
{
    return spec_parse(&spec, "s", text, &payloads, error);
}

static void refused(const char *text, const char *expected)
{
    ck_assert_msg(parse(text) == -1, "taken: %s", text);
    ck_assert_msg(strncmp(error, expected, strlen(expected)) == 0, "\"%s\" for: %s", error, text);
    ck_assert_ptr_null(spec.properties);
}

START_TEST(takes_a_whole_spec)
{
    const char *text =
        "# comment\n"
        "property first points 15 see \"Ports: the reply\" says \"Once.\"\n"
        "    for each call(call=$c, badge=*) until withdraw(call=$c)\n"
        "        exactly 1 of reply(call=$c) | withdraw(call=$c)\n"
        "        receive(call=$c) before reply(call=$c)\n"
        "    chain call(call=$c), reply(call=$c)\n"
        "property second points @count needs first\n"
        "    never process_start(name=\"shell\", process=$p) where $p > 2 and $p != 7\n"
        "    console contains 2 of \"@nonce\\n\"\n"
        "    observe memory box size 8 at symbol done in program light = @count\n"
        "    observe port 0x3f8..0x3ff from cpl 3\n";

    ck_assert_msg(parse(text) == 0, "%s", error);

    const struct property *first = spec.properties, *second = first->next;

    ck_assert_str_eq(first->name, "first");
    ck_assert_uint_eq(first->points, 15);
    ck_assert_str_eq(first->see, "Ports: the reply");
    ck_assert_str_eq(first->says, "Once.");
    ck_assert_int_eq(first->clauses->kind, CLAUSE_FOR_EACH);
    ck_assert_int_eq(first->clauses->inner->next->kind, CLAUSE_BEFORE);
    ck_assert_int_eq(first->clauses->next->kind, CLAUSE_CHAIN);
    ck_assert_uint_eq(second->points, 12);
    ck_assert_ptr_eq(second->needs[0], first);

    const struct clause *console = second->clauses->next;

    ck_assert_str_eq(console->wanted, "c0ffee\n");
    ck_assert_uint_eq(console->low, 2);
    ck_assert_uint_eq(console->next->observation.number, 12);
    ck_assert_str_eq(console->next->observation.program, "light");
    ck_assert_uint_eq(console->next->next->observation.high, 0x3ff);
    spec_free(&spec);
}
END_TEST

START_TEST(computes)
{
    struct bindings none = {0};
    uint64_t value;

    ck_assert_int_eq(parse("property p at least 1 of call(call=1 + 2 * 3 << 2 & 0xff, badge=(7 - 2)"
                           " % 3)"),
                     0);

    const struct pattern *pattern = &spec.properties->clauses->patterns[0]->patterns[0];

    ck_assert(expression_value(pattern->fields[FIELD_A], &none, &value));
    ck_assert_uint_eq(value, 28);
    ck_assert(expression_value(pattern->fields[FIELD_B], &none, &value));
    ck_assert_uint_eq(value, 2);
    spec_free(&spec);
    ck_assert_int_eq(parse("property p at least 1 of call(call=1 / (2 - 2))"), 0);
    pattern = &spec.properties->clauses->patterns[0]->patterns[0];
    ck_assert(!expression_value(pattern->fields[FIELD_A], &none, &value));
    spec_free(&spec);
}
END_TEST

START_TEST(tells_line_and_column)
{
    refused("", "s:1:1: ");
    refused("# nothing\n", "s:2:1: ");
    refused("property", "s:1:9: ");
    refused("property a", "s:1:1: property a asks for nothing");
    refused("property a\n  at least 1 of\n  cal()", "s:3:3: no event of this name: cal");
    refused("property a at least 1 of call(cal=1)", "s:1:31: call has no field cal");
    refused("property a at least 1 of call(call=1, call=2)", "s:1:39: this field has a value");
    refused("property a at least 1 of call(call=$x + 1)", "s:1:39: ");
    refused("property a at least 1 of call(call=1 + $x)", "s:1:40: $x has no value here");
    refused("property a at least 1 of call() where 1 2", "s:1:41: a comparison");
    refused("property a at least 1 of call(", "s:1:31: ");
    refused("property a at least one of call()", "s:1:21: a value");
    refused("property a at least 1 of call() |", "s:1:34: an event");
    refused("property a at least @nine of call()", "s:1:21: no payload");
    refused("property a at least 1 of call(call=\"ninebytes\")", "s:1:36: ");
    refused("property a at least 18446744073709551616 of call()", "s:1:21: ");
    refused("property a at least 0x of call()", "s:1:21: a digit");
    refused("property a at least 12x of call()", "s:1:21: not a digit");
    refused("property a console contains \"@nine\"", "s:1:29: no payload");
    refused("property a console contains \"open\n\"", "s:1:29: text without an end");
    refused("property a console contains \"\"", "s:1:29: ");
    refused("property a at least 1 of call() ;", "s:1:33: a character");
    refused("property a needs b at least 1 of call()", "s:1:18: no property");
    refused("property a at least 1 of call() property a at least 1 of call()", "s:1:42: ");
    refused("property a chain call()", "s:1:24: a chain has at least two");
    refused("property a partial call()", "s:1:20: `partial`");
    refused("property a for each call()", "s:1:27: `for each` without");
    refused("property a for each call() at least 1 of call() until reply() in flight together",
            "s:1:");
    refused("property a exactly 1 of call() until reply() in flight together", "s:1:32: ");
    refused("property a observe sky at symbol x = 1", "s:1:20: ");
    refused("property a observe memory x size 0 at symbol y = 1", "s:1:36: ");
    refused("property a observe memory x size 16 at symbol y = 1", "s:1:");
    refused("property a disjoint call(call=$c) covers $c, 1", "s:1:47: `until`");
    refused("property a at least 1 of call() where $\n", "s:1:39: a name");
}
END_TEST

START_TEST(insists_on_something_that_happens)
{
    static const char *const nothing[] = {
        "never call()",
        "exactly 0 of call()",
        "at most 3 of call()",
        "call() before reply()",
        "for each, if any, call() exactly 1 of reply()",
        "at most 2 of call() until reply() in flight together",
        "disjoint call(call=$c) covers $c, 1 until reply(call=$c)",
        "console lacks \"x\"",
    };
    char text[300];

    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        snprintf(text, sizeof(text), "property a %s", nothing[i]);
        refused(text, "s:1:1: property a holds for a machine that does nothing");
        snprintf(text, sizeof(text), "property a %s console contains \"x\"", nothing[i]);
        ck_assert_msg(parse(text) == 0, "%s: %s", text, error);
        spec_free(&spec);
        snprintf(text, sizeof(text), "property b end call() property a needs b %s", nothing[i]);
        ck_assert_msg(parse(text) == 0, "%s: %s", text, error);
        spec_free(&spec);
    }
}
END_TEST

START_TEST(limits_are_told)
{
    char text[4000] = "property a at least 1 of call(";

    for (unsigned i = 0; i < 10; i++)
        strcat(text, "call=$v) | call(");
    strcat(text, "call=$v)");
    refused(text, "s:1:");
    ck_assert_ptr_nonnull(strstr(error, "alternatives"));
    strcpy(text, "property a at least 1 of call() where 1 = 1");
    for (unsigned i = 0; i < 20; i++)
        sprintf(text + strlen(text), " for each call(call=$v%u) never reply()", i);
    refused(text, "s:1:");
    ck_assert_ptr_nonnull(strstr(error, "variables"));
}
END_TEST

/* Cuts, swaps and flips of a good spec: parsed or refused, never worse (the sanitizers watch). */
START_TEST(noise_is_harmless)
{
    const char *good = "property first points 15 see \"Ports\" for each call(call=$c) until "
                       "withdraw(call=$c) exactly 1 of reply(call=$c) | withdraw(call=$c) where "
                       "$c + 1 << 2 != (@count - 3) and 1 = 1 partial chain call(call=$c), "
                       "reply(call=$c) disjoint frame_alloc(frame=$f, order=$o) covers $f, 1 << $o "
                       "until frame_free(frame=$f) observe memory v size 8 at symbol s = 3 # end\n";
    size_t size = strlen(good);

    srandom(3);
    for (unsigned round = 0; round < 20000; round++) {
        char text[1000];

        strcpy(text, good);
        for (unsigned i = 0; i < 1 + round % 4; i++) {
            size_t at = (size_t)random() % size;

            if (random() % 3 == 0)
                text[at] = (char)(1 + random() % 255);
            else if (random() % 2 == 0)
                text[at] = good[(size_t)random() % size];
            else
                text[at] = '\0';
        }
        if (parse(text) == 0)
            spec_free(&spec);
        else
            ck_assert_int_eq(strncmp(error, "s:", 2), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grader_spec");
    TCase *cases = tcase_create("all");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, takes_a_whole_spec);
    tcase_add_test(cases, computes);
    tcase_add_test(cases, tells_line_and_column);
    tcase_add_test(cases, insists_on_something_that_happens);
    tcase_add_test(cases, limits_are_told);
    tcase_add_test(cases, noise_is_harmless);
    return suite_finish(suite, cases);
}
