/*
 * Object types, properties, and the small structures that operations on kernel objects exchange.
 */
#ifndef ABI_OBJECT_H
#define ABI_OBJECT_H

#include <stdint.h>

/* OBJECT(NAME, number, name, what it is). */
#define OBJECTS(OBJECT)                                                                            \
    OBJECT(PROCESS, 1, "process", "an address space, handles and threads")                         \
    OBJECT(THREAD, 2, "thread", "runs in a process and owns a ring")                               \
    OBJECT(MEMORY, 3, "memory", "pages that can be read, written, mapped")                         \
    OBJECT(PORT, 4, "port", "the server's side of objects that a process implements")              \
    OBJECT(REMOTE, 5, "remote", "the client's side: an object behind a port")                      \
    OBJECT(EVENT, 6, "event", "a counter: read waits and takes, write adds")                       \
    OBJECT(TABLE, 7, "table", "names bound to objects")                                            \
    OBJECT(PROCESSES, 8, "processes", "the table of processes; creates them")                      \
    OBJECT(FILES, 9, "files", "the table of the boot archive's files")                             \
    OBJECT(INTERRUPTS, 10, "interrupts", "the table of interrupt lines")                           \
    OBJECT(INTERRUPT, 11, "interrupt", "one line: read waits, write unmasks")                      \
    OBJECT(IO_SPACE, 12, "io-space", "the table of I/O-port ranges")                               \
    OBJECT(IO_PORTS, 13, "io-ports", "a range of I/O ports; map grants it")                        \
    OBJECT(POWER, 14, "power", "turns the machine off")                                            \
    OBJECT(TIMER, 15, "timer", "a counter of moments that passed: read waits and takes")           \
    OBJECT(DEVICE_SPACE, 16, "device-space", "the table of devices' memory, by address")

enum object_type_number {
#define OBJECT(NAME, number, name, what) OBJECT_##NAME = number,
    OBJECTS(OBJECT)
#undef OBJECT
};

/*
 * PROPERTY(NAME, number, name, kind, meaning). A NUMBER below 2^63 is get's result itself and set's
 * arg1; TEXT and BYTES go through the buffer.
 */
#define PROPERTIES(PROPERTY)                                                                       \
    PROPERTY(TYPE, 1, "type", NUMBER, "enum object_type_number")                                   \
    PROPERTY(SIZE, 2, "size", NUMBER, "bytes, or entries of a table")                              \
    PROPERTY(NAME, 3, "name", TEXT, "name of a process")                                           \
    PROPERTY(NUMBER, 4, "number", NUMBER, "of a process or thread, as in traces")                  \
    PROPERTY(COUNT, 5, "count", NUMBER, "of an event or interrupt, not yet taken")                 \
    PROPERTY(STATE, 6, "state", NUMBER, "of a process: enum process_state")                        \
    PROPERTY(DEADLINE, 7, "deadline", NUMBER,                                                      \
             "of a timer: the next moment it counts, in ns of the monotonic clock; 0: none")       \
    PROPERTY(PERIOD, 8, "period", NUMBER, "of a timer: ns from a moment to the next; 0: once")     \
    PROPERTY(BINARY, 10, "binary", NUMBER, "process being built: handle of its program's memory")  \
    PROPERTY(ARGUMENTS, 11, "arguments", BYTES, "process being built: zero-terminated strings")    \
    PROPERTY(START, 12, "start", NUMBER, "process being built: set to 1 to start it")              \
    PROPERTY(PRIORITY, 20, "priority", NUMBER, "of a thread: 0 lowest, 31 highest")                \
    PROPERTY(PRIORITY_LIMIT, 23, "priority-limit", NUMBER,                                         \
             "of a process: the highest priority that its threads may be given")                   \
    PROPERTY(TLS_BASE, 21, "tls-base", NUMBER, "of a thread: its FS base")                         \
    PROPERTY(AFFINITY, 22, "affinity", NUMBER, "of a thread: bit n lets it run on processor n")    \
    PROPERTY(PHYSICAL, 30, "physical", NUMBER, "physical address of contiguous memory")            \
    PROPERTY(FREE_FRAMES, 40, "free-frames", NUMBER,                                               \
             "of the process table: frames of the machine free")                                   \
    PROPERTY(STATUS, 41, "status", NUMBER, "of power: set turns the machine off with this status") \
    PROPERTY(FRAMES, 50, "frames", NUMBER, "of a process's account: frames that it holds")         \
    PROPERTY(HANDLES, 51, "handles", NUMBER, "handles open")                                       \
    PROPERTY(THREADS, 52, "threads", NUMBER, "threads")                                            \
    PROPERTY(REQUESTS, 53, "requests", NUMBER, "places for requests in all its rings")             \
    PROPERTY(FRAME_LIMIT, 54, "frame-limit", NUMBER, "frames that it may hold")                    \
    PROPERTY(HANDLE_LIMIT, 55, "handle-limit", NUMBER, "handles that it may have")                 \
    PROPERTY(THREAD_LIMIT, 56, "thread-limit", NUMBER, "threads that it may have")                 \
    PROPERTY(REQUEST_LIMIT, 57, "request-limit", NUMBER, "places for requests that it may have")

