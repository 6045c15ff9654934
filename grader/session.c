/* A run from start to end, as session.h tells. */
#include "names.h"
#include "session.h"
#include "sites.h"

#include "abi/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    IDLE_PLACES = 2,
    PROMPT_SIZE = 64,
    SLICES_A_SECOND = 100, /* of the guest's time */
    QUIET_IDLE_FACTOR = 4, /* a guest that sleeps costs us less, and may do so on purpose */
};

enum place { PLACE_POWER_OFF, PLACE_PANIC, PLACE_TRACE_FULL, PLACE_TRACE_INIT, PLACES };

static const char *const place_names[PLACES] = {NAME_POWER_OFF, NAME_PANIC, NAME_TRACE_FULL,
                                                NAME_TRACE_INIT};

struct session {
    const struct session_options *options;
    struct session_result *result;
    struct bochs *bochs;
    struct symbols *kernel;
    int places[2 * PLACES]; /* breakpoint of each, and of its second instruction; -1: none */
    int idle[IDLE_PLACES];  /* breakpoints where the processor goes to sleep */
    size_t idle_count;
    bool ended;

    struct trace_reader reader;
    uint64_t trace_pointer; /* addresses of the kernel's variables, 0: none */
    uint64_t trace_mask;
    uint64_t trace_physical; /* 0: not known yet */

    char tail[PROMPT_SIZE + 1]; /* the console's last bytes */
    size_t tail_size;
    bool heard;              /* something came since the last line was typed */
    uint64_t heard_tick;     /* when something came or went last */
    uint64_t idle_tick;      /* when the processor had nothing to do last */
    const char *const *next; /* line to type */
    const char *typing;      /* rest of the line being typed, NULL: none */
    bool last_line_typed;
    uint64_t typed_tick;
};

const char *session_end_name(enum session_end end)
{
    static const char *const names[] = {"power-off",    "panic",     "hang",    "quiet",
                                        "triple-fault", "bad-trace", "stopped", "infrastructure"};

    return names[end];
}

struct bochs *session_bochs(struct session *session)
{
    return session->bochs;
}

static void end(struct session *session, enum session_end how, const char *detail)
{
    session->result->end = how;
    session->ended = true;
    if (detail != NULL)
        snprintf(session->result->detail, sizeof(session->result->detail), "%s", detail);
}

static void end_by_failure(struct session *session)
{
    end(session, SESSION_INFRASTRUCTURE, bochs_error(session->bochs));
}

static int memory_read(void *context, uint64_t physical, void *buffer, size_t size)
{
    struct session *session = context;

    return bochs_read(session->bochs, physical, buffer, size);
}

/* Learns where the trace is. Result: false while there is none. */
static bool trace_locate(struct session *session)
{
    struct bochs_registers registers;
    uint64_t physical, pointer;

    if (session->trace_physical != 0)
        return true;
    if (session->trace_pointer == 0 || bochs_registers(session->bochs, &registers) != 0 ||
        (registers.cr0 >> 31 & 1) == 0 || (registers.efer & 0x400) == 0 ||
        bochs_translate(session->bochs, registers.cr3, session->trace_pointer, &physical) != 0 ||
        bochs_read(session->bochs, physical, &pointer, sizeof(pointer)) != 0 ||
        pointer < DIRECT_MAP_BASE || pointer - DIRECT_MAP_BASE >= DIRECT_MAP_SIZE)
        return false;
    session->trace_physical = pointer - DIRECT_MAP_BASE;
    return true;
}

/* The kernel is about to start its trace: it is to write all events. */
static void trace_turn_on(struct session *session)
{
    static const uint64_t all = UINT64_MAX;

    if (bochs_write_linear(session->bochs, session->trace_mask, &all, sizeof(all)) != 0)
        end_by_failure(session);
}

static void trace_read(struct session *session, bool required)
{
    if (session->options->record == NULL)
        return;
    if (!trace_locate(session)) {
        if (required && session->result->end == SESSION_POWER_OFF)
            end(session, SESSION_BAD_TRACE, "trace: the kernel never started one");
        return;
    }
    if (trace_take(&session->reader, session->trace_physical, session->options->record,
                   session->options->context) != 0 &&
        (!session->ended || session->result->end == SESSION_POWER_OFF))
        end(session, SESSION_BAD_TRACE, session->reader.error);
}

