/* Bochs as a child: its folder and configuration, its start and its end. */
#include "bochs_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CONFIGURATION "bochsrc"
#define LOG           "bochs.log"
#define OUTPUT        "bochs.err"

static char start_error[BOCHS_ERROR_SIZE];

int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *bochs_error(const struct bochs *bochs)
{
    return bochs != NULL ? bochs->error : start_error;
}

int bochs_fail(struct bochs *bochs, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(bochs->error, sizeof(bochs->error), format, arguments);
    va_end(arguments);
    for (char *c = bochs->error; *c != '\0'; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    return -1;
}

/* Copies to `line` the last line of a file in the folder that contains `word`. */
static bool last_line_with(struct bochs *bochs, const char *name, const char *word, char line[256])
{
    char path[4200], buffer[1024];
    bool found = false;

    snprintf(path, sizeof(path), "%s/%s", bochs->folder, name);
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return false;
    while (fgets(buffer, sizeof(buffer), file) != NULL) {
        if (buffer[0] == '\n' || strstr(buffer, word) == NULL)
            continue;
        snprintf(line, 256, "%.255s", buffer);
        line[strcspn(line, "\n")] = '\0';
        found = true;
    }
    fclose(file);
    return found;
}

/* Waits for a child that has closed its pipes, without patience for one that has not ended. */
static void reap(struct bochs *bochs)
{
    if (bochs->pid <= 0)
        return;
    kill(-bochs->pid, SIGKILL);
    kill(bochs->pid, SIGKILL);
    while (waitpid(bochs->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    bochs->pid = 0;
}

int bochs_fail_ended(struct bochs *bochs)
{
    char line[256];

    reap(bochs);
    if (last_line_with(bochs, LOG, "PANIC", line) || last_line_with(bochs, OUTPUT, "PANIC", line) ||
        last_line_with(bochs, OUTPUT, "rror", line) ||
        last_line_with(bochs, OUTPUT, "detected", line) || last_line_with(bochs, LOG, "]", line) ||
        last_line_with(bochs, OUTPUT, "", line))
        return bochs_fail(bochs, "Bochs ended: %s", line);
    return bochs_fail(bochs, "Bochs ended without a word in its log");
}

static int image_prepare(struct bochs *bochs, const struct bochs_options *options)
{
    char path[4200], buffer[65536];
    char *real = realpath(options->image, NULL);
    ssize_t size;
    int result = -1;

    if (real == NULL)
        return bochs_fail(bochs, "%s: %s", options->image, strerror(errno));
    snprintf(path, sizeof(path), "%s/image", bochs->folder);
    unlink(path);
    if (options->media == BOCHS_CD) {
        if (symlink(real, path) == 0)
            result = 0;
        else
            bochs_fail(bochs, "%s: %s", path, strerror(errno));
        free(real);
        return result;
    }

    int from = open(real, O_RDONLY | O_CLOEXEC);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    free(real);
    while (from >= 0 && to >= 0 && (size = read(from, buffer, sizeof(buffer))) > 0)
        if (write(to, buffer, (size_t)size) != size)
            break;
    if (from >= 0 && to >= 0 && size == 0)
        result = 0;
    else
        bochs_fail(bochs, "%s: %s", path, strerror(errno));
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return result;
}

static int configuration_write(struct bochs *bochs, const struct bochs_options *options)
{
    bool disk = options->media == BOCHS_DISK;
    char path[4200];
    char terminal[64] = "";

    snprintf(path, sizeof(path), "%s/" CONFIGURATION, bochs->folder);
    ptsname_r(bochs->master, terminal, sizeof(terminal));
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return bochs_fail(bochs, "%s: %s", path, strerror(errno));
    fprintf(file,
            "config_interface: textconfig\n"
            "display_library: term\n"
            "cpu: model=corei7_icelake_u, count=%u, ips=%llu, reset_on_triple_fault=1\n"
            "memory: guest=%u, host=%u\n"
            "romimage: file=$BXSHARE/BIOS-bochs-latest\n"
            "vgaromimage: file=$BXSHARE/VGABIOS-lgpl-latest\n"
            "clock: sync=%s, time0=%u\n"
            "sound: driver=dummy, waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n"
            "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
            "ata0-master: type=%s, path=\"image\", %s\n"
            "boot: %s\n"
            "com1: enabled=1, mode=term, dev=%s\n"
            "panic: action=fatal\n"
            "error: action=report\n"
            "log: " LOG "\n%s",
            bochs->cpus, (unsigned long long)bochs->ips, bochs->memory_mib, bochs->memory_mib,
            options->realtime ? "slowdown" : "none",
            options->epoch != 0 ? options->epoch : 1767225600, disk ? "disk" : "cdrom",
            disk ? "mode=flat" : "status=inserted", disk ? "disk" : "cdrom", terminal,
            /* it logs in its handler of SIGINT, which hangs if that comes while it logs */
            bochs->cpus > 1 ? "info: action=ignore\n" : "");
    return fclose(file) == 0 ? 0 : bochs_fail(bochs, "%s: %s", path, strerror(errno));
}

/* In the child: becomes Bochs, or tells `report` why not. */
static void child_run(struct bochs *bochs, const struct bochs_options *options, pid_t parent,
                      const int pipes[2][2], int report)
{
    const char *program = options->program != NULL ? options->program : "bochs";
    int problem;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setenv("TERM", options->terminal != NULL ? options->terminal : "vt100", 1);
    unsetenv("BOCHSRC");

    int errors = chdir(bochs->folder) == 0
                     ? open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                     : -1;

    if (errors >= 0 && dup2(pipes[0][0], 0) == 0 && dup2(pipes[1][1], 1) == 1 &&
        dup2(errors, 2) == 2)
        execlp(program, program, "-q", "-f", CONFIGURATION, (char *)NULL);
    problem = errno;
    if (write(report, &problem, sizeof(problem)) < 0)
        _exit(2);
    _exit(1);
}

static int child_start(struct bochs *bochs, const struct bochs_options *options)
{
    const char *program = options->program != NULL ? options->program : "bochs";
    int pipes[2][2], report[2], problem = 0;
    pid_t parent = getpid();

    if (pipe2(pipes[0], O_CLOEXEC) != 0 || pipe2(pipes[1], O_CLOEXEC) != 0 ||
        pipe2(report, O_CLOEXEC) != 0)
        return bochs_fail(bochs, "no pipes: %s", strerror(errno));
    bochs->pid = fork();
    if (bochs->pid == 0)
        child_run(bochs, options, parent, (const int(*)[2])pipes, report[1]);
    close(pipes[0][0]);
    close(pipes[1][1]);
    close(report[1]);
    bochs->input = pipes[0][1];
    bochs->output = pipes[1][0];
    if (bochs->pid < 0) {
        problem = errno;
        bochs->pid = 0;
    } else if (read(report[0], &problem, sizeof(problem)) > 0) {
        reap(bochs);
    }
    close(report[0]);
    if (problem == ENOENT)
        return bochs_fail(bochs, "%s is not installed (make setup installs it)", program);
    if (problem != 0)
        return bochs_fail(bochs, "cannot start %s: %s", program, strerror(problem));
    fcntl(bochs->output, F_SETFL, O_NONBLOCK);
    return 0;
}

static int terminal_make_raw(int descriptor)
{
    struct termios raw;

    if (tcgetattr(descriptor, &raw) != 0)
        return -1;
    cfmakeraw(&raw);
    return tcsetattr(descriptor, TCSANOW, &raw);
}

static int terminal_open(struct bochs *bochs)
{
    char name[64];

    bochs->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (bochs->master < 0 || grantpt(bochs->master) != 0 || unlockpt(bochs->master) != 0 ||
        ptsname_r(bochs->master, name, sizeof(name)) != 0)
        return bochs_fail(bochs, "no pseudo-terminal: %s", strerror(errno));
    bochs->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (bochs->slave < 0 || terminal_make_raw(bochs->slave) != 0)
        return bochs_fail(bochs, "%s: %s", name, strerror(errno));
    return 0;
}

/* Bochs draws the text screen on a pseudo-terminal of its own: finds its other side and opens it,
 * so that it never fills up. */
static void screen_open(struct bochs *bochs)
{
    char path[64], target[64], name[64];
    int number = -1;

    for (int fd = 3; fd < 64 && number < 0; fd++) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)bochs->pid, fd);
        ssize_t size = readlink(path, target, sizeof(target) - 1);

        if (size <= 0)
            continue;
        target[size] = '\0';
        if (strcmp(target, "/dev/ptmx") != 0 && strcmp(target, "/dev/pts/ptmx") != 0)
            continue;
        snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)bochs->pid, fd);
        FILE *file = fopen(path, "r");

        while (file != NULL && fgets(target, sizeof(target), file) != NULL)
            if (sscanf(target, "tty-index: %d", &number) == 1)
                break;
        if (file != NULL)
            fclose(file);
    }
    snprintf(name, sizeof(name), "/dev/pts/%d", number);
    bochs->screen = number < 0 ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
}

