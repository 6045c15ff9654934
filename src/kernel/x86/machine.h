/* The machine around the processor: its end, and the serial line for last words. */
#ifndef KERNEL_X86_MACHINE_H
#define KERNEL_X86_MACHINE_H

#include <stdint.h>

/* Physical addresses that the kernel leaves to nobody: of the interrupt controllers (SDM volume 3,
 * section 10.11, Intel ICH data sheets). */
#define MACHINE_OWN_FIRST UINT64_C(0xfec00000)
#define MACHINE_OWN_LAST  UINT64_C(0xfeefffff)

/* Turn the machine off. Hosts find the exit status here, in the first argument. */
_Noreturn void machine_power_off(uint64_t status);

/* Where a panic ends. Hosts find the reason here, in the first argument. */
_Noreturn void machine_panic_stop(const char *reason);

/* Set up the first serial port by polling, and send one byte. */
void machine_serial_init(void);
void machine_serial_write(char byte);

#endif
