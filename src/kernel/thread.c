/* Threads, as thread.h tells; and `enter`, the one system call. */
#include "clock.h"
#include "direct.h"
#include "job.h"
#include "lend.h"
#include "lock.h"
#include "page.h"
#include "process.h"
#include "schedule.h"
#include "thread.h"
#include "trace.h"
#include "work.h"
#include "x86/fpu.h"

/* Each a thread; or, if free again, twice the next free slot's number plus 1; or 0, never used,
 * then the next one is the next free. */
static uintptr_t slots[THREADS_MAX];
static uint32_t first_free;
static uint32_t last_number;

/* A place in the table of threads. There is one: accounts hold no more threads. */
static uint16_t slot_take(struct thread *thread)
{
    uint32_t slot = first_free;

    first_free = slots[slot] ? (uint32_t)(slots[slot] / 2) : slot + 1;
    slots[slot] = (uintptr_t)thread;
    return (uint16_t)slot;
}

static void slot_free(uint16_t slot)
{
    slots[slot] = 2 * (uintptr_t)first_free + 1;
    first_free = slot;
}

struct thread *thread_in_slot(uint16_t slot)
{
    uint64_t entry = slots[index_below(slot, THREADS_MAX)];

    return slot < THREADS_MAX && entry % 2 == 0 ? (struct thread *)entry : NULL;
}

/* Memory for the ring, seen by kernel and process, and for the jobs. */
static int64_t rings_create(struct thread *thread, uint32_t capacity, struct memory *ring)
{
    struct process *process = thread->process;
    uint64_t jobs;
    int64_t address;

    if (!account_charge(&process->account->items[ACCOUNT_REQUESTS], capacity))
        return -E_LIMIT;
    thread->ring.capacity = capacity;
    thread->ring_memory = (struct memory *)object_hold(&ring->object);
    address = space_map(&process->space, 0, ring->size, ring, 0, MAP_WRITE, true);
    if (address < 0)
        return address;
    thread->ring_address = (uint64_t)address;
    ring_init(&thread->ring, direct_pointer(thread->ring_memory->base), capacity);
    thread->jobs_order = page_order((capacity + 1) * sizeof(struct job));
    if ((jobs = page_alloc(process->account, thread->jobs_order)) == FRAME_NONE)
        return -E_MEMORY;
    jobs_init(thread, direct_pointer(jobs));
    return 0;
}

static void rings_destroy(struct thread *thread)
{
    account_refund(&thread->process->account->items[ACCOUNT_REQUESTS], thread->ring.capacity);
    if (thread->jobs)
        page_free(thread->process->account, direct_physical(thread->jobs), thread->jobs_order);
    if (thread->ring_address && thread->process->state != PROCESS_ENDED) /* else all goes */
        space_unmap_fixed(&thread->process->space, thread->ring_address);
    if (thread->ring_memory)
        object_release(&thread->ring_memory->object);
    thread->jobs = NULL;
    thread->ring_memory = NULL;
}

static int64_t start_check(const struct thread_start *start, uint8_t limit)
{
    uint32_t capacity = start->ring_capacity;

    if (start->priority >= THREAD_PRIORITIES)
        return -E_ARGUMENT;
    if (start->priority > limit)
        return -E_DENIED;
    if (capacity && (capacity < RING_CAPACITY_MIN || capacity > RING_CAPACITY_MAX ||
                     (capacity & (capacity - 1))))
        return -E_ARGUMENT;
    /* SYSRET, IRET and WRMSR must never see an address that is not canonical */
    if (start->entry >= USER_TOP || start->tls_base >= USER_TOP)
        return -E_RANGE;
    return 0;
}

static uint32_t start_capacity(const struct thread_start *start)
{
    return start->ring_capacity ? start->ring_capacity : RING_CAPACITY_MIN;
}

int64_t thread_prepare(struct process *process, const struct thread_start *start,
                       struct object **ring)
{
    int64_t result = start_check(start, process->priority_limit);
    uint64_t size = ring_size_bytes(start_capacity(start)) + PAGE_SIZE - 1;

    if (!result && !*ring) {
        *ring = (struct object *)memory_create_contiguous(process->account, size & ~(PAGE_SIZE - 1),
                                                          0, UINT64_MAX);
        result = *ring ? 0 : -E_MEMORY;
    }
    return result;
}

int64_t thread_create(struct process *process, const struct thread_start *start,
                      struct memory *ring, struct thread **made)
{
    struct thread *thread;
    int64_t result;

