/* What comes over GDB's connection. */
#include "mutants.h"

#include "gdb/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct packet_reader *reader = malloc(sizeof(*reader));
    char *frame = malloc(PACKET_FRAME_SIZE), binary[64];

    packet_reader_init(reader);
    for (size_t i = 0; i < size; i++) {
        if (packet_take(reader, bytes[i]) != PACKET_WHOLE)
            continue;

        const char *text = reader->payload;
        uint64_t value;

        must(reader->size <= PACKET_SIZE && reader->payload[reader->size] == '\0');
        must(packet_frame(reader->payload, reader->size, frame) <= PACKET_FRAME_SIZE);
        must(hex_read(reader->payload, binary, sizeof(binary)) <= (long)sizeof(binary));
        if (hex_number(&text, &value))
            must(text > reader->payload && text <= reader->payload + 16);
    }
    free(frame);
    free(reader);
    return 0;
}
