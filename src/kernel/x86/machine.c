/* The machine, as machine.h tells. */
#include "cpu.h"
#include "machine.h"

enum { COM1 = 0x3f8 }; /* registers: NS16550 data sheet */
enum { COM1_DATA = COM1, COM1_INTERRUPTS = COM1 + 1, COM1_FIFO = COM1 + 2 };
enum { COM1_LINE = COM1 + 3, COM1_MODEM = COM1 + 4, COM1_STATUS = COM1 + 5 };
enum { LINE_8N1 = 0x03, LINE_DIVISOR = 0x80, STATUS_EMPTY = 0x20 };

enum { BOCHS_SHUTDOWN = 0x8900, QEMU_DEBUG_EXIT = 0xf4, QEMU_ACPI_CONTROL = 0x604 };
enum { ACPI_SLEEP_ENABLE = 0x2000 };

#define SERIAL_PATIENCE 100000u /* a line that is not there must not hang a panic */

__attribute__((noinline)) void machine_power_off(uint64_t status)
{
    for (const char *word = "Shutdown"; *word; word++)
        cpu_out8(BOCHS_SHUTDOWN, (uint8_t)*word);
    cpu_out8(QEMU_DEBUG_EXIT, (uint8_t)status);
    cpu_out16(QEMU_ACPI_CONTROL, ACPI_SLEEP_ENABLE);
    cpu_stop();
}

__attribute__((noinline)) void machine_panic_stop(const char *reason)
{
    __asm__ volatile("" : : "r"(reason));
    cpu_out8(QEMU_DEBUG_EXIT, 125);
    cpu_stop();
}

void machine_serial_init(void)
{
    cpu_out8(COM1_INTERRUPTS, 0);
    cpu_out8(COM1_LINE, LINE_DIVISOR);
    cpu_out8(COM1_DATA, 1); /* 115200 baud */
    cpu_out8(COM1_INTERRUPTS, 0);
    cpu_out8(COM1_LINE, LINE_8N1);
    cpu_out8(COM1_FIFO, 0);
    cpu_out8(COM1_MODEM, 3);
}

void machine_serial_write(char byte)
{
    for (unsigned i = 0; i < SERIAL_PATIENCE && !(cpu_in8(COM1_STATUS) & STATUS_EMPTY); i++)
        ;
    cpu_out8(COM1_DATA, (uint8_t)byte);
}
