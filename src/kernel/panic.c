/* The end of the kernel, as panic.h tells. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi/layout.h"
#include "bytes.h"
#include "panic.h"
#include "trace.h"
#include "x86/cpu.h"
#include "x86/machine.h"

#define DEPTH_MAX     16u
#define RECORDS_SHOWN 16u
#define SYMBOL_MAX    64u

static const char *symbols;
static uint64_t symbols_size;

/* Names of the trace's events by number. */
static const char *const event_names[] = {
#define EVENT(NAME, number, name, a, b) [number] = name,
    TRACE_EVENTS(EVENT)
#undef EVENT
};

void panic_symbols(const char *text, uint64_t size)
{
    symbols = text;
    symbols_size = size;
}

/* The reason, for hosts: what is printed while `reason_open`, cut if it is long. */
static char reason[128];
static unsigned reason_length;
static bool reason_open;

static void print_char(char byte)
{
    if (reason_open && reason_length < sizeof reason - 1)
        reason[reason_length++] = byte;
    if (byte == '\n')
        machine_serial_write('\r');
    machine_serial_write(byte);
}

static void print_number(uint64_t value, unsigned base)
{
    char digits[20];
    unsigned count = 0;

    do
        digits[count++] = "0123456789abcdef"[value % base];
    while (value /= base);
    while (count)
        print_char(digits[--count]);
}

static void print_signed(int64_t value)
{
    if (value < 0)
        print_char('-');
    print_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

static void print_text(const char *text)
{
    while (*text)
        print_char(*text++);
}

static void print_list(const char *format, va_list *arguments)
{
    for (; *format; format++) {
        bool wide;

        if (*format != '%') {
            print_char(*format);
            continue;
        }
        wide = *++format == 'l';
        format += wide;
        switch (*format) {
        case 's':
            print_text(va_arg(*arguments, const char *));
            break;
        case 'c':
            print_char((char)va_arg(*arguments, int));
            break;
        case 'd':
            print_signed(wide ? va_arg(*arguments, long) : va_arg(*arguments, int));
            break;
        case 'u':
        case 'x':
            print_number(wide ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned),
                         *format == 'x' ? 16 : 10);
            break;
        default:
            print_char(*format);
        }
    }
}

void console_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_list(format, &arguments);
    va_end(arguments);
}

/* The line "address name" that starts at `line`: its address; `*next` is where the next starts. */
static uint64_t symbol_line(uint64_t line, uint64_t *name, uint64_t *next)
{
    uint64_t address = 0, at = line;

    for (; at < symbols_size && symbols[at] != ' '; at++)
        address = address * 16 +
                  (uint64_t)(symbols[at] <= '9' ? symbols[at] - '0' : symbols[at] - 'a' + 10);
    *name = at + 1;
    while (at < symbols_size && symbols[at] != '\n')
        at++;
    *next = at + 1;
    return address;
}

/* Print an address as symbol+offset. */
static void print_address(uint64_t address)
{
    uint64_t best = 0, best_name = 0, name, next;

    for (uint64_t line = 0; line < symbols_size; line = next) {
        uint64_t start = symbol_line(line, &name, &next);

        if (start > address)
            break;
        best = start;
        best_name = name;
    }
    console_print("  %lx", address);
    if (best) {
        print_char(' ');
        for (unsigned i = 0;
             i < SYMBOL_MAX && best_name + i < symbols_size && symbols[best_name + i] != '\n'; i++)
            print_char(symbols[best_name + i]);
        console_print("+%lx", address - best);
    }
    print_char('\n');
}

/* Frame pointers lead from caller to caller; they must rise on one stack in the kernel half. */
static void print_backtrace(uint64_t address, uint64_t frame)
{
    console_print("called from:\n");
    print_address(address);
    for (unsigned depth = 0; depth < DEPTH_MAX && frame >= DIRECT_MAP_BASE && frame % 8 == 0;
         depth++) {
        const uint64_t *link = (const uint64_t *)frame;

        if (!link[1])
            break;
        print_address(link[1]);
        if (link[0] <= frame)
            break;
        frame = link[0];
    }
}

static void print_trace(void)
{
    console_print("last trace records (tick cpu thread event a b):\n");
    for (unsigned i = 0; i < RECORDS_SHOWN; i++) {
        const struct trace_record *record = trace_recent(RECORDS_SHOWN, i);
        const char *name = NULL;

        if (!record)
            continue;
        if (record->event < sizeof event_names / sizeof *event_names)
            name = event_names[record->event];
        console_print("  %lu %u %u %s %lx %lx\n", record->tick, record->cpu, record->actor,
                      name ? name : "?", record->a, record->b);
    }
}

static void print_registers(const struct registers *r)
{
    console_print("rip %lx rsp %lx rflags %lx cs %lx\n", r->rip, r->rsp, r->rflags, r->cs);
    console_print("rax %lx rbx %lx rcx %lx rdx %lx\n", r->rax, r->rbx, r->rcx, r->rdx);
    console_print("rsi %lx rdi %lx rbp %lx r8 %lx r9 %lx\n", r->rsi, r->rdi, r->rbp, r->r8, r->r9);
    console_print("r10 %lx r11 %lx r12 %lx r13 %lx\n", r->r10, r->r11, r->r12, r->r13);
    console_print("r14 %lx r15 %lx\n", r->r14, r->r15);
}

static void print_reason(const char *format, va_list *arguments)
{
    console_print("\nkernel panic: ");
    reason_open = true;
    print_list(format, arguments);
    reason_open = false;
    print_char('\n');
}

void panic(const char *format, ...)
{
    va_list arguments;

    trace(TRACE_PANIC, (uint64_t)(uintptr_t)__builtin_return_address(0), 0);
    machine_serial_init();
    va_start(arguments, format);
    print_reason(format, &arguments);
    va_end(arguments);
    print_backtrace((uint64_t)(uintptr_t)__builtin_return_address(0),
                    *(const uint64_t *)__builtin_frame_address(0));
    print_trace();
    machine_panic_stop(reason);
}

void panic_registers(const struct registers *registers, const char *format, ...)
{
    va_list arguments;

    trace(TRACE_PANIC, registers->rip, 0);
    machine_serial_init();
    va_start(arguments, format);
    print_reason(format, &arguments);
    va_end(arguments);
    print_registers(registers);
    print_backtrace(registers->rip, registers->rbp);
    print_trace();
    machine_panic_stop(reason);
}
