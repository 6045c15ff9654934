/* Ports, as port.h and abi/port.h tell. */
#include "bytes.h"
#include "heap.h"
#include "job.h"
#include "port.h"
#include "process.h"
#include "thread.h"
#include "trace.h"

#include "abi/port.h"

struct port {
    struct object object;
    struct list receives; /* jobs of servers, waiting for calls */
    struct list calls;    /* jobs of clients, not received yet */
    struct list taken;    /* jobs of clients, received and not replied to */
    struct list notices;  /* remotes that nobody refers to any more */
    uint32_t receivers;   /* handles that may receive; without one the port is dead */
    bool dead;
};

struct remote {
    struct object object;
    struct port *port; /* held */
    uint64_t badge;
    struct list link; /* in the port's notices, at its end */
    bool minted;      /* somebody got a handle */
};

static const struct object_type port_type, remote_type;
static uint32_t last_call;

/* A call's number finds its job again: 32 bits that tell it from earlier ones, slot, index. */
static uint64_t call_number(const struct job *job)
{
    return (uint64_t)job->call << 32 | (uint64_t)job->thread->slot << 16 | job->index;
}

static struct job *call_find(const struct port *port, uint64_t number)
{
    struct thread *thread = thread_in_slot((uint16_t)(number >> 16));
    uint32_t index = number & UINT16_MAX;
    struct job *job;

    if (!thread || !thread->jobs || index >= thread->ring.capacity)
        return NULL;
    job = &thread->jobs[index];
    return job->state == JOB_TAKEN && job->call == number >> 32 &&
                   ((struct remote *)job->object)->port == port
               ? job
               : NULL;
}

void port_withdraw(const struct job *job)
{
    if (job->object && job->object->type == &remote_type)
        trace_as(job->thread->number, TRACE_WITHDRAW, call_number(job),
                 ((struct remote *)job->object)->badge);
}

static bool op_sends_data(uint16_t op)
{
    enum {
        SENDS = 1 << OP_WRITE | 1 << OP_OPEN | 1 << OP_CREATE | 1 << OP_REMOVE | 1 << OP_SET |
                1 << OP_SHARE
    };

    return SENDS >> op & 1;
}

/* What the client hands over with OP_SHARE becomes a handle of the server. */
static int64_t handle_pass(const struct job *call, struct process *server, uint32_t *handle)
{
    struct object *object;
    uint32_t has, rights = (uint32_t)call->request.arg1;
    int64_t result = job_argument(call, RIGHT_TRANSFER, &object, &has);

    if (result)
        return result;
    if (rights & ~has)
        return -E_DENIED;
    result = handle_create(&server->handles, object_hold(object), rights ? rights : has);
    *handle = (uint32_t)result;
    return result < 0 ? result : 0;
}

/* Describe the call to its server. An error is the client's. */
static int64_t header_fill(struct call *header, const struct job *call, struct process *server)
{
    header->number = call_number(call);
    header->badge = ((struct remote *)call->object)->badge;
    header->op = call->request.op;
    header->flags = 0;
    header->rights = call->rights;
    header->length = call->request.length;
    header->offset = call->request.offset;
    header->arg0 = call->request.arg0;
    header->arg1 = call->request.arg1;
    header->handle = 0;
    header->process = call->thread->process_number;
    return call->request.op == OP_SHARE ? handle_pass(call, server, &header->handle) : 0;
}

/* Write header and data to the server's buffer, which was checked; most often the header lies on
 * one page. */
static int64_t call_write(struct job *receive, struct job *call, uint64_t size)
{
    struct user_address at = job_buffer(receive);
    uint64_t span = sizeof(struct call);
    uint8_t *bytes = user_span(at, MAP_WRITE, &span);
    struct call header;
    int64_t result;

    if (size && !user_copy(user_add(at, sizeof header), job_buffer(call), size))
        return -E_BUFFER;
    if (span == sizeof header)
        return header_fill((struct call *)(void *)bytes, call, job_process(receive));
    result = header_fill(&header, call, job_process(receive));
    return result ? result : job_store(receive, 0, &header, sizeof header);
}

