/*
 * The requests of the fuzzer. Which fields of an operation are looked at, and what each is, the
 * table of operations tells (abi/grammar.h); so a new row is fuzzed without a line here. What
 * follows for some operations by name makes them succeed often enough to reach what lies deeper.
 */
#include "values.h"

#include "abi/grammar.h"

#define RESERVE      6  /* places in the ring kept for requests that end others */
#define CLOSING_MANY 64 /* handles without a place that are closed before anything else */
#define CHAIN_IN     8  /* one request in so many is linked to the next */

/* How often an operation is asked for. What is not named here comes once. */
static const uint8_t weights[OP_COUNT] = {
    [OP_NOP] = 8,    [OP_READ] = 9,   [OP_WRITE] = 9,   [OP_OPEN] = 4,
    [OP_CREATE] = 5, [OP_REMOVE] = 2, [OP_GET] = 6,     [OP_SET] = 2,
    [OP_SHARE] = 4,  [OP_MAP] = 3,    [OP_UNMAP] = 3,   [OP_DUPLICATE] = 4,
    [OP_CLOSE] = 4,  [OP_CANCEL] = 2, [OP_RECEIVE] = 4, [OP_REPLY] = 5,
};

/* The table of weights, unrolled. */
static uint8_t choices[256];
static uint32_t choices_count;

/* Types of objects that know an operation; bit 0 is for those not known. */
static uint32_t knowing[OP_COUNT];

#define TYPE(NAME) (1u << OBJECT_##NAME)

void requests_init(void)
{
    for (unsigned op = 0; op < OP_COUNT; op++)
        for (unsigned i = 0; i < (weights[op] ? weights[op] : 1u); i++)
            choices[choices_count++] = (uint8_t)op;
    choices[choices_count++] = UINT8_MAX; /* any number */
    for (size_t i = 0; i < COUNT_OF(grammar_methods); i++)
        knowing[grammar_methods[i].op] |= 1u << grammar_methods[i].object;
}

static struct pooled *pool_pick(struct fuzz *fuzz, uint32_t types)
{
    uint32_t at = random_below(fuzz, fuzz->pool_count);

    if (types && !one_in(fuzz, 8)) {
        for (uint32_t i = 0; i < fuzz->pool_count; i++) {
            struct pooled *pooled = &fuzz->pool[at];

            if (types >> pooled->type & 1)
                return pooled;
            at = at + 1 < fuzz->pool_count ? at + 1 : 0;
        }
    }
    return &fuzz->pool[at];
}

/* The handle of a request, and what its answer must be on account of it. */
static struct pooled *handle_pick(struct fuzz *fuzz, struct request *request, uint32_t types,
                                  enum expectation *expectation)
{
    uint32_t bits = (uint32_t)(random_next(fuzz) >> 40);
    struct pooled *pooled;

    if ((bits & 31) == 0) {
        *expectation = EXPECT_STALE;
        request->handle = fuzz->stale_count && (bits & 32)
                              ? fuzz->stale[(bits >> 8) % fuzz->stale_count]
                              : 0xf0000000 | bits;
        return NULL;
    }
    pooled = pool_pick(fuzz, types);
    request->handle = pooled->handle;
    if (request->op < OP_COUNT && pooled->known) {
        uint32_t right = grammar_ops[request->op].right;

        if (right & ~pooled->rights)
            *expectation = EXPECT_DENIED;
        else if (pooled->type && !(OPS_OWN >> request->op & 1) &&
                 !(knowing[request->op] >> pooled->type & 1))
            *expectation = EXPECT_UNKNOWN;
    }
    return pooled;
}

/* A field that is one number, of any kind but those that lie in memory. */
static uint64_t argument_make(struct fuzz *fuzz, enum argument_kind kind)
{
    switch (kind) {
    case ARGUMENT_HANDLE:
        return one_in(fuzz, 16) ? 0xf0000000 : pool_pick(fuzz, 0)->handle;
    case ARGUMENT_RIGHTS:
        return one_in(fuzz, 2) ? 0 : rights_pick(fuzz);
    case ARGUMENT_OBJECT:
        return random_below(fuzz, 20);
    case ARGUMENT_PROPERTY:
        return property_pick(fuzz);
    case ARGUMENT_ACCESS:
        return access_pick(fuzz);
    case ARGUMENT_CALL:
        return call_pick(fuzz);
    case ARGUMENT_SUBMISSION:
        return submission_pick(fuzz);
    default:
        return offset_pick(fuzz);
    }
}