static void console_take(struct session *session)
{
    const char *bytes;
    ssize_t size = bochs_console_collect(session->bochs, &bytes);

    if (size < 0) {
        end_by_failure(session);
        return;
    }
    if (size == 0)
        return;
    session->heard = true;
    session->heard_tick = bochs_tick(session->bochs);
    if (session->options->console != NULL)
        session->options->console(session->options->context, bytes, (size_t)size);

    size_t keep = (size_t)size < PROMPT_SIZE ? (size_t)size : PROMPT_SIZE;
    size_t old = session->tail_size + keep > PROMPT_SIZE ? PROMPT_SIZE - keep : session->tail_size;

    memmove(session->tail, session->tail + session->tail_size - old, old);
    memcpy(session->tail + old, bytes + size - keep, keep);
    session->tail_size = old + keep;
    session->tail[session->tail_size] = '\0';
}

/* The prompt stands at the start of a line, and nothing after it. While the processor idles, its
 * last byte may still be on the line: nothing stops the machine once that has arrived. */
static bool prompt_waits(const struct session *session, bool idle)
{
    const char *prompt = session->options->prompt != NULL ? session->options->prompt : "orrery> ";
    size_t size = strlen(prompt);

    if (!session->heard || size >= PROMPT_SIZE)
        return false;
    for (size_t part = size; part > 0 && part + idle >= size; part--) {
        const char *start = session->tail + session->tail_size - part;

        if (session->tail_size >= part && memcmp(start, prompt, part) == 0 &&
            (start == session->tail || start[-1] == '\n'))
            return true;
    }
    return false;
}

static void next_line(struct session *session)
{
    if (session->next != NULL && *session->next != NULL) {
        session->typing = *session->next++;
    } else if (!session->last_line_typed) {
        session->typing = session->options->last_line;
        session->last_line_typed = true;
    }
}

/* Types the next byte if the guest took the one before. */
static void type(struct session *session, bool idle)
{
    uint64_t tick = bochs_tick(session->bochs);

    if (session->typing == NULL && prompt_waits(session, idle))
        next_line(session);
    if (session->typing == NULL ||
        (!idle && tick < session->typed_tick + bochs_byte_ticks(session->bochs)))
        return;

    char byte = *session->typing != '\0' ? *session->typing : '\n';
    int result = bochs_console_deliver(session->bochs, byte);

    if (result < 0)
        end_by_failure(session);
    if (result <= 0)
        return;
    session->typed_tick = session->heard_tick = tick;
    session->heard = false;
    session->typing = *session->typing != '\0' ? session->typing + 1 : NULL;
}

static void describe_place(struct session *session)
{
    struct bochs_registers registers;

    if (bochs_registers(session->bochs, &registers) == 0)
        symbols_describe(session->kernel, registers.rip, session->result->where,
                         sizeof(session->result->where));
}

/* The serial port may hold bytes that are not sent yet: lets it send them while the processor,
 * which has nothing more to do, runs in place. */
static void console_flush(struct session *session)
{
    static const uint8_t run_in_place[] = {0xeb, 0xfe};
    struct bochs_registers registers;
    struct bochs_stop stop;
    uint64_t physical;

    for (unsigned i = 0; i < 2 * PLACES; i++)
        if (session->places[i] >= 0)
            bochs_break_delete(session->bochs, (unsigned)session->places[i]);
    if (bochs_registers(session->bochs, &registers) != 0 ||
        bochs_translate(session->bochs, registers.cr3, registers.rip, &physical) != 0 ||
        bochs_write(session->bochs, physical, run_in_place, sizeof(run_in_place)) != 0)
        return;

    uint64_t until = bochs_tick(session->bochs) + 20 * bochs_byte_ticks(session->bochs);

    bochs_run_until(session->bochs, until, &stop);
    console_take(session);
}

static void handle_power_off(struct session *session)
{
    struct bochs_registers registers;

    if (bochs_registers(session->bochs, &registers) != 0) {
        end_by_failure(session);
        return;
    }
    session->result->status = registers.rdi;
    end(session, SESSION_POWER_OFF, NULL);
}

static void handle_panic(struct session *session)
{
    struct bochs_registers registers;
    char message[200] = "";

    end(session, SESSION_PANIC, NULL);
    if (bochs_registers(session->bochs, &registers) != 0)
        return;
    for (size_t i = 0; i + 1 < sizeof(message); i++) {
        if (bochs_read_linear(session->bochs, registers.rdi + i, &message[i], 1) != 0)
            message[i] = '\0';
        if (message[i] == '\0' || message[i] == '\n') {
            message[i] = '\0';
            break;
        }
    }
    snprintf(session->result->detail, sizeof(session->result->detail), "%s", message);
}

