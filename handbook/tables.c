/*
 * tables METHODS: prints the reference's tables as AsciiDoc, each between tags, out of the tables
 * in src/abi; the matrix of objects and operations out of METHODS, which methods.py read from the
 * kernel.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/boot.h"
#include "abi/error.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/right.h"
#include "abi/ring.h"
#include "abi/trace.h"

#define OBJECTS_MAX 32u

struct op_row {
    const char *name;
    uint32_t number, right;
    const char *data, *offset, *arg0, *arg1, *answer;
};

static const struct op_row ops[OP_COUNT] = {
#define OP(NAME, number, name, right, data, offset, arg0, arg1, answer)                            \
    [number] = {name, number, right, #data, offset, arg0, arg1, answer},
    OPS(OP)
#undef OP
};

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

static const char *data_text(const char *data)
{
    if (strcmp(data, "IN") == 0)
        return "to the object";
    return strcmp(data, "OUT") == 0 ? "to the caller" : "";
}

static void ops_print(void)
{
    table_open("operations", "1m,1,2,2,2,2,2,3",
               "|Operation |No. |Right |Buffer |offset |arg0 |arg1 |Result");
    for (unsigned i = 0; i < OP_COUNT; i++) {
        const struct op_row *op = &ops[i];

        printf("|%s |%" PRIu32 " |", op->name, op->number);
        rights_print(op->right);
        printf(" |%s |%s |%s |%s |%s\n", data_text(op->data), op->offset, op->arg0, op->arg1,
               op->answer);
    }
    table_close("operations");
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
    return op == OP_NOP || op == OP_DUPLICATE || op == OP_CLOSE || op == OP_CANCEL;
}

static void matrix_print(void)
{
    printf("// tag::matrix[]\n[.matrix%%header,cols=\"3m");
    for (unsigned op = 0; op < OP_COUNT; op++)
        printf("%s", op_is_own(op) ? "" : ",^1");
    printf("\"]\n|===\n|Object");
    for (unsigned op = 0; op < OP_COUNT; op++)
        if (!op_is_own(op))
            printf(" |%s", ops[op].name);
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
    ops_print();
    errors_print();
    rights_list();
    objects_print();
    matrix_print();
    properties_print();
    reasons_print();
    events_print();
    memory_types_print();
    return 0;
}
