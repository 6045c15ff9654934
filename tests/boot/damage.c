/*
 * damage: a copy of a boot image with one thing wrong.
 *
 *   damage IMAGE OUT flip PART [BIT]   with one bit the other way round
 *   damage IMAGE OUT cut PART          ends in the middle of PART, on a sector
 *
 * PART is stage2, descriptor, root, header, directory, or the name of a file of the archive; BIT
 * counts from the part's start (default: the middle's).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/archive.h"
#include "boot/iso.h"
#include "boot/low.h"

struct image {
    unsigned char *bytes;
    uint64_t size;
};

struct part {
    uint64_t offset, size; /* bytes */
};

__attribute__((noreturn)) static void die(const char *what)
{
    fprintf(stderr, "damage: %s\n", what);
    exit(1);
}

static struct image read_image(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct image image;
    long size;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0)
        die("cannot open the image");
    rewind(file);
    image.size = (uint64_t)size;
    image.bytes = malloc(image.size);
    if (image.bytes == NULL || fread(image.bytes, 1, image.size, file) != image.size)
        die("cannot read the image");
    fclose(file);
    return image;
}

/* The archive's name in the root directory. */
static struct part find_name(const struct image *image, uint64_t at)
{
    while (memcmp(image->bytes + at, "ORRERY.ARC", 10) != 0)
        at++;
    return (struct part){at, 10};
}

static struct part find_part(const struct image *image, const char *name)
{
    struct iso_extent root, file;
    const struct archive_header *header;
    const struct archive_entry *entry;
    uint64_t archive;

    if (!iso_root(image->bytes + ISO_VOLUME_DESCRIPTOR * ISO_BLOCK, &root) ||
        !iso_find(image->bytes + root.block * ISO_BLOCK, "ORRERY.ARC;1", &file))
        die("no archive in the image");
    archive = (uint64_t)file.block * ISO_BLOCK;
    header = (const void *)(image->bytes + archive);
    if (strcmp(name, "stage2") == 0)
        return (struct part){STAGE2_OFFSET, STAGE2_END - STAGE2};
    if (strcmp(name, "descriptor") == 0)
        return (struct part){ISO_VOLUME_DESCRIPTOR * ISO_BLOCK, 7};
    if (strcmp(name, "root") == 0)
        return find_name(image, root.block * ISO_BLOCK);
    if (strcmp(name, "header") == 0)
        return (struct part){archive, 8};
    if (strcmp(name, "directory") == 0)
        return (struct part){archive, archive_directory_size(header->count)};
    entry = archive_find(header, name);
    if (entry == NULL)
        die("no such part");
    return (struct part){archive + entry->offset, entry->size};
}

int main(int argc, char **argv)
{
    struct image image;
    struct part part;
    uint64_t bit;
    FILE *out;

    if (argc < 5 || argc > 6)
        die("usage: damage IMAGE OUT flip|cut PART [BIT]");
    image = read_image(argv[1]);
    part = find_part(&image, argv[4]);
    bit = argc > 5 ? strtoull(argv[5], NULL, 0) : part.size / 2 * 8;
    if (bit >= part.size * 8)
        die("no such bit");
    if (strcmp(argv[3], "flip") == 0)
        image.bytes[part.offset + bit / 8] ^= (unsigned char)(1u << bit % 8);
    else
        image.size = (part.offset + part.size / 2) / 512 * 512;
    out = fopen(argv[2], "wb");
    if (out == NULL || fwrite(image.bytes, 1, image.size, out) != image.size || fclose(out) != 0)
        die("cannot write the copy");
    free(image.bytes);
    return 0;
}
