/*
 * The registers that GDB is told of, in a mode of the processor: their numbers, sizes and places.
 *
 * GDB's own description of x86 wants the x87 and SSE registers too; those that the bridge cannot
 * read are there and "unavailable". The first `in_block` registers are what one read of "all
 * registers" brings.
 */
#ifndef GRADER_GDB_TARGET_H
#define GRADER_GDB_TARGET_H

#include "bochs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target_register {
    const char *name; /* GDB's, and the prompt's where it can be set */
    const char *type; /* GDB's */
    uint16_t number;
    uint16_t bits;
    int16_t offset;  /* in struct bochs_registers; -1: unavailable, TARGET_TICK: the time */
    uint8_t kept;    /* bytes it has there */
    bool can_be_set; /* by "set NAME = VALUE" */
    uint8_t feature; /* which part of the description it belongs to */
};

#define TARGET_TICK (-2)

struct target {
    const char *architecture; /* as GDB names it */
    const struct target_register *registers;
    size_t count;
    size_t in_block;
};

/* Long mode. Other modes have tables of their own. */
extern const struct target target_long;

/* The description as XML. Result: a text to be freed. */
char *target_describe(const struct target *target);

/* The register with GDB's number, or NULL. */
const struct target_register *target_register(const struct target *target, unsigned number);

/* Its value as GDB wants it: digits, lowest byte first, and a zero byte; 'x' where it is
 * unavailable. Result: digits written, at most 32. */
size_t target_register_write(const struct target_register *row,
                             const struct bochs_registers *registers, uint64_t tick, char *text);

/* The value in what GDB sent. Result: false if it has not the register's size, or more than 64
 * bits. */
bool target_register_value(const struct target_register *row, const uint8_t *bytes, size_t size,
                           uint64_t *value);

#endif
