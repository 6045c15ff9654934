/* The matcher's frame: patterns, tables, simple clauses, verdicts of properties. */
#include "match_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec_parser.h"

struct match {
    const struct spec *spec;
    struct clause_state *states; /* one for each outer clause, in the spec's order */
    size_t count;
};

static uint64_t field_value(const struct trace_record *record, unsigned field)
{
    switch (field) {
    case FIELD_SEQUENCE:
        return record->sequence;
    case FIELD_TICK:
        return record->tick;
    case FIELD_CPU:
        return record->cpu;
    case FIELD_ACTOR:
        return record->actor;
    case FIELD_A:
        return record->a;
    default:
        return record->b;
    }
}

static bool bind(struct bindings *bindings, uint64_t variable, uint64_t value)
{
    if ((bindings->bound >> variable & 1) != 0)
        return bindings->values[variable] == value;
    bindings->bound |= UINT32_C(1) << variable;
    bindings->values[variable] = value;
    return true;
}

bool pattern_key(const struct alternatives *alternatives, unsigned index,
                 const struct trace_record *record, struct bindings *key)
{
    const struct pattern *pattern = &alternatives->patterns[index];

    if (record->event != pattern->event)
        return false;
    for (unsigned i = 0; i < FIELDS; i++) {
        const struct expression *wanted = pattern->fields[i];

        if (wanted != NULL && wanted->kind == EXPRESSION_VARIABLE &&
            !bind(key, wanted->number, field_value(record, i)))
            return false;
    }
    return true;
}

static bool condition_holds(const struct condition *condition, const struct bindings *bindings)
{
    uint64_t left, right;

    if (!expression_value(condition->left, bindings, &left) ||
        !expression_value(condition->right, bindings, &right))
        return false;
    switch (condition->operator) {
    case '=':
        return left == right;
    case TOKEN_NOT_EQUAL:
        return left != right;
    case '<':
        return left < right;
    case '>':
        return left > right;
    case TOKEN_LESS_EQUAL:
        return left <= right;
    default:
        return left >= right;
    }
}

bool pattern_match(const struct alternatives *alternatives, unsigned index,
                   const struct trace_record *record, struct bindings *bindings)
{
    const struct pattern *pattern = &alternatives->patterns[index];
    uint64_t value;

    if (!pattern_key(alternatives, index, record, bindings))
        return false;
    for (unsigned i = 0; i < FIELDS; i++) {
        const struct expression *wanted = pattern->fields[i];

        if (wanted != NULL && wanted->kind != EXPRESSION_VARIABLE &&
            (!expression_value(wanted, bindings, &value) || value != field_value(record, i)))
            return false;
    }
    for (const struct condition *c = alternatives->where; c != NULL; c = c->next)
        if (!condition_holds(c, bindings))
            return false;
    return true;
}

bool alternatives_match(const struct alternatives *alternatives, const struct trace_record *record,
                        struct bindings *bindings)
{
    for (unsigned i = 0; i < alternatives->count; i++) {
        struct bindings tried = *bindings;

        if (pattern_match(alternatives, i, record, &tried)) {
            *bindings = tried;
            return true;
        }
    }
    return false;
}

