/* The file that tells init what to start: see conf.h. */
#include "programs/init/conf.h"

#include "abi/start.h"
#include "libsys/text.h"

static bool fail(struct conf_error *error, size_t column, const char *message)
{
    error->column = column;
    error->message = message;
    return false;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* The next word from *place on: terminated in place; null at the end of the line. */
static char *word_next(char *text, size_t *place)
{
    size_t start;

    while (is_blank(text[*place]))
        ++*place;
    if (text[*place] == 0 || text[*place] == '#')
        return NULL;
    start = *place;
    while (text[*place] != 0 && !is_blank(text[*place]))
        ++*place;
    if (text[*place] != 0)
        text[(*place)++] = 0;
    return text + start;
}

/* Names of handles and in the root table: short, and no path. */
static bool is_name(const char *word)
{
    size_t length = strlen(word);

    return length != 0 && length < HANDLE_NAME_SIZE && !strchr(word, '/') && !strchr(word, '=');
}

static bool name_add(struct conf_line *line, const char *name, size_t column,
                     struct conf_error *error)
{
    if (!is_name(name))
        return fail(error, column, "a name is 1 to 23 characters without '/' and '='");
    if (line->name_count == CONF_NAMES_MAX)
        return fail(error, column, "too many names on a line");
    line->names[line->name_count++] = name;
    return true;
}

static bool handle_add(struct conf_line *line, const char *name, const char *path, size_t column,
                       struct conf_error *error)
{
    if (!is_name(name))
        return fail(error, column, "a name is 1 to 23 characters without '/' and '='");
    if (*path == 0)
        return fail(error, column, "a path is missing after '='");
    for (size_t i = 0; i < line->handle_count; i++) {
        if (strcmp(line->handles[i].name, name) == 0)
            return fail(error, column, "this handle is given twice");
    }
    if (line->handle_count == CONF_HANDLES_MAX)
        return fail(error, column, "too many handles on a line");
    line->handles[line->handle_count++] = (struct conf_handle){name, path};
    return true;
}

static bool option_add(struct conf_line *line, char *word, size_t column, struct conf_error *error)
{
    char *value = strchr(word, '=');

    if (!value)
        return fail(error, column, "an option has the form NAME=VALUE");
    *value++ = 0;
    if (strcmp(word, "program") == 0) {
        line->program = value;
        return *value != 0 || fail(error, column, "a file's name is missing after '='");
    }
    if (strcmp(word, "publish") == 0)
        return name_add(line, value, column, error);
    if (strcmp(word, "argument") != 0)
        return handle_add(line, word, value, column, error);
    if (line->argument_count == CONF_ARGUMENTS_MAX)
        return fail(error, column, "too many arguments on a line");
    line->arguments[line->argument_count++] = value;
    return true;
}

static bool verb_find(const char *word, enum conf_verb *verb)
{
    static const char *const verbs[] = {
        [CONF_BIND] = "bind", [CONF_START] = "start", [CONF_MAIN] = "main"};

    for (enum conf_verb i = CONF_BIND; i <= CONF_MAIN; i++) {
        *verb = i;
        if (strcmp(word, verbs[i]) == 0)
            return true;
    }
    return false;
}

bool conf_parse(struct conf_line *line, const char *text, size_t length, struct conf_error *error)
{
    size_t place = 0;
    char *word;

    *line = (struct conf_line){.verb = CONF_NOTHING};
    if (length >= CONF_LINE_SIZE)
        return fail(error, CONF_LINE_SIZE, "the line is too long");
    memcpy(line->text, text, length);
    if (memchr(line->text, 0, length))
        return fail(error, strlen(line->text) + 1, "a zero byte has no place in a text");
    word = word_next(line->text, &place);
    if (!word)
        return true;
    if (!verb_find(word, &line->verb))
        return fail(error, (size_t)(word - line->text) + 1, "expected bind, start or main");
    if (line->verb != CONF_BIND) {
        line->name = line->program = word_next(line->text, &place);
        if (!line->name || !is_name(line->name))
            return fail(error, place + 1, "expected the name of a process");
    }
    while ((word = word_next(line->text, &place))) {
        size_t column = (size_t)(word - line->text) + 1;

        if (line->verb == CONF_BIND ? !name_add(line, word, column, error)
                                    : !option_add(line, word, column, error))
            return false;
    }
    return true;
}
