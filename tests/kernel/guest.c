/* The frame around the booted tests of the kernel, as guest.h tells. */
#include "guest.h"

#include "serial.h"

uint32_t self, processes, files, power;

static const char *running;
static bool failed;
static char **arguments;

void serial_open(void)
{
    self = handle_named("self");
    processes = handle_named("processes");
    files = handle_named("files");
    power = handle_named("power");
    if (!serial_map())
        program_exit(1);
}

bool guest_check(bool good, const char *file, int line, const char *what, int64_t actual,
                 int64_t expected)
{
    if (good || failed)
        return good;
    failed = true;
    serial_format("FAIL %s.%s: %s:%d: %s", guest_name, running, file, line, what);
    if (actual != expected)
        serial_format(" is %lld, not %lld", (long long)actual, (long long)expected);
    serial_format("\n");
    return false;
}

int64_t binary_open(void)
{
    return object_open(files, arguments[0], RIGHT_READ | RIGHT_EXECUTE);
}

int64_t child_start(const char *name, const struct program_handle *handles, size_t count)
{
    struct program_handle all[16] = {{"processes", processes, 0},
                                     {"files", files, 0},
                                     {"io-space", handle_named("io-space"), 0},
                                     {"power", power, 0}};
    const char *child_arguments[] = {arguments[0], name};
    int64_t binary = binary_open(), process;

    if (binary < 0)
        return binary;
    memcpy(all + 4, handles, count * sizeof(*handles));
    process = program_start_with(&(struct program_start){.name = name,
                                                         .processes = processes,
                                                         .binary = (uint32_t)binary,
                                                         .arguments = child_arguments,
                                                         .argument_count = 2,
                                                         .handles = all,
                                                         .handle_count = count + 4});
    handle_close((uint32_t)binary);
    return process;
}

struct process_status child_run(const char *name, const struct program_handle *handles,
                                size_t count)
{
    int64_t process = child_start(name, handles, count);
    struct process_status status = {.status = process};

    if (process < 0)
        return status;
    if (process_wait((uint32_t)process, &status) < 0)
        status.status = -1;
    handle_close((uint32_t)process);
    return status;
}

bool push(uint16_t op, uint16_t flags, uint32_t handle, uint64_t user_data)
{
    return ring_push(
        thread_ring(),
        (struct request){.op = op, .flags = flags, .handle = handle, .user_data = user_data});
}

uint64_t submit_all(uint64_t wait)
{
    return enter(ring_pending(thread_ring()), wait, NEVER);
}

int64_t result_of(uint64_t user_data)
{
    struct completion completion;

    if (!ring_pop(thread_ring(), &completion) || completion.user_data != user_data)
        return INT64_MIN;
    return completion.result;
}

int64_t event_make(void)
{
    return object_create(self, OBJECT_EVENT, NULL, 0, 0);
}

int64_t event_add(uint32_t event, uint64_t count)
{
    return object_write(event, &count, sizeof(count), 0);
}

bool processor_is_qemu(void)
{
    uint32_t a = 0x40000000, b, c, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return memcmp(&b, "TCGT", 4) == 0;
}

uint64_t random_next(void)
{
    static uint64_t state = 1;

    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

int main(int argc, char **argv)
{
    uint64_t number = 0;

    arguments = argv;
    serial_open();
    if (argc == 0) { /* the kernel gives the first process none */
        guest_tests[0].run();
        return 1;
    }
    for (const struct guest_test *child = guest_children; child->name; child++) {
        if (strcmp(child->name, argv[1]) == 0) {
            running = child->name;
            child->run();
            return failed;
        }
    }
    if (!text_to_number(argv[1], &number))
        return 1;
    for (uint64_t i = 0; i <= number; i++)
        if (!guest_tests[i].name)
            return NO_TEST;
    running = guest_tests[number].name;
    guest_tests[number].run();
    if (!failed)
        serial_format("ok %s.%s\n", guest_name, running);
    return failed;
}
