/* What the parts of the spec parser share: tokens, memory, errors. */
#ifndef GRADER_SPEC_PARSER_H
#define GRADER_SPEC_PARSER_H

#include "spec.h"

#include <setjmp.h>

enum token {
    TOKEN_END = 0,
    TOKEN_WORD = 256,
    TOKEN_NUMBER,
    TOKEN_TEXT,
    TOKEN_VARIABLE,
    TOKEN_PAYLOAD,
    TOKEN_NOT_EQUAL,
    TOKEN_LESS_EQUAL,
    TOKEN_MORE_EQUAL,
    TOKEN_SHIFT_LEFT,
    TOKEN_SHIFT_RIGHT,
    TOKEN_RANGE,
    /* All others are their own character. */
};

struct parser {
    const char *name, *text, *at;
    unsigned line, column; /* of `at` */
    const struct payloads *payloads;
    struct spec *spec;
    struct property *property; /* being parsed */
    uint32_t known;            /* variables that have a value where we are */
    char *error;
    jmp_buf failed;

    enum token token;
    const char *start; /* of the token's characters */
    size_t size;
    uint64_t number;
    char *string; /* of TOKEN_TEXT, payloads put in */
    unsigned token_line, token_column;
    const char *last_end; /* behind the token before this one */
};

/* Reports at the current token, and leaves the parser. */
_Noreturn void parser_fail(struct parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Zeroed memory that lives as long as the spec. */
void *parser_allocate(struct parser *parser, size_t size);
char *parser_copy(struct parser *parser, const char *start, size_t size);

void parser_advance(struct parser *parser);
bool parser_is_word(const struct parser *parser, const char *word);

/* Steps over a word or character if it is there. */
bool parser_accept_word(struct parser *parser, const char *word);
bool parser_accept(struct parser *parser, int token);

/* Steps over it, or fails. */
void parser_expect_word(struct parser *parser, const char *word);
void parser_expect(struct parser *parser, int token);

/* A number, or an expression of numbers and payloads. */
uint64_t parser_constant(struct parser *parser);
struct expression *parser_expression(struct parser *parser);

/* pattern | pattern ... [where conditions] */
struct alternatives *parser_alternatives(struct parser *parser);

/* A clause; `inside` a for each. */
struct clause *parser_clause(struct parser *parser, bool inside);
void parser_observe(struct parser *parser, struct clause *clause);

#endif
