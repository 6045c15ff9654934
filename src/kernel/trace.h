/* The kernel's side of the trace (abi/trace.h). */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stdint.h>

#include "abi/trace.h"
#include "x86/cpu.h"

/* Hosts find the trace by this symbol; NULL while there is none. */
extern struct trace_header *trace_buffer;

/* Records written, where the next one goes, and where their buffer ends. While there is no trace
 * buffer they go to a small one of the kernel's own. */
extern uint64_t *trace_written;
extern struct trace_record *trace_next, *trace_end;

/* Start tracing into `size` bytes at physical address `base`; a size of 0 leaves tracing off. */
void trace_init(uint64_t base, uint64_t size);

/* The buffer is full: go on at its start. */
void trace_wrap(void);

/* Write one record on behalf of a thread. */
static inline void trace_as(uint32_t actor, enum trace_event event, uint64_t a, uint64_t b)
{
    struct trace_record *record = trace_next;

    record->sequence = *trace_written;
    record->tick = cpu_tsc();
    record->event = (uint16_t)event;
    record->cpu = 0;
    record->actor = actor;
    record->a = a;
    record->b = b;
    /* last: a host that stops the machine here finds only whole records */
    __atomic_store_n(trace_written, record->sequence + 1, __ATOMIC_RELEASE);
    trace_next = ++record;
    if (record == trace_end)
        trace_wrap();
}

/* The same, on behalf of the thread that runs. */
static inline void trace(enum trace_event event, uint64_t a, uint64_t b)
{
    trace_as(cpu_thread_number(), event, a, b);
}

/* The last `count` records, oldest first: record number i of them, or NULL if there is none. */
const struct trace_record *trace_recent(unsigned count, unsigned i);

/* Called each time the buffer has filled; a host stops the machine here and empties it. */
void trace_full(void);

#endif
