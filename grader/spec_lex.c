/* Tokens of the spec language. */
#include "spec_parser.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void parser_fail(struct parser *parser, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(parser->error, SPEC_ERROR_SIZE, "%s:%u:%u: ", parser->name,
                        parser->token_line, parser->token_column);

    va_start(arguments, format);
    if (used > 0 && used < SPEC_ERROR_SIZE)
        vsnprintf(parser->error + used, (size_t)(SPEC_ERROR_SIZE - used), format, arguments);
    va_end(arguments);
    longjmp(parser->failed, 1);
}

struct block {
    struct block *next;
    max_align_t bytes[];
};

void *parser_allocate(struct parser *parser, size_t size)
{
    struct block *block = calloc(1, sizeof(*block) + size);

    if (block == NULL)
        abort();
    block->next = parser->spec->memory;
    parser->spec->memory = block;
    return block->bytes;
}

void spec_free(struct spec *spec)
{
    for (struct block *block = spec->memory, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    *spec = (struct spec){0};
}

char *parser_copy(struct parser *parser, const char *start, size_t size)
{
    char *copy = parser_allocate(parser, size + 1);

    memcpy(copy, start, size);
    return copy;
}

const struct payload *payload_find(const struct payloads *payloads, const char *name, size_t size)
{
    for (size_t i = 0; i < payloads->count; i++)
        if (strlen(payloads->first[i].name) == size &&
            memcmp(payloads->first[i].name, name, size) == 0)
            return &payloads->first[i];
    return NULL;
}

static char step(struct parser *parser)
{
    char c = *parser->at;

    if (c == '\0')
        return c;
    parser->at++;
    if (c == '\n') {
        parser->line++;
        parser->column = 1;
    } else {
        parser->column++;
    }
    return c;
}

static void skip_space(struct parser *parser)
{
    for (;;) {
        if (*parser->at == '#')
            while (*parser->at != '\n' && *parser->at != '\0')
                step(parser);
        if (!isspace((unsigned char)*parser->at))
            return;
        step(parser);
    }
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void take_name(struct parser *parser)
{
    parser->start = parser->at;
    while (is_name(*parser->at))
        step(parser);
    parser->size = (size_t)(parser->at - parser->start);
    if (parser->size == 0)
        parser_fail(parser, "a name is missing");
}

static void take_number(struct parser *parser)
{
    unsigned base = 10, digit;

    if (parser->at[0] == '0' && parser->at[1] == 'x') {
        base = 16;
        step(parser);
        step(parser);
    }
    parser->number = 0;
    if (!isxdigit((unsigned char)*parser->at))
        parser_fail(parser, "a digit is missing");
    for (; isalnum((unsigned char)*parser->at); step(parser)) {
        char c = *parser->at;

        digit = isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
        if (digit >= base)
            parser_fail(parser, "not a digit: %c", c);
        if (__builtin_mul_overflow(parser->number, base, &parser->number) ||
            __builtin_add_overflow(parser->number, digit, &parser->number))
            parser_fail(parser, "a number of more than 64 bits");
    }
}

/* Text in quotes: \n, \", \\ and \@ as usual, @name replaced by the payload. */
static void take_text(struct parser *parser)
{
    char *bytes = NULL;
    size_t size = 0;
    bool unknown = false;
    FILE *out = open_memstream(&bytes, &size);

    if (out == NULL)
        abort();
    step(parser);
    while (*parser->at != '"' && *parser->at != '\0' && *parser->at != '\n') {
        char c = step(parser);

        if (c == '\\') {
            c = step(parser);
            fputc(c == 'n' ? '\n' : c == 'r' ? '\r' : c, out);
        } else if (c == '@' && is_name(*parser->at)) {
            const char *name = parser->at;

            while (is_name(*parser->at))
                step(parser);

            const struct payload *payload =
                payload_find(parser->payloads, name, (size_t)(parser->at - name));

            unknown = payload == NULL;
            if (unknown)
                break;
            fputs(payload->text, out);
        } else {
            fputc(c, out);
        }
    }
    fclose(out);
    parser->string = parser_copy(parser, bytes, size);
    free(bytes);
    if (unknown)
        parser_fail(parser, "no payload of this name in the text");
    if (*parser->at != '"')
        parser_fail(parser, "text without an end");
    step(parser);
}

static enum token take_sign(struct parser *parser)
{
    static const struct {
        const char *text;
        enum token token;
    } pairs[] = {{"!=", TOKEN_NOT_EQUAL},  {"<=", TOKEN_LESS_EQUAL},  {">=", TOKEN_MORE_EQUAL},
                 {"<<", TOKEN_SHIFT_LEFT}, {">>", TOKEN_SHIFT_RIGHT}, {"..", TOKEN_RANGE}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (strncmp(parser->at, pairs[i].text, 2) == 0) {
            step(parser);
            step(parser);
            return pairs[i].token;
        }
    }
    if (strchr("(),|=<>+-*/%&", *parser->at) == NULL)
        parser_fail(parser, "a character with no meaning here");
    return (enum token)(unsigned char)step(parser);
}

void parser_advance(struct parser *parser)
{
    parser->last_end = parser->at;
    skip_space(parser);
    parser->token_line = parser->line;
    parser->token_column = parser->column;
    parser->start = parser->at;

    char c = *parser->at;

    if (c == '\0') {
        parser->token = TOKEN_END;
    } else if (isdigit((unsigned char)c)) {
        take_number(parser);
        parser->token = TOKEN_NUMBER;
    } else if (c == '"') {
        take_text(parser);
        parser->token = TOKEN_TEXT;
    } else if (c == '$' || c == '@') {
        step(parser);
        take_name(parser);
        parser->token = c == '$' ? TOKEN_VARIABLE : TOKEN_PAYLOAD;
    } else if (isalpha((unsigned char)c) || c == '_') {
        while (is_name(*parser->at) || (*parser->at == '-' && is_name(parser->at[1])))
            step(parser);
        parser->size = (size_t)(parser->at - parser->start);
        parser->token = TOKEN_WORD;
    } else {
        parser->token = take_sign(parser);
    }
}

bool parser_is_word(const struct parser *parser, const char *word)
{
    return parser->token == TOKEN_WORD && strlen(word) == parser->size &&
           memcmp(parser->start, word, parser->size) == 0;
}

bool parser_accept_word(struct parser *parser, const char *word)
{
    if (!parser_is_word(parser, word))
        return false;
    parser_advance(parser);
    return true;
}

bool parser_accept(struct parser *parser, int token)
{
    if ((int)parser->token != token)
        return false;
    parser_advance(parser);
    return true;
}

void parser_expect_word(struct parser *parser, const char *word)
{
    if (!parser_accept_word(parser, word))
        parser_fail(parser, "`%s` is missing here", word);
}

void parser_expect(struct parser *parser, int token)
{
    if (!parser_accept(parser, token)) {
        if (token < 256)
            parser_fail(parser, "`%c` is missing here", token);
        parser_fail(parser, "%s is missing here",
                    token == TOKEN_TEXT     ? "a text in quotes"
                    : token == TOKEN_WORD   ? "a word"
                    : token == TOKEN_RANGE  ? "`..`"
                    : token == TOKEN_NUMBER ? "a number"
                                            : "something");
    }
}
