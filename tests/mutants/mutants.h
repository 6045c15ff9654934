/*
 * Inputs that somebody damaged, for the code that reads what others wrote: each target is one
 * function that takes bytes and must come to an end with nothing touched that is not its own. The
 * sanitizers watch. Its name is what clang's libFuzzer calls, which can drive the targets too.
 */
#ifndef TESTS_MUTANTS_MUTANTS_H
#define TESTS_MUTANTS_MUTANTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What must hold whatever the input is. */
#define must(condition) ((condition) ? (void)0 : abort())

#endif
