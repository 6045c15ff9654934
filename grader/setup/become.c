/*
 * become: a function for GNU make that ends make by becoming another program.
 *
 * `make run` ends with the status that the guest ended with and prints what the guest prints. A
 * recipe can do neither: make turns every failing status into 2, and prints on standard output
 * itself. So the Makefile loads this object (GNU make manual, "Loading Dynamic Objects") for goals
 * that are programs more than builds:
 *
 * - From loading on, make's standard output is its standard error: building prints nothing else.
 * - $(become COMMAND) gives the command its standard output back and replaces make by
 *   `sh -c COMMAND`. The command has make's terminal, standard input and process number, and its
 *   exit status is what the caller of make sees.
 */
#include <gnumake.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The name says it in make's words: loading this is fine by the terms of make's licence. */
int plugin_is_GPL_compatible;

int become_gmk_setup(void);

/* Names process and descriptor of the true standard output over make's restarts of itself. */
#define OUTPUT_VARIABLE "ORRERY_STANDARD_OUTPUT"

static int output = STDOUT_FILENO;

static char *become(const char *name, unsigned int count, char **arguments)
{
    sigset_t none;

    (void)name, (void)count;
    fflush(NULL);
    if (output != STDOUT_FILENO) {
        dup2(output, STDOUT_FILENO);
        close(output);
    }
    /* make blocks SIGCHLD while it hands out jobs. */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    unsetenv(OUTPUT_VARIABLE);
    execl("/bin/sh", "sh", "-c", arguments[0], (char *)NULL);
    perror("/bin/sh");
    _exit(127);
}

/*
 * Finds the true standard output: kept by this process before make executed itself again, else the
 * one of now. The descriptor is high, out of the way, and stays open over that restart.
 */
static void output_keep(void)
{
    const char *kept = getenv(OUTPUT_VARIABLE);
    char text[32];
    int process, descriptor;

    if (kept && sscanf(kept, "%d:%d", &process, &descriptor) == 2 && process == getpid()) {
        output = descriptor;
        return;
    }
    descriptor = fcntl(STDOUT_FILENO, F_DUPFD, 100);
    if (descriptor < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return;
    output = descriptor;
    snprintf(text, sizeof(text), "%d:%d", (int)getpid(), output);
    setenv(OUTPUT_VARIABLE, text, 1);
}

int become_gmk_setup(void)
{
    output_keep();
    gmk_add_function("become", become, 1, 1, GMK_FUNC_DEFAULT);
    return 1;
}
