/* The scheduler, as schedule.h tells. */
#include "clock.h"
#include "job.h"
#include "lock.h"
#include "schedule.h"
#include "trace.h"
#include "work.h"
#include "x86/fpu.h"

#define SLICE_NS UINT64_C(10000000)

/* Each processor's ready threads, by priority. A ready thread is in the queue of the one that it
 * ran on last; a processor that has nothing to do takes from the others' queues. */
static struct list queues[CPUS_MAX][THREAD_PRIORITIES];

void schedule_init(void)
{
    for (uint32_t cpu = 0; cpu < CPUS_MAX; cpu++)
        for (unsigned i = 0; i < THREAD_PRIORITIES; i++)
            list_init(&queues[cpu][i]);
}

static bool thread_fits(const struct thread *thread, const struct cpu *cpu)
{
    return thread->affinity >> cpu->number & 1;
}

/* Priority of what the processor runs; -1 if that is nothing. */
static int priority_running(const struct cpu *cpu)
{
    return cpu->thread ? cpu->thread->priority : -1;
}

/* A processor that sleeps and may run the thread, `cpu` before others; or NULL. */
static struct cpu *sleeper_find(struct cpu *cpu, const struct thread *thread)
{
    if (cpu->idle)
        return cpu;
    for (uint32_t i = 0; i < cpus_count; i++)
        if (cpus[i]->idle && thread_fits(thread, cpus[i]))
            return cpus[i];
    return NULL;
}

/* Of several processors, the one to be told that the thread is about to be ready on `cpu`; or NULL.
 */
static __attribute__((noinline)) struct cpu *cpu_to_wake(struct cpu *cpu,
                                                         const struct thread *thread)
{
    struct cpu *sleeper = NULL, *here = cpu_current();

    if (cpu != here || cpu->thread || cpu->ready) /* else it is about to take the thread */
        sleeper = sleeper_find(cpu, thread);
    if (sleeper)
        return sleeper;
    /* it is the thread's turn, or the one there has its slice from now on */
    return cpu != here && priority_running(cpu) <= thread->priority ? cpu : NULL;
}

static void queue_insert(struct thread *thread, bool first)
{
    struct cpu *cpu = cpus[thread->cpu], *wake = NULL;
    struct list *queue;

    for (uint32_t i = 0; !thread_fits(thread, cpu); i++)
        cpu = cpus[i];
    if (cpus_count > 1)
        wake = cpu_to_wake(cpu, thread);
    thread->cpu = (uint8_t)cpu->number;
    thread->state = THREAD_READY;
    queue = &queues[cpu->number][thread->priority];
    list_insert(first ? queue->next : queue, &thread->ready);
    cpu->ready |= 1u << thread->priority;
    cpu->attention = true;
    if (wake)
        cpu_wake(wake);
}

static void queue_remove(struct thread *thread)
{
    struct list *next = thread->ready.next;

    list_cut(&thread->ready);
    if (next->next == next) /* the queue's head alone is left */
        cpus[thread->cpu]->ready &= ~(1u << thread->priority);
}

/* The highest priority that somebody is ready at; -1 if nobody is. */
static int priority_ready(const struct cpu *cpu)
{
    return cpu->ready ? 31 - __builtin_clz(cpu->ready) : -1;
}

void schedule_wake(struct thread *thread)
{
    trace(TRACE_THREAD_WAKE, thread->number, 0);
    queue_insert(thread, false);
}

static void thread_clear(struct cpu *cpu)
{
    cpu->thread = NULL;
    cpu->thread_number = 0;
    cpu->attention = true;
}

static void current_stop(struct cpu *cpu)
{
    fpu_save(cpu->thread);
    thread_clear(cpu);
}

void schedule_stop(struct thread *thread)
{
    struct cpu *cpu = cpu_current();

    if (cpu->thread == thread) {
        current_stop(cpu);
        return;
    }
    cpu = cpus[thread->cpu];
    if (thread->state == THREAD_READY)
        queue_remove(thread);
    if (cpu->thread != thread)
        return;
    /* it has answered, and so waits for the lock, to find that the thread is no more */
    cpu->attention = true;
    cpu_call(cpu);
    thread_clear(cpu);
}

/* What is decided about a thread by its properties has changed. */
static void thread_changed(struct thread *thread, bool ready)
{
    struct cpu *cpu = cpus[thread->cpu];

    if (ready)
        queue_insert(thread, false);
    cpu->attention = true;
    if (cpu->thread == thread && cpu != cpu_current())
        cpu_call(cpu); /* so that it looks before its thread executes another instruction */
}

void schedule_priority(struct thread *thread, uint8_t priority)
{
    bool ready = thread->state == THREAD_READY;

    if (ready)
        queue_remove(thread);
    thread->priority = priority;
    thread_changed(thread, ready);
}

