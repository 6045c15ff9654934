/* The messages of GDB's remote protocol that the bridge knows, as request.h tells. */
#include "request.h"
#include "packet.h"

#include <stdbool.h>
#include <string.h>

/* A parser looks at what follows the message's name. Result: whether it is well formed. */
typedef bool parser(char *text, size_t size, struct request *request);

static bool parse_nothing(char *text, size_t size, struct request *request)
{
    (void)text;
    (void)size;
    (void)request;
    return true;
}

static bool take(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

/* "ADDRESS,SIZE" */
static bool parse_place(const char **text, struct request *request)
{
    return hex_number(text, &request->address) && take(text, ',') &&
           hex_number(text, &request->size);
}

static bool parse_read(char *text, size_t size, struct request *request)
{
    const char *at = text;

    return parse_place(&at, request) && at == text + size;
}

static bool decode(const char *digits, char *place, struct request *request)
{
    long count = hex_read(digits, place, strlen(digits));

    request->data = (const uint8_t *)place;
    request->size = (uint64_t)(count < 0 ? 0 : count);
    return count >= 0;
}

static bool parse_write(char *text, size_t size, struct request *request)
{
    const char *at = text;
    uint64_t wanted;

    (void)size;
    if (!parse_place(&at, request) || !take(&at, ':'))
        return false;
    wanted = request->size;
    return decode(at, text, request) && request->size == wanted;
}

/* As parse_write, but the bytes are there as they are. */
static bool parse_write_binary(char *text, size_t size, struct request *request)
{
    const char *at = text;

    if (!parse_place(&at, request) || !take(&at, ':'))
        return false;
    request->data = (const uint8_t *)at;
    return (size_t)(text + size - at) == request->size;
}

static bool parse_register(char *text, size_t size, struct request *request)
{
    const char *at = text;
    uint64_t number;

    if (!hex_number(&at, &number) || number > 0xffff)
        return false;
    request->number = (unsigned)number;
    if (request->kind == REQUEST_REGISTER_READ)
        return at == text + size;
    return take(&at, '=') && decode(at, text, request);
}

/* "TYPE,ADDRESS,KIND"; conditions behind a ';' were never offered. */
static bool parse_point(char *text, size_t size, struct request *request)
{
    const char *at = text;
    uint64_t number;

    if (!hex_number(&at, &number) || number > POINT_ACCESS || !take(&at, ','))
        return false;
    request->number = (unsigned)number;
    return parse_place(&at, request) && at == text + size;
}

/* "c", "s", "C05", "S05" or "rSTART,END", for one thread or all; with a single processor the first
 * action is the one. */
static bool parse_continue(char *text, size_t size, struct request *request)
{
    const char *at = text + 1;

    (void)size;
    switch (*text) {
    case 'c':
    case 'C':
        request->kind = REQUEST_CONTINUE;
        return true;
    case 's':
    case 'S':
        request->kind = REQUEST_STEP;
        return true;
    case 'r':
        request->kind = REQUEST_STEP_RANGE;
        return hex_number(&at, &request->address) && take(&at, ',') &&
               hex_number(&at, &request->end);
    default:
        return false;
    }
}

/* "DOCUMENT:OFFSET,SIZE" */
static bool parse_features(char *text, size_t size, struct request *request)
{
    char *colon = strchr(text, ':');
    const char *at = colon;

    if (colon == NULL || !take(&at, ':') || !parse_place(&at, request) || at != text + size)
        return false;
    *colon = '\0';
    request->text = text;
    return true;
}

static bool parse_monitor(char *text, size_t size, struct request *request)
{
    long count = hex_read(text, text, size);

    if (count < 0 || memchr(text, '\0', (size_t)count) != NULL)
        return false;
    text[count] = '\0';
    request->text = text;
    return true;
}

static bool parse_thread(char *text, size_t size, struct request *request)
{
    const char *at = text;

    return hex_number(&at, &request->address) && at == text + size;
}

/* The name is a prefix of the message, or, where `whole` is set, all of it. The first that fits
 * counts. */
static const struct {
    const char *name;
    bool whole;
    enum request_kind kind;
    parser *parse;
} messages[] = {
    {"?", true, REQUEST_WHY_STOPPED, parse_nothing},
    {"qSupported", false, REQUEST_SUPPORTED, parse_nothing},
    {"QStartNoAckMode", true, REQUEST_NO_ACKNOWLEDGE, parse_nothing},
    {"qXfer:features:read:", false, REQUEST_FEATURES, parse_features},
    {"qAttached", false, REQUEST_ATTACHED, parse_nothing},
    {"qC", true, REQUEST_THREAD_CURRENT, parse_nothing},
    {"qfThreadInfo", true, REQUEST_THREADS_FIRST, parse_nothing},
    {"qsThreadInfo", true, REQUEST_THREADS_NEXT, parse_nothing},
    {"qRcmd,", false, REQUEST_MONITOR, parse_monitor},
    {"vCont?", true, REQUEST_CONTINUE_HOW, parse_nothing},
    {"vCont;", false, REQUEST_CONTINUE, parse_continue},
    {"vKill", false, REQUEST_KILL, parse_nothing},
    {"H", false, REQUEST_THREAD_SELECT, parse_nothing},
    {"T", false, REQUEST_THREAD_ALIVE, parse_thread},
    {"g", true, REQUEST_REGISTERS_READ, parse_nothing},
    {"p", false, REQUEST_REGISTER_READ, parse_register},
    {"P", false, REQUEST_REGISTER_WRITE, parse_register},
    {"m", false, REQUEST_MEMORY_READ, parse_read},
    {"M", false, REQUEST_MEMORY_WRITE, parse_write},
    {"X", false, REQUEST_MEMORY_WRITE, parse_write_binary},
    {"Z", false, REQUEST_POINT_SET, parse_point},
    {"z", false, REQUEST_POINT_CLEAR, parse_point},
    {"c", true, REQUEST_CONTINUE, parse_nothing},
    {"s", true, REQUEST_STEP, parse_nothing},
    {"bs", true, REQUEST_BACK_STEP, parse_nothing},
    {"bc", true, REQUEST_BACK_CONTINUE, parse_nothing},
    {"D", false, REQUEST_DETACH, parse_nothing},
    {"k", true, REQUEST_KILL, parse_nothing},
};

struct request request_parse(char *payload, size_t size)
{
    struct request request = {.kind = REQUEST_UNKNOWN};

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        size_t length = strlen(messages[i].name);

        if (size < length || memcmp(payload, messages[i].name, length) != 0 ||
            (messages[i].whole && size != length))
            continue;
        request.kind = messages[i].kind;
        if (!messages[i].parse(payload + length, size - length, &request))
            request.kind = REQUEST_BAD;
        return request;
    }
    return request;
}
