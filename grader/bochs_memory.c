/*
 * Guest memory from outside.
 *
 * The prompt reads it slowly, so the first read of a block learns where Bochs keeps it: Bochs's log
 * tells where its one allocation lies, and blocks take places in it in the order of their first
 * use. A random word goes through the prompt into the block, is searched for in Bochs's memory, and
 * the old word is put back; from then on the block is read directly. The machine stands still
 * meanwhile. Where the system forbids to read another process, the prompt does it all.
 */
#include "bochs_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>

enum {
    BATCH = 512,        /* words looked at in one system call */
    PROMPT_BYTES = 256, /* bytes asked for in one command */
    HOLE_START = 0xa0000,
    HOLE_END = 0x100000, /* between the two lie video memory and ROMs, which blocks do not hold */
};

#define TABLE_ADDRESS UINT64_C(0x000ffffffffff000)

/* "xp /Nbx" prints lines "ADDRESS <bogus+ N>:" and then each byte as tab and "0x12". */
static int prompt_read(struct bochs *bochs, uint64_t physical, uint8_t *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t part = size - done < PROMPT_BYTES ? size - done : PROMPT_BYTES;
        const char *text = bochs_command(bochs, "xp /%zubx 0x%" PRIx64, part, physical + done);

        if (text == NULL)
            return -1;
        for (size_t i = 0; i < part; i++) {
            unsigned value;

            text = strchr(text, '\t');
            if (text == NULL || sscanf(text, "\t0x%2x", &value) != 1)
                return bochs_fail(bochs, "no memory at 0x%" PRIx64, physical + done + i);
            buffer[done + i] = (uint8_t)value;
            text++;
        }
        done += part;
    }
    return 0;
}

static int prompt_write(struct bochs *bochs, uint64_t physical, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        unsigned part = size >= 4 ? 4 : 1;
        uint32_t value = bytes[0];

        if (part == 4)
            memcpy(&value, bytes, sizeof(value));
        if (bochs_command(bochs, "setpmem 0x%" PRIx64 " %u 0x%" PRIx32, physical, part, value) ==
            NULL)
            return -1;
        physical += part;
        bytes += part;
        size -= part;
    }
    return 0;
}

/* Finds Bochs's allocation in its log. */
static bool memory_locate(struct bochs *bochs)
{
    char path[4200], line[512];
    const char *found;

    if (bochs->memory_base != 0)
        return true;
    snprintf(path, sizeof(path), "%s/bochs.log", bochs->folder);
    FILE *log = fopen(path, "r");

    while (log != NULL && fgets(line, sizeof(line), log) != NULL) {
        if ((found = strstr(line, "vector=0x")) != NULL)
            bochs->memory_base = strtoull(found + strlen("vector="), NULL, 16);
        else if ((found = strstr(line, "mem block size = 0x")) != NULL)
            bochs->block_size = strtoull(found + strlen("mem block size = "), NULL, 16);
    }
    if (log != NULL)
        fclose(log);
    if (bochs->memory_base == 0 || bochs->block_size < 4096)
        return false;
    bochs->block_count = ((uint64_t)bochs->memory_mib << 20) / bochs->block_size;
    bochs->blocks = calloc(bochs->block_count, sizeof(bochs->blocks[0]));
    return bochs->blocks != NULL;
}

/* Looks at the word at `offset` of every place a block can have. Result: the only place whose word
 * is `word`, or 0. */
static uint64_t place_search(struct bochs *bochs, uint64_t offset, uint64_t word)
{
    struct iovec places[BATCH];
    uint64_t words[BATCH], found = 0;

    for (uint64_t first = 0; first < bochs->block_count; first += BATCH) {
        uint64_t count = bochs->block_count - first < BATCH ? bochs->block_count - first : BATCH;
        struct iovec to = {.iov_base = words, .iov_len = count * sizeof(words[0])};

        for (uint64_t i = 0; i < count; i++) {
            places[i].iov_base =
                (void *)(bochs->memory_base + (first + i) * bochs->block_size + offset);
            places[i].iov_len = sizeof(words[0]);
        }
        if (process_vm_readv(bochs->pid, &to, 1, places, count, 0) != (ssize_t)to.iov_len)
            return 0;
        for (uint64_t i = 0; i < count; i++) {
            if (words[i] != word)
                continue;
            if (found != 0)
                return 0;
            found = bochs->memory_base + (first + i) * bochs->block_size;
        }
    }
    return found;
}