bool schedule_affinity(struct thread *thread, uint64_t affinity)
{
    bool ready = thread->state == THREAD_READY;

    if (!(affinity & ((1u << cpus_count) - 1)))
        return false;
    if (ready)
        queue_remove(thread);
    thread->affinity = (uint8_t)affinity;
    thread_changed(thread, ready);
    return true;
}

void schedule_yield(void)
{
    struct cpu *cpu = cpu_current();
    struct thread *thread = cpu->thread;

    if (schedule_others(cpu)) {
        current_stop(cpu);
        queue_insert(thread, false);
    }
}

/* The current thread gives way to somebody more urgent, at the end of its slice, or because it may
 * not run here any more. */
static void current_check(struct cpu *cpu)
{
    struct thread *thread = cpu->thread;
    int priority = priority_ready(cpu);
    bool urgent = priority > thread->priority;

    if (!urgent && thread_fits(thread, cpu) &&
        (priority < thread->priority || !thread->slice_end || clock_now() < thread->slice_end))
        return;
    trace(TRACE_PREEMPT, thread->number, 0);
    current_stop(cpu);
    queue_insert(thread, urgent);
}

/* The first thread of the highest priority in a processor's queue that may run on `cpu`. */
static struct thread *queue_first(const struct cpu *from, const struct cpu *cpu)
{
    for (uint32_t ready = from->ready, priority; ready; ready &= ~(1u << priority)) {
        priority = 31 - (uint32_t)__builtin_clz(ready);
        list_for_each(link, &queues[from->number][priority])
        {
            struct thread *thread = container_of(link, struct thread, ready);

            if (thread_fits(thread, cpu))
                return thread;
        }
    }
    return NULL;
}

/* The next thread for this processor: its own first, then those that wait for others; or NULL. */
static __attribute__((noinline)) struct thread *thread_search(const struct cpu *cpu)
{
    struct thread *thread = queue_first(cpu, cpu);

    for (uint32_t i = 1; !thread && i < cpus_count; i++)
        thread = queue_first(cpus[(cpu->number + i) % cpus_count], cpu);
    return thread;
}

/* The same: most often it is the very first one. */
static struct thread *thread_next(const struct cpu *cpu)
{
    struct thread *thread;

    if (!cpu->ready)
        return thread_search(cpu);
    thread = container_of(queues[cpu->number][priority_ready(cpu)].next, struct thread, ready);
    return thread_fits(thread, cpu) ? thread : thread_search(cpu);
}

/* Go on with what takes long, or sleep if there is nothing to do; then see what came meanwhile. */
static void work_do(struct cpu *cpu)
{
    struct thread *thread = cpu->thread;
    uint64_t asleep;

    cpu->idle = !thread && !work_waits;
    if (cpu->idle)
        clock_arm(cpu, TIMER_NEVER);
    work_waits = objects_go_on();
    if (thread && thread->busy && !work_is_over())
        thread_go_on(thread);
    lock_drop(cpu);
    /* an interrupt that another processor sends from here on ends the sleep */
    asleep = cpu->idle ? cpu_tsc() : 0;
    cpu_breathe(cpu->idle);
    if (asleep)
        cpu->counts->idle_ticks += cpu_tsc() - asleep;
    lock_take(cpu);
    cpu->idle = false;
    clock_run();
    jobs_run();
}

static void thread_pick(struct cpu *cpu)
{
    struct thread *thread;

    while (!(thread = thread_next(cpu)))
        work_do(cpu);
    queue_remove(thread);
    thread->state = THREAD_RUNNING;
    thread->cpu = (uint8_t)cpu->number;
    thread->slice_end = 0;
    cpu->thread = thread;
    cpu->thread_number = thread->number;
    cpu->counts->switches++;
    cpu_prepare(thread);
    trace(TRACE_THREAD_RUN, thread->number, thread->process_number);
}

/* When the thread that is about to run must give way to others of its priority. Its slice begins
 * when there are some; or when a timer rings that is armed already. */
static uint64_t slice_limit(const struct cpu *cpu, struct thread *thread)
{
    if (!(cpu->ready >> thread->priority & 1))
        return TIMER_NEVER;
    if (!thread->slice_end && cpu->armed == TIMER_NEVER)
        thread->slice_end = clock_now() + SLICE_NS;
    return thread->slice_end ? thread->slice_end : TIMER_NEVER;
}

struct registers *schedule(void)
{
    struct cpu *cpu = cpu_current();

    lock_take(cpu);
    for (;;) {
        if (cpu->thread && (cpu->ready || !thread_fits(cpu->thread, cpu)))
            current_check(cpu);
        if (!cpu->thread)
            thread_pick(cpu);
        if (!(work_waits | cpu->thread->busy))
            break;
        work_do(cpu);
    }
    clock_arm(cpu, slice_limit(cpu, cpu->thread));
    cpu->attention = false;
    lock_drop(cpu);
    return &cpu->thread->registers;
}
