/* Words of a line: see words.h. */
#include "programs/shell/words.h"

#include "libsys/format.h"
#include "libsys/text.h"

struct splitter {
    struct words *words;
    const char *line;
    size_t place;
    size_t used; /* bytes of words->text */
    int64_t status;
    struct words_error *error;
};

static bool fail(struct splitter *s, size_t place, const char *message)
{
    s->error->column = place + 1;
    s->error->message = message;
    return false;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static bool character_add(struct splitter *s, char character)
{
    if (s->used == WORDS_SIZE)
        return fail(s, s->place, "the command is too long");
    s->words->text[s->used++] = character;
    return true;
}

/* What a `$` stands for: the status if it is `$?`, otherwise itself. */
static bool dollar_add(struct splitter *s)
{
    char number[24];

    s->place++;
    if (s->line[s->place] != '?')
        return character_add(s, '$');
    s->place++;
    format_text(number, sizeof(number), "%ld", s->status);
    for (const char *digit = number; *digit != 0; digit++) {
        if (!character_add(s, *digit))
            return false;
    }
    return true;
}

/* From one quote to the next of its kind. */
static bool quoted_add(struct splitter *s)
{
    size_t start = s->place;
    char quote = s->line[s->place++];

    while (s->line[s->place] != quote) {
        char next = s->line[s->place];
        bool good;

        if (next == 0)
            return fail(s, start, "this quote is never closed");
        if (quote == '"' && next == '\\' && s->line[s->place + 1] != 0 &&
            strchr("\"\\$", s->line[s->place + 1])) {
            good = character_add(s, s->line[s->place + 1]);
            s->place += 2;
        } else if (quote == '"' && next == '$') {
            good = dollar_add(s);
        } else {
            good = character_add(s, next);
            s->place++;
        }
        if (!good)
            return false;
    }
    s->place++;
    return true;
}

static bool word_add(struct splitter *s)
{
    if (s->words->count == WORDS_MAX)
        return fail(s, s->place, "the command has too many words");
    s->words->word[s->words->count++] = s->words->text + s->used;
    while (s->line[s->place] != 0 && s->line[s->place] != ';' && !is_blank(s->line[s->place])) {
        char next = s->line[s->place];
        bool good;

        if (next == '\'' || next == '"') {
            good = quoted_add(s);
        } else if (next == '$') {
            good = dollar_add(s);
        } else {
            if (next == '\\' && s->line[s->place + 1] != 0)
                s->place++;
            good = character_add(s, s->line[s->place]);
            s->place++;
        }
        if (!good)
            return false;
    }
    return character_add(s, 0);
}

bool words_next(struct words *words, const char *line, size_t *place, int64_t status,
                struct words_error *error)
{
    struct splitter s = {
        .words = words, .line = line, .place = *place, .status = status, .error = error};

    words->count = 0;
    for (;;) {
        while (is_blank(line[s.place]))
            s.place++;
        if (line[s.place] == '#')
            s.place += strlen(line + s.place);
        if (line[s.place] == 0 || line[s.place] == ';')
            break;
        if (!word_add(&s))
            return false;
    }
    words->word[words->count] = NULL;
    *place = s.place + (line[s.place] == ';');
    return true;
}

bool words_check(const char *line, struct words_error *error)
{
    struct words words;
    size_t place = 0;

    while (line[place] != 0) {
        /* The longest status there is: what fits now fits later. */
        if (!words_next(&words, line, &place, INT64_MIN, error))
            return false;
    }
    return true;
}
