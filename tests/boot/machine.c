/*
 * machine: boots an image in an emulator until the guest has said its last line.
 *
 *   machine DIR EMULATOR MEDIUM IMAGE MIB [BIOS [CPU]]
 *
 * EMULATOR is bochs or qemu, MEDIUM cd, disk or usb (qemu alone); BIOS a file name in
 * /usr/share/bochs; CPU the emulator's name of a processor. DIR must exist; it gets serial.txt
 * (COM1), e9.txt (port 0xE9; qemu alone) and screen.txt (what the emulator drew, escapes and all;
 * bochs alone).
 *
 * Commands for Bochs's debugger are taken from the file that COMMANDS in the environment names;
 * they must let the machine run.
 *
 * Prints nothing but errors. Exits 0 after the guest's line "end", 2 after a line "Orrery: ...",
 * 3 if neither came within 30 s, 1 if the emulator ended before or could not be started.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 30
#define POLL_MS   20

#define BIOS_FOLDER "/usr/share/bochs"

enum verdict { VERDICT_END = 0, VERDICT_GONE = 1, VERDICT_REFUSED = 2, VERDICT_LATE = 3 };

struct machine {
    const char *emulator, *medium, *memory, *bios, *cpu;
};

__attribute__((noreturn)) static void die(const char *what)
{
    fprintf(stderr, "machine: %s: %s\n", what, strerror(errno));
    exit(VERDICT_GONE);
}

static void write_bochs_files(const struct machine *machine)
{
    bool cd = strcmp(machine->medium, "cd") == 0;
    FILE *rc = fopen("bochsrc", "w");

    if (rc == NULL)
        die("bochsrc");
    fprintf(rc,
            "megs: %s\ncpu: model=%s, ips=50000000\nclock: sync=none, time0=1700000000\n"
            "romimage: file=" BIOS_FOLDER "/%s\n"
            "vgaromimage: file=" BIOS_FOLDER "/VGABIOS-lgpl-latest\ndisplay_library: term\n"
            "sound: driver=dummy, waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n"
            "com1: enabled=1, mode=file, dev=serial.txt\nport_e9_hack: enabled=0\n"
            "log: bochs.log\ndebugger_log: -\npanic: action=fatal\n"
            "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
            "ata0-master: type=%s, path=medium, %s\nboot: %s\n",
            machine->memory, machine->cpu ? machine->cpu : "corei7_icelake_u",
            machine->bios ? machine->bios : "BIOS-bochs-latest", cd ? "cdrom" : "disk",
            cd ? "status=inserted" : "mode=flat, translation=auto", cd ? "cdrom" : "disk");
    if (fclose(rc) != 0)
        die("bochsrc");
}

static void write_commands(void)
{
    FILE *commands = fopen("commands", "w");

    if (commands == NULL || fputs("c\n", commands) < 0 || fclose(commands) != 0)
        die("commands");
}

static void run_bochs(const char *commands)
{
    setenv("TERM", "vt100", 1);
    execlp("bochs", "bochs", "-q", "-f", "bochsrc", "-rc", commands, (char *)NULL);
}

static void run_qemu(const struct machine *machine)
{
    const char *device = "";

    if (strcmp(machine->medium, "cd") == 0)
        device = "ide-cd,drive=medium";
    else if (strcmp(machine->medium, "usb") == 0)
        device = "usb-storage,drive=medium";
    else
        device = "ide-hd,drive=medium";
    execlp("qemu-system-x86_64", "qemu-system-x86_64", "-m", machine->memory, "-cpu",
           machine->cpu ? machine->cpu : "max", "-display", "none", "-usb", "-device", "usb-ehci",
           "-drive", "file=medium,format=raw,snapshot=on,id=medium,if=none", "-device", device,
           "-serial", "file:serial.txt", "-debugcon", "file:e9.txt", "-device",
           "isa-debug-exit,iobase=0xf4", "-no-reboot", "-monitor", "stdio", (char *)NULL);
}

/* Result: whether the guest has said its last line; `verdict` set. */
static bool guest_is_done(enum verdict *verdict)
{
    FILE *serial = fopen("serial.txt", "rb");
    char line[512];
    bool done = false;

    while (serial != NULL && !done && fgets(line, sizeof(line), serial) != NULL) {
        if (strchr(line, '\n') == NULL)
            continue;
        done = strcmp(line, "end\n") == 0 || strncmp(line, "Orrery: ", 8) == 0;
        *verdict = line[0] == 'e' ? VERDICT_END : VERDICT_REFUSED;
    }
    if (serial != NULL)
        fclose(serial);
    return done;
}