static bool is_place(const struct session *session, unsigned number, enum place place)
{
    return (int)number == session->places[place] || (int)number == session->places[PLACES + place];
}

static void handle_breakpoint(struct session *session, unsigned number)
{
    const struct session_options *options = session->options;

    if (is_place(session, number, PLACE_POWER_OFF))
        handle_power_off(session);
    else if (is_place(session, number, PLACE_PANIC))
        handle_panic(session);
    else if (is_place(session, number, PLACE_TRACE_FULL))
        trace_read(session, false);
    else if ((int)number == session->places[PLACE_TRACE_INIT])
        trace_turn_on(session);
    for (size_t i = 0; i < session->idle_count; i++)
        if (session->idle[i] == (int)number)
            session->idle_tick = bochs_tick(session->bochs);
    for (size_t i = 0; i < options->watch_count; i++)
        if (options->watches[i].breakpoint == (int)number && !session->ended &&
            options->watches[i].stopped(options->watches[i].context, session) != 0)
            end(session, SESSION_STOPPED, NULL);
}

static void handle_stop(struct session *session, const struct bochs_stop *stop)
{
    switch (stop->reason) {
    case BOCHS_STOP_BREAKPOINT:
        handle_breakpoint(session, stop->breakpoint);
        break;
    case BOCHS_STOP_TRIPLE:
        end(session, SESSION_TRIPLE_FAULT, "triple fault: an exception while one was delivered");
        break;
    case BOCHS_STOP_RESET:
        end(session, SESSION_TRIPLE_FAULT, "the machine was reset");
        break;
    case BOCHS_STOP_HALTED:
        end(session, SESSION_QUIET, "the processor sleeps, and nothing will wake it");
        break;
    case BOCHS_STOP_ENDED:
        end_by_failure(session);
        break;
    default:
        break;
    }
}

static void check_budgets(struct session *session)
{
    const struct session_options *options = session->options;
    uint64_t budget = options->budget_ticks != 0 ? options->budget_ticks : 20000000000;
    uint64_t quiet = options->quiet_ticks != 0 ? options->quiet_ticks : 1500000000;
    uint64_t tick = bochs_tick(session->bochs);
    uint64_t busy_since =
        session->heard_tick > session->idle_tick ? session->heard_tick : session->idle_tick;
    char text[32], detail[200];

    if (session->ended)
        return;
    if (options->interrupted != NULL && *options->interrupted != 0) {
        end(session, SESSION_STOPPED, "interrupted");
    } else if (tick >= budget) {
        number_print(budget, text, sizeof(text));
        snprintf(detail, sizeof(detail), "still running after %s ticks", text);
        end(session, SESSION_HANG, detail);
    } else if (tick - busy_since >= quiet ||
               tick - session->heard_tick >= QUIET_IDLE_FACTOR * quiet) {
        number_print(tick - session->heard_tick, text, sizeof(text));
        snprintf(detail, sizeof(detail), "nothing came from the machine for %s ticks", text);
        end(session, SESSION_QUIET, detail);
    }
}

static int set_breakpoint(struct session *session, uint64_t address, int *number)
{
    *number = bochs_break(session->bochs, address);
    if (*number < 0)
        end_by_failure(session);
    return *number < 0 ? -1 : 0;
}

/* One breakpoint a place: with two, only the first would be told of. */
static int set_watches(struct session *session)
{
    const struct session_options *options = session->options;

    for (size_t i = 0; i < options->watch_count; i++) {
        struct session_watch *watch = &options->watches[i];
        size_t same = 0;

        while (options->watches[same].address != watch->address)
            same++;
        if (same < i)
            watch->breakpoint = options->watches[same].breakpoint;
        else if (set_breakpoint(session, watch->address, &watch->breakpoint) != 0)
            return -1;
    }
    return 0;
}

/*
 * With several processors Bochs lets them run in turns of a few instructions, and checks no
 * breakpoint at the first one of a turn. So places are watched at two instructions.
 */
static bool several_cpus(const struct session *session)
{
    return session->options->machine.cpus > 1;
}

