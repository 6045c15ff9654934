/* The end of the kernel, as panic.h tells. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi/layout.h"
#include "abi/symbol.h"
#include "number.h"
#include "panic.h"
#include "trace.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/machine.h"

#define DEPTH_MAX     16u
#define RECORDS_SHOWN 16u

static const struct symbol *symbols;
static uint64_t symbol_count;

/* Names of the trace's events by number. */
static const char *const event_names[] = {
#define EVENT(NAME, number, name, a, b) [number] = name,
    TRACE_EVENTS(EVENT)
#undef EVENT
};

/* The reason, for hosts: what is printed while `reason_open`, cut if it is long. */
static char reason[128];
static unsigned reason_length;
static bool reason_open;
static bool begun; /* by the one processor that sets it, to which all of this belongs then */

bool panic_begun(void)
{
    return __atomic_load_n(&begun, __ATOMIC_RELAXED);
}

void panic_init(const struct symbol *table, uint64_t size)
{
    symbols = table;
    symbol_count = size / sizeof *table;
}

static void print_text(const char *text)
{
    for (; *text; text++) {
        if (reason_open && reason_length < sizeof reason - 1)
            reason[reason_length++] = *text;
        if (*text == '\n')
            machine_serial_write('\r');
        machine_serial_write(*text);
    }
}

static void print_list(const char *format, va_list *arguments)
{
    char text[21] = "";

    for (; *format; format++) {
        bool wide = format[0] == '%' && format[1] == 'l';

        if (*format != '%') {
            text[0] = *format;
            text[1] = 0;
            print_text(text);
            continue;
        }
        format += wide ? 2 : 1;
        if (*format == 's') {
            print_text(va_arg(*arguments, const char *));
            continue;
        }
        number_format(text, wide ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned),
                      *format == 'x' ? 16 : 10);
        print_text(text);
    }
}

void console_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_list(format, &arguments);
    va_end(arguments);
}

/* Print an address as symbol+offset. */
static void print_address(uint64_t address)
{
    uint64_t behind = 0; /* the first symbol that starts behind the address */

    while (behind < symbol_count && symbols[behind].address <= address)
        behind++;
    console_print("  %lx", address);
    if (behind)
        console_print(" %s+%lx", symbols[behind - 1].name, address - symbols[behind - 1].address);
    console_print("\n");
}

/* Frame pointers lead from caller to caller; they must rise on one stack in the kernel half. */
static void print_backtrace(uint64_t address, uint64_t frame)
{
    console_print("called from:\n");
    for (unsigned depth = 0; depth <= DEPTH_MAX && address; depth++) {
        const uint64_t *link = (const uint64_t *)frame;

        print_address(address);
        if (frame < DIRECT_MAP_BASE || frame % 8)
            break;
        address = link[1];
        frame = link[0] > frame ? link[0] : 0;
    }
}

static void print_trace(void)
{
    console_print("last trace records, of %s (tick cpu thread event a b):\n",
                  trace_mask == TRACE_ALL ? "all events" : "beginnings and ends");
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

/* Tell all there is to tell: where it happened, and that place's frame pointer. */
static _Noreturn void tell(const struct registers *registers, uint64_t address, uint64_t frame,
                           const char *format, va_list *arguments)
{
    if (__atomic_exchange_n(&begun, true, __ATOMIC_RELAXED))
        cpu_stop();
    trace(TRACE_PANIC, address, 0);
    for (uint32_t i = 0; i < cpus_count; i++)
        if (cpus[i] != cpu_current())
            apic_send(cpus[i]->apic, APIC_NMI);
    machine_serial_init();
    console_print("\nkernel panic: ");
    reason_open = true;
    print_list(format, arguments);
    reason_open = false;
    console_print("\non processor %u\n", cpu_current()->number);
    if (registers)
        print_registers(registers);
    print_backtrace(address, frame);
    print_trace();
    machine_panic_stop(reason);
}

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(NULL, (uint64_t)(uintptr_t)__builtin_return_address(0),
         *(const uint64_t *)__builtin_frame_address(0), format, &arguments);
}

/* What a compiler calls where a function finds another canary on the stack than it put there. */
_Noreturn void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
    panic("a function wrote beyond its array on the stack");
}

void panic_registers(const struct registers *registers, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(registers, registers->rip, registers->rbp, format, &arguments);
}
