/* Building the info structure (see info.h). Pure: runs on the host as well. */
#include "info.h"

#include <stddef.h>
#include <string.h>

#include "crc32c.h"

#define ALIGNMENT 8

void info_open(struct boot_info *info, uint64_t room)
{
    memset(info, 0, room);
    info->magic = BOOT_INFO_MAGIC;
    info->version = BOOT_INFO_VERSION;
    info->size = sizeof(*info);
}

void *info_append(struct boot_info *info, uint64_t room, struct boot_array *array, const void *data,
                  uint32_t count, uint32_t stride)
{
    uint64_t bytes = (uint64_t)count * stride;
    uint64_t padded = (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
    unsigned char *place = (unsigned char *)info + info->size;

    if (padded > room - info->size)
        return NULL;
    if (data != NULL)
        memcpy(place, data, bytes);
    array->offset = info->size;
    array->count = count;
    array->stride = stride;
    info->size += padded;
    return place;
}

void info_seal(struct boot_info *info)
{
    info->checksum = 0;
    info->checksum = crc32c(0, info, info->size);
}
