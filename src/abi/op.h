/*
 * Operations: what can be asked of an object, each declared once.
 *
 * OP(NAME, number, name, target, right, arguments, ANSWER, answer, errors):
 *
 *   target     who has the say: the OBJECT that the handle names; the HANDLE itself, whatever its
 *              object; or the caller's RING, and then the handle is not looked at
 *   right      what the handle must carry
 *   arguments  ARGUMENT(KIND, field, meaning) for each field of the request that is looked at; what
 *              it means more exactly for one type of object is in abi/method.h
 *   answer     kind and meaning of a result that is not negative
 *   errors     FAILS(NAME) for each error that an object of the kernel's may answer, beside those
 *              that every request may end with (OP_ERRORS). A server may answer with any.
 *
 * Whoever uses the table defines OP, and of ARGUMENT and FAILS what it looks at; abi/grammar.h has
 * the rows as C data.
 */
#ifndef ABI_OP_H
#define ABI_OP_H

/* clang-format off */
#define OPS(OP)                                                                                    \
    OP(NOP, 0, "nop", RING, 0, , ZERO, "0", )                                                      \
    OP(READ, 1, "read", OBJECT, RIGHT_READ,                                                        \
       ARGUMENT(BUFFER_OUT, buffer, "what is read")                                                \
       ARGUMENT(NUMBER, offset, "where to start")                                                  \
       ARGUMENT(CALL, arg0, "of a port: the call"),                                                \
       COUNT, "bytes read",                                                                        \
       FAILS(RANGE) FAILS(BUFFER) FAILS(NOT_FOUND) FAILS(STATE) FAILS(MEMORY) FAILS(ROOM)          \
       FAILS(GONE))                                                                                \
    OP(WRITE, 2, "write", OBJECT, RIGHT_WRITE,                                                     \
       ARGUMENT(BUFFER_IN, buffer, "what is written")                                              \
       ARGUMENT(NUMBER, offset, "where to start")                                                  \
       ARGUMENT(CALL, arg0, "of a port: the call"),                                                \
       COUNT, "bytes written",                                                                     \
       FAILS(RANGE) FAILS(BUFFER) FAILS(NOT_FOUND) FAILS(STATE) FAILS(MEMORY) FAILS(GONE))         \
    OP(OPEN, 3, "open", OBJECT, RIGHT_OPEN,                                                        \
       ARGUMENT(BUFFER_IN, buffer, "path")                                                         \
       ARGUMENT(RIGHTS, arg0, "rights wanted"),                                                    \
       HANDLE, "handle",                                                                           \
       FAILS(BUFFER) FAILS(NAME) FAILS(NOT_FOUND) FAILS(MEMORY) FAILS(LIMIT) FAILS(BUSY)           \
       FAILS(GONE))                                                                                \
    OP(CREATE, 4, "create", OBJECT, RIGHT_CREATE,                                                  \
       ARGUMENT(BUFFER_IN, buffer, "name, or a struct of the kind's")                              \
       ARGUMENT(NUMBER, offset, "size, or rights")                                                 \
       ARGUMENT(OBJECT, arg0, "kind")                                                              \
       ARGUMENT(NUMBER, arg1, "parameter"),                                                        \
       HANDLE, "handle",                                                                           \
       FAILS(TYPE) FAILS(RANGE) FAILS(BUFFER) FAILS(NAME) FAILS(STATE) FAILS(MEMORY) FAILS(LIMIT)  \
       FAILS(GONE))                                                                                \
    OP(REMOVE, 5, "remove", OBJECT, RIGHT_REMOVE,                                                  \
       ARGUMENT(BUFFER_IN, buffer, "of a table: the name")                                         \
       ARGUMENT(NUMBER, arg0, "status"),                                                           \
       ZERO, "0",                                                                                  \
       FAILS(BUFFER) FAILS(NAME) FAILS(NOT_FOUND) FAILS(GONE))                                     \
    OP(GET, 6, "get", OBJECT, RIGHT_GET,                                                           \
       ARGUMENT(BUFFER_OUT, buffer, "text or bytes")                                               \
       ARGUMENT(PROPERTY, arg0, "property"),                                                       \
       NUMBER, "bytes, or the number itself",                                                      \
       FAILS(BUFFER) FAILS(STATE) FAILS(GONE))                                                     \
    OP(SET, 7, "set", OBJECT, RIGHT_SET,                                                           \
       ARGUMENT(BUFFER_IN, buffer, "text or bytes")                                                \
       ARGUMENT(PROPERTY, arg0, "property")                                                        \
       ARGUMENT(NUMBER, arg1, "the number itself, or a handle"),                                   \
       ZERO, "0",                                                                                  \
       FAILS(TYPE) FAILS(RANGE) FAILS(BUFFER) FAILS(EXISTS) FAILS(STATE) FAILS(MEMORY)             \
       FAILS(LIMIT) FAILS(GONE) FAILS(NOT_PROGRAM) FAILS(TRUNCATED) FAILS(OVERLAP)                 \
       FAILS(WRITE_EXECUTE))                                                                       \
    OP(SHARE, 8, "share", OBJECT, RIGHT_SHARE,                                                     \
       ARGUMENT(BUFFER_IN, buffer, "name")                                                         \
       ARGUMENT(HANDLE, arg0, "to hand over")                                                      \
       ARGUMENT(RIGHTS, arg1, "to hand over with it"),                                             \
       ZERO, "0",                                                                                  \
       FAILS(BUFFER) FAILS(NAME) FAILS(EXISTS) FAILS(STATE) FAILS(MEMORY) FAILS(LIMIT) FAILS(ROOM) \
       FAILS(GONE))                                                                                \
    OP(MAP, 9, "map", OBJECT, RIGHT_MAP,                                                           \
       ARGUMENT(RANGE, buffer, "where; at 0: the kernel chooses")                                  \
       ARGUMENT(NUMBER, offset, "into the object")                                                 \
       ARGUMENT(HANDLE, arg0, "memory, or a range of I/O ports")                                   \
       ARGUMENT(ACCESS, arg1, "access"),                                                           \
       NUMBER, "address",                                                                          \
       FAILS(TYPE) FAILS(RANGE) FAILS(EXISTS) FAILS(STATE) FAILS(MEMORY) FAILS(LIMIT) FAILS(BUSY)  \
       FAILS(GONE))                                                                                \
    OP(UNMAP, 10, "unmap", OBJECT, RIGHT_MAP,                                                      \
       ARGUMENT(RANGE, buffer, "what was mapped"),                                                 \
       ZERO, "0",                                                                                  \
       FAILS(RANGE) FAILS(NOT_FOUND) FAILS(STATE) FAILS(MEMORY))                                   \
    OP(DUPLICATE, 11, "duplicate", HANDLE, RIGHT_DUPLICATE,                                        \
       ARGUMENT(RIGHTS, arg0, "rights wanted"),                                                    \
       HANDLE, "handle",                                                                           \
       FAILS(MEMORY) FAILS(LIMIT))                                                                 \
    OP(CLOSE, 12, "close", HANDLE, 0, , ZERO, "0", )                                               \
    OP(CANCEL, 13, "cancel", RING, 0,                                                              \
       ARGUMENT(SUBMISSION, arg0, "submission index"),                                             \
       ZERO, "0",                                                                                  \
       FAILS(NOT_FOUND) FAILS(LATE))                                                               \
    OP(RECEIVE, 14, "receive", OBJECT, RIGHT_RECEIVE,                                              \
       ARGUMENT(BUFFER_OUT, buffer, "struct call and data")                                        \
       ARGUMENT(NUMBER, arg0, "handles taken, 0 or 1"),                                            \
       COUNT, "bytes: struct call and data",                                                       \
       FAILS(BUFFER) FAILS(ROOM) FAILS(GONE))                                                      \
    OP(REPLY, 15, "reply", OBJECT, RIGHT_RECEIVE,                                                  \
       ARGUMENT(BUFFER_IN, buffer, "data for the client")                                          \
       ARGUMENT(NUMBER, offset, "result")                                                          \
       ARGUMENT(CALL, arg0, "call")                                                                \
       ARGUMENT(HANDLE, arg1, "to give, or 0"),                                                    \
       ZERO, "0",                                                                                  \
       FAILS(RANGE) FAILS(BUFFER) FAILS(NOT_FOUND) FAILS(GONE))                                    \
    OP(WATCH, 16, "watch", OBJECT, RIGHT_GET,                                                      \
       ARGUMENT(PROPERTY, arg0, "property")                                                        \
       ARGUMENT(NUMBER, arg1, "last value seen"),                                                  \
       NUMBER, "new value",                                                                        \
       FAILS(GONE))                                                                                \
    OP(ANSWER, 17, "answer", OBJECT, RIGHT_RECEIVE,                                                \
       ARGUMENT(BUFFER_OUT, buffer, "struct call and data, of the next call")                      \
       ARGUMENT(NUMBER, offset, "result")                                                          \
       ARGUMENT(CALL, arg0, "call")                                                                \
       ARGUMENT(NUMBER, arg1, "bytes for the client, behind the struct call"),                     \
       COUNT, "bytes: struct call and data",                                                       \
       FAILS(RANGE) FAILS(BUFFER) FAILS(ROOM) FAILS(GONE))

