/*
 * Ports: what a server finds in its buffer when a receive completes: struct call, then data.
 *
 * A call is any operation that a client asked for on a handle minted from the port. For operations
 * whose data goes IN (abi/op.h) as much of it follows the header as the buffer holds, `length`
 * tells how much the client offers in all. For those whose data goes OUT, `length` is what the
 * client takes at most. The server answers with OP_REPLY on the port: arg0 = number, offset =
 * result, buffer and length = data for the client (never more than it takes), arg1 = handle to
 * give. With a handle the result is the client's new handle; without one, OP_OPEN and OP_CREATE
 * cannot be answered with a result above 0; OP_READ and OP_WRITE not with one above the length. A
 * reply whose data the client's buffer does not take gives E_GONE, and the client's call E_BUFFER.
 *
 * What did not fit into the receive's buffer is read from the port, and an answer longer than the
 * server's buffer is written to it by parts before the reply: OP_READ and OP_WRITE on the port,
 * with the call's number as arg0 and the place in the client's buffer as offset. A receive says in
 * arg0 how many handles it takes, 0 or 1; an OP_SHARE that meets a 0 fails with E_ROOM.
 *
 * OP_ANSWER is a reply and then a receive with the same buffer, which takes one handle: what a busy
 * server does. The data for the client, arg1 bytes, lies where the call's data lay, behind struct
 * call. That the client is gone, or has no room for it, is no error; with any other one nothing is
 * received, and the call waits for its reply.
 *
 * Calls through one minted object are received in order; objects take turns. A server that ends, or
 * closes its last handle that can receive, gives up the calls that it has taken; see PORT_AGAIN.
 *
 * A call with op OP_CLOSE and number 0 is a notice, and is not replied to: the last handle of one
 * minted object with this badge was closed.
 */
#ifndef ABI_PORT_H
#define ABI_PORT_H

#include <stddef.h>
#include <stdint.h>

/* How a port is made (arg1 of its creation). */
enum port_flag {
    /* calls that a server received and did not answer before it ended go first to the next server
     * of the port; without this they fail with E_GONE */
    PORT_AGAIN = 1,
};

enum call_flag {
    CALL_AGAIN = 1, /* was received before, by a server that ended without a reply */
};

struct call {
    uint64_t number; /* names the call in the reply; 0 for a notice */
    uint64_t badge;  /* as given when the client's handle was minted */
    uint16_t op;     /* enum op */
    uint16_t flags;  /* enum call_flag */
    uint32_t rights; /* of the handle that the client used */
    uint64_t length; /* bytes that the client offers or takes */
    uint64_t offset;
    uint64_t arg0, arg1;
    uint32_t handle;  /* OP_SHARE: the object handed over, now in the server's table; else 0 */
    uint32_t process; /* number of the client's process */
};

_Static_assert(sizeof(struct call) == 64, "struct call is 64 bytes");

#endif
