/* The trace, as abi/trace.h tells. */
#include <stddef.h>

#include "direct.h"
#include "trace.h"
#include "x86/cpu.h"

/* Hosts find the trace by this symbol. */
struct trace_header *trace_buffer;

static struct trace_record *records, *next, *end;

void trace_init(uint64_t base, uint64_t size)
{
    if (size <= TRACE_HEADER_SIZE)
        return;
    trace_buffer = direct_pointer(base);
    records = next = (struct trace_record *)((uint8_t *)trace_buffer + TRACE_HEADER_SIZE);
    end = records + (size - TRACE_HEADER_SIZE) / sizeof *records;
    *trace_buffer = (struct trace_header){
        .version = TRACE_VERSION,
        .record_size = sizeof(struct trace_record),
        .capacity = (uint64_t)(end - records),
    };
    __atomic_store_n(&trace_buffer->magic, TRACE_MAGIC, __ATOMIC_RELEASE);
}

void trace(enum trace_event event, uint64_t a, uint64_t b)
{
    trace_as(cpu_thread_number(), event, a, b);
}

void trace_as(uint32_t actor, enum trace_event event, uint64_t a, uint64_t b)
{
    if (!next)
        return;
    *next = (struct trace_record){
        .sequence = trace_buffer->written,
        .tick = cpu_tsc(),
        .event = (uint16_t)event,
        .actor = actor,
        .a = a,
        .b = b,
    };
    trace_buffer->written++;
    if (++next == end) {
        next = records;
        trace_full();
    }
}

const struct trace_record *trace_recent(unsigned count, unsigned i)
{
    if (!next || i >= count || trace_buffer->written < count - i || count > trace_buffer->capacity)
        return NULL;
    return &records[(trace_buffer->written - count + i) % trace_buffer->capacity];
}

__attribute__((noinline)) void trace_full(void)
{
    __asm__ volatile("");
}
