/* Reading the configuration of a case. */
#include "case.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
    struct case_file *file;
    char *rest; /* of the line, behind the key */
    unsigned line;
    char *error;
};

__attribute__((format(printf, 2, 3))) static int fail(struct reader *reader, const char *format,
                                                      ...)
{
    va_list arguments;
    int used =
        snprintf(reader->error, CASE_ERROR_SIZE, "%s:%u: ", reader->file->path, reader->line);

    va_start(arguments, format);
    if (used >= 0 && used < CASE_ERROR_SIZE)
        vsnprintf(reader->error + used, (size_t)(CASE_ERROR_SIZE - used), format, arguments);
    va_end(arguments);
    return -1;
}

/* Room for one more element of an array of `count`. */
static void *grown(void *first, size_t count, size_t size)
{
    void *more = realloc(first, (count + 1) * size);

    if (more == NULL)
        abort();
    memset((char *)more + count * size, 0, size);
    return more;
}

static void strings_add(struct strings *strings, const char *text)
{
    strings->first = grown(strings->first, strings->count, sizeof(strings->first[0]));
    strings->first[strings->count++] = strdup(text);
}

static void strings_free(struct strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->first[i]);
    free(strings->first);
}

/* The next word of the line, or NULL. */
static char *word(struct reader *reader)
{
    char *start = reader->rest + strspn(reader->rest, " \t");
    char *end = start + strcspn(start, " \t");

    if (*start == '\0')
        return NULL;
    if (*end != '\0')
        *end++ = '\0';
    reader->rest = end;
    return start;
}

static int words(struct reader *reader, struct strings *strings, bool numbers)
{
    size_t before = strings->count;

    for (char *next; (next = word(reader)) != NULL;) {
        if (numbers && (next[strspn(next, "0123456789")] != '\0' || atoll(next) <= 0))
            return fail(reader, "not a number: %s", next);
        strings_add(strings, next);
    }
    return strings->count > before ? 0 : fail(reader, "a value is missing");
}

static int number(struct reader *reader, const char *text, uint64_t *value)
{
    char *end;

    if (text == NULL)
        return fail(reader, "a number is missing");
    errno = 0;
    *value = strtoull(text, &end, 0);
    if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0)
        return fail(reader, "not a number: %s", text);
    return 0;
}

static int set_text(struct reader *reader, char **text)
{
    reader->rest += strspn(reader->rest, " \t");
    if (*text != NULL)
        return fail(reader, "given twice");
    *text = strdup(reader->rest);
    return **text != '\0' ? 0 : fail(reader, "a value is missing");
}

/* NAME [points N] [see "..."] */
static int add_unit(struct reader *reader)
{
    struct case_file *file = reader->file;
    char *name = word(reader), *next;
    uint64_t points = 0;

    if (name == NULL)
        return fail(reader, "the name of a unit test is missing");
    file->units = grown(file->units, file->units_count, sizeof(file->units[0]));

    struct case_unit *unit = &file->units[file->units_count++];

    unit->name = strdup(name);
    unit->see = strdup("");
    while ((next = word(reader)) != NULL) {
        if (strcmp(next, "points") == 0) {
            if (number(reader, word(reader), &points) != 0)
                return -1;
        } else if (strcmp(next, "see") == 0) {
            char *start = strchr(reader->rest, '"');
            char *end = start != NULL ? strchr(start + 1, '"') : NULL;

            if (end == NULL)
                return fail(reader, "a text in quotes is missing after `see`");
            free(unit->see);
            unit->see = strndup(start + 1, (size_t)(end - start - 1));
            reader->rest = end + 1;
        } else {
            return fail(reader, "`points` or `see` expected, not %s", next);
        }
    }
    unit->points = (unsigned)points;
    return 0;
}

/* NAME TEXT, where \n is a line's end */
static int add_archive(struct reader *reader)
{
    struct case_file *file = reader->file;
    char *name = word(reader);

    if (name == NULL)
        return fail(reader, "the name of a file is missing");
    file->archives = grown(file->archives, file->archives_count, sizeof(file->archives[0]));

    struct case_archive *archive = &file->archives[file->archives_count++];
    char *to;

    archive->name = strdup(name);
    archive->text = strdup(reader->rest + strspn(reader->rest, " \t"));
    to = archive->text;
    for (const char *from = archive->text; *from != '\0'; from++)
        if (from[0] == '\\' && from[1] == 'n')
            *to++ = '\n', from++;
        else
            *to++ = *from;
    *to = '\0';
    return 0;
}

