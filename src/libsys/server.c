/* The server kit, receiving and answering: see server.h. Objects and badges: server_node.c. */
#include <orrery.h>

#include "libsys/server_node.h"

/* Room in the ring that answers leave to methods and waiters. */
#define RING_RESERVE 12u
/* Requests that one answer takes: reply, close, receive. */
#define ANSWER_REQUESTS 3u

/* A place for one call: the header and data lie behind one another, as a receive fills them. */
struct slot {
    struct waiter waiter;
    struct server *server;
    struct node *node;
    struct slot *next; /* in the list that it is in */
    uint64_t answer_length;
    int64_t result;
    uint32_t given; /* handle that goes with the answer, or 0 */
    bool answered;  /* the receive in flight is an OP_ANSWER */
    struct call call;
    char data[SERVER_DATA_SIZE];
};

_Static_assert(offsetof(struct slot, data) == offsetof(struct slot, call) + sizeof(struct call),
               "a receive fills call and data in one piece");

static struct slot *call_slot(const struct call *call)
{
    return (struct slot *)((uintptr_t)call - offsetof(struct slot, call));
}

int64_t server_open(struct server *server, uint32_t port)
{
    size_t slots_size = SERVER_CALLS * sizeof(struct slot);
    size_t nodes_size = SERVER_NODES * sizeof(struct node);
    int64_t own;

    *server = (struct server){.port = port};
    if (port == 0) {
        own = object_create(handle_named("self"), OBJECT_PORT, NULL, 0, 0);
        if (own < 0)
            return own;
        server->port = (uint32_t)own;
    }
    server->number = (uint32_t)object_get(handle_named("self"), PROPERTY_NUMBER);
    server->memory = memory_allocate(slots_size + nodes_size);
    if (!server->memory)
        return -E_MEMORY;
    server->slots = server->memory;
    server->nodes = (struct node *)((char *)server->memory + slots_size);
    server->answers_tail = &server->answers;
    for (uint32_t i = 0; i < SERVER_CALLS; i++) {
        server->slots[i].server = server;
        server->slots[i].next = server->free;
        server->free = &server->slots[i];
    }
    return 0;
}

void server_end(struct server *server, int64_t status)
{
    server->ending = true;
    server->status = status;
}

bool server_submit(struct server *server, struct request request, struct waiter *waiter)
{
    struct ring *ring = thread_ring();

    (void)server;
    request.user_data = (uint64_t)waiter;
    if (ring_push(ring, request))
        return true;
    enter(ring_pending(ring), 0, 0);
    return ring_push(ring, request);
}

/* The call of a slot is over: its object may go now, if a notice came meanwhile. */
static void slot_finish(struct slot *slot)
{
    if (slot->node)
        node_call_end(slot->server, slot->node);
    slot->node = NULL;
}

static void slot_free(struct server *server, struct slot *slot)
{
    slot->next = server->free;
    server->free = slot;
}

static void slot_replied(struct server *server, struct waiter *waiter, int64_t result)
{
    (void)result; /* a client that is gone needs no answer */
    slot_free(server, (struct slot *)waiter);
}

int64_t call_answer_now(struct call *call, int64_t result)
{
    struct slot *slot = call_slot(call);
    int64_t error = port_reply(slot->server->port, call->number, result, slot->data,
                               slot->answer_length, slot->given);

    if (slot->given)
        handle_close(slot->given);
    slot_finish(slot);
    slot_free(slot->server, slot);
    return error;
}

_Static_assert(OP_SHARE - OP_READ == 7 && offsetof(struct methods, share) == 7 * sizeof(method *),
               "methods stand in the order of their operations");

/* There is no method: what anyone may know of every object, or an error. */
static int64_t method_missing(const struct node *node, const struct call *call)
{
    if (call->op == OP_GET && call->arg0 == PROPERTY_TYPE)
        return node->methods->open ? OBJECT_TABLE : OBJECT_REMOTE;
    return node->ops >> call->op & 1 ? -E_UNSUPPORTED : -E_DENIED;
}

