/* The end of the kernel, told on the serial line: for what must never happen. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <stdint.h>

struct registers;

/* Where the archive's `kernel.symbols` lies: lines "address name", sorted by address. */
void panic_symbols(const char *text, uint64_t size);

/* Print on the serial line. Knows %s %c %u %d %x %lu %ld %lx %%. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print the reason, where, and the last trace records, and stop the machine for good. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, for an exception in the kernel itself. */
_Noreturn void panic_registers(const struct registers *registers, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
