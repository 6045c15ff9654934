/* Clauses whose patterns are tied by variables: before, chain, in flight together, disjoint. */
#include "match_internal.h"

#include <stdlib.h>
#include <string.h>

void before_feed(struct clause_state *state, const struct trace_record *record)
{
    const struct clause *clause = state->clause;
    struct bindings first = {0}, second = {0};

    if (alternatives_match(clause->patterns[1], record, &second) &&
        table_find(&state->table, &second, clause->shared, false) == NULL)
        clause_fail(state, record, 1, "%s came without %s before it", clause->patterns[1]->text,
                    clause->patterns[0]->text);
    if (alternatives_match(clause->patterns[0], record, &first))
        table_find(&state->table, &first, clause->shared, true);
}

/* Whether two sets of bindings give no variable two values; if so, `to` gets those of `from`. */
static bool merge(struct bindings *to, const struct bindings *from)
{
    for (unsigned i = 0; i < SPEC_VARIABLES; i++)
        if ((to->bound & from->bound & UINT32_C(1) << i) != 0 && to->values[i] != from->values[i])
            return false;
    for (unsigned i = 0; i < SPEC_VARIABLES; i++)
        if ((from->bound >> i & 1) != 0)
            to->values[i] = from->values[i];
    to->bound |= from->bound;
    return true;
}

/* Takes the record as link `link` of its chain if it is due. `slot->number` is the link that is
 * due, `slot->bindings` what the links so far have bound. */
static bool chain_step(struct clause_state *state, const struct trace_record *record, unsigned link)
{
    const struct clause *clause = state->clause;
    struct bindings bindings = {0};
    struct slot *slot;

    if (!alternatives_match(clause->patterns[link], record, &bindings))
        return false;
    slot = table_find(&state->table, &bindings, clause->shared, true);
    if (slot->number != link)
        return false;
    if (link == 0)
        slot->bindings = (struct bindings){0};
    if (!merge(&slot->bindings, &bindings))
        return false;
    slot->record = *record;
    slot->number = (link + 1) % clause->count;
    if (slot->number == 0)
        state->count++;
    return true;
}

void chain_feed(struct clause_state *state, const struct trace_record *record)
{
    const struct clause *clause = state->clause;

    for (unsigned i = 0; i < clause->count; i++)
        if (chain_step(state, record, i))
            return;
    for (unsigned i = 0; i < clause->count; i++) {
        struct bindings bindings = {0};

        if (!alternatives_match(clause->patterns[i], record, &bindings))
            continue;

        struct slot *slot = table_find(&state->table, &bindings, clause->shared, true);
        struct trace_record events[] = {slot->record, *record};
        unsigned skip = slot->bindings.bound == 0 && slot->record.event == 0 ? 1 : 0;

        clause_fail(state, events + skip, 2 - skip, "%s came where %s was due",
                    clause->patterns[i]->text, clause->patterns[slot->number]->text);
        return;
    }
}

void chain_close(struct clause_state *state)
{
    const struct clause *clause = state->clause;

    for (size_t i = 0; i < state->table.room && !clause->partial; i++) {
        struct slot *slot = &state->table.slots[i];

        if (slot->used && slot->number != 0)
            clause_fail(state, &slot->record, 1, "%s never came after this",
                        clause->patterns[slot->number]->text);
    }
    if (clause->partial ? state->table.used == 0 : state->count == 0)
        clause_fail(state, NULL, 0, "%s never happened", clause->patterns[0]->text);
}

void flight_feed(struct clause_state *state, const struct trace_record *record)
{
    const struct clause *clause = state->clause;
    struct bindings start = {0}, end = {0};
    struct slot *slot;

    if (alternatives_match(clause->patterns[1], record, &end)) {
        slot = table_find(&state->table, &end, clause->shared, false);
        if (slot != NULL && slot->number > 0) {
            slot->number--;
            state->now--;
        }
    }
    if (!alternatives_match(clause->patterns[0], record, &start))
        return;
    slot = table_find(&state->table, &start, clause->shared, true);
    slot->number++;
    if (++state->now > state->peak) {
        state->peak = state->now;
        state->last = *record;
    }
    if (state->now > clause->high)
        clause_fail(state, record, 1, "%llu of %s in flight together, at most %llu allowed",
                    (unsigned long long)state->now, clause->patterns[0]->text,
                    (unsigned long long)clause->high);
}

void flight_close(struct clause_state *state)
{
    if (state->peak < state->clause->low)
        clause_fail(state, &state->last, state->peak > 0 ? 1 : 0,
                    "never more than %llu of %s in flight together, %llu wanted",
                    (unsigned long long)state->peak, state->clause->patterns[0]->text,
                    (unsigned long long)state->clause->low);
}

/* Index of the first live range with a base of at least `base`. */
static size_t range_search(const struct clause_state *state, uint64_t base)
{
    size_t low = 0, high = state->ranges_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (state->ranges[middle].base < base)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void range_insert(struct clause_state *state, size_t at, const struct range *range)
{
    if (state->ranges_count == state->ranges_room) {
        state->ranges_room = state->ranges_room * 2 + 64;
        state->ranges = realloc(state->ranges, state->ranges_room * sizeof(state->ranges[0]));
        if (state->ranges == NULL)
            abort();
    }
    memmove(&state->ranges[at + 1], &state->ranges[at],
            (state->ranges_count - at) * sizeof(state->ranges[0]));
    state->ranges[at] = *range;
    state->ranges_count++;
}

static void range_start(struct clause_state *state, const struct trace_record *record,
                        const struct bindings *bindings)
{
    const struct clause *clause = state->clause;
    struct range range = {.record = *record};
    const struct range *other = NULL;

    if (!expression_value(clause->base, bindings, &range.base) ||
        !expression_value(clause->extent, bindings, &range.extent) || range.extent == 0 ||
        range.base + (range.extent - 1) < range.base) {
        clause_fail(state, record, 1, "an impossible range of %s", clause->patterns[0]->text);
        return;
    }

    size_t at = range_search(state, range.base);

    if (at < state->ranges_count && state->ranges[at].base - range.base < range.extent)
        other = &state->ranges[at];
    else if (at > 0 && range.base - state->ranges[at - 1].base < state->ranges[at - 1].extent)
        other = &state->ranges[at - 1];
    if (other != NULL) {
        struct trace_record events[] = {other->record, *record};

        clause_fail(state, events, 2, "what these two cover overlaps");
        return;
    }
    range_insert(state, at, &range);

    struct slot *slot = table_find(&state->table, bindings, clause->shared, true);

    slot->number = range.base;
    slot->bindings.bound = 1; /* live */
}

void disjoint_feed(struct clause_state *state, const struct trace_record *record)
{
    const struct clause *clause = state->clause;
    struct bindings start = {0}, end = {0};

    if (alternatives_match(clause->patterns[1], record, &end)) {
        struct slot *slot = table_find(&state->table, &end, clause->shared, false);

        if (slot != NULL && slot->bindings.bound != 0) {
            size_t at = range_search(state, slot->number);

            slot->bindings.bound = 0;
            if (at < state->ranges_count && state->ranges[at].base == slot->number) {
                memmove(&state->ranges[at], &state->ranges[at + 1],
                        (state->ranges_count - at - 1) * sizeof(state->ranges[0]));
                state->ranges_count--;
            }
        }
    }
    if (alternatives_match(clause->patterns[0], record, &start))
        range_start(state, record, &start);
}
