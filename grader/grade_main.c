/* orrery-grade: judges a lab or a system test by what the machine did. */
#include "grade.h"

#include "command.h"
#include "isolate.h"

#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: orrery-grade [OPTION...] CASE\n"
    "       orrery-grade --check [OPTION...] LAB...\n"
    "Grades the tree in the current folder. CASE is a folder with lab.conf or test.conf, or the\n"
    "number of a lab.\n"
    "\n"
    "  --seed N     grade this seed alone\n"
    "  --seeds K    grade seeds 1 to K (default: as the case says)\n"
    "  --base REV   take all but the case's files from this commit, and refuse other changes\n"
    "  --files DIR  take the case's files from this folder, all else from the commit (HEAD\n"
    "               without --base), and build and run them isolated: for submissions\n"
    "  --json FILE  write the result as JSON, too\n"
    "  --junit FILE, --gradescope FILE, --html FILE  write it in these forms, too\n"
    "  --build DIR  the folder B of the build (default: where this program was built)\n"
    "  --jobs N     machines at once (default: one a processor)\n"
    "  --check      check labs: reference, skeleton, mutants, cheats\n"
    "\n"
    "Exit status: 0 full marks, 1 less, 2 nothing was graded, 3 the emulator failed.\n";

enum status { STATUS_FULL = 0, STATUS_LESS = 1, STATUS_REFUSED = 2, STATUS_INFRASTRUCTURE = 3 };

struct wishes {
    uint64_t seed;
    size_t seeds;
    const char *base, *json, *files;
    const char *forms[REPORT_FORMS]; /* files to write, NULL: none */
    char *build;
    unsigned jobs;
    bool one_seed, check;
};

_Noreturn static void stop(const char *problem, const char *what)
{
    fprintf(stderr, "orrery-grade: %s%s\n", problem, what);
    exit(STATUS_REFUSED);
}

static uint64_t number(const char *text, uint64_t least)
{
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < least)
        stop("not a number that fits: ", text);
    return value;
}

/* The folder of a case: as given, or of the lab with this number. */
static char *case_folder(const char *name)
{
    char *pattern, *folder;
    glob_t found;
    struct stat status;

    if (stat(name, &status) == 0 && S_ISDIR(status.st_mode))
        return strdup(name);
    if (asprintf(&pattern, "labs/%s-*", name) < 0)
        abort();
    if (strchr(name, '*') != NULL || glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc != 1)
        stop("no such lab or test: ", name);
    folder = strdup(found.gl_pathv[0]);
    globfree(&found);
    free(pattern);
    return folder;
}

/* B, as make would name it: relative to the current folder if it lies there. */
static char *build_folder(const char *asked)
{
    char *here = getcwd(NULL, 0), *path = NULL, *result;
    char self[4200];
    ssize_t size;

    if (asked != NULL) {
        path = realpath(asked, NULL);
    } else if ((size = readlink("/proc/self/exe", self, sizeof(self) - 1)) > 0) {
        self[size] = '\0';
        path = strdup(dirname(dirname(self)));
    }
    if (path == NULL || here == NULL)
        stop("there is no build at ", asked != NULL ? asked : "all");
    size = (ssize_t)strlen(here);
    result = strncmp(path, here, (size_t)size) == 0 && path[size] == '/' ? strdup(path + size + 1)
                                                                         : strdup(path);
    free(path);
    free(here);
    return result;
}

static void wishes_read(struct wishes *wishes, int count, char **arguments)
{
    static const struct option rows[] = {
        {"seed", 1, NULL, 's'},
        {"seeds", 1, NULL, 'k'},
        {"base", 1, NULL, 'b'},
        {"json", 1, NULL, 'j'},
        {"build", 1, NULL, 'B'},
        {"jobs", 1, NULL, 'n'},
        {"files", 1, NULL, 'f'},
        {"check", 0, NULL, 'c'},
        {"help", 0, NULL, 'h'},
        {"junit", 1, NULL, REPORT_JUNIT},
        {"gradescope", 1, NULL, REPORT_GRADESCOPE},
        {"html", 1, NULL, REPORT_HTML},
        {NULL, 0, NULL, 0},
    };
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const char *build = NULL;

    *wishes = (struct wishes){.jobs = processors > 0 ? (unsigned)processors : 1};
    for (int letter; (letter = getopt_long(count, arguments, "", rows, NULL)) != -1;) {
        if (letter == 's') {
            wishes->seed = number(optarg, 0);
            wishes->one_seed = true;
        } else if (letter == 'k') {
            wishes->seeds = number(optarg, 1);
        } else if (letter == 'b') {
            wishes->base = optarg;
        } else if (letter == 'f') {
            wishes->files = optarg;
        } else if (letter == 'j') {
            wishes->json = optarg;
        } else if (letter < REPORT_FORMS) {
            wishes->forms[letter] = optarg;
        } else if (letter == 'B') {
            build = optarg;
        } else if (letter == 'n') {
            wishes->jobs = (unsigned)number(optarg, 1);
        } else if (letter == 'c') {
            wishes->check = true;
        } else if (letter == 'h') {
            fputs(usage_text, stdout);
            exit(0);
        } else {
            exit(STATUS_REFUSED);
        }
    }
    if (optind == count || (!wishes->check && optind + 1 != count))
        stop("expected one case (--help tells more)", "");
    if (wishes->files != NULL && wishes->base == NULL)
        wishes->base = "HEAD";
    wishes->build = build_folder(build);
}

