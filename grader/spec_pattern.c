/* Expressions and patterns of the spec language. */
#include "spec_parser.h"

#include "trace.h"

#include <stdlib.h>
#include <string.h>

static struct expression *make_number(struct parser *parser, uint64_t number)
{
    struct expression *made = parser_allocate(parser, sizeof(*made));

    made->number = number;
    return made;
}

static uint64_t text_number(struct parser *parser)
{
    size_t size = strlen(parser->string);
    uint64_t number = 0;

    if (size > sizeof(number))
        parser_fail(parser, "as a number a text has at most 8 bytes");
    memcpy(&number, parser->string, size);
    return number;
}

static unsigned variable_index(struct parser *parser)
{
    struct property *property = parser->property;

    for (unsigned i = 0; i < property->variables_count; i++)
        if (strlen(property->variables[i]) == parser->size &&
            memcmp(property->variables[i], parser->start, parser->size) == 0)
            return i;
    if (property->variables_count == SPEC_VARIABLES)
        parser_fail(parser, "more than %d variables in one property", SPEC_VARIABLES);
    property->variables[property->variables_count] =
        parser_copy(parser, parser->start, parser->size);
    return property->variables_count++;
}

static struct expression *parse_factor(struct parser *parser)
{
    struct expression *made;

    if (parser_accept(parser, '(')) {
        made = parser_expression(parser);
        parser_expect(parser, ')');
        return made;
    }
    switch (parser->token) {
    case TOKEN_NUMBER:
        made = make_number(parser, parser->number);
        break;
    case TOKEN_TEXT:
        made = make_number(parser, text_number(parser));
        break;
    case TOKEN_PAYLOAD: {
        const struct payload *payload = payload_find(parser->payloads, parser->start, parser->size);

        if (payload == NULL)
            parser_fail(parser, "no payload of this name");
        made = make_number(parser, payload->number);
        break;
    }
    case TOKEN_VARIABLE:
        made = make_number(parser, variable_index(parser));
        made->kind = EXPRESSION_VARIABLE;
        if ((parser->known >> made->number & 1) == 0)
            parser_fail(parser, "$%.*s has no value here", (int)parser->size, parser->start);
        break;
    default:
        parser_fail(parser, "a value is missing here");
    }
    parser_advance(parser);
    return made;
}

/* From loose to tight: & then << >> then + - then * / %. */
static const int operators[4][3] = {
    {'&', 0, 0}, {TOKEN_SHIFT_LEFT, TOKEN_SHIFT_RIGHT, 0}, {'+', '-', 0}, {'*', '/', '%'}};

static struct expression *parse_level(struct parser *parser, unsigned level)
{
    if (level == 4)
        return parse_factor(parser);

    struct expression *left = parse_level(parser, level + 1);

    for (;;) {
        bool found = false;

        for (unsigned i = 0; i < 3; i++) {
            if (operators[level][i] == 0 || (int)parser->token != operators[level][i])
                continue;

            struct expression *made = parser_allocate(parser, sizeof(*made));

            made->kind = EXPRESSION_BINARY;
            made->operator=(unsigned) parser->token;
            made->left = left;
            parser_advance(parser);
            made->right = parse_level(parser, level + 1);
            left = made;
            found = true;
            break;
        }
        if (!found)
            return left;
    }
}

struct expression *parser_expression(struct parser *parser)
{
    return parse_level(parser, 0);
}

uint64_t parser_constant(struct parser *parser)
{
    static const struct bindings none;
    uint32_t known = parser->known;
    uint64_t value;

    parser->known = 0;
    struct expression *expression = parse_level(parser, 1);

    parser->known = known;
    if (!expression_value(expression, &none, &value))
        parser_fail(parser, "a division by zero");
    return value;
}

bool expression_value(const struct expression *expression, const struct bindings *bindings,
                      uint64_t *value)
{
    uint64_t left, right;

    if (expression->kind == EXPRESSION_NUMBER) {
        *value = expression->number;
        return true;
    }
    if (expression->kind == EXPRESSION_VARIABLE) {
        *value = bindings->values[expression->number];
        return (bindings->bound >> expression->number & 1) != 0;
    }
    if (!expression_value(expression->left, bindings, &left) ||
        !expression_value(expression->right, bindings, &right))
        return false;
    if ((expression->operator== '/' || expression->operator== '%') && right == 0)
        return false;
    switch (expression->operator) {
    case '+':
        *value = left + right;
        break;
    case '-':
        *value = left - right;
        break;
    case '*':
        *value = left * right;
        break;
    case '/':
        *value = left / right;
        break;
    case '%':
        *value = left % right;
        break;
    case '&':
        *value = left & right;
        break;
    case TOKEN_SHIFT_LEFT:
        *value = right < 64 ? left << right : 0;
        break;
    default:
        *value = right < 64 ? left >> right : 0;
        break;
    }
    return true;
}

