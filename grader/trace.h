/*
 * The guest's trace as the host sees it: records taken out of the guest's memory in order, each
 * checked; and as text.
 *
 * A trace that does not hold together is refused as a whole: nobody judges by half of one.
 */
#ifndef GRADER_TRACE_H
#define GRADER_TRACE_H

#include "abi/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_ERROR_SIZE = 200 };

struct trace_reader {
    /* Reads guest memory. Result: 0, or -1. */
    int (*read)(void *context, uint64_t physical, void *buffer, size_t size);
    void *context;
    uint64_t memory_size; /* of the guest, bytes */
    unsigned cpus;

    uint64_t taken;     /* records taken so far */
    uint64_t last_tick; /* of the last one */
    struct trace_header header;
    char error[TRACE_ERROR_SIZE];
};

/* Takes the records written since the last time out of the buffer at `physical`, hands each to
 * `record`. Result: 0, or -1 with `error`: also if records were lost. */
int trace_take(struct trace_reader *reader, uint64_t physical,
               void (*record)(void *context, const struct trace_record *record), void *context);

/* The event's row by number or by name; NULL if there is none. */
struct trace_event_row {
    uint16_t event;
    const char *name, *a, *b; /* a, b: names of the fields, "" if not used */
};
const struct trace_event_row *trace_event_by_number(uint16_t event);
const struct trace_event_row *trace_event_by_name(const char *name);

/* Writes "tick 41,207,113  cpu 0  thread 3  reply(call=7, result=12)". Names are in quotes,
 * operations have theirs, frames and addresses are hexadecimal. */
void trace_print(const struct trace_record *record, char *text, size_t size);

/* Writes a number with a comma after each thousand. */
void number_print(uint64_t number, char *text, size_t size);

#endif
