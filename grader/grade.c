/* Grading a case, as grade.h tells. */
#include "grade.h"

#include "command.h"
#include "isolate.h"
#include "scan.h"

#include <errno.h>
#include <stdarg.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UNIT_TIMEOUT_S = 60, PROGRESS_S = 2, GOALS = 8 };

__attribute__((format(printf, 2, 3))) static char *text_make(char **list, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(list, format, arguments) < 0)
        abort();
    va_end(arguments);
    return *list;
}

/* Writes what a seed puts into its image. */
static int seed_files(const struct grade_options *options, uint64_t seed)
{
    struct draw draw;
    int result = 0;

    draw_make(options->file, seed, &draw);
    for (size_t i = 0; i < options->file->archives_count && result == 0; i++) {
        const struct case_archive *archive = &options->file->archives[i];
        char *folder, *path, *text = draw_substitute(&draw, archive->text);

        text_make(&folder, "%s/seed-%llu", options->folder, (unsigned long long)seed);
        text_make(&path, "%s/%s", folder, archive->name);
        if (folder_make(folder) != 0 || file_write(path, text) != 0)
            result = -1;
        free(folder);
        free(path);
        free(text);
    }
    draw_free(&draw);
    return result;
}

static bool has_images_apart(const struct case_file *file)
{
    return file->archives_count > 0;
}

static char *image_path(const struct grade_options *options, uint64_t seed)
{
    char *path;

    return has_images_apart(options->file)
               ? text_make(&path, "%s/seed-%llu.iso", options->folder, (unsigned long long)seed)
               : text_make(&path, "%s/all.iso", options->folder);
}

/* "labs/02-frames/programs/a.c ..." for PROGRAMS_EXTRA */
static void programs_add(const struct case_file *file, const char *name, char *text, size_t size)
{
    size_t used = strlen(text);

    snprintf(text + used, size - used, "%s%s/programs/%s.c", used > 0 ? " " : "", file->folder,
             name);
}

static int images_build(const struct grade_options *options)
{
    const struct case_file *file = options->file;
    char programs[4000] = "", names[4000] = "all";
    char *folder, *images, *init = NULL, *extra;
    const char *goals[GOALS];
    size_t used = 0;
    int result;

    for (size_t i = 0; i < options->seeds_count && has_images_apart(file); i++) {
        unsigned long long seed = options->seeds[i];

        if (seed_files(options, seed) != 0) {
            snprintf(options->tree->error, sizeof(options->tree->error), "%s: %s", options->folder,
                     strerror(errno));
            return -1;
        }
        snprintf(names + (i == 0 ? 0 : strlen(names)), sizeof(names) - (i == 0 ? 0 : strlen(names)),
                 "%sseed-%llu", i == 0 ? "" : " ", seed);
    }
    if (file->program != NULL)
        programs_add(file, file->program, programs, sizeof(programs));
    for (size_t i = 0; i < file->programs.count; i++)
        programs_add(file, file->programs.first[i], programs, sizeof(programs));
    goals[used++] = text_make(&folder, "GRADE_FOLDER=%s", options->folder);
    goals[used++] = text_make(&images, "GRADE_IMAGES=%s", names);
    goals[used++] = text_make(&extra, "PROGRAMS_EXTRA=%s", programs);
    if (file->program != NULL)
        goals[used++] = text_make(&init, "INIT=%s", file->program);
    goals[used++] = "grade-images";
    goals[used] = NULL;
    result = tree_make(options->tree, goals);
    free(folder);
    free(images);
    free(init);
    free(extra);
    return result;
}

/* A unit test is the student's code running on this computer. */
static int unit_execute(const struct tree *tree, const char *const *command, const char *log)
{
    const struct isolation isolation = {.tree = tree->folder, .build = tree->build};

    return tree->isolated ? isolate_run(&isolation, command, log, UNIT_TIMEOUT_S)
                          : command_run(command, tree->folder, log, UNIT_TIMEOUT_S);
}

static void unit_run(const struct grade_options *options, const struct case_unit *unit,
                     struct grade_line *line)
{
    char *program, *name, *log;
    const char *goals[] = {
        text_make(&program, "%s/tests/unit/%s", options->tree->build, unit->name), NULL};
    const char *command[] = {program, NULL};
    int status = 0;