/* Makes a folder, and its path absolute. */
static void absolute(char **path)
{
    char *found = folder_make(*path) == 0 ? realpath(*path, NULL) : NULL;

    if (found == NULL)
        stop("cannot be made: ", *path);
    free(*path);
    *path = found;
}

/* With a base: a pristine tree with the student's files; without one, the tree as it lies here. */
static void tree_prepare(const struct wishes *wishes, const char *folder, struct tree *tree,
                         struct case_file *file)
{
    char *work, *inside, error[CASE_ERROR_SIZE];
    char *name = strdup(folder);

    if (asprintf(&work, "%s/grade/%s%s", wishes->build, basename(name),
                 wishes->files != NULL ? ".isolated" : "") < 0)
        abort();
    free(name);
    tree_open(tree, ".", wishes->base, work);
    free(work);
    if (wishes->base == NULL) {
        free(tree->folder);
        free(tree->build);
        tree->folder = strdup(".");
        tree->build = strdup(wishes->build);
        if (case_read(file, folder, error) != 0)
            stop(error, "");
        return;
    }

    absolute(&tree->build);
    absolute(&tree->folder);
    tree->isolated = wishes->files != NULL;
    if (tree->isolated && !isolate_works(tree->error, sizeof(tree->error))) {
        fprintf(stderr, "orrery-grade: %s\n", tree->error);
        exit(STATUS_INFRASTRUCTURE);
    }
    if (tree_reset(tree) != 0)
        stop(tree->error, "");
    if (asprintf(&inside, "%s/%s", tree->folder, folder) < 0)
        abort();
    if (case_read(file, inside, error) != 0)
        stop(error, "");
    free(inside);
    free(file->folder);
    file->folder = strdup(folder);
    file->root = tree->folder;
    if ((wishes->files == NULL && tree_check_changes(tree, &file->files) != 0) ||
        tree_overlay(tree, wishes->files != NULL ? wishes->files : ".", &file->files) != 0)
        stop(tree->error, "");
}

/* The reports in files; `runs` is where the runs' consoles and traces lie. */
static void reports_write(const struct wishes *wishes, const struct grade *grade, const char *runs)
{
    const char *path = wishes->json;
    char *own;

    /* others may grade the same case at the same time */
    if (asprintf(&own, "%s/report-%d.json", runs, (int)getpid()) < 0)
        abort();
    if (path == NULL)
        path = own;
    if (report_json(grade, path) != 0)
        stop("cannot write ", path);
    if (report_forms(path, runs, wishes->forms) != 0)
        exit(STATUS_REFUSED);
    unlink(own);
    free(own);
}

static int grade_case(const struct wishes *wishes, const char *folder)
{
    struct case_file file;
    struct tree tree;
    struct grade grade;
    uint64_t *seeds;
    char *images;
    int status;

    tree_prepare(wishes, folder, &tree, &file);

    size_t count = wishes->one_seed ? 1 : wishes->seeds != 0 ? wishes->seeds : file.seeds;

    seeds = calloc(count, sizeof(seeds[0]));
    if (seeds == NULL ||
        (tree.isolated ? asprintf(&images, "%s/run", tree.build)
                       : asprintf(&images, "%s/grade/%s/run", wishes->build, file.name)) < 0)
        abort();
    for (size_t i = 0; i < count; i++)
        seeds[i] = wishes->one_seed ? wishes->seed : i + 1;
    folder_make(images);

    char *absolute = realpath(images, NULL);
    struct grade_options options = {
        .file = &file,
        .seeds = seeds,
        .seeds_count = count,
        .tree = &tree,
        .folder = wishes->base != NULL ? absolute : images,
        .jobs = wishes->jobs,
        .progress = isatty(STDERR_FILENO),
        .keep = true,
    };

    grade_run(&options, &grade);
    report_print(&grade, stdout, isatty(STDOUT_FILENO));
    reports_write(wishes, &grade, images);
    status = grade.refused          ? STATUS_REFUSED
             : grade.infrastructure ? STATUS_INFRASTRUCTURE
             : grade.score == 100   ? STATUS_FULL
                                    : STATUS_LESS;
    grade_free(&grade);
    case_free(&file);
    tree_close(&tree);
    free(seeds);
    free(images);
    free(absolute);
    return status;
}

int main(int count, char **arguments)
{
    struct wishes wishes;
    int status;

    wishes_read(&wishes, count, arguments);
    if (wishes.check) {
        for (int i = optind; i < count; i++)
            arguments[i] = case_folder(arguments[i]);

        char *build = realpath(wishes.build, NULL);

        status = check_labs(arguments + optind, (size_t)(count - optind), ".", build, wishes.jobs,
                            wishes.seeds);
        free(build);
    } else {
        char *folder = case_folder(arguments[optind]);

        status = grade_case(&wishes, folder);
        free(folder);
    }
    free(wishes.build);
    return status;
}
