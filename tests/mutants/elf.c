/* Programs and kernels: what is accepted lies inside its file and its place. */
#include "mutants.h"

#include "abi/layout.h"
#include "boot/elf.h"
#include "kernel/elf.h"

static void program_check(const uint8_t *bytes, size_t size)
{
    struct program program;

    if (program_parse(&program, bytes, size < 1024 ? size : 1024, size) != 0)
        return;
    for (uint32_t i = 0; i < program.count; i++) {
        const struct program_segment *segment = &program.segments[i];

        must(segment->address >= USER_BASE && segment->address < USER_TOP);
        must(segment->size <= USER_TOP - segment->address);
        must(segment->offset <= size && segment->data_size <= size - segment->offset);
        must(segment->data_size <= segment->size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct elf_image image;

    program_check(bytes, size);
    if (elf_parse(bytes, size, &image) == NULL && image.size <= 0x100000) {
        void *memory = malloc(image.size);

        elf_load(bytes, &image, memory);
        free(memory);
    }
    return 0;
}
