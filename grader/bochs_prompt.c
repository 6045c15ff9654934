/*
 * The debugger's prompt: commands, stops, registers.
 *
 * Bochs prints "<bochs:N> " with N counting up; a command's output is all between the line's echo
 * and the next such prompt. Port 0xE9 stays off, so nothing that the guest does prints here.
 */
#include "bochs_internal.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nobody sleeps longer than this, in the machine's time, on purpose and without one interrupt. */
enum { HALTED_SECONDS = 20 };

int bochs_send(struct bochs *bochs, const char *line)
{
    char buffer[512];
    int size = snprintf(buffer, sizeof(buffer), "%s\n", line);

    if (size < 0 || (size_t)size >= sizeof(buffer))
        return bochs_fail(bochs, "a command for Bochs is too long");
    if (write(bochs->input, buffer, (size_t)size) != size)
        return bochs_fail_ended(bochs);
    bochs->text.size = 0;
    bochs->running = true;
    return 0;
}

/* Cuts the prompt off the text if it is there. */
static bool prompt_seen(struct bochs *bochs)
{
    char prompt[32];
    size_t size = (size_t)snprintf(prompt, sizeof(prompt), "<bochs:%u> ", bochs->line);
    struct bytes *text = &bochs->text;

    if (text->size < size || memcmp(text->bytes + text->size - size, prompt, size) != 0)
        return false;
    text->size -= size;
    text->bytes[text->size] = '\0';
    bochs->line++;
    bochs->running = false;
    return true;
}

int bochs_await(struct bochs *bochs, int timeout_ms)
{
    int64_t limit = clock_ms() + (timeout_ms < 0 ? (int64_t)bochs->timeout_s * 1000 : timeout_ms);

    int64_t left;

    do {
        if (prompt_seen(bochs))
            return 1;
        left = limit - clock_ms();
        if (bochs_pump(bochs, left > 0 ? (int)left : 0) != 0)
            return bochs_fail_ended(bochs);
    } while (left > 0);
    if (prompt_seen(bochs))
        return 1;
    if (timeout_ms >= 0)
        return 0;
    return bochs_fail(bochs, "Bochs did not stop within %u s of real time", bochs->timeout_s);
}

static const char *text_after_echo(struct bochs *bochs)
{
    char *end = strchr(bochs->text.bytes, '\n');

    return end != NULL ? end + 1 : bochs->text.bytes + bochs->text.size;
}

static const char *command_run(struct bochs *bochs, const char *line)
{
    if (bochs_send(bochs, line) != 0 || bochs_await(bochs, -1) != 1)
        return NULL;
    return text_after_echo(bochs);
}

const char *bochs_command(struct bochs *bochs, const char *format, ...)
{
    char line[400];
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof(line)) {
        bochs_fail(bochs, "a command for Bochs is too long");
        return NULL;
    }
    return command_run(bochs, line);
}

/* Reads a stop from what "continue" or "step" printed. */
static int stop_parse(struct bochs *bochs, const char *text, struct bochs_stop *stop)
{
    const char *next = strstr(text, "Next at t=");
    const char *found;

    *stop = (struct bochs_stop){.reason = BOCHS_STOP_OTHER};
    if (next == NULL)
        return bochs_fail(bochs, "Bochs did not say where it stopped: %.80s", text);
    stop->tick = strtoull(next + strlen("Next at t="), NULL, 10);
    bochs->tick = stop->tick;
    if ((found = strchr(next, '(')) != NULL)
        stop->cpu = (unsigned)strtoul(found + 1, NULL, 10);

    /* another processor stands there until the first one lets it begin */
    bool at_reset = strstr(next, "(0) [0x0000fffffff0] f000:fff0") != NULL;

    /* Each processor's part begins with its number; the line "Next at" is in the first one's. */
    if ((found = strstr(text, ") Breakpoint ")) != NULL && (found < next || bochs->cpus > 1)) {
        stop->reason = at_reset ? BOCHS_STOP_RESET : BOCHS_STOP_BREAKPOINT;
        stop->breakpoint = (unsigned)strtoul(found + strlen(") Breakpoint "), NULL, 10);
        while (found > text && found[-1] >= '0' && found[-1] <= '9')
            found--;
        stop->cpu = (unsigned)strtoul(found, NULL, 10);
    } else if (at_reset && strstr(text, ").[") != NULL) {
        stop->reason = BOCHS_STOP_TRIPLE;
    } else if (at_reset && stop->tick != 0) {
        stop->reason = BOCHS_STOP_RESET;
    } else if ((found = strstr(text, "Caught time breakpoint")) != NULL && found < next) {
        stop->reason = BOCHS_STOP_TICK;
    } else if ((found = strstr(text, "watch point")) != NULL && found < next) {
        stop->reason = BOCHS_STOP_WATCH;
        if ((found = strstr(found, "0x")) != NULL)
            stop->watched = strtoull(found, NULL, 16);
    }
    for (unsigned i = 0; i < BOCHS_TICK_STOPS; i++)
        if (bochs->tick_stops[i] <= bochs->tick)
            bochs->tick_stops[i] = 0;
    return 0;
}

