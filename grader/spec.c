/* Properties and clauses of the spec language. */
#include "spec_parser.h"

#include <string.h>

static void set_pattern(struct parser *parser, struct clause *clause)
{
    if (clause->count == SPEC_CHAIN)
        parser_fail(parser, "more than %d patterns in one clause", SPEC_CHAIN);
    clause->patterns[clause->count++] = parser_alternatives(parser);
}

/* Patterns of one clause that are matched by shared variables: each starts from what was known
 * before the clause. */
static void set_pattern_apart(struct parser *parser, struct clause *clause, uint32_t known)
{
    parser->known = known;
    set_pattern(parser, clause);
}

static void parse_until(struct parser *parser, struct clause *clause, uint32_t known, bool required)
{
    if (required)
        parser_expect_word(parser, "until");
    else if (!parser_accept_word(parser, "until"))
        return;
    clause->has_until = true;
    set_pattern_apart(parser, clause, known);
}

/* After `exactly`, `at least`, `at most`: N of P [until Q in flight together]. */
static void parse_count(struct parser *parser, struct clause *clause, char which)
{
    uint32_t known = parser->known;
    uint64_t number = parser_constant(parser);

    clause->kind = CLAUSE_COUNT;
    clause->low = which == 'm' ? 0 : number;
    clause->high = which == 'l' ? UINT64_MAX : number;
    parser_expect_word(parser, "of");
    set_pattern(parser, clause);
    if (!parser_is_word(parser, "until"))
        return;
    if (which == 'e')
        parser_fail(parser, "in flight together: `at least` or `at most`");
    clause->kind = CLAUSE_FLIGHT;
    parse_until(parser, clause, known, true);
    parser_expect_word(parser, "in");
    parser_expect_word(parser, "flight");
    parser_expect_word(parser, "together");
    clause->shared = clause->patterns[0]->binds & clause->patterns[1]->binds;
}

