/* The kernel's side of the trace (abi/trace.h). */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stdint.h>

#include "abi/trace.h"
#include "x86/cpu.h"

/* Hosts find the trace by this symbol; NULL while there is none. */
extern struct trace_header *trace_buffer;

/* Start tracing into `size` bytes at physical address `base`; a size of 0 leaves tracing off. */
void trace_init(uint64_t base, uint64_t size);

/* A set of events. */
#define TRACE_BIT(event) (UINT64_C(1) << (event))
#define TRACE_ALL        UINT64_MAX

/* Beginnings and ends, and what went wrong. */
#define TRACE_RARE                                                                                 \
    (TRACE_BIT(TRACE_KERNEL_START) | TRACE_BIT(TRACE_POWER_OFF) | TRACE_BIT(TRACE_PANIC) |         \
     TRACE_BIT(TRACE_FRAME_NONE) | TRACE_BIT(TRACE_PROCESS_CREATE) |                               \
     TRACE_BIT(TRACE_PROCESS_START) | TRACE_BIT(TRACE_PROCESS_EXIT) |                              \
     TRACE_BIT(TRACE_PROCESS_FAULT) | TRACE_BIT(TRACE_THREAD_CREATE) |                             \
     TRACE_BIT(TRACE_THREAD_EXIT))

/* Which events are written, a bit each. The kernel begins with the rare ones; a host that reads the
 * trace sets all bits here when trace_init begins. */
extern uint64_t trace_mask;

#define EVENT(NAME, number, name, a, b)                                                            \
    _Static_assert((number) < 64, "trace_mask has a bit for it");
TRACE_EVENTS(EVENT)
#undef EVENT

void trace_write(uint32_t actor, enum trace_event event, uint64_t a, uint64_t b);

/* Write one record on behalf of a thread, if the event is on. For an event that is off, a test and
 * a branch are all that this costs. */
static inline void trace_as(uint32_t actor, enum trace_event event, uint64_t a, uint64_t b)
{
    if (__builtin_expect((trace_mask & TRACE_BIT(event)) != 0, 0))
        trace_write(actor, event, a, b);
}

/* The same, on behalf of the thread that runs. */
static inline void trace(enum trace_event event, uint64_t a, uint64_t b)
{
    if (__builtin_expect((trace_mask & TRACE_BIT(event)) != 0, 0))
        trace_write(cpu_thread_number(), event, a, b);
}

/* The last `count` records, oldest first: record number i of them, or NULL if there is none. */
const struct trace_record *trace_recent(unsigned count, unsigned i);

/* Called each time the buffer has filled; a host stops the machine here and empties it. */
void trace_full(void);

#endif
