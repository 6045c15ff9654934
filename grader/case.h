/*
 * Cases: what a lab or a system test is made of, as its configuration says
 * (handbook/grader.adoc), and the run that a seed makes of it.
 */
#ifndef GRADER_CASE_H
#define GRADER_CASE_H

#include "spec.h"

enum { CASE_ERROR_SIZE = 300 };

struct strings {
    char **first;
    size_t count;
};

struct case_unit {
    char *name, *see;
    unsigned points;
};

struct case_archive {
    char *name, *text; /* text with @payloads still in it */
};

enum payload_kind { PAYLOAD_HEX, PAYLOAD_WORD, PAYLOAD_NUMBER, PAYLOAD_CHOICE, PAYLOAD_ANSWER };

struct case_payload {
    char *name;
    enum payload_kind kind;
    uint64_t low, high; /* digits or letters in `low`; bounds of a number, inclusive */
    struct strings choices;
    char *path; /* of a student's answers, below the case's root */
};

struct case_file {
    char *folder, *path; /* path: of the configuration */
    const char *root;    /* the tree that is judged; "." unless somebody sets it */
    char *name;          /* the folder's last part */
    char *title;
    char *program;
    char *last;
    unsigned hours, seeds;
    bool is_lab;
    bool has_status;
    uint64_t status, ticks, quiet;
    struct strings files, programs, lines, memory, ips;
    struct strings instructions; /* privileged, that the files may use nevertheless */
    struct case_unit *units;
    size_t units_count;
    struct case_archive *archives;
    size_t archives_count;
    struct case_payload *payloads;
    size_t payloads_count;
    char *spec; /* text of the spec */
};

/* Reads lab.conf or test.conf, and spec, in `folder`. Result: 0, or -1 with "file:line: why". */
int case_read(struct case_file *file, const char *folder, char error[CASE_ERROR_SIZE]);
void case_free(struct case_file *file);

/* What a seed chose. */
struct draw {
    uint64_t seed;
    unsigned memory_mib;
    uint64_t ips;
    struct payload *values; /* one for each payload of the case */
    struct payloads payloads;
};

void draw_make(const struct case_file *file, uint64_t seed, struct draw *draw);
void draw_free(struct draw *draw);

/* A copy of `text` with each @name replaced by its value. */
char *draw_substitute(const struct draw *draw, const char *text);

/* The number that a student found for a seed: `path` has lines "SEED NUMBER", `#` starts a comment.
 * False if it has none for this seed, or cannot be read. */
bool answer_find(const char *path, uint64_t seed, uint64_t *number);

/* splitmix64: the next number of a sequence. */
uint64_t random_next(uint64_t *state);

#endif
