/*
 * The kernel's ELF image (see elf.h). Pure: runs on the host as well.
 *
 * Every number in the file is a stranger's: sums are checked before they are made, and headers are
 * copied out, since nothing promises that they are aligned.
 */
#include "elf.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "abi/layout.h"

#define ELF_CLASS_64        2
#define ELF_DATA_LITTLE     1
#define ELF_VERSION         1
#define ELF_TYPE_EXECUTABLE 2
#define ELF_MACHINE_X86_64  62
#define ELF_PROGRAMS_MAX    64 /* the kernel has under ten */

#define ELF_PROGRAM_LOAD        1
#define ELF_PROGRAM_DYNAMIC     2
#define ELF_PROGRAM_INTERPRETER 3
#define ELF_PROGRAM_TLS         7

#define KERNEL_SIZE_MAX (UINT64_C(1) << 30)

struct elf_header {
    uint8_t magic[4];
    uint8_t class;
    uint8_t data;
    uint8_t ident_version;
    uint8_t ident_rest[9];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t programs; /* offset of the program headers */
    uint64_t sections;
    uint32_t flags;
    uint16_t header_size;
    uint16_t program_size;
    uint16_t program_count;
    uint16_t section_size;
    uint16_t section_count;
    uint16_t section_names;
};

struct elf_program {
    uint32_t type;
    uint32_t access;
    uint64_t offset;
    uint64_t address;
    uint64_t physical;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t alignment;
};

_Static_assert(sizeof(struct elf_header) == 64, "an ELF64 header is 64 bytes");
_Static_assert(sizeof(struct elf_program) == 56, "an ELF64 program header is 56 bytes");

static uint64_t page_down(uint64_t address)
{
    return address & ~(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

static const char *check_header(const struct elf_header *header, uint64_t size)
{
    if (memcmp(header->magic, "\177ELF", 4) != 0)
        return "not an ELF file";
    if (header->class != ELF_CLASS_64 || header->data != ELF_DATA_LITTLE)
        return "not a 64-bit little-endian ELF file";
    if (header->ident_version != ELF_VERSION || header->version != ELF_VERSION)
        return "unknown ELF version";
    if (header->machine != ELF_MACHINE_X86_64)
        return "not for x86-64";
    if (header->type != ELF_TYPE_EXECUTABLE)
        return "not an executable at fixed addresses";
    if (header->header_size != sizeof(struct elf_header) ||
        header->program_size != sizeof(struct elf_program))
        return "header sizes are not those of ELF64";
    if (header->program_count == 0 || header->program_count > ELF_PROGRAMS_MAX)
        return "no program headers, or too many";
    if (header->programs < sizeof(struct elf_header) || header->programs > size ||
        header->program_count * sizeof(struct elf_program) > size - header->programs)
        return "program headers lie outside the file";
    return NULL;
}

static const char *check_segment(const struct elf_program *program, uint64_t size)
{
    if (program->file_size > program->memory_size)
        return "a segment is larger in the file than in memory";
    if (program->memory_size == 0)
        return "a segment is empty";
    if (program->offset > size || program->file_size > size - program->offset)
        return "a segment lies outside the file";
    if (program->alignment < PAGE_SIZE || (program->alignment & (program->alignment - 1)) != 0 ||
        ((program->address ^ program->offset) & (PAGE_SIZE - 1)) != 0)
        return "a segment is not aligned to pages";
    if (program->address < KERNEL_BASE || program->address - KERNEL_BASE >= KERNEL_SIZE_MAX ||
        program->memory_size > KERNEL_SIZE_MAX - (program->address - KERNEL_BASE))
        return "a segment lies outside the kernel's address range";
    if ((program->access & ~(uint32_t)(ELF_READ | ELF_WRITE | ELF_EXECUTE)) != 0)
        return "a segment asks for unknown access";
    if ((program->access & ELF_WRITE) && (program->access & ELF_EXECUTE))
        return "a segment is both writable and executable";
    if (!(program->access & ELF_READ))
        return "a segment is not readable";
    return NULL;
}

/* Appends a checked segment, which must lie on pages above those before it. */
static const char *add_segment(struct elf_image *image, uint32_t count,
                               const struct elf_program *program)
{
    if (count == ELF_SEGMENTS)
        return "more than three segments to load";
    for (uint32_t i = 0; i < count; i++) {
        const struct elf_segment *before = &image->segments[i];

        if (before->access == program->access)
            return "two segments ask for the same access";
        if (page_up(before->address + before->memory_size) > page_down(program->address))
            return "segments overlap, share a page or are out of order";
    }
    image->segments[count] = (struct elf_segment){
        .offset = program->offset,
        .file_size = program->file_size,
        .address = program->address,
        .memory_size = program->memory_size,
        .access = program->access,
    };
    return NULL;
}

static bool entry_is_code(const struct elf_image *image)
{
    for (uint32_t i = 0; i < ELF_SEGMENTS; i++) {
        const struct elf_segment *segment = &image->segments[i];

        if ((segment->access & ELF_EXECUTE) && image->entry >= segment->address &&
            image->entry - segment->address < segment->file_size)
            return true;
    }
    return false;
}

const char *elf_parse(const void *file, uint64_t size, struct elf_image *image)
{
    const unsigned char *bytes = file;
    struct elf_header header;
    const char *wrong;
    uint32_t count = 0;

    if (size < sizeof(header))
        return "shorter than an ELF header";
    memcpy(&header, bytes, sizeof(header));
    wrong = check_header(&header, size);
    for (uint32_t i = 0; wrong == NULL && i < header.program_count; i++) {
        struct elf_program program;

        memcpy(&program, bytes + header.programs + i * sizeof(program), sizeof(program));
        if (program.type == ELF_PROGRAM_INTERPRETER || program.type == ELF_PROGRAM_DYNAMIC ||
            program.type == ELF_PROGRAM_TLS)
            wrong = "wants an interpreter, dynamic linking or thread-local storage";
        if (program.type != ELF_PROGRAM_LOAD)
            continue;
        wrong = check_segment(&program, size);
        if (wrong == NULL)
            wrong = add_segment(image, count++, &program);
    }
    if (wrong != NULL)
        return wrong;
    if (count != ELF_SEGMENTS)
        return "fewer than three segments to load";
    image->entry = header.entry;
    image->base = page_down(image->segments[0].address);
    image->size =
        page_up(image->segments[count - 1].address + image->segments[count - 1].memory_size) -
        image->base;
    return entry_is_code(image) ? NULL : "the entry point is not in the code";
}

void elf_load(const void *file, const struct elf_image *image, void *memory)
{
    const unsigned char *bytes = file;
    unsigned char *out = memory;
    uint64_t done = 0; /* bytes of `memory` already written */

    for (uint32_t i = 0; i < ELF_SEGMENTS; i++) {
        const struct elf_segment *segment = &image->segments[i];
        uint64_t at = segment->address - image->base;

        memset(out + done, 0, at - done);
        memcpy(out + at, bytes + segment->offset, segment->file_size);
        done = at + segment->file_size;
    }
    memset(out + done, 0, image->size - done);
}