/* Bring a waiting call to a waiting receive. One of the two may fail and is answered so; then
 * nothing happens to the other. */
static void call_deliver(struct port *port, struct job *receive, struct job *call)
{
    uint64_t room = receive->request.length - sizeof(struct call);
    uint64_t size = op_sends_data(call->request.op) ? call->request.length : 0;
    int64_t result;

    size = size < room ? size : room;
    if (!user_writable(job_buffer(receive), sizeof(struct call) + size)) {
        job_complete(receive, -E_BUFFER);
        return;
    }
    if ((result = call_write(receive, call, size))) {
        job_complete(call, result);
        return;
    }
    list_remove(&call->link);
    list_insert(&port->taken, &call->link);
    call->state = JOB_TAKEN;
    trace_as(receive->thread->number, TRACE_RECEIVE, call_number(call),
             ((struct remote *)call->object)->badge);
    job_complete(receive, (int64_t)(sizeof(struct call) + size));
}

static void remote_free(struct remote *remote)
{
    struct port *port = remote->port;

    list_remove(&remote->link);
    heap_free(remote, sizeof *remote);
    object_release(&port->object);
}

static void notice_deliver(struct job *receive, struct remote *remote)
{
    struct call header = {.badge = remote->badge, .op = OP_CLOSE};
    int64_t result = job_store(receive, 0, &header, sizeof header);

    if (!result)
        remote_free(remote);
    job_complete(receive, result ? result : (int64_t)sizeof header);
}

/* Bring receives and what there is to receive together. */
static void port_match(struct port *port)
{
    object_hold(&port->object);
    while (!list_empty(&port->receives)) {
        struct job *receive = container_of(port->receives.next, struct job, link);

        if (!list_empty(&port->calls))
            call_deliver(port, receive, container_of(port->calls.next, struct job, link));
        else if (!list_empty(&port->notices))
            notice_deliver(receive, container_of(port->notices.next, struct remote, link));
        else
            break;
    }
    object_release(&port->object);
}

static int64_t remote_call(struct job *job)
{
    struct remote *remote = (struct remote *)job->object;
    struct port *port = remote->port;

    if (port->dead)
        return -E_GONE;
    job->call = ++last_call;
    if (!job->call) /* 0 is the number of notices */
        job->call = ++last_call;
    trace_as(job->thread->number, TRACE_CALL, call_number(job), remote->badge);
    job_wait(job, &port->calls);
    port_match(port);
    return JOB_PENDING;
}

static int64_t port_op_receive(struct job *job)
{
    struct port *port = (struct port *)job->object;

    if (job->request.length < sizeof(struct call))
        return -E_ROOM;
    job_wait(job, &port->receives);
    port_match(port);
    return JOB_PENDING;
}

static int64_t port_op_reply(struct job *job)
{
    struct port *port = (struct port *)job->object;
    struct job *call = call_find(port, job->request.arg0);
    uint64_t size = job->request.length;
    int64_t result = (int64_t)job->request.offset, error;
    struct object *object = NULL;
    uint32_t rights = 0;

    if (!call)
        return -E_NOT_FOUND;
    if (size && (op_sends_data(call->request.op) || size > call->request.length))
        return -E_RANGE;
    if (job->request.arg1) {
        error = handle_resolve(&job_process(job)->handles, (uint32_t)job->request.arg1,
                               RIGHT_TRANSFER, &object, &rights);
        if (error)
            return error;
    } else if (result > 0 && (call->request.op == OP_OPEN || call->request.op == OP_CREATE)) {
        return -E_ARGUMENT; /* it would pass for a handle, which the server cannot make up */
    }
    if (size && !user_writable(job_buffer(call), size))
        result = -E_BUFFER;
    else if (size && !user_copy(job_buffer(call), job_buffer(job), size))
        return -E_BUFFER;
    if (object && result >= 0)
        result = handle_create(&job_process(call)->handles, object_hold(object), rights);
    trace(TRACE_REPLY, call_number(call), (uint64_t)result);
    job_complete(call, result);
    return 0;
}

