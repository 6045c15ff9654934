/* Observations, as observe.h tells. */
#include "observe.h"

#include "sites.h"

#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_SIZE = 16 };

/* One observe clause and what has been seen for it. */
struct seen {
    struct observer *observer;
    const struct clause *clause;
    uint64_t hits;
    bool decided;        /* nothing that comes can change it */
    uint64_t first_tick; /* of a port access at the level that is wanted */
    uint64_t variable;   /* address of the one to look at */
    struct observed observed;
};

struct observer {
    char *build;
    struct seen *seen;
    size_t seen_count;
    struct session_watch *watches;
    size_t watch_count;
};

__attribute__((format(printf, 3, 4))) static void decide(struct seen *seen, uint64_t tick,
                                                         const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(seen->observed.text, sizeof(seen->observed.text), format, arguments);
    va_end(arguments);
    seen->observed.holds = false;
    seen->observed.tick = tick;
    seen->decided = true;
}

static char *program_path(const struct observer *observer, const char *program)
{
    char *path;

    if ((program == NULL
             ? asprintf(&path, "%s/kernel/kernel.elf", observer->build)
             : asprintf(&path, "%s/programs/%s/%s.elf", observer->build, program, program)) < 0)
        abort();
    return path;
}

static void see_memory(struct seen *seen, struct bochs *bochs)
{
    const struct observation *wanted = &seen->clause->observation;
    uint8_t expected[4096] = {0}, found[4096];
    char text[3 * 32 + 4] = "";

    seen->decided = true;
    if (wanted->text != NULL)
        memcpy(expected, wanted->text, strnlen(wanted->text, wanted->size));
    else
        memcpy(expected, &wanted->number, wanted->size);
    if (bochs_read_linear(bochs, seen->variable, found, wanted->size) != 0) {
        decide(seen, bochs_tick(bochs), "%s cannot be read: %s", wanted->variable,
               bochs_error(bochs));
        return;
    }
    if (memcmp(expected, found, wanted->size) == 0) {
        seen->observed.holds = true;
        return;
    }
    for (uint64_t i = 0; i < wanted->size && i < 32 && !wanted->is_answer; i++)
        snprintf(text + i * 3, sizeof(text) - i * 3, "%02x ", found[i]);
    decide(seen, bochs_tick(bochs), "at %s, %s holds %snot what %s", wanted->symbol,
           wanted->variable, text, wanted->is_answer ? "the answer says" : "it should");
}

static void see_level(struct seen *seen, struct session *session,
                      const struct bochs_registers *registers)
{
    const struct observation *wanted = &seen->clause->observation;

    if (registers->cpl == wanted->number)
        seen->observed.holds = true;
    else
        decide(seen, bochs_tick(session_bochs(session)),
               "%s runs at privilege level %u, not %" PRIu64, wanted->symbol, registers->cpl,
               wanted->number);
}

/* From the first access at the level that is wanted on, there must be no other. The order in which
 * runs see the places is not that of time: so notes the first of the one and the last of the other.
 */
static void see_port(struct seen *seen, struct session *session,
                     const struct bochs_registers *registers, int32_t port)
{
    const struct observation *wanted = &seen->clause->observation;
    uint64_t tick = bochs_tick(session_bochs(session));

    if (registers->cpl == wanted->number) {
        if (seen->first_tick == 0 || tick < seen->first_tick)
            seen->first_tick = tick;
    } else if (tick > seen->observed.tick) {
        seen->observed.tick = tick;
        snprintf(seen->observed.text, sizeof(seen->observed.text),
                 "port 0x%x was accessed at 0x%" PRIx64 " from privilege level %u, not %" PRIu64,
                 (unsigned)port, registers->rip, registers->cpl, wanted->number);
    }
    seen->observed.holds = seen->first_tick != 0 && seen->observed.tick < seen->first_tick;
}

/* User programs share addresses: whether the one that stopped is the one that is meant shows in the
 * code that lies there. */
struct place {
    struct seen *seen;
    uint8_t code[CODE_SIZE];
    size_t code_size; /* 0: any */
};

/* Whether the code of the place is what lies at RIP. */
static bool is_here(const struct place *place, struct bochs *bochs, uint64_t rip)
{
    uint8_t code[CODE_SIZE];

    return place->code_size == 0 || (bochs_read_linear(bochs, rip, code, place->code_size) == 0 &&
                                     memcmp(code, place->code, place->code_size) == 0);
}

static int stopped(void *context, struct session *session)
{
    struct place *place = context;
    struct seen *seen = place->seen;
    const struct observation *wanted = &seen->clause->observation;
    struct bochs *bochs = session_bochs(session);
    struct bochs_registers registers;
    int32_t port = 0;

    if (seen->decided || bochs_general_registers(bochs, &registers) != 0)
        return 0;
    if (wanted->kind == OBSERVE_PORT) {
        port = site_port(place->code, registers.rdx);
        if (port < 0 || (uint64_t)port < wanted->low || (uint64_t)port > wanted->high)
            return 0;
    }
    if (!is_here(place, bochs, registers.rip) || bochs_registers(bochs, &registers) != 0)
        return 0;
    seen->hits++;
    if (wanted->kind == OBSERVE_CPL)
        see_level(seen, session, &registers);
    else if (wanted->kind == OBSERVE_MEMORY)
        see_memory(seen, bochs);
    else
        see_port(seen, session, &registers, port);
    return 0;
}

