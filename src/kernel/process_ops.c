/* Processes as objects, and the table of processes. */
#include "abi/layout.h"
#include "bytes.h"
#include "event.h"
#include "io_ports.h"
#include "job.h"
#include "number.h"
#include "page.h"
#include "port.h"
#include "process.h"
#include "table.h"
#include "thread.h"

#include "abi/port.h"

/* A new thread; the process finds its handle in RSI, the caller gets one as well. */
static int64_t thread_make(struct job *job, struct process *process)
{
    struct thread_start start;
    struct thread *thread;
    int64_t result, own;

    if (job->request.length < sizeof start || job_fetch(job, 0, &start, sizeof start))
        return -E_BUFFER;
    if ((result = thread_prepare(process, &start, &job->made)))
        return result;
    if (!memory_clear((struct memory *)job->made, &job->done))
        return JOB_MORE;
    if ((result = thread_create(process, &start, (struct memory *)job->made, &thread)))
        return result;
    own = handle_create(&process->handles, object_hold(&thread->object), RIGHT_ALL);
    result = own;
    if (own >= 0 && process != job_process(job))
        result = job_give(job, object_hold(&thread->object), RIGHT_ALL);
    if (result < 0) {
        if (own >= 0)
            handle_close(&process->handles, (uint32_t)own);
        thread_end(thread, &process_killed);
        return result;
    }
    thread_start(thread, (uint32_t)own, start.argument);
    return result;
}

/* Objects that a process makes are charged to it. */
static int64_t process_op_create(struct job *job)
{
    struct process *process = (struct process *)job->object;
    struct object *object = NULL;

    if (process->state != PROCESS_RUNNING)
        return -E_STATE;
    switch (job->request.arg0) {
    case OBJECT_THREAD:
        return thread_make(job, process);
    case OBJECT_MEMORY:
        return memory_make(job, process->account);
    case OBJECT_EVENT:
    case OBJECT_TIMER:
        object = event_create(process->account, job->request.arg0 == OBJECT_TIMER);
        break;
    case OBJECT_TABLE:
        object = table_create(process);
        break;
    case OBJECT_PORT:
        if (job->request.arg1 & ~(uint64_t)PORT_AGAIN)
            return -E_ARGUMENT;
        object = port_create(process->account, job->request.arg1 & PORT_AGAIN);
        break;
    default:
        return -E_ARGUMENT;
    }
    return object ? job_give(job, object, RIGHT_ALL) : -E_MEMORY;
}

/* End the process: one's own with a status, another's by force. */
static int64_t process_op_remove(struct job *job)
{
    struct process *process = (struct process *)job->object;
    bool own = process == job_process(job);

    if (process->state == PROCESS_ENDED)
        return -E_GONE;
    process_end(process, own ? &(struct process_status){.reason = REASON_EXITED,
                                                        .status = (int64_t)job->request.arg0}
                             : &process_killed);
    return own ? JOB_PENDING : 0;
}

static int64_t process_op_get(struct job *job)
{
    struct process *process = (struct process *)job->object;
    uint64_t kind = job->request.arg0 - PROPERTY_FRAMES;

    if (kind < ACCOUNT_KINDS)
        return (int64_t)process->account->items[index_below(kind, ACCOUNT_KINDS)].used;
    if (kind - ACCOUNT_KINDS < ACCOUNT_KINDS)
        return (int64_t)process->account->items[kind - ACCOUNT_KINDS].limit;
    if (job->request.arg0 == PROPERTY_NAME)
        return job_answer(job, process->name, strlen(process->name));
    return object_op_get(job);
}

