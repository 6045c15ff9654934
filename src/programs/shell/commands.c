/* The shell's own commands. Each writes what went wrong in one line and returns a status. */
#include "programs/shell/shell.h"

#define PIECE_SIZE 1024 /* bytes that cat moves at once */

int64_t error_show(struct shell *shell, const char *what, int64_t result)
{
    write_format(shell->out, "%s: %s\n", what, error_text(result));
    return 1;
}

static int64_t usage_show(struct shell *shell, const char *usage)
{
    write_format(shell->out, "usage: %s\n", usage);
    return STATUS_USAGE;
}

static int64_t echo_command(struct shell *shell, int count, const char *const *words)
{
    for (int i = 1; i < count; i++)
        write_format(shell->out, "%s%s", i > 1 ? " " : "", words[i]);
    write_text(shell->out, "\n");
    return 0;
}

static bool is_table(int64_t type)
{
    return type == OBJECT_TABLE || type == OBJECT_PROCESSES || type == OBJECT_FILES ||
           type == OBJECT_INTERRUPTS || type == OBJECT_IO_SPACE;
}

static int64_t table_list(struct shell *shell, uint32_t table)
{
    struct table_entry entry;
    int64_t result;

    for (uint64_t i = 0; (result = table_entry_read(table, i, &entry)) > 0; i++)
        write_format(shell->out, "%-24s %-10s %10lu\n", entry.name, object_type_text(entry.type),
                     entry.size);
    return result;
}

static int64_t ls_command(struct shell *shell, int count, const char *const *words)
{
    const char *path = count > 1 ? words[1] : "/";
    int64_t object, type, result = 0;

    if (count > 2)
        return usage_show(shell, "ls [PATH]");
    object = path_open(shell->root, path, 0);
    if (object < 0)
        return error_show(shell, path, object);
    type = object_get((uint32_t)object, PROPERTY_TYPE);
    if (is_table(type))
        result = table_list(shell, (uint32_t)object);
    else
        write_format(shell->out, "%-24s %s\n", path_name(path), object_type_text((uint32_t)type));
    handle_close((uint32_t)object);
    return result < 0 ? error_show(shell, path, result) : 0;
}

/* Copy all that an object yields to `out`, until it ends or one of them fails. */
static int64_t object_show(struct shell *shell, uint32_t object)
{
    static char piece[PIECE_SIZE];
    uint64_t offset = 0;
    int64_t got, result = 0;

    while ((got = object_read(object, piece, sizeof(piece), offset)) > 0) {
        result = write_all(shell->out, piece, (uint64_t)got);
        if (result < 0)
            return result;
        offset += (uint64_t)got;
    }
    return got;
}

static int64_t cat_command(struct shell *shell, int count, const char *const *words)
{
    int64_t status = 0;

    if (count < 2)
        return usage_show(shell, "cat PATH...");
    for (int i = 1; i < count; i++) {
        int64_t object = path_open(shell->root, words[i], 0);
        int64_t type, result;

        if (object < 0) {
            status = error_show(shell, words[i], object);
            continue;
        }
        type = object_get((uint32_t)object, PROPERTY_TYPE);
        result = -E_TYPE;
        if (type == OBJECT_MEMORY || type == OBJECT_REMOTE)
            result = object_show(shell, (uint32_t)object);
        handle_close((uint32_t)object);
        if (result < 0)
            status = error_show(shell, words[i], result);
    }
    return status;
}

/* Call `each` with every process; ends early, with its result, when that is not 0. */
static int64_t processes_walk(struct shell *shell, void *context,
                              int64_t (*each)(struct shell *shell, void *context, uint32_t process,
                                              const char *number, const char *name))
{
    int64_t table = object_open(shell->root, "processes", 0);
    struct table_entry entry;
    int64_t result = table < 0 ? table : 0;

    for (uint64_t i = 0; result == 0; i++) {
        char name[48] = "";
        int64_t process, length;

        result = table_entry_read((uint32_t)table, i, &entry);
        if (result <= 0)
            break;
        result = 0;
        process = object_open((uint32_t)table, entry.name, 0);
        if (process < 0)
            continue; /* it has just ended */
        length = object_get_bytes((uint32_t)process, PROPERTY_NAME, name, sizeof(name) - 1);
        name[length < 0 ? 0 : length] = 0;
        result = each(shell, context, (uint32_t)process, entry.name, name);
        handle_close((uint32_t)process);
    }
    if (table >= 0)
        handle_close((uint32_t)table);
    return result;
}

