/*
 * Synchronous calls: one function an operation (abi/op.h).
 *
 * Each pushes one request on the thread's ring and waits for its completion, also while other
 * requests of the thread are in flight: completions that are not its own stay in the ring, in
 * order, for ring_pop. There is no other way into the kernel.
 *
 * All return the operation's result: what abi/op.h says, or a negative -(enum error); besides the
 * object's own errors always -E_HANDLE, -E_DENIED, -E_UNSUPPORTED, -E_BUFFER, and -E_ROOM if the
 * thread's ring is full of completions that nobody popped.
 */
#ifndef LIBSYS_SYNC_H
#define LIBSYS_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/object.h"
#include "abi/ring.h"

/* The user_data of synchronous requests: this in the upper half, a count in the lower one. */
#define SYNC_TAG (UINT64_C(0x53594e43) << 32)

/*
 * Submit one request, with whatever the thread has pushed before it, and wait for its result. The
 * request's user_data is overwritten; flags must not be REQUEST_LINK.
 */
int64_t request_wait(struct request request);

/*
 * Would request_wait find room in the ring? What was pushed is submitted if not. False: the ring is
 * full of requests that are not answered, or of completions that nobody popped.
 */
bool request_room(void);

/* A mark in the trace: a no-op whose user_data is `mark`, and no wait for others. Returns 0. */
int64_t trace_mark(uint64_t mark);

int64_t object_read(uint32_t handle, void *buffer, uint64_t length, uint64_t offset);
int64_t object_write(uint32_t handle, const void *data, uint64_t length, uint64_t offset);

/* Open what `path` names below the table; "" is the object itself. `rights` 0 asks for all. */
int64_t object_open(uint32_t table, const char *path, uint32_t rights);

/*
 * Create an object of `kind` with or in `handle`. `name` may be null; `size` is the size of a
 * memory object, or the rights of a remote one, whose badge is `parameter`.
 */
int64_t object_create(uint32_t handle, uint32_t kind, const char *name, uint64_t size,
                      uint64_t parameter);

/* Remove `name` from a table; with a null name end the object itself, with `status`. */
int64_t object_remove(uint32_t handle, const char *name, int64_t status);

/* A property that is a number: the number itself. */
int64_t object_get(uint32_t handle, uint32_t property);

/* A property that is text or bytes: how many of them are in `buffer` now. */
int64_t object_get_bytes(uint32_t handle, uint32_t property, void *buffer, uint64_t length);

int64_t object_set(uint32_t handle, uint32_t property, uint64_t value);
int64_t object_set_bytes(uint32_t handle, uint32_t property, const void *data, uint64_t length);

/* Hand a copy of `given`, with `rights` (0: all it has), to an object under `name`. */
int64_t object_share(uint32_t handle, uint32_t given, uint32_t rights, const char *name);

/*
 * Map `length` bytes of `object` from `offset` into a process, at `address` or, if that is 0, where
 * there is room. `access` is of enum map_access. Returns the address.
 */
int64_t object_map(uint32_t process, uint32_t object, uint32_t access, uint64_t address,
                   uint64_t length, uint64_t offset);
int64_t object_unmap(uint32_t process, uint64_t address, uint64_t length);

/* Another handle on the same object, with `rights` (0: all) of those that the first one has. */
int64_t handle_duplicate(uint32_t handle, uint32_t rights);
int64_t handle_close(uint32_t handle);

/* Cancel the thread's request that was pushed when submission_tail was `index`. */
int64_t request_cancel(uint32_t index);

int64_t port_receive(uint32_t port, void *buffer, uint64_t length);

/* Answer a call with `result` and data; `given` is a handle that goes with it, or 0. */
int64_t port_reply(uint32_t port, uint64_t call, int64_t result, const void *data, uint64_t length,
                   uint32_t given);

/* Wait until a property is another than `seen`; returns its new value. */
int64_t object_watch(uint32_t handle, uint32_t property, uint64_t seen);

#endif
