/* The boot archive, its checksum, and the ISO 9660 directory that leads to it. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "boot/archive.h"
#include "boot/crc32c.h"
#include "boot/iso.h"
#include "suite.h"

#define FILES 3

static unsigned char *archive; /* FILES files of 1, PAGE_SIZE and PAGE_SIZE + 1 bytes */
static uint64_t archive_size;

static struct archive_header *header(void)
{
    return (void *)archive;
}

static struct archive_entry *entry(uint32_t i)
{
    return (struct archive_entry *)(void *)(archive + sizeof(struct archive_header)) + i;
}

/* Makes the directory's checksum right again. */
static void seal(void)
{
    header()->checksum = 0;
    header()->checksum = crc32c(0, archive, archive_directory_size(header()->count));
}

static void setup(void)
{
    static const char *const names[FILES] = {"alpha", "beta", "gamma.txt"};
    static const uint64_t sizes[FILES] = {1, PAGE_SIZE, PAGE_SIZE + 1};
    uint64_t at = PAGE_SIZE;

    crc32c_open(false);
    archive_size = 5 * PAGE_SIZE;
    archive = aligned_alloc(PAGE_SIZE, archive_size);
    memset(archive, 0, archive_size);
    *header() = (struct archive_header){
        .magic = ARCHIVE_MAGIC, .version = ARCHIVE_VERSION, .size = archive_size, .count = FILES};
    for (uint32_t i = 0; i < FILES; i++) {
        entry(i)->offset = at;
        entry(i)->size = sizes[i];
        strcpy(entry(i)->name, names[i]);
        at += archive_padded(sizes[i]);
    }
    seal();
}

static void teardown(void)
{
    free(archive);
}

static const char *check(void)
{
    const char *wrong = archive_check_header(archive, archive_size);

    return wrong != NULL ? wrong : archive_check_directory(archive);
}

static void refuses(const char *why)
{
    const char *wrong = check();

    ck_assert_msg(wrong != NULL, "accepted, wanted: %s", why);
    ck_assert_msg(strstr(wrong, why) != NULL, "said [%s], wanted [%s]", wrong, why);
    teardown();
    setup();
}

START_TEST(crc32c_vectors)
{
    unsigned char bytes[100];

    for (int instruction = 0; instruction < 2; instruction++) {
        if (instruction && !crc32c_instruction())
            continue;
        crc32c_open(instruction);
        /* RFC 3720, appendix B.4 */
        memset(bytes, 0, 32);
        ck_assert_uint_eq(crc32c(0, bytes, 32), 0x8a9136aa);
        memset(bytes, 0xff, 32);
        ck_assert_uint_eq(crc32c(0, bytes, 32), 0x62a8ab43);
        for (unsigned char i = 0; i < 32; i++)
            bytes[i] = i;
        ck_assert_uint_eq(crc32c(0, bytes, 32), 0x46dd794e);
        for (unsigned char i = 0; i < 32; i++)
            bytes[i] = (unsigned char)(31 - i);
        ck_assert_uint_eq(crc32c(0, bytes, 32), 0x113fdb5c);
        ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
        ck_assert_uint_eq(crc32c(0, "", 0), 0);
    }
}
END_TEST

START_TEST(crc32c_in_parts_and_both_ways)
{
    unsigned char bytes[300];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * i);
    for (uint64_t size = 0; size < 200; size++) {
        uint32_t whole, parts, by_table;

        crc32c_open(crc32c_instruction());
        whole = crc32c(0, bytes + size % 9, size);
        parts = crc32c(crc32c(0, bytes + size % 9, size / 3), bytes + size % 9 + size / 3,
                       size - size / 3);
        crc32c_open(false);
        by_table = crc32c(0, bytes + size % 9, size);
        if (whole != parts || whole != by_table)
            ck_abort_msg("%ju bytes: %x %x %x", (uintmax_t)size, whole, parts, by_table);
    }
}
END_TEST

