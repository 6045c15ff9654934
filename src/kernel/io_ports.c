/* I/O ports, as io_ports.h tells. */
#include "io_ports.h"
#include "job.h"
#include "number.h"
#include "process.h"

const struct object_type io_ports_type = {
    .number = OBJECT_IO_PORTS,
    .rights = RIGHT_MAP | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .bytes = sizeof(struct io_ports),
    .numbers = {NUMBER(PROPERTY_SIZE, struct io_ports, size)},
};

/* Opening `3f8-3ff` gives that range. */
static int64_t io_space_op_open(struct job *job)
{
    struct io_ports *ports;
    char name[16];
    uint64_t first, last;
    int64_t length = job_fetch_name(job, name, sizeof name);

    if (length < 0)
        return length;
    if (!number_parse_range(name, UINT16_MAX, &first, &last))
        return -E_NAME;
    if (!(ports = object_create(&io_ports_type, job_process(job)->account)))
        return -E_MEMORY;
    ports->first = (uint16_t)first;
    ports->last = (uint16_t)last;
    ports->size = (uint32_t)(last - first + 1);
    return job_give_opened(job, &ports->object, RIGHT_ALL);
}

static const struct object_type io_space_type = {
    .number = OBJECT_IO_SPACE,
    .rights = RIGHT_OPEN | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .methods = {[OP_OPEN] = io_space_op_open},
};

struct object io_space_table = {.type = &io_space_type, .references = 1};
