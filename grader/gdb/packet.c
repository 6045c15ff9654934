/* Frames of GDB's remote protocol, as packet.h tells. */
#include "packet.h"

#include <string.h>

void packet_reader_init(struct packet_reader *reader)
{
    reader->state = PACKET_OUTSIDE;
    reader->size = 0;
}

static void packet_begin(struct packet_reader *reader)
{
    reader->state = PACKET_INSIDE;
    reader->is_bad = false;
    reader->sum = 0;
    reader->size = 0;
}

static enum packet_event outside_take(struct packet_reader *reader, uint8_t byte)
{
    switch (byte) {
    case '$':
        packet_begin(reader);
        return PACKET_NOTHING;
    case '+':
        return PACKET_RECEIVED;
    case '-':
        return PACKET_AGAIN;
    case 0x03:
        return PACKET_INTERRUPT;
    default:
        return PACKET_NOTHING;
    }
}

static void payload_add(struct packet_reader *reader, uint8_t byte)
{
    if (reader->size < PACKET_SIZE)
        reader->payload[reader->size++] = (char)byte;
    else
        reader->is_bad = true;
}

static void inside_take(struct packet_reader *reader, uint8_t byte)
{
    /* A '$' is never part of a payload: the end of the frame before was lost. */
    if (byte == '$') {
        packet_begin(reader);
        return;
    }
    if (byte == '#' && reader->state == PACKET_INSIDE) {
        reader->state = PACKET_SUM_1;
        return;
    }
    reader->sum = (uint8_t)(reader->sum + byte);
    if (reader->state == PACKET_ESCAPED) {
        payload_add(reader, byte ^ 0x20);
        reader->state = PACKET_INSIDE;
    } else if (byte == '}') {
        reader->state = PACKET_ESCAPED;
    } else {
        payload_add(reader, byte);
    }
}

/* A byte that is no digit spoils the sum. */
static enum packet_event sum_take(struct packet_reader *reader, uint8_t byte)
{
    int digit = hex_digit((char)byte);

    if (digit < 0) {
        reader->is_bad = true;
        digit = 0;
    }
    if (reader->state == PACKET_SUM_1) {
        reader->wanted = (uint8_t)(digit << 4);
        reader->state = PACKET_SUM_2;
        return PACKET_NOTHING;
    }
    reader->state = PACKET_OUTSIDE;
    reader->payload[reader->size] = '\0';
    reader->wanted |= (uint8_t)digit;
    return reader->is_bad || reader->wanted != reader->sum ? PACKET_DAMAGED : PACKET_WHOLE;
}

enum packet_event packet_take(struct packet_reader *reader, uint8_t byte)
{
    switch (reader->state) {
    case PACKET_OUTSIDE:
        return outside_take(reader, byte);
    case PACKET_INSIDE:
    case PACKET_ESCAPED:
        inside_take(reader, byte);
        return PACKET_NOTHING;
    case PACKET_SUM_1:
    case PACKET_SUM_2:
        return sum_take(reader, byte);
    }
    return PACKET_NOTHING;
}

size_t packet_frame(const char *payload, size_t size, char frame[PACKET_FRAME_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum = 0;
    size_t at = 0;

    frame[at++] = '$';
    for (size_t i = 0; i < size && i < PACKET_SIZE; i++) {
        char byte = payload[i];

        /* '*' would start a run length in what GDB reads. */
        if (memchr("$#}*", byte, 4) != NULL) {
            frame[at++] = '}';
            sum = (uint8_t)(sum + '}');
            byte ^= 0x20;
        }
        frame[at++] = byte;
        sum = (uint8_t)(sum + (uint8_t)byte);
    }
    frame[at++] = '#';
    frame[at++] = digits[sum >> 4];
    frame[at++] = digits[sum & 15];
    return at;
}

int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool hex_number(const char **text, uint64_t *value)
{
    unsigned digits = 0;

    *value = 0;
    for (; hex_digit(**text) >= 0; (*text)++) {
        if (++digits > 16)
            return false;
        *value = *value << 4 | (uint64_t)hex_digit(**text);
    }
    return digits > 0;
}

void hex_write(char *text, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;

    for (size_t i = 0; i < size; i++) {
        *text++ = digits[from[i] >> 4];
        *text++ = digits[from[i] & 15];
    }
    *text = '\0';
}

long hex_read(const char *text, void *bytes, size_t room)
{
    uint8_t *to = bytes;
    size_t size = 0;

    for (; *text != '\0'; text += 2, size++) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0 || size >= room)
            return -1;
        to[size] = (uint8_t)(high << 4 | low);
    }
    return (long)size;
}
