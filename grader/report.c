/* Reports: for people on a terminal, for programs as JSON. */
#include "grade.h"

#include "command.h"
#include "trace.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *paint(bool colour, const char *code)
{
    return colour ? code : "";
}

/* The number of a lab: "02" of "02-frames". */
static void lab_number(const struct case_file *file, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)strcspn(file->name, "-"), file->name);
}

void report_again(const struct grade *grade, uint64_t seed, char *text, size_t size)
{
    char lab[32];

    lab_number(grade->file, lab, sizeof(lab));
    if (grade->file->is_lab)
        snprintf(text, size, "make grade LAB=%s SEED=%llu", lab, (unsigned long long)seed);
    else
        snprintf(text, size, "make grade LAB=%s SEED=%llu", grade->file->folder,
                 (unsigned long long)seed);
}

void report_look(const struct grade *grade, uint64_t seed, uint64_t tick, char *text, size_t size)
{
    char lab[32];

    lab_number(grade->file, lab, sizeof(lab));
    snprintf(text, size, "make gdb LAB=%s SEED=%llu STOP=%llu",
             grade->file->is_lab ? lab : grade->file->folder, (unsigned long long)seed,
             (unsigned long long)tick);
}

static void event_print(const struct grade_line *line, unsigned index, char *text, size_t size)
{
    const struct finding *finding = &line->judgement->findings[line->finding];
    const char *actor = line->judgement->actors[line->finding][index];
    char record[256];

    trace_print(&finding->events[index], record, sizeof(record));
    snprintf(text, size, "%s%s%s", record, actor[0] != '\0' ? "  by " : "", actor);
}

static void print_failure(const struct grade *grade, const struct grade_line *line, FILE *to)
{
    char text[400];

    if (line->judgement != NULL) {
        const struct judgement *judgement = line->judgement;
        const struct finding *finding = &judgement->findings[line->finding];

        for (unsigned i = 0; i < finding->events_count; i++) {
            event_print(line, i, text, sizeof(text));
            fprintf(to, "          %s\n", text);
        }
        if (judgement->verdict != VERDICT_WRONG && judgement->verdict != VERDICT_PASS)
            fprintf(to, "          the machine: %s: %s%s%s\n", verdict_name(judgement->verdict),
                    judgement->run.detail, judgement->run.where[0] != '\0' ? ", in " : "",
                    judgement->run.where);
    }
    if (line->says[0] != '\0' || line->see[0] != '\0')
        fprintf(to, "          %s%s%s%s%s\n", line->says, line->says[0] != '\0' ? " " : "",
                line->see[0] != '\0' ? "See the handbook, \"" : "", line->see,
                line->see[0] != '\0' ? "\"." : "");
    if (line->judgement != NULL) {
        uint64_t tick = line->judgement->findings[line->finding].tick;

        report_again(grade, line->judgement->seed, text, sizeof(text));
        fprintf(to, "        again:  %s\n", text);
        report_look(grade, line->judgement->seed, tick != 0 ? tick : line->judgement->run.tick,
                    text, sizeof(text));
        fprintf(to, "        look:   %s\n", text);
    }
}

static void print_line(const struct grade *grade, const struct grade_line *line, FILE *to,
                       bool colour)
{
    static const char *const words[] = {"ok  ", "FAIL", "--  "};
    static const char *const codes[] = {"\033[32m", "\033[1;31m", "\033[33m"};
    char points[32] = "";

    if (line->points > 0)
        snprintf(points, sizeof(points), "%u/%u", line->earned, line->points);
    fprintf(to, "  %s%s%s  %-20s %-7s %s%s%s\n", paint(colour, codes[line->state]),
            words[line->state], paint(colour, "\033[m"), line->name, points,
            line->state == PROPERTY_NOT_RUN ? "not run (" : "",
            line->state == PROPERTY_OK ? line->says : line->text,
            line->state == PROPERTY_NOT_RUN ? ")" : "");
    if (line->state == PROPERTY_FAILED)
        print_failure(grade, line, to);
}

void report_print(const struct grade *grade, FILE *to, bool colour)
{
    char head[200];

    snprintf(head, sizeof(head), "%s %s", grade->file->is_lab ? "lab" : "test", grade->file->name);
    if (grade->refused || grade->infrastructure) {
        fprintf(to, "%s: %snot graded%s: %s\n", head, paint(colour, "\033[33m"),
                paint(colour, "\033[m"), grade->why);
        return;
    }
    fprintf(to, "%s%-50s%s %u/100\n", paint(colour, "\033[1m"), head, paint(colour, "\033[m"),
            grade->score);
    for (size_t i = 0; i < grade->lines_count; i++)
        print_line(grade, &grade->lines[i], to, colour);
}

