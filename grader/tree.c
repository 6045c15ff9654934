/* Trees to build from, as tree.h tells. */
#include "tree.h"

#include "command.h"
#include "isolate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAKE_TIMEOUT_S = 600, ISOLATED_TIMEOUT_S = 240, PATH_SIZE = 4200 };

__attribute__((format(printf, 2, 3))) static int fail(struct tree *tree, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(tree->error, sizeof(tree->error), format, arguments);
    va_end(arguments);
    return -1;
}

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);

    if (path == NULL)
        abort();
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

struct tree_names {
    char *text;         /* cut into names */
    const char **first; /* sorted */
    size_t count;
};

void tree_open(struct tree *tree, const char *source, const char *base, const char *folder)
{
    *tree = (struct tree){.source = strdup(source), .base = base != NULL ? strdup(base) : NULL};
    folder_make(folder);
    tree->folder = join(folder, "tree");
    tree->build = join(folder, "build");
    tree->log = join(folder, "log");
    tree->pristine = join(folder, "pristine");
}

void tree_close(struct tree *tree)
{
    if (tree->names != NULL) {
        free(tree->names->text);
        free(tree->names->first);
        free(tree->names);
    }
    free(tree->pristine);
    free(tree->source);
    free(tree->base);
    free(tree->folder);
    free(tree->build);
    free(tree->log);
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The sources' names: all files that git knows or would add. */
static int list_names(struct tree *tree, struct tree_names *names)
{
    const char *files[] = {"git", "ls-files", "-co", "--exclude-standard", NULL};
    const char *commit[] = {"git", "ls-tree", "-r", "--name-only", tree->base, NULL};

    if (command_output(tree->base != NULL ? commit : files, tree->source, &names->text) != 0)
        return fail(tree, "git does not list the files of %s", tree->source);
    for (char *line = strtok(names->text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        names->first = realloc(names->first, (names->count + 1) * sizeof(names->first[0]));
        if (names->first == NULL)
            abort();
        names->first[names->count++] = line;
    }
    if (names->count > 0)
        qsort(names->first, names->count, sizeof(names->first[0]), name_compare);
    return 0;
}

/* Removes files of the copy that are not among the names. */
static void remove_others(const struct tree *tree, const char *below,
                          const struct tree_names *names)
{
    char *path = below[0] != '\0' ? join(tree->folder, below) : strdup(tree->folder);
    DIR *entries = opendir(path);

    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        char *name, *full;
        struct stat status;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        name = below[0] != '\0' ? join(below, entry->d_name) : strdup(entry->d_name);
        full = join(tree->folder, name);
        if (lstat(full, &status) == 0 && S_ISDIR(status.st_mode)) {
            remove_others(tree, name, names);
            rmdir(full); /* succeeds if nothing is left */
        } else if (bsearch(&name, names->first, names->count, sizeof(names->first[0]),
                           name_compare) == NULL) {
            unlink(full);
        }
        free(name);
        free(full);
    }
    if (entries != NULL)
        closedir(entries);
    free(path);
}

/* Unpacks the base commit as the pristine sources. */
static int unpack_base(struct tree *tree)
{
    char *archive = join(tree->pristine, "../base.tar");
    const char *pack[] = {"git", "archive", "-o", archive, tree->base, NULL};
    const char *unpack[] = {"tar", "-xf", archive, "-C", tree->pristine, NULL};
    int result = 0;

    if (command_run(pack, tree->source, tree->log, 60) != 0 ||
        command_run(unpack, NULL, tree->log, 60) != 0)
        result = fail(tree, "git cannot unpack commit %s", tree->base);
    free(archive);
    return result;
}

/* Puts one file where it belongs below `to_folder`. */
static int put(struct tree *tree, const char *from_folder, const char *to_folder, const char *name)
{
    char *from = join(from_folder, name), *to = join(to_folder, name);
    char *folder = strndup(to, (size_t)(strrchr(to, '/') - to));
    int result = 0;

    folder_make(folder);
    free(folder);
    if (file_copy(from, to) != 0)
        result = fail(tree, "%s: %s", name, errno == EINVAL ? "not a plain file" : strerror(errno));
    free(from);
    free(to);
    return result;
}

static int put_all(struct tree *tree, const char *from, const char *to)
{
    for (size_t i = 0; i < tree->names->count; i++) {
        char *path = join(from, tree->names->first[i]);
        bool there = access(path, F_OK) == 0;

        free(path);
        /* A file that git knows may have been removed. */
        if (there && put(tree, from, to, tree->names->first[i]) != 0)
            return -1;
    }
    return 0;
}

/* What students must not see: how others went wrong. */
static void remove_secrets(struct tree *tree)
{
    size_t kept = 0;

    for (size_t i = 0; i < tree->names->count; i++) {
        const char *name = tree->names->first[i];
        bool secret = strncmp(name, "labs/", 5) == 0 &&
                      (strstr(name, "/mutants/") != NULL || strstr(name, "/cheats/") != NULL);

        if (!secret)
            tree->names->first[kept++] = name;
    }
    tree->names->count = kept;
}

/* Keeps the sources as they are now: they may change while we work. */
static int keep_pristine(struct tree *tree)
{
    const char *clear[] = {"rm", "-rf", tree->pristine, NULL};

    tree->names = calloc(1, sizeof(*tree->names));
    if (tree->names == NULL)
        abort();
    if (list_names(tree, tree->names) != 0)
        return -1;
    if (tree->isolated)
        remove_secrets(tree);
    if (command_run(clear, NULL, NULL, 60) != 0 || folder_make(tree->pristine) != 0)
        return fail(tree, "%s: %s", tree->pristine, strerror(errno));
    return tree->base != NULL ? unpack_base(tree) : put_all(tree, tree->source, tree->pristine);
}

int tree_reset(struct tree *tree)
{
    if (tree->names == NULL && keep_pristine(tree) != 0)
        return -1;
    folder_make(tree->folder);
    remove_others(tree, "", tree->names);
    return put_all(tree, tree->pristine, tree->folder);
}

static struct tree *overlay_tree;
static size_t overlay_skip;

static int overlay_visit(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)where;
    if (kind != FTW_F)
        return 0;
    char *from = strndup(path, overlay_skip);
    int result = put(overlay_tree, from, overlay_tree->folder, path + overlay_skip + 1);

    free(from);
    return result;
}

