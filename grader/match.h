/*
 * The matcher: judges a run by a spec, record by record, in one pass.
 *
 * Each clause is a small machine that sees every record once. State that belongs to values of
 * variables (an instance of a `for each`, a link of a chain) is found by hashing those values, so
 * the work a record costs depends on the spec, not on the length of the trace.
 */
#ifndef GRADER_MATCH_H
#define GRADER_MATCH_H

#include "abi/trace.h"
#include "spec.h"

enum { FINDING_EVENTS = 3, FINDING_TEXT_SIZE = 400 };

/* What a property came to, and the records that show why. */
enum property_state { PROPERTY_OK, PROPERTY_FAILED, PROPERTY_NOT_RUN };

struct finding {
    enum property_state state;
    char text[FINDING_TEXT_SIZE]; /* why it failed, or what it needs; one line */
    struct trace_record events[FINDING_EVENTS];
    unsigned events_count;
    uint64_t tick; /* to look at; 0: none */
};

/* What was observed for one CLAUSE_OBSERVE or CLAUSE_CONSOLE. */
struct observed {
    bool holds;
    char text[FINDING_TEXT_SIZE]; /* if it does not */
    uint64_t tick;
};

struct match;

struct match *match_open(const struct spec *spec);
void match_feed(struct match *match, const struct trace_record *record);

/* Ends the run and judges. `console` is all that the guest printed; `observe` tells about each
 * CLAUSE_OBSERVE. `findings` has one for each property, in the spec's order. */
void match_close(struct match *match, const char *console, size_t console_size,
                 void (*observe)(void *context, const struct clause *clause,
                                 struct observed *observed),
                 void *context, struct finding *findings);

/* Whether a record matches, given bindings; they are extended if it does. */
bool alternatives_match(const struct alternatives *alternatives, const struct trace_record *record,
                        struct bindings *bindings);

#endif
