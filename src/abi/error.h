/*
 * Errors: a request's result is negative when it failed: -(number of the error).
 *
 * ERROR(NAME, number, text). Families: handles 1 to 9, arguments 10 to 19, resources 20 to 29, ends
 * 30 to 39, programs 40 to 49.
 */
#ifndef ABI_ERROR_H
#define ABI_ERROR_H

#define ERRORS(ERROR)                                                                              \
    ERROR(HANDLE, 1, "not an open handle")                                                         \
    ERROR(DENIED, 2, "the handle lacks a right")                                                   \
    ERROR(UNSUPPORTED, 3, "the object does not know this operation")                               \
    ERROR(TYPE, 4, "the handle names an object of another type")                                   \
    ERROR(ARGUMENT, 10, "an argument has no meaning here")                                         \
    ERROR(RANGE, 11, "an offset, address or length is out of range")                               \
    ERROR(BUFFER, 12, "the buffer is not all mapped as needed")                                    \
    ERROR(NAME, 13, "a name is malformed or too long")                                             \
    ERROR(NOT_FOUND, 14, "nothing has this name")                                                  \
    ERROR(EXISTS, 15, "something has this name or place already")                                  \
    ERROR(STATE, 16, "the object is not in the state for it")                                      \
    ERROR(MEMORY, 20, "no memory left in the account or the machine")                              \
    ERROR(LIMIT, 21, "the account's limit is reached")                                             \
    ERROR(ROOM, 22, "no room where the answer or the handles should go")                           \
    ERROR(BUSY, 23, "somebody else has it")                                                        \
    ERROR(GONE, 30, "the object's server, or the object, has ended")                               \
    ERROR(CANCELLED, 31, "cancelled")                                                              \
    ERROR(TIMEOUT, 32, "the deadline passed")                                                      \
    ERROR(LINK, 33, "an earlier request of the chain failed")                                      \
    ERROR(LATE, 34, "too late: it has its effect already")                                         \
    ERROR(NOT_PROGRAM, 40, "not an ELF64 program for x86-64")                                      \
    ERROR(TRUNCATED, 41, "the program's file ends too early")                                      \
    ERROR(OVERLAP, 42, "the program's segments overlap, or lie outside the user half")             \
    ERROR(WRITE_EXECUTE, 43, "the program has a segment that is writable and executable")

enum error {
#define ERROR(NAME, number, text) E_##NAME = number,
    ERRORS(ERROR)
#undef ERROR
};

#endif
