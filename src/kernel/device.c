/* Device memory, as device.h tells. */
#include "device.h"
#include "files.h"
#include "job.h"
#include "memory.h"
#include "number.h"
#include "process.h"
#include "x86/machine.h"

/* Does no part of the range belong to the kernel, or to what it gives out as memory? */
static bool range_is_device(uint64_t first, uint64_t last)
{
    const uint8_t *ranges = (const uint8_t *)boot_info + boot_info->memory.offset;

    for (uint32_t i = 0; i < boot_info->memory.count; i++) {
        const struct boot_memory *range =
            (const void *)(ranges + (uint64_t)i * boot_info->memory.stride);

        if (range->type != BOOT_MEMORY_RESERVED && range->type != BOOT_MEMORY_FRAMEBUFFER &&
            range->base <= last && range->base + range->size > first)
            return false;
    }
    return last < MACHINE_OWN_FIRST || first > MACHINE_OWN_LAST;
}

static int64_t device_op_open(struct job *job)
{
    struct memory *memory;
    uint64_t first, last;
    char name[40];
    int64_t length = job_fetch_name(job, name, sizeof name);

    if (length < 0)
        return length;
    if (!number_parse_range(name, UINT32_MAX, &first, &last))
        return -E_NAME;
    if (first % PAGE_SIZE || (last + 1) % PAGE_SIZE || last - first >= MEMORY_SIZE_MAX)
        return -E_RANGE;
    if (!range_is_device(first, last))
        return -E_DENIED;
    memory = memory_create_foreign(job_process(job)->account, first, last - first + 1);
    if (!memory)
        return -E_MEMORY;
    memory->device = memory->writable = true;
    return job_give_opened(job, &memory->object, RIGHT_ALL & ~(uint32_t)RIGHT_EXECUTE);
}

static const struct object_type device_space_type = {
    .number = OBJECT_DEVICE_SPACE,
    .rights = RIGHT_OPEN | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .methods = {[OP_OPEN] = device_op_open, [OP_GET] = object_op_get},
};

struct object device_space_table = {.type = &device_space_type, .references = 1};
