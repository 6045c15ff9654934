/*
 * The shell: reads lines from `in`, runs their commands, writes to `out`. It reaches everything
 * else through the table `root` that it was given.
 *
 * A line goes on when the console is gone: writes that fail do not stop it. When `in` ends, the
 * shell does, with the status of the last command.
 */
#include "programs/shell/editor.h"
#include "programs/shell/shell.h"
#include "programs/shell/words.h"

#define BANNER                                                                                     \
    "Orrery\n"                                                                                     \
    "A microkernel system that you can watch turn. `help` lists commands.\n"
#define PROMPT "orrery> "

/* What the editor shows is gathered, so that one read is answered by one write. */
struct screen {
    uint32_t out;
    size_t length;
    char bytes[512];
};

static void screen_flush(struct screen *screen)
{
    write_all(screen->out, screen->bytes, screen->length);
    screen->length = 0;
}

static void screen_put(void *context, const char *bytes, size_t length)
{
    struct screen *screen = context;

    for (size_t i = 0; i < length; i++) {
        screen->bytes[screen->length++] = bytes[i];
        if (screen->length == sizeof(screen->bytes))
            screen_flush(screen);
    }
}

static void command_run(struct shell *shell, const struct words *words)
{
    command *found = command_find(words->word[0]);

    if (!found)
        found = program_run;
    shell->status = found(shell, words->count, words->word);
}

static void line_run(struct shell *shell, const char *line)
{
    static struct words words;
    struct words_error error;
    size_t place = 0;

    if (!words_check(line, &error)) {
        write_format(shell->out, "column %zu: %s\n", error.column, error.message);
        shell->status = STATUS_USAGE;
        return;
    }
    while (!shell->ended && line[place] != 0 &&
           words_next(&words, line, &place, shell->status, &error)) {
        if (words.count != 0)
            command_run(shell, &words);
    }
}

/* Take what was typed; false when the input has ended. */
static bool input_take(struct shell *shell, struct editor *editor, struct screen *screen,
                       const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && !shell->ended; i++) {
        enum editor_event event = editor_feed(editor, bytes[i]);

        if (event == EDITOR_MORE)
            continue;
        screen_flush(screen);
        if (event == EDITOR_END)
            return false;
        line_run(shell, editor->line);
        if (!shell->ended)
            editor_begin(editor);
    }
    screen_flush(screen);
    return !shell->ended;
}

int main(void)
{
    static struct editor editor;
    static struct screen screen;
    struct shell shell = {
        .in = handle_named("in"), .out = handle_named("out"), .root = handle_named("root")};
    uint8_t bytes[256];
    int64_t got;

    screen.out = shell.out;
    editor_open(&editor, PROMPT, screen_put, &screen);
    screen_put(&screen, BANNER, strlen(BANNER));
    editor_begin(&editor);
    screen_flush(&screen);
    do {
        got = object_read(shell.in, bytes, sizeof(bytes), 0);
    } while (got > 0 && input_take(&shell, &editor, &screen, bytes, (size_t)got));
    return (int)shell.status;
}