/* Learns where the block of `physical` is. Result: 0, also if it stays unknown; -1 Bochs failed. */
static int block_learn(struct bochs *bochs, uint64_t physical)
{
    uint64_t index = physical / bochs->block_size;
    uint64_t address = physical & ~UINT64_C(7);
    uint64_t mark, found;
    uint8_t old[8];

    if (getrandom(&mark, sizeof(mark), 0) != (ssize_t)sizeof(mark))
        return 0;
    if (prompt_read(bochs, address, old, sizeof(old)) != 0 ||
        prompt_write(bochs, address, (const uint8_t *)&mark, sizeof(mark)) != 0)
        return -1;
    found = place_search(bochs, address % bochs->block_size, mark);
    if (prompt_write(bochs, address, old, sizeof(old)) != 0)
        return -1;
    if (found == 0)
        bochs->memory_slow = true;
    bochs->blocks[index] = found;
    return 0;
}

static int part_read(struct bochs *bochs, uint64_t physical, uint8_t *buffer, size_t size)
{
    uint64_t index = physical / bochs->block_size;

    if (index >= bochs->block_count)
        return bochs_fail(bochs, "no memory at 0x%" PRIx64, physical);
    if (physical >= HOLE_START && physical < HOLE_END)
        return prompt_read(bochs, physical, buffer, size);
    if (bochs->blocks[index] == 0 && block_learn(bochs, physical) != 0)
        return -1;
    if (bochs->blocks[index] != 0) {
        struct iovec to = {.iov_base = buffer, .iov_len = size};
        struct iovec from = {.iov_base =
                                 (void *)(bochs->blocks[index] + physical % bochs->block_size),
                             .iov_len = size};

        if (process_vm_readv(bochs->pid, &to, 1, &from, 1, 0) == (ssize_t)size)
            return 0;
    }
    return prompt_read(bochs, physical, buffer, size);
}

int bochs_read(struct bochs *bochs, uint64_t physical, void *buffer, size_t size)
{
    uint8_t *to = buffer;

    if (bochs->memory_slow || !memory_locate(bochs))
        return prompt_read(bochs, physical, buffer, size);
    while (size > 0) {
        uint64_t left = bochs->block_size - physical % bochs->block_size;
        size_t part = size < left ? size : left;

        if (part_read(bochs, physical, to, part) != 0)
            return -1;
        physical += part;
        to += part;
        size -= part;
    }
    return 0;
}

int bochs_write(struct bochs *bochs, uint64_t physical, const void *bytes, size_t size)
{
    return prompt_write(bochs, physical, bytes, size);
}

int bochs_translate(struct bochs *bochs, uint64_t cr3, uint64_t linear, uint64_t *physical)
{
    uint64_t entry = cr3;

    if (cr3 == 0) {
        struct bochs_registers registers;

        if (bochs_registers(bochs, &registers) != 0)
            return -1;
        entry = registers.cr3;
    }
    for (unsigned level = 4; level > 0; level--) {
        unsigned shift = 12 + 9 * (level - 1);
        uint64_t index = linear >> shift & 511;

        if (bochs_read(bochs, (entry & TABLE_ADDRESS) + index * 8, &entry, sizeof(entry)) != 0)
            return -1;
        if ((entry & 1) == 0)
            return bochs_fail(bochs, "nothing is mapped at 0x%" PRIx64, linear);
        if (level == 1 || (level < 4 && (entry & 0x80) != 0)) {
            uint64_t mask = (UINT64_C(1) << shift) - 1;

            *physical = (entry & TABLE_ADDRESS & ~mask) | (linear & mask);
            return 0;
        }
    }
    return -1;
}

int bochs_read_linear(struct bochs *bochs, uint64_t linear, void *buffer, size_t size)
{
    uint8_t *to = buffer;
    struct bochs_registers registers;

    if (bochs_registers(bochs, &registers) != 0)
        return -1;
    while (size > 0) {
        size_t left = 4096 - linear % 4096;
        size_t part = size < left ? size : left;
        uint64_t physical;

        if (bochs_translate(bochs, registers.cr3, linear, &physical) != 0 ||
            bochs_read(bochs, physical, to, part) != 0)
            return -1;
        linear += part;
        to += part;
        size -= part;
    }
    return 0;
}

int bochs_write_linear(struct bochs *bochs, uint64_t linear, const void *bytes, size_t size)
{
    uint64_t physical;

    return bochs_translate(bochs, 0, linear, &physical) != 0
               ? -1
               : bochs_write(bochs, physical, bytes, size);
}
