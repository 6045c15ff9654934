/* Threads: see thread.h. */
#include "libsys/thread.h"

#include "abi/error.h"
#include "abi/layout.h"
#include "abi/object.h"
#include "abi/op.h"
#include "libsys/handle.h"
#include "libsys/memory.h"
#include "libsys/process.h"
#include "libsys/ring.h"
#include "libsys/sync.h"
#include "libsys/text.h"

/* The linker's: the first values of a thread's variables; the sizes are the symbols' addresses. */
extern const char thread_variables[], thread_variables_data_size[], thread_variables_size[];

void thread_variables_begin(struct thread *thread)
{
    memcpy((char *)thread - (uintptr_t)thread_variables_size, thread_variables,
           (uintptr_t)thread_variables_data_size);
}

_Noreturn void thread_begin(struct ring *ring, uint64_t handle, struct thread *thread);

/* Where thread_enter (start.S) goes on: first C code of a created thread. */
_Noreturn void thread_begin(struct ring *ring, uint64_t handle, struct thread *thread)
{
    thread->ring = ring;
    thread->handle = (uint32_t)handle;
    thread_exit(thread->function(thread->argument));
}

void thread_enter(void);

int64_t thread_create(int (*function)(void *argument), void *argument, uint32_t ring_capacity)
{
    /* From the top: the control block, aligned as variables may be, the variables, the stack. */
    uint64_t size = THREAD_STACK_SIZE + (uint64_t)thread_variables_size;
    void *stack = memory_allocate(size);
    int64_t priority = object_get(thread_self()->handle, PROPERTY_PRIORITY);
    struct thread *thread;
    struct thread_start start;
    int64_t handle;

    if (!stack)
        return -E_MEMORY;
    size = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    thread = (struct thread *)((char *)stack + size - sizeof(*thread));
    *thread = (struct thread){.self = thread, .function = function, .argument = argument};
    thread_variables_begin(thread);
    start = (struct thread_start){.entry = (uint64_t)thread_enter,
                                  .stack = (uint64_t)thread - (uint64_t)thread_variables_size,
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
        memory_free(stack, size);
    return handle;
}

int64_t thread_priority_set(unsigned priority)
{
    return object_set(thread_self()->handle, PROPERTY_PRIORITY, priority);
}

int64_t thread_wait(uint32_t thread, struct process_status *status)
{
    return process_wait(thread, status);
}

_Noreturn void thread_exit(int status)
{
    if (thread_self()->wake)
        handle_close(thread_self()->wake);
    object_remove(thread_self()->handle, NULL, status);
    __builtin_trap();
}