static int64_t call_run(struct server *server, struct slot *slot)
{
    struct call *call = &slot->call;
    struct node *node = node_find(server, call->badge);
    uint32_t place = call->op - OP_READ;
    method *found;

    slot->node = node;
    if (!node)
        return -E_GONE;
    node->calls++;
    found = place <= OP_SHARE - OP_READ ? node->methods->of_op[place]
            : call->op == OP_WATCH      ? node->methods->watch
                                        : NULL;
    if (!found)
        return method_missing(node, call);
    return node->ops >> call->op & 1 ? found(server, call) : -E_DENIED;
}

/* A receive failed. If it was an answer that cannot be given as it is, its client learns that. */
static void receive_failed(struct server *server, struct slot *slot, int64_t error)
{
    if (slot->answered && (error == -E_RANGE || error == -E_ARGUMENT || error == -E_BUFFER)) {
        slot->answer_length = 0;
        call_answer(&slot->call, error);
    } else {
        server_end(server, error);
    }
}

static void slot_received(struct server *server, struct waiter *waiter, int64_t received)
{
    struct slot *slot = (struct slot *)waiter;
    int64_t result;

    server->receiving--;
    if (received < 0) {
        receive_failed(server, slot, received);
        return;
    }
    slot->answer_length = 0;
    slot->given = 0;
    if (slot->call.number == 0) {
        node_closed(server, slot->call.badge);
        slot_free(server, slot);
        return;
    }
    result = call_run(server, slot);
    if (result == CALL_LATER)
        return;
    /* What came with a share that failed is nobody's. */
    if (result < 0 && slot->call.handle != 0)
        handle_close(slot->call.handle);
    call_answer(&slot->call, result);
}

static void receive_push(struct server *server, struct slot *slot, uint16_t flags)
{
    slot->waiter.done = slot_received;
    slot->answered = false;
    server->receiving++;
    ring_push(thread_ring(), (struct request){.op = OP_RECEIVE,
                                              .flags = flags,
                                              .handle = server->port,
                                              .user_data = (uint64_t)&slot->waiter,
                                              .buffer = (uint64_t)&slot->call,
                                              .length = sizeof(struct call) + SERVER_DATA_SIZE,
                                              .arg0 = 1});
}

/*
 * Push an answer by itself, or with a handle, of which our own copy is closed. Behind it, linked,
 * so that it starts only when the answer has left the buffer, the slot's next receive, unless
 * enough are in flight.
 */
static void reply_push(struct server *server, struct slot *slot, bool again)
{
    struct ring *ring = thread_ring();

    if (!again)
        slot->waiter.done = slot_replied;
    server->owed += slot->given ? 2 : 1;
    ring_push(ring, (struct request){.op = OP_REPLY,
                                     .flags = again || slot->given ? REQUEST_LINK : 0,
                                     .handle = server->port,
                                     .user_data = again ? 0 : (uint64_t)&slot->waiter,
                                     .buffer = (uint64_t)slot->data,
                                     .length = slot->answer_length,
                                     .offset = (uint64_t)slot->result,
                                     .arg0 = slot->call.number,
                                     .arg1 = slot->given});
    if (slot->given)
        ring_push(ring,
                  (struct request){.op = OP_CLOSE,
                                   .flags = (uint16_t)(REQUEST_ALWAYS | (again ? REQUEST_LINK : 0)),
                                   .handle = slot->given});
    if (again)
        receive_push(server, slot, REQUEST_ALWAYS);
}

/* Push an answer, which most often is the slot's next receive as well. */
static void answer_push(struct server *server, struct slot *slot)
{
    bool again = server->receiving < SERVER_RECEIVES;

    if (again && !slot->given) {
        slot->answered = true;
        server->receiving++;
        ring_push(thread_ring(), (struct request){.op = OP_ANSWER,
                                                  .handle = server->port,
                                                  .user_data = (uint64_t)&slot->waiter,
                                                  .buffer = (uint64_t)&slot->call,
                                                  .length = sizeof(struct call) + SERVER_DATA_SIZE,
                                                  .offset = (uint64_t)slot->result,
                                                  .arg0 = slot->call.number,
                                                  .arg1 = slot->answer_length});
    } else {
        reply_push(server, slot, again);
    }
    slot_finish(slot);
}

/* Is there room for an answer, and for what methods and waiters push? */
static bool answer_fits(struct ring *ring)
{
    return ring_has_room(ring, ANSWER_REQUESTS + RING_RESERVE);
}

