/*
 * A program's way to main: its thread control block, arguments and named handles are made ready
 * before the first line that it wrote itself runs.
 */
#include <orrery.h>

#include "libsys/program.h"

struct program program;

int main(int argc, char **argv);

_Noreturn void program_start(struct ring *ring, uint64_t handle, struct start_block *block);

/* Before the first object_ call: those find the ring through FS, which is still 0. */
static void thread_base_set(struct ring *ring, struct thread *thread)
{
    struct completion completion;

    ring_push(ring, (struct request){.op = OP_SET,
                                     .handle = thread->handle,
                                     .user_data = SYNC_TAG,
                                     .arg0 = PROPERTY_TLS_BASE,
                                     .arg1 = (uint64_t)thread});
    enter(1, 1, NEVER);
    if (!ring_pop(ring, &completion) || completion.result < 0)
        __builtin_trap();
}

/* Point `argv` at the strings of the start block; returns their count. */
static int arguments_find(const struct start_block *block, char **argv, uint32_t room)
{
    char *string = (char *)block + block->arguments_offset;
    uint32_t count = block->arguments < room ? block->arguments : room - 1;

    for (uint32_t i = 0; i < count; i++) {
        argv[i] = string;
        string += strlen(string) + 1;
    }
    argv[count] = NULL;
    return (int)count;
}

_Noreturn void program_start(struct ring *ring, uint64_t handle, struct start_block *block)
{
    struct thread *thread = &thread_first;
    static char *argv[PROGRAM_ARGUMENTS_MAX + 1];

    thread->self = thread;
    thread->ring = ring;
    thread->handle = (uint32_t)handle;
    thread_variables_begin(thread);
    thread_base_set(ring, thread);
    program.block = block;
    program.time = (const struct time_page *)block->time_page;
    program_exit(main(arguments_find(block, argv, PROGRAM_ARGUMENTS_MAX + 1), argv));
}

_Noreturn void program_exit(int64_t status)
{
    object_remove(handle_named("self"), NULL, status);
    __builtin_trap();
}
