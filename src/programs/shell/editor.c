/* The shell's line editor: see editor.h. */
#include "programs/shell/editor.h"

#include "libsys/text.h"

#define CONTROL(letter) ((letter) - 'A' + 1)
#define ESCAPE          27
#define BACKSPACE       127

static void show(struct editor *editor, const char *text)
{
    editor->put(editor->context, text, strlen(text));
}

static void show_back(struct editor *editor, size_t count)
{
    while (count-- > 0)
        show(editor, "\b");
}

/* Show the line from the cursor on, wipe what `gone` characters left behind it, and come back. */
static void show_rest(struct editor *editor, size_t gone)
{
    editor->put(editor->context, editor->line + editor->cursor, editor->length - editor->cursor);
    for (size_t i = 0; i < gone; i++)
        show(editor, " ");
    show_back(editor, gone + editor->length - editor->cursor);
}

static void cursor_move(struct editor *editor, size_t place)
{
    if (place < editor->cursor)
        show_back(editor, editor->cursor - place);
    else
        editor->put(editor->context, editor->line + editor->cursor, place - editor->cursor);
    editor->cursor = place;
}

/* Delete from `place` to the cursor, or from the cursor to `place`. */
static void delete_to(struct editor *editor, size_t place)
{
    size_t start = place < editor->cursor ? place : editor->cursor;
    size_t end = place < editor->cursor ? editor->cursor : place;

    cursor_move(editor, start);
    memmove(editor->line + start, editor->line + end, editor->length - end + 1);
    editor->length -= end - start;
    show_rest(editor, end - start);
}

static void insert(struct editor *editor, char character)
{
    if (editor->length + 1 >= EDITOR_LINE_SIZE) {
        show(editor, "\a");
        return;
    }
    memmove(editor->line + editor->cursor + 1, editor->line + editor->cursor,
            editor->length - editor->cursor + 1);
    editor->line[editor->cursor] = character;
    editor->length++;
    editor->put(editor->context, &character, 1);
    editor->cursor++;
    if (editor->cursor != editor->length)
        show_rest(editor, 0);
}

/* Where the word before the cursor begins. */
static size_t word_start(const struct editor *editor)
{
    size_t place = editor->cursor;

    while (place > 0 && editor->line[place - 1] == ' ')
        place--;
    while (place > 0 && editor->line[place - 1] != ' ')
        place--;
    return place;
}

static char *history_line(struct editor *editor, uint32_t number)
{
    return editor->history[number % EDITOR_HISTORY];
}

static void history_add(struct editor *editor)
{
    if (editor->length == 0)
        return;
    if (editor->history_count != 0 &&
        strcmp(history_line(editor, editor->history_count - 1), editor->line) == 0)
        return;
    memcpy(history_line(editor, editor->history_count++), editor->line, editor->length + 1);
}

static void line_replace(struct editor *editor, const char *text)
{
    size_t before = editor->length;

    cursor_move(editor, 0);
    editor->length = strlen(text);
    memcpy(editor->line, text, editor->length + 1);
    show_rest(editor, before > editor->length ? before - editor->length : 0);
    cursor_move(editor, editor->length);
}

/* Show the line before or after the one shown, if there is one. */
static void history_go(struct editor *editor, bool earlier)
{
    uint32_t count = editor->history_count;
    uint32_t oldest = count > EDITOR_HISTORY ? count - EDITOR_HISTORY : 0;

    if (editor->history_place == (earlier ? oldest : count))
        return;
    if (editor->history_place == count)
        memcpy(editor->typed, editor->line, editor->length + 1);
    editor->history_place += earlier ? UINT32_MAX : 1;
    line_replace(editor, editor->history_place == count
                             ? editor->typed
                             : history_line(editor, editor->history_place));
}

void editor_open(struct editor *editor, const char *prompt,
                 void (*put)(void *context, const char *bytes, size_t length), void *context)
{
    memset(editor, 0, sizeof(*editor));
    editor->prompt = prompt;
    editor->put = put;
    editor->context = context;
}