static int set_place(struct session *session, enum place place)
{
    uint8_t code[16];
    uint64_t address, next = 0;

    if (symbols_find(session->kernel, place_names[place], &address) != 0)
        return 0;
    if (several_cpus(session))
        next =
            site_next(code, symbols_bytes(session->kernel, address, code, sizeof(code)), address);
    if (next != 0 && set_breakpoint(session, next, &session->places[PLACES + place]) != 0)
        return -1;
    return set_breakpoint(session, address, &session->places[place]);
}

static int prepare(struct session *session)
{
    uint64_t idle[IDLE_PLACES];
    size_t idle_count = 0;

    for (unsigned i = 0; i < 2 * PLACES; i++)
        session->places[i] = -1;
    if (session->kernel != NULL) {
        bool trace = session->options->trace &&
                     symbols_find(session->kernel, NAME_TRACE_MASK, &session->trace_mask) == 0;

        for (unsigned i = 0; i < (trace ? PLACES : PLACE_TRACE_INIT); i++)
            if (set_place(session, (enum place)i) != 0)
                return -1;
        if (!several_cpus(session))
            idle_count = symbols_idle(session->kernel, idle, IDLE_PLACES);
        if (symbols_find(session->kernel, NAME_TRACE_BUFFER, &session->trace_pointer) != 0)
            session->trace_pointer = 0;
    }
    session->idle_count = idle_count < IDLE_PLACES ? idle_count : IDLE_PLACES;
    for (size_t i = 0; i < session->idle_count; i++)
        if (set_breakpoint(session, idle[i], &session->idle[i]) != 0)
            return -1;
    return set_watches(session);
}

/* With several processors each stop changes what happens next. Where nothing is typed, the machine
 * stops at breakpoints alone, so that a run is repeatable; the time limit is that of Bochs. */
static bool is_undisturbed(const struct session *session)
{
    return several_cpus(session) &&
           (session->options->lines == NULL || session->options->lines[0] == NULL);
}

static void run(struct session *session)
{
    uint64_t ips = session->options->machine.ips != 0 ? session->options->machine.ips : 50000000;
    uint64_t target = 0;
    struct bochs_stop stop;

    while (!session->ended) {
        uint64_t tick = bochs_tick(session->bochs);

        if (target <= tick)
            target = tick + (session->typing != NULL ? 2 * bochs_byte_ticks(session->bochs)
                                                     : ips / SLICES_A_SECOND);
        if ((is_undisturbed(session) ? bochs_continue(session->bochs, &stop)
                                     : bochs_run_until(session->bochs, target, &stop)) != 0) {
            end_by_failure(session);
            break;
        }
        console_take(session);
        handle_stop(session, &stop);
        if (session->options->trace_each_stop && !session->ended)
            trace_read(session, false);
        if (!session->ended)
            type(session, session->idle_tick == bochs_tick(session->bochs));
        check_budgets(session);
    }
    session->result->tick = bochs_tick(session->bochs);
}

static void session_finish(struct session *session)
{
    enum session_end how = session->result->end;

    if (how == SESSION_INFRASTRUCTURE)
        return;
    trace_read(session, true);
    if (how == SESSION_HANG || how == SESSION_QUIET)
        describe_place(session);
    if (how == SESSION_POWER_OFF || how == SESSION_PANIC)
        console_flush(session);
}

void session_run(const struct session_options *options, struct session_result *result)
{
    struct session session = {.options = options, .result = result, .next = options->lines};
    char error[300];

    *result = (struct session_result){.end = SESSION_INFRASTRUCTURE};
    session.last_line_typed = options->last_line == NULL;
    session.heard = true;
    if (options->kernel != NULL) {
        session.kernel = symbols_open(options->kernel, error, sizeof(error));
        if (session.kernel == NULL) {
            snprintf(result->detail, sizeof(result->detail), "%s", error);
            return;
        }
    }
    session.bochs = bochs_start(&options->machine);
    if (session.bochs == NULL) {
        snprintf(result->detail, sizeof(result->detail), "%s", bochs_error(NULL));
        symbols_close(session.kernel);
        return;
    }
    session.reader = (struct trace_reader){
        .read = memory_read,
        .context = &session,
        .cpus = options->machine.cpus != 0 ? options->machine.cpus : 1,
        .memory_size =
            (uint64_t)(options->machine.memory_mib != 0 ? options->machine.memory_mib : 128) << 20,
    };
    if (prepare(&session) == 0)
        run(&session);
    session_finish(&session);
    bochs_end(session.bochs);
    symbols_close(session.kernel);
}
