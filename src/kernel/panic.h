/* The end of the kernel, told on the serial line: for what must never happen. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <stdbool.h>
#include <stdint.h>

struct registers;
struct symbol;

/* Where the kernel's own symbols lie, `size` bytes of them (abi/symbol.h). */
void panic_init(const struct symbol *table, uint64_t size);

/* Print on the serial line. Knows what panic knows. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Has some processor panicked? Then it stops the others, and does not need their words. */
bool panic_begun(void);

/* Print the reason, where, and the last trace records, and stop the machine for good. The format
 * knows %s %u %x %lu %lx. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, for an exception in the kernel itself. */
_Noreturn void panic_registers(const struct registers *registers, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
