/* Grading a case: build, unit tests, seeds in parallel, points, reports. */
#ifndef GRADER_GRADE_H
#define GRADER_GRADE_H

#include "judge.h"
#include "tree.h"

#include <stdio.h>

enum { GRADE_TEXT_SIZE = 500 };

/* A property over all seeds, or a unit test. */
struct grade_line {
    const char *name, *see, *says;
    unsigned points, earned;
    enum property_state state;
    const struct judgement *judgement; /* the first that shows it; NULL: a unit test, or none */
    size_t finding;                    /* its index there */
    char text[GRADE_TEXT_SIZE];        /* why not, in one line */
};

struct grade {
    const struct case_file *file;
    struct spec spec; /* as seed 0 would have it: names and points */
    struct judgement *judgements;
    size_t seeds_count;
    struct grade_line *lines;
    size_t lines_count;
    unsigned earned, points;
    unsigned score;      /* of 100, rounded down */
    bool refused;        /* `why` says it: nothing was graded */
    bool infrastructure; /* `why` says it: nothing can be said */
    char why[GRADE_TEXT_SIZE];
};

struct grade_options {
    const struct case_file *file;
    const uint64_t *seeds;
    size_t seeds_count;
    struct tree *tree;  /* to build in */
    const char *folder; /* for images, consoles, traces */
    unsigned jobs;
    bool progress;
    bool keep; /* each run's console and trace, as text in `folder` */
};

/* Builds and grades. */
void grade_run(const struct grade_options *options, struct grade *grade);
void grade_free(struct grade *grade);

/* The report for people, with colour if `colour` is set; `verbose` shows what held, too. */
void report_print(const struct grade *grade, FILE *to, bool colour);

/* The report for programs: the same bytes for the same results. Result: 0, or -1 with errno. */
int report_json(const struct grade *grade, const char *path);

/* Other forms of that report, made from the one at `report`: to the files that are not NULL. `runs`
 * is the folder of the runs' consoles and traces. Result: 0, or -1, and what is wrong was told. */
enum report_form { REPORT_JUNIT, REPORT_GRADESCOPE, REPORT_HTML, REPORT_FORMS };
int report_forms(const char *report, const char *runs, const char *const *files);

/* The command that repeats a seed, and the one that looks at it under GDB. */
void report_again(const struct grade *grade, uint64_t seed, char *text, size_t size);
void report_look(const struct grade *grade, uint64_t seed, uint64_t tick, char *text, size_t size);

/* Grades the graders of labs: reference, skeleton, mutants, cheats. Result: exit status. */
int check_labs(char **folders, size_t count, const char *source, const char *build, unsigned jobs,
               size_t seeds);

#endif
