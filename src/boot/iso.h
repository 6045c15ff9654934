/* ISO 9660, as much as it takes to find one file in the root directory. */
#ifndef BOOT_ISO_H
#define BOOT_ISO_H

#include <stdbool.h>
#include <stdint.h>

#define ISO_BLOCK             2048 /* bytes of a block, whatever the medium's sector size */
#define ISO_VOLUME_DESCRIPTOR 16   /* block of the primary volume descriptor */

/* A stretch of the image. */
struct iso_extent {
    uint32_t block; /* first block */
    uint32_t size;  /* bytes */
};

/* Takes the root directory from the primary volume descriptor (one block, holding anything).
 * Result: false if this is no volume descriptor. */
bool iso_root(const void *descriptor, struct iso_extent *root);

/* Finds `name` ("NAME.EXT;1") in one block of a directory. Result: false if it is not there. */
bool iso_find(const void *block, const char *name, struct iso_extent *file);

#endif
