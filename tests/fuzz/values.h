/* Values for the fields of requests: those at which kernels break, among many that work. */
#ifndef TESTS_FUZZ_VALUES_H
#define TESTS_FUZZ_VALUES_H

#include "fuzz.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline bool one_in(struct fuzz *fuzz, uint32_t count)
{
    return random_below(fuzz, count) == 0;
}

/* Bytes of a buffer. Mostly few: long copies take most of the time. */
uint64_t length_pick(struct fuzz *fuzz);

/* Where a buffer lies. `*is_foreign`: nothing can be read or written there. Only WILD processes let
 * it be what is theirs. */
uint64_t address_pick(struct fuzz *fuzz, bool *is_foreign);

/* An address of the kernel's, or none at all. */
uint64_t address_foreign(struct fuzz *fuzz);

/* Where something is to be mapped, mostly within the window, and of what length; 0: anywhere. */
uint64_t range_pick(struct fuzz *fuzz, uint64_t *length);

/* What is mapped, or may be. */
uint64_t mapped_pick(struct fuzz *fuzz, uint64_t *length);

uint64_t offset_pick(struct fuzz *fuzz);

/* A set of rights: all, none, or any. */
uint32_t rights_pick(struct fuzz *fuzz);

uint32_t property_pick(struct fuzz *fuzz);
uint32_t access_pick(struct fuzz *fuzz);

/* A call that was received not long ago, or nobody's. */
uint64_t call_pick(struct fuzz *fuzz);

/* The submission index of a request that waits, or of none. */
uint64_t submission_pick(struct fuzz *fuzz);

/* A server's answer: none that could be mistaken for a handle by who gets it. */
uint64_t result_pick(struct fuzz *fuzz);

/* Nanoseconds from now on; mostly 0 for none. */
uint64_t deadline_pick(struct fuzz *fuzz);

/* A name or path; where it lies and its length. */
const char *name_pick(struct fuzz *fuzz, uint64_t *length);

/* Structures that creations read: remade for each use, and kept apart for each thread. */
struct thread_start *start_pick(struct fuzz *fuzz);
void *part_pick(struct fuzz *fuzz); /* struct memory_part or memory_place: two words */
struct memory_pager *pager_pick(struct fuzz *fuzz, uint32_t handle);

/* Where created threads begin: one ends itself by its handle, or sleeps if that is gone. */
void thread_stub(void);

#endif