void editor_begin(struct editor *editor)
{
    editor->length = editor->cursor = 0;
    editor->line[0] = 0;
    editor->history_place = editor->history_count;
    show(editor, editor->prompt);
}

static enum editor_event line_end(struct editor *editor)
{
    cursor_move(editor, editor->length);
    show(editor, "\n");
    history_add(editor);
    return EDITOR_LINE;
}

/* The last byte of an escape sequence: a key. */
static void key(struct editor *editor, uint8_t byte)
{
    if (byte == 'D' && editor->cursor > 0)
        cursor_move(editor, editor->cursor - 1);
    else if (byte == 'C' && editor->cursor < editor->length)
        cursor_move(editor, editor->cursor + 1);
    else if (byte == 'A' || byte == 'B')
        history_go(editor, byte == 'A');
    else if (byte == 'H' || (byte == '~' && (editor->escape_number % 6 == 1)))
        cursor_move(editor, 0);
    else if (byte == 'F' ||
             (byte == '~' && (editor->escape_number == 4 || editor->escape_number == 8)))
        cursor_move(editor, editor->length);
    else if (byte == '~' && editor->escape_number == 3 && editor->cursor < editor->length)
        delete_to(editor, editor->cursor + 1);
}

/* A byte within an escape sequence: ESC [ NUMBER LETTER, or ESC O LETTER. */
static void escape_feed(struct editor *editor, uint8_t byte)
{
    if (editor->escape == ESCAPE_START) {
        editor->escape = byte == '[' || byte == 'O' ? ESCAPE_BRACKET : ESCAPE_NONE;
        editor->escape_number = 0;
    } else if (byte >= '0' && byte <= '9') {
        editor->escape_number = (editor->escape_number * 10 + byte - '0') % 1000;
    } else if (byte >= '@') {
        editor->escape = ESCAPE_NONE;
        key(editor, byte);
    }
}

static void control(struct editor *editor, uint8_t byte)
{
    switch (byte) {
    case CONTROL('A'):
        cursor_move(editor, 0);
        break;
    case CONTROL('E'):
        cursor_move(editor, editor->length);
        break;
    case CONTROL('B'):
        key(editor, 'D');
        break;
    case CONTROL('F'):
        key(editor, 'C');
        break;
    case CONTROL('P'):
        key(editor, 'A');
        break;
    case CONTROL('N'):
        key(editor, 'B');
        break;
    case CONTROL('K'):
        delete_to(editor, editor->length);
        break;
    case CONTROL('U'):
        delete_to(editor, 0);
        break;
    case CONTROL('W'):
        delete_to(editor, word_start(editor));
        break;
    case CONTROL('H'):
    case BACKSPACE:
        if (editor->cursor > 0)
            delete_to(editor, editor->cursor - 1);
        break;
    case CONTROL('D'):
        if (editor->cursor < editor->length)
            delete_to(editor, editor->cursor + 1);
        break;
    case CONTROL('L'):
        show(editor, "\033[2J\033[H");
        show(editor, editor->prompt);
        show(editor, editor->line);
        show_back(editor, editor->length - editor->cursor);
        break;
    case CONTROL('C'):
        show(editor, "^C\n");
        editor_begin(editor);
        break;
    }
}

enum editor_event editor_feed(struct editor *editor, uint8_t byte)
{
    bool pair = byte == '\n' && editor->return_seen;

    editor->return_seen = byte == '\r';
    if (pair)
        return EDITOR_MORE;
    if (byte == '\r' || byte == '\n') {
        editor->escape = ESCAPE_NONE;
        return line_end(editor);
    }
    if (byte == ESCAPE)
        editor->escape = ESCAPE_START;
    else if (editor->escape != ESCAPE_NONE)
        escape_feed(editor, byte);
    else if (byte == CONTROL('D') && editor->length == 0)
        return EDITOR_END;
    else if (byte < ' ' || byte == BACKSPACE)
        control(editor, byte);
    else
        insert(editor, (char)byte);
    return EDITOR_MORE;
}