static int64_t binary_set(struct job *job, struct process *process)
{
    struct object *object;
    uint32_t rights;
    int64_t result;

    if (job->request.arg1 > UINT32_MAX)
        return -E_HANDLE;
    result = handle_resolve(&job_process(job)->handles, (uint32_t)job->request.arg1, RIGHT_READ,
                            &object, &rights);
    if (result)
        return result;
    if (object->type != &memory_type)
        return -E_TYPE;
    if (!memory_is_near((struct memory *)object)) /* its loading cannot wait */
        return -E_STATE;
    if (process->binary)
        object_release(&process->binary->object);
    process->binary = (struct memory *)object_hold(object);
    return 0;
}

static int64_t arguments_set(struct job *job, struct process *process)
{
    struct start_block *block = process_block(process);
    char *arguments = (char *)block + PROCESS_ARGUMENTS_AT;
    uint64_t size = job->request.length;

    if (size > PAGE_SIZE - PROCESS_ARGUMENTS_AT)
        return -E_RANGE;
    block->arguments = 0;
    if (job_fetch(job, 0, arguments, size))
        return -E_BUFFER;
    if (size && arguments[size - 1])
        return -E_ARGUMENT;
    block->size = PROCESS_ARGUMENTS_AT + size;
    while (size)
        block->arguments += !arguments[--size];
    return 0;
}

static int64_t process_op_set(struct job *job)
{
    struct process *process = (struct process *)job->object;
    uint64_t kind = job->request.arg0 - PROPERTY_FRAME_LIMIT;

    if (kind < ACCOUNT_KINDS)
        return account_limit(&process->account->items[kind], job->request.arg1) ? 0 : -E_RANGE;
    if (job->request.arg0 == PROPERTY_PRIORITY_LIMIT) {
        if (job->request.arg1 > job_process(job)->priority_limit)
            return -E_DENIED;
        process->priority_limit = (uint8_t)job->request.arg1;
        object_changed(job->object);
        return 0;
    }
    if (process->state != PROCESS_BUILT)
        return -E_STATE;
    switch (job->request.arg0) {
    case PROPERTY_BINARY:
        return binary_set(job, process);
    case PROPERTY_ARGUMENTS:
        return arguments_set(job, process);
    case PROPERTY_START:
        return process->binary ? process_start(process) : -E_STATE;
    default:
        return -E_ARGUMENT;
    }
}

/* Hand an object to a process that is being built, under a name. */
static int64_t process_op_share(struct job *job)
{
    struct process *process = (struct process *)job->object;
    char name[HANDLE_NAME_SIZE];
    int64_t length = job_fetch_name(job, name, sizeof name), result;
    struct object *object;
    uint32_t rights;

    if (length <= 0)
        return length ? length : -E_NAME;
    if (process->state != PROCESS_BUILT)
        return -E_STATE;
    if ((result = job_argument_pass(job, &object, &rights)))
        return result;
    return process_share(process, object_hold(object), rights, name);
}

static int64_t ports_grant(struct process *process, const struct io_ports *ports)
{
    if (process->port_ranges == PROCESS_PORT_RANGES)
        return -E_LIMIT;
    process->ports[process->port_ranges++] = (struct port_range){ports->first, ports->last};
    cpu_grant_ports(process);
    return 0;
}

static int64_t process_op_map(struct job *job)
{
    struct process *process = (struct process *)job->object;
    uint64_t access = job->request.arg1;
    uint32_t has, needs = RIGHT_MAP;
    struct object *object;
    int64_t result = job_argument(job, RIGHT_MAP, &object, &has);

    if (result)
        return result;
    if (process->state != PROCESS_RUNNING)
        return -E_STATE;
    if (object->type == &io_ports_type)
        return ports_grant(process, (struct io_ports *)object);
    if (object->type != &memory_type)
        return -E_TYPE;
    if (access & ~(uint64_t)(MAP_READ | MAP_WRITE | MAP_EXECUTE))
        return -E_ARGUMENT;
    needs |= RIGHT_READ | (access & MAP_WRITE ? (uint32_t)RIGHT_WRITE : 0) |
             (access & MAP_EXECUTE ? (uint32_t)RIGHT_EXECUTE : 0);
    if ((needs & ~has) || ((access & MAP_WRITE) && !((struct memory *)object)->writable))
        return -E_DENIED;
    return space_map(&process->space, job->request.buffer, job->request.length,
                     (struct memory *)object, job->request.offset, (uint32_t)access, false);
}

