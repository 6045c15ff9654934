/*
 * init: the first process. It builds the root table and starts what `init.conf` in the boot archive
 * says (conf.h), then waits: the end of a service is reported on the console, the end of the main
 * program turns the machine off with its status.
 *
 * init keeps the receiving side of the ports that it makes. When a service ends, init closes its
 * port and takes its names out of the root table: whoever waits for an answer gets -E_GONE.
 */
#include <orrery.h>

#include "programs/init/conf.h"

#define CHILDREN_MAX   16
#define CONF_FILE      "init.conf"
#define REPORT_NS      UINT64_C(1000000000) /* a dead console must not stop init */
#define STATUS_FAILURE 1
#define PROGRAM_SIZE   48 /* of a name in the archive */

/* What init can name in init.conf: what the kernel gave it. */
#define PUBLISHED_RIGHTS                                                                           \
    (RIGHT_READ | RIGHT_WRITE | RIGHT_OPEN | RIGHT_CREATE | RIGHT_REMOVE | RIGHT_GET | RIGHT_SET | \
     RIGHT_SHARE | RIGHT_DUPLICATE | RIGHT_TRANSFER)

struct child {
    uint32_t process, port;
    bool main;
    char name[HANDLE_NAME_SIZE];
    char program[PROGRAM_SIZE];
    char published[CONF_NAMES_MAX][HANDLE_NAME_SIZE];
    size_t published_count;
    struct process_status status;
};

static struct child children[CHILDREN_MAX];
static size_t child_count;
static uint32_t root, files, power;

static uint32_t console_open(void)
{
    int64_t handle = path_open(root, "/console", RIGHT_WRITE);

    return handle < 0 ? 0 : (uint32_t)handle;
}

/* What was reported before there was a console. */
static char unsaid[512];
static size_t unsaid_length;

/* Say on the console what is unsaid; without a console it stays so. */
static void report_flush(void)
{
    uint32_t console = unsaid_length != 0 ? console_open() : 0;

    if (console == 0)
        return;
    request_wait((struct request){.op = OP_WRITE,
                                  .handle = console,
                                  .buffer = (uint64_t)unsaid,
                                  .length = unsaid_length,
                                  .deadline = REPORT_NS});
    unsaid_length = 0;
    handle_close(console);
}

/* Tell whoever looks at the console; what has no room before there is one is lost. */
static void __attribute__((format(printf, 1, 2))) report(const char *format, ...)
{
    size_t room = sizeof(unsaid) - unsaid_length, length;
    va_list arguments;

    va_start(arguments, format);
    length = format_text_list(unsaid + unsaid_length, room, format, arguments);
    va_end(arguments);
    unsaid_length += length < room ? length : room - 1;
    report_flush();
}

/*
 * The object that a line of the file means: from the root table, or from init's own. `opened` tells
 * whether the handle is a new one, to be closed.
 */
static int64_t object_resolve(const char *path, bool *opened)
{
    char name[HANDLE_NAME_SIZE];
    const char *rest = strchr(path, '/');
    size_t length = rest ? (size_t)(rest - path) : strlen(path);
    uint32_t handle;

    *opened = true;
    if (*path == '/')
        return path_open(root, path, 0);
    if (length >= sizeof(name))
        return -E_NAME;
    memcpy(name, path, length);
    name[length] = 0;
    handle = handle_named(name);
    if (handle == 0)
        return -E_NOT_FOUND;
    if (rest)
        return path_open(handle, rest, 0);
    *opened = false;
    return handle;
}

/* Make a port for the child and names in the root table that lead to it. */
static int64_t child_publish(struct child *child, const struct conf_line *line)
{
    int64_t port = object_create(handle_named("self"), OBJECT_PORT, NULL, 0, 0);

    if (port < 0)
        return port;
    child->port = (uint32_t)port;
    for (size_t i = 0; i < line->name_count; i++) {
        int64_t object = object_create(child->port, OBJECT_REMOTE, NULL, PUBLISHED_RIGHTS, i + 1);
        int64_t result;

        if (object < 0)
            return object;
        result = object_share(root, (uint32_t)object, 0, line->names[i]);
        handle_close((uint32_t)object);
        if (result < 0)
            return result;
        text_copy(child->published[child->published_count++], HANDLE_NAME_SIZE, line->names[i]);
    }
    return 0;
}

/* Undo child_publish, as far as it went. */
static void child_unpublish(struct child *child)
{
    for (size_t i = 0; i < child->published_count; i++)
        object_remove(root, child->published[i], 0);
    if (child->port != 0)
        handle_close(child->port);
    child->published_count = 0;
    child->port = 0;
}

/* Start the program with the handles that the line names, from number `next` on. */
static int64_t child_run_with(struct program_start *start, struct program_handle *handles,
                              const struct conf_line *line, size_t next)
{
    bool opened;
    int64_t object, result;

    if (next == line->handle_count)
        return program_start_with(start);
    object = object_resolve(line->handles[next].path, &opened);
    if (object < 0)
        return object;
    handles[start->handle_count++] =
        (struct program_handle){line->handles[next].name, (uint32_t)object, 0};
    result = child_run_with(start, handles, line, next + 1);
    if (opened)
        handle_close((uint32_t)object);
    return result;
}