int tree_overlay(struct tree *tree, const char *from, const struct strings *files)
{
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        char *path = join(from, files->first[i]);
        bool there = access(path, F_OK) == 0;

        free(path);
        if (!there)
            return fail(tree, "%s is missing", files->first[i]);
        if (put(tree, from, tree->folder, files->first[i]) != 0)
            return -1;
    }
    if (files != NULL)
        return 0;
    overlay_tree = tree;
    overlay_skip = strlen(from);
    tree->error[0] = '\0';
    if (nftw(from, overlay_visit, 16, FTW_PHYS) != 0)
        return tree->error[0] != '\0' ? -1 : fail(tree, "%s: %s", from, strerror(errno));
    return 0;
}

int tree_patch(struct tree *tree, const char *patch)
{
    char *path = realpath(patch, NULL);
    const char *command[] = {"patch", "-p1", "-s", "-f", "--no-backup-if-mismatch",
                             "-i",    path,  NULL};
    int status = path != NULL ? command_run(command, tree->folder, tree->log, 60) : -1;
    char line[200];

    free(path);
    if (status == 0)
        return 0;
    command_telling_line(tree->log, line, sizeof(line));
    return fail(tree, "%s does not apply: %s", patch, line);
}

static bool is_allowed(const struct strings *allowed, const char *name)
{
    for (size_t i = 0; i < allowed->count; i++)
        if (strcmp(allowed->first[i], name) == 0)
            return true;
    return false;
}

int tree_check_changes(struct tree *tree, const struct strings *allowed)
{
    const char *changed[] = {"git", "diff", "--name-only", tree->base, NULL};
    const char *added[] = {"git", "ls-files", "-o", "--exclude-standard", NULL};
    const char *const *commands[] = {changed, added};

    for (size_t i = 0; tree->base != NULL && i < 2; i++) {
        char *output;

        if (command_output(commands[i], tree->source, &output) != 0) {
            free(output);
            return fail(tree, "git does not say what changed since %s", tree->base);
        }
        for (char *line = strtok(output, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            if (is_allowed(allowed, line))
                continue;
            fail(tree, "%s is %s; only these count: %s%s", line, i == 0 ? "changed" : "new",
                 allowed->first[0], allowed->count > 1 ? ", ..." : "");
            free(output);
            return -1;
        }
        free(output);
    }
    return 0;
}

/* What the setup said last that make tries first; false if there was nothing to set up. */
static bool setup_line(const char *log, char *line, size_t size)
{
    FILE *file = fopen(log, "r");
    char *next = NULL;
    size_t room = 0;
    bool found = false;

    while (file != NULL && getline(&next, &room, file) > 0) {
        if (strncmp(next, "setup: ", 7) != 0)
            continue;
        found = true;
        snprintf(line, size, "%.*s", (int)strcspn(next, "\n"), next);
    }
    free(next);
    if (file != NULL)
        fclose(file);
    return found;
}

static int make_isolated(const struct tree *tree, const char *const *command)
{
    const struct isolation isolation = {
        .tree = tree->folder, .build = tree->build, .writable = true};

    return isolate_run(&isolation, command, tree->log, ISOLATED_TIMEOUT_S);
}

int tree_make(struct tree *tree, const char *const *goals)
{
    const char *command[16] = {"make", "-s", "-j2"};
    char *variable, *lock, line[300];
    size_t used = 3;
    int status, held;

    if (asprintf(&variable, "B=%s", tree->build) < 0)
        abort();
    command[used++] = variable;
    /* Others may grade in the same build. */
    if (asprintf(&lock, "%s/lock", tree->build) < 0)
        abort();
    folder_make(tree->build);
    held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (held >= 0)
        flock(held, LOCK_EX);
    for (; *goals != NULL && used < 15; goals++)
        command[used++] = *goals;
    status = tree->isolated ? make_isolated(tree, command)
                            : command_run(command, tree->folder, tree->log, MAKE_TIMEOUT_S);
    if (held >= 0)
        close(held);
    free(lock);
    free(variable);
    if (status == 0)
        return 0;
    tree->lacking = setup_line(tree->log, line, sizeof(line));
    if (tree->lacking)
        return fail(tree, "%s", line);
    command_telling_line(tree->log, line, sizeof(line));
    return fail(tree, "it does not build: %s", line);
}