static int64_t process_op_unmap(struct job *job)
{
    struct process *process = (struct process *)job->object;

    if (process->state != PROCESS_RUNNING)
        return -E_STATE;
    return space_unmap(&process->space, job->request.buffer, job->request.length, &job->done);
}

const struct object_type process_type = {
    .number = OBJECT_PROCESS,
    .rights = RIGHT_READ | RIGHT_CREATE | RIGHT_REMOVE | RIGHT_GET | RIGHT_SET | RIGHT_SHARE |
              RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct process),
    .numbers = {NUMBER(PROPERTY_NUMBER, struct process, number),
                NUMBER(PROPERTY_STATE, struct process, state),
                NUMBER(PROPERTY_PRIORITY_LIMIT, struct process, priority_limit)},
    .finish = process_finish,
    .methods = {[OP_READ] = ending_op_read,
                [OP_CREATE] = process_op_create,
                [OP_REMOVE] = process_op_remove,
                [OP_GET] = process_op_get,
                [OP_SET] = process_op_set,
                [OP_SHARE] = process_op_share,
                [OP_MAP] = process_op_map,
                [OP_UNMAP] = process_op_unmap},
};

static bool processes_entry(struct object *table, uint64_t index, struct table_entry *entry)
{
    struct process *process = process_at(index);

    (void)table;
    if (!process)
        return false;
    entry->type = OBJECT_PROCESS;
    entry->rights = process_type.rights;
    entry->size = process->account->items[ACCOUNT_FRAMES].used * PAGE_SIZE;
    number_format(entry->name, process->number, 10);
    return true;
}

static int64_t process_named(struct job *job, struct process **process)
{
    char name[16];
    uint64_t number;
    int64_t length = job_fetch_name(job, name, sizeof name);

    if (length < 0)
        return length;
    if (!number_parse(name, &number) || !(*process = process_find((uint32_t)number)))
        return -E_NOT_FOUND;
    return 0;
}

static int64_t processes_op_open(struct job *job)
{
    struct process *process;
    int64_t result = process_named(job, &process);

    return result ? result : job_give_opened(job, object_hold(&process->object), job->rights);
}

static int64_t processes_op_create(struct job *job)
{
    char name[PROCESS_NAME_SIZE];
    int64_t length = job_fetch_name(job, name, sizeof name);
    struct process *process;

    if (length <= 0)
        return length ? length : -E_NAME;
    process = process_create(name, job_process(job));
    return process ? job_give(job, &process->object, RIGHT_ALL) : -E_MEMORY;
}

static int64_t processes_op_remove(struct job *job)
{
    struct process *process;
    int64_t result = process_named(job, &process);

    if (result)
        return result;
    object_release(job->object);
    job->object = object_hold(&process->object);
    return process_op_remove(job);
}

static int64_t processes_op_get(struct job *job)
{
    if (job->request.arg0 == PROPERTY_FREE_FRAMES)
        return (int64_t)page_pool.free;
    return object_op_get(job);
}

static const struct object_type processes_type = {
    .number = OBJECT_PROCESSES,
    .rights = RIGHT_READ | RIGHT_OPEN | RIGHT_CREATE | RIGHT_REMOVE | RIGHT_GET | RIGHT_SET |
              RIGHT_MAP | RIGHT_SHARE | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .entry = processes_entry,
    .methods = {[OP_READ] = job_list,
                [OP_OPEN] = processes_op_open,
                [OP_CREATE] = processes_op_create,
                [OP_REMOVE] = processes_op_remove,
                [OP_GET] = processes_op_get},
};

struct object processes_table = {.type = &processes_type, .references = 1};