static struct place *watch_add(struct observer *observer, struct seen *seen, uint64_t address)
{
    struct place *place = calloc(1, sizeof(*place));

    observer->watches =
        realloc(observer->watches, (observer->watch_count + 1) * sizeof(observer->watches[0]));
    if (observer->watches == NULL || place == NULL)
        abort();
    place->seen = seen;
    observer->watches[observer->watch_count++] =
        (struct session_watch){.address = address, .stopped = stopped, .context = place};
    return place;
}

static void watch_symbol(struct observer *observer, struct seen *seen)
{
    const struct observation *wanted = &seen->clause->observation;
    char *path = program_path(observer, wanted->program);
    struct symbols *symbols = symbols_open(path, seen->observed.text, sizeof(seen->observed.text));
    uint64_t address;

    free(path);
    if (symbols == NULL) {
        seen->decided = true;
        return;
    }
    if (symbols_find(symbols, wanted->symbol, &address) != 0) {
        decide(seen, 0, "there is no symbol %s", wanted->symbol);
    } else if (wanted->variable != NULL &&
               symbols_find(symbols, wanted->variable, &seen->variable) != 0) {
        decide(seen, 0, "there is no variable %s", wanted->variable);
    } else {
        struct place *place = watch_add(observer, seen, address);

        if (wanted->program != NULL)
            place->code_size = symbols_bytes(symbols, address, place->code, CODE_SIZE);
    }
    symbols_close(symbols);
}

/* All instructions that access ports, in one program file. */
static void watch_port_sites(struct observer *observer, struct seen *seen, const char *path)
{
    const struct observation *wanted = &seen->clause->observation;
    struct symbols *symbols = symbols_open(path, seen->observed.text, sizeof(seen->observed.text));
    uint64_t *sites = NULL;
    size_t count = 0;

    seen->observed.text[0] = '\0';
    if (symbols == NULL)
        return;
    sites_of_ports(path, &sites, &count);
    for (size_t i = 0; i < count; i++) {
        uint8_t code[2];

        if (symbols_bytes(symbols, sites[i], code, sizeof(code)) != sizeof(code) ||
            !site_can_reach(code, wanted->low, wanted->high))
            continue;

        struct place *place = watch_add(observer, seen, sites[i]);

        memcpy(place->code, code, sizeof(code));
        place->code_size = sizeof(code);
    }
    free(sites);
    symbols_close(symbols);
}

/* In the kernel, and in one program or all. */
static void watch_ports(struct observer *observer, struct seen *seen)
{
    const char *program = seen->clause->observation.program;
    char *kernel = program_path(observer, NULL);
    char *programs = program != NULL ? program_path(observer, program) : NULL;
    glob_t found;

    if (programs == NULL && asprintf(&programs, "%s/programs/*/*.elf", observer->build) < 0)
        abort();
    watch_port_sites(observer, seen, kernel);
    if (glob(programs, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            watch_port_sites(observer, seen, found.gl_pathv[i]);
        globfree(&found);
    }
    free(kernel);
    free(programs);
}

struct observer *observer_open(const struct spec *spec, const char *build)
{
    struct observer *observer = calloc(1, sizeof(*observer));

    if (observer == NULL)
        abort();
    observer->build = strdup(build);
    for (const struct property *p = spec->properties; p != NULL; p = p->next)
        for (const struct clause *c = p->clauses; c != NULL; c = c->next)
            observer->seen_count += c->kind == CLAUSE_OBSERVE;
    observer->seen = calloc(observer->seen_count + 1, sizeof(observer->seen[0]));
    if (observer->seen == NULL)
        abort();

    struct seen *seen = observer->seen;

    for (const struct property *p = spec->properties; p != NULL; p = p->next) {
        for (const struct clause *c = p->clauses; c != NULL; c = c->next) {
            if (c->kind != CLAUSE_OBSERVE)
                continue;
            *seen = (struct seen){.observer = observer, .clause = c};
            if (c->observation.kind == OBSERVE_PORT)
                watch_ports(observer, seen);
            else
                watch_symbol(observer, seen);
            seen++;
        }
    }
    return observer;
}

void observer_close(struct observer *observer)
{
    for (size_t i = 0; i < observer->watch_count; i++)
        free(observer->watches[i].context);
    free(observer->watches);
    free(observer->seen);
    free(observer->build);
    free(observer);
}

size_t observer_passes(const struct observer *observer)
{
    size_t passes = (observer->watch_count + SESSION_WATCHES - 1) / SESSION_WATCHES;

    return passes > 0 ? passes : 1;
}

size_t observer_watches(struct observer *observer, size_t pass, struct session_watch **watches)
{
    size_t first = pass * SESSION_WATCHES;
    size_t left = observer->watch_count > first ? observer->watch_count - first : 0;

    *watches = observer->watches + first;
    return left < SESSION_WATCHES ? left : SESSION_WATCHES;
}

void observer_tell(void *context, const struct clause *clause, struct observed *observed)
{
    struct observer *observer = context;

    for (size_t i = 0; i < observer->seen_count; i++) {
        struct seen *seen = &observer->seen[i];

        if (seen->clause != clause)
            continue;
        *observed = seen->observed;
        if (!seen->observed.holds && !seen->decided && seen->observed.tick == 0)
            snprintf(observed->text, sizeof(observed->text), "%s was never %s",
                     clause->observation.kind == OBSERVE_PORT ? "such a port"
                                                              : clause->observation.symbol,
                     clause->observation.kind == OBSERVE_PORT ? "accessed" : "reached");
    }
}
