/*
 * Ports: what a server finds in its buffer when a receive completes: struct call, then data.
 *
 * A call is any operation that a client asked for on a handle minted from the port. For operations
 * whose data goes IN (abi/op.h) as much of it follows the header as the buffer holds, `length`
 * tells how much the client offers in all. For those whose data goes OUT, `length` is what the
 * client takes at most. The server answers with OP_REPLY on the port: arg0 = number, offset =
 * result, buffer and length = data for the client (never more than it takes), arg1 = handle to
 * give. With a handle the result is the client's new handle; without one, OP_OPEN and OP_CREATE
 * cannot be answered with a result above 0.
 *
 * A call with op OP_CLOSE and number 0 is a notice, and is not replied to: the last handle of one
 * minted object with this badge was closed.
 */
#ifndef ABI_PORT_H
#define ABI_PORT_H

#include <stddef.h>
#include <stdint.h>

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
