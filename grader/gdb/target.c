/* Tables of registers and their description, as target.h tells. */
#include "target.h"
#include "packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum feature { CORE, SYSTEM, SSE, FEATURES };

static const char *const feature_names[FEATURES] = {
    [CORE] = "org.gnu.gdb.i386.core",
    [SYSTEM] = "orrery.system",
    [SSE] = "org.gnu.gdb.i386.sse",
};

#define PLACE(field)                                                                               \
    (int16_t) offsetof(struct bochs_registers, field), sizeof(((struct bochs_registers *)0)->field)

#define GENERAL(number, name)                                                                      \
    {                                                                                              \
#name, "int64", number, 64, PLACE(name), true, CORE                                        \
    }
#define SEGMENT(number, name)                                                                      \
    {                                                                                              \
#name, "int32", number, 32, PLACE(name), false, CORE                                       \
    }
#define CONTROL(number, name)                                                                      \
    {                                                                                              \
#name, "int64", number, 64, PLACE(name), false, SYSTEM                                     \
    }
#define MISSING(number, name, type, bits, feature)                                                 \
    {                                                                                              \
        name, type, number, bits, -1, 0, false, feature                                            \
    }
#define STACKED(number, name) MISSING(number, name, "i387_ext", 80, CORE)
#define X87(number, name)     MISSING(number, name, "int", 32, CORE)
#define VECTOR(number, name)  MISSING(number, name, "vec128", 128, SSE)

/* The order within a feature is GDB's. */
static const struct target_register long_registers[] = {
    GENERAL(0, rax),
    GENERAL(1, rbx),
    GENERAL(2, rcx),
    GENERAL(3, rdx),
    GENERAL(4, rsi),
    GENERAL(5, rdi),
    {"rbp", "data_ptr", 6, 64, PLACE(rbp), true, CORE},
    {"rsp", "data_ptr", 7, 64, PLACE(rsp), true, CORE},
    GENERAL(8, r8),
    GENERAL(9, r9),
    GENERAL(10, r10),
    GENERAL(11, r11),
    GENERAL(12, r12),
    GENERAL(13, r13),
    GENERAL(14, r14),
    GENERAL(15, r15),
    {"rip", "code_ptr", 16, 64, PLACE(rip), true, CORE},
    {"eflags", "i386_eflags", 17, 32, PLACE(rflags), false, CORE},
    SEGMENT(18, cs),
    SEGMENT(19, ss),
    SEGMENT(20, ds),
    SEGMENT(21, es),
    SEGMENT(22, fs),
    SEGMENT(23, gs),
    CONTROL(24, cr0),
    CONTROL(25, cr2),
    CONTROL(26, cr3),
    CONTROL(27, cr4),
    CONTROL(28, efer),
    {"tick", "uint64", 29, 64, TARGET_TICK, 8, false, SYSTEM},
    STACKED(32, "st0"),
    STACKED(33, "st1"),
    STACKED(34, "st2"),
    STACKED(35, "st3"),
    STACKED(36, "st4"),
    STACKED(37, "st5"),
    STACKED(38, "st6"),
    STACKED(39, "st7"),
    X87(40, "fctrl"),
    X87(41, "fstat"),
    X87(42, "ftag"),
    X87(43, "fiseg"),
    X87(44, "fioff"),
    X87(45, "foseg"),
    X87(46, "fooff"),
    X87(47, "fop"),
    VECTOR(48, "xmm0"),
    VECTOR(49, "xmm1"),
    VECTOR(50, "xmm2"),
    VECTOR(51, "xmm3"),
    VECTOR(52, "xmm4"),
    VECTOR(53, "xmm5"),
    VECTOR(54, "xmm6"),
    VECTOR(55, "xmm7"),
    VECTOR(56, "xmm8"),
    VECTOR(57, "xmm9"),
    VECTOR(58, "xmm10"),
    VECTOR(59, "xmm11"),
    VECTOR(60, "xmm12"),
    VECTOR(61, "xmm13"),
    VECTOR(62, "xmm14"),
    VECTOR(63, "xmm15"),
    MISSING(64, "mxcsr", "int", 32, SSE),
};

const struct target target_long = {
    .architecture = "i386:x86-64",
    .registers = long_registers,
    .count = sizeof(long_registers) / sizeof(long_registers[0]),
    .in_block = 30,
};

/* Types that GDB has no name for. */
static const char core_types[] =
    "<flags id=\"i386_eflags\" size=\"4\">"
    "<field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"\" start=\"1\" end=\"1\"/>"
    "<field name=\"PF\" start=\"2\" end=\"2\"/><field name=\"AF\" start=\"4\" end=\"4\"/>"
    "<field name=\"ZF\" start=\"6\" end=\"6\"/><field name=\"SF\" start=\"7\" end=\"7\"/>"
    "<field name=\"TF\" start=\"8\" end=\"8\"/><field name=\"IF\" start=\"9\" end=\"9\"/>"
    "<field name=\"DF\" start=\"10\" end=\"10\"/><field name=\"OF\" start=\"11\" end=\"11\"/>"
    "<field name=\"NT\" start=\"14\" end=\"14\"/><field name=\"RF\" start=\"16\" end=\"16\"/>"
    "<field name=\"VM\" start=\"17\" end=\"17\"/><field name=\"AC\" start=\"18\" end=\"18\"/>"
    "<field name=\"VIF\" start=\"19\" end=\"19\"/><field name=\"VIP\" start=\"20\" end=\"20\"/>"
    "<field name=\"ID\" start=\"21\" end=\"21\"/></flags>";

static const char vector_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
    "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
    "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>";

static const char *const feature_types[FEATURES] = {
    [CORE] = core_types,
    [SYSTEM] = "",
    [SSE] = vector_types,
};

char *target_describe(const struct target *target)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (file == NULL)
        abort();
    fprintf(file,
            "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
            "<architecture>%s</architecture>",
            target->architecture);
    for (unsigned feature = 0; feature < FEATURES; feature++) {
        fprintf(file, "<feature name=\"%s\">%s", feature_names[feature], feature_types[feature]);
        for (size_t i = 0; i < target->count; i++) {
            const struct target_register *row = &target->registers[i];

            if (row->feature == feature)
                fprintf(file, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"%s/>",
                        row->name, row->bits, row->type, row->number,
                        feature == SYSTEM ? " group=\"system\"" : "");
        }
        fputs("</feature>", file);
    }
    fputs("</target>", file);
    if (fclose(file) != 0)
        abort();
    return text;
}

const struct target_register *target_register(const struct target *target, unsigned number)
{
    for (size_t i = 0; i < target->count; i++)
        if (target->registers[i].number == number)
            return &target->registers[i];
    return NULL;
}

size_t target_register_write(const struct target_register *row,
                             const struct bochs_registers *registers, uint64_t tick, char *text)
{
    uint64_t value = tick;
    size_t size = row->bits / 8;

    if (row->offset == -1) {
        memset(text, 'x', 2 * size);
        text[2 * size] = '\0';
        return 2 * size;
    }
    if (row->offset >= 0) {
        value = 0;
        memcpy(&value, (const char *)registers + row->offset, row->kept);
    }
    hex_write(text, &value, size);
    return 2 * size;
}

bool target_register_value(const struct target_register *row, const uint8_t *bytes, size_t size,
                           uint64_t *value)
{
    if (size != row->bits / 8u || size > sizeof(*value))
        return false;
    *value = 0;
    memcpy(value, bytes, size);
    return true;
}
