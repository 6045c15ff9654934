/* The boot archive's files, as files.h tells. */
#include "bytes.h"
#include "files.h"
#include "job.h"
#include "process.h"

const struct boot_info *boot_info;

static const struct boot_file *file_at(uint64_t index)
{
    const uint8_t *files = (const uint8_t *)boot_info + boot_info->files.offset;

    return (const struct boot_file *)(const void *)(files + index * boot_info->files.stride);
}

void files_init(const struct boot_info *info)
{
    boot_info = info;
    files_table.count = info->files.count;
}

const struct boot_file *files_find(const char *name)
{
    for (uint64_t i = 0; i < boot_info->files.count; i++)
        if (name_equals(name, strlen(name), file_at(i)->name))
            return file_at(i);
    return NULL;
}

static bool files_entry(struct object *table, uint64_t index, struct table_entry *entry)
{
    (void)table;
    if (index >= boot_info->files.count)
        return false;
    entry->type = OBJECT_MEMORY;
    entry->rights = memory_type.rights & ~(uint32_t)RIGHT_WRITE;
    entry->size = file_at(index)->size;
    memcpy(entry->name, file_at(index)->name, sizeof file_at(index)->name);
    return true;
}

static int64_t files_op_open(struct job *job)
{
    const struct boot_file *file;
    struct memory *memory;
    char name[sizeof file->name];
    int64_t length = job_fetch_name(job, name, sizeof name);

    if (length < 0)
        return length;
    if (!(file = files_find(name)))
        return -E_NOT_FOUND;
    if (!(memory = memory_create_foreign(job_process(job)->account, file->base, file->size)))
        return -E_MEMORY;
    return job_give_opened(job, &memory->object, RIGHT_ALL & ~(uint32_t)RIGHT_WRITE);
}

static const struct object_type files_type = {
    .number = OBJECT_FILES,
    .rights = RIGHT_READ | RIGHT_OPEN | RIGHT_GET | RIGHT_DUPLICATE | RIGHT_TRANSFER,
    .entry = files_entry,
    .numbers = {NUMBER(PROPERTY_SIZE, struct files, count)},
    .methods = {[OP_READ] = job_list, [OP_OPEN] = files_op_open, [OP_GET] = object_op_get},
};

struct files files_table = {.object = {.type = &files_type, .references = 1}};
