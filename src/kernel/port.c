/* Ports, as port.h and abi/port.h tell. */
#include "job.h"
#include "lend.h"
#include "pager.h"
#include "port.h"
#include "process.h"
#include "trace.h"
#include "work.h"

#include "abi/port.h"

struct port {
    struct object object;
    struct list receives;  /* jobs of servers, waiting for calls */
    struct list turns;     /* remotes that have calls, or had; the first one's turn is next */
    struct list taken;     /* jobs of clients, received and not replied to */
    struct list notices;   /* remotes that nobody refers to any more */
    struct thread *server; /* that received last; held; NULL before that */
    uint32_t receivers;    /* handles and names that may receive; without one it is dead */
    bool dead;
    bool again; /* what a server took and did not answer goes to the next one */
};

struct remote {
    struct object object;
    struct port *port; /* held */
    uint64_t badge;
    struct list calls; /* jobs of clients, not received yet, in order */
    struct list link;  /* in the port's turns; at its end, in the port's notices */
    bool minted;       /* somebody got a handle */
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

    if (!thread || !thread->jobs || (index >= thread->jobs_made && index != thread->ring.capacity))
        return NULL;
    job = &thread->jobs[index_below(index, thread->ring.capacity + 1)];
    if (job->state != JOB_TAKEN || job->call != number >> 32)
        return NULL;
    return ((struct remote *)job->object)->port == port ? job : NULL;
}

void port_withdraw(const struct job *job)
{
    if (job->object && job->object->type == &remote_type)
        trace_as(job->thread->number, TRACE_WITHDRAW, call_number(job),
                 ((struct remote *)job->object)->badge);
}

struct thread *port_server(const struct job *call)
{
    return ((struct remote *)call->object)->port->server;
}

/* What the client hands over with OP_SHARE becomes a handle of the server. */
static int64_t handle_pass(const struct job *call, const struct job *receive, uint32_t *handle)
{
    struct object *object;
    uint32_t rights;
    int64_t result = job_argument_pass(call, &object, &rights);

    if (result)
        return result;
    if (!receive->request.arg0)
        return -E_ROOM;
    result = handle_create(&job_process(receive)->handles, object_hold(object), rights);
    *handle = (uint32_t)result;
    return result < 0 ? result : 0;
}

/* Describe the call to its server. An error is the client's. */
static int64_t header_fill(struct call *header, const struct job *call, const struct job *receive)
{
    header->number = call_number(call);
    header->badge = ((struct remote *)call->object)->badge;
    header->op = call->request.op;
    header->flags = call->again ? CALL_AGAIN : 0;
    header->rights = call->rights;
    header->length = call->request.length;
    header->offset = call->request.offset;
    header->arg0 = call->request.arg0;
    header->arg1 = call->request.arg1;
    header->handle = 0;
    header->process = call->thread->process_number;
    return call->request.op == OP_SHARE ? handle_pass(call, receive, &header->handle) : 0;
}

/* Bring a call to a receive, which are in their lists or in none yet. If one of the two fails it is
 * answered so, nothing happens to the other, and this gives the one that failed; else NULL. */
static struct job *call_deliver(struct port *port, struct job *receive, struct job *call)
{
    struct user_address at = job_buffer(receive);
    uint64_t room = receive->request.length - sizeof(struct call);
    uint64_t size = (OPS_SEND >> call->request.op & 1) ? call->request.length : 0;
    uint64_t whole = sizeof(struct call) + (size < room ? size : room), span = whole;
    uint8_t *bytes = user_span(at, MAP_WRITE, &span);
    struct call header, *place = span == whole ? (void *)bytes : &header; /* mostly on one page */
    int64_t result;

    if (!bytes || (span != whole && !user_writable(at, whole))) {
        job_complete(receive, -E_BUFFER);
        return receive;
    }
    if (size && !user_copy(user_add(at, sizeof header), job_buffer(call), whole - sizeof header))
        result = -E_BUFFER;
    else
        result = header_fill(place, call, receive);
    if (!result && place == &header)
        result = job_store(receive, 0, &header, sizeof header);
    if (result) {
        job_complete(call, result);
        return call;
    }
    if (call->state == JOB_WAITING)
        list_cut(&call->link);
    list_insert(&port->taken, &call->link);
    call->state = JOB_TAKEN;
    call->taker = receive->thread->process_number;
    lend_received(call, receive->thread, &port->server);
    trace_as(receive->thread->number, TRACE_RECEIVE, call_number(call),
             ((struct remote *)call->object)->badge);
    job_complete(receive, (int64_t)whole);
    return NULL;
}

