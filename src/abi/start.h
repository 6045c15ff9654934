/*
 * How a thread begins. Registers at its first instruction: RDI = address of its ring, RSI = handle
 * of the thread itself, RDX = its argument, RSP as asked for; all others zero.
 *
 * A process's first thread gets as argument the address of its start block, read-only, laid out by
 * the kernel: struct start_block, then the named handles, then the argument strings. Its stack is
 * START_STACK_SIZE bytes below START_STACK_TOP, a guard page underneath.
 */
#ifndef ABI_START_H
#define ABI_START_H

#include <stddef.h>
#include <stdint.h>

#define START_MAGIC      UINT64_C(0x5452415453593031) /* "10YSTART" */
#define START_STACK_TOP  UINT64_C(0x00007fff00000000)
#define START_STACK_SIZE UINT64_C(0x10000)

/* Rings, start blocks and mappings whose address the kernel chooses lie from here up. */
#define USER_MAP_BASE UINT64_C(0x0000100000000000)
#define USER_MAP_TOP  UINT64_C(0x00007ffe00000000)

#define HANDLE_NAME_SIZE 24

struct start_handle {
    char name[HANDLE_NAME_SIZE]; /* zero-terminated */
    uint32_t handle;
    uint32_t type; /* enum object_type_number */
};

struct start_block {
    uint64_t magic;
    uint64_t size;      /* bytes, all in all */
    uint64_t time_page; /* address of struct time_page */
    uint32_t handles;   /* count; the first starts at `handles_offset` */
    uint32_t handles_offset;
    uint32_t arguments; /* count; strings, each zero-terminated, one behind the other */
    uint32_t arguments_offset;
};

/*
 * The clock without a system call: nanoseconds since the start of the machine =
 * ((TSC - tsc_base) * multiplier) >> 32, computed in 128 bits. Constant after start.
 */
struct time_page {
    uint64_t tsc_base;
    uint64_t multiplier;
    uint64_t tsc_hz;
};

_Static_assert(sizeof(struct start_handle) == 32, "struct start_handle is 32 bytes");
_Static_assert(sizeof(struct start_block) == 40, "struct start_block is 40 bytes");

#endif
