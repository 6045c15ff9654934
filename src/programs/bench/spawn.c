/* What starting and ending a process cost. */
#include "programs/bench/bench.h"

/* The child tells by its status when it was in main. */
static int64_t spawn_once(struct figure *spawn, struct figure *ending)
{
    struct process_status status;
    uint64_t start = tick_read(), end;
    int64_t process = role_start(ROLE_STAMP, 0);
    int64_t result;

    if (process < 0)
        return process;
    result = process_wait((uint32_t)process, &status);
    end = tick_read();
    handle_close((uint32_t)process);
    if (result < 0)
        return result;
    if (status.reason != REASON_EXITED)
        return -E_STATE;
    figure_add(spawn, (uint64_t)status.status - start, 1, 0);
    figure_add(ending, end - (uint64_t)status.status, 1, 0);
    return 0;
}

int64_t bench_spawn(void)
{
    struct figure spawn = {0}, ending = {0};
    int64_t result = 0;

    if (!item_wanted("spawn") && !item_wanted("exit"))
        return 0;
    for (unsigned i = 0; result >= 0 && i < SPAWN_ROUNDS; i++)
        result = spawn_once(&spawn, &ending);
    if (result < 0)
        return result;
    figure_print(&spawn, "spawn");
    figure_print(&ending, "exit");
    return 0;
}
