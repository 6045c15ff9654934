/*
 * bootpack: makes the two parts of the boot image that are our own formats.
 *
 *   bootpack archive OUT NAME=PATH...   the boot archive (archive.h), sorted by name
 *   bootpack system OUT STAGE1 STAGE2   the image's first 32 KiB: stage 1 for disks, stage 2
 *
 * The same input gives the same bytes: no date and no path goes into either. Runs on the host;
 * exits 1 after one line on standard error.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "archive.h"
#include "crc32c.h"
#include "low.h"

#define SYSTEM_SIZE 32768
#define STAGE1_SIZE 512

struct input {
    char name[ARCHIVE_NAME_SIZE];
    const char *path;
    unsigned char *bytes;
    uint64_t size;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "bootpack: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    exit(1);
}

static void *allocate(uint64_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);

    if (memory == NULL)
        die("no memory for %ju bytes", (uintmax_t)size);
    return memory;
}

static unsigned char *read_file(const char *path, uint64_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes;
    long end;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0 ||
        fseek(file, 0, SEEK_SET) != 0)
        die("cannot open %s", path);
    bytes = allocate((uint64_t)end);
    if (fread(bytes, 1, (size_t)end, file) != (size_t)end)
        die("cannot read %s", path);
    fclose(file);
    *size = (uint64_t)end;
    return bytes;
}

static void write_file(const char *path, const void *bytes, uint64_t size)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        die("cannot write %s", path);
}

static void read_input(struct input *input, const char *pair)
{
    const char *equals = strchr(pair, '=');

    if (equals == NULL || equals == pair || equals - pair >= ARCHIVE_NAME_SIZE)
        die("%s: want NAME=PATH, the name of 1 to %d letters", pair, ARCHIVE_NAME_SIZE - 1);
    memcpy(input->name, pair, (size_t)(equals - pair));
    input->path = equals + 1;
    input->bytes = read_file(input->path, &input->size);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct input *)left)->name, ((const struct input *)right)->name);
}

/* Lays the sorted files out. Result: the archive, `size` set. */
static unsigned char *lay_out(const struct input *inputs, uint32_t count, uint64_t *size)
{
    uint64_t directory_size = archive_directory_size(count);
    uint64_t at = archive_padded(directory_size);
    struct archive_header header = {
        .magic = ARCHIVE_MAGIC, .version = ARCHIVE_VERSION, .count = count, .size = at};
    struct archive_entry *entries = allocate(count * sizeof(*entries));
    unsigned char *archive;

    for (uint32_t i = 0; i < count; i++)
        header.size += archive_padded(inputs[i].size);
    archive = allocate(header.size);
    for (uint32_t i = 0; i < count; i++) {
        entries[i].offset = at;
        entries[i].size = inputs[i].size;
        entries[i].checksum = crc32c(0, inputs[i].bytes, inputs[i].size);
        memcpy(entries[i].name, inputs[i].name, sizeof(entries[i].name));
        memcpy(archive + at, inputs[i].bytes, inputs[i].size);
        at += archive_padded(inputs[i].size);
    }
    memcpy(archive + sizeof(header), entries, count * sizeof(*entries));
    header.checksum = crc32c(crc32c(0, &header, sizeof(header)), entries, count * sizeof(*entries));
    memcpy(archive, &header, sizeof(header));
    free(entries);
    *size = header.size;
    return archive;
}

static void make_archive(const char *out, char **pairs, int pair_count)
{
    uint32_t count = (uint32_t)pair_count;
    struct input *inputs = allocate(count * sizeof(*inputs));
    unsigned char *archive;
    const char *wrong;
    uint64_t size;

    if (count > ARCHIVE_FILES_MAX)
        die("more than %u files", ARCHIVE_FILES_MAX);
    for (uint32_t i = 0; i < count; i++)
        read_input(&inputs[i], pairs[i]);
    qsort(inputs, count, sizeof(*inputs), compare_names);
    for (uint32_t i = 1; i < count; i++)
        if (strcmp(inputs[i - 1].name, inputs[i].name) == 0)
            die("two files are named %s: %s and %s", inputs[i].name, inputs[i - 1].path,
                inputs[i].path);
    archive = lay_out(inputs, count, &size);
    wrong = archive_check_header(archive, size);
    if (wrong == NULL)
        wrong = archive_check_directory(archive);
    if (wrong != NULL)
        die("the loader would refuse this archive: %s", wrong);
    write_file(out, archive, size);
    free(archive);
    for (uint32_t i = 0; i < count; i++)
        free(inputs[i].bytes);
    free(inputs);
}

/* The system area; word 1 of stage 2 makes the sum of all its words 0, which stage 1 checks. */
static void make_system(const char *out, const char *stage1_path, const char *stage2_path)
{
    uint64_t stage1_size, stage2_size;
    unsigned char *stage1 = read_file(stage1_path, &stage1_size);
    unsigned char *stage2 = read_file(stage2_path, &stage2_size);
    unsigned char *area = allocate(SYSTEM_SIZE);
    uint32_t sum = 0;

    if (stage1_size != STAGE1_SIZE)
        die("%s: stage 1 has %ju bytes, not %d", stage1_path, (uintmax_t)stage1_size, STAGE1_SIZE);
    if (stage2_size < 8 || stage2_size > STAGE2_END - STAGE2)
        die("%s: stage 2 has %ju bytes; at most %d fit", stage2_path, (uintmax_t)stage2_size,
            STAGE2_END - STAGE2);
    memcpy(area, stage1, stage1_size);
    memcpy(area + STAGE2_OFFSET, stage2, stage2_size);
    for (uint32_t i = 0; i < STAGE2_END - STAGE2; i += 4) {
        uint32_t word;

        memcpy(&word, area + STAGE2_OFFSET + i, sizeof(word));
        sum += word;
    }
    sum = -sum;
    memcpy(area + STAGE2_OFFSET + 4, &sum, sizeof(sum));
    write_file(out, area, SYSTEM_SIZE);
    free(area);
    free(stage1);
    free(stage2);
}

int main(int argc, char **argv)
{
    crc32c_open(false);
    if (argc >= 3 && strcmp(argv[1], "archive") == 0)
        make_archive(argv[2], argv + 3, argc - 3);
    else if (argc == 5 && strcmp(argv[1], "system") == 0)
        make_system(argv[2], argv[3], argv[4]);
    else
        die("usage: bootpack archive OUT NAME=PATH... | bootpack system OUT STAGE1 STAGE2");
    return 0;
}