static int folder_prepare(struct bochs *bochs, const struct bochs_options *options)
{
    const char *base = getenv("TMPDIR");

    bochs->own_folder = options->folder == NULL;
    if (!bochs->own_folder) {
        if (mkdir(options->folder, 0700) != 0 && errno != EEXIST)
            return bochs_fail(bochs, "%s: %s", options->folder, strerror(errno));
        bochs->folder = realpath(options->folder, NULL);
        return bochs->folder != NULL ? 0 : bochs_fail(bochs, "no such folder");
    }
    if (asprintf(&bochs->folder, "%s/orrery-XXXXXX", base != NULL ? base : "/tmp") < 0)
        abort();
    if (mkdtemp(bochs->folder) == NULL) {
        bochs->own_folder = false;
        return bochs_fail(bochs, "%s: %s", bochs->folder, strerror(errno));
    }
    return 0;
}

static int machine_start(struct bochs *bochs, const struct bochs_options *options)
{
    if (folder_prepare(bochs, options) != 0 || image_prepare(bochs, options) != 0 ||
        terminal_open(bochs) != 0 || configuration_write(bochs, options) != 0 ||
        child_start(bochs, options) != 0 || bochs_await(bochs, -1) != 1)
        return -1;
    screen_open(bochs);
    /* Bochs has set its own modes on the slave; ours hand bytes over unchanged. */
    if (terminal_make_raw(bochs->slave) != 0)
        return bochs_fail(bochs, "no raw mode: %s", strerror(errno));
    /* A time breakpoint that is the only one goes off again and again while the processor sleeps,
     * and each time takes one off their count. One that never comes keeps it right. The reset
     * vector is watched by its linear address: a physical breakpoint would have Bochs translate the
     * address of each instruction, which doubles the time. Other processors start there. */
    if (bochs_command(bochs, "sba 4000000000000000000") == NULL ||
        (bochs->cpus == 1 && bochs_command(bochs, "lb 0xfffffff0") == NULL))
        return -1;
    return 0;
}

