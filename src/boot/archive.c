/* The boot archive (see archive.h). Pure: runs on the host as well. */
#include "archive.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "abi/layout.h"
#include "crc32c.h"

uint64_t archive_directory_size(uint32_t count)
{
    return sizeof(struct archive_header) + count * sizeof(struct archive_entry);
}

uint64_t archive_padded(uint64_t size)
{
    return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

const struct archive_entry *archive_entries(const void *directory)
{
    return (const void *)((const unsigned char *)directory + sizeof(struct archive_header));
}

const char *archive_check_header(const void *bytes, uint64_t size)
{
    struct archive_header header;

    memcpy(&header, bytes, sizeof(header));
    if (header.magic != ARCHIVE_MAGIC)
        return "its header is not an archive's";
    if (header.version != ARCHIVE_VERSION)
        return "it is of an unknown version";
    if (header.count > ARCHIVE_FILES_MAX || header.size > size || header.size % PAGE_SIZE != 0 ||
        header.size < archive_padded(archive_directory_size(header.count)))
        return "its sizes do not fit";
    return NULL;
}

static bool name_is_good(const char *name)
{
    uint32_t length = 0;

    while (length < ARCHIVE_NAME_SIZE && name[length] > ' ' && name[length] <= '~')
        length++;
    if (length == 0 || length == ARCHIVE_NAME_SIZE)
        return false;
    for (; length < ARCHIVE_NAME_SIZE; length++)
        if (name[length] != 0)
            return false;
    return true;
}

const char *archive_check_directory(const void *directory)
{
    struct archive_header header;
    const struct archive_entry *entries = archive_entries(directory);
    uint64_t at;
    uint32_t checksum;

    memcpy(&header, directory, sizeof(header));
    checksum = header.checksum;
    header.checksum = 0;
    if (crc32c(crc32c(0, &header, sizeof(header)), entries,
               header.count * sizeof(struct archive_entry)) != checksum)
        return "its directory's checksum does not match";
    at = archive_padded(archive_directory_size(header.count));
    for (uint32_t i = 0; i < header.count; i++) {
        if (!name_is_good(entries[i].name))
            return "a file's name is not printable text";
        if (i > 0 && strcmp(entries[i - 1].name, entries[i].name) >= 0)
            return "its files are not sorted by name";
        if (entries[i].offset != at || entries[i].size > header.size - at ||
            archive_padded(entries[i].size) > header.size - at)
            return "a file lies outside its place";
        at += archive_padded(entries[i].size);
    }
    return at == header.size ? NULL : "its size is not that of its files";
}

const struct archive_entry *archive_find(const void *directory, const char *name)
{
    const struct archive_header *header = directory;
    const struct archive_entry *entries = archive_entries(directory);

    for (uint32_t i = 0; i < header->count; i++)
        if (strcmp(entries[i].name, name) == 0)
            return &entries[i];
    return NULL;
}

const char *archive_name_at(const void *directory, uint64_t offset)
{
    const struct archive_header *header = directory;
    const struct archive_entry *entries = archive_entries(directory);
    const char *name = "directory";

    for (uint32_t i = 0; i < header->count && entries[i].offset <= offset; i++)
        name = entries[i].name;
    return name;
}