    text_make(&name, "unit-%s", unit->name);
    text_make(&log, "%s/unit-%s.log", options->folder, unit->name);
    *line = (struct grade_line){.name = name, .see = unit->see, .says = "", .points = unit->points};
    if (tree_make(options->tree, goals) != 0) {
        snprintf(line->text, sizeof(line->text), "%.400s", options->tree->error);
        line->state = PROPERTY_FAILED;
    } else if ((status = unit_execute(options->tree, command, log)) != 0) {
        if (status == 128 + SIGKILL)
            snprintf(line->text, sizeof(line->text), "it did not end within %d s", UNIT_TIMEOUT_S);
        else
            command_telling_line(log, line->text, sizeof(line->text));
        line->state = PROPERTY_FAILED;
    }
    free(program);
    free(log);
}

/* Looks at what the student's pieces of the kernel are made of. Result: 0, or -1 with the tree's
 * `error`. */
static int pieces_scan(const struct grade_options *options)
{
    const struct strings *files = &options->file->files;
    struct tree *tree = options->tree;
    int result = 0;

    for (size_t i = 0; i < files->count && result == 0; i++) {
        const char *name = files->first[i];
        char *object, *assembly, *depends;
        int stem = (int)strlen(name) - 2;
        const char *goals[] = {text_make(&assembly, "%s/scan/%.*s.s", tree->build, stem, name),
                               NULL};

        text_make(&object, "%s/%.*s.o", tree->build, stem, name);
        text_make(&depends, "%s/scan/%.*s.d", tree->build, stem, name);
        if (strncmp(name, "src/kernel/", 11) == 0 && strcmp(name + stem, ".c") == 0 &&
            (tree_make(tree, goals) != 0 ||
             !scan_piece(name, object, assembly, depends, &options->file->instructions, tree->error,
                         sizeof(tree->error))))
            result = -1;
        free(object);
        free(assembly);
        free(depends);
    }
    return result;
}

static void judge_one(const struct grade_options *options, uint64_t seed,
                      struct judgement *judgement)
{
    char *image = image_path(options, seed), *console, *trace;
    struct judge_options judge = {
        .file = options->file,
        .build = options->tree->build,
        .image = image,
        .seed = seed,
        .console_path =
            text_make(&console, "%s/seed-%llu.console", options->folder, (unsigned long long)seed),
        .trace_path =
            text_make(&trace, "%s/seed-%llu.trace", options->folder, (unsigned long long)seed),
    };

    if (!options->keep)
        judge.console_path = judge.trace_path = NULL;
    /* A machine that is left behind when somebody ends us lies where it is found and cleaned. */
    setenv("TMPDIR", options->folder, 1);
    judge_seed(&judge, judgement);
    free(image);
    free(console);
    free(trace);
}

static pid_t judge_start(const struct grade_options *options, uint64_t seed,
                         struct judgement *judgement)
{
    pid_t parent = getpid(), pid;

    fflush(NULL);
    pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        judge_one(options, seed, judgement);
    _exit(0);
}

static void progress_print(const struct grade_options *options, time_t start, size_t done)
{
    if (options->progress && time(NULL) - start >= PROGRESS_S)
        fprintf(stderr, "\r%s: %zu of %zu seeds", options->file->name, done, options->seeds_count);
}

/* All seeds, some at a time, each in a process of its own. */
static void judge_all(const struct grade_options *options, struct grade *grade)
{
    time_t start = time(NULL);
    size_t started = 0, running = 0, done = 0;

    while (done < options->seeds_count) {
        while (running < options->jobs && started < options->seeds_count) {
            struct judgement *judgement = &grade->judgements[started];

            *judgement = (struct judgement){.seed = options->seeds[started],
                                            .verdict = VERDICT_INFRASTRUCTURE};
            snprintf(judgement->run.detail, sizeof(judgement->run.detail),
                     "the process that judges died");
            if (judge_start(options, options->seeds[started], judgement) < 0)
                judge_one(options, options->seeds[started], judgement);
            else
                running++;
            started++;
        }
        if (running > 0 && (wait(NULL) > 0 || errno == ECHILD))
            running--;
        done = started - running;
        progress_print(options, start, done);
    }
    if (options->progress && time(NULL) - start >= PROGRESS_S)
        fputs("\r\033[K", stderr);
}