/* Takes what the emulator writes to its terminal, so that it never waits for us. */
static void drain(int terminal)
{
    char bytes[4096];
    struct pollfd wait = {.fd = terminal, .events = POLLIN};

    for (int timeout = POLL_MS; poll(&wait, 1, timeout) > 0 && (wait.revents & POLLIN);
         timeout = 0) {
        ssize_t size = read(terminal, bytes, sizeof(bytes));

        if (size <= 0)
            return;
    }
    if (wait.revents & POLLHUP)
        poll(NULL, 0, POLL_MS);
}

/* Has qemu's prompt write the text screen to a file, and waits for it. */
static void save_screen(int terminal)
{
    static const char command[] = "pmemsave 0xb8000 4000 screen.bin\n";
    struct stat status = {0};

    if (write(terminal, command, sizeof(command) - 1) != sizeof(command) - 1)
        die("qemu's prompt");
    for (int i = 0; i < 250 && (stat("screen.bin", &status) != 0 || status.st_size < 4000); i++)
        drain(terminal);
}

static enum verdict watch(pid_t emulator, int terminal, bool qemu)
{
    struct timespec now;
    enum verdict verdict = VERDICT_GONE;
    time_t end;
    bool gone = false;

    clock_gettime(CLOCK_MONOTONIC, &now);
    end = now.tv_sec + TIMEOUT_S;
    while (!guest_is_done(&verdict) && !gone && now.tv_sec < end) {
        drain(terminal);
        gone = waitpid(emulator, NULL, WNOHANG) == emulator;
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    if (!guest_is_done(&verdict))
        verdict = gone ? VERDICT_GONE : VERDICT_LATE;
    if (!gone) {
        if (qemu)
            save_screen(terminal);
        kill(emulator, SIGKILL);
        waitpid(emulator, NULL, 0);
    }
    return verdict;
}

int main(int argc, char **argv)
{
    struct machine machine;
    char image[PATH_MAX];
    pid_t emulator;
    int terminal;

    if (argc < 6 || argc > 8) {
        fprintf(stderr, "usage: machine DIR EMULATOR MEDIUM IMAGE MIB [BIOS [CPU]]\n");
        return VERDICT_GONE;
    }
    machine = (struct machine){argv[2], argv[3], argv[5], argc > 6 ? argv[6] : NULL,
                               argc > 7 ? argv[7] : NULL};
    if (realpath(argv[4], image) == NULL)
        die(argv[4]);
    if (chdir(argv[1]) != 0)
        die(argv[1]);
    unlink("serial.txt");
    unlink("medium");
    unlink("medium.lock"); /* left by a machine that was ended */
    if (symlink(image, "medium") != 0)
        die("medium");
    if (strcmp(machine.emulator, "bochs") == 0) {
        write_bochs_files(&machine);
        write_commands();
    }
    emulator = forkpty(&terminal, NULL, NULL, NULL);
    if (emulator < 0)
        die("forkpty");
    if (emulator == 0) {
        if (strcmp(machine.emulator, "bochs") == 0)
            run_bochs(getenv("COMMANDS") ? getenv("COMMANDS") : "commands");
        else
            run_qemu(&machine);
        _exit(127);
    }
    return (int)watch(emulator, terminal, strcmp(machine.emulator, "qemu") == 0);
}
