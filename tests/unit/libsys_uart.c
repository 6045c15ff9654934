/*
 * The serial driver's device half against a model of a 16550: its buffers, its interrupt line, and
 * the other end of the wire.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/uart/uart.h"
#include "libsys/port_io.h"
#include "suite.h"

#define BASE   0x3f8
#define BUFFER 16

static struct uart uart;

/* The model. */
static uint8_t enable, line_control, modem_control, status_sticky, divisor_low, divisor_high;
static uint8_t receiving[BUFFER], sending[BUFFER];
static unsigned receiving_count, sending_count;
static bool sent_pending; /* the cause "sent" is latched until it is read or data is written */
static bool shifting;     /* a byte is on the line */
static unsigned accesses;
static uint8_t wire[1 << 20];
static size_t wire_length;

/* Reading any cause clears the one of lowest rank, "sent": some devices do so. */
static uint8_t cause_read(void)
{
    bool sent = sent_pending;

    sent_pending = false;
    if ((enable & 1) && receiving_count != 0)
        return 0xc4;
    return (enable & 2) && sent ? 0xc2 : 0xc1;
}

/* Is the device's interrupt line up? */
static bool line_is_up(void)
{
    return ((enable & 1) && receiving_count != 0) || ((enable & 2) && sent_pending);
}

static uint8_t data_read(void)
{
    uint8_t byte = receiving[0];

    ck_assert_uint_gt(receiving_count, 0);
    memmove(receiving, receiving + 1, --receiving_count);
    return byte;
}

uint8_t port_in8(uint16_t port)
{
    uint8_t status;

    accesses++;
    switch (port - BASE) {
    case 0:
        ck_assert(!(line_control & 0x80));
        return data_read();
    case 2:
        return cause_read();
    case 5:
        status =
            (uint8_t)(status_sticky | (receiving_count != 0) | (sending_count == 0 ? 0x20 : 0) |
                      (sending_count == 0 && !shifting ? 0x40 : 0));
        status_sticky = 0;
        return status;
    case 6:
        return 0;
    }
    ck_abort_msg("read of port %x", port);
    return 0;
}

static void enable_write(uint8_t value)
{
    /* A real 16550 interrupts at once if "sent" is enabled while its buffer is empty. */
    if ((value & 2) && !(enable & 2) && sending_count == 0)
        sent_pending = true;
    enable = value;
}

void port_out8(uint16_t port, uint8_t value)
{
    accesses++;
    switch (port - BASE) {
    case 0:
        if (line_control & 0x80) {
            divisor_low = value;
            return;
        }
        ck_assert_uint_lt(sending_count, BUFFER);
        sending[sending_count++] = value;
        sent_pending = false;
        return;
    case 1:
        if (line_control & 0x80)
            divisor_high = value;
        else
            enable_write(value);
        return;
    case 2:
        return;
    case 3:
        line_control = value;
        return;
    case 4:
        modem_control = value;
        return;
    }
    ck_abort_msg("write of port %x", port);
}

/* One byte's time passes on the line. */
static void byte_time(void)
{
    shifting = sending_count != 0;
    if (!shifting)
        return;
    wire[wire_length++] = sending[0];
    memmove(sending, sending + 1, --sending_count);
    if (sending_count == 0)
        sent_pending = true;
}

/* A byte arrives from the other end. */
static void byte_arrive(uint8_t byte)
{
    if (receiving_count == BUFFER)
        status_sticky |= 2; /* overrun */
    else
        receiving[receiving_count++] = byte;
}

static void interrupt_if_up(void)
{
    if (!line_is_up())
        return;
    uart_interrupt(&uart);
    /* Or an edge-triggered controller would never hear of it again. */
    ck_assert(!line_is_up());
}

static void setup(void)
{
    enable = 0xff;
    line_control = modem_control = status_sticky = 0;
    receiving_count = sending_count = 0;
    sent_pending = shifting = false;
    wire_length = 0;
    uart_open(&uart, BASE);
    uart_enable(&uart);
}

START_TEST(set_up)
{
    ck_assert_uint_eq(divisor_low, 1);
    ck_assert_uint_eq(divisor_high, 0);
    ck_assert_uint_eq(line_control, 3);
    ck_assert_uint_eq(modem_control & 8, 8);
    ck_assert_uint_eq(enable, 1);
    ck_assert(uart_sent(&uart) && uart_idle(&uart));
    uart_open(&uart, BASE);
    ck_assert_uint_eq(enable, 0);
}
END_TEST

