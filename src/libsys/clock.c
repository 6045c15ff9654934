/* Time: see clock.h. */
#include "libsys/clock.h"

#include "libsys/program.h"
#include "libsys/ring.h"
#include "libsys/thread.h"

uint64_t time_now_ns(void)
{
    const struct time_page *time = program.time;

    return (uint64_t)(((unsigned __int128)(tick_read() - time->tsc_base) * time->multiplier) >> 32);
}

void sleep_until_ns(uint64_t deadline_ns)
{
    /* More completions than there can be: only the deadline ends it. */
    while (time_now_ns() < deadline_ns)
        enter(0, UINT32_MAX, deadline_ns);
}