static int64_t process_show(struct shell *shell, void *context, uint32_t process,
                            const char *number, const char *name)
{
    (void)context;
    write_format(shell->out, "%6s  %-24s %6ld %7ld %7ld\n", number, name,
                 object_get(process, PROPERTY_FRAMES), object_get(process, PROPERTY_HANDLES),
                 object_get(process, PROPERTY_THREADS));
    return 0;
}

static int64_t ps_command(struct shell *shell, int count, const char *const *words)
{
    int64_t result;

    (void)words;
    if (count > 1)
        return usage_show(shell, "ps");
    write_format(shell->out, "%6s  %-24s %6s %7s %7s\n", "NUMBER", "NAME", "FRAMES", "HANDLES",
                 "THREADS");
    result = processes_walk(shell, NULL, process_show);
    return result < 0 ? error_show(shell, "ps", result) : 0;
}

/* A process looked for by name. */
struct search {
    const char *name;
    char number[48];
    unsigned found;
};

static int64_t process_match(struct shell *shell, void *context, uint32_t process,
                             const char *number, const char *name)
{
    struct search *search = context;

    (void)shell, (void)process;
    if (strcmp(name, search->name) == 0) {
        text_copy(search->number, sizeof(search->number), number);
        search->found++;
    }
    return 0;
}

static int64_t kill_command(struct shell *shell, int count, const char *const *words)
{
    struct search search = {.name = words[1]};
    uint64_t number;
    int64_t table, result;

    if (count != 2)
        return usage_show(shell, "kill NAME|NUMBER");
    if (text_to_number(words[1], &number)) {
        text_copy(search.number, sizeof(search.number), words[1]);
    } else {
        processes_walk(shell, &search, process_match);
        if (search.found == 0)
            return error_show(shell, words[1], -E_NOT_FOUND);
        if (search.found > 1) {
            write_format(shell->out, "%s: %u processes have this name, give a number\n", words[1],
                         search.found);
            return 1;
        }
    }
    table = object_open(shell->root, "processes", 0);
    result = table < 0 ? table : object_remove((uint32_t)table, search.number, 0);
    if (table >= 0)
        handle_close((uint32_t)table);
    return result < 0 ? error_show(shell, words[1], result) : 0;
}

/* The status that a command was given, or the one of the last command. */
static bool status_argument(struct shell *shell, int count, const char *const *words,
                            int64_t otherwise, int64_t *status)
{
    *status = otherwise;
    if (count == 1 || (count == 2 && text_to_signed(words[1], status)))
        return true;
    write_format(shell->out, "usage: %s [STATUS]\n", words[0]);
    return false;
}

static int64_t exit_command(struct shell *shell, int count, const char *const *words)
{
    int64_t status;

    if (!status_argument(shell, count, words, shell->status, &status))
        return STATUS_USAGE;
    shell->ended = true;
    return status;
}

static int64_t poweroff_command(struct shell *shell, int count, const char *const *words)
{
    int64_t status, power;

    if (!status_argument(shell, count, words, 0, &status))
        return STATUS_USAGE;
    power = object_open(shell->root, "power", 0);
    if (power < 0)
        return error_show(shell, "poweroff", power);
    power = power_off((uint32_t)power, shell->out, status);
    return error_show(shell, "poweroff", power);
}

static command help_command;

static const struct {
    const char *name, *usage, *what;
    command *run;
} commands[] = {
    {"cat", "cat PATH...", "show what the objects at these paths yield when read", cat_command},
    {"echo", "echo [WORD...]", "show the words", echo_command},
    {"exit", "exit [STATUS]", "end the shell, with the last status if none is given", exit_command},
    {"help", "help", "show this list", help_command},
    {"kill", "kill NAME|NUMBER", "end a process", kill_command},
    {"ls", "ls [PATH]", "list a table, the root table if no path is given", ls_command},
    {"poweroff", "poweroff [STATUS]", "turn the machine off", poweroff_command},
    {"ps", "ps", "list the processes", ps_command},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int64_t help_command(struct shell *shell, int count, const char *const *words)
{
    (void)count, (void)words;
    for (size_t i = 0; i < COMMANDS; i++)
        write_format(shell->out, "%-20s %s\n", commands[i].usage, commands[i].what);
    write_text(shell->out,
               "NAME [ARGUMENT...]   run a program; `ls /files` lists them\n"
               "Commands are separated by `;`, words by blanks, '...' and \"...\" quote, $? is the "
               "last exit status.\n");
    return 0;
}

command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run;
    }
    return NULL;
}
