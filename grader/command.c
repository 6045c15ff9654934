/* Host programs and files, as command.h tells. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(const char *const *arguments, const char *folder, int output, int errors)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    /* Make's own variables would tell a make below about a make above. */
    unsetenv("MAKEFLAGS");
    unsetenv("MFLAGS");
    unsetenv("MAKELEVEL");
    unsetenv("MAKEFILES");
    int input = open("/dev/null", O_RDONLY);

    if (getppid() != parent || input < 0 || dup2(input, 0) != 0 || dup2(output, 1) != 1 ||
        dup2(errors, 2) != 2 || (folder != NULL && chdir(folder) != 0))
        _exit(127);
    execvp(arguments[0], (char *const *)arguments);
    _exit(127);
}

/* Waits until a child has ended, or ends it and all of its group. */
static int await(pid_t pid, unsigned timeout_s)
{
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd wanted = {.fd = handle, .events = POLLIN};
    int status = 0, ready;

    if (handle >= 0) {
        do
            ready = poll(&wanted, 1, (int)timeout_s * 1000);
        while (ready < 0 && errno == EINTR);
        close(handle);
        if (ready == 0)
            kill(-pid, SIGKILL);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    kill(-pid, SIGKILL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int command_run(const char *const *arguments, const char *folder, const char *log,
                unsigned timeout_s)
{
    int output =
        open(log != NULL ? log : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    pid_t pid;

    if (output < 0)
        return -1;
    pid = start(arguments, folder, output, output);
    close(output);
    return pid < 0 ? -1 : await(pid, timeout_s);
}

int command_output(const char *const *arguments, const char *folder, char **output)
{
    char name[] = "/tmp/orrery-output-XXXXXX";
    int file = mkostemp(name, O_CLOEXEC), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int status = -1;
    pid_t pid;

    *output = NULL;
    if (file >= 0 && null >= 0 && (pid = start(arguments, folder, file, null)) > 0) {
        status = await(pid, 60);
        *output = file_read(name, NULL);
    }
    if (file >= 0) {
        unlink(name);
        close(file);
    }
    if (null >= 0)
        close(null);
    return *output != NULL ? status : -1;
}

/* A sanitizer's line without what differs from run to run: process number, addresses. */
static void sanitizer_tidy(char *line)
{
    char *start = line, *address;

    if (strncmp(line, "==", 2) == 0 && (start = strstr(line + 2, "==")) != NULL)
        memmove(line, start + 2, strlen(start + 2) + 1);
    if ((address = strstr(line, " 0x")) != NULL)
        *address = '\0';
}

void command_telling_line(const char *log, char *line, size_t size)
{
    static const char *const marks[] = {"error:", "undefined reference", "ERROR: "};
    FILE *file = fopen(log, "r");
    char *next = NULL;
    size_t room = 0;
    bool found = false;

    snprintf(line, size, "no output");
    while (!found && file != NULL && getline(&next, &room, file) > 0) {
        next[strcspn(next, "\n")] = '\0';
        if (next[0] == '\0')
            continue;
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
            found = found || strstr(next, marks[i]) != NULL;
        if (strstr(next, "Sanitizer") != NULL || strstr(next, "runtime error") != NULL)
            sanitizer_tidy(next);
        snprintf(line, size, "%s", next);
    }
    free(next);
    if (file != NULL)
        fclose(file);
}

int folder_make(const char *path)
{
    char *copy = strdup(path);

    for (char *c = copy + 1; *c != '\0'; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        mkdir(copy, 0777);
        *c = '/';
    }
    free(copy);
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

char *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    char *bytes = NULL;
    size_t used = 0, room = 0;

    if (file == NULL)
        return NULL;
    do {
        if (used + 65537 > room) {
            room = room * 2 + 65537;
            bytes = realloc(bytes, room);
            if (bytes == NULL)
                abort();
        }
        used += fread(bytes + used, 1, room - used - 1, file);
    } while (!feof(file) && !ferror(file));
    bytes[used] = '\0';
    if (size != NULL)
        *size = used;
    fclose(file);
    return bytes;
}

static int write_bytes(const char *path, const char *bytes, size_t size, mode_t mode)
{
    size_t old_size = 0;
    char *old = file_read(path, &old_size);
    bool same = old != NULL && old_size == size && memcmp(old, bytes, size) == 0;
    int file;

    free(old);
    if (same)
        return chmod(path, mode);
    unlink(path);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return -1;
    for (size_t done = 0; done < size;) {
        ssize_t written = write(file, bytes + done, size - done);

        if (written <= 0) {
            close(file);
            return -1;
        }
        done += (size_t)written;
    }
    return close(file);
}

int file_copy(const char *from, const char *to)
{
    struct stat status;
    size_t size;
    char *bytes;
    int result;

    if (lstat(from, &status) != 0)
        return -1;
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    bytes = file_read(from, &size);
    if (bytes == NULL)
        return -1;
    result = write_bytes(to, bytes, size, (status.st_mode & 0111) != 0 ? 0755 : 0644);
    free(bytes);
    return result;
}

int file_write(const char *path, const char *text)
{
    return write_bytes(path, text, strlen(text), 0644);
}
