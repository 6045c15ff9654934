/*
 * The matcher: each kind of clause by example, then random traces and specs against a reference
 * that looks at all pairs of records.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "trace.h"
#include "suite.h"

enum { RECORDS = 60 };

static struct trace_record records[RECORDS];
static size_t count;
static struct finding findings[4];

static void setup(void)
{
    count = 0;
}

static void add(enum trace_event event, uint64_t a, uint64_t b)
{
    ck_assert_uint_lt(count, RECORDS);
    records[count] = (struct trace_record){.sequence = count,
                                           .tick = 100 + count,
                                           .event = (uint16_t)event,
                                           .actor = 1,
                                           .a = a,
                                           .b = b};
    count++;
}

static void judge_console(const char *text, const char *console)
{
    static const struct payload payload = {
        .name = "nonce", .text = "deadbeef", .number = 0xdeadbeef};
    const struct payloads payloads = {&payload, 1};
    char error[SPEC_ERROR_SIZE];
    struct spec spec;

    ck_assert_msg(spec_parse(&spec, "spec", text, &payloads, error) == 0, "%s", error);

    struct match *match = match_open(&spec);

    for (size_t i = 0; i < count; i++)
        match_feed(match, &records[i]);
    match_close(match, console, strlen(console), NULL, NULL, findings);
    spec_free(&spec);
}

static enum property_state judge(const char *clauses)
{
    char text[1000];

    snprintf(text, sizeof(text),
             "property good at least 0 of reply() at least 1 of kernel_start()"
             " property p needs good %s",
             clauses);
    if (count == 0 || records[0].event != TRACE_KERNEL_START) {
        memmove(&records[1], &records[0], count * sizeof(records[0]));
        count++;
        records[0] = (struct trace_record){.event = TRACE_KERNEL_START, .tick = 1};
        for (size_t i = 0; i < count; i++)
            records[i].sequence = i;
    }
    judge_console(text, "");
    ck_assert_int_eq(findings[0].state, PROPERTY_OK);
    return findings[1].state;
}

#define HOLDS(clauses) ck_assert_msg(judge(clauses) == PROPERTY_OK, "%s", findings[1].text)
#define FAILS(clauses) ck_assert_int_eq(judge(clauses), PROPERTY_FAILED)

START_TEST(counts)
{
    add(TRACE_CALL, 1, 10);
    add(TRACE_CALL, 2, 20);
    add(TRACE_REPLY, 2, 0);
    HOLDS("exactly 2 of call()");
    FAILS("exactly 1 of call()");
    HOLDS("exactly 3 of call() | reply()");
    HOLDS("at least 2 of call()");
    FAILS("at least 3 of call()");
    HOLDS("at most 2 of call()");
    FAILS("at most 1 of call()");
    ck_assert_uint_eq(findings[1].events_count, 2);
    HOLDS("never receive()");
    FAILS("never reply(call=2)");
    HOLDS("never reply(call=3)");
    HOLDS("exactly 1 of call(call=$c) where $c > 1");
    HOLDS("exactly 1 of call(call=$c, badge=$c * 10) where $c != 1");
    HOLDS("exactly 0 of call(call=$c, badge=$c)");
}
END_TEST

START_TEST(for_each_ties_variables)
{
    add(TRACE_CALL, 1, 0);
    add(TRACE_CALL, 2, 0);
    add(TRACE_REPLY, 2, 0);
    FAILS("for each call(call=$c) exactly 1 of reply(call=$c)");
    ck_assert_uint_eq(findings[1].events[0].a, 1);
    add(TRACE_WITHDRAW, 1, 0);
    HOLDS("for each call(call=$c) exactly 1 of reply(call=$c) | withdraw(call=$c)");
    add(TRACE_REPLY, 2, 0);
    FAILS("for each call(call=$c) exactly 1 of reply(call=$c) | withdraw(call=$c)");
    ck_assert_uint_eq(findings[1].events_count, 3);
    ck_assert_uint_eq(findings[1].events[2].sequence, 5);
    FAILS("for each preempt(thread=$t) never reply()");
    HOLDS("for each, if any, preempt(thread=$t) never reply()");
}
END_TEST

START_TEST(for_each_ends_at_until)
{
    const char *spec = "for each frame_alloc(frame=$f) until frame_free(frame=$f)"
                       "  never frame_alloc(frame=$f)";

    add(TRACE_FRAME_ALLOC, 1, 0);
    add(TRACE_FRAME_FREE, 1, 0);
    add(TRACE_FRAME_ALLOC, 1, 0);
    HOLDS(spec);
    add(TRACE_FRAME_ALLOC, 1, 0);
    FAILS(spec);
}
END_TEST

START_TEST(before_is_strict_and_by_value)
{
    add(TRACE_SUBMIT, 0, 7);
    add(TRACE_COMPLETE, 0, 7);
    HOLDS("submit(user_data=$u) before complete(user_data=$u)");
    add(TRACE_COMPLETE, 0, 8);
    FAILS("submit(user_data=$u) before complete(user_data=$u)");
    HOLDS("submit() before complete()");
    FAILS("submit(user_data=$u) before submit(user_data=$u)");
}
END_TEST

START_TEST(chains)
{
    const char *spec = "chain call(call=$c), receive(call=$c), reply(call=$c)";

    add(TRACE_CALL, 1, 0);
    add(TRACE_CALL, 2, 0);
    add(TRACE_RECEIVE, 1, 0);
    add(TRACE_RECEIVE, 2, 0);
    add(TRACE_REPLY, 1, 0);
    FAILS(spec);
    HOLDS("partial chain call(call=$c), receive(call=$c), reply(call=$c)");
    add(TRACE_REPLY, 2, 0);
    HOLDS(spec);
    add(TRACE_REPLY, 2, 0);
    FAILS(spec);
    FAILS("partial chain call(call=$c), receive(call=$c), reply(call=$c)");
    FAILS("chain interrupt(line=$l), preempt(thread=$l)");
}
END_TEST

START_TEST(overlap)
{
    const char *three = "at least 3 of submit(user_data=$u) until complete(user_data=$u)"
                        " in flight together";

    add(TRACE_SUBMIT, 0, 1);
    add(TRACE_SUBMIT, 0, 2);
    add(TRACE_COMPLETE, 0, 1);
    add(TRACE_SUBMIT, 0, 3);
    FAILS(three);
    add(TRACE_COMPLETE, 0, 9);
    add(TRACE_SUBMIT, 0, 4);
    HOLDS(three);
    FAILS("at most 2 of submit(user_data=$u) until complete(user_data=$u) in flight together");
    HOLDS("at most 3 of submit(user_data=$u) until complete(user_data=$u) in flight together");
}
END_TEST

START_TEST(disjoint_ranges)
{
    const char *spec = "disjoint frame_alloc(frame=$f, order=$o) covers $f, 1 << $o"
                       " until frame_free(frame=$f)";

    add(TRACE_FRAME_ALLOC, 8, 2);
    add(TRACE_FRAME_ALLOC, 4, 2);
    add(TRACE_FRAME_ALLOC, 12, 0);
    add(TRACE_FRAME_FREE, 8, 2);
    add(TRACE_FRAME_ALLOC, 9, 0);
    HOLDS(spec);
    add(TRACE_FRAME_ALLOC, 8, 1);
    FAILS(spec);
    ck_assert_uint_eq(findings[1].events_count, 2);
    ck_assert_uint_eq(findings[1].events[0].a, 9);
}
END_TEST

START_TEST(edges_and_console)
{
    add(TRACE_KERNEL_START, 0, 0);
    add(TRACE_POWER_OFF, 3, 0);
    HOLDS("begin kernel_start()");
    HOLDS("end power_off(status=3)");
    FAILS("end power_off(status=0)");
    judge_console("property p console contains 2 of \"x@nonce\" console lacks \"nonce\"",
                  "xdeadbeef xdeadbeef");
    ck_assert_int_eq(findings[0].state, PROPERTY_OK);
    judge_console("property p console contains 3 of \"x@nonce\"", "xdeadbeef xdeadbeef");
    ck_assert_int_eq(findings[0].state, PROPERTY_FAILED);
    judge_console("property p console contains \"x\" console lacks \"dead\"", "xdeadbeef");
    ck_assert_int_eq(findings[0].state, PROPERTY_FAILED);
    judge_console("property p observe cpl at symbol s = 3", "");
    ck_assert_int_eq(findings[0].state, PROPERTY_FAILED);
}
END_TEST

START_TEST(needs)
{
    add(TRACE_KERNEL_START, 0, 0);
    judge_console("property a at least 1 of reply()\nproperty b needs a never call()\n"
                  "property c needs b never call()\nproperty d begin kernel_start()",
                  "");
    ck_assert_int_eq(findings[0].state, PROPERTY_FAILED);
    ck_assert_int_eq(findings[1].state, PROPERTY_NOT_RUN);
    ck_assert_int_eq(findings[2].state, PROPERTY_NOT_RUN);
    ck_assert_int_eq(findings[3].state, PROPERTY_OK);
}
END_TEST

START_TEST(an_empty_trace_earns_nothing)
{
    judge_console("property a at least 1 of call()\nproperty b for each call() never reply()\n"
                  "property c begin kernel_start()\nproperty d chain call(), reply()",
                  "");
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(findings[i].state, PROPERTY_FAILED);
}
END_TEST

/* The reference. */

