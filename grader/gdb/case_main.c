/*
 * orrery-case: what a seed makes of a lab, for whoever wants to start its machine by hand.
 *
 *     orrery-case CASE SEED FOLDER
 *
 * Writes the files that the seed puts into the image to FOLDER/NAME, and to standard output, as a
 * shell's assignments: `name` of the image; `init` and `programs` to be built into it; `options` of
 * orrery-gdb.
 */
#include "case.h"
#include "command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "orrery-case: %s: %s\n", what, why);
    exit(2);
}

static char *path_make(const char *folder, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

static void files_write(const struct case_file *file, const struct draw *draw, const char *folder)
{
    for (size_t i = 0; i < file->archives_count; i++) {
        char *path = path_make(folder, file->archives[i].name);
        char *text = draw_substitute(draw, file->archives[i].text);

        if (folder_make(folder) != 0 || file_write(path, text) != 0)
            fail(path, strerror(errno));
        free(text);
        free(path);
    }
}

static void program_print(const struct case_file *file, const char *name)
{
    printf("%s/programs/%s.c ", file->folder, name);
}

int main(int count, char **words)
{
    char error[CASE_ERROR_SIZE], name[40], *end, *folder;
    struct case_file file;
    struct draw draw;
    uint64_t seed;

    if (count != 4)
        fail("usage", "orrery-case CASE SEED FOLDER");
    seed = strtoull(words[2], &end, 10);
    if (words[2][0] < '0' || words[2][0] > '9' || *end != '\0')
        fail(words[2], "not a seed");
    if (case_read(&file, words[1], error) != 0)
        fail("case", error);
    draw_make(&file, seed, &draw);
    snprintf(name, sizeof(name), "seed-%" PRIu64, seed);
    folder = path_make(words[3], name);
    files_write(&file, &draw, folder);
    free(folder);
    printf("name='%s'\ninit='%s'\nprograms='", name, file.program != NULL ? file.program : "");
    if (file.program != NULL)
        program_print(&file, file.program);
    for (size_t i = 0; i < file.programs.count; i++)
        program_print(&file, file.programs.first[i]);
    printf("'\noptions='--memory %u --ips %" PRIu64 "'\n", draw.memory_mib, draw.ips);
    draw_free(&draw);
    case_free(&file);
    return 0;
}