/* All fields, by their kinds. Those that are not looked at hold anything. */
static void arguments_make(struct fuzz *fuzz, struct request *request, bool *is_foreign)
{
    const struct grammar_op *op = &grammar_ops[request->op < OP_COUNT ? request->op : 0];

    if (op->buffer.kind == ARGUMENT_RANGE) {
        request->buffer = range_pick(fuzz, &request->length);
    } else {
        request->buffer = address_pick(fuzz, is_foreign);
        request->length = length_pick(fuzz);
    }
    request->offset = argument_make(fuzz, op->offset.kind);
    request->arg0 = argument_make(fuzz, op->arg0.kind);
    request->arg1 = argument_make(fuzz, op->arg1.kind);
}

static void name_give(struct fuzz *fuzz, struct request *request)
{
    request->buffer = (uint64_t)name_pick(fuzz, &request->length);
}

/* What can be created with an object of this type. */
static uint32_t kind_pick(struct fuzz *fuzz, uint8_t type)
{
    static const uint8_t kinds[] = {OBJECT_EVENT, OBJECT_MEMORY, OBJECT_MEMORY, OBJECT_PORT,
                                    OBJECT_TABLE, OBJECT_TABLE,  OBJECT_THREAD, OBJECT_TIMER};

    if (type == OBJECT_PORT)
        return OBJECT_REMOTE;
    if (type == OBJECT_MEMORY)
        return OBJECT_MEMORY;
    return kinds[random_below(fuzz, sizeof(kinds))];
}

static void create_make(struct fuzz *fuzz, struct request *request, uint8_t type, struct tag *tag)
{
    uint32_t kind = one_in(fuzz, 16) ? (uint32_t)request->arg0 : kind_pick(fuzz, type);

    request->arg0 = kind;
    request->arg1 = random_below(fuzz, kind == OBJECT_MEMORY ? 8 : 3);
    if (!one_in(fuzz, 32))
        request->offset =
            kind == OBJECT_REMOTE ? rights_pick(fuzz) : PAGE_SIZE * (1 + random_below(fuzz, 4));
    if (type == OBJECT_PROCESSES) {
        name_give(fuzz, request);
    } else if (kind == OBJECT_THREAD) {
        request->buffer = (uint64_t)start_pick(fuzz);
        request->length = sizeof(struct thread_start);
    } else if (kind == OBJECT_MEMORY && request->arg1 == MEMORY_PAGED) {
        request->buffer = (uint64_t)pager_pick(fuzz, pool_pick(fuzz, TYPE(REMOTE))->handle);
        request->length = sizeof(struct memory_pager);
    } else if (!one_in(fuzz, 16)) {
        request->buffer = (uint64_t)part_pick(fuzz);
        request->length = sizeof(struct memory_part);
    }
    /* what a server makes is its own affair */
    tag->type = (uint8_t)(type == OBJECT_PROCESSES ? OBJECT_PROCESS
                          : type == OBJECT_REMOTE  ? 0
                                                   : kind);
    tag->rights = type == OBJECT_PORT && request->offset ? (uint32_t)request->offset : RIGHT_ALL;
}

static bool receive_make(struct fuzz *fuzz, struct request *request, struct tag *tag)
{
    uint32_t which = 0;

    while (which < RECEIVES && (fuzz->receives_busy >> which & 1))
        which++;
    if (which == RECEIVES)
        return false;
    fuzz->receives_busy |= 1u << which;
    tag->receive = (uint8_t)(which + 1);
    request->buffer = (uint64_t)&fuzz->receives[which];
    request->length = one_in(fuzz, 16) ? random_below(fuzz, 65) : RECEIVE_SIZE;
    request->arg0 = random_below(fuzz, 2);
    return true;
}

