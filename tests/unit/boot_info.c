/* What the loader finds out and hands over: info structure, command line, RSDP, refusals' text. */
#include <check.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "boot/crc32c.h"
#include "boot/info.h"
#include "boot/options.h"
#include "boot/rsdp.h"
#include "boot/text.h"
#include "suite.h"

#define ROOM 1024

static void format(char *out, uint64_t size, const char *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    text_format(out, size, text, arguments);
    va_end(arguments);
}

START_TEST(info_arrays)
{
    static const struct boot_memory memory[2] = {{0x1000, 0x2000, 1, 0}, {0x5000, 0x1000, 2, 0}};
    unsigned char *room = malloc(ROOM);
    struct boot_info *info = (void *)room;
    uint32_t checksum;

    memset(room, 0xee, ROOM);
    crc32c_open(false);
    info_open(info, ROOM);
    ck_assert_uint_eq(info->magic, BOOT_INFO_MAGIC);
    ck_assert_uint_eq(info->version, BOOT_INFO_VERSION);
    ck_assert_uint_eq(info->size, sizeof(*info));
    ck_assert_ptr_eq(info_append(info, ROOM, &info->command_line, "abc", 4, 1),
                     room + sizeof(*info));
    ck_assert_ptr_eq(info_append(info, ROOM, &info->memory, memory, 2, sizeof(memory[0])),
                     room + sizeof(*info) + 8); /* aligned again */
    ck_assert_uint_eq(info->command_line.count, 4);
    ck_assert_uint_eq(info->memory.stride, sizeof(memory[0]));
    ck_assert_mem_eq(room + info->memory.offset, memory, sizeof(memory));
    ck_assert_uint_eq(info->size, sizeof(*info) + 8 + sizeof(memory));
    info_seal(info);
    checksum = info->checksum;
    info->checksum = 0;
    ck_assert_uint_eq(crc32c(0, info, info->size), checksum);
    free(room);
}
END_TEST

START_TEST(info_room)
{
    unsigned char *room = malloc(ROOM);
    struct boot_info *info = (void *)room;
    struct boot_array *array = &info->files;
    uint64_t rest = ROOM - sizeof(*info);

    info_open(info, ROOM);
    ck_assert_ptr_null(info_append(info, ROOM, array, NULL, (uint32_t)rest + 1, 1));
    ck_assert_ptr_null(info_append(info, ROOM, array, NULL, UINT32_MAX, UINT32_MAX));
    ck_assert_uint_eq(array->count, 0);
    ck_assert_uint_eq(info->size, sizeof(*info));
    ck_assert_ptr_nonnull(info_append(info, ROOM, array, NULL, (uint32_t)rest, 1));
    ck_assert_uint_eq(info->size, ROOM);
    ck_assert_ptr_null(info_append(info, ROOM, array, NULL, 1, 1));
    ck_assert_ptr_nonnull(info_append(info, ROOM, array, NULL, 0, 1));
    free(room);
}
END_TEST

START_TEST(command_line)
{
    char *line = malloc(COMMAND_LINE_MAX);
    char text[COMMAND_LINE_MAX + 10];

    ck_assert_uint_eq(options_copy(line, "a\tb\r\n", 5), 4);
    ck_assert_str_eq(line, "a b");
    ck_assert_uint_eq(options_copy(line, "", 0), 1);
    ck_assert_uint_eq(options_copy(line, "  \n", 3), 1);
    ck_assert_str_eq(line, "");
    ck_assert_uint_eq(options_copy(line, "ab\0cd", 5), 3);
    memset(text, 'x', sizeof(text));
    ck_assert_uint_eq(options_copy(line, text, COMMAND_LINE_MAX - 1), COMMAND_LINE_MAX);
    ck_assert_uint_eq(strlen(line), COMMAND_LINE_MAX - 1);
    ck_assert_uint_eq(options_copy(line, text, COMMAND_LINE_MAX), 0);
    memset(text + 5, '\n', sizeof(text) - 5);
    ck_assert_uint_eq(options_copy(line, text, sizeof(text)), 6);
    free(line);
}
END_TEST

