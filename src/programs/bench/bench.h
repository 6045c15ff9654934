/*
 * bench: what the system's common acts cost, in ticks of the time-stamp counter (in Bochs: executed
 * instructions). What the parts of the program share.
 */
#ifndef PROGRAMS_BENCH_BENCH_H
#define PROGRAMS_BENCH_BENCH_H

#include <orrery.h>

#define ROUNDS       1000u
#define SPAWN_ROUNDS 100u
#define RING_LARGE   1024u /* requests: what the largest batch needs */

/* What bench runs itself as, in another process: its first argument. */
#define ROLE_SERVER "server" /* answers every write at once */
#define ROLE_STAMP  "stamp"  /* ends at once, with the tick as its status */
#define ROLE_MEMBER "member" /* one of a crowd: holds threads and handles, and waits */

/* The ticks of one item, each time that it was measured. */
struct figure {
    uint64_t count;
    uint64_t ticks[ROUNDS];
};

/* Is this item to be measured? */
bool item_wanted(const char *name);

/* Ticks that measuring takes by itself: taken off every figure. */
extern uint64_t overhead;

/* Take one measurement down: `ticks` for `acts` acts, of which `known` ticks are something else. */
void figure_add(struct figure *figure, uint64_t ticks, uint64_t acts, uint64_t known);

/* Sort it, for figure_at: what this part of a thousand of the measurements do not exceed. */
void figure_sort(struct figure *figure);
uint64_t figure_at(const struct figure *figure, unsigned thousandth);

/* `NAME LEAST MOST COUNT MEDIAN`, a line. */
void figure_print(struct figure *figure, const char *name);

/* Start this program once more in a process of its own, which finds `port` by that name; it may be
 * 0. A handle, or an error. */
int64_t role_start(const char *role, uint32_t port);

/* The measurements; each prints its lines. 0, or a negative error that stops bench. */
int64_t bench_enter(void);  /* calls.c: null-enter, ring-N, duplicate */
int64_t bench_switch(void); /* calls.c: context-switch */
int64_t bench_calls(void);  /* server.c: sync-call, ring-call */
int64_t bench_memory(void); /* memory.c: page-fault */
int64_t bench_spawn(void);  /* spawn.c: spawn, exit */
int bench_server(void);     /* server.c: the role */

/* What the server has done so far: reading its object yields this. */
struct server_work {
    uint64_t calls, rounds; /* rounds: times that it entered the kernel */
};

/* Run the server in another process while `use` has a handle on its object. What `use` returns, or
 * an error (server.c). */
int64_t with_server(int64_t (*use)(uint32_t object));

int64_t bench_load(void);             /* load.c */
int bench_throughput(uint64_t count); /* throughput.c: its exit status */

/*
 * crowd.c: a thousand processes that together hold ten thousand threads and 65,536 handles, all of
 * them waiting. Make it (0 or an error), end it, be one of it.
 */
int64_t crowd_open(void);
void crowd_close(void);
int crowd_member(void);

#endif
