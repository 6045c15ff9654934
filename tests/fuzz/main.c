/* The fuzzer's roles: each process is told its own by its arguments; the first has none. */
#include "fuzz.h"

#include "serial.h"

struct board *board = (struct board *)BOARD;
uint32_t self;

static const char *role = "supervisor";

uint64_t seed_derive(uint64_t seed, uint64_t index)
{
    uint64_t x = seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return x ? x : 1;
}

void finding(const char *format, ...)
{
    va_list list;

    if (__atomic_fetch_add(&board->findings, 1, __ATOMIC_RELAXED) > 0)
        sleep_until_ns(NEVER - 1); /* the first is being told, maybe by this process */
    va_start(list, format);
    serial_format("FAIL fuzz: %s: ", role);
    serial_list(format, list);
    serial_format("\n");
    va_end(list);
    __atomic_store_n(&board->told, 1, __ATOMIC_RELEASE);
    program_exit(FINDING);
}

/* The counts of the run; those who do not have it yet get it from the supervisor. */
static void board_map(void)
{
    uint32_t handle = handle_named("board");

    if (object_map(self, handle, MAP_WRITE, BOARD, PAGE_SIZE, 0) < 0)
        program_exit(FINDING);
    handle_close(handle);
}

static enum kind kind_of(const char *name)
{
    return strcmp(name, "careful") == 0 ? CAREFUL : strcmp(name, "racy") == 0 ? RACY : WILD;
}

/* Without arguments the supervisor; else a role's name, a seed, and a quota. */
int main(int argc, char **argv)
{
    uint64_t seed = 1, quota = 0;

    self = handle_named("self");
    if (argc < 4) {
        if (!serial_map())
            return 1;
        supervisor_run();
    }
    role = argv[1];
    text_to_number(argv[2], &seed);
    text_to_number(argv[3], &quota);
    board_map();
    /* What harms itself must not print. */
    if (strcmp(role, "wild") != 0 && !serial_map())
        return FINDING;
    if (strcmp(role, "server") == 0)
        server_run_wrongly(seed, quota);
    else
        worker_run(kind_of(role), seed, quota);
    return 0;
}
