/*
 * What each processor did since the start: the memory object `processors` holds one structure for
 * each place, in the order of their numbers; where there is no processor, all is zero. The kernel
 * counts along: who maps the page reads the counts as they grow.
 */
#ifndef ABI_PROCESSOR_H
#define ABI_PROCESSOR_H

#include <stdint.h>

#define PROCESSORS_MAX    8u
#define PROCESSOR_BATCHES 16u

struct processor_counts {
    uint64_t switches;   /* a thread came to run */
    uint64_t root_loads; /* other page tables were loaded (CR3) */
    uint64_t wakes;      /* it told another processor to look for work */
    uint64_t calls;      /* it waited for another processor: TLB shootdown, end of a thread */
    uint64_t enters;     /* system calls that submitted requests */
    uint64_t requests;   /* taken by them */
    uint64_t
        batches[PROCESSOR_BATCHES]; /* [n]: of them took 2^n requests or more, less than 2^(n+1) */
    uint64_t bytes;                 /* copied from or to buffers of processes */
    uint64_t interrupts;
    uint64_t exceptions; /* of processes, page faults among them */
    uint64_t idle_ticks; /* that it slept */
    uint64_t zero[6];
};

_Static_assert(sizeof(struct processor_counts) == 256, "struct processor_counts is 256 bytes");

#endif
