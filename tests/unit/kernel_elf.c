/* Checking of programs: each field of the headers wrong, each truncation, random damage. */
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "abi/error.h"
#include "abi/layout.h"
#include "abi/object.h"
#include "kernel/elf.h"
#include "kernel_test.h"

#define FILE_SIZE 0x3000u
#define HEAD_SIZE 1024u

/* A program in the form that the linker gives ours: read, execute, write. */
struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segment[3];
};

static struct image image;

static void image_make(void)
{
    image = (struct image){
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = 0x401010,
                   .e_phoff = sizeof image.header,
                   .e_ehsize = sizeof image.header,
                   .e_phentsize = sizeof image.segment[0],
                   .e_phnum = 3},
        .segment = {{.p_type = PT_LOAD,
                     .p_flags = PF_R,
                     .p_vaddr = 0x400000,
                     .p_filesz = 0x800,
                     .p_memsz = 0x800,
                     .p_align = 0x1000},
                    {.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_X,
                     .p_offset = 0x1000,
                     .p_vaddr = 0x401000,
                     .p_filesz = 0x1000,
                     .p_memsz = 0x1000,
                     .p_align = 0x1000},
                    {.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_W,
                     .p_offset = 0x2000,
                     .p_vaddr = 0x402000,
                     .p_filesz = 0x1000,
                     .p_memsz = 0x5000,
                     .p_align = 0x1000}},
    };
}

/* What every accepted program keeps. */
static void program_check(const struct program *program, uint64_t size)
{
    uint64_t end = USER_BASE;
    bool entry = false;

    require(program->count <= PROGRAM_SEGMENTS_MAX);
    for (uint32_t i = 0; i < program->count; i++) {
        const struct program_segment *s = &program->segments[i];

        require(s->address % PAGE_SIZE == 0 && s->size % PAGE_SIZE == 0 && s->size > 0);
        require(s->address >= end && s->address < USER_TOP && s->size <= USER_TOP - s->address);
        require(s->data >= s->address && s->data_size <= s->size &&
                s->data - s->address <= s->size - s->data_size);
        require(s->offset <= size && s->data_size <= size - s->offset);
        require((s->access & MAP_READ) && s->access < 8);
        require(!((s->access & MAP_WRITE) && (s->access & MAP_EXECUTE)));
        entry |= (s->access & MAP_EXECUTE) && program->entry >= s->address &&
                 program->entry < s->address + s->size;
        end = s->address + s->size;
    }
    require(entry);
}

/* Parse bytes that lie in memory of exactly their size. */
static int64_t parse(const void *bytes, uint64_t head_size, uint64_t size)
{
    struct program program;
    void *copy = malloc(head_size);
    int64_t result;

    memcpy(copy, bytes, head_size);
    result = program_parse(&program, copy, head_size, size);
    if (result == 0)
        program_check(&program, size);
    else
        require(result == -E_NOT_PROGRAM || result == -E_TRUNCATED || result == -E_OVERLAP ||
                result == -E_WRITE_EXECUTE);
    free(copy);
    return result;
}

static int64_t parse_image(void)
{
    return parse(&image, sizeof image, FILE_SIZE);
}

START_TEST(good)
{
    struct program program;

    image_make();
    require(program_parse(&program, &image, sizeof image, FILE_SIZE) == 0);
    program_check(&program, FILE_SIZE);
    require(program.entry == 0x401010 && program.count == 3);
    require(program.segments[0].access == MAP_READ);
    require(program.segments[1].access == (MAP_READ | MAP_EXECUTE));
    require(program.segments[2].access == (MAP_READ | MAP_WRITE));
    require(program.segments[2].address == 0x402000 && program.segments[2].size == 0x5000 &&
            program.segments[2].data_size == 0x1000 && program.segments[2].offset == 0x2000);
}
END_TEST

