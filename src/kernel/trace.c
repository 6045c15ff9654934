/* The trace, as abi/trace.h tells. */
#include <stddef.h>

#include "direct.h"
#include "trace.h"

#define OWN_RECORDS 16u

static struct trace_record own_records[OWN_RECORDS];
static uint64_t own_written;

struct trace_header *trace_buffer;
uint64_t trace_mask = TRACE_RARE;

/* Where the records are, where the next one goes, where they end; and how many were written. While
 * there is no trace buffer they go to a small one of the kernel's own. */
static struct trace_record *records = own_records, *next = own_records;
static struct trace_record *end = own_records + OWN_RECORDS;
static uint64_t *written = &own_written;
static uint64_t drawn, turn; /* sequence numbers: the next one, and whose turn it is to write */

void trace_init(uint64_t base, uint64_t size)
{
    if (size <= TRACE_HEADER_SIZE)
        return;
    trace_buffer = direct_pointer(base);
    records = next = (struct trace_record *)((uint8_t *)trace_buffer + TRACE_HEADER_SIZE);
    end = next + (size - TRACE_HEADER_SIZE) / sizeof *next;
    *trace_buffer = (struct trace_header){
        .version = TRACE_VERSION,
        .record_size = sizeof(struct trace_record),
        .capacity = (uint64_t)(end - records),
    };
    written = &trace_buffer->written;
    __atomic_store_n(&trace_buffer->magic, TRACE_MAGIC, __ATOMIC_RELEASE);
}

/* Records are written one after another, by whoever has the sequence number's turn: some are
 * written without the kernel's lock. What is written before the turn passes on is whole. */
void trace_write(uint32_t actor, enum trace_event event, uint64_t a, uint64_t b)
{
    uint64_t sequence = __atomic_fetch_add(&drawn, 1, __ATOMIC_RELAXED);
    struct trace_record *record;

    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != sequence)
        __builtin_ia32_pause();
    record = next;
    record->sequence = sequence;
    record->tick = cpu_tsc();
    record->event = (uint16_t)event;
    record->cpu = (uint16_t)cpu_current()->number;
    record->actor = actor;
    record->a = a;
    record->b = b;
    next = record + 1;
    /* last: a host that stops the machine here finds only whole records */
    __atomic_store_n(written, sequence + 1, __ATOMIC_RELEASE);
    if (record + 1 == end) {
        next = records;
        if (trace_buffer)
            trace_full(); /* before anybody else writes */
    }
    __atomic_store_n(&turn, sequence + 1, __ATOMIC_RELEASE);
}

const struct trace_record *trace_recent(unsigned count, unsigned i)
{
    uint64_t capacity = (uint64_t)(end - records), all = *written;

    if (i >= count || all < count - i || count > capacity)
        return NULL;
    return &records[(all - count + i) % capacity];
}

__attribute__((noinline)) void trace_full(void)
{
    __asm__ volatile("nop"); /* hosts may need two instructions to stop at */
}
