/* Clauses about what the emulator sees. */
#include "spec_parser.h"

#include <string.h>

static char *parse_name(struct parser *parser, const char *what)
{
    char *name;

    if (parser->token != TOKEN_WORD)
        parser_fail(parser, "the name of %s is missing here", what);
    name = parser_copy(parser, parser->start, parser->size);
    parser_advance(parser);
    return name;
}

/* at symbol S [in program X] */
static void parse_place(struct parser *parser, struct observation *observation)
{
    parser_expect_word(parser, "at");
    parser_expect_word(parser, "symbol");
    observation->symbol = parse_name(parser, "a symbol");
}

static void parse_program(struct parser *parser, struct observation *observation)
{
    if (!parser_accept_word(parser, "in"))
        return;
    parser_expect_word(parser, "program");
    observation->program = parse_name(parser, "a program");
}

/* What memory should hold: a text, a text payload, or a number. */
static void parse_value(struct parser *parser, struct observation *observation)
{
    if (parser->token == TOKEN_PAYLOAD) {
        const struct payload *payload = payload_find(parser->payloads, parser->start, parser->size);

        if (payload == NULL)
            parser_fail(parser, "no payload of this name");
        observation->is_answer = payload->is_answer;
        if (!payload->is_number) {
            observation->text = parser_copy(parser, payload->text, strlen(payload->text));
            parser_advance(parser);
            return;
        }
    } else if (parser->token == TOKEN_TEXT) {
        observation->text = parser->string;
        parser_advance(parser);
        return;
    }
    observation->number = parser_constant(parser);
    if (observation->size > sizeof(observation->number))
        parser_fail(parser, "a number has at most 8 bytes");
}

void parser_observe(struct parser *parser, struct clause *clause)
{
    struct observation *observation = &clause->observation;

    if (parser_accept_word(parser, "cpl")) {
        observation->kind = OBSERVE_CPL;
        parse_place(parser, observation);
        parse_program(parser, observation);
        parser_expect(parser, '=');
        observation->number = parser_constant(parser);
    } else if (parser_accept_word(parser, "memory")) {
        observation->kind = OBSERVE_MEMORY;
        observation->variable = parse_name(parser, "a variable");
        parser_expect_word(parser, "size");
        observation->size = parser_constant(parser);
        if (observation->size == 0 || observation->size > 4096)
            parser_fail(parser, "a size from 1 to 4096 is missing here");
        parse_place(parser, observation);
        parse_program(parser, observation);
        parser_expect(parser, '=');
        parse_value(parser, observation);
    } else if (parser_accept_word(parser, "port")) {
        observation->kind = OBSERVE_PORT;
        observation->low = parser_constant(parser);
        parser_expect(parser, TOKEN_RANGE);
        observation->high = parser_constant(parser);
        parser_expect_word(parser, "from");
        parser_expect_word(parser, "cpl");
        observation->number = parser_constant(parser);
        parse_program(parser, observation);
    } else {
        parser_fail(parser, "`cpl`, `memory` or `port` is missing here");
    }
}