void call_answer(struct call *call, int64_t result)
{
    struct slot *slot = call_slot(call);
    struct server *server = slot->server;

    slot->result = result;
    if (!server->answers && answer_fits(thread_ring())) {
        answer_push(server, slot);
        return;
    }
    slot->next = NULL;
    *server->answers_tail = slot;
    server->answers_tail = &slot->next;
}

/* Push what is to be answered, and receives up to their number, as far as the ring has room. */
static void server_push(struct server *server)
{
    struct ring *ring = thread_ring();

    while (server->answers && answer_fits(ring)) {
        struct slot *slot = server->answers;

        server->answers = slot->next;
        if (!server->answers)
            server->answers_tail = &server->answers;
        answer_push(server, slot);
    }
    while (server->receiving < SERVER_RECEIVES && server->free &&
           ring_has_room(ring, RING_RESERVE + 1)) {
        struct slot *slot = server->free;

        server->free = slot->next;
        receive_push(server, slot, 0);
    }
}

/*
 * How many completions are worth coming back for. Answers that were just pushed complete at once
 * and are none by themselves, unless more answers wait for the room that they take.
 */
static uint32_t completions_wanted(const struct server *server)
{
    return server->answers && server->owed != 0 ? server->owed : server->owed + 1;
}

int server_run(struct server *server)
{
    struct ring *ring = thread_ring();
    struct completion completion;

    while (!server->ending) {
        server_push(server);
        server->rounds++;
        enter(ring_pending(ring), completions_wanted(server), NEVER);
        server->owed = 0;
        while (ring_pop(ring, &completion)) {
            struct waiter *waiter = (struct waiter *)completion.user_data;

            if (waiter)
                waiter->done(server, waiter, completion.result);
        }
    }
    do { /* the last round's answers */
        server_push(server);
        enter(ring_pending(ring), 0, 0);
        while (ring_pop(ring, &completion))
            ;
    } while (server->answers);
    return (int)server->status;
}

void *call_object(const struct call *call)
{
    return call_slot(call)->node->object;
}

char *call_data(struct call *call)
{
    return call_slot(call)->data;
}

uint64_t call_data_length(const struct call *call)
{
    return call->length < SERVER_DATA_SIZE ? call->length : SERVER_DATA_SIZE;
}

bool call_name(struct call *call, char *name, size_t size)
{
    const char *data = call_data(call);

    if (call->length >= size || call->length > SERVER_DATA_SIZE)
        return false;
    for (uint64_t i = 0; i < call->length; i++) {
        if (data[i] == 0)
            return false;
        name[i] = data[i];
    }
    name[call->length] = 0;
    return true;
}

int64_t call_reply(struct call *call, const void *data, uint64_t length)
{
    struct slot *slot = call_slot(call);

    if (call->op != OP_READ && call->op != OP_GET)
        return 0; /* the client has no buffer for it */
    if (length > call_data_length(call))
        length = call_data_length(call);
    memmove(slot->data, data, length);
    slot->answer_length = length;
    return (int64_t)length;
}

int64_t call_reply_text(struct call *call, const char *format, ...)
{
    char text[512];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = format_text_list(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= sizeof(text))
        length = sizeof(text) - 1;
    if (call->offset >= length)
        return 0;
    return call_reply(call, text + call->offset, length - call->offset);
}

int64_t call_reply_object(struct call *call, void *object, const struct methods *methods,
                          uint32_t rights)
{
    struct slot *slot = call_slot(call);
    int64_t handle = server_mint(slot->server, object, methods, rights);

    if (handle < 0)
        return handle;
    slot->given = (uint32_t)handle;
    return 0;
}

bool call_queue_push(struct call_queue *queue, struct call *call)
{
    struct slot *slot = call_slot(call);

    if (!slot->server->free && slot->server->receiving == 0)
        return false;
    slot->next = NULL;
    if (queue->last)
        queue->last->next = slot;
    else
        queue->first = slot;
    queue->last = slot;
    return true;
}

struct call *call_queue_first(const struct call_queue *queue)
{
    return queue->first ? &queue->first->call : NULL;
}

void call_queue_pop(struct call_queue *queue)
{
    queue->first = queue->first->next;
    if (!queue->first)
        queue->last = NULL;
}
