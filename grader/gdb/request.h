/*
 * What GDB asks for: the text of a message, taken apart and checked. One table names all messages
 * that the bridge knows; a message that it does not know is REQUEST_UNKNOWN, which GDB accepts as
 * "no", and one that is malformed is REQUEST_BAD.
 */
#ifndef GRADER_GDB_REQUEST_H
#define GRADER_GDB_REQUEST_H

#include <stddef.h>
#include <stdint.h>

enum request_kind {
    REQUEST_UNKNOWN,
    REQUEST_BAD,
    REQUEST_WHY_STOPPED,
    REQUEST_SUPPORTED,
    REQUEST_NO_ACKNOWLEDGE,
    REQUEST_FEATURES, /* text: the document; address, size: the part of it */
    REQUEST_ATTACHED,
    REQUEST_THREAD_CURRENT,
    REQUEST_THREADS_FIRST,
    REQUEST_THREADS_NEXT,
    REQUEST_THREAD_SELECT,
    REQUEST_THREAD_ALIVE, /* address: the thread */
    REQUEST_REGISTERS_READ,
    REQUEST_REGISTER_READ,  /* number: which */
    REQUEST_REGISTER_WRITE, /* number: which; data, size: the value */
    REQUEST_MEMORY_READ,    /* address, size */
    REQUEST_MEMORY_WRITE,   /* address; data, size: the bytes */
    REQUEST_POINT_SET,      /* number: enum request_point; address, size */
    REQUEST_POINT_CLEAR,
    REQUEST_CONTINUE_HOW,
    REQUEST_CONTINUE,
    REQUEST_STEP,
    REQUEST_STEP_RANGE, /* while RIP is in `address` to `end` */
    REQUEST_BACK_STEP,
    REQUEST_BACK_CONTINUE,
    REQUEST_MONITOR, /* text: the line */
    REQUEST_DETACH,
    REQUEST_KILL,
};

enum request_point { POINT_SOFTWARE, POINT_HARDWARE, POINT_WRITE, POINT_READ, POINT_ACCESS };

struct request {
    enum request_kind kind;
    uint64_t address, end;
    uint64_t size;
    unsigned number;
    const uint8_t *data;
    char *text; /* ends with a zero byte */
};

/* Takes apart a message; `payload[size]` is zero. Data and texts are decoded in place, so that
 * `payload` changes and must live as long as the request. */
struct request request_parse(char *payload, size_t size);

#endif
