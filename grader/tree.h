/*
 * Trees to build from: a pristine copy of the sources, with a student's files, a skeleton or a
 * patch laid over it. A copy is kept from one use to the next and only changed where it differs, so
 * that make builds only what changed.
 */
#ifndef GRADER_TREE_H
#define GRADER_TREE_H

#include "case.h"

#include <stdbool.h>

enum { TREE_ERROR_SIZE = 400 };

struct tree {
    char *source;   /* the repository */
    char *base;     /* commit whose files are pristine; NULL: the files as they lie in `source` */
    char *folder;   /* the copy */
    char *pristine; /* the sources as they were when the tree was opened first */
    struct tree_names *names; /* of its files; NULL until then */
    char *build;              /* its B */
    char *log;                /* of the last command */
    bool isolated; /* make runs where it can do no harm, and sees no mutants and cheats */
    bool lacking;  /* after a make that failed: this computer lacks something to build with */
    char error[TREE_ERROR_SIZE];
};

void tree_open(struct tree *tree, const char *source, const char *base, const char *folder);
void tree_close(struct tree *tree);

/* Makes the copy pristine: as the sources were at the first call. Result: 0, or -1 with `error`; so
 * for all below. */
int tree_reset(struct tree *tree);

/* Puts the files of a list, or all files below `from` (`files` NULL), over the copy. */
int tree_overlay(struct tree *tree, const char *from, const struct strings *files);

/* Applies a patch with strip level 1. */
int tree_patch(struct tree *tree, const char *patch);

/* Refuses if `source` differs from `base` in files that are not in the list. */
int tree_check_changes(struct tree *tree, const struct strings *allowed);

/* Runs make with `goals` (NULL at the end) in the copy; tells in `lacking` whose fault it is. */
int tree_make(struct tree *tree, const char *const *goals);

#endif