/* The server needs no notice of it any more. */
static void notice_done(struct remote *remote)
{
    list_remove(&remote->link);
    remote->minted = false;
    object_release(&remote->object);
}

static void notice_deliver(struct job *receive, struct remote *remote)
{
    struct call header = {.badge = remote->badge, .op = OP_CLOSE};
    int64_t result = job_store(receive, 0, &header, sizeof header);

    if (!result)
        notice_done(remote);
    job_complete(receive, result ? result : (int64_t)sizeof header);
}

/* The remote has a call: let it have its turn. */
static void turn_take(struct remote *remote)
{
    if (list_empty(&remote->link))
        list_insert(&remote->port->turns, &remote->link);
}

/* The next call: the first one of the remote whose turn it is, which then comes last; or NULL. */
static struct job *call_next(struct port *port)
{
    while (!list_empty(&port->turns)) {
        struct remote *remote = container_of(port->turns.next, struct remote, link);
        bool alone = remote->link.next == &port->turns, done = list_empty(&remote->calls);

        if (!alone || done)
            list_remove(&remote->link);
        if (!done) {
            turn_take(remote);
            return container_of(remote->calls.next, struct job, link);
        }
    }
    return NULL;
}

/* Bring receives and what there is to receive together: never do both wait. */
static void port_match(struct port *port)
{
    object_hold(&port->object);
    while (!list_empty(&port->receives)) {
        struct job *receive = container_of(port->receives.next, struct job, link);
        struct job *call = call_next(port);

        if (call)
            call_deliver(port, receive, call);
        else if (!list_empty(&port->notices))
            notice_deliver(receive, container_of(port->notices.next, struct remote, link));
        else
            break;
    }
    object_release(&port->object);
}

static void call_announce(struct job *job, const struct remote *remote)
{
    job->call = last_call += last_call == UINT32_MAX ? 2 : 1; /* 0 is the number of notices */
    trace_as(job->thread->number, TRACE_CALL, call_number(job), remote->badge);
}

static int64_t remote_call(struct job *job)
{
    struct remote *remote = (struct remote *)job->object;
    struct port *port = remote->port;
    struct job *receive;

    if (port->dead)
        return -E_GONE;
    job->again = false;
    call_announce(job, remote);
    lend_called(job, NULL);
    while (!list_empty(&port->receives)) {
        receive = container_of(port->receives.next, struct job, link);
        if (call_deliver(port, receive, job) != receive)
            return JOB_PENDING;
    }
    turn_take(remote);
    lend_called(job, port->server);
    return job_wait(job, &remote->calls);
}

static int64_t port_op_receive(struct job *job)
{
    struct port *port = (struct port *)job->object;
    struct job *call;

    if (job->request.length < sizeof(struct call))
        return -E_ROOM;
    if (port->dead) /* the job waited for a page meanwhile */
        return -E_GONE;
    while ((call = call_next(port)))
        if (call_deliver(port, job, call) != call)
            return JOB_PENDING;
    if (list_empty(&port->notices))
        return job_wait(job, &port->receives);
    notice_deliver(job, container_of(port->notices.next, struct remote, link));
    return JOB_PENDING;
}

/* Neither data nor a count may go beyond what the client has room for. */
static bool reply_fits(const struct request *call, uint64_t size, int64_t result)
{
    if (size && ((OPS_SEND >> call->op & 1) || size > call->length))
        return false;
    return result <= 0 || (call->op != OP_READ && call->op != OP_WRITE) ||
           (uint64_t)result <= call->length;
}

