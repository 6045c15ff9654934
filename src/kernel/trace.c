/* The trace, as abi/trace.h tells. */
#include <stddef.h>

#include "direct.h"
#include "trace.h"

#define OWN_RECORDS 16u

static struct trace_record own_records[OWN_RECORDS];
static uint64_t own_written;

struct trace_header *trace_buffer;
uint64_t *trace_written = &own_written;
struct trace_record *trace_next = own_records, *trace_end = own_records + OWN_RECORDS;

static struct trace_record *records = own_records;

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
    trace_written = &trace_buffer->written;
    __atomic_store_n(&trace_buffer->magic, TRACE_MAGIC, __ATOMIC_RELEASE);
}

void trace_wrap(void)
{
    trace_next = records;
    if (trace_buffer)
        trace_full();
}

const struct trace_record *trace_recent(unsigned count, unsigned i)
{
    uint64_t capacity = (uint64_t)(trace_end - records), written = *trace_written;

    if (i >= count || written < count - i || count > capacity)
        return NULL;
    return &records[(written - count + i) % capacity];
}

__attribute__((noinline)) void trace_full(void)
{
    __asm__ volatile("");
}
