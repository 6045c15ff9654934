/* Interrupt lines, as interrupt.h tells. */
#include "event.h"
#include "interrupt.h"
#include "job.h"
#include "number.h"
#include "process.h"
#include "trace.h"
#include "x86/apic.h"

#define LINE_TIMER   0u
#define LINE_CASCADE 2u

struct interrupt {
    struct event event; /* counts what came and was not yet taken */
    uint64_t total;
    unsigned line;
};

static struct interrupt *lines[APIC_LINES_MAX];

void interrupt_fire(unsigned line)
{
    struct interrupt *interrupt = lines[line];

    if (!interrupt)
        return;
    trace(TRACE_INTERRUPT, line, ++interrupt->total);
    event_signal(&interrupt->event, 1);
}

static bool interrupt_finish(struct object *object)
{
    struct interrupt *interrupt = (struct interrupt *)object;

    apic_mask(interrupt->line);
    lines[interrupt->line] = NULL;
    return true;
}

static int64_t interrupt_op_write(struct job *job)
{
    uint32_t line = ((struct interrupt *)job->object)->line;

    if (apic_unmask(line))
        interrupt_fire(line);
    return 0;
}

static const struct object_type interrupt_type = {
    .number = OBJECT_INTERRUPT,
    .rights = RIGHT_READ | RIGHT_WRITE | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct interrupt),
    .numbers = {NUMBER(PROPERTY_COUNT, struct interrupt, event.count)},
    .finish = interrupt_finish,
    .methods = {[OP_READ] = event_op_read, [OP_WRITE] = interrupt_op_write},
};

static bool interrupts_entry(struct object *table, uint64_t index, struct table_entry *entry)
{
    (void)table;
    if (index >= apic_lines)
        return false;
    entry->type = OBJECT_INTERRUPT;
    entry->rights = interrupt_type.rights;
    number_format(entry->name, index, 10);
    return true;
}

static int64_t interrupts_op_open(struct job *job)
{
    struct interrupt *interrupt;
    char name[8];
    uint64_t line;
    int64_t length = job_fetch_name(job, name, sizeof name);

    if (length < 0)
        return length;
    if (!number_parse(name, &line) || line >= apic_lines || line == LINE_TIMER ||
        line == LINE_CASCADE)
        return -E_NOT_FOUND;
    if (lines[line])
        return -E_BUSY;
    if (!(interrupt = object_create(&interrupt_type, job_process(job)->account)))
        return -E_MEMORY;
    list_init(&interrupt->event.readers);
    interrupt->line = (unsigned)line;
    lines[line] = interrupt;
    return job_give_opened(job, &interrupt->event.object, RIGHT_ALL);
}

static const struct object_type interrupts_type = {
    .number = OBJECT_INTERRUPTS,
    .rights = RIGHT_READ | RIGHT_OPEN | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .entry = interrupts_entry,
    .methods = {[OP_READ] = job_list, [OP_OPEN] = interrupts_op_open},
};

struct object interrupts_table = {.type = &interrupts_type, .references = 1};