/* Answer the call arg0 with `size` bytes and, unless that is 0, the handle `given`. */
static int64_t reply_give(struct job *job, struct user_address data, uint64_t size, uint32_t given)
{
    struct job *call = call_find((struct port *)job->object, job->request.arg0);
    int64_t result = (int64_t)job->request.offset, error;
    struct object *object = NULL;
    uint32_t rights = 0;

    if (!call)
        return -E_NOT_FOUND;
    if (!reply_fits(&call->request, size, result))
        return -E_RANGE;
    /* who wants a page learns of no handle; and without one a result would pass for one */
    if (given ? call->fetch != NULL : result > 0 && (OPS_GIVE_HANDLE >> call->request.op & 1))
        return -E_ARGUMENT;
    if (given && (error = handle_resolve(&job_process(job)->handles, given, RIGHT_TRANSFER, &object,
                                         &rights)))
        return error;
    error = user_copy_part(job_buffer(call), data, size, &job->done);
    if (error == -E_GONE) {
        if (pager_missing && !job->refused)
            return -E_BUFFER; /* not for long: the reply is made once more when the page is there */
        pager_missing = NULL;
        trace(TRACE_REPLY, call_number(call), (uint64_t)-E_BUFFER);
        job_complete(call, -E_BUFFER);
        return -E_GONE; /* what was for the client has nowhere to go, and is still the server's */
    }
    if (error)
        return error;
    if (object && result >= 0)
        result = handle_create(&job_process(call)->handles, object_hold(object), rights);
    trace(TRACE_REPLY, call_number(call), (uint64_t)result);
    job_complete(call, result);
    return 0;
}

static int64_t port_op_reply(struct job *job)
{
    return reply_give(job, job_buffer(job), job->request.length, (uint32_t)job->request.arg1);
}

/* A reply; from then on a receive, also if it has to be started again. */
static int64_t port_op_answer(struct job *job)
{
    int64_t result;

    if (job->request.length < sizeof(struct call))
        return -E_ROOM;
    if (job->request.arg1 > job->request.length - sizeof(struct call))
        return -E_RANGE;
    result = reply_give(job, user_add(job_buffer(job), sizeof(struct call)), job->request.arg1, 0);
    if (result && result != -E_NOT_FOUND && result != -E_GONE)
        return result;
    job->request.op = OP_RECEIVE;
    job->request.arg0 = 1;
    return port_op_receive(job);
}

/* The rest of the call arg0, or of its answer, by parts: from `offset` in its buffer on. */
static int64_t port_op_transfer(struct job *job)
{
    bool write = job->request.op == OP_WRITE;
    struct job *call = call_find((struct port *)job->object, job->request.arg0);
    uint64_t left, size = job->request.length;
    struct user_address there;
    int64_t result;

    if (!call)
        return -E_NOT_FOUND;
    if ((OPS_SEND >> call->request.op & 1) == write)
        return -E_ARGUMENT;
    if (job->request.offset > call->request.length)
        return -E_RANGE;
    left = call->request.length - job->request.offset;
    size = size < left ? size : left;
    there = user_add(job_buffer(call), job->request.offset);
    result = write ? user_copy_part(there, job_buffer(job), size, &job->done)
                   : user_copy_part(job_buffer(job), there, size, &job->done);
    return result == -E_GONE ? -E_BUFFER : result ? result : (int64_t)size;
}

/* Mint a remote: arg1 is its badge, offset its rights. */
static int64_t port_op_create(struct job *job)
{
    struct port *port = (struct port *)job->object;
    struct remote *remote;
    uint32_t rights;

    if (job->request.arg0 != OBJECT_REMOTE)
        return -E_ARGUMENT;
    if (!rights_choose(job->request.offset, RIGHT_ALL, &rights))
        return -E_DENIED;
    if (!(remote = object_create(&remote_type, job_process(job)->account)))
        return -E_MEMORY;
    list_init(&remote->calls);
    list_init(&remote->link);
    object_hold(&port->object);
    remote->port = port;
    remote->badge = job->request.arg1;
    return job_give(job, &remote->object, rights);
}

static void port_handle_made(struct object *object, uint32_t rights)
{
    if (rights & RIGHT_RECEIVE)
        ((struct port *)object)->receivers++;
}

