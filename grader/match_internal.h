/* What the parts of the matcher share. */
#ifndef GRADER_MATCH_INTERNAL_H
#define GRADER_MATCH_INTERNAL_H

#include "match.h"

/* A hash table from the values of some variables to a number and a record. */
struct slot {
    bool used;
    uint64_t hash;
    struct bindings key; /* bound: exactly the variables of the key */
    uint64_t number;
    struct bindings bindings;
    struct trace_record record;
};

struct table {
    struct slot *slots;
    size_t room, used;
};

/* Finds the slot of the variables `mask` of `bindings`; makes it, zeroed, if `make` is set. Result:
 * NULL if there is none. A pointer lives until the next slot is made. */
struct slot *table_find(struct table *table, const struct bindings *bindings, uint32_t mask,
                        bool make);

/* Live ranges of a CLAUSE_DISJOINT, sorted by base. */
struct range {
    uint64_t base, extent;
    struct trace_record record;
};

/* One instance of a `for each`, and of each inner clause in it. */
struct inner_state {
    uint64_t count;
    struct trace_record last; /* that was counted; for `before`: the first A */
};

struct instance {
    struct bindings bindings;
    struct trace_record record; /* that started it */
    bool live;
};

/* One alternative of a pattern that instances listen for. */
struct listener {
    const struct alternatives *alternatives;
    unsigned alternative;
    uint32_t mask;              /* variables of the `for each` that it tells apart */
    const struct clause *inner; /* NULL: the until */
    size_t inner_index;
    unsigned pattern;   /* of the inner clause */
    struct table table; /* from the mask's values to the number of the latest instance, plus one */
};

struct clause_state {
    const struct clause *clause;
    struct finding finding; /* the first failure */
    uint64_t count;         /* matches, completed chains, or instances */
    uint64_t now, peak;     /* in flight */
    struct trace_record first, last;
    struct table table;
    struct range *ranges;
    size_t ranges_count, ranges_room;
    /* for each: */
    struct instance *instances;
    struct inner_state *inner; /* inner_count for each instance */
    size_t instances_count, instances_room, inner_count;
    struct listener *listeners;
    size_t listeners_count;
    uint64_t
        *links; /* listeners_count for each instance: the one before it in the list, plus one */
};

/* Notes the first failure of a clause. */
void clause_fail(struct clause_state *state, const struct trace_record *events, unsigned count,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A record that matches alternative `index`, given bindings. */
bool pattern_match(const struct alternatives *alternatives, unsigned index,
                   const struct trace_record *record, struct bindings *bindings);

/* The values that a record gives to the variables standing alone in alternative `index`. Result:
 * false if it cannot match. */
bool pattern_key(const struct alternatives *alternatives, unsigned index,
                 const struct trace_record *record, struct bindings *key);

void chain_feed(struct clause_state *state, const struct trace_record *record);
void chain_close(struct clause_state *state);
void flight_feed(struct clause_state *state, const struct trace_record *record);
void flight_close(struct clause_state *state);
void disjoint_feed(struct clause_state *state, const struct trace_record *record);
void before_feed(struct clause_state *state, const struct trace_record *record);

void each_open(struct clause_state *state);
void each_feed(struct clause_state *state, const struct trace_record *record);
void each_close(struct clause_state *state);
void each_free(struct clause_state *state);

/* "at least 2", "exactly 1", "no" */
void bounds_print(const struct clause *clause, char *text, size_t size);

#endif
