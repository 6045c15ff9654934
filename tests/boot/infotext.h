/*
 * The info structure as text: a parser of it in C, and the test of "easy to parse". infotext.py
 * prints the same text for the same bytes.
 */
#ifndef TESTS_BOOT_INFOTEXT_H
#define TESTS_BOOT_INFOTEXT_H

#include <stdint.h>

#include "abi/boot.h"

static inline void infotext_number(void (*print)(const char *), const char *label, uint64_t number)
{
    char digits[17] = {0};

    for (int i = 15; i >= 0; i--, number >>= 4)
        digits[i] = "0123456789abcdef"[number & 15];
    print(label);
    print(digits);
}

static inline void infotext_print(const struct boot_info *info, void (*print)(const char *))
{
    const char *base = (const char *)info;

    infotext_number(print, "info ", info->magic);
    infotext_number(print, " version ", info->version);
    infotext_number(print, " size ", info->size);
    infotext_number(print, "\nkernel ", info->kernel_base);
    infotext_number(print, " ", info->kernel_size);
    infotext_number(print, "\ntrace ", info->trace_base);
    infotext_number(print, " ", info->trace_size);
    infotext_number(print, "\nfirmware ", info->firmware_ticks);
    for (uint32_t i = 0; i < BOOT_TIMES; i++)
        infotext_number(print, "\ntime ", info->time[i]);
    for (uint32_t i = 0; i < info->memory.count; i++) {
        const struct boot_memory *range =
            (const void *)(base + info->memory.offset + (uint64_t)i * info->memory.stride);

        infotext_number(print, "\nmemory ", range->base);
        infotext_number(print, " ", range->size);
        infotext_number(print, " ", range->type);
    }
    for (uint32_t i = 0; i < info->files.count; i++) {
        const struct boot_file *file =
            (const void *)(base + info->files.offset + (uint64_t)i * info->files.stride);

        infotext_number(print, "\nfile ", file->base);
        infotext_number(print, " ", file->size);
        infotext_number(print, " ", file->checksum);
        print(" ");
        print(file->name);
    }
    print("\nrsdp ");
    for (int i = 0; i < 8 && info->rsdp[i] != 0; i++)
        print((const char[]){(char)info->rsdp[i], 0});
    infotext_number(print, "\nentropy ", info->entropy_quality);
    print("\nline ");
    print(base + info->command_line.offset);
    print("\n");
}

#endif