static int payload_range(struct reader *reader, struct case_payload *payload, char *text)
{
    char *dots = text != NULL ? strstr(text, "..") : NULL;

    if (dots == NULL)
        return fail(reader, "a number's bounds are missing: LOW..HIGH");
    *dots = '\0';
    if (number(reader, text, &payload->low) != 0 || number(reader, dots + 2, &payload->high) != 0)
        return -1;
    return payload->low <= payload->high ? 0 : fail(reader, "bounds the wrong way round");
}

static int add_payload(struct reader *reader)
{
    struct case_file *file = reader->file;
    char *name = word(reader), *kind = word(reader), *value = word(reader);

    if (value == NULL)
        return fail(reader, "payload NAME KIND VALUE");
    file->payloads = grown(file->payloads, file->payloads_count, sizeof(file->payloads[0]));

    struct case_payload *payload = &file->payloads[file->payloads_count++];

    payload->name = strdup(name);
    if (strcmp(kind, "number") == 0) {
        payload->kind = PAYLOAD_NUMBER;
        return payload_range(reader, payload, value);
    }
    if (strcmp(kind, "choice") == 0) {
        payload->kind = PAYLOAD_CHOICE;
        for (char *part = strtok(value, "|"); part != NULL; part = strtok(NULL, "|"))
            strings_add(&payload->choices, part);
        return payload->choices.count > 0 ? 0 : fail(reader, "nothing to choose from");
    }
    if (strcmp(kind, "answer") == 0) {
        payload->kind = PAYLOAD_ANSWER;
        payload->path = strdup(value);
        return 0;
    }
    if (strcmp(kind, "hex") != 0 && strcmp(kind, "word") != 0)
        return fail(reader, "no kind of payload: %s", kind);
    payload->kind = kind[0] == 'h' ? PAYLOAD_HEX : PAYLOAD_WORD;
    if (number(reader, value, &payload->low) != 0)
        return -1;
    return payload->low > 0 && payload->low <= 1024 ? 0 : fail(reader, "a length from 1 to 1024");
}

/* Keys with one number. Result: 1 if the key is none of them. */
static int set_number(struct reader *reader, const char *key)
{
    struct case_file *file = reader->file;
    uint64_t value;

    if (strcmp(key, "hours") != 0 && strcmp(key, "seeds") != 0 && strcmp(key, "ticks") != 0 &&
        strcmp(key, "quiet") != 0 && strcmp(key, "status") != 0)
        return 1;
    if (number(reader, word(reader), &value) != 0)
        return -1;
    if (key[0] == 'h') {
        file->hours = (unsigned)value;
    } else if (key[0] == 't') {
        file->ticks = value;
    } else if (key[0] == 'q') {
        file->quiet = value;
    } else if (strcmp(key, "status") == 0) {
        file->status = value;
        file->has_status = true;
    } else {
        file->seeds = (unsigned)value;
        if (value == 0 || value > 1000)
            return fail(reader, "from 1 to 1000 seeds");
    }
    return 0;
}

static int take_key(struct reader *reader, const char *key)
{
    struct case_file *file = reader->file;
    int result = set_number(reader, key);
    char *line = NULL;

    if (result <= 0)
        return result;
    if (strcmp(key, "title") == 0)
        return set_text(reader, &file->title);
    if (strcmp(key, "program") == 0)
        return set_text(reader, &file->program);
    if (strcmp(key, "last") == 0)
        return set_text(reader, &file->last);
    if (strcmp(key, "files") == 0)
        return words(reader, &file->files, false);
    if (strcmp(key, "programs") == 0)
        return words(reader, &file->programs, false);
    if (strcmp(key, "instructions") == 0)
        return words(reader, &file->instructions, false);
    if (strcmp(key, "memory") == 0)
        return words(reader, &file->memory, true);
    if (strcmp(key, "ips") == 0)
        return words(reader, &file->ips, true);
    if (strcmp(key, "unit") == 0)
        return add_unit(reader);
    if (strcmp(key, "archive") == 0)
        return add_archive(reader);
    if (strcmp(key, "payload") == 0)
        return add_payload(reader);
    if (strcmp(key, "arguments") == 0) {
        if (asprintf(&line, "arguments %s", reader->rest) < 0)
            abort();
        reader->rest = line;
        result = add_archive(reader);
        free(line);
        return result;
    }
    if (strcmp(key, "line") == 0) {
        strings_add(&file->lines, reader->rest + strspn(reader->rest, " \t"));
        return 0;
    }
    return fail(reader, "no key of this name: %s", key);
}