/* EXPECT(statement that changes the image, error that follows). */
#define EXPECT(change, error)                                                                      \
    do {                                                                                           \
        image_make();                                                                              \
        change;                                                                                    \
        ck_assert_msg(parse_image() == -(error), "%s: %d", #change, (int)parse_image());           \
    } while (0)

START_TEST(header_fields)
{
    for (unsigned i = 0; i < 7; i++)
        EXPECT(image.header.e_ident[i]++, E_NOT_PROGRAM);
    EXPECT(image.header.e_ident[EI_CLASS] = ELFCLASS32, E_NOT_PROGRAM);
    EXPECT(image.header.e_ident[EI_DATA] = ELFDATA2MSB, E_NOT_PROGRAM);
    EXPECT(image.header.e_type = ET_DYN, E_NOT_PROGRAM);
    EXPECT(image.header.e_type = ET_REL, E_NOT_PROGRAM);
    EXPECT(image.header.e_machine = EM_AARCH64, E_NOT_PROGRAM);
    EXPECT(image.header.e_version = 2, E_NOT_PROGRAM);
    EXPECT(image.header.e_phentsize = 55, E_NOT_PROGRAM);
    EXPECT(image.header.e_phentsize = 0, E_NOT_PROGRAM);
    EXPECT(image.header.e_phnum = 0, E_NOT_PROGRAM);
    EXPECT(image.header.e_phoff = FILE_SIZE + 1, E_TRUNCATED);
    EXPECT(image.header.e_phoff = FILE_SIZE - 10, E_TRUNCATED);
    EXPECT(image.header.e_phoff = UINT64_MAX, E_TRUNCATED);
    EXPECT(image.header.e_phoff = UINT64_MAX - 100, E_TRUNCATED);
    EXPECT(image.header.e_phoff = 0x1000, E_NOT_PROGRAM); /* in the file, not in its head */
    EXPECT(image.header.e_phnum = 4, E_NOT_PROGRAM);
    EXPECT(image.header.e_phnum = UINT16_MAX, E_TRUNCATED);
    EXPECT(image.header.e_entry = 0x400000, E_NOT_PROGRAM);
    EXPECT(image.header.e_entry = 0x402000, E_NOT_PROGRAM);
    EXPECT(image.header.e_entry = 0, E_NOT_PROGRAM);
    EXPECT(image.header.e_entry = UINT64_C(0x800000000000), E_NOT_PROGRAM);
    EXPECT(image.header.e_entry = KERNEL_BASE, E_NOT_PROGRAM);
}
END_TEST

START_TEST(segment_fields)
{
    EXPECT(image.segment[1].p_type = PT_INTERP, E_NOT_PROGRAM);
    EXPECT(image.segment[1].p_type = PT_NOTE, E_NOT_PROGRAM); /* no code any more */
    EXPECT(image.segment[1].p_flags = PF_R | PF_W | PF_X, E_WRITE_EXECUTE);
    EXPECT(image.segment[2].p_flags = PF_W | PF_X, E_WRITE_EXECUTE);
    EXPECT(image.segment[1].p_flags = PF_R, E_NOT_PROGRAM);
    EXPECT(image.segment[2].p_offset = FILE_SIZE, E_TRUNCATED);
    EXPECT(image.segment[2].p_offset = UINT64_MAX, E_TRUNCATED);
    EXPECT(image.segment[2].p_filesz = 0x1001, E_TRUNCATED);
    EXPECT(image.segment[2].p_filesz = UINT64_MAX, E_TRUNCATED);
    EXPECT(image.segment[1].p_memsz = 0xfff, E_NOT_PROGRAM);
    EXPECT(image.segment[1].p_memsz = 0x1001, E_OVERLAP);
    EXPECT(image.segment[1].p_vaddr = 0x400000, E_OVERLAP);
    EXPECT(image.segment[1].p_vaddr = 0x400fff, E_OVERLAP); /* the same page */
    EXPECT(image.segment[2].p_vaddr = 0x300000, E_OVERLAP); /* not in order */
    EXPECT(image.segment[0].p_vaddr = 0, E_OVERLAP);
    EXPECT(image.segment[0].p_vaddr = USER_BASE - 1, E_OVERLAP);
    EXPECT(image.segment[2].p_vaddr = USER_TOP, E_OVERLAP);
    EXPECT(image.segment[2].p_vaddr = USER_TOP - 0x4fff, E_OVERLAP);
    EXPECT(image.segment[2].p_vaddr = KERNEL_BASE, E_OVERLAP);
    EXPECT(image.segment[2].p_vaddr = DIRECT_MAP_BASE, E_OVERLAP);
    EXPECT(image.segment[2].p_vaddr = UINT64_C(0x800000000000), E_OVERLAP);
    EXPECT(image.segment[2].p_vaddr = UINT64_MAX - 0x1000, E_OVERLAP);
    EXPECT(image.segment[2].p_memsz = UINT64_MAX, E_OVERLAP);
    EXPECT(image.segment[2].p_memsz = UINT64_MAX - 0x402000, E_OVERLAP);
}
END_TEST

/* What is unusual but in order. */
START_TEST(allowed)
{
    image_make();
    image.segment[2].p_vaddr = USER_TOP - 0x5000;
    require(parse_image() == 0);
    image_make();
    image.segment[0].p_memsz = image.segment[0].p_filesz = 0; /* nothing to load */
    image.segment[0].p_vaddr = KERNEL_BASE;
    require(parse_image() == 0);
    image_make();
    image.segment[2].p_filesz = 0;
    image.segment[2].p_offset = FILE_SIZE;
    require(parse_image() == 0);
    image_make();
    image.segment[0].p_type = 0x6474e551; /* GNU_STACK and its like mean nothing here */
    require(parse_image() == 0);
}
END_TEST

/* More segments than there is room for. */
START_TEST(many_segments)
{
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment[PROGRAM_SEGMENTS_MAX + 1];
    } many = {0};

    image_make();
    many.header = image.header;
    for (unsigned i = 0; i <= PROGRAM_SEGMENTS_MAX; i++) {
        many.segment[i] = image.segment[1];
        many.segment[i].p_vaddr += i * 0x1000;
    }
    many.header.e_phnum = PROGRAM_SEGMENTS_MAX;
    require(parse(&many, sizeof many, FILE_SIZE) == 0);
    many.header.e_phnum++;
    require(parse(&many, sizeof many, FILE_SIZE) == -E_NOT_PROGRAM);
}
END_TEST

