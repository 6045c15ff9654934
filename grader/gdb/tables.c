/* tables: prints the tables of src/abi as Python, for values.py. */
#include <stdio.h>

#include "abi/grammar.h"

static void argument_print(const char *field, const struct grammar_argument *argument)
{
    static const char *const kinds[] = {"",
#define KIND(NAME, what) #NAME,
                                        ARGUMENT_KINDS(KIND)
#undef KIND
    };

    if (argument->kind != ARGUMENT_NONE)
        printf("(\"%s\", \"%s\"), ", field, kinds[argument->kind]);
}

static void ops_print(void)
{
    printf("# number: name, whether a handle is looked at, fields that mean something\nOPS = {\n");
    for (unsigned i = 0; i < OP_COUNT; i++) {
        const struct grammar_op *op = &grammar_ops[i];

        printf("    %u: (\"%s\", %s, [", i, op->name, op->target == TARGET_RING ? "False" : "True");
        argument_print("buffer", &op->buffer);
        argument_print("offset", &op->offset);
        argument_print("arg0", &op->arg0);
        argument_print("arg1", &op->arg1);
        printf("]),\n");
    }
    printf("}\n");
}

int main(void)
{
    ops_print();
#define NAMED(NAME, number, name, ...) printf("    %d: \"%s\",\n", number, name);
#define ERROR(NAME, number, ...)       printf("    %d: \"E_%s\",\n", number, #NAME);
    printf("OBJECTS = {\n");
    OBJECTS(NAMED)
    printf("}\nPROPERTIES = {\n");
    PROPERTIES(NAMED)
    printf("}\nRIGHTS = {\n");
    RIGHTS(NAMED)
    printf("}\nERRORS = {\n");
    ERRORS(ERROR)
    printf("}\n");
#undef ERROR
#undef NAMED
    return 0;
}
