/* The machine around the processor: its end, and the serial line for last words. */
#ifndef KERNEL_X86_MACHINE_H
#define KERNEL_X86_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Can the processor reach the addresses, and does the kernel leave them alone? It does not share
 * the interrupt controllers. */
bool machine_may_lend(uint64_t first, uint64_t last);

/* Turn the machine off. Hosts find the exit status here, in the first argument. */
_Noreturn void machine_power_off(uint64_t status);

/* Where a panic ends. Hosts find the reason here, in the first argument. */
_Noreturn void machine_panic_stop(const char *reason);

/* Set up the first serial port by polling, and send one byte. */
void machine_serial_init(void);
void machine_serial_write(char byte);

#endif