/* What this process took and did not answer: to the head of its queue, last one first, or failed */
static void calls_return(struct port *port, uint32_t process)
{
    for (struct list *link = port->taken.previous, *previous; link != &port->taken;
         link = previous) {
        struct job *call = container_of(link, struct job, link);
        struct remote *remote = (struct remote *)call->object;

        previous = link->previous;
        if (call->taker != process)
            continue;
        if (!port->again) {
            job_complete(call, -E_GONE);
            continue;
        }
        list_remove(link);
        list_insert(remote->calls.next, link);
        call->state = JOB_WAITING;
        call->again = true;
        lend_end(call);
        call_announce(call, remote); /* a new number: the old server's late reply finds nothing */
        turn_take(remote);
    }
}

/* The process can receive and reply no more. */
static void server_leave(struct port *port, const struct process *process)
{
    for (struct list *link = port->receives.next, *next; link != &port->receives; link = next) {
        struct job *job = container_of(link, struct job, link);

        next = link->next;
        if (job_process(job) == process)
            job_complete(job, -E_GONE);
    }
    calls_return(port, process->number);
}

/* A process that ends, or closes its last handle that could receive, gives up the calls that it
 * took. With the last such handle of all, or name in a table, what is behind the port is gone. */
static void port_handle_closed(struct object *object, uint32_t rights, struct handle_table *table)
{
    struct port *port = (struct port *)object;
    const struct process *process = container_of(table, struct process, handles);

    if (!(rights & RIGHT_RECEIVE))
        return;
    object_hold(&port->object);
    if (--port->receivers) {
        if (table &&
            (process->state == PROCESS_ENDED || !handle_names(table, object, RIGHT_RECEIVE)))
            server_leave(port, process);
        port_match(port);
        object_release(&port->object);
        return;
    }
    port->dead = true;
    object_end(&port->object);
}

static void remote_handle_made(struct object *object, uint32_t rights)
{
    (void)rights;
    ((struct remote *)object)->minted = true;
}

/* Nobody refers to the remote any more: the server is told, if there is one. */
static bool remote_finish(struct object *object)
{
    struct remote *remote = (struct remote *)object;

    list_remove(&remote->link);
    if (remote->port->dead || !remote->minted) {
        object_release(&remote->port->object);
        return true;
    }
    remote->object.references = 2; /* one for the notice, one that is let go after this */
    list_insert(&remote->port->notices, &remote->link);
    port_match(remote->port);
    return true;
}

/* The objects behind the port are gone: who waits for one, waits in vain. */
static bool port_finish(struct object *object)
{
    struct port *port = (struct port *)object;

    while (work_go(3)) {
        struct job *call = list_empty(&port->receives) ? call_next(port) : NULL;
        struct list *list = call                           ? &((struct remote *)call->object)->calls
                            : !list_empty(&port->receives) ? &port->receives
                                                           : &port->taken;

        if (!list_empty(list))
            job_complete(container_of(list->next, struct job, link), -E_GONE);
        else if (!list_empty(&port->notices))
            notice_done(container_of(port->notices.next, struct remote, link));
        else
            return lend_server(&port->server, NULL);
    }
    return false;
}

static const struct object_type port_type = {
    .number = OBJECT_PORT,
    .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_CREATE | RIGHT_GET | RIGHT_RECEIVE |
              RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct port),
    .finish = port_finish,
    .handle_made = port_handle_made,
    .handle_closed = port_handle_closed,
    .methods = {[OP_READ... OP_WRITE] = port_op_transfer,
                [OP_CREATE] = port_op_create,
                [OP_RECEIVE] = port_op_receive,
                [OP_REPLY] = port_op_reply,
                [OP_ANSWER] = port_op_answer},
};

static const struct object_type remote_type = {
    .number = OBJECT_REMOTE,
    .rights = RIGHT_ALL & ~RIGHT_RECEIVE,
    .bytes = sizeof(struct remote),
    .finish = remote_finish,
    .handle_made = remote_handle_made,
    .methods = {[OP_READ... OP_SHARE] = remote_call, [OP_WATCH] = remote_call},
};

struct object *port_create(struct account *account, bool again)
{
    struct port *port = object_create(&port_type, account);

    if (!port)
        return NULL;
    list_init(&port->receives);
    list_init(&port->turns);
    list_init(&port->taken);
    list_init(&port->notices);
    port->again = again;
    return &port->object;
}