enum property {
#define PROPERTY(NAME, number, name, kind, meaning) PROPERTY_##NAME = number,
    PROPERTIES(PROPERTY)
#undef PROPERTY
};

enum process_state { PROCESS_BUILT, PROCESS_RUNNING, PROCESS_ENDED };

/* What reading a table yields: entries one behind another; the read's offset is a multiple of 64.
 */
struct table_entry {
    uint32_t type;   /* enum object_type_number, OBJECT_REMOTE if a server's */
    uint32_t rights; /* that opening it can give */
    uint64_t size;   /* as PROPERTY_SIZE, 0 where it has none */
    char name[48];   /* zero-terminated */
};

/* Access, for OP_MAP's arg1. Every mapping is readable; write and execute exclude each other. */
enum map_access { MAP_READ = 1, MAP_WRITE = 2, MAP_EXECUTE = 4 };

/*
 * What memory OP_CREATE makes (kind OBJECT_MEMORY), in its arg1. Of a process, `offset` bytes of
 * new memory, rounded up to pages; of a memory object, another one that shows a part of it. The
 * buffer is named here.
 */
enum memory_form {
    MEMORY_ANONYMOUS = 0,      /* of a process: pages come, zeroed, when first used; no buffer */
    MEMORY_CONTIGUOUS = 1,     /* of a process: one block, for a device; struct memory_place */
    MEMORY_VIEW = 2,           /* of memory: the same pages; struct memory_part */
    MEMORY_VIEW_READ_ONLY = 3, /* the same without the right to write */
    MEMORY_COPY = 4,           /* of memory: pages shared until written; struct memory_part */
    MEMORY_PAGED = 5,          /* of a process: a server gives the pages; struct memory_pager */
    MEMORY_LOAN = 6,           /* of memory: a view that is taken back; struct memory_part */
};

struct memory_place {
    uint64_t alignment; /* of the physical address: a power of two of at most 4 MiB, or 0 */
    uint64_t highest;   /* physical address that its last byte may have; UINT64_MAX for any */
};

/* From a page of the object on, to the end of a page or of the object. */
struct memory_part {
    uint64_t offset;
    uint64_t length;
};

#define PAGER_TIMEOUT_MAX UINT64_C(10000000000)

/* A page that is touched and not there is read from the object behind the handle, which needs the
 * right to read: OP_READ, the page's place in the memory as offset, PAGE_SIZE bytes. */
struct memory_pager {
    uint32_t handle; /* of a remote */
    uint32_t zero;
    uint64_t timeout_ns; /* for one page: above 0, at most PAGER_TIMEOUT_MAX */
};

/* For OP_CREATE of a thread (kind OBJECT_THREAD), in its buffer. */
struct thread_start {
    uint64_t entry;
    uint64_t stack;    /* initial RSP */
    uint64_t argument; /* in RDX at entry */
    uint64_t tls_base;
    uint32_t ring_capacity; /* a power of two, or 0 for RING_CAPACITY_MIN */
    uint32_t priority;
};

/* Why a process or thread ended: REASON(NAME, number, text). */
#define REASONS(REASON)                                                                            \
    REASON(EXITED, 1, "exited")                                                                    \
    REASON(KILLED, 2, "killed")                                                                    \
    REASON(PAGE_FAULT, 3, "page fault")                                                            \
    REASON(PROTECTION, 4, "general protection fault")                                              \
    REASON(INVALID_OPCODE, 5, "invalid opcode")                                                    \
    REASON(DIVIDE, 6, "divide error")                                                              \
    REASON(EXCEPTION, 7, "exception")                                                              \
    REASON(MEMORY, 8, "out of memory")                                                             \
    REASON(PAGER, 9, "pager failed")

enum reason {
#define REASON(NAME, number, text) REASON_##NAME = number,
    REASONS(REASON)
#undef REASON
};

#define STATUS_KILLED  137 /* the exit status of what was killed */
#define STATUS_CALLERS 8

/* What reading a process or a thread yields, once it has ended. */
struct process_status {
    uint32_t reason;      /* enum reason */
    uint32_t vector;      /* of the exception, if one ended it */
    int64_t status;       /* exit status; 128 + vector after an exception, 137 when killed */
    uint64_t address;     /* that a page fault was about */
    uint64_t instruction; /* RIP of the fault */
    /* after an exception: the word that RSP pointed to, which is the return address if the function
     * has no frame of its own; then the return addresses that frame pointers lead to, the innermost
     * first; 0 where there is none */
    uint64_t stack_word;
    uint64_t callers[STATUS_CALLERS];
};

_Static_assert(sizeof(struct table_entry) == 64, "struct table_entry is 64 bytes");
_Static_assert(sizeof(struct memory_place) == 16, "struct memory_place is 16 bytes");
_Static_assert(sizeof(struct memory_part) == 16, "struct memory_part is 16 bytes");
_Static_assert(sizeof(struct memory_pager) == 16, "struct memory_pager is 16 bytes");
_Static_assert(sizeof(struct thread_start) == 40, "struct thread_start is 40 bytes");
_Static_assert(sizeof(struct process_status) == 104, "struct process_status is 104 bytes");

#endif
