/* Processes, as process.h tells: building, starting, ending. Operations: process_ops.c. */
#include "bytes.h"
#include "clock.h"
#include "direct.h"
#include "elf.h"
#include "job.h"
#include "page.h"
#include "process.h"
#include "table.h"
#include "thread.h"
#include "trace.h"
#include "work.h"
#include "x86/cpu.h"

const struct process_status process_killed = {.reason = REASON_KILLED, .status = STATUS_KILLED};

static struct list processes = {&processes, &processes};
static uint32_t last_number;

struct process *process_at(uint64_t index)
{
    list_for_each(link, &processes)
    {
        if (index-- == 0)
            return container_of(link, struct process, link);
    }
    return NULL;
}

struct process *process_find(uint32_t number)
{
    uint32_t seen = 0;

    list_for_each(link, &processes)
    {
        struct process *process = container_of(link, struct process, link);

        work_spend(++seen % 8 == 0);
        if (process->number == number && process->object.references)
            return process;
    }
    return NULL;
}

struct process *process_create(const char *name, struct process *creator)
{
    struct account *payer = creator ? creator->account : &kernel_account;
    struct process *process = object_create(&process_type, payer);

    if (!process)
        return NULL;
    process->account = account_create(payer);
    if (process->account)
        process->block = memory_create_page(process->account);
    if (!process->block || !space_init(&process->space, process->account)) {
        if (process->block)
            object_release(&process->block->object);
        if (process->account)
            account_release(process->account);
        object_free(&process->object);
        return NULL;
    }
    handle_table_init(&process->handles, process->account);
    list_init(&process->threads);
    list_init(&process->bindings);
    list_init(&process->building);
    list_init(&process->maker);
    if (creator)
        list_insert(&creator->building, &process->maker);
    list_init(&process->ending.waiting);
    process->priority_limit = creator ? creator->priority_limit : THREAD_PRIORITIES - 1;
    process->number = ++last_number;
    memcpy(process->name, name, strlen(name) + 1);
    *process_block(process) = (struct start_block){
        .magic = START_MAGIC,
        .size = PROCESS_ARGUMENTS_AT,
        .handles_offset = sizeof(struct start_block),
        .arguments_offset = PROCESS_ARGUMENTS_AT,
    };
    list_insert(&processes, &process->link);
    trace(TRACE_PROCESS_CREATE, process->number, creator ? creator->number : 0);
    return process;
}

struct start_block *process_block(const struct process *process)
{
    return direct_pointer(process->block->base);
}

int64_t process_share(struct process *process, struct object *object, uint32_t rights,
                      const char *name)
{
    struct start_block *block = process_block(process);
    struct start_handle *named = (struct start_handle *)(block + 1) + block->handles;
    int64_t result;

    if (block->handles == PROCESS_NAMED_HANDLES) {
        object_release(object);
        return -E_LIMIT;
    }
    named->type = object->type->number;
    memcpy(named->name, name, strlen(name) + 1);
    result = handle_create(&process->handles, object, rights);
    if (result < 0)
        return result;
    named->handle = (uint32_t)result;
    block->handles++;
    return 0;
}

/* Map new memory, which then lives as long as its mapping: the address, or an error. */
static int64_t memory_place(struct process *process, struct memory *memory, uint64_t address,
                            uint32_t access)
{
    int64_t result;

    if (!memory)
        return -E_MEMORY;
    result = space_map(&process->space, address, memory->size, memory, 0, access, false);
    object_release(&memory->object);
    return result;
}

/* A segment's memory: filled from the file, zero behind and before that. */
static int64_t segment_load(struct process *process, const struct program_segment *segment)
{
    struct memory *memory = memory_create(process->account, segment->size);

    if (memory && !memory_copy(memory, segment->data - segment->address, process->binary,
                               segment->offset, segment->data_size)) {
        object_release(&memory->object);
        memory = NULL;
    }
    return memory_place(process, memory, segment->address, segment->access);
}

/* The program's headers lie on the first page of its file. */
static int64_t program_load(struct process *process, uint64_t *entry)
{
    struct memory *binary = process->binary;
    uint64_t head_size = page_rest(0, binary->size), page;
    struct program program;
    int64_t result;

    if (!head_size)
        return -E_NOT_PROGRAM;
    if ((page = memory_page(binary, 0)) == FRAME_NONE)
        return -E_MEMORY;
    result = program_parse(&program, direct_pointer(page), head_size, binary->size);
    for (uint32_t i = 0; result >= 0 && i < program.count; i++)
        result = segment_load(process, &program.segments[i]);
    *entry = program.entry;
    return result;
}

