/*
 * Operations: what can be asked of an object, each declared once.
 *
 * OP(NAME, number, name, right, data, offset, arg0, arg1, answer): `right` is what the handle must
 * carry; `data` says which way the request's buffer moves (IN: from the caller to the object, OUT:
 * from the object to the caller, NONE: there is none); then the meaning of the fields and of the
 * result where it is not negative. A field with the meaning "" is ignored.
 */
#ifndef ABI_OP_H
#define ABI_OP_H

#define OPS(OP)                                                                                    \
    OP(NOP, 0, "nop", 0, NONE, "", "", "", "0")                                                    \
    OP(READ, 1, "read", RIGHT_READ, OUT, "where to start", "of a port: the call", "",              \
       "bytes read")                                                                               \
    OP(WRITE, 2, "write", RIGHT_WRITE, IN, "where to start", "of a port: the call", "",            \
       "bytes written")                                                                            \
    OP(OPEN, 3, "open", RIGHT_OPEN, IN, "", "rights wanted, 0 for all there are", "", "handle")    \
    OP(CREATE, 4, "create", RIGHT_CREATE, IN, "size, or rights", "kind", "parameter", "handle")    \
    OP(REMOVE, 5, "remove", RIGHT_REMOVE, IN, "", "status", "", "0")                               \
    OP(GET, 6, "get", RIGHT_GET, OUT, "", "property", "", "bytes, or the number itself")           \
    OP(SET, 7, "set", RIGHT_SET, IN, "", "property", "value", "0")                                 \
    OP(SHARE, 8, "share", RIGHT_SHARE, IN, "", "handle to hand over", "rights, 0 for all", "0")    \
    OP(MAP, 9, "map", RIGHT_MAP, NONE, "into the object", "object", "access", "address")           \
    OP(UNMAP, 10, "unmap", RIGHT_MAP, NONE, "", "", "", "0")                                       \
    OP(DUPLICATE, 11, "duplicate", RIGHT_DUPLICATE, NONE, "", "rights", "", "handle")              \
    OP(CLOSE, 12, "close", 0, NONE, "", "", "", "0")                                               \
    OP(CANCEL, 13, "cancel", 0, NONE, "", "submission index", "", "0")                             \
    OP(RECEIVE, 14, "receive", RIGHT_RECEIVE, OUT, "", "handles taken", "",                        \
       "bytes: struct call and data")                                                              \
    OP(REPLY, 15, "reply", RIGHT_RECEIVE, IN, "result", "call", "handle to give, or 0", "0")       \
    OP(WATCH, 16, "watch", RIGHT_GET, NONE, "", "property", "last value seen", "new value")

enum op {
#define OP(NAME, number, name, right, data, offset, arg0, arg1, answer) OP_##NAME = number,
    OPS(OP)
#undef OP
        OP_COUNT = 17,
};

enum op_data { OP_DATA_NONE, OP_DATA_IN, OP_DATA_OUT };

#endif
