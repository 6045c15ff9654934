/* Ten thousand processes, one after another: killed at once, killed while they wait, or ended. */
#include "guest.h"

#define CYCLES 10000u

const char *const guest_name = "spawns";

static void child_sleep(void)
{
    enter(0, 1, NEVER - 1);
}

static void child_leave(void)
{
}

/* How a cycle ends its process: by turns. */
enum { KILL_AT_ONCE, KILL_ASLEEP, LEAVE, KINDS };

static void spawn_and_kill(void)
{
    int64_t before = object_get(processes, PROPERTY_FREE_FRAMES);

    for (unsigned i = 0; i < CYCLES; i++) {
        unsigned kind = i % KINDS;
        int64_t process = child_start(kind == LEAVE ? "leave" : "sleep", NULL, 0);
        struct process_status status;

        check(process > 0);
        if (kind == KILL_ASLEEP)
            enter(0, 0, 0); /* it runs until it sleeps */
        if (kind != LEAVE)
            check_is(object_remove((uint32_t)process, NULL, 0), 0);
        check_is(process_wait((uint32_t)process, &status), 0);
        check_is(status.reason, kind == LEAVE ? REASON_EXITED : REASON_KILLED);
        check_is(handle_close((uint32_t)process), 0);
        check_is(object_get(processes, PROPERTY_FREE_FRAMES), before);
    }
}

const struct guest_test guest_tests[] = {{"spawn-and-kill", spawn_and_kill}, {NULL, NULL}};
const struct guest_test guest_children[] = {
    {"sleep", child_sleep}, {"leave", child_leave}, {NULL, NULL}};
