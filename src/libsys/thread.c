/* Threads: see thread.h. */
#include "libsys/thread.h"

#include "abi/error.h"
#include "abi/object.h"
#include "abi/op.h"
#include "libsys/handle.h"
#include "libsys/memory.h"
#include "libsys/ring.h"
#include "libsys/sync.h"

_Noreturn void thread_begin(struct ring *ring, uint64_t handle, struct thread *thread);

/* Where thread_enter (start.S) goes on: first C code of a created thread. */
_Noreturn void thread_begin(struct ring *ring, uint64_t handle, struct thread *thread)
{
    thread->ring = ring;
    thread->handle = (uint32_t)handle;
    thread->function(thread->argument);
    thread_exit();
}

void thread_enter(void);

int64_t thread_create(int (*function)(void *argument), void *argument, uint32_t ring_capacity)
{
    void *stack = memory_allocate(THREAD_STACK_SIZE);
    int64_t priority = object_get(thread_self()->handle, PROPERTY_PRIORITY);
    struct thread *thread;
    struct thread_start start;
    int64_t handle;

    if (!stack)
        return -E_MEMORY;
    /* The block lies at the top of the stack's memory, the stack begins right below it. */
    thread = (struct thread *)((char *)stack + THREAD_STACK_SIZE - sizeof(*thread));
    *thread = (struct thread){.self = thread, .function = function, .argument = argument};
    start = (struct thread_start){.entry = (uint64_t)thread_enter,
                                  .stack = (uint64_t)thread & ~UINT64_C(15),
                                  .argument = (uint64_t)thread,
                                  .tls_base = (uint64_t)thread,
                                  .ring_capacity = ring_capacity,
                                  .priority = priority < 0 ? 0 : (uint32_t)priority};
    handle = request_wait((struct request){.op = OP_CREATE,
                                           .handle = handle_named("self"),
                                           .buffer = (uint64_t)&start,
                                           .length = sizeof(start),
                                           .arg0 = OBJECT_THREAD});
    if (handle < 0)
        memory_free(stack, THREAD_STACK_SIZE);
    return handle;
}

int64_t thread_priority_set(unsigned priority)
{
    return object_set(thread_self()->handle, PROPERTY_PRIORITY, priority);
}

_Noreturn void thread_exit(void)
{
    object_remove(thread_self()->handle, NULL, 0);
    __builtin_trap();
}