/* A close takes the handle out of the pool: nobody asks for it again. */
static void close_make(struct fuzz *fuzz, struct request *request, struct pooled *pooled)
{
    if (!pooled)
        return;
    if (fuzz->closing_count) {
        request->handle = fuzz->closing[--fuzz->closing_count];
    } else if (pooled->kept || fuzz->pool_count < POOL_SIZE / 2) {
        request->handle = 0xf0000001;
    } else {
        fuzz->unclear += pooled->type == OBJECT_PROCESS ? UNCLEAR_MANY : 0;
        *pooled = fuzz->pool[--fuzz->pool_count];
    }
}

/* What some operations need beyond what their kinds of fields say. False: not now. */
static bool request_refine(struct fuzz *fuzz, struct request *request, struct pooled *pooled,
                           struct tag *tag)
{
    switch (request->op) {
    case OP_OPEN:
        /* a server gives what it gives; and what a table holds may be a server's */
        tag->rights = request->arg0 && pooled && pooled->type == OBJECT_FILES
                          ? (uint32_t)request->arg0
                          : RIGHT_ALL;
        name_give(fuzz, request);
        break;
    case OP_CREATE:
        create_make(fuzz, request, pooled ? pooled->type : 0, tag);
        break;
    case OP_REMOVE:
    case OP_SHARE:
        name_give(fuzz, request);
        break;
    case OP_MAP:
        request->arg0 = pool_pick(fuzz, TYPE(MEMORY))->handle;
        break;
    case OP_UNMAP:
        request->buffer = mapped_pick(fuzz, &request->length);
        break;
    case OP_DUPLICATE:
        if (pooled && !one_in(fuzz, 8))
            request->arg0 &= pooled->rights;
        tag->rights = request->arg0 ? (uint32_t)request->arg0 : pooled ? pooled->rights : RIGHT_ALL;
        tag->type = pooled ? pooled->type : 0;
        break;
    case OP_CLOSE:
        close_make(fuzz, request, pooled);
        break;
    case OP_RECEIVE:
        return receive_make(fuzz, request, tag);
    case OP_REPLY:
        request->offset = result_pick(fuzz);
        request->length = one_in(fuzz, 2) ? 0 : request->length;
        request->arg1 = one_in(fuzz, 4) ? request->arg1 : 0;
        break;
    default:
        break;
    }
    return true;
}

/* Give the request a tag, a copy of the one given but for what tells it from others. */
static struct tag *tag_take(struct fuzz *fuzz, struct request *request, const struct tag *like)
{
    struct tag *tag = &fuzz->tags[fuzz->free_tags[--fuzz->free_count]];
    uint32_t generation = tag->generation + 1;

    *tag = *like;
    tag->generation = generation;
    tag->submission = fuzz->ring->submission_tail;
    request->user_data = (uint64_t)generation << 16 | (uint64_t)(tag - fuzz->tags);
    return tag;
}

bool request_push(struct fuzz *fuzz, struct request request)
{
    if (ring_room(fuzz->ring) == 0)
        return false;
    tag_take(fuzz, &request, &(struct tag){.op = request.op});
    return ring_push(fuzz->ring, request);
}

/* What asks for the same effect twice without harm, and produces no handle. */
#define REPEATABLE                                                                                 \
    (1u << OP_NOP | 1u << OP_READ | 1u << OP_WRITE | 1u << OP_GET | 1u << OP_SET | 1u << OP_OPEN | \
     1u << OP_SHARE | 1u << OP_MAP | 1u << OP_UNMAP | 1u << OP_DUPLICATE | 1u << OP_REPLY)

/* Ask for something again, with one field as it was not before. */
static bool request_again(struct fuzz *fuzz)
{
    uint64_t bits = random_next(fuzz) >> 24;
    uint32_t which = bits % RECENT_SIZE;
    struct request request = fuzz->recent[which].request;
    struct tag tag = fuzz->recent[which].tag;

    switch (bits >> 8 & 7) {
    case 0: /* of a range that is unmapped it would reach what the process needs */
        if (grammar_ops[request.op].buffer.kind != ARGUMENT_RANGE)
            request.length = tag.length = length_pick(fuzz);
        break;
    case 1:
        request.offset = offset_pick(fuzz);
        break;
    case 2:
        request.deadline = deadline_pick(fuzz);
        break;
    default:
        break;
    }
    tag.chained = fuzz->linked;
    tag.expectation = EXPECT_ANY; /* the handle may be closed by now */
    fuzz->linked = false;
    tag_take(fuzz, &request, &tag);
    return ring_push(fuzz->ring, request);
}