/* Mint a remote: arg1 is its badge, offset its rights. */
static int64_t port_op_create(struct job *job)
{
    struct port *port = (struct port *)job->object;
    struct remote *remote;

    if (job->request.arg0 != OBJECT_REMOTE)
        return -E_ARGUMENT;
    if (!(remote = heap_alloc(sizeof *remote)))
        return -E_MEMORY;
    object_init(&remote->object, &remote_type);
    list_init(&remote->link);
    object_hold(&port->object);
    remote->port = port;
    remote->badge = job->request.arg1;
    return job_give(job, &remote->object, (uint32_t)job->request.offset);
}

static void port_handle_made(struct object *object, uint32_t rights)
{
    if (rights & RIGHT_RECEIVE)
        ((struct port *)object)->receivers++;
}

static void jobs_fail(struct list *list)
{
    while (!list_empty(list))
        job_complete(container_of(list->next, struct job, link), -E_GONE);
}

/* With the last handle that could receive, the objects behind the port are gone. */
static void port_handle_closed(struct object *object, uint32_t rights)
{
    struct port *port = (struct port *)object;

    if (!(rights & RIGHT_RECEIVE) || --port->receivers)
        return;
    port->dead = true;
    object_hold(&port->object);
    jobs_fail(&port->receives);
    jobs_fail(&port->calls);
    jobs_fail(&port->taken);
    while (!list_empty(&port->notices))
        remote_free(container_of(port->notices.next, struct remote, link));
    object_release(&port->object);
}

static void port_destroy(struct object *object)
{
    heap_free(object, sizeof(struct port));
}

static void remote_handle_made(struct object *object, uint32_t rights)
{
    (void)rights;
    ((struct remote *)object)->minted = true;
}

/* Nobody refers to the remote any more: the server is told, if there is one. */
static void remote_destroy(struct object *object)
{
    struct remote *remote = (struct remote *)object;

    if (remote->port->dead || !remote->minted) {
        remote_free(remote);
    } else {
        list_insert(&remote->port->notices, &remote->link);
        port_match(remote->port);
    }
}

static const struct object_type port_type = {
    .number = OBJECT_PORT,
    .rights = RIGHT_CREATE | RIGHT_GET | RIGHT_RECEIVE | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .destroy = port_destroy,
    .handle_made = port_handle_made,
    .handle_closed = port_handle_closed,
    .methods = {[OP_CREATE] = port_op_create,
                [OP_GET] = job_get_common,
                [OP_RECEIVE] = port_op_receive,
                [OP_REPLY] = port_op_reply},
};

static const struct object_type remote_type = {
    .number = OBJECT_REMOTE,
    .rights = RIGHT_ALL & ~RIGHT_RECEIVE,
    .destroy = remote_destroy,
    .handle_made = remote_handle_made,
    .methods = {[OP_READ] = remote_call,
                [OP_WRITE] = remote_call,
                [OP_OPEN] = remote_call,
                [OP_CREATE] = remote_call,
                [OP_REMOVE] = remote_call,
                [OP_GET] = remote_call,
                [OP_SET] = remote_call,
                [OP_SHARE] = remote_call,
                [OP_WATCH] = remote_call},
};

struct object *port_create(void)
{
    struct port *port = heap_alloc(sizeof *port);

    if (!port)
        return NULL;
    object_init(&port->object, &port_type);
    list_init(&port->receives);
    list_init(&port->calls);
    list_init(&port->taken);
    list_init(&port->notices);
    return &port->object;
}