/* What does not go inside a `for each` ends it. */
static bool ends_for_each(const struct parser *parser)
{
    static const char *const words[] = {"property", "for", "chain",   "partial", "disjoint",
                                        "begin",    "end", "console", "observe"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (parser_is_word(parser, words[i]))
            return true;
    return parser->token == TOKEN_END;
}

static void parse_for_each(struct parser *parser, struct clause *clause)
{
    struct clause **last = &clause->inner;
    uint32_t known = parser->known;

    clause->kind = CLAUSE_FOR_EACH;
    if (parser_accept(parser, ',')) {
        parser_expect_word(parser, "if");
        parser_expect_word(parser, "any");
        parser_expect(parser, ',');
        clause->partial = true;
    }
    set_pattern(parser, clause);

    uint32_t bound = parser->known;

    parse_until(parser, clause, bound, false);
    parser->known = bound;
    clause->text =
        parser_copy(parser, clause->patterns[0]->text, strlen(clause->patterns[0]->text));
    while (!ends_for_each(parser)) {
        *last = parser_clause(parser, true);
        last = &(*last)->next;
        parser->known = bound;
    }
    if (clause->inner == NULL)
        parser_fail(parser, "`for each` without a clause after it");
    parser->known = known;
}

static void parse_chain(struct parser *parser, struct clause *clause)
{
    uint32_t known = parser->known;

    clause->kind = CLAUSE_CHAIN;
    clause->shared = UINT32_MAX;
    do {
        set_pattern_apart(parser, clause, known);
        clause->shared &= clause->patterns[clause->count - 1]->binds;
    } while (parser_accept(parser, ','));
    if (clause->count < 2)
        parser_fail(parser, "a chain has at least two links");
}

static void parse_disjoint(struct parser *parser, struct clause *clause)
{
    uint32_t known = parser->known;

    clause->kind = CLAUSE_DISJOINT;
    set_pattern(parser, clause);
    parser_expect_word(parser, "covers");
    clause->base = parser_expression(parser);
    parser_expect(parser, ',');
    clause->extent = parser_expression(parser);
    parse_until(parser, clause, known, true);
    clause->shared = clause->patterns[0]->binds & clause->patterns[1]->binds;
}

static void parse_console(struct parser *parser, struct clause *clause)
{
    clause->kind = CLAUSE_CONSOLE;
    clause->low = 1;
    clause->high = UINT64_MAX;
    if (parser_accept_word(parser, "lacks")) {
        clause->low = clause->high = 0;
    } else {
        parser_expect_word(parser, "contains");
        if (parser->token != TOKEN_TEXT) {
            clause->low = parser_constant(parser);
            parser_expect_word(parser, "of");
        }
    }
    if (parser->token != TOKEN_TEXT)
        parser_fail(parser, "a text in quotes is missing here");
    if (parser->string[0] == '\0')
        parser_fail(parser, "an empty text is everywhere");
    clause->wanted = parser->string;
    parser_advance(parser);
}

/* The kinds that may stand inside a for each, too. Result: false if none of them is here. */
static bool parse_simple(struct parser *parser, struct clause *clause)
{
    if (parser_accept_word(parser, "exactly")) {
        parse_count(parser, clause, 'e');
    } else if (parser_accept_word(parser, "at")) {
        bool least = parser_accept_word(parser, "least");

        if (!least)
            parser_expect_word(parser, "most");
        parse_count(parser, clause, least ? 'l' : 'm');
    } else if (parser_accept_word(parser, "never")) {
        clause->kind = CLAUSE_COUNT;
        set_pattern(parser, clause);
    } else {
        return false;
    }
    return true;
}

static void parse_before(struct parser *parser, struct clause *clause)
{
    uint32_t known = parser->known;

    clause->kind = CLAUSE_BEFORE;
    set_pattern_apart(parser, clause, known);
    parser_expect_word(parser, "before");
    set_pattern_apart(parser, clause, known);
    clause->shared = clause->patterns[0]->binds & clause->patterns[1]->binds;
}

static void parse_outer(struct parser *parser, struct clause *clause)
{
    bool partial = parser_accept_word(parser, "partial");

    clause->partial = partial;
    if (partial && !parser_is_word(parser, "chain"))
        parser_fail(parser, "`partial` goes before `chain`");
    if (parser_accept_word(parser, "for")) {
        parser_expect_word(parser, "each");
        parse_for_each(parser, clause);
    } else if (parser_accept_word(parser, "chain")) {
        parse_chain(parser, clause);
    } else if (parser_accept_word(parser, "disjoint")) {
        parse_disjoint(parser, clause);
    } else if (parser_accept_word(parser, "begin")) {
        clause->kind = CLAUSE_BEGIN;
        set_pattern(parser, clause);
    } else if (parser_accept_word(parser, "end")) {
        clause->kind = CLAUSE_END;
        set_pattern(parser, clause);
    } else if (parser_accept_word(parser, "console")) {
        parse_console(parser, clause);
    } else if (parser_accept_word(parser, "observe")) {
        clause->kind = CLAUSE_OBSERVE;
        parser_observe(parser, clause);
    } else {
        parse_before(parser, clause);
    }
}

struct clause *parser_clause(struct parser *parser, bool inside)
{
    struct clause *clause = parser_allocate(parser, sizeof(*clause));
    const char *start = parser->start;

    clause->line = parser->token_line;
    clause->column = parser->token_column;
    if (parse_simple(parser, clause)) {
        if (inside && clause->kind == CLAUSE_FLIGHT)
            parser_fail(parser, "`in flight together` does not go inside `for each`");
    } else if (inside) {
        parse_before(parser, clause);
    } else {
        parse_outer(parser, clause);
    }
    if (clause->text == NULL)
        clause->text = parser_copy(parser, start, (size_t)(parser->last_end - start));
    return clause;
}

static struct property *property_named(struct parser *parser)
{
    for (struct property *p = parser->spec->properties; p != NULL; p = p->next)
        if (parser_is_word(parser, p->name))
            return p;
    return NULL;
}

static char *parse_text_after(struct parser *parser)
{
    char *text = parser->string;

    if (parser->token != TOKEN_TEXT)
        parser_fail(parser, "a text in quotes is missing here");
    parser_advance(parser);
    return text;
}

static void parse_needs(struct parser *parser, struct property *property)
{
    do {
        struct property *needed = property_named(parser);

        if (needed == NULL)
            parser_fail(parser, "no property of this name above");
        if (property->needs_count == SPEC_NEEDS)
            parser_fail(parser, "more than %d needs", SPEC_NEEDS);
        property->needs[property->needs_count++] = needed;
        parser_advance(parser);
    } while (parser_accept(parser, ','));
}

static void parse_head(struct parser *parser, struct property *property)
{
    property->see = property->says = parser_copy(parser, "", 0);
    for (;;) {
        if (parser_accept_word(parser, "points"))
            property->points = (unsigned)(parser_constant(parser) & 0xffff);
        else if (parser_accept_word(parser, "see"))
            property->see = parse_text_after(parser);
        else if (parser_accept_word(parser, "says"))
            property->says = parse_text_after(parser);
        else if (parser_accept_word(parser, "needs"))
            parse_needs(parser, property);
        else
            return;
    }
}

/* Holds for no machine that does nothing. */
static bool is_positive(const struct clause *clause)
{
    switch (clause->kind) {
    case CLAUSE_COUNT:
    case CLAUSE_FLIGHT:
    case CLAUSE_CONSOLE:
        return clause->low > 0;
    case CLAUSE_FOR_EACH:
    case CLAUSE_CHAIN:
        return clause->kind == CLAUSE_CHAIN || !clause->partial;
    case CLAUSE_BEFORE:
    case CLAUSE_DISJOINT:
        return false;
    default:
        return true;
    }
}

static void parse_property(struct parser *parser, struct property **last)
{
    struct property *property = parser_allocate(parser, sizeof(*property));
    struct clause **last_clause = &property->clauses;
    bool positive = false;

    property->line = parser->token_line;
    property->column = parser->token_column;
    parser_expect_word(parser, "property");
    if (parser->token != TOKEN_WORD)
        parser_fail(parser, "a property's name is missing here");
    if (property_named(parser) != NULL)
        parser_fail(parser, "a property of this name is there already");
    property->name = parser_copy(parser, parser->start, parser->size);
    parser_advance(parser);
    parser->property = property;
    parse_head(parser, property);
    while (parser->token != TOKEN_END && !parser_is_word(parser, "property")) {
        parser->known = 0;
        *last_clause = parser_clause(parser, false);
        positive = positive || is_positive(*last_clause);
        last_clause = &(*last_clause)->next;
    }
    *last = property;
    parser->token_line = property->line;
    parser->token_column = property->column;
    if (property->clauses == NULL)
        parser_fail(parser, "property %s asks for nothing", property->name);
    if (!positive && property->needs_count == 0)
        parser_fail(parser,
                    "property %s holds for a machine that does nothing: "
                    "it must ask for something to happen, or need a property that does",
                    property->name);
}

int spec_parse(struct spec *spec, const char *name, const char *text,
               const struct payloads *payloads, char error[SPEC_ERROR_SIZE])
{
    struct parser parser = {
        .name = name,
        .text = text,
        .at = text,
        .line = 1,
        .column = 1,
        .payloads = payloads,
        .spec = spec,
        .error = error,
    };

    *spec = (struct spec){0};
    error[0] = '\0';
    if (setjmp(parser.failed) != 0) {
        spec_free(spec);
        return -1;
    }
    parser_advance(&parser);
    for (struct property **last = &spec->properties; parser.token != TOKEN_END;) {
        parse_property(&parser, last);
        last = &(*last)->next;
    }
    if (spec->properties == NULL)
        parser_fail(&parser, "no property");
    return 0;
}
