/*
 * GDB's remote protocol, the frame around a message: "$payload#checksum", '}' before a byte that
 * would be taken for a mark, '+' and '-' for "received" and "again", and a bare 0x03 for Ctrl-C.
 *
 * Nothing here reads or writes anything: bytes go in one at a time, frames come out. Whatever the
 * bytes are, no more than PACKET_SIZE of them are kept.
 */
#ifndef GRADER_GDB_PACKET_H
#define GRADER_GDB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_SIZE 16384u /* bytes of payload, as GDB is told */

/* Room for a frame: each byte may need two, and there are the marks. */
#define PACKET_FRAME_SIZE (2 * PACKET_SIZE + 4)

enum packet_event {
    PACKET_NOTHING,   /* more bytes are needed */
    PACKET_WHOLE,     /* `payload` and `size` hold a message */
    PACKET_DAMAGED,   /* wrong checksum, or too long: ask for it again */
    PACKET_RECEIVED,  /* '+' */
    PACKET_AGAIN,     /* '-': the other side wants our last frame once more */
    PACKET_INTERRUPT, /* Ctrl-C */
};

enum packet_state { PACKET_OUTSIDE, PACKET_INSIDE, PACKET_ESCAPED, PACKET_SUM_1, PACKET_SUM_2 };

struct packet_reader {
    enum packet_state state;
    bool is_bad; /* too long, or its checksum is no number */
    uint8_t sum, wanted;
    size_t size;
    char payload[PACKET_SIZE + 1]; /* whole: ends with a zero byte that is not counted */
};

void packet_reader_init(struct packet_reader *reader);

/* Takes the next byte from GDB and says what it completes. */
enum packet_event packet_take(struct packet_reader *reader, uint8_t byte);

/* Frames a message of at most PACKET_SIZE bytes. Result: bytes written to `frame`. */
size_t packet_frame(const char *payload, size_t size, char frame[PACKET_FRAME_SIZE]);

/* The value of a hexadecimal digit, or -1. */
int hex_digit(char digit);

/* Reads hexadecimal digits, at least one and at most 16, and moves `*text` behind them. */
bool hex_number(const char **text, uint64_t *value);

/* Turns `size` bytes into 2 * `size` digits and a zero byte. */
void hex_write(char *text, const void *bytes, size_t size);

/* Turns pairs of digits up to the end of the text into bytes. Result: their number, or -1 if the
 * text is something else or has more than `room` of them. `bytes` and `text` may be the same place.
 */
long hex_read(const char *text, void *bytes, size_t room);

#endif
