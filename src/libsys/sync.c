/* Synchronous calls on top of the thread's ring: see sync.h. */
#include "libsys/sync.h"

#include "abi/error.h"
#include "abi/op.h"
#include "libsys/ring.h"
#include "libsys/text.h"
#include "libsys/thread.h"

/* Wait until the completion with this user_data is there. */
static __attribute__((noinline)) int64_t answer_wait(struct ring *ring, uint64_t user_data)
{
    struct completion completion;

    /* Wait for one completion more than those that are there and are somebody else's. */
    while (!ring_pop_tagged(ring, user_data, &completion))
        enter(ring_pending(ring), ring_ready(ring) + 1, NEVER);
    return completion.result;
}

/* In each function here, so that its request is made in its place in the ring. */
static inline __attribute__((always_inline)) int64_t request_do(struct request request)
{
    struct ring *ring = thread_ring();
    int64_t result;

    request.user_data = SYNC_TAG | thread_sync_count();
    if (!ring_push(ring, request) && (!request_room() || !ring_push(ring, request)))
        return -E_ROOM;
    enter(ring_pending(ring), ring_ready(ring) + 1, NEVER);
    /* Most often nothing else is there. */
    return ring_pop_if(ring, request.user_data, &result) ? result
                                                         : answer_wait(ring, request.user_data);
}

int64_t request_wait(struct request request)
{
    return request_do(request);
}

bool request_room(void)
{
    struct ring *ring = thread_ring();

    if (ring_room(ring) == 0)
        enter(ring_pending(ring), 0, 0);
    return ring_room(ring) != 0;
}

int64_t trace_mark(uint64_t mark)
{
    struct ring *ring = thread_ring();
    struct completion completion;

    if (!ring_push(ring, (struct request){.op = OP_NOP, .user_data = mark}))
        return -E_ROOM;
    do {
        enter(ring_pending(ring), ring_ready(ring) + 1, NEVER);
    } while (!ring_pop_tagged(ring, mark, &completion));
    return completion.result;
}

int64_t object_read(uint32_t handle, void *buffer, uint64_t length, uint64_t offset)
{
    return request_do((struct request){.op = OP_READ,
                                       .handle = handle,
                                       .buffer = (uint64_t)buffer,
                                       .length = length,
                                       .offset = offset});
}

int64_t object_write(uint32_t handle, const void *data, uint64_t length, uint64_t offset)
{
    return request_do((struct request){.op = OP_WRITE,
                                       .handle = handle,
                                       .buffer = (uint64_t)data,
                                       .length = length,
                                       .offset = offset});
}

int64_t object_open(uint32_t table, const char *path, uint32_t rights)
{
    return request_do((struct request){.op = OP_OPEN,
                                       .handle = table,
                                       .buffer = (uint64_t)path,
                                       .length = strlen(path),
                                       .arg0 = rights});
}

int64_t object_create(uint32_t handle, uint32_t kind, const char *name, uint64_t size,
                      uint64_t parameter)
{
    return request_do((struct request){.op = OP_CREATE,
                                       .handle = handle,
                                       .buffer = (uint64_t)name,
                                       .length = name ? strlen(name) : 0,
                                       .offset = size,
                                       .arg0 = kind,
                                       .arg1 = parameter});
}

int64_t object_remove(uint32_t handle, const char *name, int64_t status)
{
    return request_do((struct request){.op = OP_REMOVE,
                                       .handle = handle,
                                       .buffer = (uint64_t)name,
                                       .length = name ? strlen(name) : 0,
                                       .arg0 = (uint64_t)status});
}

int64_t object_get(uint32_t handle, uint32_t property)
{
    return object_get_bytes(handle, property, NULL, 0);
}

int64_t object_get_bytes(uint32_t handle, uint32_t property, void *buffer, uint64_t length)
{
    return request_do((struct request){.op = OP_GET,
                                       .handle = handle,
                                       .buffer = (uint64_t)buffer,
                                       .length = length,
                                       .arg0 = property});
}

int64_t object_set(uint32_t handle, uint32_t property, uint64_t value)
{
    return request_do(
        (struct request){.op = OP_SET, .handle = handle, .arg0 = property, .arg1 = value});
}

int64_t object_set_bytes(uint32_t handle, uint32_t property, const void *data, uint64_t length)
{
    return request_do((struct request){.op = OP_SET,
                                       .handle = handle,
                                       .buffer = (uint64_t)data,
                                       .length = length,
                                       .arg0 = property});
}

int64_t object_share(uint32_t handle, uint32_t given, uint32_t rights, const char *name)
{
    return request_do((struct request){.op = OP_SHARE,
                                       .handle = handle,
                                       .buffer = (uint64_t)name,
                                       .length = strlen(name),
                                       .arg0 = given,
                                       .arg1 = rights});
}

int64_t object_map(uint32_t process, uint32_t object, uint32_t access, uint64_t address,
                   uint64_t length, uint64_t offset)
{
    return request_do((struct request){.op = OP_MAP,
                                       .handle = process,
                                       .buffer = address,
                                       .length = length,
                                       .offset = offset,
                                       .arg0 = object,
                                       .arg1 = access});
}

int64_t object_unmap(uint32_t process, uint64_t address, uint64_t length)
{
    return request_do(
        (struct request){.op = OP_UNMAP, .handle = process, .buffer = address, .length = length});
}

int64_t handle_duplicate(uint32_t handle, uint32_t rights)
{
    return request_do((struct request){.op = OP_DUPLICATE, .handle = handle, .arg0 = rights});
}

int64_t handle_close(uint32_t handle)
{
    return request_do((struct request){.op = OP_CLOSE, .handle = handle});
}

int64_t request_cancel(uint32_t index)
{
    return request_do((struct request){.op = OP_CANCEL, .arg0 = index});
}

int64_t port_receive(uint32_t port, void *buffer, uint64_t length)
{
    return request_do((struct request){
        .op = OP_RECEIVE, .handle = port, .buffer = (uint64_t)buffer, .length = length, .arg0 = 1});
}

int64_t port_reply(uint32_t port, uint64_t call, int64_t result, const void *data, uint64_t length,
                   uint32_t given)
{
    return request_do((struct request){.op = OP_REPLY,
                                       .handle = port,
                                       .buffer = (uint64_t)data,
                                       .length = length,
                                       .offset = (uint64_t)result,
                                       .arg0 = call,
                                       .arg1 = given});
}

int64_t object_watch(uint32_t handle, uint32_t property, uint64_t seen)
{
    return request_do(
        (struct request){.op = OP_WATCH, .handle = handle, .arg0 = property, .arg1 = seen});
}