/* "continue" has Bochs reckon its devices' timers anew from the tick at which it stopped, which
 * moves the next interrupts by up to a microsecond: the run would depend on its stops. A long
 * "step" stops at the same things and leaves the timers alone, but steps one processor only. */
int bochs_resume(struct bochs *bochs)
{
    return bochs_send(bochs, bochs->cpus > 1 ? "c" : "s 4294967295");
}

int bochs_resume_steps(struct bochs *bochs, uint64_t count)
{
    char line[64];

    snprintf(line, sizeof(line), "s %" PRIu64, count);
    return bochs_send(bochs, line);
}

int bochs_poll(struct bochs *bochs, int timeout_ms, struct bochs_stop *stop)
{
    int result = bochs_await(bochs, timeout_ms);

    if (result == 1) {
        if (stop_parse(bochs, text_after_echo(bochs), stop) != 0)
            return -1;
        /* registers that are asked for from here on are those of the processor that stopped */
        return bochs->cpus <= 1 || bochs_command(bochs, "set $cpu = %u", stop->cpu) ? 1 : -1;
    }
    if (result < 0) {
        *stop = (struct bochs_stop){.reason = BOCHS_STOP_ENDED, .tick = bochs->tick};
        return bochs->pid == 0 ? 1 : -1;
    }
    return 0;
}

int bochs_prompt_descriptor(const struct bochs *bochs)
{
    return bochs->output;
}

int bochs_continue(struct bochs *bochs, struct bochs_stop *stop)
{
    return bochs_resume(bochs) == 0 && bochs_poll(bochs, -1, stop) == 1 ? 0 : -1;
}

int bochs_step(struct bochs *bochs, uint64_t count, struct bochs_stop *stop)
{
    if (bochs_resume_steps(bochs, count) != 0)
        return -1;
    return bochs_poll(bochs, -1, stop) == 1 ? 0 : -1;
}

int bochs_tick_stop(struct bochs *bochs, uint64_t tick)
{
    unsigned free_slot = BOCHS_TICK_STOPS;

    for (unsigned i = 0; i < BOCHS_TICK_STOPS; i++) {
        if (bochs->tick_stops[i] == tick)
            return 0;
        if (bochs->tick_stops[i] == 0)
            free_slot = i;
    }
    if (free_slot == BOCHS_TICK_STOPS)
        return bochs_fail(bochs, "too many tick stops are pending");

    const char *text = bochs_command(bochs, "sb %" PRIu64, tick - bochs->tick);

    if (text == NULL)
        return -1;
    if (strstr(text, "inserted") == NULL)
        return bochs_fail(bochs, "Bochs refused a tick stop: %.80s", text);
    bochs->tick_stops[free_slot] = tick;
    return 0;
}

/* Continues; a machine that takes long is stopped in between to see whether it sleeps for ever. */
static int continue_patiently(struct bochs *bochs, uint64_t tick, struct bochs_stop *stop)
{
    int64_t limit = clock_ms() + (int64_t)bochs->timeout_s * 1000;

    while (clock_ms() < limit) {
        if (bochs_resume(bochs) != 0)
            return -1;

        int result = bochs_poll(bochs, BOCHS_PATIENCE_MS, stop);

        if (result == 0) {
            bochs_interrupt(bochs);
            result = bochs_poll(bochs, -1, stop);
        }
        if (result < 0)
            return -1;
        if (stop->reason != BOCHS_STOP_OTHER)
            return 0;
        if (bochs->tick > tick + HALTED_SECONDS * bochs->ips) {
            stop->reason = BOCHS_STOP_HALTED;
            return 0;
        }
    }
    return bochs_fail(bochs, "Bochs did not stop within %u s of real time", bochs->timeout_s);
}

/* With several processors Bochs stops at no tick: the best there is are slices of our own time. */
static int continue_for_a_while(struct bochs *bochs, struct bochs_stop *stop)
{
    if (bochs_resume(bochs) != 0)
        return -1;

    int result = bochs_poll(bochs, BOCHS_SLICE_MS, stop);

    if (result == 0) {
        bochs_interrupt(bochs);
        result = bochs_poll(bochs, -1, stop);
    }
    if (result == 1 && stop->reason == BOCHS_STOP_OTHER)
        stop->reason = BOCHS_STOP_TICK;
    return result == 1 ? 0 : -1;
}

