/*
 * The trace: what the machine did, as fixed-size records in memory that the loader reserved.
 *
 * The buffer starts with a header; the records follow it at TRACE_HEADER_SIZE. Record number n lies
 * in slot n % capacity. A host that reads along stops the machine where the buffer fills (the
 * kernel's function trace_full, called each time `written` reaches a multiple of capacity) and at
 * the end; without one, the newest records overwrite the oldest. `tick` is the TSC.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_MAGIC       UINT64_C(0x454341525459524f) /* "ORYTRACE" */
#define TRACE_VERSION     1u
#define TRACE_HEADER_SIZE 4096u

struct trace_header {
    uint64_t magic; /* written last, when the buffer is ready */
    uint32_t version;
    uint32_t record_size; /* bytes: sizeof(struct trace_record) */
    uint64_t capacity;    /* records that the buffer holds */
    uint64_t written;     /* records written since the start, all processors together */
};

struct trace_record {
    uint64_t sequence; /* 0, 1, 2, ... without a gap over all processors */
    uint64_t tick;
    uint16_t event; /* enum trace_event */
    uint16_t cpu;   /* processor that wrote the record */
    uint32_t actor; /* number of the thread that was running, 0 if none */
    uint64_t a, b;  /* as the event's row says */
};

_Static_assert(sizeof(struct trace_header) == 32, "struct trace_header is 32 bytes");
_Static_assert(sizeof(struct trace_record) == 40, "struct trace_record is 40 bytes");

/*
 * A no-op is submitted and completed in one record, `nop`.
 *
 * Every event: EVENT(NAME, number, name in specs, meaning of a, meaning of b). Processes and
 * threads are named by their numbers, which are never used twice in one run.
 */
#define TRACE_EVENTS(EVENT)                                                                        \
    EVENT(KERNEL_START, 1, "kernel_start", "frames", "tsc_hz")                                     \
    EVENT(POWER_OFF, 2, "power_off", "status", "")                                                 \
    EVENT(PANIC, 3, "panic", "address", "")                                                        \
    EVENT(FRAME_ALLOC, 10, "frame_alloc", "frame", "order")                                        \
    EVENT(FRAME_FREE, 11, "frame_free", "frame", "order")                                          \
    EVENT(FRAME_NONE, 12, "frame_none", "order", "")                                               \
    EVENT(PROCESS_CREATE, 20, "process_create", "process", "creator")                              \
    EVENT(PROCESS_START, 21, "process_start", "process", "name")                                   \
    EVENT(PROCESS_EXIT, 22, "process_exit", "process", "status")                                   \
    EVENT(PROCESS_FAULT, 23, "process_fault", "vector", "address")                                 \
    EVENT(THREAD_CREATE, 30, "thread_create", "thread", "process")                                 \
    EVENT(THREAD_RUN, 31, "thread_run", "thread", "process")                                       \
    EVENT(THREAD_WAKE, 32, "thread_wake", "thread", "")                                            \
    EVENT(THREAD_WAIT, 33, "thread_wait", "wanted", "in_flight")                                   \
    EVENT(THREAD_EXIT, 34, "thread_exit", "thread", "")                                            \
    EVENT(PREEMPT, 35, "preempt", "thread", "")                                                    \
    EVENT(SUBMIT, 40, "submit", "op", "user_data")                                                 \
    EVENT(COMPLETE, 41, "complete", "result", "user_data")                                         \
    EVENT(NOP, 42, "nop", "", "user_data")                                                         \
    EVENT(CALL, 50, "call", "call", "badge")                                                       \
    EVENT(RECEIVE, 51, "receive", "call", "badge")                                                 \
    EVENT(REPLY, 52, "reply", "call", "result")                                                    \
    EVENT(WITHDRAW, 53, "withdraw", "call", "badge")                                               \
    EVENT(INTERRUPT, 60, "interrupt", "line", "count")

enum trace_event {
#define EVENT(NAME, number, name, a, b) TRACE_##NAME = number,
    TRACE_EVENTS(EVENT)
#undef EVENT
};

#endif
