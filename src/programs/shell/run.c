/* The shell runs programs: see shell.h. */
#include "programs/shell/shell.h"

static int64_t program_open(struct shell *shell, const char *name)
{
    char path[PATH_SIZE];

    if (strchr(name, '/'))
        return path_open(shell->root, name, 0);
    if (format_text(path, sizeof(path), "files/%s", name) >= sizeof(path))
        return -E_NAME;
    return object_open(shell->root, path, 0);
}

/* user_data of what is in flight while a program runs */
enum { TAG_END = 1, TAG_BREAK };

/* Wait for the end of a process; ctrl-c at the console, if `in` is one, ends it. */
static int64_t process_await(struct shell *shell, uint32_t process, struct process_status *status)
{
    struct ring *ring = thread_ring();
    int64_t breaks = object_get(shell->in, PROPERTY_COUNT), result = 0;
    uint32_t watch = ring->submission_tail;
    bool watching = breaks >= 0 && ring_push(ring, (struct request){.op = OP_WATCH,
                                                                    .handle = shell->in,
                                                                    .user_data = TAG_BREAK,
                                                                    .arg0 = PROPERTY_COUNT,
                                                                    .arg1 = (uint64_t)breaks});
    bool running = ring_push(ring, (struct request){.op = OP_READ,
                                                    .handle = process,
                                                    .user_data = TAG_END,
                                                    .buffer = (uint64_t)status,
                                                    .length = sizeof(*status)});

    while (running || watching) {
        struct completion completion;

        enter(ring_pending(ring), 1, NEVER);
        if (!ring_pop(ring, &completion))
            continue;
        if (completion.user_data == TAG_BREAK) {
            watching = false;
            if (running && completion.result > breaks)
                object_remove(process, NULL, 0);
        } else {
            running = false;
            result = completion.result;
            if (watching)
                request_cancel(watch);
        }
    }
    return result;
}

/* Wait for the end of a process and tell about it unless it ended by itself. */
static int64_t process_finish(struct shell *shell, const char *name, uint32_t process)
{
    struct process_status status;
    int64_t result = process_await(shell, process, &status), symbols;
    char text[512];

    if (result < 0)
        return error_show(shell, name, result);
    if (status.reason != REASON_EXITED) {
        symbols = object_open(shell->root, "files/" FAULT_SYMBOLS, RIGHT_READ);
        fault_describe(text, sizeof(text), &status, symbols < 0 ? 0 : (uint32_t)symbols,
                       path_name(name));
        write_format(shell->out, "%s: %s\n", name, text);
        if (symbols >= 0)
            handle_close((uint32_t)symbols);
    }
    return status.status;
}

int64_t program_run(struct shell *shell, int count, const char *const *words)
{
    const struct program_handle handles[] = {
        {"in", shell->in, 0}, {"out", shell->out, 0}, {"root", shell->root, 0}};
    struct program_start start = {.name = path_name(words[0]),
                                  .arguments = words,
                                  .argument_count = (size_t)count,
                                  .handles = handles,
                                  .handle_count = sizeof(handles) / sizeof(handles[0])};
    int64_t binary = program_open(shell, words[0]);
    int64_t processes, process, status;

    if (binary < 0) {
        write_format(shell->out, "%s: unknown command\n", words[0]);
        return STATUS_UNKNOWN;
    }
    start.binary = (uint32_t)binary;
    processes = object_open(shell->root, "processes", 0);
    start.processes = (uint32_t)processes;
    process = processes < 0 ? processes : program_start_with(&start);
    handle_close(start.binary);
    if (processes >= 0)
        handle_close(start.processes);
    if (process < 0) {
        error_show(shell, words[0], process);
        return STATUS_NOT_RUN;
    }
    status = process_finish(shell, words[0], (uint32_t)process);
    handle_close((uint32_t)process);
    return status;
}
