/*
 * Specs: what a run must show, as handbook/grader.adoc describes the language.
 *
 * A spec is parsed for one run, with that run's payloads put in, into the tree below, which
 * grader/match.h feeds records to. The parser is by hand: one token ahead is all the language asks
 * for, and each error has its line and column.
 */
#ifndef GRADER_SPEC_H
#define GRADER_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPEC_VARIABLES = 12, /* in one property */
    SPEC_ALTERNATIVES = 8,
    SPEC_CHAIN = 8,
    SPEC_NEEDS = 8,
    SPEC_ERROR_SIZE = 300,
};

/* Values that variables have; bit n of `bound` is set if variable n has one. */
struct bindings {
    uint32_t bound;
    uint64_t values[SPEC_VARIABLES];
};

/* A value that the seed chose: as text, and as a number where it reads as one. */
struct payload {
    const char *name;
    const char *text;
    uint64_t number;
    bool is_number; /* declared as number: little-endian in memory */
    bool is_answer; /* a student's: nobody is told what it should have been */
};

struct payloads {
    const struct payload *first;
    size_t count;
};

const struct payload *payload_find(const struct payloads *payloads, const char *name, size_t size);

enum expression_kind { EXPRESSION_NUMBER, EXPRESSION_VARIABLE, EXPRESSION_BINARY };

struct expression {
    enum expression_kind kind;
    uint64_t number;   /* the number, or the variable's index */
    unsigned operator; /* of EXPRESSION_BINARY: an enum token */
    struct expression *left, *right;
};

/* Result: false if a variable in it has no value, or it divides by zero. */
bool expression_value(const struct expression *expression, const struct bindings *bindings,
                      uint64_t *value);

struct condition {
    unsigned operator; /* an enum token */
    struct expression *left, *right;
    struct condition *next;
};

enum field { FIELD_SEQUENCE, FIELD_TICK, FIELD_CPU, FIELD_ACTOR, FIELD_A, FIELD_B, FIELDS };

struct pattern {
    uint16_t event;
    struct expression *fields[FIELDS]; /* NULL: anything */
    uint32_t binds;                    /* variables that stand alone as a field's value */
};

struct alternatives {
    struct pattern patterns[SPEC_ALTERNATIVES];
    unsigned count;
    struct condition *where;
    uint32_t binds; /* variables that every alternative binds */
    char *text;     /* as written */
};

enum clause_kind {
    CLAUSE_COUNT,
    CLAUSE_FOR_EACH,
    CLAUSE_BEFORE,
    CLAUSE_CHAIN,
    CLAUSE_FLIGHT,
    CLAUSE_DISJOINT,
    CLAUSE_BEGIN,
    CLAUSE_END,
    CLAUSE_CONSOLE,
    CLAUSE_OBSERVE,
};

enum observe_kind { OBSERVE_CPL, OBSERVE_MEMORY, OBSERVE_PORT };

struct observation {
    enum observe_kind kind;
    char *symbol;   /* where the machine is stopped */
    char *program;  /* whose symbol; NULL: the kernel's */
    char *variable; /* of OBSERVE_MEMORY */
    uint64_t size;
    uint64_t low, high; /* ports */
    uint64_t number;    /* expected level or value */
    char *text;         /* expected bytes; NULL: the number */
    bool is_answer;     /* what is there is not told */
};

struct clause {
    enum clause_kind kind;
    unsigned line, column;
    char *text;         /* as written */
    uint64_t low, high; /* how often */
    bool partial;       /* a chain may be cut; for each may find nothing */
    bool has_until;     /* the last of `patterns` is the `until` */
    struct alternatives *patterns[SPEC_CHAIN];
    unsigned count;                   /* of patterns */
    uint32_t shared;                  /* variables by which its patterns are matched */
    struct expression *base, *extent; /* of CLAUSE_DISJOINT */
    char *wanted;                     /* of CLAUSE_CONSOLE */
    struct observation observation;
    struct clause *inner; /* of CLAUSE_FOR_EACH */
    struct clause *next;
};

struct property {
    char *name, *see, *says; /* see, says: "" if not given */
    unsigned points;
    unsigned line, column;
    struct property *needs[SPEC_NEEDS];
    unsigned needs_count;
    struct clause *clauses;
    char *variables[SPEC_VARIABLES];
    unsigned variables_count;
    struct property *next;
};

struct spec {
    struct property *properties;
    void *memory; /* all that the tree consists of */
};

/* Parses `text`; `name` is the file's, for errors. Result: 0, or -1 with "file:line:column: why" in
 * `error`. */
int spec_parse(struct spec *spec, const char *name, const char *text,
               const struct payloads *payloads, char error[SPEC_ERROR_SIZE]);
void spec_free(struct spec *spec);

#endif
