/* The clock, as clock.h tells: the TSC tells the time, each processor has a timer that rings. */
#include "clock.h"
#include "direct.h"
#include "memory.h"
#include "page.h"
#include "panic.h"
#include "x86/apic.h"
#include "x86/pit.h"

#define NS_PER_SECOND UINT64_C(1000000000)

struct time_page *clock_time; /* constant, as is what shows it to processes */
static struct memory *page_memory;

static struct timers timers; /* under the lock, with the two moments */
uint64_t clock_first = TIMER_NEVER, clock_rings = TIMER_NEVER;

void clock_init(void)
{
    clock_time = page_alloc_zeroed(&kernel_account, 0);
    page_memory =
        clock_time ? memory_create_foreign(&kernel_account, direct_physical(clock_time), PAGE_SIZE)
                   : NULL;
    if (!page_memory)
        panic("clock_init: no memory");
    clock_time->tsc_hz = pit_measure_tsc();
    clock_time->tsc_base = cpu_tsc();
    clock_time->multiplier = (NS_PER_SECOND << 32) / clock_time->tsc_hz;
}

uint64_t clock_hz(void)
{
    return clock_time->tsc_hz;
}

struct memory *clock_page(void)
{
    return page_memory;
}

void clock_set(struct timer *timer, uint64_t when)
{
    timer_set(&timers, timer, when);
    clock_first = timers_next(&timers);
    cpu_current()->attention = true; /* it may have to ring sooner than was armed */
}

void clock_clear_set(struct timer *timer)
{
    timer_clear(&timers, timer);
    clock_first = timers_next(&timers);
}

void clock_run_due(void)
{
    struct timer *timer;

    for (uint64_t now = clock_now(); (timer = timers_take(&timers, now));)
        timer->fire(timer);
    clock_first = timers_next(&timers);
}

void clock_arm_at(struct cpu *cpu, uint64_t when)
{
    uint64_t now = clock_now();

    cpu->armed = when;
    apic_arm(when > now ? when - now : 0);
}

void clock_interrupt(void)
{
    cpu_current()->armed = clock_rings = TIMER_NEVER;
}
