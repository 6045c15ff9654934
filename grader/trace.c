/* Reading and printing traces, as trace.h tells. */
#include "trace.h"

#include "abi/op.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 512 }; /* records read at once */

static const struct trace_event_row rows[] = {
#define EVENT(NAME, number, name, a, b) {number, name, a, b},
    TRACE_EVENTS(EVENT)
#undef EVENT
};

const struct trace_event_row *trace_event_by_number(uint16_t event)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].event == event)
            return &rows[i];
    return NULL;
}

const struct trace_event_row *trace_event_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct trace_reader *reader,
                                                        const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reader->error, sizeof(reader->error), format, arguments);
    va_end(arguments);
    return -1;
}

static int header_check(struct trace_reader *reader, uint64_t physical)
{
    struct trace_header *header = &reader->header;
    uint64_t room;

    if (reader->memory_size < TRACE_HEADER_SIZE ||
        physical > reader->memory_size - TRACE_HEADER_SIZE)
        return refuse(reader, "trace: the header is outside memory, at 0x%" PRIx64, physical);
    if (reader->read(reader->context, physical, header, sizeof(*header)) != 0)
        return refuse(reader, "trace: the header cannot be read");
    if (header->magic != TRACE_MAGIC)
        return refuse(reader, "trace: no trace at 0x%" PRIx64 " (magic 0x%" PRIx64 ")", physical,
                      header->magic);
    if (header->version != TRACE_VERSION)
        return refuse(reader, "trace: version %u, not %u", header->version, TRACE_VERSION);
    if (header->record_size != sizeof(struct trace_record))
        return refuse(reader, "trace: records of %u bytes, not %zu", header->record_size,
                      sizeof(struct trace_record));
    room = reader->memory_size - physical - TRACE_HEADER_SIZE;
    if (header->capacity == 0 || header->capacity > room / sizeof(struct trace_record))
        return refuse(reader, "trace: a capacity of %" PRIu64 " records does not fit in memory",
                      header->capacity);
    if (header->written < reader->taken)
        return refuse(reader, "trace: cut off: %" PRIu64 " records written, after %" PRIu64,
                      header->written, reader->taken);
    if (header->written - reader->taken > header->capacity)
        return refuse(reader, "trace: %" PRIu64 " records were overwritten before they were read",
                      header->written - reader->taken - header->capacity);
    return 0;
}

static int record_check(struct trace_reader *reader, const struct trace_record *record)
{
    if (record->sequence != reader->taken)
        return refuse(reader, "trace: record %" PRIu64 " has sequence number %" PRIu64,
                      reader->taken, record->sequence);
    if (trace_event_by_number(record->event) == NULL)
        return refuse(reader, "trace: record %" PRIu64 " has the unknown event %u", reader->taken,
                      record->event);
    if (record->cpu >= reader->cpus)
        return refuse(reader, "trace: record %" PRIu64 " is from processor %u of %u", reader->taken,
                      record->cpu, reader->cpus);
    if (reader->cpus == 1 && record->tick < reader->last_tick)
        return refuse(reader, "trace: record %" PRIu64 " is older than the one before it",
                      reader->taken);
    return 0;
}

int trace_take(struct trace_reader *reader, uint64_t physical,
               void (*record)(void *context, const struct trace_record *record), void *context)
{
    static _Thread_local struct trace_record chunk[CHUNK];

    if (header_check(reader, physical) != 0)
        return -1;
    while (reader->taken < reader->header.written) {
        uint64_t slot = reader->taken % reader->header.capacity;
        uint64_t count = reader->header.written - reader->taken;

        if (count > reader->header.capacity - slot)
            count = reader->header.capacity - slot;
        if (count > CHUNK)
            count = CHUNK;
        if (reader->read(reader->context,
                         physical + TRACE_HEADER_SIZE + slot * sizeof(struct trace_record), chunk,
                         count * sizeof(struct trace_record)) != 0)
            return refuse(reader, "trace: record %" PRIu64 " cannot be read", reader->taken);
        for (uint64_t i = 0; i < count; i++) {
            if (record_check(reader, &chunk[i]) != 0)
                return -1;
            reader->taken++;
            reader->last_tick = chunk[i].tick;
            record(context, &chunk[i]);
        }
    }
    return 0;
}

void number_print(uint64_t number, char *text, size_t size)
{
    char digits[24];
    int count = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    size_t used = 0;

    for (int i = 0; i < count && used + 2 < size; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    if (size > 0)
        text[used < size ? used : size - 1] = '\0';
}

static const char *op_name(uint64_t op)
{
#define OP(NAME, number, name, ...) [number] = name,
    static const char *const names[] = {OPS(OP)};
#undef OP

    return op < sizeof(names) / sizeof(names[0]) ? names[op] : NULL;
}

/* Writes a field as people know it: results may be negative, addresses are hexadecimal. */
static void field_print(const char *name, uint64_t value, char *text, size_t size)
{
    char letters[9] = "";

    if (strcmp(name, "name") == 0) {
        memcpy(letters, &value, sizeof(value));
        for (char *letter = letters; *letter != '\0'; letter++)
            *letter = isprint((unsigned char)*letter) ? *letter : '?';
        snprintf(text, size, "%s=\"%s\"", name, letters);
    } else if (strcmp(name, "op") == 0 && op_name(value) != NULL) {
        snprintf(text, size, "%s=%s", name, op_name(value));
    } else if (strcmp(name, "frame") == 0 || strcmp(name, "address") == 0 ||
               strcmp(name, "user_data") == 0) {
        snprintf(text, size, "%s=0x%" PRIx64, name, value);
    } else if (strcmp(name, "result") == 0 || strcmp(name, "status") == 0) {
        snprintf(text, size, "%s=%" PRId64, name, (int64_t)value);
    } else {
        snprintf(text, size, "%s=%" PRIu64, name, value);
    }
}

void trace_print(const struct trace_record *record, char *text, size_t size)
{
    const struct trace_event_row *row = trace_event_by_number(record->event);
    char tick[32], a[60] = "", b[60] = "";

    number_print(record->tick, tick, sizeof(tick));
    if (row == NULL) {
        snprintf(text, size, "tick %s  event %u", tick, record->event);
        return;
    }
    if (row->a[0] != '\0')
        field_print(row->a, record->a, a, sizeof(a));
    if (row->b[0] != '\0')
        field_print(row->b, record->b, b, sizeof(b));
    snprintf(text, size, "tick %s  cpu %u  thread %u  %s(%s%s%s)", tick, record->cpu, record->actor,
             row->name, a, a[0] != '\0' && b[0] != '\0' ? ", " : "", b);
}
