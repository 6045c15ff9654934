/* Judging one seed, as judge.h tells. */
#include "judge.h"

#include "command.h"
#include "observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ATTEMPTS = 3,      /* where the emulator fails */
    LAST_RECORDS = 16, /* looked at for a lack of memory */
    ACTORS = 4096,     /* threads and processes whose names are kept */
};

struct judge {
    const struct judge_options *options;
    struct match *match;
    char *console;
    size_t console_size;
    FILE *console_stream, *trace_stream;
    uint64_t records, hash, last_tick, none_at;
    uint32_t process_of[ACTORS]; /* by thread number */
    uint64_t name_of[ACTORS];    /* by process number, as the trace has it */
};

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"pass",
                                        "wrong",
                                        "hang",
                                        "livelock",
                                        "triple fault",
                                        "kernel panic",
                                        "out of resources",
                                        "infrastructure"};

    return names[verdict];
}

static uint64_t hash_add(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void take_console(void *context, const char *bytes, size_t size)
{
    struct judge *judge = context;

    fwrite(bytes, 1, size, judge->console_stream);
}

static void take_record(void *context, const struct trace_record *record)
{
    struct judge *judge = context;
    char text[256];

    judge->records++;
    judge->last_tick = record->tick;
    judge->hash = hash_add(judge->hash, record, sizeof(*record));
    if (record->event == TRACE_FRAME_NONE)
        judge->none_at = judge->records;
    if (record->event == TRACE_THREAD_CREATE && record->a < ACTORS)
        judge->process_of[record->a] = (uint32_t)record->b;
    if (record->event == TRACE_PROCESS_START && record->a < ACTORS)
        judge->name_of[record->a] = record->b;
    if (judge->trace_stream != NULL) {
        trace_print(record, text, sizeof(text));
        fprintf(judge->trace_stream, "%s\n", text);
    }
    match_feed(judge->match, record);
}

static enum verdict classify(const struct judge *judge, const struct session_result *run)
{
    const struct case_file *file = judge->options->file;
    bool active = judge->last_tick > run->tick - run->tick / 4;

    switch (run->end) {
    case SESSION_POWER_OFF:
        return file->has_status && run->status != file->status ? VERDICT_WRONG : VERDICT_PASS;
    case SESSION_HANG:
    case SESSION_QUIET:
        if (judge->none_at != 0 && judge->records - judge->none_at < LAST_RECORDS)
            return VERDICT_RESOURCES;
        return active ? VERDICT_LIVELOCK : VERDICT_HANG;
    case SESSION_PANIC:
        if (judge->none_at != 0 && judge->records - judge->none_at < LAST_RECORDS)
            return VERDICT_RESOURCES;
        return VERDICT_PANIC;
    case SESSION_TRIPLE_FAULT:
        return VERDICT_TRIPLE_FAULT;
    case SESSION_BAD_TRACE:
        return VERDICT_WRONG;
    default:
        return VERDICT_INFRASTRUCTURE;
    }
}

/* A panic's reason as the guest printed it says more than the place where it stopped. */
static void panic_explain(const struct judge *judge, struct session_result *run)
{
    static const char mark[] = "kernel panic: ";
    const char *found = memmem(judge->console, judge->console_size, mark, strlen(mark));

    if (run->end == SESSION_PANIC && found != NULL) {
        found += strlen(mark);
        snprintf(run->detail, sizeof(run->detail), "%.*s", (int)strcspn(found, "\r\n"), found);
    }
    if (run->end == SESSION_POWER_OFF && judge->options->file->has_status &&
        run->status != judge->options->file->status)
        snprintf(run->detail, sizeof(run->detail), "power-off status %llu, not %llu",
                 (unsigned long long)run->status, (unsigned long long)judge->options->file->status);
}

static void name_actors(const struct judge *judge, struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->findings_count; i++) {
        const struct finding *finding = &judgement->findings[i];

        for (unsigned j = 0; j < finding->events_count; j++) {
            uint32_t thread = finding->events[j].actor;
            char name[9] = "";

            if (thread < ACTORS && judge->process_of[thread] < ACTORS)
                memcpy(name, &judge->name_of[judge->process_of[thread]], 8);
            for (char *c = name; *c != '\0'; c++)
                if (*c < ' ' || *c > '~')
                    *c = '?';
            snprintf(judgement->actors[i][j], JUDGE_ACTOR_SIZE, "%s", name);
        }
    }
}

/* What the run came to, property by property. A run that ended in a bad way and yet shows all that
 * was asked for must not count as a good one. */
