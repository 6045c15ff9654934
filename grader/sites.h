/* Instructions of a program that a host wants to stop at, found by disassembly. */
#ifndef GRADER_SITES_H
#define GRADER_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adds the addresses of all IN, OUT, INS and OUTS in the executable sections of an ELF file to
 * `*sites` (to be freed), which holds `*count`. Result: 0, or -1 if it cannot be read. */
int sites_of_ports(const char *path, uint64_t **sites, size_t *count);

/* The address behind the instruction that these bytes begin with; 0 if it is none. */
uint64_t site_next(const uint8_t *bytes, size_t size, uint64_t address);

/* The port that the instruction with these first bytes uses, given RDX. Result: -1 if it is none of
 * these instructions. */
int32_t site_port(const uint8_t bytes[2], uint64_t rdx);

/* Whether it can use a port of a range: not, if it names another. */
bool site_can_reach(const uint8_t bytes[2], uint64_t low, uint64_t high);

#endif
