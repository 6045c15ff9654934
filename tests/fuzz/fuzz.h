/*
 * The fuzzer of the kernel's requests, a program of the guest in many roles.
 *
 * The supervisor (supervisor.c) plays rounds. In each, processes with threads of several ring sizes
 * ask for operations that request.c makes from the tables of src/abi; answer.c judges what comes
 * back; servers answer, answer wrongly, and die. When all have ended, the machine's free frames
 * must be what they were before the round. All choices come from one seed, so that a run repeats.
 *
 * Workers are of three kinds. CAREFUL ones let the kernel write only where nothing of their own
 * lies: they live until they have done their share, and every answer is checked. In RACY ones
 * another thread rewrites requests and buffers meanwhile, all but the tags: each request must still
 * be answered once, with a known error or none. WILD ones offer their own stack, data, ring and
 * process to the kernel as well; they may end in any way, but must not harm others.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <orrery.h>

enum kind { CAREFUL, RACY, WILD };

#define THREADS_MAX  4
#define RING_MAX     512u
#define POOL_SIZE    28u
#define STALE_SIZE   8u
#define CALLS_SIZE   8u
#define MAPPED_SIZE  8u
#define RECENT_SIZE  16u
#define RECEIVE_SIZE 256u
#define RECEIVES     8u
#define UNCLEAR_MANY 100000u

/* Where a worker lets the kernel write: pages of its own, then nothing, one that is read-only,
 * nothing again; and a range for mappings that come and go. */
#define ARENA        UINT64_C(0x40000000)
#define ARENA_SIZE   (16 * PAGE_SIZE)
#define READ_ONLY    (ARENA + 32 * PAGE_SIZE)
#define WINDOW       UINT64_C(0x50000000)
#define WINDOW_PAGES 64u
#define BOARD        UINT64_C(0x60000000)

/* Shared by all processes of a run: what they did. */
struct board {
    uint64_t accepted;       /* requests that the kernel took */
    uint64_t rewritten;      /* words of requests, by racy threads */
    uint64_t findings, told; /* the first one is told, then counted so */
    uint64_t good[OP_COUNT]; /* of each operation, those of careful threads that succeeded */
};

/* A handle that the thread uses, and what is known about it. */
struct pooled {
    uint32_t handle;
    uint32_t rights; /* it has no others; maybe not all of these */
    uint8_t type;    /* enum object_type_number, 0 if not known */
    bool known;      /* certainly open */
    bool kept;       /* not to be closed: the process would lack it */
};

/* What a request's answer must be. */
enum expectation {
    EXPECT_ANY,
    EXPECT_ZERO,
    EXPECT_DENIED,
    EXPECT_UNKNOWN,  /* -E_UNSUPPORTED, the object's type does not know it */
    EXPECT_STALE,    /* -E_HANDLE */
    EXPECT_OPEN,     /* anything but -E_HANDLE */
    EXPECT_NO_BYTES, /* anything but a count: the buffer is not the process's */
};

/* A request that is not answered yet; its index and generation are its user_data. */
struct tag {
    uint32_t generation; /* odd: in use */
    uint16_t op;
    uint8_t expectation;
    uint8_t type; /* of the object that it makes, 0 if not known */
    bool chained;
    uint8_t receive; /* 1 + index of its receive buffer */
    uint8_t asked;   /* type of the object that is asked, 0 if not known */
    uint32_t handle; /* asked */
    uint32_t rights; /* of a handle that it makes */
    uint32_t submission;
    uint64_t length; /* as asked for */
};

struct receive_buffer {
    struct call call;
    uint8_t data[RECEIVE_SIZE - sizeof(struct call)];
};

/* One thread that fuzzes. */
struct fuzz {
    struct ring *ring;
    enum kind kind;
    uint32_t number; /* among the threads of its process */
    uint64_t random;
    uint64_t quota; /* requests to have accepted */
    uint64_t accepted;
    struct pooled pool[POOL_SIZE];
    uint32_t pool_count;
    uint32_t stale[STALE_SIZE];
    uint32_t stale_count;
    uint32_t closing[2 * RING_MAX]; /* handles without a place in the pool */
    uint32_t closing_count;
    uint32_t unclear;           /* answers that may have been handles */
    uint64_t calls[CALLS_SIZE]; /* numbers of calls received */
    uint32_t calls_next;
    struct {
        uint64_t address, size;
    } mapped[MAPPED_SIZE];
    uint32_t mapped_next;
    uint32_t own; /* handle on its process: maps through it are in its own space */
    bool linked;  /* the request before was linked to the next */
    struct {
        struct request request;
        struct tag tag;
    } recent[RECENT_SIZE]; /* to be asked for again, much cheaper than a new one */
    uint32_t recent_next;
    struct tag tags[2 * RING_MAX];
    uint16_t free_tags[2 * RING_MAX];
    uint32_t free_count;
    uint32_t receives_busy; /* a bit each */
    struct receive_buffer receives[RECEIVES];
};

#define HANDLE_LEAST 0x10000 /* less is no handle */

#define FINDING 99 /* exit status of a process that found something */

/* Set before a role begins. */
extern struct board *board;
extern uint32_t self;

/* A number that follows from the thread's seed. */
static inline uint64_t random_next(struct fuzz *fuzz)
{
    uint64_t x = fuzz->random;

    x ^= x << 13;
    x ^= x >> 7;
    return fuzz->random = x ^ x << 17;
}

static inline uint32_t random_below(struct fuzz *fuzz, uint32_t bound)
{
    return (uint32_t)((random_next(fuzz) >> 32) * bound >> 32);
}

/* Another seed from one, for number `index`. */
uint64_t seed_derive(uint64_t seed, uint64_t index);

/* Tell what was found, and end the process as one that found something. */
_Noreturn void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* worker.c: fuzz with `quota` requests, in some threads; and what it was given is given back. */
void worker_run(enum kind kind, uint64_t seed, uint64_t quota);

/* server.c: answer the calls of "port", often wrongly, until `quota` of them came. */
void server_run_wrongly(uint64_t seed, uint64_t quota);

/* supervisor.c: play the rounds that the file "fuzz.conf" asks for, and turn the machine off. */
_Noreturn void supervisor_run(void);

/* request.c: once, before any request. */
void requests_init(void);

/* Push one request, or a chain of them, on the thread's ring. False if there is no room. */
bool request_make(struct fuzz *fuzz);

/* Push this request, with a tag. False if there is no room. */
bool request_push(struct fuzz *fuzz, struct request request);

/* answer.c: take all completions that are there, and check them. */
void answers_take(struct fuzz *fuzz);

/* Put a handle into the pool, or have it closed. */
void pool_add(struct fuzz *fuzz, struct pooled pooled);

#endif