START_TEST(command_line_numbers)
{
    static const char *const bad[] = {"trace=",
                                      "trace=x",
                                      "trace=1x",
                                      "trace=-1",
                                      "trace= 1",
                                      "trace=1234567890",
                                      "trace=99999999999999999999",
                                      "a trace=,"};
    uint64_t value = 7;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!options_number(bad[i], "trace", &value), "took %s", bad[i]);
    ck_assert(options_number("", "trace", &value));
    ck_assert(options_number("traced=1 xtrace=2 trace", "trace", &value));
    ck_assert_uint_eq(value, 7);
    ck_assert(options_number("a trace=16 b", "trace", &value));
    ck_assert_uint_eq(value, 16);
    ck_assert(options_number("trace=1 trace=999999999", "trace", &value));
    ck_assert_uint_eq(value, 999999999);
}
END_TEST

static void set_sum(unsigned char *bytes, uint32_t size, uint32_t at)
{
    unsigned char sum = 0;

    bytes[at] = 0;
    for (uint32_t i = 0; i < size; i++)
        sum = (unsigned char)(sum + bytes[i]);
    bytes[at] = (unsigned char)-sum;
}

START_TEST(rsdp)
{
    unsigned char *memory = calloc(1, 256);
    unsigned char found[RSDP_SIZE_MAX];

    ck_assert(!rsdp_find(memory, 256, found));
    memcpy(memory + 40, "RSD PTR ", 8); /* not on a step of 16 */
    set_sum(memory + 40, 20, 8);
    ck_assert(!rsdp_find(memory, 256, found));
    memcpy(memory + 64, "RSD PTR ", 8);
    ck_assert(!rsdp_find(memory, 256, found)); /* no checksum */
    set_sum(memory + 64, 20, 8);
    ck_assert(rsdp_find(memory, 256, found));
    ck_assert_mem_eq(found, memory + 64, 20);
    ck_assert_uint_eq(found[20], 0);
    memory[64 + 15] = 2; /* revision 2: longer, with a second checksum */
    memory[64 + 20] = 36;
    set_sum(memory + 64, 20, 8);
    memory[64 + 32] = 1;
    ck_assert(!rsdp_find(memory, 256, found));
    set_sum(memory + 64, 36, 32);
    ck_assert(rsdp_find(memory, 256, found));
    ck_assert_mem_eq(found, memory + 64, 36);
    for (int length = 0; length < 256; length += 5) {
        memory[64 + 20] = (unsigned char)length;
        set_sum(memory + 64, 36, 32);
        ck_assert_int_eq(rsdp_find(memory, 256, found), length == 36 || length == 40);
    }
    memmove(memory + 240, memory + 64, 16); /* cut off by the end */
    memset(memory + 64, 0, 64);
    ck_assert(!rsdp_find(memory, 256, found));
    free(memory);
}
END_TEST

START_TEST(refusal_text)
{
    char out[32];

    format(out, sizeof(out), "%s: %u, 0x%x%%", "a", UINT64_C(1234567890), UINT64_C(0xbeef));
    ck_assert_str_eq(out, "a: 1234567890, 0xbeef%");
    format(out, sizeof(out), "%u %x", UINT64_MAX, UINT64_C(0));
    ck_assert_str_eq(out, "18446744073709551615 0");
    format(out, sizeof(out), "%s", "0123456789012345678901234567890123456789");
    ck_assert_uint_eq(strlen(out), sizeof(out) - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot info");
    TCase *tests = tcase_create("info");

    tcase_add_test(tests, info_arrays);
    tcase_add_test(tests, info_room);
    tcase_add_test(tests, command_line);
    tcase_add_test(tests, command_line_numbers);
    tcase_add_test(tests, rsdp);
    tcase_add_test(tests, refusal_text);
    return suite_finish(suite, tests);
}
