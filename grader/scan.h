/*
 * What a student's piece of the kernel must not be made of: it runs with all rights, so its
 * source's assembly and its object are looked at before it runs.
 */
#ifndef GRADER_SCAN_H
#define GRADER_SCAN_H

#include "case.h"

#include <stdbool.h>
#include <stddef.h>

/* Looks at FILE's object (`object`), the assembly that the compiler made of it (`assembly`), and
 * the list of files that it includes (`depends`, as make reads it). `allowed` names instructions
 * that the piece may use though they are privileged. Result: whether nothing is wrong; else `error`
 * names it in one line. */
bool scan_piece(const char *file, const char *object, const char *assembly, const char *depends,
                const struct strings *allowed, char *error, size_t error_size);

#endif
