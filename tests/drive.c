/*
 * drive: runs the tests, some at a time, and counts.
 *
 *     drive [-j TESTS] [-t SECONDS] -l DIR {--stage NAME SECONDS GOAL KIND [TEST...]}...
 *
 * A stage has a name, the time that it should take, the make goal that runs it again, and a kind:
 * `check` for programs made with Check, whose summary line is read; `lines` for programs that
 * print `ok NAME`, `FAIL NAME: why` and `skip NAME: why`. Lines that follow a FAIL up to the next
 * such line explain it. A test that ends badly without saying so counts as one that failed. Each
 * test's output is kept as DIR/NAME.log. A test that runs longer than -t (300 s) is ended.
 *
 * The last line printed is `N passed, N failed`, with `, N skipped` if there are any. The exit
 * status is 0 if nothing failed and something passed, else 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNNING_MAX 16
#define STAGES_MAX  16

struct counts {
    unsigned passed, failed, skipped;
};

struct stage {
    const char *name, *goal;
    double seconds, budget_seconds;
    bool is_check;
    char **tests;
    int tests_count;
    struct counts counts;
};

struct running {
    pid_t process;
    const char *test;
    char log[PATH_MAX];
    double start_seconds;
    bool is_late;
};

static const char *log_directory;
static double limit_seconds = 300;
static int running_max = 2;
static struct running running[RUNNING_MAX];
static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
}

/* Only interrupts the wait. */
static void on_alarm(int number)
{
    (void)number;
}

static double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Ends every running test with all that it started. */
static void running_end(void)
{
    for (int i = 0; i < running_max; i++)
        if (running[i].process)
            kill(-running[i].process, SIGKILL);
}