/* How the answer is to be judged, as far as the request alone tells. */
static uint8_t expectation_of(const struct request *request, const struct pooled *asked,
                              bool is_foreign, enum expectation expectation)
{
    const uint32_t own = TYPE(MEMORY) | TYPE(EVENT) | TYPE(PROCESS);
    bool moves = request->op == OP_READ || request->op == OP_WRITE;

    if (request->op >= OP_COUNT || grammar_ops[request->op].target == TARGET_RING)
        return request->op == OP_NOP ? EXPECT_ZERO : EXPECT_ANY;
    if (expectation != EXPECT_ANY)
        return (uint8_t)expectation;
    if (!asked->known || !(own >> asked->type & 1) || (!moves && request->op != OP_GET))
        return EXPECT_ANY;
    return moves && is_foreign && request->length ? EXPECT_NO_BYTES : EXPECT_OPEN;
}

static uint16_t op_pick(struct fuzz *fuzz)
{
    uint8_t op = choices[random_below(fuzz, choices_count)];

    if (fuzz->closing_count > CLOSING_MANY)
        return OP_CLOSE;
    return op == UINT8_MAX ? (uint16_t)random_next(fuzz) : op;
}

static uint16_t flags_pick(struct fuzz *fuzz)
{
    uint32_t bits = (uint32_t)(random_next(fuzz) >> 40);
    uint16_t flags = 0;

    if (bits % CHAIN_IN == 0)
        flags |= REQUEST_LINK;
    if (fuzz->linked)
        flags |= (uint16_t)(bits >> 8 & (REQUEST_ALWAYS | REQUEST_USE_CHAIN));
    if ((bits >> 12 & 255) == 0)
        flags |= (uint16_t)(bits >> 20);
    return flags;
}

/* What else the tag must know, once the request is whole. */
static void tag_complete(struct fuzz *fuzz, struct tag *tag, const struct request *request,
                         const struct pooled *asked, bool is_foreign, enum expectation expectation)
{
    tag->op = request->op;
    tag->handle = request->handle;
    tag->asked = asked->type;
    tag->length = request->length;
    tag->chained = fuzz->linked || request->flags;
    tag->expectation =
        tag->chained ? EXPECT_ANY : expectation_of(request, asked, is_foreign, expectation);
    fuzz->linked = request->flags & REQUEST_LINK;
}

static bool request_new(struct fuzz *fuzz)
{
    struct request request = {.op = op_pick(fuzz), .flags = flags_pick(fuzz)};
    enum expectation expectation = EXPECT_ANY;
    bool is_foreign = false;
    struct pooled *pooled = NULL, asked = {0};
    struct tag tag = {0};

    /* that of a chain; where there turns out to be none, the handle counts, and is none */
    if (!(request.flags & REQUEST_USE_CHAIN))
        pooled = handle_pick(fuzz, &request, request.op < OP_COUNT ? knowing[request.op] : 0,
                             &expectation);
    if (pooled)
        asked = *pooled;
    arguments_make(fuzz, &request, &is_foreign);
    request.deadline = deadline_pick(fuzz);
    if (!request_refine(fuzz, &request, pooled, &tag))
        request.op = OP_NOP;
    tag_complete(fuzz, &tag, &request, &asked, is_foreign, expectation);
    if (!tag.chained && request.op < OP_COUNT && (REPEATABLE >> request.op & 1)) {
        uint32_t which = fuzz->recent_next++ % RECENT_SIZE;

        fuzz->recent[which].request = request;
        fuzz->recent[which].tag = tag;
    }
    tag_take(fuzz, &request, &tag);
    return ring_push(fuzz->ring, request);
}

bool request_make(struct fuzz *fuzz)
{
    uint32_t room = ring_room(fuzz->ring);

    if (room <= RESERVE)
        return request_push(fuzz, (struct request){.op = OP_CANCEL, .arg0 = submission_pick(fuzz)});
    return random_next(fuzz) >> 63 && fuzz->recent_next >= RECENT_SIZE ? request_again(fuzz)
                                                                       : request_new(fuzz);
}
