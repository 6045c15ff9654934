/*
 * The same machine in QEMU: quicker, on a processor of the host where it has KVM, but not the same
 * twice. The power-off status comes through isa-debug-exit (QEMU ends with twice the status plus
 * one), a panic is known by its text, a hang by the clock.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QEMU      "qemu-system-x86_64"
#define PROMPT    "orrery> "
#define PANIC     "\nkernel panic: "
#define LAST_LINE "poweroff $?"

enum { HANG_MS = 60000, PANIC_MS = 2000, TAIL_SIZE = 32 };

struct emulated {
    const struct run *run;
    pid_t pid;
    int input, output;
    char tail[TAIL_SIZE + 1];
    bool panicked, left;
    bool heard; /* since the last line was typed */
    bool last_line_typed;
    const char **next;
};

static void child_run(const struct run *run, int input, int output)
{
    char memory[32], cpus[32], image[4200];
    bool disk = run->machine.media == BOCHS_DISK;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    dup2(input, 0);
    dup2(output, 1);
    snprintf(memory, sizeof(memory), "%u",
             run->machine.memory_mib != 0 ? run->machine.memory_mib : 128);
    snprintf(cpus, sizeof(cpus), "%u", run->machine.cpus != 0 ? run->machine.cpus : 1);
    snprintf(image, sizeof(image), "file=%s,format=raw,media=%s,if=ide,snapshot=on",
             run->machine.image, disk ? "disk" : "cdrom");
    execlp(QEMU, QEMU, "-accel", "tcg", "-cpu", "max", "-m", memory, "-smp", cpus, "-drive", image,
           "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-device",
           "isa-debug-exit,iobase=0xf4,iosize=4", (char *)NULL);
    fprintf(stderr, "orrery-run: cannot start " QEMU ": %s (make setup EXTRA=1 installs it)\n",
            strerror(errno));
    _exit(RUN_INFRASTRUCTURE);
}

static int child_start(struct emulated *qemu)
{
    int to[2], from[2];

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        return -1;
    qemu->pid = fork();
    if (qemu->pid == 0)
        child_run(qemu->run, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    qemu->input = to[1];
    qemu->output = from[0];
    return qemu->pid < 0 ? -1 : 0;
}

static void hear(struct emulated *qemu, const char *bytes, size_t size)
{
    size_t length = strlen(qemu->tail);

    run_copy(STDOUT_FILENO, bytes, size);
    qemu->heard = true;
    for (size_t i = 0; i < size; i++) {
        if (length == TAIL_SIZE) {
            memmove(qemu->tail, qemu->tail + 1, TAIL_SIZE);
            length--;
        }
        qemu->tail[length++] = bytes[i] != '\0' ? bytes[i] : ' ';
        qemu->tail[length] = '\0';
        if (length >= strlen(PANIC) && strcmp(qemu->tail + length - strlen(PANIC), PANIC) == 0)
            qemu->panicked = true;
    }
}

static void type_line(struct emulated *qemu)
{
    size_t length = strlen(qemu->tail);
    const char *line = LAST_LINE;

    if (qemu->run->lines == NULL || !qemu->heard || length < strlen(PROMPT) + 1 ||
        qemu->last_line_typed || strcmp(qemu->tail + length - strlen(PROMPT), PROMPT) != 0 ||
        qemu->tail[length - strlen(PROMPT) - 1] != '\n')
        return;
    if (*qemu->next != NULL)
        line = *qemu->next++;
    else
        qemu->last_line_typed = true;
    qemu->heard = false;
    /* The guest's port holds 16 bytes and has no way to say stop: at a byte a time it keeps up. */
    for (; *line != '\0'; line++) {
        run_copy(qemu->input, line, 1);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    run_copy(qemu->input, "\n", 1);
}

static bool take_key(struct emulated *qemu)
{
    char buffer[256];
    ssize_t size = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (size <= 0 || memchr(buffer, RUN_LEAVE_KEY, (size_t)size) != NULL) {
        qemu->left = true;
        return false;
    }
    run_copy(qemu->input, buffer, (size_t)size);
    return true;
}

/* Until QEMU's end. Result: true if it ended by itself. */
static bool converse(struct emulated *qemu)
{
    bool person = qemu->run->lines == NULL;
    struct pollfd wanted[] = {
        {.fd = qemu->output, .events = POLLIN},
        {.fd = person ? STDIN_FILENO : -1, .events = POLLIN},
    };
    char buffer[4096];

    for (;;) {
        int timeout_ms = qemu->panicked ? PANIC_MS : person ? -1 : HANG_MS;
        int ready = poll(wanted, 2, timeout_ms);

        if (run_interrupted != 0 || ready == 0)
            return false;
        if (wanted[0].revents != 0) {
            ssize_t size = read(qemu->output, buffer, sizeof(buffer));

            if (size <= 0)
                return true;
            hear(qemu, buffer, (size_t)size);
            type_line(qemu);
        }
        if (wanted[1].revents != 0 && !take_key(qemu))
            return false;
    }
}

static int judge(const struct emulated *qemu, bool ended, int status)
{
    if (qemu->left)
        return 0;
    if (run_interrupted != 0)
        return 128 + run_interrupted;
    if (qemu->panicked)
        return RUN_PANIC;
    if (!ended) {
        fprintf(stderr, "orrery-run: hang: nothing came from the machine for %d s\n",
                HANG_MS / 1000);
        return RUN_HANG;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) == RUN_INFRASTRUCTURE) {
        fprintf(stderr, "orrery-run: infrastructure: " QEMU " ended badly\n");
        return RUN_INFRASTRUCTURE;
    }
    if ((WEXITSTATUS(status) & 1) != 0)
        return WEXITSTATUS(status) / 2;
    fprintf(stderr, "orrery-run: triple-fault: the machine was reset\n");
    return RUN_RESET;
}

int run_qemu(const struct run *run)
{
    struct emulated qemu = {.run = run, .heard = true, .next = run->lines};
    int status = 0;
    bool ended;

    if (child_start(&qemu) != 0) {
        fprintf(stderr, "orrery-run: %s\n", strerror(errno));
        return RUN_INFRASTRUCTURE;
    }
    if (run->lines == NULL) {
        fprintf(stderr, "Ctrl-] leaves.\n");
        run_terminal_raw();
    }
    ended = converse(&qemu);
    if (!ended)
        kill(qemu.pid, SIGKILL);
    while (waitpid(qemu.pid, &status, 0) < 0 && errno == EINTR)
        ;
    run_terminal_restore();
    return judge(&qemu, ended, status);
}