/* Starts a test in a process group of its own, output to its log, no input. */
static void test_start(struct running *slot, const char *test)
{
    slot->test = test;
    slot->is_late = false;
    slot->start_seconds = now_seconds();
    snprintf(slot->log, sizeof(slot->log), "%s/%s.log", log_directory, base_name(test));
    slot->process = fork();
    if (slot->process < 0) {
        perror("fork");
        running_end();
        exit(1);
    }
    if (slot->process == 0) {
        int log = open(slot->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
        int none = open("/dev/null", O_RDONLY);

        setpgid(0, 0);
        if (log < 0 || none < 0) {
            perror(slot->log);
            _exit(127);
        }
        dup2(none, 0);
        dup2(log, 1);
        dup2(log, 2);
        execl(test, test, (char *)NULL);
        perror(test);
        _exit(127);
    }
    setpgid(slot->process, slot->process);
}

/* Reads Check's summary, `NN%: Checks: A, Failures: B, Errors: C`, wherever it stands in a line. */
static void check_line_count(const char *line, struct counts *counts)
{
    const char *summary = strstr(line, "%: Checks: ");
    unsigned checks, failures, errors;

    if (summary && sscanf(summary, "%%: Checks: %u, Failures: %u, Errors: %u", &checks, &failures,
                          &errors) == 3) {
        counts->passed += checks - failures - errors;
        counts->failed += failures + errors;
    }
}

static bool line_begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

/* Counts a log's verdicts; prints those that someone should read. */
static struct counts log_count(const char *path, bool is_check)
{
    struct counts counts = {0};
    FILE *log = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    bool is_explaining = false;

    while (log && getline(&line, &room, log) >= 0) {
        if (is_check) {
            check_line_count(line, &counts);
        } else if (line_begins(line, "ok ")) {
            counts.passed++;
            is_explaining = false;
        } else if (line_begins(line, "FAIL ")) {
            counts.failed++;
            is_explaining = true;
            printf("    %s", line);
        } else if (line_begins(line, "skip ")) {
            counts.skipped++;
            is_explaining = false;
            printf("    %s", line);
        } else if (is_explaining) {
            printf("    %s", line);
        }
    }
    free(line);
    if (log)
        fclose(log);
    return counts;
}

/* Prints the last lines of a log. */
static void log_tail_print(const char *path)
{
    char text[2001];
    FILE *log = fopen(path, "r");
    size_t length;
    const char *line = text;

    if (!log)
        return;
    if (fseek(log, -2000, SEEK_END) < 0)
        rewind(log);
    length = fread(text, 1, sizeof(text) - 1, log);
    text[length] = 0;
    fclose(log);
    while (*line) {
        size_t size = strcspn(line, "\n");

        printf("    | %.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

/* A test has ended: count what it says, and tell. */
static void test_end(struct running *slot, struct stage *stage, int status)
{
    double seconds = now_seconds() - slot->start_seconds;
    bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !slot->is_late;
    struct counts counts = log_count(slot->log, stage->is_check);
    bool said_nothing = counts.passed + counts.failed + counts.skipped == 0;

    slot->process = 0;
    if (counts.failed == 0 && (!ended_well || said_nothing)) {
        counts.failed++;
        printf("    FAIL %s: ", base_name(slot->test));
        if (slot->is_late)
            printf("ran longer than %.0f s\n", limit_seconds);
        else if (WIFSIGNALED(status))
            printf("ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
        else if (!ended_well)
            printf("exit status %d\n", WEXITSTATUS(status));
        else
            printf("printed no verdict\n");
    }
    if (counts.failed && (stage->is_check || !ended_well))
        log_tail_print(slot->log);
    printf("%-4s %-28s %5u passed, %u failed, %u skipped  %6.1f s\n", counts.failed ? "FAIL" : "ok",
           base_name(slot->test), counts.passed, counts.failed, counts.skipped, seconds);
    if (counts.failed)
        printf("     again: make %s TEST=%s    log: %s\n", stage->goal, base_name(slot->test),
               slot->log);
    fflush(stdout);
    stage->counts.passed += counts.passed;
    stage->counts.failed += counts.failed;
    stage->counts.skipped += counts.skipped;
}

/* Ends what runs longer than it may. */
static void late_end(void)
{
    for (int i = 0; i < running_max; i++)
        if (running[i].process && now_seconds() - running[i].start_seconds > limit_seconds) {
            running[i].is_late = true;
            kill(-running[i].process, SIGKILL);
        }
}

/* Waits until a test has ended, or a second has passed, or a signal has come. */
static void stage_wait(struct stage *stage)
{
    pid_t process;
    int status;

    alarm(1);
    process = waitpid(-1, &status, 0);
    alarm(0);
    for (int i = 0; i < running_max && process > 0; i++)
        if (running[i].process == process) {
            /* What a test leaves running must not outlive it. */
            kill(-process, SIGKILL);
            test_end(&running[i], stage, status);
        }
    late_end();
    if (stop_signal) {
        running_end();
        exit(128 + stop_signal);
    }
}

static bool is_any_running(void)
{
    for (int i = 0; i < running_max; i++)
        if (running[i].process)
            return true;
    return false;
}

static void stage_run(struct stage *stage)
{
    double start_seconds = now_seconds();
    int next = 0;

    printf("== %s\n", stage->name);
    fflush(stdout);
    while (next < stage->tests_count || is_any_running()) {
        for (int i = 0; i < running_max && next < stage->tests_count; i++)
            if (!running[i].process)
                test_start(&running[i], stage->tests[next++]);
        stage_wait(stage);
    }
    stage->seconds = now_seconds() - start_seconds;
}

static int stages_report(const struct stage *stages, int count)
{
    struct counts all = {0};

    printf("== time\n");
    for (int i = 0; i < count; i++) {
        const struct stage *stage = &stages[i];

        printf("%-12s %6.1f s of %3.0f s%s\n", stage->name, stage->seconds, stage->budget_seconds,
               stage->seconds > stage->budget_seconds ? "   over its budget" : "");
        all.passed += stage->counts.passed;
        all.failed += stage->counts.failed;
        all.skipped += stage->counts.skipped;
    }
    printf("%u passed, %u failed", all.passed, all.failed);
    if (all.skipped)
        printf(", %u skipped", all.skipped);
    printf("\n");
    return all.failed || !all.passed;
}

static void usage(void)
{
    fprintf(stderr, "usage: drive [-j TESTS] [-t SECONDS] -l DIR"
                    " {--stage NAME SECONDS GOAL check|lines [TEST...]}...\n");
    exit(2);
}

/* Reads the stages that arguments name; returns how many. */
static int stages_parse(char **argument, struct stage *stages)
{
    int count = 0;

    while (*argument) {
        struct stage *stage = &stages[count++];

        if (strcmp(argument[0], "--stage") != 0 || count > STAGES_MAX)
            usage();
        for (int i = 1; i <= 4; i++)
            if (!argument[i])
                usage();
        *stage = (struct stage){.name = argument[1],
                                .budget_seconds = atof(argument[2]),
                                .goal = argument[3],
                                .is_check = strcmp(argument[4], "check") == 0,
                                .tests = argument + 5};
        for (argument += 5; *argument && strcmp(*argument, "--stage") != 0; argument++)
            stage->tests_count++;
    }
    return count;
}

/* Tests start from a clean slate: a make that they run is not part of the one that runs them. */
static void environment_clean(void)
{
    static const char *const names[] = {"MAKEFLAGS",     "MFLAGS",       "MAKELEVEL",
                                        "MAKEOVERRIDES", "MAKE_TERMOUT", "MAKE_TERMERR"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
}

int main(int argc, char **argv)
{
    struct stage stages[STAGES_MAX + 1];
    struct sigaction action = {.sa_handler = on_signal};
    int option, count;

    /* The + stops at --stage. */
    while (optind < argc && strcmp(argv[optind], "--stage") != 0 &&
           (option = getopt(argc, argv, "+j:t:l:")) != -1) {
        if (option == 'j')
            running_max = atoi(optarg);
        else if (option == 't')
            limit_seconds = atof(optarg);
        else if (option == 'l')
            log_directory = optarg;
        else
            usage();
    }
    if (!log_directory || running_max < 1 || running_max > RUNNING_MAX)
        usage();
    count = stages_parse(argv + optind, stages);
    if (mkdir(log_directory, 0777) < 0 && errno != EEXIST) {
        perror(log_directory);
        return 1;
    }
    environment_clean();
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    for (int i = 0; i < count; i++)
        stage_run(&stages[i]);
    return stages_report(stages, count);
}