START_TEST(good_archive)
{
    ck_assert_ptr_null(check());
    ck_assert_ptr_eq(archive_find(archive, "beta"), entry(1));
    ck_assert_ptr_null(archive_find(archive, "bet"));
    ck_assert_ptr_null(archive_find(archive, "betaa"));
    ck_assert_str_eq(archive_name_at(archive, 0), "directory");
    ck_assert_str_eq(archive_name_at(archive, PAGE_SIZE), "alpha");
    ck_assert_str_eq(archive_name_at(archive, 3 * PAGE_SIZE - 1), "beta");
    ck_assert_str_eq(archive_name_at(archive, 4 * PAGE_SIZE), "gamma.txt");
}
END_TEST

START_TEST(bad_headers)
{
    header()->magic ^= 1;
    refuses("not an archive's");
    header()->version = 2;
    refuses("unknown version");
    header()->count = ARCHIVE_FILES_MAX + 1;
    refuses("sizes");
    header()->count = 64; /* the directory would take two pages: fits, but is not this one */
    refuses("checksum");
    header()->count = 5 * 64;
    refuses("sizes");
    header()->size += PAGE_SIZE;
    refuses("sizes");
    header()->size -= 1;
    refuses("sizes");
    header()->size = 0;
    refuses("sizes");
    header()->size = UINT64_MAX;
    refuses("sizes");
    ck_assert_ptr_nonnull(archive_check_header(archive, archive_size - 1));
}
END_TEST

