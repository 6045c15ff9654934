/* The boot archive: what is accepted lies inside it. */
#include "mutants.h"

#include "boot/archive.h"
#include "boot/crc32c.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    /* as the loader has it: the bytes that the header asks for are there */
    struct archive_header *header = aligned_alloc(4096, (size + 4095) / 4096 * 4096 + 4096);
    const struct archive_entry *entries = (const struct archive_entry *)(header + 1);

    memcpy(header, bytes, size);
    crc32c_open(false);
    if (size >= sizeof(*header) && archive_check_header(header, size) == NULL) {
        /* damage behind the checksum is to be seen as well */
        must(archive_directory_size(header->count) <= size);
        header->checksum = 0;
        header->checksum = crc32c(0, header, archive_directory_size(header->count));
        if (archive_check_directory(header) == NULL) {
            for (uint32_t i = 0; i < header->count; i++)
                must(entries[i].size <= size && entries[i].offset <= size - entries[i].size);
            archive_find(header, "init");
        }
    }
    free(header);
    return 0;
}
