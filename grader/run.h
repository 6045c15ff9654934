/* What the parts of orrery-run share. */
#ifndef GRADER_RUN_H
#define GRADER_RUN_H

#include "session.h"

/* Exit statuses beside the guest's own; see run.c's usage text. */
enum run_status {
    RUN_USAGE = 2,
    RUN_HANG = 124,
    RUN_PANIC = 125,
    RUN_RESET = 126,
    RUN_INFRASTRUCTURE = 127,
};

struct run {
    struct bochs_options machine;
    const char *kernel;
    const char **lines; /* of the script, NULL at the end; NULL: a person types */
    uint64_t budget_ticks, quiet_ticks;
    bool trace;
    bool vga;
};

/* A person at the terminal, with Bochs. Result: exit status. */
int run_live(const struct run *run);

/* With QEMU, script or person. Result: exit status. */
int run_qemu(const struct run *run);

/* The exit status that tells of a guest's power-off status. */
int run_status_of(uint64_t status);

/* The terminal's own modes are put back at exit, and before a signal ends us. Result: 0, or -1 if
 * standard input is not a terminal. */
int run_terminal_raw(void);
void run_terminal_restore(void);

/* Set once a signal asks to end. */
extern volatile int run_interrupted;

enum { RUN_LEAVE_KEY = 0x1d }; /* Ctrl-] */

/* Copies all bytes to a descriptor, waiting where it is full. */
void run_copy(int descriptor, const char *bytes, size_t size);

/* Prints one trace record as a line on standard error. */
void run_print_record(void *context, const struct trace_record *record);

#endif
