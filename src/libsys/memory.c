/* Memory objects and mappings: see memory.h. */
#include "libsys/memory.h"

#include <stddef.h>

#include "abi/error.h"
#include "abi/layout.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/right.h"
#include "libsys/handle.h"
#include "libsys/ring.h"
#include "libsys/sync.h"
#include "libsys/text.h"
#include "libsys/thread.h"

static uint64_t page_round_up(uint64_t size_bytes)
{
    return (size_bytes + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

int64_t memory_create(uint64_t size_bytes)
{
    return object_create(handle_named("self"), OBJECT_MEMORY, NULL, page_round_up(size_bytes), 0);
}

/* Memory that takes 16 bytes to describe. */
static int64_t create_described(uint32_t handle, uint64_t size_bytes, enum memory_form form,
                                const void *description)
{
    return request_wait((struct request){.op = OP_CREATE,
                                         .handle = handle,
                                         .buffer = (uint64_t)description,
                                         .length = sizeof(struct memory_part),
                                         .offset = size_bytes,
                                         .arg0 = OBJECT_MEMORY,
                                         .arg1 = form});
}

int64_t memory_create_contiguous(uint64_t size_bytes, uint64_t alignment, uint64_t highest)
{
    const struct memory_place place = {alignment, highest};

    return create_described(handle_named("self"), size_bytes, MEMORY_CONTIGUOUS, &place);
}

int64_t memory_create_paged(uint64_t size_bytes, uint32_t remote, uint64_t timeout_ns)
{
    const struct memory_pager pager = {.handle = remote, .timeout_ns = timeout_ns};

    return create_described(handle_named("self"), size_bytes, MEMORY_PAGED, &pager);
}

int64_t memory_view(uint32_t memory, uint64_t offset, uint64_t length, bool writable)
{
    const struct memory_part part = {offset, length};

    return create_described(memory, 0, writable ? MEMORY_VIEW : MEMORY_VIEW_READ_ONLY, &part);
}

int64_t memory_loan(uint32_t memory, uint64_t offset, uint64_t length)
{
    const struct memory_part part = {offset, length};

    return create_described(memory, 0, MEMORY_LOAN, &part);
}

int64_t memory_lend(uint32_t object, const char *name, uint32_t memory, uint64_t offset,
                    uint64_t length, bool writable)
{
    const uint32_t rights = RIGHT_READ | RIGHT_MAP | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER;
    int64_t loan = memory_loan(memory, offset, length);
    struct request share = {.op = OP_SHARE,
                            .flags = REQUEST_LINK,
                            .handle = object,
                            .user_data = SYNC_TAG | thread_sync_count(),
                            .buffer = (uint64_t)name,
                            .length = strlen(name),
                            .arg0 = (uint64_t)loan,
                            .arg1 = rights | (writable ? (uint32_t)RIGHT_WRITE : 0)};
    struct request close = {.op = OP_CLOSE, .flags = REQUEST_ALWAYS, .handle = (uint32_t)loan};
    struct completion completion = {.result = -E_ROOM};
    struct ring *ring = thread_ring();

    if (loan < 0)
        return loan;
    if (ring_room(ring) < 2)
        enter(ring_pending(ring), 0, 0);
    /* linked: nothing comes between the answer and the loan's end */
    if (ring_room(ring) >= 2)
        ring_push(ring, share);
    request_wait(close);
    ring_pop_tagged(ring, share.user_data, &completion);
    return completion.result;
}

int64_t memory_copy(uint32_t memory, uint64_t offset, uint64_t length)
{
    const struct memory_part part = {offset, length};

    return create_described(memory, 0, MEMORY_COPY, &part);
}

void *memory_map(uint32_t memory, uint64_t size_bytes, uint32_t access)
{
    int64_t address =
        object_map(handle_named("self"), memory, access, 0, page_round_up(size_bytes), 0);

    return address < 0 ? NULL : (void *)address;
}

void *memory_allocate(uint64_t size_bytes)
{
    int64_t memory = memory_create(size_bytes);
    void *address;

    if (memory < 0)
        return NULL;
    address = memory_map((uint32_t)memory, size_bytes, MAP_READ | MAP_WRITE);
    handle_close((uint32_t)memory); /* the mapping keeps the pages */
    return address;
}

void memory_free(void *address, uint64_t size_bytes)
{
    object_unmap(handle_named("self"), (uint64_t)address, page_round_up(size_bytes));
}
