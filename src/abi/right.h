/*
 * Rights: what a handle lets its holder do. They only shrink, by duplicate and by transfer.
 *
 * RIGHT(NAME, bit, name, meaning).
 */
#ifndef ABI_RIGHT_H
#define ABI_RIGHT_H

#include <stdint.h>

#define RIGHTS(RIGHT)                                                                              \
    RIGHT(READ, 0, "read", "read, and wait by reading")                                            \
    RIGHT(WRITE, 1, "write", "write")                                                              \
    RIGHT(OPEN, 2, "open", "open what a table holds")                                              \
    RIGHT(CREATE, 3, "create", "create objects in it or with it")                                  \
    RIGHT(REMOVE, 4, "remove", "remove what it holds, end it")                                     \
    RIGHT(GET, 5, "get", "get its properties, watch them")                                         \
    RIGHT(SET, 6, "set", "set its properties")                                                     \
    RIGHT(SHARE, 7, "share", "hand objects to it")                                                 \
    RIGHT(MAP, 8, "map", "map it; of a process: change its address space")                         \
    RIGHT(EXECUTE, 9, "execute", "map it for execution")                                           \
    RIGHT(DUPLICATE, 10, "duplicate", "duplicate the handle")                                      \
    RIGHT(TRANSFER, 11, "transfer", "give the handle to another process")                          \
    RIGHT(RECEIVE, 12, "receive", "receive a port's calls and reply to them")                      \
    RIGHT(PHYSICAL, 13, "physical", "learn its physical address")

enum right {
#define RIGHT(NAME, bit, name, meaning) RIGHT_##NAME = 1 << bit,
    RIGHTS(RIGHT)
#undef RIGHT
        RIGHT_ALL = (1 << 14) - 1,
};

#endif