static void building_free(struct process *process)
{
    if (process->block)
        object_release(&process->block->object);
    if (process->binary)
        object_release(&process->binary->object);
    process->block = NULL;
    process->binary = NULL;
}

/* Everything but letting the thread go. */
static int64_t process_prepare(struct process *process, struct thread **thread, uint32_t *handle,
                               uint64_t *block)
{
    struct thread_start start = {
        .stack = START_STACK_TOP,
        .priority = process->priority_limit < THREAD_PRIORITY_DEFAULT ? process->priority_limit
                                                                      : THREAD_PRIORITY_DEFAULT,
    };
    struct memory *stack, *ring;
    int64_t result, time_page;

    if ((result = program_load(process, &start.entry)) < 0)
        return result;
    stack = memory_create(process->account, START_STACK_SIZE);
    result = memory_place(process, stack, START_STACK_TOP - START_STACK_SIZE, MAP_WRITE);
    if (result < 0)
        return result;
    result = process_share(process, object_hold(&process->object), RIGHT_ALL, "self");
    if (result < 0)
        return result;
    time_page = space_map(&process->space, 0, PAGE_SIZE, clock_page(), 0, MAP_READ, true);
    if (time_page < 0)
        return time_page;
    process_block(process)->time_page = (uint64_t)time_page;
    result = space_map(&process->space, 0, PAGE_SIZE, process->block, 0, MAP_READ, true);
    if (result < 0)
        return result;
    *block = (uint64_t)result;
    if (!(ring = memory_create_page(process->account)))
        return -E_MEMORY;
    result = thread_create(process, &start, ring, thread);
    object_release(&ring->object);
    if (result)
        return result;
    result = handle_create(&process->handles, object_hold(&(*thread)->object), RIGHT_ALL);
    *handle = (uint32_t)result;
    return result < 0 ? result : 0;
}

/* The first eight letters of the name, for the trace. */
static uint64_t name_word(const struct process *process)
{
    uint64_t word;

    memcpy(&word, process->name, sizeof word);
    return word;
}

int64_t process_start(struct process *process)
{
    struct thread *thread = NULL;
    uint32_t handle = 0;
    uint64_t block = 0;
    int64_t result;

    object_hold(&process->object); /* a living process is there without anybody's handle */
    process->state = PROCESS_RUNNING;
    list_remove(&process->maker);
    result = process_prepare(process, &thread, &handle, &block);
    if (result) {
        process_end(process, &(struct process_status){.reason = REASON_KILLED, .status = result});
        return result;
    }
    building_free(process);
    trace(TRACE_PROCESS_START, process->number, name_word(process));
    thread_start(thread, handle, block);
    return 0;
}

static bool building_end(struct list *building)
{
    while (!list_empty(building) && work_go(2)) {
        struct process *process = container_of(list_take(building), struct process, maker);

        if (process->ending.object.references) /* else it ends already */
            process_end(process, &process_killed);
    }
    return list_empty(building);
}

/* Take apart some of what it is made of; false if there is more. Its threads come first, and what
 * could hold itself goes here. */
static bool process_clear(struct process *process)
{
    while (!list_empty(&process->threads) && work_go(1))
        thread_end(container_of(process->threads.next, struct thread, link), &process->end);
    if (!list_empty(&process->threads) || process->threads_ending)
        return false;
    cpu_forget(process);
    building_free(process);
    process->port_ranges = 0;
    list_remove(&process->maker);
    return handle_table_clear(&process->handles) && bindings_delete(&process->bindings) &&
           building_end(&process->building) && space_clear(&process->space);
}

void process_end(struct process *process, const struct process_status *status)
{
    struct thread *thread = cpu_current()->thread;

    if (process->state == PROCESS_ENDED)
        return;
    if (process->state == PROCESS_BUILT)
        object_hold(&process->object); /* one that runs has this reference already */
    trace(TRACE_PROCESS_EXIT, process->number, (uint64_t)status->status);
    process->state = PROCESS_ENDED;
    process->end = *status;
    if (thread && thread->process == process)
        thread_end(thread, status);
    object_end(&process->object);
}

/* It ended, or nobody has a handle on it any more: for one that was never started that is all. */
bool process_finish(struct object *object)
{
    struct process *process = (struct process *)object;

    if (!process_clear(process))
        return false;
    list_remove(&process->link);
    if (!object->references) {
        account_release(process->account);
    } else {
        ending_tell(&process->ending, &process->end);
        object_changed(object);
    }
    return true;
}
