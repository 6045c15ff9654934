/* The boot archive's files, as a table of read-only memory objects. */
#ifndef KERNEL_FILES_H
#define KERNEL_FILES_H

#include "abi/boot.h"
#include "memory.h"
#include "object.h"

extern struct files {
    struct object object;
    uint64_t count;
} files_table;

/* What the loader told. */
extern const struct boot_info *boot_info;

void files_init(const struct boot_info *info);

/* The boot archive's file of that name, or NULL. */
const struct boot_file *files_find(const char *name);

#endif
