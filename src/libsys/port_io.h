/*
 * I/O ports: for a process that has been granted them by mapping an io-ports object; for any other
 * these instructions are a fault.
 */
#ifndef LIBSYS_PORT_IO_H
#define LIBSYS_PORT_IO_H

#include <stdint.h>

#if __STDC_HOSTED__
/* Tests on the host bring a model of the device. */
uint8_t port_in8(uint16_t port);
void port_out8(uint16_t port, uint8_t value);
#else
static inline uint8_t port_in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
#endif

#endif
