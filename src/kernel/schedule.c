/* The scheduler, as schedule.h tells. */
#include "clock.h"
#include "job.h"
#include "schedule.h"
#include "trace.h"
#include "x86/cpu.h"

#define SLICE_NS UINT64_C(10000000)

static struct list queues[THREAD_PRIORITIES];
static uint32_t queues_used; /* bit n: queue n has a thread */

void schedule_init(void)
{
    for (unsigned i = 0; i < THREAD_PRIORITIES; i++)
        list_init(&queues[i]);
}

static void queue_insert(struct thread *thread, bool first)
{
    struct list *queue = &queues[thread->priority];

    thread->state = THREAD_READY;
    list_insert(first ? queue->next : queue, &thread->ready);
    queues_used |= 1u << thread->priority;
}

static void queue_remove(struct thread *thread)
{
    list_remove(&thread->ready);
    if (list_empty(&queues[thread->priority]))
        queues_used &= ~(1u << thread->priority);
}

/* The highest priority that somebody is ready at; -1 if nobody is. */
static int priority_ready(void)
{
    return queues_used ? 31 - __builtin_clz(queues_used) : -1;
}

void schedule_wake(struct thread *thread)
{
    struct cpu *cpu = cpu_current();

    trace(TRACE_THREAD_WAKE, thread->number, 0);
    queue_insert(thread, false);
    if (cpu->thread && thread->priority > cpu->thread->priority)
        cpu->reschedule = true;
}

void schedule_stop(struct thread *thread)
{
    struct cpu *cpu = cpu_current();

    if (thread->state == THREAD_READY)
        queue_remove(thread);
    if (cpu->thread == thread)
        cpu->thread = NULL;
}

void schedule_yield(void)
{
    struct cpu *cpu = cpu_current();

    if (priority_ready() >= cpu->thread->priority) {
        queue_insert(cpu->thread, false);
        cpu->thread = NULL;
    }
}

/* The current thread gives way to somebody more urgent, or at the end of its slice. */
static void current_check(struct cpu *cpu)
{
    struct thread *thread = cpu->thread;

    if (cpu->reschedule && priority_ready() > thread->priority) {
        trace(TRACE_PREEMPT, thread->number, 0);
        queue_insert(thread, true);
        cpu->thread = NULL;
    } else if (priority_ready() == thread->priority && clock_now() >= thread->slice_end) {
        trace(TRACE_PREEMPT, thread->number, 0);
        queue_insert(thread, false);
        cpu->thread = NULL;
    }
    cpu->reschedule = false;
}

static void thread_pick(struct cpu *cpu)
{
    int priority;

    while ((priority = priority_ready()) < 0) {
        clock_arm(TIMER_NEVER);
        cpu_idle();
        clock_run();
        jobs_run();
    }

    struct thread *thread = container_of(queues[priority].next, struct thread, ready);

    queue_remove(thread);
    thread->state = THREAD_RUNNING;
    thread->slice_end = clock_now() + SLICE_NS;
    cpu->thread = thread;
    cpu->reschedule = false;
    cpu_prepare(thread);
    trace(TRACE_THREAD_RUN, thread->number, thread->process_number);
}

struct registers *schedule(void)
{
    struct cpu *cpu = cpu_current();

    if (cpu->thread && queues_used)
        current_check(cpu);
    if (!cpu->thread)
        thread_pick(cpu);
    clock_arm(queues_used >> cpu->thread->priority & 1 ? cpu->thread->slice_end : TIMER_NEVER);
    return &cpu->thread->registers;
}