static bool matches(const struct alternatives *alternatives, size_t at,
                    const struct bindings *given, struct bindings *result)
{
    *result = given != NULL ? *given : (struct bindings){0};
    return alternatives_match(alternatives, &records[at], result);
}

static bool shares(const struct bindings *a, const struct bindings *b, uint32_t mask)
{
    for (unsigned i = 0; i < SPEC_VARIABLES; i++)
        if ((mask >> i & 1) != 0 && a->values[i] != b->values[i])
            return false;
    return true;
}

static bool inner_holds(const struct clause *inner, size_t start, size_t end,
                        const struct bindings *given)
{
    struct bindings unused;
    uint64_t seen = 0;

    for (size_t k = start + 1; k < end; k++) {
        if (inner->kind == CLAUSE_COUNT) {
            seen += matches(inner->patterns[0], k, given, &unused);
        } else if (matches(inner->patterns[1], k, given, &unused)) {
            bool found = false;

            for (size_t m = start + 1; m < k; m++)
                found = found || matches(inner->patterns[0], m, given, &unused);
            if (!found)
                return false;
        }
    }
    return inner->kind != CLAUSE_COUNT || (seen >= inner->low && seen <= inner->high);
}

static bool each_holds(const struct clause *clause)
{
    bool any = clause->partial;

    for (size_t i = 0; i < count; i++) {
        struct bindings given, unused;
        size_t end = i + 1;

        if (!matches(clause->patterns[0], i, NULL, &given))
            continue;
        any = true;
        while (end < count &&
               !(clause->has_until && matches(clause->patterns[1], end, &given, &unused)))
            end++;
        if (end < count)
            end++; /* the record that ends it still counts */
        for (const struct clause *inner = clause->inner; inner != NULL; inner = inner->next)
            if (!inner_holds(inner, i, end, &given))
                return false;
    }
    return any;
}