/* What any request may end with: refused as it is, or ended from outside. */
#define OP_ERRORS                                                                                  \
    FAILS(HANDLE) FAILS(DENIED) FAILS(UNSUPPORTED) FAILS(ARGUMENT) FAILS(CANCELLED) FAILS(TIMEOUT) \
    FAILS(LINK)
/* clang-format on */

/* ARGUMENT_KIND(NAME, what it is). */
#define ARGUMENT_KINDS(KIND)                                                                       \
    KIND(BUFFER_IN, "buffer and length: bytes from the caller")                                    \
    KIND(BUFFER_OUT, "buffer and length: bytes to the caller")                                     \
    KIND(RANGE, "buffer and length: a range of addresses; nothing is copied")                      \
    KIND(NUMBER, "any number")                                                                     \
    KIND(HANDLE, "an open handle of the caller's")                                                 \
    KIND(RIGHTS, "a set of rights; 0 for all there are")                                           \
    KIND(OBJECT, "enum object_type_number")                                                        \
    KIND(PROPERTY, "enum property")                                                                \
    KIND(ACCESS, "enum map_access")                                                                \
    KIND(CALL, "the number of a call that was received")                                           \
    KIND(SUBMISSION, "the submission index of a request in flight")

enum op {
#define OP(NAME, number, ...) OP_##NAME = number,
    OPS(OP)
#undef OP
        OP_COUNT = 18,
};

