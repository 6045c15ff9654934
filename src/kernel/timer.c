/* Timers: the pairing heap of timer.h. Children of a timer are a list through `next`. */
#include <stddef.h>

#include "timer.h"

/* Join two heaps; the later top becomes the first child of the earlier. */
static struct timer *heap_join(struct timer *a, struct timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->when < a->when) {
        struct timer *swap = a;

        a = b;
        b = swap;
    }
    b->next = a->child;
    if (b->next)
        b->next->place = &b->next;
    b->place = &a->child;
    a->child = b;
    return a;
}

/* Join a list of siblings into one heap: in pairs first, then all of those, without recursion. */
static struct timer *siblings_join(struct timer *list)
{
    struct timer *pairs = NULL, *heap = NULL;

    while (list) {
        struct timer *a = list, *b = a->next;

        list = b ? b->next : NULL;
        a->next = NULL;
        if (b)
            b->next = NULL;
        a = heap_join(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct timer *top = pairs;

        pairs = top->next;
        top->next = NULL;
        heap = heap_join(heap, top);
    }
    return heap;
}

static void top_set(struct timers *timers, struct timer *top)
{
    timers->first = top;
    if (top)
        top->place = &timers->first;
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t when)
{
    timer->when = when;
    timer->child = timer->next = NULL;
    top_set(timers, heap_join(timers->first, timer));
}

void timer_clear(struct timers *timers, struct timer *timer)
{
    struct timer *rest;

    if (!timer_is_set(timer))
        return;
    *timer->place = timer->next;
    if (timer->next)
        timer->next->place = timer->place;
    timer->place = NULL;
    timer->next = NULL;
    rest = siblings_join(timer->child);
    timer->child = NULL;
    top_set(timers, heap_join(timers->first, rest));
}

uint64_t timers_next(const struct timers *timers)
{
    return timers->first ? timers->first->when : TIMER_NEVER;
}

struct timer *timers_take(struct timers *timers, uint64_t now)
{
    struct timer *top = timers->first;

    if (!top || top->when > now)
        return NULL;
    timer_clear(timers, top);
    return top;
}
