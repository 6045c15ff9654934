/* The scheduler, as schedule.h tells. */
#include "clock.h"
#include "job.h"
#include "schedule.h"
#include "trace.h"

#define SLICE_NS UINT64_C(10000000)

static struct list queues[THREAD_PRIORITIES];

void schedule_init(void)
{
    for (unsigned i = 0; i < THREAD_PRIORITIES; i++)
        list_init(&queues[i]);
}

static void queue_insert(struct cpu *cpu, struct thread *thread, bool first)
{
    struct list *queue = &queues[thread->priority];

    thread->state = THREAD_READY;
    list_insert(first ? queue->next : queue, &thread->ready);
    cpu->ready |= 1u << thread->priority;
    cpu->attention = true;
}

static void queue_remove(struct cpu *cpu, struct thread *thread)
{
    list_remove(&thread->ready);
    if (list_empty(&queues[thread->priority]))
        cpu->ready &= ~(1u << thread->priority);
}

/* The highest priority that somebody is ready at; -1 if nobody is. */
static int priority_ready(const struct cpu *cpu)
{
    return cpu->ready ? 31 - __builtin_clz(cpu->ready) : -1;
}

void schedule_wake(struct thread *thread)
{
    trace(TRACE_THREAD_WAKE, thread->number, 0);
    queue_insert(cpu_current(), thread, false);
}

static void current_stop(struct cpu *cpu)
{
    cpu->thread = NULL;
    cpu->thread_number = 0;
    cpu->attention = true;
}

void schedule_stop(struct thread *thread)
{
    struct cpu *cpu = cpu_current();

    if (thread->state == THREAD_READY)
        queue_remove(cpu, thread);
    if (cpu->thread == thread)
        current_stop(cpu);
}

void schedule_priority(struct thread *thread, uint8_t priority)
{
    struct cpu *cpu = cpu_current();
    bool ready = thread->state == THREAD_READY;

    if (ready)
        queue_remove(cpu, thread);
    thread->priority = priority;
    if (ready)
        queue_insert(cpu, thread, false);
    cpu->attention = true;
}

void schedule_yield(void)
{
    struct cpu *cpu = cpu_current();

    if (schedule_others(cpu)) {
        queue_insert(cpu, cpu->thread, false);
        current_stop(cpu);
    }
}

/* The current thread gives way to somebody more urgent, or at the end of its slice. */
static void current_check(struct cpu *cpu)
{
    struct thread *thread = cpu->thread;
    int priority = priority_ready(cpu);
    bool urgent = priority > thread->priority;

    if (!urgent && (priority < thread->priority || clock_now() < thread->slice_end))
        return;
    trace(TRACE_PREEMPT, thread->number, 0);
    queue_insert(cpu, thread, urgent);
    current_stop(cpu);
}

static void thread_pick(struct cpu *cpu)
{
    int priority;

    while ((priority = priority_ready(cpu)) < 0) {
        clock_arm(TIMER_NEVER);
        cpu_idle();
        clock_run();
        jobs_run();
    }

    struct thread *thread = container_of(queues[priority].next, struct thread, ready);

    queue_remove(cpu, thread);
    thread->state = THREAD_RUNNING;
    thread->slice_end = clock_now() + SLICE_NS;
    cpu->thread = thread;
    cpu->thread_number = thread->number;
    cpu_prepare(thread);
    trace(TRACE_THREAD_RUN, thread->number, thread->process_number);
}

struct registers *schedule(void)
{
    struct cpu *cpu = cpu_current();

    if (cpu->thread && cpu->ready)
        current_check(cpu);
    if (!cpu->thread)
        thread_pick(cpu);
    clock_arm(cpu->ready >> cpu->thread->priority & 1 ? cpu->thread->slice_end : TIMER_NEVER);
    cpu->attention = false;
    return &cpu->thread->registers;
}