int bochs_run_until(struct bochs *bochs, uint64_t tick, struct bochs_stop *stop)
{
    *stop = (struct bochs_stop){.reason = BOCHS_STOP_TICK, .tick = bochs->tick};
    if (bochs->cpus > 1)
        return continue_for_a_while(bochs, stop);
    while (bochs->tick < tick) {
        if (bochs_tick_stop(bochs, tick) != 0 || continue_patiently(bochs, tick, stop) != 0)
            return -1;
        if (stop->reason != BOCHS_STOP_TICK)
            break;
    }
    return 0;
}

void bochs_interrupt(struct bochs *bochs)
{
    if (bochs->pid > 0)
        kill(bochs->pid, SIGINT);
}

uint64_t bochs_tick(const struct bochs *bochs)
{
    return bochs->tick;
}

int bochs_break(struct bochs *bochs, uint64_t linear)
{
    if (bochs_command(bochs, "lb 0x%" PRIx64, linear) == NULL)
        return -1;

    const char *text = bochs_command(bochs, "blist");
    int number = -1;

    if (text == NULL)
        return -1;
    for (const char *line = text; line != NULL && *line != '\0';) {
        unsigned candidate;
        uint64_t address;

        if (sscanf(line, " %u lbreakpoint keep y 0x%" SCNx64, &candidate, &address) == 2 &&
            address == linear)
            number = (int)candidate;
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    if (number < 0)
        return bochs_fail(bochs, "Bochs refused a breakpoint at 0x%" PRIx64, linear);
    return number;
}

int bochs_break_delete(struct bochs *bochs, unsigned number)
{
    return bochs_command(bochs, "del %u", number) != NULL ? 0 : -1;
}

/* The number behind `name` in `text`: "rax: 00000000_600000e3" or "CR0=0x60000010". */
static uint64_t value_after(const char *text, const char *name)
{
    const char *found = strstr(text, name);
    uint64_t value = 0;

    if (found == NULL)
        return 0;
    found += strlen(name);
    if (found[0] == '0' && found[1] == 'x')
        found += 2;
    for (; (*found >= '0' && *found <= '9') || (*found >= 'a' && *found <= 'f') || *found == '_';
         found++)
        if (*found != '_')
            value = value << 4 | (uint64_t)(*found <= '9' ? *found - '0' : *found - 'a' + 10);
    return value;
}

int bochs_general_registers(struct bochs *bochs, struct bochs_registers *r)
{
    const char *text = bochs_command(bochs, "r");
    struct {
        const char *name;
        uint64_t *value;
    } rows[] = {
        {"rax: ", &r->rax}, {"rbx: ", &r->rbx},      {"rcx: ", &r->rcx}, {"rdx: ", &r->rdx},
        {"rsp: ", &r->rsp}, {"rbp: ", &r->rbp},      {"rsi: ", &r->rsi}, {"rdi: ", &r->rdi},
        {"r8 : ", &r->r8},  {"r9 : ", &r->r9},       {"r10: ", &r->r10}, {"r11: ", &r->r11},
        {"r12: ", &r->r12}, {"r13: ", &r->r13},      {"r14: ", &r->r14}, {"r15: ", &r->r15},
        {"rip: ", &r->rip}, {"eflags ", &r->rflags},
    };

    if (text == NULL)
        return -1;
    if (strstr(text, "rip: ") == NULL)
        return bochs_fail(bochs, "Bochs did not print its registers: %.80s", text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        *rows[i].value = value_after(text, rows[i].name);
    return 0;
}

int bochs_registers(struct bochs *bochs, struct bochs_registers *registers)
{
    const char *text;

    memset(registers, 0, sizeof(*registers));
    if (bochs_general_registers(bochs, registers) != 0)
        return -1;
    if ((text = bochs_command(bochs, "sreg")) == NULL)
        return -1;
    registers->es = (uint16_t)value_after(text, "es:");
    registers->cs = (uint16_t)value_after(text, "cs:");
    registers->ss = (uint16_t)value_after(text, "ss:");
    registers->ds = (uint16_t)value_after(text, "ds:");
    registers->fs = (uint16_t)value_after(text, "fs:");
    registers->gs = (uint16_t)value_after(text, "gs:");
    if ((text = bochs_command(bochs, "creg")) == NULL)
        return -1;
    registers->cr0 = value_after(text, "CR0=");
    registers->cr2 = value_after(text, "laddr=");
    registers->cr3 = value_after(text, "CR3=");
    registers->cr4 = value_after(text, "CR4=");
    registers->efer = value_after(text, "EFER=");
    registers->cpl = (registers->cr0 & 1) != 0 ? registers->cs & 3u : 0;
    return 0;
}