START_TEST(sending_loses_nothing)
{
    static uint8_t bytes[5000];
    size_t given = 0;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)rand();
    for (unsigned i = 0; i < 20000 && wire_length < sizeof(bytes); i++) {
        size_t count = (size_t)rand() % 60, left = sizeof(bytes) - given;

        count = count < left ? count : left;
        count = count < uart_room(&uart) ? count : uart_room(&uart);
        uart_send(&uart, bytes + given, count);
        given += count;
        interrupt_if_up();
        byte_time();
        interrupt_if_up();
    }
    ck_assert_uint_eq(wire_length, sizeof(bytes));
    ck_assert_int_eq(memcmp(wire, bytes, sizeof(bytes)), 0);
}
END_TEST

START_TEST(received_and_sent_at_once)
{
    uart_send(&uart, (const uint8_t *)"abcdefghijklmnopqrstuvwxyz", 26);
    interrupt_if_up();
    for (int i = 0; i < BUFFER; i++)
        byte_time();
    byte_arrive('x');
    interrupt_if_up(); /* the cause read is the byte received */
    for (int i = 0; i < BUFFER; i++) {
        byte_time();
        interrupt_if_up();
    }
    ck_assert_uint_eq(wire_length, 26);
    ck_assert(uart_idle(&uart));
}
END_TEST

START_TEST(sent_then_idle)
{
    uart_send(&uart, (const uint8_t *)"ab", 2);
    ck_assert(!uart_sent(&uart));
    interrupt_if_up();
    ck_assert(!uart_sent(&uart)); /* with the device, not yet on the line */
    byte_time();
    byte_time();
    interrupt_if_up();
    ck_assert(uart_sent(&uart));
    ck_assert(!uart_idle(&uart)); /* its last byte is on the line */
    byte_time();
    ck_assert(uart_idle(&uart));
    ck_assert_uint_eq(wire_length, 2);
}
END_TEST

START_TEST(no_interrupts_with_nothing_to_send)
{
    uart_send(&uart, (const uint8_t *)"a", 1);
    for (int i = 0; i < 4; i++) {
        interrupt_if_up();
        byte_time();
    }
    ck_assert_uint_eq(enable, 1);
    accesses = 0;
    uart_send(&uart, (const uint8_t *)"", 0);
    ck_assert_uint_eq(accesses, 0);
}
END_TEST

START_TEST(bytes_arrive_in_order)
{
    uint8_t bytes[8];

    byte_arrive('a');
    byte_arrive('b');
    interrupt_if_up();
    byte_arrive('c');
    interrupt_if_up();
    ck_assert_uint_eq(uart_peek(&uart, bytes, 2), 2);
    ck_assert_uint_eq(uart_peek(&uart, bytes, 8), 3);
    ck_assert_int_eq(memcmp(bytes, "abc", 3), 0);
    uart_take(&uart, 2);
    ck_assert_uint_eq(uart_peek(&uart, bytes, 8), 1);
    ck_assert_uint_eq(bytes[0], 'c');
    uart_take(&uart, 1);
    ck_assert_uint_eq(uart_peek(&uart, bytes, 8), 0);
}
END_TEST

START_TEST(full_input_waits_in_the_device)
{
    uint8_t byte;

    for (unsigned i = 0; i < UART_INPUT_SIZE; i++) {
        byte_arrive((uint8_t)i);
        interrupt_if_up();
    }
    byte_arrive('x');
    if (line_is_up())
        uart_interrupt(&uart);
    ck_assert(!line_is_up()); /* silenced, not lost */
    for (unsigned i = 0; i < UART_INPUT_SIZE; i++) {
        ck_assert_uint_eq(uart_peek(&uart, &byte, 1), 1);
        ck_assert_uint_eq(byte, (uint8_t)i);
        uart_take(&uart, 1);
        interrupt_if_up();
    }
    ck_assert_uint_eq(uart_peek(&uart, &byte, 1), 1);
    ck_assert_uint_eq(byte, 'x');
    ck_assert_uint_eq(uart.overruns, 0);
}
END_TEST

START_TEST(overruns_are_counted)
{
    for (unsigned i = 0; i < BUFFER + 3; i++)
        byte_arrive((uint8_t)i);
    interrupt_if_up();
    ck_assert_uint_eq(uart.overruns, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("libsys_uart");
    TCase *tests = tcase_create("uart");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, set_up);
    tcase_add_test(tests, sending_loses_nothing);
    tcase_add_test(tests, received_and_sent_at_once);
    tcase_add_test(tests, sent_then_idle);
    tcase_add_test(tests, no_interrupts_with_nothing_to_send);
    tcase_add_test(tests, bytes_arrive_in_order);
    tcase_add_test(tests, full_input_waits_in_the_device);
    tcase_add_test(tests, overruns_are_counted);
    return suite_finish(suite, tests);
}
