/*
 * The kernel's ELF image: what it asks for, and bringing it into memory.
 *
 * The loader takes one kind of file: a static ELF64 for x86-64 with exactly three segments to load,
 * R, RX and RW, none sharing a page, within the GiB at KERNEL_BASE.
 */
#ifndef BOOT_ELF_H
#define BOOT_ELF_H

#include <stdint.h>

#define ELF_SEGMENTS 3

enum elf_access { ELF_EXECUTE = 1, ELF_WRITE = 2, ELF_READ = 4 };

struct elf_segment {
    uint64_t offset;      /* in the file */
    uint64_t file_size;   /* bytes taken from the file; the rest is zero */
    uint64_t address;     /* virtual */
    uint64_t memory_size; /* bytes */
    uint32_t access;      /* enum elf_access, or-ed */
};

struct elf_image {
    uint64_t entry; /* virtual */
    uint64_t base;  /* lowest address, page-aligned */
    uint64_t size;  /* bytes from there to the end of the last segment, whole pages */
    struct elf_segment segments[ELF_SEGMENTS]; /* ascending */
};

/*
 * Reads the headers of the file at `file`, `size` bytes long, which may hold anything.
 * Result: 0 and `image` filled, or what is wrong with the file, a few words that continue
 * "the kernel is malformed: ".
 */
const char *elf_parse(const void *file, uint64_t size, struct elf_image *image);

/*
 * Brings a parsed file to `memory`, which has image->size bytes and stands for image->base: each
 * segment's bytes, and zero in all that the file does not give.
 */
void elf_load(const void *file, const struct elf_image *image, void *memory);

#endif
