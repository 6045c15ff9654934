/*
 * What the emulator sees, for the `observe` clauses of a spec: the machine is stopped at the places
 * that they name, and looked at.
 *
 * Bochs stops at few places at once. Where a clause needs more, the run is repeated with the next
 * ones: it is the same run each time.
 */
#ifndef GRADER_OBSERVE_H
#define GRADER_OBSERVE_H

#include "match.h"
#include "session.h"

struct observer;

/* Prepares for all observe clauses of a spec. `build` is the folder B of the build that runs. */
struct observer *observer_open(const struct spec *spec, const char *build);
void observer_close(struct observer *observer);

/* How many runs it takes (at least 1), and the places of run number `pass`. */
size_t observer_passes(const struct observer *observer);
size_t observer_watches(struct observer *observer, size_t pass, struct session_watch **watches);

/* What came of a clause, for match_close. */
void observer_tell(void *observer, const struct clause *clause, struct observed *observed);

#endif
