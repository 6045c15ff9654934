/*
 * tables METHODS: prints the reference's tables as AsciiDoc, each between tags, out of the tables
 * in src/abi. METHODS is what methods.py read from the kernel: the rights that mean something for
 * an object, and its methods. If those are not the ones of abi/method.h, that is told, and nothing
 * printed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/boot.h"
#include "abi/error.h"
#include "abi/grammar.h"
#include "abi/object.h"
#include "abi/right.h"
#include "abi/ring.h"
#include "abi/trace.h"

#define OBJECTS_MAX 32u

#define METHODS_COUNT (sizeof(grammar_methods) / sizeof(grammar_methods[0]))

struct object_row {
    const char *name, *what;
    bool known; /* the kernel has it */
    uint32_t rights, ops;
};

static struct object_row objects[OBJECTS_MAX] = {
#define OBJECT(NAME, number, name, what) [number] = {name, what, false, 0, 0},
    OBJECTS(OBJECT)
#undef OBJECT
};

static const char *const rights[32] = {
#define RIGHT(NAME, bit, name, meaning) [bit] = name,
    RIGHTS(RIGHT)
#undef RIGHT
};

static void table_open(const char *tag, const char *columns, const char *head)
{
    printf("// tag::%s[]\n[%%header,cols=\"%s\"]\n|===\n%s\n\n", tag, columns, head);
}

static void table_close(const char *tag)
{
    printf("|===\n// end::%s[]\n\n", tag);
}

static void rights_print(uint32_t set)
{
    const char *separator = "";

    for (unsigned bit = 0; bit < 32; bit++) {
        if (!(set >> bit & 1))
            continue;
        printf("%s%s", separator, rights[bit]);
        separator = ", ";
    }
}

static const char *const errors[64] = {
#define ERROR(NAME, number, text) [number] = #NAME,
    ERRORS(ERROR)
#undef ERROR
};

static void error_names_print(uint64_t set)
{
    for (unsigned number = 0; number < 64; number++)
        if (set >> number & 1)
            printf(" E_%s", errors[number]);
    printf("\n");
}

static void argument_print(const struct grammar_argument *argument)
{
    const char *to = argument->kind == ARGUMENT_BUFFER_IN    ? "to the object: "
                     : argument->kind == ARGUMENT_BUFFER_OUT ? "to the caller: "
                     : argument->kind == ARGUMENT_RANGE      ? "addresses: "
                                                             : "";

    printf(" |");
    if (argument->kind == ARGUMENT_NONE)
        return;
    printf("%s%s%s", to, argument->meaning, argument->kind == ARGUMENT_RIGHTS ? ", 0 for all" : "");
}

static uint64_t common_errors(void)
{
#define FAILS(NAME) | UINT64_C(1) << E_##NAME
    return 0 OP_ERRORS;
#undef FAILS
}

static void ops_print(void)
{
    table_open("operations", "1m,1,2,3,2,2,2,2",
               "|Operation |No. |Right |Buffer |offset |arg0 |arg1 |Result");
    for (unsigned i = 0; i < OP_COUNT; i++) {
        const struct grammar_op *op = &grammar_ops[i];

        printf("|%s |%u |", op->name, i);
        rights_print(op->right);
        argument_print(&op->buffer);
        argument_print(&op->offset);
        argument_print(&op->arg0);
        argument_print(&op->arg1);
        printf(" |%s\n", op->meaning);
    }
    table_close("operations");
    table_open("operation-errors", "1m,6m", "|Operation |May fail with");
    printf("|any |");
    error_names_print(common_errors());
    for (unsigned i = 0; i < OP_COUNT; i++) {
        if (!(grammar_ops[i].errors & ~common_errors()))
            continue;
        printf("|%s |", grammar_ops[i].name);
        error_names_print(grammar_ops[i].errors & ~common_errors());
    }
    table_close("operation-errors");
}

static void errors_print(void)
{
    table_open("errors", "2m,1,6", "|Error |No. |Meaning");
#define ERROR(NAME, number, text) printf("|E_%s |%d |%s\n", #NAME, number, text);
    ERRORS(ERROR)
#undef ERROR
    table_close("errors");
}

static void rights_list(void)
{
    table_open("rights", "2m,1,6", "|Right |Bit |Lets its holder");
#define RIGHT(NAME, bit, name, meaning) printf("|%s |%d |%s\n", name, bit, meaning);
    RIGHTS(RIGHT)
#undef RIGHT
    table_close("rights");
}

static void objects_print(void)
{
    table_open("objects", "2m,1,4,5", "|Object |No. |What it is |Rights that mean something");
    for (unsigned i = 0; i < OBJECTS_MAX; i++) {
        if (!objects[i].name)
            continue;
        printf("|%s |%u |%s |", objects[i].name, i, objects[i].what);
        if (objects[i].known)
            rights_print(objects[i].rights);
        printf("\n");
    }
    table_close("objects");
}

