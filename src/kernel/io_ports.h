/* I/O ports as objects: the table of ranges, and a range, which mapping grants to a process. */
#ifndef KERNEL_IO_PORTS_H
#define KERNEL_IO_PORTS_H

#include "object.h"

struct io_ports {
    struct object object;
    uint16_t first, last;
    uint32_t size;
};

extern struct object io_space_table;
extern const struct object_type io_ports_type;

#endif