static bool before_holds(const struct clause *clause)
{
    for (size_t k = 0; k < count; k++) {
        struct bindings second, first;
        bool found = false;

        if (!matches(clause->patterns[1], k, NULL, &second))
            continue;
        for (size_t m = 0; m < k; m++)
            found = found || (matches(clause->patterns[0], m, NULL, &first) &&
                              shares(&first, &second, clause->shared));
        if (!found)
            return false;
    }
    return true;
}

/* For chains whose links are of different events: the records of one key, in order. */
static bool chain_holds(const struct clause *clause)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        struct bindings key, other;
        unsigned due = 0;
        bool is_link = false;

        for (unsigned link = 0; link < clause->count && !is_link; link++)
            is_link = matches(clause->patterns[link], i, NULL, &key);
        if (!is_link)
            continue;
        any = true;
        for (size_t k = 0; k < count; k++) {
            for (unsigned link = 0; link < clause->count; link++) {
                if (!matches(clause->patterns[link], k, NULL, &other) ||
                    !shares(&key, &other, clause->shared))
                    continue;
                if (link != due)
                    return false;
                due = (due + 1) % clause->count;
                break;
            }
        }
        if (due != 0 && !clause->partial)
            return false;
    }
    return any;
}

/* Whether the start at `from` is still without its end after record `now`. Ends take the starts of
 * their key one each, whichever; here the first that is open. */
