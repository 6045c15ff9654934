/* The trace, as abi/trace.h tells. */
#include <stddef.h>

#include "direct.h"
#include "trace.h"

struct trace_header *trace_buffer;
struct trace_record *trace_next, *trace_end;

static struct trace_record *records;

void trace_init(uint64_t base, uint64_t size)
{
    if (size <= TRACE_HEADER_SIZE)
        return;
    trace_buffer = direct_pointer(base);
    records = trace_next = (struct trace_record *)((uint8_t *)trace_buffer + TRACE_HEADER_SIZE);
    trace_end = records + (size - TRACE_HEADER_SIZE) / sizeof *records;
    *trace_buffer = (struct trace_header){
        .version = TRACE_VERSION,
        .record_size = sizeof(struct trace_record),
        .capacity = (uint64_t)(trace_end - records),
    };
    __atomic_store_n(&trace_buffer->magic, TRACE_MAGIC, __ATOMIC_RELEASE);
}

void trace_wrap(void)
{
    trace_next = records;
    trace_full();
}

const struct trace_record *trace_recent(unsigned count, unsigned i)
{
    if (!trace_next || i >= count || trace_buffer->written < count - i ||
        count > trace_buffer->capacity)
        return NULL;
    return &records[(trace_buffer->written - count + i) % trace_buffer->capacity];
}

__attribute__((noinline)) void trace_full(void)
{
    __asm__ volatile("");
}