static json_t *text_or_null(const char *text)
{
    json_t *made = text[0] != '\0' ? json_string(text) : json_null();

    /* What a guest printed need not be text. */
    return made != NULL ? made : json_string("?");
}

static json_t *json_of_judgement(const struct judgement *judgement)
{
    char trace[32], console[32];

    snprintf(trace, sizeof(trace), "%016llx", (unsigned long long)judgement->trace_hash);
    snprintf(console, sizeof(console), "%016llx", (unsigned long long)judgement->console_hash);
    return json_pack(
        "{s:I, s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:s, s:s, s:o}", "seed",
        (json_int_t)judgement->seed, "verdict", verdict_name(judgement->verdict), "memory_mib",
        (json_int_t)judgement->memory_mib, "ips", (json_int_t)judgement->ips, "end",
        session_end_name(judgement->run.end), "status", (json_int_t)judgement->run.status, "tick",
        (json_int_t)judgement->run.tick, "records", (json_int_t)judgement->records, "trace", trace,
        "console", console, "detail", text_or_null(judgement->run.detail));
}

static json_t *json_of_line(const struct grade *grade, const struct grade_line *line)
{
    static const char *const states[] = {"ok", "failed", "not run"};
    json_t *events = json_array();
    json_t *made;
    char text[400];

    for (unsigned i = 0;
         line->judgement != NULL && i < line->judgement->findings[line->finding].events_count;
         i++) {
        event_print(line, i, text, sizeof(text));
        json_array_append_new(
            events, json_pack("{s:I, s:s}", "tick",
                              (json_int_t)line->judgement->findings[line->finding].events[i].tick,
                              "text", text));
    }
    made = json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:o}", "name", line->name, "state",
                     states[line->state], "points", (int)line->points, "earned", (int)line->earned,
                     "see", text_or_null(line->see), "says", text_or_null(line->says), "why",
                     text_or_null(line->text), "events", events);
    if (line->judgement != NULL && line->state == PROPERTY_FAILED) {
        uint64_t tick = line->judgement->findings[line->finding].tick;

        json_object_set_new(made, "seed", json_integer((json_int_t)line->judgement->seed));
        report_again(grade, line->judgement->seed, text, sizeof(text));
        json_object_set_new(made, "again", json_string(text));
        report_look(grade, line->judgement->seed, tick != 0 ? tick : line->judgement->run.tick,
                    text, sizeof(text));
        json_object_set_new(made, "look", json_string(text));
    }
    return made;
}

int report_json(const struct grade *grade, const char *path)
{
    json_t *seeds = json_array(), *properties = json_array();
    bool graded = !grade->refused && !grade->infrastructure;
    json_t *root;
    int result;

    for (size_t i = 0; grade->judgements != NULL && i < grade->seeds_count; i++)
        json_array_append_new(seeds, json_of_judgement(&grade->judgements[i]));
    for (size_t i = 0; i < grade->lines_count; i++)
        json_array_append_new(properties, json_of_line(grade, &grade->lines[i]));
    root = json_pack("{s:s, s:s, s:o, s:o, s:i, s:i, s:o, s:o}", "case", grade->file->name, "title",
                     grade->file->title, "score", graded ? json_integer(grade->score) : json_null(),
                     "not_graded", text_or_null(graded ? "" : grade->why), "earned",
                     (int)grade->earned, "points", (int)grade->points, "properties", properties,
                     "seeds", seeds);
    result = root != NULL ? json_dump_file(root, path, JSON_INDENT(2)) : -1;
    json_decref(root);
    return result;
}

int report_forms(const char *report, const char *runs, const char *const *files)
{
    static const char *const options[REPORT_FORMS] = {"--junit", "--gradescope", "--html"};
    const char *command[6 + 2 * REPORT_FORMS] = {"python3", "grader/reports/reports.py", report,
                                                 "--runs", runs};
    size_t used = 5;
    char line[300], *log;
    int status;

    for (size_t i = 0; i < REPORT_FORMS; i++) {
        if (files[i] == NULL)
            continue;
        command[used++] = options[i];
        command[used++] = files[i];
    }
    if (used == 5)
        return 0;
    if (asprintf(&log, "%s/reports.log", runs) < 0)
        abort();
    status = command_run(command, NULL, log, 60);
    if (status != 0) {
        command_telling_line(log, line, sizeof(line));
        fprintf(stderr, "orrery-grade: %s\n", line);
    }
    free(log);
    return status == 0 ? 0 : -1;
}
