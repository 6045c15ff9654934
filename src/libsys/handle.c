/* Handles by name, whole reads and writes: see handle.h. */
#include "libsys/handle.h"

#include "abi/error.h"
#include "abi/object.h"
#include "abi/start.h"
#include "libsys/program.h"
#include "libsys/sync.h"
#include "libsys/text.h"

uint32_t handle_named(const char *name)
{
    const struct start_block *block = program.block;
    const struct start_handle *handles =
        (const struct start_handle *)((const char *)block + block->handles_offset);

    for (uint32_t i = 0; i < block->handles; i++) {
        if (strcmp(handles[i].name, name) == 0)
            return handles[i].handle;
    }
    return 0;
}

int64_t write_all(uint32_t handle, const void *data, uint64_t length)
{
    const char *bytes = data;

    for (uint64_t done = 0; done < length;) {
        int64_t written = object_write(handle, bytes + done, length - done, done);

        if (written < 0)
            return written;
        if (written == 0)
            return -E_ROOM;
        done += (uint64_t)written;
    }
    return 0;
}

int64_t write_text(uint32_t handle, const char *text)
{
    return write_all(handle, text, strlen(text));
}

int64_t read_all(uint32_t handle, void *buffer, uint64_t length, uint64_t offset)
{
    char *bytes = buffer;
    uint64_t done = 0;

    while (done < length) {
        int64_t got = object_read(handle, bytes + done, length - done, offset + done);

        if (got < 0)
            return got;
        if (got == 0)
            break;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

int64_t table_entry_read(uint32_t table, uint64_t index, struct table_entry *entry)
{
    int64_t got = object_read(table, entry, sizeof(*entry), index * sizeof(*entry));

    if (got < 0)
        return got == -E_RANGE ? 0 : got;
    if (got != 0 && got != sizeof(*entry))
        return -E_TYPE;
    entry->name[sizeof(entry->name) - 1] = 0;
    return got != 0;
}
