/*
 * The server kit: implement objects in a process.
 *
 * A server has one port (abi/port.h). It publishes objects: each has a pointer of the server's own
 * and a table of methods, one an operation. server_run receives calls and hands each to the method
 * of the object that it names. A method fills the answer in and returns the result; or it keeps the
 * call in a queue, returns CALL_LATER, and answers at any later time with call_answer. An `open`
 * method can answer with a handle on another object of this server (call_reply_object).
 *
 * How it runs: SERVER_RECEIVES receives are in flight; all answers of one round, each of which is
 * also the next receive into its buffer, enter the kernel together. The thread's ring is free for
 * more: server_submit puts a request on it whose completion calls a function, which is how a driver
 * listens to its device while it serves. Synchronous calls work too, inside methods.
 *
 * Badges: what is published has the badges 1, 2, 3 in the order of server_publish. So whoever holds
 * the port can mint handles on them before the server runs, and a server that is started again on
 * the same port is found by the old handles. Objects that call_reply_object gives out have badges
 * that no other process's have; a handle from before a restart gets -E_GONE.
 */
#ifndef LIBSYS_SERVER_H
#define LIBSYS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/port.h"
#include "abi/ring.h"

#define SERVER_RECEIVES  16   /* in flight while calls are free for it */
#define SERVER_CALLS     32   /* kept at once, deferred ones included */
#define SERVER_NODES     128  /* objects that clients hold handles on */
#define SERVER_DATA_SIZE 1920 /* bytes of data with one call, either way */

/* Returned by a method that keeps its call and answers later. */
#define CALL_LATER INT64_MIN

struct server;
struct node;
struct slot;

/*
 * A method: answers one call. Returns the result for the client (a negative error, or what
 * abi/op.h says), or CALL_LATER. A method that is null is answered -E_UNSUPPORTED. With a share
 * comes call->handle, which is the server's from then on, unless the method fails.
 */
typedef int64_t method(struct server *server, struct call *call);

struct methods {
    union {
        struct {
            method *read, *write, *open, *create, *remove, *get, *set, *share;
        };
        method *of_op[8]; /* the same, by op - OP_READ */
    };
    method *watch;
    /* The last handle on an object that call_reply_object gave out is closed. May be null. */
    void (*release)(struct server *server, void *object);
};

/* Calls that a server keeps, oldest first. All zero is an empty one. */
struct call_queue {
    struct slot *first, *last;
};

/* Something that waits for a completion; make it the first member of what it belongs to. */
struct waiter {
    void (*done)(struct server *server, struct waiter *waiter, int64_t result);
};

struct server {
    uint32_t port;
    uint32_t number; /* of this process */
    uint64_t rounds; /* times that server_run has entered the kernel */
    uint32_t owed;   /* completions that the next enter brings for certain */
    uint32_t receiving;
    uint32_t published;
    bool ending;
    int64_t status;
    struct slot *slots;
    struct slot *free;                    /* slots without a call */
    struct slot *answers, **answers_tail; /* slots to answer, oldest first */
    struct node *nodes;
    void *memory;
};

/*
 * Make a server on a port that somebody else holds too, or on one of its own if `port` is 0. The
 * structure must stay where it is. 0, or -E_MEMORY, -E_LIMIT.
 */
int64_t server_open(struct server *server, uint32_t port);

/*
 * Offer an object: clients may do with it what `rights` and their handle allow. If the process has
 * a handle "names" (a table), the object is bound there as `name`. 0, or a negative error of that.
 */
int64_t server_publish(struct server *server, const char *name, void *object,
                       const struct methods *methods, uint32_t rights);

/* A new handle on an object of this server (see call_reply_object), or a negative error. */
int64_t server_mint(struct server *server, void *object, const struct methods *methods,
                    uint32_t rights);

/* Answer calls until server_end or the port is gone. Returns the status for main to return. */
int server_run(struct server *server);

/* Make server_run return `status` after this round; calls that are not answered yet end. */
void server_end(struct server *server, int64_t status);

/* Push a request whose completion calls waiter->done. False if the ring has no room. */
bool server_submit(struct server *server, struct request request, struct waiter *waiter);

/* The pointer that the called object was published with. */
void *call_object(const struct call *call);

/* The data that came with a call (write, open, ...), and how many bytes of it there are. */
char *call_data(struct call *call);
uint64_t call_data_length(const struct call *call);

/* The data as a zero-terminated name. False if it is longer than `size` - 1 or has a zero in it. */
bool call_name(struct call *call, char *name, size_t size);

/*
 * Put data into the answer, as much as fits and the client takes. Returns the number of bytes: what
 * a read returns.
 */
int64_t call_reply(struct call *call, const void *data, uint64_t length);

/* The same for formatted text of which the client wants the part from call->offset on. */
int64_t call_reply_text(struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Answer an open with a handle on another object of this server. `object` with the same `methods`
 * is one object, however often it is given. Returns 0, or -E_LIMIT, -E_MEMORY.
 */
int64_t call_reply_object(struct call *call, void *object, const struct methods *methods,
                          uint32_t rights);

/* Answer a call that its method kept. The call is not to be touched after it. */
void call_answer(struct call *call, int64_t result);

/*
 * The same at once: 0 if the client has the answer, negative if it is gone or gave up. For answers
 * whose data must not be lost with the client.
 */
int64_t call_answer_now(struct call *call, int64_t result);

/*
 * Keep a call in a queue, to return CALL_LATER. False if the server keeps so many that this one
 * must be answered now (-E_LIMIT): one place stays free, for the call that could end the others'
 * wait.
 */
bool call_queue_push(struct call_queue *queue, struct call *call);

/* The oldest call in a queue, or null if there is none; take it out. */
struct call *call_queue_first(const struct call_queue *queue);
void call_queue_pop(struct call_queue *queue);

#endif
