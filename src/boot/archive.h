/*
 * The boot archive: every file that the loader hands to the kernel, in one file of the image.
 *
 * A header, an array of entries sorted by name, then the files, each from a page boundary on and
 * padded with zeros to the next. Little-endian. The directory is the header and the entries; its
 * checksum is the CRC32C of those bytes with the checksum field itself taken as zero.
 */
#ifndef BOOT_ARCHIVE_H
#define BOOT_ARCHIVE_H

#include <stdint.h>

#define ARCHIVE_MAGIC     UINT64_C(0x565241595252524f) /* "ORRRYARV" */
#define ARCHIVE_VERSION   1u
#define ARCHIVE_FILES_MAX 1023u /* the directory is at most 64 KiB */
#define ARCHIVE_NAME_SIZE 40

struct archive_header {
    uint64_t magic;    /* ARCHIVE_MAGIC */
    uint32_t version;  /* ARCHIVE_VERSION */
    uint32_t checksum; /* CRC32C of the directory */
    uint64_t size;     /* bytes of the whole archive, a multiple of a page */
    uint32_t count;    /* entries */
    uint32_t zero[9];
};

struct archive_entry {
    uint64_t offset;   /* of the file, bytes from the header's start; page-aligned */
    uint64_t size;     /* bytes */
    uint32_t checksum; /* CRC32C of the file's bytes */
    uint32_t zero;
    char name[ARCHIVE_NAME_SIZE]; /* printable, not empty, zero-terminated and zero-padded */
};

_Static_assert(sizeof(struct archive_header) == 64, "struct archive_header is 64 bytes");
_Static_assert(sizeof(struct archive_entry) == 64, "struct archive_entry is 64 bytes");

/* Result: bytes of the directory of an archive with `count` entries. */
uint64_t archive_directory_size(uint32_t count);

/* Result: bytes from one file's start to the next one's, for a file of `size` bytes. */
uint64_t archive_padded(uint64_t size);

/*
 * Checks a header (64 bytes) that may hold anything, in an image file of `size` bytes.
 * Result: 0, or what is wrong with it.
 */
const char *archive_check_header(const void *header, uint64_t size);

/*
 * Checks the whole directory, whose header has passed archive_check_header: checksum, order of
 * names, places of files. Result: 0, or what is wrong with it.
 */
const char *archive_check_directory(const void *directory);

/* Result: the entries of a checked directory; their number is in the header. */
const struct archive_entry *archive_entries(const void *directory);

/* Result: the entry of that name in a checked directory, or 0. */
const struct archive_entry *archive_find(const void *directory, const char *name);

/* Result: the name of the file that holds the byte at `offset`, or "directory". */
const char *archive_name_at(const void *directory, uint64_t offset);

#endif
