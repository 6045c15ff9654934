/*
 * The firmware's description of processors and interrupt controllers: the MADT (ACPI specification
 * 6.4, section 5.2.12). Pure. The tables may say anything: what is used is inside `memory`, has the
 * right checksum, and is bounded.
 */
#ifndef KERNEL_X86_ACPI_H
#define KERNEL_X86_ACPI_H

#include <stdbool.h>
#include <stdint.h>

#define ACPI_RSDP_SIZE 36u
#define ACPI_LINES     16u /* of the ISA bus */
#define ACPI_CPUS      8u

#define ACPI_LOW   3u  /* in `flags`: active low */
#define ACPI_LEVEL 12u /* level-triggered */

struct acpi {
    uint32_t cpus; /* that may be used, in the order of the table; no more than there is room for */
    uint8_t cpu[ACPI_CPUS]; /* their local APICs */
    uint32_t io_apic;       /* physical address of the one with the inputs from 0 on; 0: none */
    struct {
        uint32_t input; /* of the I/O APIC */
        uint16_t flags; /* polarity and trigger; 0: as the bus has it */
    } lines[ACPI_LINES];
};

/* Read the tables that the root pointer (its copy in the info structure) leads to, in the `size`
 * bytes of memory from physical address 0. False if there is no MADT with an I/O APIC. */
bool acpi_read(struct acpi *acpi, const uint8_t rsdp[ACPI_RSDP_SIZE], const uint8_t *memory,
               uint64_t size);

#endif
