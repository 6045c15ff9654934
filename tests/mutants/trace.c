/* The trace buffer, which a student's kernel may have written to. */
#include "mutants.h"

#include "trace.h"

struct input {
    const uint8_t *bytes;
    size_t size;
};

static int read_memory(void *context, uint64_t physical, void *buffer, size_t size)
{
    const struct input *input = context;

    if (physical > input->size || size > input->size - physical)
        return -1;
    memcpy(buffer, input->bytes + physical, size);
    return 0;
}

static void take(void *context, const struct trace_record *record)
{
    char text[400];

    (void)context;
    trace_print(record, text, sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    struct trace_reader reader = {
        .read = read_memory, .context = &input, .memory_size = size, .cpus = 2};

    if (trace_take(&reader, 0, take, NULL) != 0)
        must(reader.error[0] != '\0');
    return 0;
}