struct bochs *bochs_start(const struct bochs_options *options)
{
    struct bochs *bochs = calloc(1, sizeof(*bochs));

    if (bochs == NULL)
        abort();
    signal(SIGPIPE, SIG_IGN);
    bochs->input = bochs->output = bochs->master = bochs->slave = bochs->screen = -1;
    bochs->line = 1;
    bochs->ips = options->ips != 0 ? options->ips : 50000000;
    bochs->timeout_s = options->timeout_s != 0 ? options->timeout_s : 900;
    bochs->memory_mib = options->memory_mib != 0 ? options->memory_mib : 128;
    bochs->cpus = options->cpus != 0 ? options->cpus : 1;
    bytes_add(&bochs->text, "", 0);
    if (machine_start(bochs, options) != 0) {
        snprintf(start_error, sizeof(start_error), "%s", bochs->error);
        bochs_end(bochs);
        return NULL;
    }
    return bochs;
}

static void folder_remove(const char *folder)
{
    char path[4200];
    DIR *entries = opendir(folder);

    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(folder);
}

void bochs_end(struct bochs *bochs)
{
    int descriptors[] = {bochs->input, bochs->output, bochs->master, bochs->slave, bochs->screen};

    reap(bochs);
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    if (bochs->own_folder)
        folder_remove(bochs->folder);
    free(bochs->folder);
    free(bochs->text.bytes);
    free(bochs->console.bytes);
    free(bochs->collected);
    free(bochs->blocks);
    free(bochs);
}

pid_t bochs_pid(const struct bochs *bochs)
{
    return bochs->pid;
}

const char *bochs_folder(const struct bochs *bochs)
{
    return bochs->folder;
}