static enum field field_named(struct parser *parser, const struct trace_event_row *row)
{
    const char *names[FIELDS] = {"sequence", "tick", "cpu", "actor", row->a, row->b};

    for (unsigned i = 0; i < FIELDS; i++)
        if (names[i][0] != '\0' && parser_is_word(parser, names[i]))
            return (enum field)i;
    parser_fail(parser, "%s has no field %.*s; it has %s%s%s, and cpu, actor, tick, sequence",
                row->name, (int)parser->size, parser->start, row->a, row->b[0] != '\0' ? ", " : "",
                row->b);
}

static void parse_field(struct parser *parser, struct pattern *pattern,
                        const struct trace_event_row *row)
{
    if (parser->token != TOKEN_WORD)
        parser_fail(parser, "a field's name is missing here");

    enum field field = field_named(parser, row);

    if (pattern->fields[field] != NULL)
        parser_fail(parser, "this field has a value already");
    parser_advance(parser);
    parser_expect(parser, '=');
    if (parser_accept(parser, '*'))
        return;
    if (parser->token == TOKEN_VARIABLE) {
        uint32_t bit = UINT32_C(1) << variable_index(parser);

        if ((parser->known & bit) == 0) {
            pattern->fields[field] = make_number(parser, variable_index(parser));
            pattern->fields[field]->kind = EXPRESSION_VARIABLE;
            parser->known |= bit;
            pattern->binds |= bit;
            parser_advance(parser);
            return;
        }
    }
    pattern->fields[field] = parser_expression(parser);
    if (pattern->fields[field]->kind == EXPRESSION_VARIABLE)
        pattern->binds |= UINT32_C(1) << pattern->fields[field]->number;
}

static void parse_pattern(struct parser *parser, struct pattern *pattern)
{
    char name[64];

    if (parser->token != TOKEN_WORD || parser->size >= sizeof(name))
        parser_fail(parser, "an event is missing here");
    memcpy(name, parser->start, parser->size);
    name[parser->size] = '\0';

    const struct trace_event_row *row = trace_event_by_name(name);

    if (row == NULL)
        parser_fail(parser, "no event of this name: %s", name);
    pattern->event = row->event;
    parser_advance(parser);
    parser_expect(parser, '(');
    if (parser_accept(parser, ')'))
        return;
    do
        parse_field(parser, pattern, row);
    while (parser_accept(parser, ','));
    parser_expect(parser, ')');
}

static void parse_where(struct parser *parser, struct alternatives *alternatives)
{
    struct condition **last = &alternatives->where;

    do {
        struct condition *condition = parser_allocate(parser, sizeof(*condition));

        condition->left = parser_expression(parser);
        condition->operator=(unsigned) parser->token;
        if (parser->token != '=' && parser->token != '<' && parser->token != '>' &&
            parser->token != TOKEN_NOT_EQUAL && parser->token != TOKEN_LESS_EQUAL &&
            parser->token != TOKEN_MORE_EQUAL)
            parser_fail(parser, "a comparison is missing here");
        parser_advance(parser);
        condition->right = parser_expression(parser);
        *last = condition;
        last = &condition->next;
    } while (parser_accept_word(parser, "and"));
}

struct alternatives *parser_alternatives(struct parser *parser)
{
    struct alternatives *made = parser_allocate(parser, sizeof(*made));
    const char *start = parser->start;
    uint32_t known = parser->known, all = known;

    made->binds = UINT32_MAX;
    do {
        if (made->count == SPEC_ALTERNATIVES)
            parser_fail(parser, "more than %d alternatives", SPEC_ALTERNATIVES);
        parser->known = known;
        parse_pattern(parser, &made->patterns[made->count]);
        made->binds &= made->patterns[made->count].binds;
        all |= parser->known;
        made->count++;
    } while (parser_accept(parser, '|'));
    parser->known = all;
    if (parser_accept_word(parser, "where"))
        parse_where(parser, made);
    made->text = parser_copy(parser, start, (size_t)(parser->last_end - start));
    return made;
}
