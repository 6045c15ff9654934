/*
 * Pagers: who gives the pages of memory that a process made with one.
 *
 * A page that is touched and not there becomes a call of whoever touched it to the memory's pager,
 * an ordinary read behind a port, whose answer fills the page:
 *
 *     a thread's instruction  -> the thread stops; its fault job is the call
 *     a request's buffer      -> its job is the call; meanwhile it has no other effect
 *
 * When the answer is there the instruction, or the request's method, is run again from its start.
 * That is safe because a method that fails for want of a page has had no effect yet: all checks
 * come first. If the pager fails (an error, its end, the timeout) the thread's process ends; a
 * request is run once more and takes what is missing for an error. A deadline of the request's own
 * takes the timeout's place.
 *
 * Each call has a frame of its own to be filled: two who touch one page both call, and the second
 * answer is dropped. Pagers allocate nothing in the pager's process. The caller holds the lock.
 */
#ifndef KERNEL_PAGER_H
#define KERNEL_PAGER_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct job;
struct memory;
struct thread;

/* The object whose page could not be had since the job that runs was started because its pager has
 * it, or NULL. */
extern struct memory *pager_missing;

/* For a process that creates memory: paged, as its request describes it, to `*memory`. 0 or an
 * error. */
int64_t pager_make(struct job *job, struct account *account, uint64_t size, struct memory **memory);

/* For memory_page: its pager has page number `index`, whose address is to be in `*slot`. Gives
 * FRAME_NONE. */
uint64_t pager_miss(struct memory *memory, uint64_t index, uint64_t *slot);

/* For job_complete: is the result not the job's yet, but a page's? Then that is seen to. */
bool pager_takes(struct job *job, int64_t result);

/* The job is no call for a page any more; the page it has got is `filled` or to be dropped. */
void pager_end(struct job *job, bool filled);

/* The current thread touched what could not be had: stop it if its pager has it. */
bool pager_fault(struct thread *thread, uint64_t address);

/* For the fault job: the thread goes on, or its process ends. */
int64_t pager_fault_over(struct job *job);

#endif
