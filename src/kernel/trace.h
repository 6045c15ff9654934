/* The kernel's side of the trace (abi/trace.h). */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stdint.h>

#include "abi/trace.h"

/* Start tracing into `size` bytes at physical address `base`; a size of 0 leaves tracing off. */
void trace_init(uint64_t base, uint64_t size);

/* Write one record, as the thread that runs, or as the one that it is about. Before trace_init it
 * does nothing. */
void trace(enum trace_event event, uint64_t a, uint64_t b);
void trace_as(uint32_t actor, enum trace_event event, uint64_t a, uint64_t b);

/* The last `count` records, oldest first: record number i of them, or NULL if there is none. */
const struct trace_record *trace_recent(unsigned count, unsigned i);

/* Called each time the buffer has filled; a host stops the machine here and empties it. */
void trace_full(void);

#endif
