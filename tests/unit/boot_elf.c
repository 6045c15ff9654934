/* The kernel's ELF file: each header field out of bounds, loading, and mutated files. */
#include <check.h>
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "boot/elf.h"
#include "suite.h"

#define FILE_SIZE 0x3100

/* A kernel as the linker makes it: R at page 0, RX at page 1, RW at page 3 with a BSS. */
static unsigned char file[FILE_SIZE];
static struct elf_image image;

static Elf64_Ehdr *header(void)
{
    return (Elf64_Ehdr *)(void *)file;
}

static Elf64_Phdr *program(unsigned int i)
{
    return (Elf64_Phdr *)(void *)(file + sizeof(Elf64_Ehdr)) + i;
}

static Elf64_Phdr segment(uint32_t flags, uint64_t page, uint64_t file_size, uint64_t memory_size)
{
    return (Elf64_Phdr){.p_type = PT_LOAD,
                        .p_flags = flags,
                        .p_offset = page < 3 ? page * PAGE_SIZE : 0x3000,
                        .p_vaddr = KERNEL_BASE + page * PAGE_SIZE,
                        .p_paddr = 0,
                        .p_filesz = file_size,
                        .p_memsz = memory_size,
                        .p_align = PAGE_SIZE};
}

static void setup(void)
{
    memset(file, 0xcc, sizeof(file));
    *header() = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                             .e_type = ET_EXEC,
                             .e_machine = EM_X86_64,
                             .e_version = EV_CURRENT,
                             .e_entry = KERNEL_BASE + 0x1010,
                             .e_phoff = sizeof(Elf64_Ehdr),
                             .e_ehsize = sizeof(Elf64_Ehdr),
                             .e_phentsize = sizeof(Elf64_Phdr),
                             .e_phnum = 4};
    *program(0) = segment(PF_R, 0, 0x800, 0x800);
    *program(1) = segment(PF_R | PF_X, 1, 0x1800, 0x1800);
    *program(2) = segment(PF_R | PF_W, 4, 0x100, 0x2345);
    *program(3) = (Elf64_Phdr){.p_type = PT_GNU_STACK};
}

static void accepts(void)
{
    const char *wrong = elf_parse(file, sizeof(file), &image);

    ck_assert_msg(wrong == NULL, "refused: %s", wrong);
}

/* Refused with a text that contains `why`; the file is whole again afterwards. */
static void refuses(const char *why)
{
    const char *wrong = elf_parse(file, sizeof(file), &image);

    ck_assert_msg(wrong != NULL, "accepted, wanted: %s", why);
    ck_assert_msg(strstr(wrong, why) != NULL, "said [%s], wanted [%s]", wrong, why);
    setup();
}

START_TEST(good_file)
{
    accepts();
    ck_assert_uint_eq(image.entry, KERNEL_BASE + 0x1010);
    ck_assert_uint_eq(image.base, KERNEL_BASE);
    ck_assert_uint_eq(image.size, 0x7000);
    ck_assert_uint_eq(image.segments[2].address, KERNEL_BASE + 0x4000);
    ck_assert_uint_eq(image.segments[2].file_size, 0x100);
    ck_assert_uint_eq(image.segments[2].memory_size, 0x2345);
    ck_assert_uint_eq(image.segments[2].access, ELF_READ | ELF_WRITE);
}
END_TEST

START_TEST(short_file)
{
    for (uint64_t size = 0; size < sizeof(file); size++)
        if (elf_parse(file, size, &image) == NULL)
            ck_abort_msg("accepted when cut to %ju bytes", (uintmax_t)size);
}
END_TEST

START_TEST(header_identity)
{
    for (int i = 0; i < 4; i++) {
        header()->e_ident[i] ^= 1;
        refuses("not an ELF file");
    }
    header()->e_ident[EI_CLASS] = ELFCLASS32;
    refuses("64-bit");
    header()->e_ident[EI_DATA] = ELFDATA2MSB;
    refuses("little-endian");
    header()->e_ident[EI_VERSION] = 0;
    refuses("version");
    header()->e_version = 2;
    refuses("version");
    header()->e_machine = EM_386;
    refuses("not for x86-64");
    header()->e_type = ET_DYN;
    refuses("fixed addresses");
    header()->e_type = ET_REL;
    refuses("fixed addresses");
    header()->e_ehsize = 52;
    refuses("header sizes");
    header()->e_phentsize = 32;
    refuses("header sizes");
}
END_TEST