static uint64_t open_after(const struct clause *clause, size_t now)
{
    bool open[RECORDS] = {false};
    uint64_t total = 0;

    for (size_t k = 0; k <= now; k++) {
        struct bindings end, start;

        if (matches(clause->patterns[1], k, NULL, &end)) {
            for (size_t i = 0; i < k; i++) {
                if (open[i] && matches(clause->patterns[0], i, NULL, &start) &&
                    shares(&start, &end, clause->shared)) {
                    open[i] = false;
                    break;
                }
            }
        }
        open[k] = matches(clause->patterns[0], k, NULL, &start);
    }
    for (size_t i = 0; i <= now; i++)
        total += open[i];
    return total;
}

static bool flight_holds(const struct clause *clause)
{
    uint64_t peak = 0;

    for (size_t now = 0; now < count; now++)
        if (open_after(clause, now) > peak)
            peak = open_after(clause, now);
    return peak >= clause->low && peak <= clause->high;
}

static bool disjoint_holds(const struct clause *clause)
{
    for (size_t k = 0; k < count; k++) {
        struct bindings late, early, end;
        uint64_t base, extent, other_base, other_extent;

        if (!matches(clause->patterns[0], k, NULL, &late))
            continue;
        expression_value(clause->base, &late, &base);
        expression_value(clause->extent, &late, &extent);
        for (size_t i = 0; i < k; i++) {
            bool live = matches(clause->patterns[0], i, NULL, &early);

            for (size_t m = i + 1; m <= k && live; m++)
                live = !(matches(clause->patterns[1], m, NULL, &end) &&
                         shares(&early, &end, clause->shared));
            if (!live)
                continue;
            expression_value(clause->base, &early, &other_base);
            expression_value(clause->extent, &early, &other_extent);
            if (base < other_base + other_extent && other_base < base + extent)
                return false;
        }
    }
    return true;
}

static bool reference_holds(const struct clause *clause)
{
    struct bindings unused;
    uint64_t seen = 0;

    switch (clause->kind) {
    case CLAUSE_COUNT:
        for (size_t i = 0; i < count; i++)
            seen += matches(clause->patterns[0], i, NULL, &unused);
        return seen >= clause->low && seen <= clause->high;
    case CLAUSE_FOR_EACH:
        return each_holds(clause);
    case CLAUSE_BEFORE:
        return before_holds(clause);
    case CLAUSE_CHAIN:
        return chain_holds(clause);
    case CLAUSE_FLIGHT:
        return flight_holds(clause);
    case CLAUSE_DISJOINT:
        return disjoint_holds(clause);
    default:
        return false;
    }
}

static const char *const templates[] = {
    "exactly %u of call(call=$x, badge=$y) | reply(call=$x) where $x < 3",
    "at most %u of call(call=$x, badge=$x)",
    "for each call(call=$x) until withdraw(call=$x) at most %u of reply(call=$x)",
    "for each call(call=$x, badge=$y) until reply(call=$x) exactly %u of receive(badge=$y) |"
    " receive(call=$x)",
    "for each call(call=$x) at least %u of reply(result=$z) where $z != $x",
    "for each, if any, call(call=$x, badge=$y) until call(call=$x)"
    " receive(call=$x) before reply(call=$x) at most %u of withdraw()",
    "for each call(call=$x) receive(call=$x) before receive(badge=$x) | reply(call=$x)",
    "call(call=$x) before reply(call=$x)",
    "receive(call=$x, badge=$y) before reply(call=$x, result=$y) | withdraw(call=$x, badge=$y)",
    "partial chain call(call=$x), reply(call=$x)",
    "partial chain call(call=$x), receive(call=$x), reply(call=$x)",
    "chain call(call=$x), reply(call=$x)",
    "at least %u of call(call=$x) until reply(call=$x) in flight together",
    "at most %u of call(call=$x, badge=$y) until reply(call=$x, result=$y) in flight together",
    "disjoint call(call=$x, badge=$y) covers $x, $y + 1 until reply(call=$x)",
};