static uint64_t key_hash(const struct bindings *bindings, uint32_t mask)
{
    uint64_t hash = UINT64_C(0x9e3779b97f4a7c15);

    for (unsigned i = 0; i < SPEC_VARIABLES; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        hash = (hash ^ bindings->values[i]) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    return hash;
}

static bool key_equal(const struct slot *slot, const struct bindings *bindings, uint32_t mask)
{
    for (unsigned i = 0; i < SPEC_VARIABLES; i++)
        if ((mask >> i & 1) != 0 && slot->key.values[i] != bindings->values[i])
            return false;
    return true;
}

static void table_grow(struct table *table)
{
    struct table grown = {.room = table->room == 0 ? 16 : table->room * 2, .used = table->used};

    grown.slots = calloc(grown.room, sizeof(grown.slots[0]));
    if (grown.slots == NULL)
        abort();
    for (size_t i = 0; i < table->room; i++) {
        size_t at = table->slots[i].hash & (grown.room - 1);

        if (!table->slots[i].used)
            continue;
        while (grown.slots[at].used)
            at = (at + 1) & (grown.room - 1);
        grown.slots[at] = table->slots[i];
    }
    free(table->slots);
    *table = grown;
}

struct slot *table_find(struct table *table, const struct bindings *bindings, uint32_t mask,
                        bool make)
{
    uint64_t hash = key_hash(bindings, mask);

    if (table->room == 0 && !make)
        return NULL;
    if (table->used * 2 >= table->room)
        table_grow(table);
    for (size_t at = hash & (table->room - 1);; at = (at + 1) & (table->room - 1)) {
        struct slot *slot = &table->slots[at];

        if (slot->used && slot->hash == hash && key_equal(slot, bindings, mask))
            return slot;
        if (slot->used)
            continue;
        if (!make)
            return NULL;
        *slot = (struct slot){.used = true, .hash = hash, .key = *bindings};
        slot->key.bound = mask;
        table->used++;
        return slot;
    }
}

void clause_fail(struct clause_state *state, const struct trace_record *events, unsigned count,
                 const char *format, ...)
{
    struct finding *finding = &state->finding;
    va_list arguments;

    if (finding->state == PROPERTY_FAILED)
        return;
    finding->state = PROPERTY_FAILED;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    for (char *c = finding->text; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    finding->events_count = count < FINDING_EVENTS ? count : FINDING_EVENTS;
    for (unsigned i = 0; i < finding->events_count; i++)
        finding->events[i] = events[i];
    if (count > 0)
        finding->tick = finding->events[finding->events_count - 1].tick;
}

void bounds_print(const struct clause *clause, char *text, size_t size)
{
    unsigned long long low = clause->low, high = clause->high;

    if (high == 0)
        snprintf(text, size, "none");
    else if (low == high)
        snprintf(text, size, "exactly %llu", low);
    else if (high == UINT64_MAX)
        snprintf(text, size, "at least %llu", low);
    else
        snprintf(text, size, "at most %llu", high);
}

static void count_feed(struct clause_state *state, const struct trace_record *record)
{
    struct bindings bindings = {0};
    char bounds[64];

    if (!alternatives_match(state->clause->patterns[0], record, &bindings))
        return;
    if (++state->count > state->clause->high) {
        struct trace_record events[] = {state->first, state->last, *record};
        unsigned skip = state->count == 1 ? 2 : state->count == 2 ? 1 : 0;

        bounds_print(state->clause, bounds, sizeof(bounds));
        clause_fail(state, events + skip, 3 - skip, "%s of %s wanted", bounds,
                    state->clause->patterns[0]->text);
    }
    if (state->count == 1)
        state->first = *record;
    state->last = *record;
}

static void count_close(struct clause_state *state)
{
    struct trace_record events[] = {state->first, state->last};
    char bounds[64];

    if (state->count >= state->clause->low)
        return;
    bounds_print(state->clause, bounds, sizeof(bounds));
    clause_fail(state, events, state->count > 1 ? 2 : (unsigned)state->count,
                "%s of %s wanted, %llu seen", bounds, state->clause->patterns[0]->text,
                (unsigned long long)state->count);
}

static void clause_feed(struct clause_state *state, const struct trace_record *record)
{
    switch (state->clause->kind) {
    case CLAUSE_COUNT:
        count_feed(state, record);
        break;
    case CLAUSE_FOR_EACH:
        each_feed(state, record);
        break;
    case CLAUSE_BEFORE:
        before_feed(state, record);
        break;
    case CLAUSE_CHAIN:
        chain_feed(state, record);
        break;
    case CLAUSE_FLIGHT:
        flight_feed(state, record);
        break;
    case CLAUSE_DISJOINT:
        disjoint_feed(state, record);
        break;
    case CLAUSE_BEGIN:
        if (state->count++ == 0)
            state->first = *record;
        break;
    case CLAUSE_END:
        state->count++;
        state->first = *record;
        break;
    default:
        break;
    }
}

static void edge_close(struct clause_state *state)
{
    const char *which = state->clause->kind == CLAUSE_BEGIN ? "first" : "last";
    struct bindings bindings = {0};

    if (state->count == 0)
        clause_fail(state, NULL, 0, "the trace is empty");
    else if (!alternatives_match(state->clause->patterns[0], &state->first, &bindings))
        clause_fail(state, &state->first, 1, "the %s record is not %s", which,
                    state->clause->patterns[0]->text);
}

static void console_close(struct clause_state *state, const char *console, size_t size)
{
    const char *wanted = state->clause->wanted;
    size_t length = strlen(wanted);
    uint64_t count = 0;

    for (const char *at = console; at != NULL && size - (size_t)(at - console) >= length; count++) {
        at = memmem(at, size - (size_t)(at - console), wanted, length);
        if (at == NULL)
            break;
        at += length;
    }
    if (count < state->clause->low)
        clause_fail(state, NULL, 0, "the console shows \"%s\" %llu times, not %llu", wanted,
                    (unsigned long long)count, (unsigned long long)state->clause->low);
    else if (count > state->clause->high)
        clause_fail(state, NULL, 0, "the console shows \"%s\"", wanted);
}

struct match *match_open(const struct spec *spec)
{
    struct match *match = calloc(1, sizeof(*match));
    size_t n = 0;

    if (match == NULL)
        abort();
    match->spec = spec;
    for (const struct property *p = spec->properties; p != NULL; p = p->next)
        for (const struct clause *c = p->clauses; c != NULL; c = c->next)
            match->count++;
    match->states = calloc(match->count, sizeof(match->states[0]));
    if (match->states == NULL)
        abort();
    for (const struct property *p = spec->properties; p != NULL; p = p->next) {
        for (const struct clause *c = p->clauses; c != NULL; c = c->next, n++) {
            match->states[n].clause = c;
            if (c->kind == CLAUSE_FOR_EACH)
                each_open(&match->states[n]);
        }
    }
    return match;
}

void match_feed(struct match *match, const struct trace_record *record)
{
    for (size_t i = 0; i < match->count; i++)
        clause_feed(&match->states[i], record);
}

static void clause_close(struct clause_state *state, const char *console, size_t console_size,
                         void (*observe)(void *, const struct clause *, struct observed *),
                         void *context)
{
    struct observed observed = {.text = "not observed"};

    switch (state->clause->kind) {
    case CLAUSE_COUNT:
        count_close(state);
        break;
    case CLAUSE_FOR_EACH:
        each_close(state);
        break;
    case CLAUSE_CHAIN:
        chain_close(state);
        break;
    case CLAUSE_FLIGHT:
        flight_close(state);
        break;
    case CLAUSE_BEGIN:
    case CLAUSE_END:
        edge_close(state);
        break;
    case CLAUSE_CONSOLE:
        console_close(state, console, console_size);
        break;
    case CLAUSE_OBSERVE:
        if (observe != NULL)
            observe(context, state->clause, &observed);
        if (!observed.holds)
            clause_fail(state, NULL, 0, "%s", observed.text);
        state->finding.tick = observed.tick;
        break;
    default:
        break;
    }
}

/* Judges one property; those that it needs come before it. */
static void property_close(const struct property *property, const struct finding *findings,
                           const struct property *first, struct finding *finding)
{
    for (unsigned i = 0; i < property->needs_count; i++) {
        const struct finding *needed = findings;

        for (const struct property *p = first; p != property->needs[i]; p = p->next)
            needed++;
        if (needed->state == PROPERTY_OK)
            continue;
        *finding = (struct finding){.state = PROPERTY_NOT_RUN};
        snprintf(finding->text, sizeof(finding->text), "needs %s", property->needs[i]->name);
        return;
    }
}

void match_close(struct match *match, const char *console, size_t console_size,
                 void (*observe)(void *context, const struct clause *clause,
                                 struct observed *observed),
                 void *context, struct finding *findings)
{
    size_t n = 0, index = 0;

    for (const struct property *p = match->spec->properties; p != NULL; p = p->next, index++) {
        findings[index] = (struct finding){.state = PROPERTY_OK};
        for (const struct clause *c = p->clauses; c != NULL; c = c->next, n++) {
            struct clause_state *state = &match->states[n];

            clause_close(state, console, console_size, observe, context);
            if (findings[index].state == PROPERTY_OK && state->finding.state == PROPERTY_FAILED)
                findings[index] = state->finding;
        }
        property_close(p, findings, match->spec->properties, &findings[index]);
    }
    for (size_t i = 0; i < match->count; i++) {
        each_free(&match->states[i]);
        free(match->states[i].table.slots);
        free(match->states[i].ranges);
    }
    free(match->states);
    free(match);
}
