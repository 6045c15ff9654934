/*
 * The table of operations as C data: for hosts' tools, tests, and whoever makes up requests. One
 * row an operation, in the order of their numbers; and which type of object knows which operation.
 */
#ifndef ABI_GRAMMAR_H
#define ABI_GRAMMAR_H

#include <stdint.h>

#include "abi/error.h"
#include "abi/method.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/right.h"

struct grammar_argument {
    enum argument_kind kind; /* ARGUMENT_NONE: the field is not looked at */
    const char *meaning;
};

struct grammar_op {
    const char *name;
    enum op_target target;
    uint32_t right;
    struct grammar_argument buffer, offset, arg0, arg1;
    enum answer_kind answer;
    const char *meaning; /* of the answer */
    uint64_t errors;     /* that a kernel's object may answer: 1 << enum error each */
};

struct grammar_method {
    enum object_type_number object;
    enum op op;
    const char *meaning;
};

#define FAILS(NAME)                 | UINT64_C(1) << E_##NAME
#define ARGUMENT(KIND, field, what) .field = {ARGUMENT_##KIND, what},

static const struct grammar_op grammar_ops[OP_COUNT] = {
#define OP(NAME, number, text, whom, needs, arguments, KIND, result, fails)                        \
    [number] = {.name = text,                                                                      \
                .target = TARGET_##whom,                                                           \
                .right = needs,                                                                    \
                arguments.answer = ANSWER_##KIND,                                                  \
                .meaning = result,                                                                 \
                .errors = (0 OP_ERRORS fails)},
    OPS(OP)
#undef OP
};

#undef ARGUMENT
#undef FAILS

static const struct grammar_method grammar_methods[] = {
#define METHOD(OBJECT, OP, meaning) {OBJECT_##OBJECT, OP_##OP, meaning},
    METHODS(METHOD)
#undef METHOD
};

#endif
