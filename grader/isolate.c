/* Isolation, as isolate.h tells. */
#include "isolate.h"

#include "command.h"

#include <ftw.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534, WORDS = 96 };

#define TREE  "/grade/tree"
#define BUILD "/grade/build"

/* What programs need of the system: no home, no configuration, no other process. */
/* clang-format off */
static const char *const bare[] = {
    "bwrap", "--die-with-parent", "--new-session",
    "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
    "--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
    "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
    "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
    "--proc", "/proc", "--dev", "/dev",
    "--perms", "1777", "--size", "268435456", "--tmpfs", "/tmp",
    "--perms", "0755", "--dir", "/grade",
    "--clearenv", "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LC_ALL", "C.UTF-8",
    "--setenv", "HOME", "/tmp",
    "--setenv", "ASAN_OPTIONS", "hard_rss_limit_mb=1024:detect_leaks=0",
};
/* clang-format on */

/* Somebody else than who grades: root becomes nobody, others have a name space of their own. */
static const char *const as_root[] = {"setpriv",        "--reuid=65534",  "--regid=65534",
                                      "--clear-groups", "--no-new-privs", "--bounding-set=-all"};
static const char *const as_user[] = {"--unshare-user", "--uid", "65534", "--gid", "65534"};

/* Seconds of a processor, bytes of a file, processes, no core files; and bytes of memory where what
 * runs is a compiler: the address sanitizer of a unit test maps terabytes, and has a limit of its
 * own. */
static const char *const limits[] = {"prlimit", "--cpu=120", "--fsize=67108864", "--nproc=256",
                                     "--core=0"};

struct words {
    const char *word[WORDS];
    size_t count;
};

static void add(struct words *words, const char *const *more, size_t count)
{
    for (size_t i = 0; i < count && words->count < WORDS - 1; i++)
        words->word[words->count++] = more[i];
}

#define ADD(words, ...)                                                                            \
    add((words), (const char *const[]){__VA_ARGS__},                                               \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
#define ADD_ALL(words, list) add((words), (list), sizeof(list) / sizeof((list)[0]))

static int own(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)kind, (void)where;
    return status->st_uid == NOBODY ? 0 : lchown(path, NOBODY, NOBODY);
}

/* A copy of an argument that names the folders as they are called inside. */
static char *inside(const struct isolation *isolation, const char *argument)
{
    const char *build = strstr(argument, isolation->build);
    const char *tree = strstr(argument, isolation->tree);
    const char *found = build != NULL ? build : tree;
    const char *folder = build != NULL ? isolation->build : isolation->tree;
    char *made;

    if (asprintf(&made, "%.*s%s%s", found != NULL ? (int)(found - argument) : 0, argument,
                 found == NULL   ? argument
                 : build != NULL ? BUILD
                                 : TREE,
                 found != NULL ? found + strlen(folder) : "") < 0)
        abort();
    return made;
}

int isolate_run(const struct isolation *isolation, const char *const *command, const char *log,
                unsigned timeout_s)
{
    const char *bind = isolation->writable ? "--bind" : "--ro-bind";
    bool root = geteuid() == 0;
    struct words words = {.count = 0};

    if (root && isolation->writable &&
        (nftw(isolation->tree, own, 16, FTW_PHYS) != 0 ||
         nftw(isolation->build, own, 16, FTW_PHYS) != 0))
        return -1;
    ADD_ALL(&words, bare);
    ADD(&words, bind, isolation->tree, TREE, bind, isolation->build, BUILD, "--chdir", TREE);
    if (root)
        ADD_ALL(&words, as_root);
    else
        ADD_ALL(&words, as_user);
    ADD_ALL(&words, limits);
    ADD(&words, isolation->writable ? "--as=4294967296" : "--as=unlimited", "--");
    size_t first = words.count;
    int status;

    while (*command != NULL && words.count < WORDS - 1)
        words.word[words.count++] = inside(isolation, *command++);
    status = command_run(words.word, NULL, log, timeout_s);
    while (words.count > first)
        free((char *)words.word[--words.count]);
    return status;
}

bool isolate_works(char *why, unsigned size)
{
    static const char *const command[] = {"true", NULL};
    const struct isolation isolation = {.tree = "/usr", .build = "/usr"};

    if (isolate_run(&isolation, command, NULL, 30) == 0)
        return true;
    snprintf(why, size,
             "submissions are graded by bubblewrap (bwrap), which does not work here: install "
             "bubblewrap, or allow user name spaces");
    return false;
}
