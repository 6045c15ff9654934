/*
 * The ring pair of a thread, and the one system call.
 *
 * A ring's memory: struct ring, then `capacity` requests at RING_REQUESTS, then 2 * `capacity`
 * completions behind them. Indices run free and are masked where they are used. The thread writes
 * requests and moves submission_tail; the kernel takes them and moves submission_head. The kernel
 * writes completions and moves completion_tail; the thread takes them and moves completion_head.
 * The kernel keeps indices of its own: what a process writes here harms that process alone.
 *
 *     enter(submit, wait, deadline) -> number accepted
 *
 * SYSCALL with RDI = submit, RSI = wait, RDX = deadline; RAX = requests accepted. RCX and R11 are
 * lost to the instruction, RDI, RSI, RDX and R8 to R10 return as zero. The call takes up to
 * `submit` requests, then returns once at least `wait` unreaped completions are there, or the
 * deadline (in nanoseconds of the monotonic clock) has passed, or nothing is in flight that could
 * complete and no deadline was given. enter(0, 0, 0) yields; enter(0, 1, T) with nothing in flight
 * sleeps until T.
 */
#ifndef ABI_RING_H
#define ABI_RING_H

#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

enum request_flag {
    REQUEST_LINK = 1,      /* the next request starts only if this one succeeds */
    REQUEST_ALWAYS = 2,    /* runs even if the one before it in the chain failed */
    REQUEST_USE_CHAIN = 4, /* the handle is the last one produced in the chain before it */
    REQUEST_FLAGS = 7,
};

struct request {
    uint16_t op;    /* enum op */
    uint16_t flags; /* enum request_flag */
    uint32_t handle;
    uint64_t user_data; /* comes back in the completion */
    uint64_t buffer;    /* address in the caller's space */
    uint64_t length;    /* bytes */
    uint64_t offset;
    uint64_t deadline; /* nanoseconds after acceptance, 0 for none */
    uint64_t arg0, arg1;
};

struct completion {
    int64_t result; /* negative: -(enum error) */
    uint64_t user_data;
};

struct ring {
    _Alignas(64) uint32_t submission_tail; /* written by the thread */
    uint32_t completion_head;
    _Alignas(64) uint32_t submission_head; /* written by the kernel */
    uint32_t completion_tail;
    _Alignas(64) uint32_t capacity; /* requests; a power of two; never changes */
    uint32_t zero[31];
};

#define RING_REQUESTS     256u
#define RING_CAPACITY_MIN 32u /* fits in one page */
#define RING_CAPACITY_MAX 16384u

/* Bytes of a ring with the given capacity. */
static inline uint64_t ring_size_bytes(uint64_t capacity)
{
    return RING_REQUESTS + capacity * sizeof(struct request) +
           2 * capacity * sizeof(struct completion);
}

_Static_assert(sizeof(struct request) == 64, "struct request is 64 bytes");
_Static_assert(sizeof(struct completion) == 16, "struct completion is 16 bytes");
_Static_assert(sizeof(struct ring) == RING_REQUESTS, "requests follow the ring's header");
_Static_assert(offsetof(struct ring, submission_head) == 64, "the kernel writes line 1");
_Static_assert(offsetof(struct ring, capacity) == 128, "line 2 is constant");

#endif