static int64_t child_run(const struct child *child, const struct conf_line *line)
{
    struct program_handle handles[CONF_HANDLES_MAX + 1];
    const char *arguments[CONF_ARGUMENTS_MAX + 1] = {line->name};
    struct program_start start = {.name = line->name,
                                  .processes = handle_named("processes"),
                                  .arguments = arguments,
                                  .argument_count = line->argument_count + 1,
                                  .handles = handles};
    int64_t result = object_open(files, line->program, 0);

    if (result < 0)
        return result;
    start.binary = (uint32_t)result;
    memcpy(arguments + 1, line->arguments, line->argument_count * sizeof(arguments[0]));
    if (child->port != 0)
        handles[start.handle_count++] = (struct program_handle){"port", child->port, 0};
    result = child_run_with(&start, handles, line, 0);
    handle_close(start.binary);
    return result;
}

static int64_t child_start(const struct conf_line *line)
{
    struct child *child = &children[child_count];
    int64_t result = 0;

    if (child_count == CHILDREN_MAX)
        return -E_LIMIT;
    *child = (struct child){.main = line->verb == CONF_MAIN};
    text_copy(child->name, sizeof(child->name), line->name);
    text_copy(child->program, sizeof(child->program), line->program);
    if (line->name_count != 0)
        result = child_publish(child, line);
    if (result >= 0)
        result = child_run(child, line);
    if (result < 0) {
        child_unpublish(child);
        return result;
    }
    child->process = (uint32_t)result;
    child_count++;
    return 0;
}

static int64_t names_bind(const struct conf_line *line)
{
    for (size_t i = 0; i < line->name_count; i++) {
        uint32_t object = handle_named(line->names[i]);
        int64_t result = -E_NOT_FOUND;

        if (object != 0)
            result = object_share(root, object, 0, line->names[i]);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Do what one line says; a report if that cannot be done. */
static void line_execute(const char *text, size_t length, size_t number)
{
    static struct conf_line line;
    struct conf_error error;
    int64_t result = 0;

    if (!conf_parse(&line, text, length, &error)) {
        report("init: " CONF_FILE ":%zu:%zu: %s\n", number, error.column, error.message);
        return;
    }
    if (line.verb == CONF_BIND)
        result = names_bind(&line);
    else if (line.verb != CONF_NOTHING)
        result = child_start(&line);
    if (result < 0)
        report("init: " CONF_FILE ":%zu: %s: %s\n", number, line.name ? line.name : "bind",
               error_text(result));
    report_flush(); /* there may be a console now */
}

/* Do what the file says, line by line. */
static void file_execute(void)
{
    int64_t file = object_open(files, CONF_FILE, 0);
    int64_t size = file < 0 ? file : object_get((uint32_t)file, PROPERTY_SIZE);
    const char *text = size <= 0 ? NULL : memory_map((uint32_t)file, (uint64_t)size, MAP_READ);
    size_t start = 0, number = 1;

    if (!text) {
        report("init: " CONF_FILE ": %s\n", error_text(size));
        return;
    }
    for (size_t end = 0; end < (size_t)size; end++) {
        bool last = end + 1 == (size_t)size;

        if (text[end] != '\n' && !last)
            continue;
        line_execute(text + start, end - start + (text[end] != '\n'), number++);
        start = end + 1;
    }
    memory_free((void *)(uintptr_t)text, (uint64_t)size);
    handle_close((uint32_t)file);
}

/* Ask to be told of the end of a child. */
static void child_await(struct child *child)
{
    ring_push(thread_ring(), (struct request){.op = OP_READ,
                                              .handle = child->process,
                                              .user_data = (uint64_t)child,
                                              .buffer = (uint64_t)&child->status,
                                              .length = sizeof(child->status)});
}

static void fault_report(const struct child *child)
{
    int64_t symbols = object_open(files, FAULT_SYMBOLS, RIGHT_READ);
    char text[400];

    fault_describe(text, sizeof(text), &child->status, symbols < 0 ? 0 : (uint32_t)symbols,
                   child->program);
    report("init: %s: %s\n", child->name, text);
    if (symbols >= 0)
        handle_close((uint32_t)symbols);
}

static void child_ended(struct child *child)
{
    const struct process_status *status = &child->status;

    child_unpublish(child);
    handle_close(child->process);
    /* A program that did what it had to do is no news. */
    if (status->instruction != 0)
        fault_report(child);
    else if (status->reason != REASON_EXITED || (!child->main && status->status != 0))
        report("init: %s: %s, status %ld\n", child->name, reason_text(status->reason),
               status->status);
    if (child->main)
        power_off(power, console_open(), status->status);
}

int main(void)
{
    int64_t table = object_create(handle_named("self"), OBJECT_TABLE, NULL, 0, 0);
    bool has_main = false;

    thread_priority_set(PRIORITY_SERVICE); /* ends are reported before others go on */
    root = (uint32_t)table;
    files = handle_named("files");
    power = handle_named("power");
    file_execute();
    for (size_t i = 0; i < child_count; i++) {
        has_main |= children[i].main;
        child_await(&children[i]);
    }
    if (!has_main) {
        report("init: " CONF_FILE ": no main program runs, turning off\n");
        power_off(power, console_open(), STATUS_FAILURE);
    }
    for (;;) {
        struct completion completion;

        enter(ring_pending(thread_ring()), 1, NEVER);
        while (ring_pop(thread_ring(), &completion))
            child_ended((struct child *)completion.user_data);
    }
}
