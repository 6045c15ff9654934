/*
 * `for each P [until Q] ...`: an instance for each record that matches P.
 *
 * A later record concerns the instances that agree with it on the variables that stand alone in its
 * pattern. For each alternative of each inner pattern there is a table from the values of those
 * variables to a list of instances; ended instances leave a list when it is next walked.
 */
#include "match_internal.h"

#include <stdlib.h>
#include <string.h>

static void listen(struct clause_state *state, const struct alternatives *alternatives,
                   const struct clause *inner, size_t inner_index, unsigned pattern)
{
    for (unsigned a = 0; a < alternatives->count; a++) {
        size_t size = (state->listeners_count + 1) * sizeof(state->listeners[0]);

        state->listeners = realloc(state->listeners, size);
        if (state->listeners == NULL)
            abort();
        state->listeners[state->listeners_count++] = (struct listener){
            .alternatives = alternatives,
            .alternative = a,
            .mask = alternatives->patterns[a].binds & state->clause->patterns[0]->binds,
            .inner = inner,
            .inner_index = inner_index,
            .pattern = pattern,
        };
    }
}

void each_open(struct clause_state *state)
{
    for (const struct clause *inner = state->clause->inner; inner != NULL; inner = inner->next) {
        for (unsigned p = 0; p < inner->count; p++)
            listen(state, inner->patterns[p], inner, state->inner_count, p);
        state->inner_count++;
    }
    if (state->clause->has_until)
        listen(state, state->clause->patterns[1], NULL, 0, 0);
}

void each_free(struct clause_state *state)
{
    for (size_t i = 0; i < state->listeners_count; i++)
        free(state->listeners[i].table.slots);
    free(state->listeners);
    free(state->instances);
    free(state->inner);
    free(state->links);
}

static void each_grow(struct clause_state *state)
{
    if (state->instances_count < state->instances_room)
        return;
    state->instances_room = state->instances_room * 2 + 64;
    state->instances =
        realloc(state->instances, state->instances_room * sizeof(state->instances[0]));
    state->inner =
        realloc(state->inner, state->instances_room * state->inner_count * sizeof(state->inner[0]));
    state->links = realloc(state->links, state->instances_room * state->listeners_count *
                                             sizeof(state->links[0]));
    if (state->instances == NULL || state->inner == NULL || state->links == NULL)
        abort();
}

static void instance_start(struct clause_state *state, const struct trace_record *record,
                           const struct bindings *bindings)
{
    each_grow(state);

    size_t number = state->instances_count++;

    state->instances[number] =
        (struct instance){.bindings = *bindings, .record = *record, .live = true};
    memset(&state->inner[number * state->inner_count], 0,
           state->inner_count * sizeof(state->inner[0]));
    for (size_t i = 0; i < state->listeners_count; i++) {
        struct listener *listener = &state->listeners[i];
        struct slot *slot = table_find(&listener->table, bindings, listener->mask, true);

        state->links[number * state->listeners_count + i] = slot->number;
        slot->number = number + 1;
    }
    state->count++;
}

/* An instance is over: each counted clause must have had enough. */
static void instance_end(struct clause_state *state, size_t number,
                         const struct trace_record *ending)
{
    struct instance *instance = &state->instances[number];
    size_t i = 0;

    instance->live = false;
    for (const struct clause *inner = state->clause->inner; inner != NULL;
         inner = inner->next, i++) {
        struct inner_state *counted = &state->inner[number * state->inner_count + i];
        struct trace_record events[FINDING_EVENTS] = {instance->record};
        unsigned count = 1;
        char bounds[64];

        if (inner->kind != CLAUSE_COUNT || counted->count >= inner->low)
            continue;
        if (counted->count > 0)
            events[count++] = counted->last;
        if (ending != NULL)
            events[count++] = *ending;
        bounds_print(inner, bounds, sizeof(bounds));
        clause_fail(state, events, count, "%s of %s wanted, %llu seen", bounds,
                    inner->patterns[0]->text, (unsigned long long)counted->count);
    }
}

static void instance_count(struct clause_state *state, size_t number,
                           const struct listener *listener, const struct trace_record *record)
{
    const struct clause *inner = listener->inner;
    struct instance *instance = &state->instances[number];
    struct inner_state *counted =
        &state->inner[number * state->inner_count + listener->inner_index];
    struct trace_record events[FINDING_EVENTS] = {instance->record, counted->last, *record};
    char bounds[64];

    if (inner->kind == CLAUSE_BEFORE && listener->pattern == 1) {
        if (counted->count == 0 || counted->last.sequence == record->sequence) {
            events[1] = *record;
            clause_fail(state, events, 2, "%s came without %s before it", inner->patterns[1]->text,
                        inner->patterns[0]->text);
        }
        return;
    }
    if (counted->count > 0 && counted->last.sequence == record->sequence)
        return;
    if (++counted->count > inner->high && inner->kind == CLAUSE_COUNT) {
        bounds_print(inner, bounds, sizeof(bounds));
        if (counted->count == 1)
            events[1] = *record;
        clause_fail(state, events, counted->count == 1 ? 2 : 3, "%s of %s wanted, one more seen",
                    bounds, inner->patterns[0]->text);
    }
    if (inner->kind == CLAUSE_COUNT || counted->count == 1)
        counted->last = *record;
}

/* Hands a record to all live instances that agree with it on a listener's variables. */
static void listener_feed(struct clause_state *state, size_t index,
                          const struct trace_record *record)
{
    struct listener *listener = &state->listeners[index];
    struct bindings key = {0};
    struct slot *slot;

    if (!pattern_key(listener->alternatives, listener->alternative, record, &key) ||
        (slot = table_find(&listener->table, &key, listener->mask, false)) == NULL)
        return;
    for (uint64_t *link = &slot->number; *link != 0;) {
        size_t number = *link - 1;
        uint64_t *next = &state->links[number * state->listeners_count + index];
        struct bindings bindings = state->instances[number].bindings;

        if (!state->instances[number].live) {
            *link = *next;
            continue;
        }
        if (pattern_match(listener->alternatives, listener->alternative, record, &bindings)) {
            if (listener->inner != NULL)
                instance_count(state, number, listener, record);
            else
                instance_end(state, number, record);
        }
        link = next;
    }
}

void each_feed(struct clause_state *state, const struct trace_record *record)
{
    struct bindings bindings = {0};

    for (size_t i = 0; i < state->listeners_count; i++)
        listener_feed(state, i, record);
    if (alternatives_match(state->clause->patterns[0], record, &bindings))
        instance_start(state, record, &bindings);
}

void each_close(struct clause_state *state)
{
    for (size_t i = 0; i < state->instances_count; i++)
        if (state->instances[i].live)
            instance_end(state, i, NULL);
    if (state->count == 0 && !state->clause->partial)
        clause_fail(state, NULL, 0, "%s never happened", state->clause->patterns[0]->text);
}