START_TEST(bad_directories)
{
    static const char *const bad_names[] = {"", "a b", "a\n", "a\x80", "\x7f"};

    for (uint64_t bit = 12 * 8; bit < archive_directory_size(FILES) * 8; bit++) {
        archive[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (check() == NULL)
            ck_abort_msg("bit %ju of the directory does not matter", (uintmax_t)bit);
        archive[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
        memset(entry(0)->name, 0, sizeof(entry(0)->name));
        strcpy(entry(0)->name, bad_names[i]);
        seal();
        refuses("not printable");
    }
    memset(entry(0)->name, 'a', sizeof(entry(0)->name));
    seal();
    refuses("not printable");
    entry(0)->name[20] = 'x'; /* after the zero */
    seal();
    refuses("not printable");
    strcpy(entry(0)->name, "zeta");
    seal();
    refuses("not sorted");
    memcpy(entry(1)->name, entry(0)->name, sizeof(entry(0)->name));
    seal();
    refuses("not sorted");
}
END_TEST

START_TEST(bad_places)
{
    static const uint64_t bad_sizes[] = {4 * PAGE_SIZE + 1, UINT64_MAX, UINT64_MAX - 4094};

    entry(1)->offset += PAGE_SIZE;
    seal();
    refuses("outside its place");
    entry(1)->offset += 1;
    seal();
    refuses("outside its place");
    entry(0)->offset = 0;
    seal();
    refuses("outside its place");
    for (size_t i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++) {
        entry(0)->size = bad_sizes[i];
        seal();
        refuses("outside its place");
    }
    entry(2)->size = 1;
    seal();
    refuses("its size");
    entry(2)->size = UINT64_MAX; /* wraps to nothing when padded */
    header()->size -= 2 * PAGE_SIZE;
    seal();
    refuses("outside its place");
}
END_TEST

START_TEST(mutated_archives)
{
    srand((unsigned int)_i + 1);
    for (int round = 0; round < 5000; round++) {
        for (int n = rand() % 6; n >= 0; n--)
            archive[(size_t)rand() % archive_directory_size(FILES)] ^=
                (unsigned char)(1 << rand() % 8);
        if (rand() % 2 && archive_check_header(archive, archive_size) == NULL)
            seal(); /* so that the checks behind the checksum have their turn */
        if (check() == NULL) {
            for (uint32_t i = 0; i < header()->count; i++)
                if (entry(i)->offset + entry(i)->size > archive_size)
                    ck_abort_msg("a file outside the archive");
            archive_find(archive, "zeta");
        }
        teardown();
        setup();
    }
}
END_TEST

/* A directory block of an ISO 9660 image with records of these names. */
static void make_block(unsigned char *block, const char *const *names, int count)
{
    unsigned char *record = block;

    memset(block, 0, ISO_BLOCK);
    for (int i = 0; i < count; i++) {
        size_t length = strlen(names[i]);

        record[0] = (unsigned char)((33 + length + 1) & ~1u);
        record[2] = (unsigned char)(10 + i);
        record[11] = 8; /* 2048 bytes */
        record[32] = (unsigned char)length;
        memcpy(record + 33, names[i], length);
        record += record[0];
    }
}

START_TEST(iso_directories)
{
    static const char *const names[] = {"X", "BOOT.CAT;1", "ORRERY.ARD;1", "ORRERY.ARC;1", "Z.;1"};
    unsigned char *block = malloc(ISO_BLOCK);
    struct iso_extent file;

    make_block(block, names, 5);
    ck_assert(iso_find(block, "ORRERY.ARC;1", &file));
    ck_assert_uint_eq(file.block, 13);
    ck_assert_uint_eq(file.size, 2048);
    ck_assert(!iso_find(block, "ORRERY.ARC", &file));
    ck_assert(!iso_find(block, "NONE.;1", &file));
    make_block(block, names, 3);
    ck_assert(!iso_find(block, "ORRERY.ARC;1", &file));
    memset(block, 0xff, ISO_BLOCK); /* records that never end */
    ck_assert(!iso_find(block, "ORRERY.ARC;1", &file));
    memset(block, 1, ISO_BLOCK);
    ck_assert(!iso_find(block, "ORRERY.ARC;1", &file));
    free(block);
}
END_TEST

START_TEST(iso_descriptors)
{
    unsigned char *block = calloc(1, ISO_BLOCK);
    struct iso_extent root;

    ck_assert(!iso_root(block, &root));
    memcpy(block, "\001CD001\001", 7);
    block[158] = 23;
    block[167] = 8;
    ck_assert(iso_root(block, &root));
    ck_assert_uint_eq(root.block, 23);
    ck_assert_uint_eq(root.size, 2048);
    for (int i = 0; i < 7; i++) {
        block[i] ^= 0x20;
        ck_assert(!iso_root(block, &root));
        block[i] ^= 0x20;
    }
    free(block);
}
END_TEST

START_TEST(random_iso_blocks)
{
    struct iso_extent file;

    srand(1);
    for (int round = 0; round < 2000; round++) {
        unsigned char *block = malloc(ISO_BLOCK);

        for (int i = 0; i < ISO_BLOCK; i++)
            block[i] = (unsigned char)(rand() % 4 ? rand() % 60 : rand());
        for (int i = 0; i < 10; i++)
            memcpy(block + rand() % (ISO_BLOCK - 12), "ORRERY.ARC;1", 12);
        iso_find(block, "ORRERY.ARC;1", &file);
        free(block);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, crc32c_vectors);
    tcase_add_test(tests, crc32c_in_parts_and_both_ways);
    tcase_add_test(tests, good_archive);
    tcase_add_test(tests, bad_headers);
    tcase_add_test(tests, bad_directories);
    tcase_add_test(tests, bad_places);
    tcase_add_loop_test(tests, mutated_archives, 0, 4);
    tcase_add_test(tests, iso_directories);
    tcase_add_test(tests, iso_descriptors);
    tcase_add_test(tests, random_iso_blocks);
}

int main(void)
{
    Suite *suite = suite_create("boot archive");
    TCase *tests = tcase_create("archive");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60); /* seconds; a loaded machine is slow */
    add_tests(tests);
    return suite_finish(suite, tests);
}
