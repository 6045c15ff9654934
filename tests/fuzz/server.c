/* A server that answers well, too much, twice, what nobody asked, with handles, not at all, or
 * dies. */
#include "fuzz.h"

#define BUFFERS 6u
#define BADGES  4u

enum reply_kind { FIRST = 0x100, SECOND = 0x200, UNKNOWN = 0x300, LONGER = 0x400, OTHER = 0x500 };

static struct receive_buffer buffers[BUFFERS];
static struct fuzz chooser; /* for its seed alone */
static uint32_t port, gift;
static char data[PAGE_SIZE];

static void push(struct request request)
{
    request.handle = request.handle ? request.handle : port;
    while (!ring_push(thread_ring(), request)) {
        struct completion completion;

        enter(ring_pending(thread_ring()), 1, time_now_ns() + 10000);
        while (ring_pop(thread_ring(), &completion))
            ;
    }
}

static void receive_push(uint32_t which)
{
    push((struct request){.op = OP_RECEIVE,
                          .user_data = which,
                          .buffer = (uint64_t)&buffers[which],
                          .length = sizeof(buffers[which]) - (random_next(&chooser) >> 56 & 127),
                          .arg0 = random_next(&chooser) >> 63});
}

static void reply_push(uint64_t tag, uint64_t call, uint64_t result, uint64_t length,
                       uint32_t given)
{
    push((struct request){.op = OP_REPLY,
                          .user_data = tag,
                          .buffer = (uint64_t)data,
                          .length = length,
                          .offset = result,
                          .arg0 = call,
                          .arg1 = given});
}

static void call_serve(const struct call *call)
{
    uint32_t bits = (uint32_t)(random_next(&chooser) >> 32);
    uint64_t length = call->length < 8 || call->length == PAGE_SIZE ? call->length : 8;
    bool takes = call->op == OP_READ || call->op == OP_GET;

    if (call->number == 0 && call->op != OP_CLOSE)
        finding("a call without a number: operation %u", call->op);
    if (call->badge == 0 || call->badge > BADGES)
        finding("a call of an object that nobody made: badge %llx",
                (unsigned long long)call->badge);
    if (call->handle)
        push((struct request){.op = OP_CLOSE, .handle = call->handle, .user_data = OTHER});
    switch (bits & 15) {
    case 0: /* more than was asked for */
        reply_push(LONGER, call->number, call->length + 1, call->length + 1, 0);
        break;
    case 1:
        reply_push(FIRST, call->number, 0, 0, 0);
        reply_push(SECOND, call->number, 0, 0, 0);
        break;
    case 2:
        reply_push(UNKNOWN, call->number ^ UINT64_C(1) << 63, 0, 0, 0);
        reply_push(FIRST, call->number, (uint64_t)-E_STATE, 0, 0);
        break;
    case 3:
        reply_push(OTHER, call->number, 0, 0, gift);
        break;
    case 4: /* kept for ever */
        break;
    case 5:
        push((struct request){.op = takes ? OP_WRITE : OP_READ,
                              .user_data = OTHER,
                              .buffer = (uint64_t)data,
                              .length = bits >> 8 & 255,
                              .offset = bits >> 16 & 15,
                              .arg0 = call->number});
        reply_push(FIRST, call->number, 0, 0, 0);
        break;
    case 6:
        if ((bits >> 4 & 15) == 0)
            program_exit(0);
        /* fall through */
    default:
        reply_push(FIRST, call->number, takes ? length : 0, takes ? length : 0, 0);
        break;
    }
}

static void completion_take(const struct completion *completion)
{
    uint64_t tag = completion->user_data;
    int64_t result = completion->result;

    if (tag < BUFFERS) {
        if (result >= (int64_t)sizeof(struct call))
            call_serve(&buffers[tag].call);
        receive_push((uint32_t)tag);
        return;
    }
    if (tag == LONGER && result >= 0)
        finding("an answer that is longer than was asked for was taken: %lld", (long long)result);
    if ((tag == SECOND || tag == UNKNOWN) && result != -E_NOT_FOUND)
        finding("an answer that nobody waited for was taken: %lld", (long long)result);
}

void server_run_wrongly(uint64_t seed, uint64_t quota)
{
    struct completion completion;

    chooser.random = seed;
    port = handle_named("port");
    gift = (uint32_t)object_create(self, OBJECT_EVENT, NULL, 0, 0);
    for (uint32_t i = 0; i < BUFFERS; i++)
        receive_push(i);
    for (uint64_t done = 0; done < quota;) {
        uint64_t accepted = enter(ring_pending(thread_ring()), 1, NEVER);

        __atomic_fetch_add(&board->accepted, accepted, __ATOMIC_RELAXED);
        for (; ring_pop(thread_ring(), &completion); done++)
            completion_take(&completion);
    }
}