START_TEST(agrees_with_the_reference)
{
    const struct payloads none = {0};
    const char *template = templates[_i];
    unsigned held = 0, rounds = 1000;

    srandom((unsigned)_i + 1);
    for (unsigned round = 0; round < rounds; round++) {
        char text[600], clause[300], error[SPEC_ERROR_SIZE];
        unsigned values = 1 + (unsigned)random() % 5;
        size_t size = (size_t)random() % (random() % 4 == 0 ? RECORDS : 8);
        struct spec spec;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(clause, sizeof(clause), template, (unsigned)random() % 4);
#pragma GCC diagnostic pop
        snprintf(text, sizeof(text),
                 "property good at least 0 of call() console contains \"x\""
                 " property p needs good %s",
                 clause);
        count = 0;
        while (count < size)
            add((enum trace_event)(TRACE_CALL + random() % 4), (uint64_t)random() % values,
                (uint64_t)random() % values);
        ck_assert_msg(spec_parse(&spec, "spec", text, &none, error) == 0, "%s", error);

        struct match *match = match_open(&spec);
        bool expected = reference_holds(spec.properties->next->clauses);

        for (const struct clause *c = spec.properties->next->clauses->next; c != NULL; c = c->next)
            expected = expected && reference_holds(c);
        for (size_t i = 0; i < count; i++)
            match_feed(match, &records[i]);
        match_close(match, "x", 1, NULL, NULL, findings);
        ck_assert_msg((findings[1].state == PROPERTY_OK) == expected, "%s: %s (%zu records)",
                      clause, findings[1].text, count);
        held += expected;
        spec_free(&spec);
    }
    /* Neither answer came out each time: the traces were telling. */
    ck_assert_uint_gt(held, 0);
    ck_assert_uint_lt(held, rounds);
}
END_TEST

START_TEST(work_grows_with_the_trace_alone)
{
    const struct payloads none = {0};
    char error[SPEC_ERROR_SIZE];
    struct spec spec;

    ck_assert_int_eq(spec_parse(&spec, "spec",
                                "property p for each call(call=$c) until reply(call=$c)"
                                " exactly 1 of receive(call=$c)"
                                " chain call(call=$c), receive(call=$c), reply(call=$c)",
                                &none, error),
                     0);

    struct match *match = match_open(&spec);
    struct trace_record record = {.tick = 1};

    for (uint64_t i = 0; i < 60000; i++) {
        record.a = i;
        for (unsigned event = TRACE_CALL; event <= TRACE_REPLY; event++) {
            record.event = (uint16_t)event;
            match_feed(match, &record);
            record.sequence++;
        }
    }
    match_close(match, "", 0, NULL, NULL, findings);
    ck_assert_msg(findings[0].state == PROPERTY_OK, "%s", findings[0].text);
    spec_free(&spec);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grader_match");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, counts);
    tcase_add_test(cases, for_each_ties_variables);
    tcase_add_test(cases, for_each_ends_at_until);
    tcase_add_test(cases, before_is_strict_and_by_value);
    tcase_add_test(cases, chains);
    tcase_add_test(cases, overlap);
    tcase_add_test(cases, disjoint_ranges);
    tcase_add_test(cases, edges_and_console);
    tcase_add_test(cases, needs);
    tcase_add_test(cases, an_empty_trace_earns_nothing);
    tcase_add_loop_test(cases, agrees_with_the_reference, 0,
                        (int)(sizeof(templates) / sizeof(templates[0])));
    tcase_add_test(cases, work_grows_with_the_trace_alone);
    return suite_finish(suite, cases);
}
