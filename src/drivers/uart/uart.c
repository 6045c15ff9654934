/* A 16550 UART: see uart.h. */
#include "drivers/uart/uart.h"

#include "libsys/port_io.h"

/* Registers, as offsets from the base. */
enum {
    REGISTER_DATA = 0,        /* read: received; write: to send */
    REGISTER_DIVISOR_LOW = 0, /* while LINE_DIVISOR is set */
    REGISTER_INTERRUPT_ENABLE = 1,
    REGISTER_DIVISOR_HIGH = 1,
    REGISTER_INTERRUPT_CAUSE = 2, /* read */
    REGISTER_BUFFER_CONTROL = 2,  /* write */
    REGISTER_LINE_CONTROL = 3,
    REGISTER_MODEM_CONTROL = 4,
    REGISTER_LINE_STATUS = 5,
    REGISTER_MODEM_STATUS = 6,
};

enum {
    ENABLE_RECEIVED = 1,
    ENABLE_SENT = 2,

    CAUSE_NONE = 1,
    CAUSE_MASK = 0x0e,
    CAUSE_MODEM = 0x00,

    BUFFERS_ON = 0x07, /* on, both emptied, an interrupt from the first byte received */

    LINE_8N1 = 0x03,
    LINE_DIVISOR = 0x80,

    MODEM_READY = 0x0b, /* DTR, RTS, and OUT2: the interrupt reaches the controller */

    STATUS_RECEIVED = 0x01,
    STATUS_OVERRUN = 0x02,
    STATUS_SENT = 0x20, /* the buffer for sending is empty */
    STATUS_IDLE = 0x40, /* and so is the shift register */
};

#define DEVICE_BUFFER  16u     /* bytes that the device takes when its buffer is empty */
#define DIVISOR_CLOCK  115200u /* baud at divisor 1 */
#define CAUSES_AT_ONCE 64u     /* more is a broken device: it will interrupt again */

static uint32_t queue_length(const struct uart_queue *queue)
{
    return queue->tail - queue->head;
}

static uint8_t register_read(const struct uart *uart, unsigned number)
{
    return port_in8((uint16_t)(uart->base + number));
}

static void register_write(const struct uart *uart, unsigned number, uint8_t value)
{
    port_out8((uint16_t)(uart->base + number), value);
}

/* Switch interrupts of the device on or off, if that changes anything. */
static void interrupts_set(struct uart *uart, uint8_t which, bool on)
{
    uint8_t enabled = (uint8_t)(on ? uart->enabled | which : uart->enabled & ~which);

    if (enabled == uart->enabled)
        return;
    uart->enabled = enabled;
    register_write(uart, REGISTER_INTERRUPT_ENABLE, enabled);
}

static uint8_t line_status_read(struct uart *uart)
{
    uint8_t status = register_read(uart, REGISTER_LINE_STATUS);

    if (status & STATUS_OVERRUN)
        uart->overruns++;
    return status;
}

void uart_open(struct uart *uart, uint16_t base)
{
    uint16_t divisor = DIVISOR_CLOCK / UART_BAUD;

    uart->base = base;
    uart->enabled = 0;
    uart->overruns = 0;
    uart->in = uart->out = (struct uart_queue){0, 0};
    register_write(uart, REGISTER_INTERRUPT_ENABLE, 0);
    register_write(uart, REGISTER_LINE_CONTROL, LINE_DIVISOR);
    register_write(uart, REGISTER_DIVISOR_LOW, (uint8_t)divisor);
    register_write(uart, REGISTER_DIVISOR_HIGH, (uint8_t)(divisor >> 8));
    register_write(uart, REGISTER_LINE_CONTROL, LINE_8N1);
    register_write(uart, REGISTER_BUFFER_CONTROL, BUFFERS_ON);
    register_write(uart, REGISTER_MODEM_CONTROL, MODEM_READY);
}

void uart_enable(struct uart *uart)
{
    interrupts_set(uart, ENABLE_RECEIVED, true);
}

/* Take what the device has received. Without room, let it keep the rest and be silent. */
static void input_move(struct uart *uart, uint8_t status)
{
    while (status & STATUS_RECEIVED) {
        if (queue_length(&uart->in) == UART_INPUT_SIZE) {
            interrupts_set(uart, ENABLE_RECEIVED, false);
            return;
        }
        uart->input[uart->in.tail++ % UART_INPUT_SIZE] = register_read(uart, REGISTER_DATA);
        status = line_status_read(uart);
    }
}

/* Fill the device's buffer, which is empty. With nothing left to send, ask for no more of this. */
static void output_move(struct uart *uart)
{
    if (queue_length(&uart->out) == 0)
        interrupts_set(uart, ENABLE_SENT, false);
    for (unsigned i = 0; i < DEVICE_BUFFER && queue_length(&uart->out) != 0; i++)
        register_write(uart, REGISTER_DATA, uart->output[uart->out.head++ % UART_OUTPUT_SIZE]);
}

/*
 * The cause is read only to learn whether there is one: some devices forget that they are ready to
 * send when another cause is read, so what there is to do is taken from the line status.
 */
void uart_interrupt(struct uart *uart)
{
    for (unsigned i = 0; i < CAUSES_AT_ONCE; i++) {
        uint8_t cause = register_read(uart, REGISTER_INTERRUPT_CAUSE);
        uint8_t status;

        if (cause & CAUSE_NONE)
            return;
        if ((cause & CAUSE_MASK) == CAUSE_MODEM)
            register_read(uart, REGISTER_MODEM_STATUS);
        status = line_status_read(uart);
        input_move(uart, status);
        if ((uart->enabled & ENABLE_SENT) && (status & STATUS_SENT))
            output_move(uart);
    }
}

size_t uart_room(const struct uart *uart)
{
    return UART_OUTPUT_SIZE - queue_length(&uart->out);
}

void uart_send(struct uart *uart, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        uart->output[uart->out.tail++ % UART_OUTPUT_SIZE] = bytes[i];
    /* Enabled while the device's buffer is empty, this interrupt comes at once. */
    if (length != 0)
        interrupts_set(uart, ENABLE_SENT, true);
}

bool uart_sent(const struct uart *uart)
{
    return queue_length(&uart->out) == 0 && !(uart->enabled & ENABLE_SENT);
}

bool uart_idle(const struct uart *uart)
{
    return uart_sent(uart) && (register_read(uart, REGISTER_LINE_STATUS) & STATUS_IDLE) != 0;
}

size_t uart_peek(const struct uart *uart, uint8_t *bytes, size_t length)
{
    size_t there = queue_length(&uart->in);

    if (length > there)
        length = there;
    for (size_t i = 0; i < length; i++)
        bytes[i] = uart->input[(uart->in.head + i) % UART_INPUT_SIZE];
    return length;
}

void uart_take(struct uart *uart, size_t length)
{
    uart->in.head += (uint32_t)length;
    if (length != 0)
        interrupts_set(uart, ENABLE_RECEIVED, true);
}