enum argument_kind {
    ARGUMENT_NONE,
#define KIND(NAME, what) ARGUMENT_##NAME,
    ARGUMENT_KINDS(KIND)
#undef KIND
};

enum answer_kind { ANSWER_ZERO, ANSWER_COUNT, ANSWER_NUMBER, ANSWER_HANDLE };

enum op_target { TARGET_RING, TARGET_HANDLE, TARGET_OBJECT };

/* Sets of operations, a bit each: whose data goes to the object; whose answer is a handle; about
 * which objects have no say. */
enum op_set {
#define ARGUMENT(KIND, ...) | (ARGUMENT_##KIND == ARGUMENT_BUFFER_IN)

#define OP(NAME, number, name, target, right, arguments, ...) | (0 arguments) << number
    OPS_SEND = 0 OPS(OP),
#undef OP
#undef ARGUMENT
#define OP(NAME, number, name, target, right, arguments, ANSWER, ...)                              \
    | (ANSWER_##ANSWER == ANSWER_HANDLE) << number
    OPS_GIVE_HANDLE = 0 OPS(OP),
#undef OP
#define OP(NAME, number, name, target, ...) | (TARGET_##target != TARGET_OBJECT) << number
    OPS_OWN = 0 OPS(OP),
#undef OP
};

#endif
