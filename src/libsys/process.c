/* Starting programs and waiting for them: see process.h. */
#include "libsys/process.h"

#include "abi/error.h"
#include "abi/op.h"
#include "libsys/path.h"
#include "libsys/sync.h"
#include "libsys/text.h"

#define POWER_OFF_FLUSH_NS UINT64_C(1000000000)

int64_t path_open(uint32_t root, const char *path, uint32_t rights)
{
    char names[PATH_SIZE];

    return path_resolve(names, "", path) ? object_open(root, names, rights) : -E_NAME;
}

static int64_t arguments_set(uint32_t process, const struct program_start *start)
{
    char bytes[PROGRAM_ARGUMENTS_SIZE_MAX];
    size_t used = 0;

    if (start->argument_count > PROGRAM_ARGUMENTS_MAX)
        return -E_RANGE;
    for (size_t i = 0; i < start->argument_count; i++) {
        size_t size = strlen(start->arguments[i]) + 1;

        if (size > sizeof(bytes) - used)
            return -E_RANGE;
        memcpy(bytes + used, start->arguments[i], size);
        used += size;
    }
    return object_set_bytes(process, PROPERTY_ARGUMENTS, bytes, used);
}

/* Everything between creating the process and having it run. */
static int64_t process_build(uint32_t process, const struct program_start *start)
{
    int64_t result = object_set(process, PROPERTY_BINARY, start->binary);

    for (size_t i = 0; result >= 0 && i < start->handle_count; i++) {
        const struct program_handle *given = &start->handles[i];

        result = object_share(process, given->handle, given->rights, given->name);
    }
    if (result >= 0)
        result = arguments_set(process, start);
    if (result >= 0)
        result = object_set(process, PROPERTY_START, 1);
    return result;
}

int64_t program_start_with(const struct program_start *start)
{
    int64_t process = object_create(start->processes, OBJECT_PROCESS, start->name, 0, 0);
    int64_t result;

    if (process < 0)
        return process;
    result = process_build((uint32_t)process, start);
    if (result >= 0)
        return process;
    object_remove((uint32_t)process, NULL, 0);
    handle_close((uint32_t)process);
    return result;
}

int64_t process_wait(uint32_t process, struct process_status *status)
{
    int64_t result = object_read(process, status, sizeof(*status), 0);

    if (result < 0)
        return result;
    return result == sizeof(*status) ? 0 : -E_TYPE;
}

int64_t power_off(uint32_t power, uint32_t out, int64_t status)
{
    /* A write of nothing is answered when all before it has been sent; a broken device must not
     * keep the machine on. */
    request_wait((struct request){.op = OP_WRITE, .handle = out, .deadline = POWER_OFF_FLUSH_NS});
    return object_set(power, PROPERTY_STATUS, (uint64_t)status);
}