static void line_of_property(const struct grade *grade, const struct property *property,
                             size_t index, struct grade_line *line)
{
    *line = (struct grade_line){.name = property->name,
                                .see = property->see,
                                .says = property->says,
                                .points = property->points,
                                .state = PROPERTY_OK};
    for (size_t i = 0; i < grade->seeds_count; i++) {
        const struct judgement *judgement = &grade->judgements[i];
        const struct finding *finding = &judgement->findings[index];
        bool ran = judgement->verdict != VERDICT_INFRASTRUCTURE;
        enum property_state state = ran ? finding->state : PROPERTY_NOT_RUN;

        /* A failure on one seed says more than "not run" on another. */
        if (state == PROPERTY_OK || line->state == PROPERTY_FAILED ||
            (line->state == PROPERTY_NOT_RUN && state == PROPERTY_NOT_RUN))
            continue;
        line->state = state;
        line->judgement = ran ? judgement : NULL;
        line->finding = index;
        snprintf(line->text, sizeof(line->text), "%s", ran ? finding->text : "infrastructure");
    }
}

static void give_up(struct grade *grade, const char *why)
{
    grade->infrastructure = true;
    snprintf(grade->why, sizeof(grade->why), "infrastructure: %.480s", why);
}

static void sum_up(struct grade *grade)
{
    for (size_t i = 0; i < grade->lines_count; i++) {
        struct grade_line *line = &grade->lines[i];

        line->earned = line->state == PROPERTY_OK ? line->points : 0;
        grade->points += line->points;
        grade->earned += line->earned;
    }
    if (grade->points > 0) {
        grade->score = grade->earned * 100 / grade->points;
    } else {
        grade->score = 100;
        for (size_t i = 0; i < grade->lines_count; i++)
            if (grade->lines[i].state != PROPERTY_OK)
                grade->score = 0;
    }
    for (size_t i = 0; i < grade->seeds_count && !grade->infrastructure; i++) {
        if (grade->judgements[i].verdict != VERDICT_INFRASTRUCTURE)
            continue;
        give_up(grade, grade->judgements[i].run.detail);
    }
}

static void refuse(struct grade *grade, const char *why)
{
    grade->refused = true;
    snprintf(grade->why, sizeof(grade->why), "%.480s", why);
}

void grade_run(const struct grade_options *options, struct grade *grade)
{
    const struct case_file *file = options->file;
    char name[4200], error[SPEC_ERROR_SIZE];
    struct draw draw;
    size_t index = 0;
    int parsed;

    *grade = (struct grade){.file = file, .seeds_count = options->seeds_count};
    draw_make(file, 0, &draw);
    snprintf(name, sizeof(name), "%s/spec", file->folder);
    parsed = spec_parse(&grade->spec, name, file->spec, &draw.payloads, error);
    draw_free(&draw);
    if (parsed != 0) {
        refuse(grade, error);
        return;
    }
    folder_make(options->folder);
    if (images_build(options) != 0 || pieces_scan(options) != 0) {
        if (options->tree->lacking)
            give_up(grade, options->tree->error);
        else
            refuse(grade, options->tree->error);
        return;
    }
    grade->lines_count = file->units_count;
    for (const struct property *p = grade->spec.properties; p != NULL; p = p->next)
        grade->lines_count++;
    grade->lines = calloc(grade->lines_count, sizeof(grade->lines[0]));
    grade->judgements = mmap(NULL, options->seeds_count * sizeof(grade->judgements[0]),
                             PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (grade->lines == NULL || grade->judgements == MAP_FAILED)
        abort();
    for (; index < file->units_count; index++)
        unit_run(options, &file->units[index], &grade->lines[index]);
    judge_all(options, grade);
    for (const struct property *p = grade->spec.properties; p != NULL; p = p->next, index++)
        line_of_property(grade, p, index - file->units_count, &grade->lines[index]);
    sum_up(grade);
}

void grade_free(struct grade *grade)
{
    if (grade->lines != NULL)
        for (size_t i = 0; i < grade->file->units_count; i++)
            free((char *)grade->lines[i].name);
    free(grade->lines);
    if (grade->judgements != NULL)
        munmap(grade->judgements, grade->seeds_count * sizeof(grade->judgements[0]));
    spec_free(&grade->spec);
}