static void conclude(struct judge *judge, struct observer *observer, struct judgement *judgement)
{
    struct session_result *run = &judgement->run;
    bool all_hold = true;

    match_close(judge->match, judge->console, judge->console_size, observer_tell, observer,
                judgement->findings);
    judgement->verdict = classify(judge, run);
    panic_explain(judge, run);
    for (size_t i = 0; i < judgement->findings_count; i++)
        all_hold = all_hold && judgement->findings[i].state == PROPERTY_OK;
    for (size_t i = 0; i < judgement->findings_count; i++) {
        struct finding *finding = &judgement->findings[i];

        if (run->end != SESSION_BAD_TRACE && (!all_hold || judgement->verdict == VERDICT_PASS))
            continue;
        *finding = (struct finding){.state = PROPERTY_FAILED, .tick = run->tick};
        snprintf(finding->text, sizeof(finding->text), "%s: %s", verdict_name(judgement->verdict),
                 run->detail);
    }
    if (judgement->verdict == VERDICT_PASS && !all_hold)
        judgement->verdict = VERDICT_WRONG;
    judgement->records = judge->records;
    judgement->trace_hash = judge->hash;
    judgement->console_hash =
        hash_add(UINT64_C(0xcbf29ce484222325), judge->console, judge->console_size);
    name_actors(judge, judgement);
}

/* The typed lines, with payloads put in. */
static const char **lines_make(const struct case_file *file, const struct draw *draw)
{
    const char **lines = calloc(file->lines.count + 1, sizeof(lines[0]));

    if (lines == NULL)
        abort();
    for (size_t i = 0; i < file->lines.count; i++)
        lines[i] = draw_substitute(draw, file->lines.first[i]);
    return lines;
}

static void run_passes(struct judge *judge, struct observer *observer,
                       struct session_options *session, struct judgement *judgement)
{
    struct session_result again;

    session->watch_count = observer_watches(observer, 0, &session->watches);
    session_run(session, &judgement->run);
    fflush(judge->console_stream);
    session->console = NULL;
    session->record = NULL;
    for (size_t pass = 1; pass < observer_passes(observer); pass++) {
        session->watch_count = observer_watches(observer, pass, &session->watches);
        session_run(session, &again);
        if (again.end == SESSION_INFRASTRUCTURE)
            judgement->run = again;
    }
}

static void attempt(const struct judge_options *options, const struct draw *draw,
                    const struct spec *spec, struct judgement *judgement)
{
    struct judge *judge = calloc(1, sizeof(*judge));
    struct observer *observer = observer_open(spec, options->build);
    const char **lines = lines_make(options->file, draw);
    char kernel[4200];
    struct session_options session = {
        .machine = {.image = options->image, .memory_mib = draw->memory_mib, .ips = draw->ips},
        .kernel = kernel,
        .lines = lines,
        .last_line = options->file->last,
        .budget_ticks = options->file->ticks,
        .quiet_ticks = options->file->quiet,
        .trace = true,
        .console = take_console,
        .record = take_record,
        .context = judge,
    };

    if (judge == NULL)
        abort();
    snprintf(kernel, sizeof(kernel), "%s/kernel/kernel.elf", options->build);
    judge->options = options;
    judge->hash = UINT64_C(0xcbf29ce484222325);
    judge->match = match_open(spec);
    judge->console_stream = open_memstream(&judge->console, &judge->console_size);
    if (judge->console_stream == NULL)
        abort();
    if (options->trace_path != NULL)
        judge->trace_stream = fopen(options->trace_path, "w");
    run_passes(judge, observer, &session, judgement);
    conclude(judge, observer, judgement);
    if (judge->trace_stream != NULL)
        fclose(judge->trace_stream);
    fclose(judge->console_stream);
    if (options->console_path != NULL)
        file_write(options->console_path, judge->console);
    free(judge->console);
    free(judge);
    for (const char **line = lines; *line != NULL; line++)
        free((char *)*line);
    free(lines);
    observer_close(observer);
}

void judge_seed(const struct judge_options *options, struct judgement *judgement)
{
    char name[4200], error[SPEC_ERROR_SIZE];
    struct draw draw;
    struct spec spec;

    *judgement = (struct judgement){.seed = options->seed, .verdict = VERDICT_INFRASTRUCTURE};
    draw_make(options->file, options->seed, &draw);
    judgement->memory_mib = draw.memory_mib;
    judgement->ips = draw.ips;
    snprintf(name, sizeof(name), "%s/spec", options->file->folder);
    if (spec_parse(&spec, name, options->file->spec, &draw.payloads, error) != 0) {
        snprintf(judgement->run.detail, sizeof(judgement->run.detail), "%s", error);
        draw_free(&draw);
        return;
    }
    for (const struct property *p = spec.properties; p != NULL; p = p->next)
        judgement->findings_count++;
    if (judgement->findings_count > JUDGE_PROPERTIES) {
        snprintf(judgement->run.detail, sizeof(judgement->run.detail),
                 "%.200s: more than %d properties", name, JUDGE_PROPERTIES);
        judgement->findings_count = 0;
    }
    for (unsigned i = 0; i < ATTEMPTS && judgement->findings_count > 0; i++) {
        attempt(options, &draw, &spec, judgement);
        if (judgement->verdict != VERDICT_INFRASTRUCTURE)
            break;
    }
    spec_free(&spec);
    draw_free(&draw);
}