/* The program hello as it is built; its size. */
static uint64_t program_read(uint8_t **bytes)
{
    const char *b = getenv("B");
    char path[256];
    FILE *file;
    long size;

    snprintf(path, sizeof path, "%s/programs/hello/hello", b ? b : "build");
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is missing", path);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    *bytes = malloc((size_t)size);
    require(fread(*bytes, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    return (uint64_t)size;
}

/* A real program cut at every byte: never taken while one of its segments is not all there. */
START_TEST(truncation)
{
    uint8_t *bytes;
    uint64_t size = program_read(&bytes), needed = 0;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(bytes + header->e_phoff);

    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD && segment[i].p_offset + segment[i].p_filesz > needed)
            needed = segment[i].p_offset + segment[i].p_filesz;
    for (uint64_t length = 0; length <= size; length++) {
        int64_t result = parse(bytes, length < HEAD_SIZE ? length : HEAD_SIZE, length);

        if (length < sizeof *header)
            require(result == -E_NOT_PROGRAM);
        else
            require(result == (length < needed ? -E_TRUNCATED : 0));
    }
    free(bytes);
}
END_TEST

START_TEST(random_damage)
{
    uint8_t *bytes, head[HEAD_SIZE];
    uint64_t size = program_read(&bytes), accepted = 0;
    uint32_t used =
        (uint32_t)(sizeof(Elf64_Ehdr) + ((Elf64_Ehdr *)bytes)->e_phnum * sizeof(Elf64_Phdr));

    for (uint64_t i = 0, count = steps(500000); i < count; i++) {
        memcpy(head, bytes, HEAD_SIZE);
        for (uint32_t n = random_below(4) + 1; n; n--) {
            uint32_t at = random_below(used);

            if (random_below(2))
                head[at] = (uint8_t)random_next();
            else
                head[at] = (uint8_t)(head[at] ^ 1u << random_below(8));
        }
        accepted += parse(head, HEAD_SIZE, size) == 0;
    }
    require(accepted > 0); /* many fields mean nothing */
    free(bytes);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {good,          header_fields, segment_fields, allowed,
                                  many_segments, truncation,    random_damage};

    return suite_run("kernel ELF", tests, sizeof tests / sizeof tests[0]);
}
