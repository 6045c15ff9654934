/* ISO 9660 (see iso.h). Pure: runs on the host as well. */
#include "iso.h"

#include <string.h>

#define DESCRIPTOR_ROOT 156 /* offset of the root directory's record */

/* Offsets within a directory record. */
#define RECORD_LENGTH      0
#define RECORD_BLOCK       2
#define RECORD_SIZE        10
#define RECORD_FLAGS       25
#define RECORD_NAME_LENGTH 32
#define RECORD_NAME        33

#define FLAG_DIRECTORY 2

static uint32_t read_word(const unsigned char *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof(word));
    return word;
}

bool iso_root(const void *descriptor, struct iso_extent *root)
{
    const unsigned char *bytes = descriptor;

    if (memcmp(bytes, "\001CD001\001", 7) != 0)
        return false;
    root->block = read_word(bytes + DESCRIPTOR_ROOT + RECORD_BLOCK);
    root->size = read_word(bytes + DESCRIPTOR_ROOT + RECORD_SIZE);
    return true;
}

bool iso_find(const void *block, const char *name, struct iso_extent *file)
{
    const unsigned char *bytes = block;
    uint32_t length = (uint32_t)strlen(name);

    /* Records do not cross blocks; one of length 0 ends the block. */
    for (uint32_t at = 0; at + RECORD_NAME + length <= ISO_BLOCK && bytes[at + RECORD_LENGTH] != 0;
         at += bytes[at + RECORD_LENGTH]) {
        const unsigned char *record = bytes + at;

        if (record[RECORD_NAME_LENGTH] == length &&
            memcmp(record + RECORD_NAME, name, length) == 0 &&
            (record[RECORD_FLAGS] & FLAG_DIRECTORY) == 0) {
            file->block = read_word(record + RECORD_BLOCK);
            file->size = read_word(record + RECORD_SIZE);
            return true;
        }
    }
    return false;
}
