/* One seed of one case: run, judged. */
#ifndef GRADER_JUDGE_H
#define GRADER_JUDGE_H

#include "case.h"
#include "match.h"
#include "session.h"

enum { JUDGE_PROPERTIES = 48, JUDGE_ACTOR_SIZE = 24 };

enum verdict {
    VERDICT_PASS,
    VERDICT_WRONG,
    VERDICT_HANG,
    VERDICT_LIVELOCK,
    VERDICT_TRIPLE_FAULT,
    VERDICT_PANIC,
    VERDICT_RESOURCES,
    VERDICT_INFRASTRUCTURE,
};

const char *verdict_name(enum verdict verdict);

/* Plain memory: a process that judges hands it to the one that reports. */
struct judgement {
    uint64_t seed, ips;
    unsigned memory_mib;
    enum verdict verdict;
    struct session_result run;
    uint64_t records;    /* in the trace */
    uint64_t trace_hash; /* of all records; FNV-1a */
    uint64_t console_hash;
    size_t findings_count;
    struct finding findings[JUDGE_PROPERTIES];
    /* Who each event of a finding is by: the name of the process, or "". */
    char actors[JUDGE_PROPERTIES][FINDING_EVENTS][JUDGE_ACTOR_SIZE];
};

struct judge_options {
    const struct case_file *file;
    const char *build; /* folder B of the build */
    const char *image; /* of this seed */
    uint64_t seed;
    const char *console_path; /* where to keep what the guest printed; NULL: nowhere */
    const char *trace_path;   /* where to keep the trace as text; NULL: nowhere */
};

void judge_seed(const struct judge_options *options, struct judgement *judgement);

#endif