/* Which operations the kernel answers itself, whatever the object. */
static bool op_is_own(unsigned op)
{
    return grammar_ops[op].target != TARGET_OBJECT;
}

static void matrix_print(void)
{
    printf("// tag::matrix[]\n[.matrix%%header,cols=\"3m");
    for (unsigned op = 0; op < OP_COUNT; op++)
        printf("%s", op_is_own(op) ? "" : ",^1");
    printf("\"]\n|===\n|Object");
    for (unsigned op = 0; op < OP_COUNT; op++)
        if (!op_is_own(op))
            printf(" |%s", grammar_ops[op].name);
    printf("\n\n");
    for (unsigned i = 0; i < OBJECTS_MAX; i++) {
        if (!objects[i].known)
            continue;
        printf("|%s", objects[i].name ? objects[i].name : "?");
        for (unsigned op = 0; op < OP_COUNT; op++)
            if (!op_is_own(op))
                printf(" |%s", objects[i].ops >> op & 1 ? "●" : "");
        printf("\n");
    }
    table_close("matrix");
}

static void methods_print(void)
{
    table_open("methods", "1m,1m,5", "|Object |Operation |What it does");
    for (size_t i = 0; i < METHODS_COUNT; i++) {
        const struct grammar_method *method = &grammar_methods[i];

        printf("|%s |%s |%s\n", objects[method->object].name, grammar_ops[method->op].name,
               method->meaning);
    }
    table_close("methods");
}

/* Tell each cell of the matrix that only the table, or only the kernel has. False if any. */
static bool methods_agree(void)
{
    uint32_t told[OBJECTS_MAX] = {0}, differ = 0;

    for (size_t i = 0; i < METHODS_COUNT; i++)
        told[grammar_methods[i].object] |= 1u << grammar_methods[i].op;
    for (unsigned i = 0; i < OBJECTS_MAX; i++) {
        uint32_t wrong = told[i] ^ objects[i].ops;

        for (unsigned op = 0; op < OP_COUNT; op++)
            if (wrong >> op & 1)
                fprintf(stderr, "abi/method.h: %s %s: %s\n",
                        objects[i].name ? objects[i].name : "?", grammar_ops[op].name,
                        told[i] >> op & 1 ? "a row, but the kernel has no method"
                                          : "the kernel has a method, but there is no row");
        differ |= wrong;
    }
    return !differ;
}

static void properties_print(void)
{
    table_open("properties", "2m,1,1,6", "|Property |No. |Kind |Meaning");
#define PROPERTY(NAME, number, name, kind, meaning)                                                \
    printf("|%s |%d |%s |%s\n", name, number,                                                      \
           strcmp(#kind, "NUMBER") == 0 ? "number"                                                 \
           : strcmp(#kind, "TEXT") == 0 ? "text"                                                   \
                                        : "bytes",                                                 \
           meaning);
    PROPERTIES(PROPERTY)
#undef PROPERTY
    table_close("properties");
}

static void reasons_print(void)
{
    table_open("reasons", "2m,1,6", "|Reason |No. |As the shell says it");
#define REASON(NAME, number, text) printf("|REASON_%s |%d |%s\n", #NAME, number, text);
    REASONS(REASON)
#undef REASON
    table_close("reasons");
}

static void events_print(void)
{
    table_open("events", "2m,1,3,3", "|Event |No. |a |b");
#define EVENT(NAME, number, name, a, b) printf("|%s |%d |%s |%s\n", name, number, a, b);
    TRACE_EVENTS(EVENT)
#undef EVENT
    table_close("events");
}

static void memory_types_print(void)
{
    table_open("memory-types", "2m,1,4", "|Type |No. |Name");
#define TYPE(NAME, number, text) printf("|BOOT_MEMORY_%s |%d |%s\n", #NAME, number, text);
    BOOT_MEMORY_TYPES(TYPE)
#undef TYPE
    table_close("memory-types");
}

/* Read what methods.py printed. False if it is not that. */
static bool methods_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    unsigned count = 0;

    if (!file)
        return false;
    while (fgets(line, sizeof(line), file)) {
        char *at = line;
        unsigned long number = strtoul(at, &at, 10);

        if (number == 0 || number >= OBJECTS_MAX)
            break;
        objects[number].known = true;
        objects[number].rights = (uint32_t)strtoul(at, &at, 10);
        for (char *end;; at = end) {
            unsigned long op = strtoul(at, &end, 10);

            if (end == at)
                break;
            if (op < OP_COUNT)
                objects[number].ops |= 1u << op;
        }
        count++;
    }
    fclose(file);
    return count > 0;
}

int main(int argc, char **argv)
{
    if (argc != 2 || !methods_read(argv[1])) {
        fprintf(stderr, "usage: tables METHODS (which methods.py prints)\n");
        return 1;
    }
    if (!methods_agree())
        return 1;
    ops_print();
    errors_print();
    rights_list();
    objects_print();
    matrix_print();
    methods_print();
    properties_print();
    reasons_print();
    events_print();
    memory_types_print();
    return 0;
}