START_TEST(header_programs)
{
    static const uint64_t bad[] = {0,
                                   63,
                                   FILE_SIZE - 4 * sizeof(Elf64_Phdr) + 1,
                                   FILE_SIZE,
                                   FILE_SIZE + 1,
                                   UINT64_MAX,
                                   UINT64_MAX - 100};

    header()->e_phnum = 0;
    refuses("no program headers");
    header()->e_phnum = 0xffff;
    refuses("too many");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        header()->e_phoff = bad[i];
        refuses("outside the file");
    }
    memmove(file + FILE_SIZE - 4 * sizeof(Elf64_Phdr), program(0), 4 * sizeof(Elf64_Phdr));
    header()->e_phoff = FILE_SIZE - 4 * sizeof(Elf64_Phdr);
    accepts(); /* the very end is inside */
}
END_TEST

START_TEST(header_entry)
{
    static const uint64_t bad[] = {
        0,         KERNEL_BASE, KERNEL_BASE + 0xfff, KERNEL_BASE + 0x2800, KERNEL_BASE + 0x4000,
        UINT64_MAX};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        header()->e_entry = bad[i];
        refuses("entry point");
    }
    header()->e_entry = KERNEL_BASE + 0x27ff;
    accepts();
}
END_TEST

START_TEST(segment_sizes)
{
    program(1)->p_filesz = 0x1801;
    refuses("larger in the file");
    program(2)->p_filesz = 0x101;
    refuses("outside the file");
    program(2)->p_offset = FILE_SIZE + 1;
    refuses("outside the file");
    program(2)->p_offset = UINT64_MAX - 0x0f;
    refuses("outside the file");
    program(2)->p_filesz = program(2)->p_memsz = UINT64_MAX;
    refuses("outside the file");
    program(2)->p_memsz = UINT64_MAX;
    refuses("address range");
    program(2)->p_memsz = (UINT64_C(1) << 30) - 0x4000 + 1;
    refuses("address range");
    program(2)->p_memsz = (UINT64_C(1) << 30) - 0x4000;
    accepts();
    setup();
    program(0)->p_filesz = program(0)->p_memsz = 0;
    refuses("empty");
}
END_TEST

START_TEST(segment_addresses)
{
    static const uint64_t bad[] = {0, 0x400000, KERNEL_BASE - PAGE_SIZE,
                                   KERNEL_BASE + (UINT64_C(1) << 30), -PAGE_SIZE};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        program(0)->p_vaddr = bad[i];
        refuses("address range");
    }
    program(2)->p_vaddr += 8;
    refuses("not aligned");
    program(2)->p_offset += 8;
    program(2)->p_filesz -= 8;
    refuses("not aligned");
    program(2)->p_align = 16;
    refuses("not aligned");
    program(2)->p_align = 0;
    refuses("not aligned");
    program(2)->p_align = 0x1800;
    refuses("not aligned");
}
END_TEST

START_TEST(segment_within_a_page)
{
    program(2)->p_offset +=
        0x10; /* address and offset agree within the page: how linkers save space */
    program(2)->p_vaddr += 0x10;
    program(2)->p_filesz -= 0x10;
    accepts();
    ck_assert_uint_eq(image.segments[2].address, KERNEL_BASE + 0x4010);
}
END_TEST

START_TEST(segment_access)
{
    program(2)->p_flags = PF_R | PF_W | PF_X;
    refuses("both writable and executable");
    program(1)->p_flags = PF_W | PF_X;
    refuses("both writable and executable");
    program(1)->p_flags = PF_X;
    refuses("not readable");
    program(0)->p_flags = 0;
    refuses("not readable");
    program(0)->p_flags = PF_R | 8;
    refuses("unknown access");
    program(0)->p_flags = PF_R | PF_X;
    refuses("same access");
    program(2)->p_flags = PF_R;
    refuses("same access");
}
END_TEST

