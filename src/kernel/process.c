/* Processes, as process.h tells: building, starting, ending. Operations: process_ops.c. */
#include "bytes.h"
#include "clock.h"
#include "direct.h"
#include "elf.h"
#include "heap.h"
#include "job.h"
#include "page.h"
#include "process.h"
#include "thread.h"
#include "trace.h"
#include "x86/cpu.h"

#define HEAD_SIZE 1024u /* of a program's file: where its headers must lie */

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
    list_for_each(link, &processes)
    {
        struct process *process = container_of(link, struct process, link);

        if (process->number == number)
            return process;
    }
    return NULL;
}

struct process *process_create(const char *name, struct account *limits, uint32_t creator)
{
    struct process *process = object_create(&process_type);

    if (!process)
        return NULL;
    process->account =
        account_create(limits->frames.limit, limits->handles.limit, limits->threads.limit);
    process->named = heap_alloc(PROCESS_NAMED_HANDLES * sizeof *process->named);
    if (!process->account || !process->named || !space_init(&process->space, process->account)) {
        if (process->named)
            heap_free(process->named, PROCESS_NAMED_HANDLES * sizeof *process->named);
        if (process->account)
            account_release(process->account);
        object_free(&process->object);
        return NULL;
    }
    handle_table_init(&process->handles, process->account);
    list_init(&process->threads);
    list_init(&process->waiting);
    process->number = ++last_number;
    memcpy(process->name, name, strlen(name) + 1);
    list_insert(&processes, &process->link);
    trace(TRACE_PROCESS_CREATE, process->number, creator);
    return process;
}

int64_t process_share(struct process *process, struct object *object, uint32_t rights,
                      const char *name)
{
    struct start_handle *named = &process->named[process->named_count];
    int64_t result;

    if (process->named_count == PROCESS_NAMED_HANDLES) {
        object_release(object);
        return -E_LIMIT;
    }
    named->type = object->type->number;
    memcpy(named->name, name, strlen(name) + 1);
    result = handle_create(&process->handles, object, rights);
    if (result < 0)
        return result;
    named->handle = (uint32_t)result;
    process->named_count++;
    return 0;
}

/* A segment's memory: filled from the file, zero behind and before that. */
static int64_t segment_load(struct process *process, const struct program_segment *segment)
{
    struct memory *memory = memory_create(process->account, segment->size);
    uint64_t done = 0;
    int64_t result = 0;

    if (!memory)
        return -E_MEMORY;
    while (done < segment->data_size && !result) {
        uint64_t from = segment->offset + done, within = from % PAGE_SIZE;
        uint64_t count = PAGE_SIZE - within, left = segment->data_size - done;
        uint64_t page = memory_page(process->binary, from >> PAGE_SHIFT);

        count = count < left ? count : left;
        if (page == FRAME_NONE || !memory_write(memory, segment->data - segment->address + done,
                                                (uint8_t *)direct_pointer(page) + within, count))
            result = -E_MEMORY;
        done += count;
    }
    if (!result)
        result = space_map(&process->space, segment->address, segment->size, memory, 0,
                           segment->access, false);
    object_release(&memory->object);
    return result < 0 ? result : 0;
}

static int64_t program_load(struct process *process, uint64_t *entry)
{
    struct memory *binary = process->binary;
    uint64_t head_size = binary->size < HEAD_SIZE ? binary->size : HEAD_SIZE;
    uint8_t head[HEAD_SIZE];
    struct program program;
    uint64_t page;
    int64_t result;

    if (!head_size)
        return -E_NOT_PROGRAM;
    if ((page = memory_page(binary, 0)) == FRAME_NONE)
        return -E_MEMORY;
    memcpy(head, direct_pointer(page), head_size);
    result = program_parse(&program, head, head_size, binary->size);
    for (uint32_t i = 0; i < program.count && !result; i++)
        result = segment_load(process, &program.segments[i]);
    *entry = program.entry;
    return result;
}

static int64_t stack_map(struct process *process)
{
    struct memory *stack = memory_create(process->account, START_STACK_SIZE);
    int64_t result;

    if (!stack)
        return -E_MEMORY;
    result = space_map(&process->space, START_STACK_TOP - START_STACK_SIZE, START_STACK_SIZE, stack,
                       0, MAP_WRITE, false);
    object_release(&stack->object);
    return result < 0 ? result : 0;
}

