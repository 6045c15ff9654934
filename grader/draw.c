/* What a seed chooses. The order in which values are drawn is part of what a seed means. */
#include "case.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t choose(const struct strings *choices, uint64_t *state, uint64_t fallback)
{
    uint64_t drawn = random_next(state);

    if (choices->count == 0)
        return fallback;
    return strtoull(choices->first[drawn % choices->count], NULL, 10);
}

static char *draw_letters(const struct case_payload *payload, uint64_t *state)
{
    const char *letters =
        payload->kind == PAYLOAD_HEX ? "0123456789abcdef" : "abcdefghijklmnopqrstuvwxyz";
    char *text = calloc(payload->low + 1, 1);

    if (text == NULL)
        abort();
    for (uint64_t i = 0; i < payload->low; i++)
        text[i] = letters[random_next(state) % strlen(letters)];
    return text;
}

static char *draw_number(struct payload *to, uint64_t number)
{
    char *text;

    to->number = number;
    to->is_number = true;
    if (asprintf(&text, "%llu", (unsigned long long)number) < 0)
        abort();
    return text;
}

/* What the student found for this seed; 0 if there is nothing. Takes no number of the sequence. */
static char *draw_answer(const struct case_file *file, const struct case_payload *from,
                         uint64_t seed, struct payload *to)
{
    uint64_t number = 0;
    char *path;

    if (asprintf(&path, "%s/%s", file->root, from->path) < 0)
        abort();
    answer_find(path, seed, &number);
    free(path);
    to->is_answer = true;
    return draw_number(to, number);
}

static void draw_payload(const struct case_file *file, size_t index, uint64_t *state,
                         struct draw *draw)
{
    const struct case_payload *from = &file->payloads[index];
    struct payload *to = &draw->values[index];
    char *text = NULL;

    *to = (struct payload){.name = from->name};
    if (from->kind == PAYLOAD_NUMBER) {
        uint64_t span = from->high - from->low + 1;

        text = draw_number(to, from->low +
                                   (span != 0 ? random_next(state) % span : random_next(state)));
    } else if (from->kind == PAYLOAD_CHOICE) {
        text = strdup(from->choices.first[random_next(state) % from->choices.count]);
        to->number = strtoull(text, NULL, 0);
    } else if (from->kind == PAYLOAD_ANSWER) {
        text = draw_answer(file, from, draw->seed, to);
    } else {
        text = draw_letters(from, state);
        to->number = from->kind == PAYLOAD_HEX ? strtoull(text, NULL, 16) : 0;
    }
    to->text = text;
}

void draw_make(const struct case_file *file, uint64_t seed, struct draw *draw)
{
    uint64_t state = seed;

    *draw = (struct draw){.seed = seed};
    draw->memory_mib = (unsigned)choose(&file->memory, &state, 128);
    draw->ips = choose(&file->ips, &state, 50000000);
    draw->values = calloc(file->payloads_count + 1, sizeof(draw->values[0]));
    if (draw->values == NULL)
        abort();
    for (size_t i = 0; i < file->payloads_count; i++)
        draw_payload(file, i, &state, draw);
    draw->values[file->payloads_count].name = "memory";
    draw->values[file->payloads_count].text =
        draw_number(&draw->values[file->payloads_count], draw->memory_mib);
    draw->payloads = (struct payloads){draw->values, file->payloads_count + 1};
}

void draw_free(struct draw *draw)
{
    for (size_t i = 0; i < draw->payloads.count; i++)
        free((char *)draw->values[i].text);
    free(draw->values);
}

char *draw_substitute(const struct draw *draw, const char *text)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);

    if (out == NULL)
        abort();
    while (*text != '\0') {
        const char *end = text + 1;
        const struct payload *payload = NULL;

        if (*text == '@') {
            while (isalnum((unsigned char)*end) || *end == '_')
                end++;
            payload = payload_find(&draw->payloads, text + 1, (size_t)(end - text - 1));
        }
        if (payload != NULL) {
            fputs(payload->text, out);
            text = end;
        } else {
            fputc(*text++, out);
        }
    }
    fclose(out);
    return bytes;
}
