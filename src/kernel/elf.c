/* ELF64 programs, as elf.h tells. */
#include <stdbool.h>

#include "abi/error.h"
#include "abi/layout.h"
#include "abi/object.h"
#include "bytes.h"
#include "elf.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_offset, section_offset;
    uint32_t flags;
    uint16_t size, program_entry_size, program_count;
    uint16_t section_entry_size, section_count, section_names;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};

_Static_assert(sizeof(struct elf_header) == 64, "ELF64 header is 64 bytes");
_Static_assert(sizeof(struct elf_segment) == 56, "ELF64 program header is 56 bytes");

enum { ELF_EXECUTABLE = 2, ELF_X86_64 = 62, SEGMENT_LOAD = 1, SEGMENT_INTERPRETER = 3 };
enum { SEGMENT_EXECUTE = 1, SEGMENT_WRITE = 2 };

static bool header_is_program(const struct elf_header *header)
{
    static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1}; /* 64 bits, little-endian, 1 */

    return memcmp(header->ident, ident, sizeof ident) == 0 && header->type == ELF_EXECUTABLE &&
           header->machine == ELF_X86_64 && header->version == 1 &&
           header->program_entry_size == sizeof(struct elf_segment);
}

static int64_t segment_check(const struct elf_segment *elf, uint64_t file_size)
{
    if (elf->offset > file_size || elf->file_size > file_size - elf->offset)
        return -E_TRUNCATED;
    if (elf->memory_size < elf->file_size)
        return -E_NOT_PROGRAM;
    if (elf->address < USER_BASE || elf->address >= USER_TOP ||
        elf->memory_size > USER_TOP - elf->address)
        return -E_OVERLAP;
    if ((elf->flags & SEGMENT_WRITE) && (elf->flags & SEGMENT_EXECUTE))
        return -E_WRITE_EXECUTE;
    return 0;
}

static int64_t segment_add(struct program *program, const struct elf_segment *elf)
{
    uint64_t start = elf->address & ~(PAGE_SIZE - 1);
    uint64_t end = (elf->address + elf->memory_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

    if (program->count == PROGRAM_SEGMENTS_MAX)
        return -E_NOT_PROGRAM;
    if (program->count) { /* the ABI wants them in ascending order */
        struct program_segment *last = &program->segments[program->count - 1];

        if (start < last->address + last->size)
            return -E_OVERLAP;
    }
    program->segments[program->count++] = (struct program_segment){
        .address = start,
        .size = end - start,
        .data = elf->address,
        .data_size = elf->file_size,
        .offset = elf->offset,
        .access = MAP_READ | (elf->flags & SEGMENT_WRITE ? MAP_WRITE : 0u) |
                  (elf->flags & SEGMENT_EXECUTE ? MAP_EXECUTE : 0u),
    };
    return 0;
}

static bool entry_is_code(const struct program *program)
{
    for (uint32_t i = 0; i < program->count; i++) {
        const struct program_segment *segment = &program->segments[i];

        if ((segment->access & MAP_EXECUTE) && program->entry >= segment->address &&
            program->entry - segment->address < segment->size)
            return true;
    }
    return false;
}

int64_t program_parse(struct program *program, const void *head, uint64_t head_size, uint64_t size)
{
    struct elf_header header;

    if (head_size < sizeof header)
        return -E_NOT_PROGRAM;
    /* copies: the file need not be aligned for its structures, and may change meanwhile */
    memcpy(&header, head, sizeof header);
    if (!header_is_program(&header))
        return -E_NOT_PROGRAM;
    if (header.program_offset > size ||
        header.program_count > (size - header.program_offset) / sizeof(struct elf_segment))
        return -E_TRUNCATED;
    if (header.program_offset > head_size ||
        header.program_count > (head_size - header.program_offset) / sizeof(struct elf_segment))
        return -E_NOT_PROGRAM;

    program->entry = header.entry;
    program->count = 0;
    for (unsigned i = 0; i < header.program_count; i++) {
        struct elf_segment elf;
        int64_t result = 0;

        memcpy(&elf, (const uint8_t *)head + header.program_offset + i * sizeof elf, sizeof elf);
        if (elf.type == SEGMENT_INTERPRETER)
            return -E_NOT_PROGRAM;
        if (elf.type == SEGMENT_LOAD && elf.memory_size) {
            result = segment_check(&elf, size);
            if (!result)
                result = segment_add(program, &elf);
        }
        if (result)
            return result;
    }
    return entry_is_code(program) ? 0 : -E_NOT_PROGRAM;
}
