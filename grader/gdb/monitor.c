/* GDB's `monitor` command: a few words of ours, and everything else to Bochs's prompt. */
#include "server.h"
#include "packet.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "tick                 the time: instructions since power-on\n"
    "stop TICK            stop there on the way; 0: do not\n"
    "goto TICK            be there, earlier or later (GDB's own goto tells GDB of it, too)\n"
    "type TEXT            type on the console; \\n is Enter, \\xNN any byte\n"
    "help                 this\n"
    "Any other line goes to Bochs: info tab, creg, page ADDRESS, xp /4gx ADDRESS, ...\n";

static int say(struct server *server, const char *text)
{
    server_say(server, text, strlen(text));
    return 0;
}

static bool number_read(const char *text, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 0);
    return isdigit((unsigned char)*text) && *end == '\0';
}

static int run_tick(struct server *server, char *rest)
{
    char text[32];

    (void)rest;
    snprintf(text, sizeof(text), "%" PRIu64 "\n", machine_tick(server->machine));
    return say(server, text);
}

static int run_stop(struct server *server, char *rest)
{
    uint64_t tick;

    if (!number_read(rest, &tick))
        return machine_fail(server->machine, "stop TICK: a number is wanted");
    if (tick != 0 && tick <= machine_tick(server->machine))
        return machine_fail(server->machine, "tick %" PRIu64 " is past; goto goes there", tick);
    server->machine->stop_tick = tick;
    return 0;
}

static int run_goto(struct server *server, char *rest)
{
    uint64_t tick;

    if (!number_read(rest, &tick))
        return machine_fail(server->machine, "goto TICK: a number is wanted");
    return machine_go_to(server->machine, tick);
}

/* Replaces \n, \r, \t, \\ and \xNN in place. Result: bytes, or -1. */
static long unescape(char *text)
{
    static const char from[] = "nrt\\", to[] = "\r\r\t\\";
    char *out = text;

    for (const char *in = text; *in != '\0'; in++) {
        const char *found;

        if (*in != '\\') {
            *out++ = *in;
        } else if (*++in == 'x' && hex_digit(in[1]) >= 0 && hex_digit(in[2]) >= 0) {
            *out++ = (char)(hex_digit(in[1]) << 4 | hex_digit(in[2]));
            in += 2;
        } else if (*in != '\0' && (found = strchr(from, *in)) != NULL) {
            *out++ = to[found - from];
        } else {
            return -1;
        }
    }
    return out - text;
}

static int run_type(struct server *server, char *rest)
{
    long size = unescape(rest);

    if (size < 0)
        return machine_fail(server->machine, "type: after \\ comes n, r, t, \\ or xNN");
    machine_type(server->machine, rest, (size_t)size);
    return 0;
}

static int run_help(struct server *server, char *rest)
{
    (void)rest;
    return say(server, help_text);
}

static const struct {
    const char *word;
    int (*run)(struct server *server, char *rest);
} words[] = {
    {"tick", run_tick}, {"stop", run_stop}, {"goto", run_goto},
    {"type", run_type}, {"help", run_help},
};

/* Bochs's own commands that run or end the machine, set what GDB sets, or end up in a dialogue; and
 * those that change the machine, which are remembered. */
static const char *const refused[] = {
    "c",      "cont",    "continue", "s",   "step",   "p",       "n",          "next",
    "q",      "quit",    "exit",     "sb",  "sba",    "b",       "break",      "lb",
    "lbreak", "vb",      "vbreak",   "pb",  "pbreak", "d",       "del",        "delete",
    "watch",  "unwatch", "modebp",   "bpd", "bpe",    "restore", "instrument", "vmexitbp"};
static const char *const remembered[] = {"set", "setpmem", "writemem"};

static bool is_among(const char *line, const char *const *list, size_t count)
{
    size_t length = strcspn(line, " \t");

    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == length && memcmp(list[i], line, length) == 0)
            return true;
    return false;
}

#define IS_AMONG(line, list) is_among(line, list, sizeof(list) / sizeof((list)[0]))

static int run_bochs(struct server *server, const char *line)
{
    struct machine *machine = server->machine;
    const char *text;

    if (IS_AMONG(line, refused))
        return machine_fail(machine, "Bochs's \"%.40s\" is GDB's business here", line);
    if (strpbrk(line, "\n\r") != NULL)
        return machine_fail(machine, "one line at a time");
    if (IS_AMONG(line, remembered)) {
        text = machine_change(machine, line);
    } else {
        text = bochs_command(machine->bochs, "%s", line);
        if (text == NULL && bochs_pid(machine->bochs) == 0)
            return machine_fail_lost(machine);
    }
    if (text == NULL)
        return machine_fail(machine, "%s", bochs_error(machine->bochs));
    return say(server, text);
}

int monitor_run(struct server *server, char *line)
{
    line += strspn(line, " \t");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i].word);

        if (strncmp(line, words[i].word, length) == 0 &&
            (line[length] == ' ' || line[length] == '\0'))
            return words[i].run(server, line + length + (line[length] == ' '));
    }
    return *line != '\0' ? run_bochs(server, line) : run_help(server, line);
}