static uint32_t strings_count(const char *strings, uint64_t size)
{
    uint32_t count = 0;

    for (uint64_t i = 0; i < size; i++)
        count += strings[i] == 0;
    return count;
}

/* Lay the start block out in a page of its own: its address in the process, or an error. */
static int64_t block_map(struct process *process, uint64_t time_page)
{
    struct memory *memory = memory_create_block(process->account, PAGE_SIZE);
    struct start_block *block;
    int64_t result;

    if (!memory)
        return -E_MEMORY;
    block = direct_pointer(memory->base);
    *block = (struct start_block){
        .magic = START_MAGIC,
        .time_page = time_page,
        .handles = process->named_count,
        .handles_offset = sizeof *block,
        .arguments = strings_count(process->arguments, process->arguments_size),
        .arguments_offset =
            (uint32_t)(sizeof *block + process->named_count * sizeof *process->named),
    };
    block->size = block->arguments_offset + process->arguments_size;
    memcpy(block + 1, process->named, process->named_count * sizeof *process->named);
    memcpy((uint8_t *)block + block->arguments_offset, process->arguments, process->arguments_size);
    result = space_map(&process->space, 0, PAGE_SIZE, memory, 0, MAP_READ, true);
    object_release(&memory->object);
    return result;
}

static void building_free(struct process *process)
{
    if (process->named)
        heap_free(process->named, PROCESS_NAMED_HANDLES * sizeof *process->named);
    if (process->arguments)
        heap_free(process->arguments, PROCESS_ARGUMENTS_SIZE);
    if (process->binary)
        object_release(&process->binary->object);
    process->named = NULL;
    process->arguments = NULL;
    process->binary = NULL;
}

/* Everything but letting the thread go. */
static int64_t process_prepare(struct process *process, struct thread **thread, uint32_t *handle,
                               uint64_t *block)
{
    struct thread_start start = {.stack = START_STACK_TOP, .priority = THREAD_PRIORITY_DEFAULT};
    int64_t result, time_page;

    if ((result = program_load(process, &start.entry)) || (result = stack_map(process)))
        return result;
    result = process_share(process, object_hold(&process->object), RIGHT_ALL, "self");
    if (result < 0)
        return result;
    time_page = space_map(&process->space, 0, PAGE_SIZE, clock_page(), 0, MAP_READ, true);
    if (time_page < 0)
        return time_page;
    if ((result = block_map(process, (uint64_t)time_page)) < 0)
        return result;
    *block = (uint64_t)result;
    if ((result = thread_create(process, &start, thread)))
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

/* Take apart what it is made of; its threads stop first. */
static void process_clear(struct process *process)
{
    while (!list_empty(&process->threads))
        thread_end(container_of(process->threads.next, struct thread, link));
    cpu_forget(process);
    building_free(process);
    handle_table_destroy(&process->handles);
    space_destroy(&process->space);
    process->port_ranges = 0;
    list_remove(&process->link);
}

static void waiting_answer(struct process *process)
{
    while (!list_empty(&process->waiting)) {
        struct job *job = container_of(process->waiting.next, struct job, link);

        job_complete(job, job_answer(job, &process->status, sizeof process->status));
    }
}

void process_end(struct process *process, const struct process_status *status)
{
    bool was_running = process->state == PROCESS_RUNNING;

    if (process->state == PROCESS_ENDED)
        return;
    object_hold(&process->object);
    trace(TRACE_PROCESS_EXIT, process->number, (uint64_t)status->status);
    process->state = PROCESS_ENDED;
    process->status = *status;
    process_clear(process);
    waiting_answer(process);
    if (was_running)
        object_release(&process->object);
    object_release(&process->object);
}

/* Nobody has a handle any more: the last step, for one that was never started the only one. */
void process_destroy(struct object *object)
{
    struct process *process = (struct process *)object;

    if (process->state != PROCESS_ENDED)
        process_clear(process);
    account_release(process->account);
    object_free(object);
}