    if (ring_size_bytes(start_capacity(start)) > ring->size)
        return -E_BUFFER; /* the start was another one when the ring was prepared */
    if (!account_charge(&process->account->items[ACCOUNT_THREADS], 1))
        return -E_LIMIT;
    if (!(thread = object_create(&thread_type, process->account))) {
        account_refund(&process->account->items[ACCOUNT_THREADS], 1);
        return -E_MEMORY;
    }
    list_init(&thread->ready);
    list_init(&thread->ending.waiting);
    list_init(&thread->work);
    thread->process = process;
    thread->number = ++last_number;
    thread->process_number = process->number;
    thread->slot = slot_take(thread);
    thread->priority = thread->own_priority = (uint8_t)start->priority;
    thread->state = THREAD_WAITING;
    thread->affinity = UINT8_MAX;
    thread->cpu = (uint8_t)cpu_current()->number;
    thread->tls_base = start->tls_base;
    registers_init(&thread->registers, start->entry, start->stack);
    thread->registers.rdx = start->argument;
    list_insert(&process->threads, &thread->link);
    trace(TRACE_THREAD_CREATE, thread->number, process->number);
    result = fpu_create(thread) ? 0 : -E_MEMORY;
    if (!result)
        result = rings_create(thread, start_capacity(start), ring);
    if (result) {
        thread_end(thread, &(struct process_status){.reason = REASON_MEMORY});
        return result;
    }
    *made = thread;
    return 0;
}

void thread_start(struct thread *thread, uint32_t handle, uint64_t argument)
{
    thread->registers.rdi = thread->ring_address;
    thread->registers.rsi = handle;
    thread->registers.rdx = argument;
    schedule_wake(thread);
}

void thread_end(struct thread *thread, const struct process_status *status)
{
    if (thread->state == THREAD_ENDED)
        return;
    trace(TRACE_THREAD_EXIT, thread->number, 0);
    schedule_stop(thread);
    thread->state = THREAD_ENDED;
    clock_clear(&thread->timer);
    list_remove(&thread->link);
    thread->process->threads_ending++;
    ending_tell(&thread->ending, status);
    object_end(&thread->object);
}

/* It has stopped: free what it has, then its process is done with it; at last the thread itself. */
static bool thread_finish(struct object *object)
{
    struct thread *thread = (struct thread *)object;

    if (!thread->process)
        return true;
    if (!jobs_discard(thread))
        return false;
    rings_destroy(thread);
    fpu_destroy(thread);
    slot_free(thread->slot);
    account_refund(&thread->process->account->items[ACCOUNT_THREADS], 1);
    thread->process->threads_ending--;
    thread->process = NULL;
    return true;
}

/* Does nothing more need to come before the thread may go on? */
static bool wait_is_over(const struct thread *thread)
{
    return ring_unreaped(&thread->ring) >= thread->wanted ||
           (thread->ring.in_flight == 0 && thread->deadline == DEADLINE_NEVER);
}

static void wait_end(struct thread *thread)
{
    clock_clear(&thread->timer);
    schedule_wake(thread);
}

static void wait_expire(struct timer *timer)
{
    wait_end(container_of(timer, struct thread, timer));
}

void thread_wait(struct thread *thread, uint32_t wanted, uint64_t deadline)
{
    thread->wanted = wanted;
    thread->deadline = deadline;
    thread->waits = thread->busy;
    if (thread->busy)
        return;
    if (wait_is_over(thread) || (deadline != DEADLINE_NEVER && deadline <= clock_now()))
        return;
    trace(TRACE_THREAD_WAIT, wanted, thread->ring.in_flight);
    schedule_stop(thread);
    thread->state = THREAD_WAITING;
    if (deadline != DEADLINE_NEVER) {
        thread->timer.fire = wait_expire;
        clock_set(&thread->timer, deadline);
    }
}

void thread_keep(struct thread *thread)
{
    struct cpu *cpu = cpus[thread->cpu];

    thread->busy = cpu->attention = true;
    if (thread->state == THREAD_WAITING) {
        thread->waits = true;
        wait_end(thread);
    } else if (cpu != cpu_current()) {
        cpu_wake(cpu);
    }
}

void thread_go_on(struct thread *thread)
{
    if (!list_empty(&thread->work)) {
        jobs_go_on(thread);
    } else if (thread->submit) {
        uint32_t taken = jobs_accept(thread, thread->submit);

        thread->registers.rax += taken;
        thread->submit = taken ? thread->submit - taken : 0;
    } else {
        thread->busy = false;
        if (thread->waits)
            thread_wait(thread, thread->wanted, thread->deadline);
    }
}

void thread_check(struct thread *thread)
{
    if (wait_is_over(thread))
        wait_end(thread);
}

