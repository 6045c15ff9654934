/* The answers to the fuzzer's requests: each tag comes back once, with a result that may be. */
#include "fuzz.h"

#include "abi/grammar.h"

void pool_add(struct fuzz *fuzz, struct pooled pooled)
{
    uint32_t victim;

    if (fuzz->pool_count < POOL_SIZE) {
        fuzz->pool[fuzz->pool_count++] = pooled;
        return;
    }
    victim = random_below(fuzz, POOL_SIZE);
    if (!fuzz->pool[victim].kept) {
        struct pooled old = fuzz->pool[victim];

        fuzz->pool[victim] = pooled;
        pooled = old;
    }
    if (pooled.type == OBJECT_PROCESS) /* goes on by itself, and holds handles of the account */
        fuzz->unclear += UNCLEAR_MANY;
    fuzz->closing[fuzz->closing_count++] = pooled.handle;
}

static void stale_add(struct fuzz *fuzz, uint32_t handle)
{
    if (fuzz->stale_count < STALE_SIZE)
        fuzz->stale[fuzz->stale_count++] = handle;
    else
        fuzz->stale[random_below(fuzz, STALE_SIZE)] = handle;
}

static const char *expectation_text(const struct tag *tag, int64_t result)
{
    switch (tag->expectation) {
    case EXPECT_ZERO:
        return result == 0 ? NULL : "is not 0";
    case EXPECT_DENIED:
        return result == -E_DENIED ? NULL : "is not `denied`";
    case EXPECT_UNKNOWN:
        /* the handle may lack more rights than is known */
        return result == -E_UNSUPPORTED || result == -E_DENIED ? NULL : "is not `unsupported`";
    case EXPECT_STALE:
        return result == -E_HANDLE ? NULL : "is not `no open handle`";
    case EXPECT_OPEN:
        return result != -E_HANDLE ? NULL : "says that an open handle is none";
    case EXPECT_NO_BYTES:
        return result <= 0 ? NULL : "counts bytes where none can be";
    default:
        return NULL;
    }
}

/* What the operation's row does not allow. */
static const char *row_check(const struct tag *tag, int64_t result)
{
    const struct grammar_op *op = &grammar_ops[tag->op];

    if (result < 0)
        return result > -64 && (op->errors >> -result & 1) ? NULL : "is no error of its row";
    switch (op->answer) {
    case ANSWER_ZERO:
        return result == 0 ? NULL : "is not 0";
    case ANSWER_COUNT:
        return (uint64_t)result <= tag->length ? NULL : "is more than was asked for";
    case ANSWER_HANDLE:
        return result > 0 && result <= UINT32_MAX ? NULL : "is no handle";
    default:
        return NULL;
    }
}

/* Other processes may answer as they like, up to what was asked for; what the kernel answers is
 * known. */
static void result_check(const struct tag *tag, int64_t result)
{
    const char *wrong = expectation_text(tag, result);
    bool is_counted = tag->op == OP_READ || tag->op == OP_WRITE;

    if (!wrong && tag->asked == OBJECT_REMOTE && is_counted && result > (int64_t)tag->length &&
        tag->length < HANDLE_LEAST && result < HANDLE_LEAST)
        wrong = "is more than was asked for";

    if (!wrong && tag->op < OP_COUNT && tag->asked && tag->asked != OBJECT_REMOTE &&
        tag->asked != OBJECT_TABLE)
        wrong = row_check(tag, result);
    if (wrong)
        finding("%s of handle %x (type %u): the answer %lld %s",
                tag->op < OP_COUNT ? grammar_ops[tag->op].name : "unknown operation", tag->handle,
                tag->asked, (long long)result, wrong);
}

static void receive_take(struct fuzz *fuzz, const struct tag *tag, int64_t result)
{
    const struct call *call = &fuzz->receives[tag->receive - 1].call;

    fuzz->receives_busy &= ~(1u << (tag->receive - 1));
    if (result < (int64_t)sizeof(*call))
        return;
    fuzz->calls[fuzz->calls_next++ % CALLS_SIZE] = call->number;
    if (call->handle)
        pool_add(fuzz, (struct pooled){.handle = call->handle, .rights = RIGHT_ALL});
}

/* A handle that the process has now; unknown things are good for closing. */
static void handle_take(struct fuzz *fuzz, const struct tag *tag, uint32_t handle)
{
    pool_add(fuzz, (struct pooled){.handle = handle,
                                   .rights = tag->rights,
                                   .type = tag->type,
                                   .known = !tag->chained && fuzz->kind == CAREFUL});
}

static void effect_note(struct fuzz *fuzz, const struct tag *tag, int64_t result)
{
    switch (tag->op) {
    case OP_OPEN:
    case OP_CREATE:
    case OP_DUPLICATE:
        if (result > 0 && result <= UINT32_MAX)
            handle_take(fuzz, tag, (uint32_t)result);
        break;
    case OP_CLOSE:
        if (result == 0 && !tag->chained)
            stale_add(fuzz, tag->handle);
        else if (result != 0 && result != -E_HANDLE && tag->handle)
            fuzz->closing[fuzz->closing_count++] = tag->handle;
        break;
    case OP_MAP:
        /* in another space it would be an address of what this process needs */
        if (result > 0 && tag->handle == fuzz->own) {
            fuzz->mapped[fuzz->mapped_next % MAPPED_SIZE].address = (uint64_t)result;
            fuzz->mapped[fuzz->mapped_next++ % MAPPED_SIZE].size = tag->length;
        }
        break;
    default:
        /* a server may answer any call with a handle; a number may look like one */
        if (result < HANDLE_LEAST || result > UINT32_MAX)
            break;
        if (tag->asked == OBJECT_REMOTE)
            fuzz->closing[fuzz->closing_count++] = (uint32_t)result;
        else if (tag->asked == 0)
            fuzz->unclear++;
        break;
    }
}

static void answer_take(struct fuzz *fuzz, const struct completion *completion)
{
    uint64_t index = completion->user_data & UINT16_MAX;
    struct tag *tag = &fuzz->tags[index % (2 * RING_MAX)];

    if (index >= 2 * RING_MAX || tag->generation != completion->user_data >> 16 ||
        !(tag->generation & 1)) {
        if (fuzz->kind != WILD)
            finding("an answer with the tag %llx, which waits for none",
                    (unsigned long long)completion->user_data);
        return;
    }
    if (fuzz->kind == CAREFUL) {
        result_check(tag, completion->result);
        if (completion->result >= 0 && tag->op < OP_COUNT)
            __atomic_fetch_add(&board->good[tag->op], 1, __ATOMIC_RELAXED);
    }
    if (tag->receive)
        receive_take(fuzz, tag, completion->result);
    effect_note(fuzz, tag, completion->result);
    tag->generation++;
    fuzz->free_tags[fuzz->free_count++] = (uint16_t)index;
}

void answers_take(struct fuzz *fuzz)
{
    struct completion completion;

    while (ring_pop(fuzz->ring, &completion))
        answer_take(fuzz, &completion);
}
