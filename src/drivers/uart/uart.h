/*
 * A 16550 UART, driven by its interrupt both ways: the device's logic without any server. A program
 * that owns the device's ports and interrupt can use it directly.
 *
 * Bytes to send wait in `output`, received ones in `input`. uart_interrupt moves them: it is to be
 * called after each interrupt and leaves the device's interrupt line low. Nothing here waits.
 */
#ifndef DRIVERS_UART_H
#define DRIVERS_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_INPUT_SIZE  16384u /* bytes, powers of two */
#define UART_OUTPUT_SIZE 4096u

#define UART_BAUD         115200u
#define UART_CHARACTER_NS 86806u /* ten bits at that speed, rounded up */

/* Bytes in order; the indices run free and are masked. */
struct uart_queue {
    uint32_t head, tail;
};

struct uart {
    uint16_t base;     /* its first I/O port */
    uint8_t enabled;   /* interrupts that are enabled at the device */
    uint64_t overruns; /* times that the device lost received bytes */
    struct uart_queue in, out;
    uint8_t input[UART_INPUT_SIZE];
    uint8_t output[UART_OUTPUT_SIZE];
};

/* Set line and queues up: 115200 baud, 8 data bits, no parity, 1 stop bit; no interrupt yet. */
void uart_open(struct uart *uart, uint16_t base);

/* Let the device interrupt from now on. Whoever hears its interrupts must be listening. */
void uart_enable(struct uart *uart);

/* See to whatever the device wants. */
void uart_interrupt(struct uart *uart);

/* Bytes that uart_send takes now. */
size_t uart_room(const struct uart *uart);

/* Take bytes to send; no more than uart_room. */
void uart_send(struct uart *uart, const uint8_t *bytes, size_t length);

/* Has everything left the queue and the device's buffer? Its last byte may still be on the line. */
bool uart_sent(const struct uart *uart);

/* Has the last byte left the line too? */
bool uart_idle(const struct uart *uart);

/* Copy up to `length` received bytes without taking them. Returns how many. */
size_t uart_peek(const struct uart *uart, uint8_t *bytes, size_t length);

/* Take as many received bytes; no more than uart_peek gave. */
void uart_take(struct uart *uart, size_t length);

#endif