START_TEST(segment_overlap)
{
    program(1)->p_vaddr = KERNEL_BASE;
    refuses("overlap");
    program(2)->p_vaddr = KERNEL_BASE + 0x2000; /* RX ends in that page */
    refuses("share a page");
    program(2)->p_vaddr = KERNEL_BASE + 0x2900; /* behind its end, but in that page */
    program(2)->p_offset = 0x2900;
    refuses("share a page");
    program(0)->p_vaddr = KERNEL_BASE + 0x8000;
    refuses("out of order");
}
END_TEST

START_TEST(segment_count)
{
    header()->e_phnum = 2;
    refuses("fewer than three");
    program(1)->p_type = PT_NULL;
    refuses("fewer than three");
    *program(3) = segment(PF_R, 9, 0x10, 0x10);
    program(3)->p_offset = 0;
    refuses("more than three");
    program(3)->p_type = PT_INTERP;
    refuses("interpreter");
    program(3)->p_type = PT_DYNAMIC;
    refuses("dynamic");
    program(3)->p_type = PT_TLS;
    refuses("thread-local");
}
END_TEST

START_TEST(loading)
{
    unsigned char *memory;

    for (unsigned int i = 0; i < 0x1800; i++)
        file[0x1000 + i] = (unsigned char)(i * 7);
    accepts();
    memory = malloc(image.size);
    memset(memory, 0xaa, image.size); /* memory is never clean */
    elf_load(file, &image, memory);
    ck_assert_mem_eq(memory, file, 0x800);
    ck_assert_mem_eq(memory + 0x1000, file + 0x1000, 0x1800);
    ck_assert_mem_eq(memory + 0x4000, file + 0x3000, 0x100);
    for (unsigned int i = 0x800; i < 0x1000; i++)
        ck_assert_msg(memory[i] == 0, "gap not zero at %#x", i);
    for (unsigned int i = 0x2800; i < 0x4000; i++)
        ck_assert_msg(memory[i] == 0, "gap not zero at %#x", i);
    for (unsigned int i = 0x4100; i < image.size; i++)
        ck_assert_msg(memory[i] == 0, "BSS or tail not zero at %#x", i);
    free(memory);
}
END_TEST

/* One to eight bytes of the headers changed, to values that like to break sums. */
static void mutate(void)
{
    static const unsigned char bytes[] = {0, 1, 0x7f, 0x80, 0xff};

    for (int n = rand() % 8; n >= 0; n--) {
        size_t at = (size_t)rand() % (sizeof(Elf64_Ehdr) + 4 * sizeof(Elf64_Phdr));

        if (rand() % 2)
            file[at] = bytes[(size_t)rand() % sizeof(bytes)];
        else
            file[at] ^= (unsigned char)(1 << rand() % 8);
    }
}

START_TEST(mutated_files)
{
    srand((unsigned int)_i + 1);
    for (int round = 0; round < 10000; round++) {
        uint64_t size = rand() % 4 ? sizeof(file) : (uint64_t)rand() % sizeof(file);
        unsigned char *copy = malloc(size + 1); /* its end is watched by the sanitizer */
        unsigned char *memory;

        setup();
        mutate();
        memcpy(copy, file, size);
        if (elf_parse(copy, size, &image) == NULL && image.size <= 0x100000) {
            memory = malloc(image.size);
            elf_load(copy, &image, memory);
            free(memory);
        }
        free(copy);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, good_file);
    tcase_add_test(tests, short_file);
    tcase_add_test(tests, header_identity);
    tcase_add_test(tests, header_programs);
    tcase_add_test(tests, header_entry);
    tcase_add_test(tests, segment_sizes);
    tcase_add_test(tests, segment_addresses);
    tcase_add_test(tests, segment_within_a_page);
    tcase_add_test(tests, segment_access);
    tcase_add_test(tests, segment_overlap);
    tcase_add_test(tests, segment_count);
    tcase_add_test(tests, loading);
    tcase_add_loop_test(tests, mutated_files, 0, 4);
}

int main(void)
{
    Suite *suite = suite_create("boot elf");
    TCase *tests = tcase_create("elf");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_set_timeout(tests, 60); /* seconds; a loaded machine is slow */
    add_tests(tests);
    return suite_finish(suite, tests);
}
