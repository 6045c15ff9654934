/* Configurations of cases, and what a seed chooses. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "suite.h"

static char folder[] = "/tmp/orrery-case-XXXXXX";
static struct case_file file;
static char error[CASE_ERROR_SIZE];

static void write_file(const char *name, const char *text)
{
    char path[200];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *to = fopen(path, "w");

    ck_assert_ptr_nonnull(to);
    fputs(text, to);
    fclose(to);
}

static void remove_file(const char *name)
{
    char path[200];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static void setup(void)
{
    strcpy(folder, "/tmp/orrery-case-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file("spec", "property p end power_off()");
}

static void teardown(void)
{
    case_free(&file);
    remove_file("spec");
    remove_file("test.conf");
    remove_file("lab.conf");
    rmdir(folder);
}

static int read_conf(const char *name, const char *text)
{
    write_file(name, text);
    return case_read(&file, folder, error);
}

START_TEST(reads_a_lab)
{
    ck_assert_msg(read_conf("lab.conf", "# a lab\n"
                                        "title  Frames: who owns what\n"
                                        "hours 6\n\n"
                                        "files src/kernel/frame.c src/kernel/frame.h\n"
                                        "files src/x.c\n"
                                        "unit frames points 20 see \"Frames: host\"\n"
                                        "program frames\n"
                                        "line echo  two words\n"
                                        "last poweroff $?\n"
                                        "arguments @n\\n@w\n"
                                        "payload n number 5..40\n"
                                        "payload w word 8\n"
                                        "payload h hex 16\n"
                                        "payload c choice red|green|blue\n"
                                        "memory 32 64\n"
                                        "ips 40000000 50000000\n"
                                        "seeds 5\nticks 1000\nquiet 100\nstatus 3\n") == 0,
                  "%s", error);
    ck_assert(file.is_lab);
    ck_assert_str_eq(file.title, "Frames: who owns what");
    ck_assert_uint_eq(file.files.count, 3);
    ck_assert_str_eq(file.lines.first[0], "echo  two words");
    ck_assert_str_eq(file.units[0].see, "Frames: host");
    ck_assert_uint_eq(file.units[0].points, 20);
    ck_assert_str_eq(file.archives[0].text, "@n\n@w");
    ck_assert(file.has_status);
    ck_assert_uint_eq(file.status, 3);
}
END_TEST

START_TEST(tells_what_is_wrong)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"hours 2\n", "no title"},
        {"title x\nbogus 3\n", ":2: no key of this name: bogus"},
        {"title x\ntitle y\n", ":2: given twice"},
        {"title x\nhours many\n", ":2: not a number"},
        {"title x\nseeds 0\n", ":2: from 1"},
        {"title x\nseeds\n", ":2: a number is missing"},
        {"title x\nticks 99999999999999999999999\n", ":2: not a number"},
        {"title x\nmemory 32 lots\n", ":2: not a number: lots"},
        {"title x\nmemory\n", ":2: a value is missing"},
        {"title x\npayload a\n", ":2: payload NAME"},
        {"title x\npayload a hex 0\n", ":2: a length"},
        {"title x\npayload a hex 99999\n", ":2: a length"},
        {"title x\npayload a number 5\n", ":2: a number's bounds"},
        {"title x\npayload a number 9..5\n", ":2: bounds"},
        {"title x\npayload a choice |\n", ":2: nothing to choose"},
        {"title x\npayload a colour 5\n", ":2: no kind"},
        {"title x\nunit\n", ":2: the name"},
        {"title x\nunit a points\n", ":2: a number"},
        {"title x\nunit a see here\n", ":2: a text in quotes"},
        {"title x\nfiles ../../etc/passwd\n", "inside the tree"},
        {"title x\nfiles /etc/passwd\n", "inside the tree"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(read_conf("test.conf", rows[i].text), -1);
        ck_assert_msg(strstr(error, rows[i].why) != NULL, "\"%s\" for %s", error, rows[i].text);
        case_free(&file);
    }
    remove_file("test.conf");
    ck_assert_int_eq(read_conf("lab.conf", "title x\n"), -1);
    ck_assert_ptr_nonnull(strstr(error, "may change"));
    case_free(&file);
    remove_file("lab.conf");
    ck_assert_int_eq(case_read(&file, folder, error), -1);
}
END_TEST

START_TEST(a_seed_means_the_same_for_ever)
{
    struct draw draw, again;
    char *text;

    ck_assert_int_eq(read_conf("test.conf", "title x\nmemory 32 64 128\nips 1000000 2000000\n"
                                            "payload n number 5..40\npayload h hex 16\n"
                                            "payload w word 4\npayload c choice a|b\n"),
                     0);
    for (uint64_t seed = 0; seed < 500; seed++) {
        draw_make(&file, seed, &draw);
        draw_make(&file, seed, &again);
        for (size_t i = 0; i < 4; i++)
            ck_assert_str_eq(draw.values[i].text, again.values[i].text);
        ck_assert_uint_ge(draw.values[0].number, 5);
        ck_assert_uint_le(draw.values[0].number, 40);
        ck_assert_uint_eq(strlen(draw.values[1].text), 16);
        ck_assert_uint_eq(draw.values[1].number, strtoull(draw.values[1].text, NULL, 16));
        ck_assert(draw.memory_mib == 32 || draw.memory_mib == 64 || draw.memory_mib == 128);
        draw_free(&draw);
        draw_free(&again);
    }
    draw_make(&file, 17, &draw);
    text = draw_substitute(&draw, "n=@n, @nobody @w@c @");
    ck_assert_ptr_nonnull(strstr(text, "@nobody "));
    ck_assert_int_eq(text[strlen(text) - 1], '@');
    ck_assert_int_eq(strncmp(text, "n=", 2), 0);
    ck_assert_ptr_null(strstr(text, "@n,"));
    free(text);
    draw_free(&draw);
}
END_TEST

START_TEST(splitmix64_is_the_published_one)
{
    uint64_t state = 1234567;

    ck_assert_uint_eq(random_next(&state), UINT64_C(6457827717110365317));
    ck_assert_uint_eq(random_next(&state), UINT64_C(3203168211198807973));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grader_case");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, reads_a_lab);
    tcase_add_test(cases, tells_what_is_wrong);
    tcase_add_test(cases, a_seed_means_the_same_for_ever);
    tcase_add_test(cases, splitmix64_is_the_published_one);
    return suite_finish(suite, cases);
}
