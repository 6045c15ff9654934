/* I/O ports, as io_ports.h tells. */
#include "heap.h"
#include "io_ports.h"
#include "job.h"
#include "number.h"

static void io_ports_destroy(struct object *object)
{
    heap_free(object, sizeof(struct io_ports));
}

static uint64_t io_ports_size(struct object *object)
{
    struct io_ports *ports = (struct io_ports *)object;

    return (uint64_t)(ports->last - ports->first + 1);
}

const struct object_type io_ports_type = {
    .number = OBJECT_IO_PORTS,
    .rights = RIGHT_MAP | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .destroy = io_ports_destroy,
    .size = io_ports_size,
    .methods = {[OP_GET] = job_get_common},
};

/* Opening `3f8-3ff` gives that range. */
static int64_t io_space_op_open(struct job *job)
{
    struct io_ports *ports;
    char name[16];
    uint16_t first, last;
    int64_t length = job_fetch_name(job, name, sizeof name);

    if (length < 0)
        return length;
    if (!number_parse_range(name, &first, &last))
        return -E_NAME;
    if (!(ports = heap_alloc(sizeof *ports)))
        return -E_MEMORY;
    object_init(&ports->object, &io_ports_type);
    ports->first = first;
    ports->last = last;
    return job_give_opened(job, &ports->object, RIGHT_ALL);
}

static const struct object_type io_space_type = {
    .number = OBJECT_IO_SPACE,
    .rights = RIGHT_OPEN | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .methods = {[OP_OPEN] = io_space_op_open, [OP_GET] = job_get_common},
};

struct object io_space_table = {.type = &io_space_type, .references = 1};