/* What `enter` comes to: how many requests were taken, and whose registers to go on with; NULL for
 * the caller's, which are as it left them. */
struct entered {
    uint64_t accepted;
    struct registers *registers;
};

/* The one system call (abi/ring.h), called by x86/entry.S. */
struct entered enter(uint64_t submit, uint64_t wait, uint64_t deadline);

/* The lock is taken when it is first needed, and then kept until the end. Whenever it had to be
 * waited for, somebody may have ended the thread: then `thread` points to nothing. */
static __attribute__((noinline)) struct entered enter_work(struct cpu *cpu, uint64_t submit,
                                                           uint64_t wait, uint64_t deadline)
{
    struct thread *thread = cpu->thread;
    uint32_t most = submit < RING_CAPACITY_MAX ? (uint32_t)submit : RING_CAPACITY_MAX;
    uint32_t accepted = 0;

    if (submit)
        accepted = jobs_accept(thread, most);
    if (accepted) {
        cpu->counts->enters++;
        cpu->counts->requests += accepted;
        cpu->counts->batches[31 - __builtin_clz(accepted)]++;
    }
    if (cpu->thread == thread) {
        thread->registers.rax = accepted;
        if (accepted && accepted < most) { /* perhaps it was only cut */
            lock_take(cpu);
            if (cpu->thread == thread) {
                thread->submit = most - accepted;
                thread_keep(thread);
            }
        }
        if (wait ? ring_unreaped(&thread->ring) < wait : !submit) {
            lock_take(cpu);
            if (cpu->thread == thread && wait)
                thread_wait(thread, wait < UINT32_MAX ? (uint32_t)wait : UINT32_MAX, deadline);
            else if (cpu->thread == thread)
                schedule_yield();
        }
    }
    if (cpu->attention)
        return (struct entered){accepted, schedule()};
    lock_drop(cpu);
    return (struct entered){accepted, NULL};
}

struct entered enter(uint64_t submit, uint64_t wait, uint64_t deadline)
{
    struct cpu *cpu = cpu_current();

    if (!(submit | wait) && !(cpu->attention | schedule_others(cpu)))
        return (struct entered){0, NULL};
    return enter_work(cpu, submit, wait, deadline);
}

static int64_t thread_op_set(struct job *job)
{
    struct thread *thread = (struct thread *)job->object;
    uint64_t value = job->request.arg1;

    if (thread->state == THREAD_ENDED)
        return -E_GONE;
    switch (job->request.arg0) {
    case PROPERTY_TLS_BASE:
        if (value >= USER_TOP)
            return -E_RANGE;
        thread->tls_base = value;
        if (cpus[thread->cpu]->thread == thread)
            cpu_call(cpus[thread->cpu]);
        return 0;
    case PROPERTY_PRIORITY:
        if (value >= THREAD_PRIORITIES)
            return -E_RANGE;
        if (value > thread->process->priority_limit)
            return -E_DENIED;
        thread->own_priority = (uint8_t)value;
        lend_settle(thread, LEND_DEPTH);
        object_changed(&thread->object);
        return 0;
    case PROPERTY_AFFINITY:
        return schedule_affinity(thread, value) ? 0 : -E_RANGE;
    default:
        return -E_ARGUMENT;
    }
}

/* End the thread: oneself with a status, another one by force. The last one takes its process
 * along. */
static int64_t thread_op_remove(struct job *job)
{
    struct thread *thread = (struct thread *)job->object;
    struct process *process = thread->process;
    bool own = thread == job->thread;
    struct process_status status = {
        .reason = own ? REASON_EXITED : REASON_KILLED,
        .status = own ? (int64_t)job->request.arg0 : STATUS_KILLED,
    };

    if (thread->state == THREAD_ENDED)
        return -E_GONE;
    if (process->threads.next->next == &process->threads)
        process_end(process, &status);
    else
        thread_end(thread, &status);
    return own ? JOB_PENDING : 0;
}

const struct object_type thread_type = {
    .number = OBJECT_THREAD,
    .rights = RIGHT_READ | RIGHT_REMOVE | RIGHT_GET | RIGHT_SET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct thread),
    .finish = thread_finish,
    .numbers = {NUMBER(PROPERTY_NUMBER, struct thread, number),
                NUMBER(PROPERTY_PRIORITY, struct thread, own_priority),
                NUMBER(PROPERTY_AFFINITY, struct thread, affinity)},
    .methods =
        {[OP_READ] = ending_op_read, [OP_SET] = thread_op_set, [OP_REMOVE] = thread_op_remove},
};
