/*
 * Grading the graders: a lab's reference must have full marks, its skeleton none, each mutant and
 * each cheat must be caught, by the property that its first line names.
 *
 * Prints lines that the tests' driver reads: "ok NAME", or "FAIL NAME: why".
 */
#include "grade.h"

#include "command.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check {
    struct case_file file;
    struct tree tree;
    char *work;
    uint64_t *seeds;
    size_t seeds_count;
    size_t reference_count; /* of the seeds, for the reference */
    unsigned jobs;
    unsigned failures;
};

enum { REFERENCE_SEEDS = 5 }; /* at least */

enum wanted { WANTED_FULL, WANTED_NONE, WANTED_CAUGHT };

static bool line_failed(const struct grade *grade, const char *name)
{
    for (size_t i = 0; i < grade->lines_count; i++)
        if (strcmp(grade->lines[i].name, name) == 0)
            return grade->lines[i].state == PROPERTY_FAILED;
    return false;
}

static bool line_exists(const struct grade *grade, const char *name)
{
    for (size_t i = 0; i < grade->lines_count; i++)
        if (strcmp(grade->lines[i].name, name) == 0)
            return true;
    return false;
}

static void print_caught(const struct grade *grade)
{
    printf("    score %u, caught by:", grade->score);
    for (size_t i = 0; i < grade->lines_count; i++)
        if (grade->lines[i].state == PROPERTY_FAILED)
            printf(" %s", grade->lines[i].name);
    printf("\n");
}

/* Whether a variant came out as it should; `breaks` may be "". */
static void verdict_print(struct check *check, const char *what, const struct grade *grade,
                          enum wanted wanted, const char *breaks)
{
    char name[300], why[600] = "";

    snprintf(name, sizeof(name), "lab-%s-%s", check->file.name, what);
    if (grade->refused || grade->infrastructure)
        snprintf(why, sizeof(why), "%s", grade->why);
    else if (wanted == WANTED_FULL && grade->score != 100)
        snprintf(why, sizeof(why), "score %u, not 100", grade->score);
    else if (wanted == WANTED_NONE && grade->score != 0)
        snprintf(why, sizeof(why), "score %u, not 0", grade->score);
    else if (wanted == WANTED_CAUGHT && grade->score == 100)
        snprintf(why, sizeof(why), "not caught");
    else if (breaks[0] != '\0' && !line_exists(grade, breaks))
        snprintf(why, sizeof(why), "there is no property %s", breaks);
    else if (breaks[0] != '\0' && !line_failed(grade, breaks))
        snprintf(why, sizeof(why), "not caught by %s", breaks);
    if (why[0] == '\0') {
        printf("ok %s\n", name);
    } else {
        printf("FAIL %s: %s\n", name, why);
        report_print(grade, stdout, false);
        check->failures++;
    }
    if (wanted == WANTED_CAUGHT && !grade->refused)
        print_caught(grade);
    fflush(stdout);
}

static void grade_variant(struct check *check, const char *what, enum wanted wanted,
                          const char *breaks)
{
    struct grade_options options = {
        .file = &check->file,
        .seeds = check->seeds,
        .seeds_count = wanted == WANTED_FULL ? check->reference_count : check->seeds_count,
        .tree = &check->tree,
        .jobs = check->jobs,
    };
    struct grade grade;
    char *folder, *json;

    if (asprintf(&folder, "%s/%s", check->work, what) < 0 ||
        asprintf(&json, "%s/result.json", folder) < 0)
        abort();
    options.folder = folder;
    grade_run(&options, &grade);
    report_json(&grade, json);
    verdict_print(check, what, &grade, wanted, breaks);
    grade_free(&grade);
    free(folder);
    free(json);
}

static void tree_failed(struct check *check, const char *what)
{
    printf("FAIL lab-%s-%s: %s\n", check->file.name, what, check->tree.error);
    check->failures++;
}

/* "# breaks NAME" in a patch's first line; "" if it does not say. */
static void breaks_read(const char *patch, char *name, size_t size)
{
    char *text = file_read(patch, NULL);
    char *found = text != NULL ? strstr(text, "# breaks ") : NULL;

    name[0] = '\0';
    if (found != NULL && found < text + strcspn(text, "\n"))
        snprintf(name, size, "%.*s", (int)strcspn(found + 9, " \n"), found + 9);
    free(text);
}

/* "mutants/one.patch" is mutant-one. */
static void check_patches(struct check *check, const char *source, const char *kind)
{
    char *pattern;
    glob_t found;
    int result;

    if (asprintf(&pattern, "%s/%s/%ss/*.patch", source, check->file.folder, kind) < 0)
        abort();
    result = glob(pattern, 0, NULL, &found);
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++) {
        const char *file = strrchr(found.gl_pathv[i], '/') + 1;
        char what[200], breaks[100];

        snprintf(what, sizeof(what), "%s-%.*s", kind, (int)(strlen(file) - strlen(".patch")), file);
        breaks_read(found.gl_pathv[i], breaks, sizeof(breaks));
        if (tree_reset(&check->tree) != 0 || tree_patch(&check->tree, found.gl_pathv[i]) != 0)
            tree_failed(check, what);
        else
            grade_variant(check, what, WANTED_CAUGHT, breaks);
    }
    if (result == 0)
        globfree(&found);
    free(pattern);
}

/* Where the reference fails, no variant of it says anything. */
static void check_lab(struct check *check, const char *source)
{
    char *skeleton;

    if (asprintf(&skeleton, "%s/%s/skeleton", source, check->file.folder) < 0)
        abort();
    if (tree_reset(&check->tree) != 0)
        tree_failed(check, "reference");
    else
        grade_variant(check, "reference", WANTED_FULL, "");
    if (check->failures > 0) {
        free(skeleton);
        return;
    }
    if (tree_reset(&check->tree) != 0 || tree_overlay(&check->tree, skeleton, NULL) != 0)
        tree_failed(check, "skeleton");
    else
        grade_variant(check, "skeleton", WANTED_NONE, "");
    check_patches(check, source, "mutant");
    check_patches(check, source, "cheat");
    free(skeleton);
}

int check_labs(char **folders, size_t count, const char *source, const char *build, unsigned jobs,
               size_t seeds)
{
    unsigned failures = 0;

    for (size_t i = 0; i < count; i++) {
        struct check check = {.jobs = jobs};
        char error[CASE_ERROR_SIZE];

        if (case_read(&check.file, folders[i], error) != 0) {
            printf("FAIL lab-%s: %s\n", folders[i], error);
            failures++;
            case_free(&check.file);
            continue;
        }
        if (asprintf(&check.work, "%s/grade/check-%s", build, check.file.name) < 0)
            abort();
        check.seeds_count = seeds != 0 ? seeds : check.file.seeds;
        check.reference_count =
            check.seeds_count > REFERENCE_SEEDS ? check.seeds_count : REFERENCE_SEEDS;
        check.seeds = calloc(check.reference_count, sizeof(check.seeds[0]));
        if (check.seeds == NULL)
            abort();
        for (size_t n = 0; n < check.reference_count; n++)
            check.seeds[n] = n + 1;
        folder_make(check.work);
        tree_open(&check.tree, source, NULL, check.work);
        check.file.root = check.tree.folder;
        check_lab(&check, source);
        failures += check.failures;
        tree_close(&check.tree);
        case_free(&check.file);
        free(check.seeds);
        free(check.work);
    }
    return failures == 0 ? 0 : 1;
}