static int read_lines(struct reader *reader, FILE *from)
{
    char *line = NULL;
    size_t room = 0;
    int result = 0;

    while (result == 0 && getline(&line, &room, from) >= 0) {
        char *end = line + strcspn(line, "\n");
        char *key;

        reader->line++;
        while (end > line && isspace((unsigned char)end[-1]))
            end--;
        *end = '\0';
        reader->rest = line;
        if (line[strspn(line, " \t")] == '#' || (key = word(reader)) == NULL)
            continue;
        result = take_key(reader, key);
    }
    free(line);
    return result;
}

static char *read_whole(const char *path)
{
    char *bytes = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return NULL;
    if (getdelim(&bytes, &room, '\0', file) < 0) {
        free(bytes);
        bytes = strdup("");
    }
    fclose(file);
    return bytes;
}

static int check(struct reader *reader)
{
    struct case_file *file = reader->file;

    reader->line = 0;
    if (file->title == NULL)
        return fail(reader, "no title");
    if (file->is_lab && file->files.count == 0)
        return fail(reader, "a lab says which files a student may change");
    for (size_t i = 0; i < file->files.count; i++)
        if (file->files.first[i][0] == '/' || strstr(file->files.first[i], "..") != NULL)
            return fail(reader, "a path inside the tree is meant: %s", file->files.first[i]);
    return 0;
}

int case_read(struct case_file *file, const char *folder, char error[CASE_ERROR_SIZE])
{
    struct reader reader = {.file = file, .error = error};
    char path[4200];
    int result;

    *file = (struct case_file){.root = ".", .seeds = 1, .ticks = UINT64_C(5000000000)};
    file->folder = strdup(folder);
    while (strlen(file->folder) > 1 && file->folder[strlen(file->folder) - 1] == '/')
        file->folder[strlen(file->folder) - 1] = '\0';
    file->name =
        strdup(strrchr(file->folder, '/') != NULL ? strrchr(file->folder, '/') + 1 : file->folder);
    snprintf(path, sizeof(path), "%s/lab.conf", file->folder);
    file->is_lab = access(path, F_OK) == 0;
    if (!file->is_lab)
        snprintf(path, sizeof(path), "%s/test.conf", file->folder);
    file->path = strdup(path);

    FILE *from = fopen(path, "r");

    if (from == NULL) {
        snprintf(error, CASE_ERROR_SIZE, "%s: no lab.conf or test.conf there", folder);
        return -1;
    }
    result = read_lines(&reader, from);
    fclose(from);
    if (result != 0 || check(&reader) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/spec", file->folder);
    file->spec = read_whole(path);
    if (file->spec == NULL) {
        snprintf(error, CASE_ERROR_SIZE, "%.200s: %s", path, strerror(errno));
        return -1;
    }
    return 0;
}

void case_free(struct case_file *file)
{
    char *texts[] = {file->folder,  file->path, file->name, file->title,
                     file->program, file->last, file->spec};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    strings_free(&file->files);
    strings_free(&file->programs);
    strings_free(&file->lines);
    strings_free(&file->memory);
    strings_free(&file->ips);
    strings_free(&file->instructions);
    for (size_t i = 0; i < file->units_count; i++) {
        free(file->units[i].name);
        free(file->units[i].see);
    }
    for (size_t i = 0; i < file->archives_count; i++) {
        free(file->archives[i].name);
        free(file->archives[i].text);
    }
    for (size_t i = 0; i < file->payloads_count; i++) {
        free(file->payloads[i].name);
        free(file->payloads[i].path);
        strings_free(&file->payloads[i].choices);
    }
    free(file->units);
    free(file->archives);
    free(file->payloads);
}
