/*
 * Interrupt controllers and the timer: the processors' local APICs (Intel SDM volume 3, chapter 10)
 * with an I/O APIC (Intel 82093AA) if the firmware's tables name one; else the PIC and the PIT, and
 * one processor.
 *
 * Lines are numbered as ever: 0 to 15 are those of the ISA bus, wherever the machine has connected
 * them, those above are further inputs of the I/O APIC. Interrupts of devices all go to the first
 * processor.
 */
#ifndef KERNEL_X86_APIC_H
#define KERNEL_X86_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define APIC_LINES_MAX 24u

struct acpi;

extern uint32_t apic_lines; /* how many there are; constant after the start */

/* Set up what `acpi` tells, or what every PC has if that is NULL, with all lines masked. The clock
 * must run. True if there are APICs, and so can be more processors. */
bool apic_init(const struct acpi *acpi);

/* For another processor: set its own APIC up. */
void apic_enable(void);

void apic_mask(uint32_t line);

/* Unmask a line. True if its interrupt came meanwhile: then it is as if that came now, and the line
 * is masked again. */
bool apic_unmask(uint32_t line);

enum { APIC_NONE = -1, APIC_TIMER = -2 };

/* An interrupt's vector was taken: end it at the controllers. Gives the line, which is now masked;
 * APIC_TIMER, this processor's timer; or APIC_NONE: nothing is to be done. */
int32_t apic_accept(uint64_t vector);

/* Let this processor's timer ring once in about `ns` nanoseconds, or sooner if that is long. */
void apic_arm(uint64_t ns);

/* What can be sent to another processor beside a vector; START: add the page where it is to begin,
 * in real mode. */
enum { APIC_NMI = 0x4400, APIC_INIT = 0x4500, APIC_START = 0x4600 };

/* Send it to the processor whose local APIC has that number. */
void apic_send(uint32_t apic, uint32_t command);

#endif
