/*
 * What the boot loader tells the kernel: the info structure.
 *
 * One block of memory, position-independent: a fixed header, then arrays that the header names by
 * offset (bytes from the header's start), count and stride (bytes an element), so that an older
 * kernel can read a newer loader's arrays. All addresses are physical, all fields little-endian and
 * naturally aligned. `checksum` is the CRC32C (RFC 3720, appendix B.4) of all `size` bytes with the
 * checksum field itself taken as zero.
 *
 * At the kernel's entry: long mode with paging, NXE and WP on, interrupts off, DF clear;
 * RDI = physical address of the info structure; RSP = BOOT_STACK_TOP, top of a guarded stack, on
 * which nothing lies; all other general registers 0; CR3 = tables with the identity map of the
 * lowest MiB (page 0 left out), the direct map at DIRECT_MAP_BASE and the kernel at its own
 * addresses. The descriptor tables are the loader's, in memory of type LOADER: CS = 0x08, SS = DS =
 * ES = 0x10; an exception is refused in one line, until the kernel has tables of its own.
 *
 * Page 0 is always reserved. An archive file `cmdline` is the command line; its word trace=N sets
 * the trace buffer's size in MiB. An archive file `seed` (32 bytes) is taken as the entropy as it
 * is, so that a run can be repeated; `entropy_quality` still tells what the machine could have
 * given.
 */
#ifndef ABI_BOOT_H
#define ABI_BOOT_H

#include <stddef.h>
#include <stdint.h>

#define BOOT_INFO_MAGIC   UINT64_C(0x59524552524f4249) /* "IBORRERY" */
#define BOOT_INFO_VERSION 1u

/* Memory types; where ranges conflict, the type with the higher number wins. */
#define BOOT_MEMORY_TYPES(TYPE)                                                                    \
    TYPE(USABLE, 1, "usable")       /* free for the kernel to use */                               \
    TYPE(LOADER, 2, "loader")       /* loader code and data; free once the kernel has read it */   \
    TYPE(BOOT_INFO, 3, "boot info") /* this structure */                                           \
    TYPE(ARCHIVE, 4, "archive")     /* the archive's files, page-aligned */                        \
    TYPE(KERNEL, 5, "kernel")       /* kernel image, boot stack */                                 \
    TYPE(TABLES, 6, "page tables")  /* the page tables that CR3 names at entry */                  \
    TYPE(TRACE, 7, "trace")         /* the trace buffer (abi/trace.h) */                           \
    TYPE(FRAMEBUFFER, 8, "framebuffer")                                                            \
    TYPE(ACPI_RECLAIMABLE, 9, "ACPI reclaimable")                                                  \
    TYPE(ACPI_NVS, 10, "ACPI NVS")                                                                 \
    TYPE(RESERVED, 11, "reserved")                                                                 \
    TYPE(BAD, 12, "bad")

enum boot_memory_type {
#define TYPE(name, number, text) BOOT_MEMORY_##name = number,
    BOOT_MEMORY_TYPES(TYPE)
#undef TYPE
};

/* Sorted by address, page-aligned, free of overlaps, neighbours of one type merged. */
struct boot_memory {
    uint64_t base; /* first byte */
    uint64_t size; /* bytes, a multiple of 4096, never 0 */
    uint32_t type; /* enum boot_memory_type */
    uint32_t zero;
};

struct boot_file {
    uint64_t base;     /* physical address of the first byte, page-aligned */
    uint64_t size;     /* bytes; the rest of the last page is zero */
    uint32_t checksum; /* CRC32C of the bytes */
    uint32_t zero;
    char name[40]; /* zero-terminated */
};

struct boot_array {
    uint64_t offset; /* bytes from the start of struct boot_info */
    uint32_t count;  /* elements */
    uint32_t stride; /* bytes from one element to the next */
};

enum boot_display_kind { BOOT_DISPLAY_NONE = 0, BOOT_DISPLAY_TEXT = 1, BOOT_DISPLAY_PIXELS = 2 };

struct boot_display {
    uint64_t base;         /* of the framebuffer, or of the text screen */
    uint32_t kind;         /* enum boot_display_kind */
    uint32_t width;        /* pixels, or columns */
    uint32_t height;       /* pixels, or rows */
    uint32_t stride_bytes; /* from one row to the next */
    uint32_t bits;         /* per pixel, or per cell */
    uint32_t zero;
};

enum boot_entropy_quality {
    BOOT_ENTROPY_WEAK = 0,
    BOOT_ENTROPY_RDRAND = 1,
    BOOT_ENTROPY_RDSEED = 2
};

/* Points in time at which the loader reads the TSC. */
enum boot_time {
    BOOT_TIME_STAGE1,
    BOOT_TIME_STAGE2,
    BOOT_TIME_LOADED,
    BOOT_TIME_KERNEL,
    BOOT_TIMES
};

struct boot_info {
    uint64_t magic;   /* BOOT_INFO_MAGIC */
    uint32_t version; /* BOOT_INFO_VERSION */
    uint32_t checksum;
    uint64_t size;                  /* bytes, the arrays included */
    struct boot_array memory;       /* of struct boot_memory */
    struct boot_array files;        /* of struct boot_file, sorted by name */
    struct boot_array command_line; /* of char, zero-terminated; count includes the zero */
    uint64_t kernel_base;           /* where the kernel's lowest segment lies */
    uint64_t kernel_size;           /* bytes from there to the end of its last segment */
    uint64_t trace_base;            /* the trace buffer; its first page is zeroed by the loader */
    uint64_t trace_size;            /* bytes */
    uint64_t stack_base;            /* the boot stack; virtual top is in RSP at entry */
    uint64_t stack_size;
    uint64_t firmware_ticks;   /* TSC ticks spent inside the firmware since 0x7c00 */
    uint64_t time[BOOT_TIMES]; /* TSC, indexed by enum boot_time */
    uint8_t rsdp[40];          /* copy of the ACPI RSDP, all zero if there is none */
    struct boot_display display;
    uint8_t entropy[32];
    uint32_t entropy_quality; /* enum boot_entropy_quality */
    uint32_t boot_drive;      /* the firmware's number of the drive booted from */
};

_Static_assert(sizeof(struct boot_memory) == 24, "struct boot_memory is 24 bytes");
_Static_assert(sizeof(struct boot_file) == 64, "struct boot_file is 64 bytes");
_Static_assert(sizeof(struct boot_array) == 16, "struct boot_array is 16 bytes");
_Static_assert(sizeof(struct boot_display) == 32, "struct boot_display is 32 bytes");
_Static_assert(offsetof(struct boot_info, memory) == 24, "arrays start at byte 24");
_Static_assert(offsetof(struct boot_info, time) == 128, "times start at byte 128");
_Static_assert(sizeof(struct boot_info) == 272, "struct boot_info is 272 bytes");

#endif
