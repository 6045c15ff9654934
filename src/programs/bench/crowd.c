/* A crowd: many processes, threads and handles that do nothing while others are measured. */
#include "programs/bench/bench.h"

#define MEMBERS 1000u
#define THREADS 10u
#define HANDLES 66u

static uint32_t members[MEMBERS];
static unsigned member_count;

static int wait_forever(void *event)
{
    uint64_t count;

    object_read((uint32_t)(uintptr_t)event, &count, sizeof(count), 0);
    return 0;
}

/* Hold a member's share, say so by an answer from the port, and wait. */
int crowd_member(void)
{
    int64_t event = object_create(handle_named("self"), OBJECT_EVENT, NULL, 0, 0);

    for (unsigned i = 1; i < THREADS; i++)
        if (thread_create(wait_forever, (void *)event, 0) < 0)
            return 1;
    while (object_get(handle_named("self"), PROPERTY_HANDLES) < HANDLES)
        if (handle_duplicate((uint32_t)event, RIGHT_READ) < 0)
            return 1;
    enter(0, 0, 0); /* the threads begin to wait */
    object_write(handle_named("port"), NULL, 0, 0);
    return wait_forever((void *)event);
}

/* Receive one call of nothing and answer it. */
static int64_t call_answer_one(uint32_t port)
{
    struct call call;
    int64_t result = port_receive(port, &call, sizeof(call));

    return result < 0 ? result : port_reply(port, call.number, 0, NULL, 0, 0);
}

int64_t crowd_open(void)
{
    int64_t port = object_create(handle_named("self"), OBJECT_PORT, NULL, 0, 0);
    int64_t object = object_create((uint32_t)port, OBJECT_REMOTE, NULL, RIGHT_ALL, 1);
    int64_t result = object < 0 ? object : 0;

    while (member_count < MEMBERS && result >= 0) {
        result = role_start(ROLE_MEMBER, (uint32_t)object);
        if (result < 0)
            break;
        members[member_count++] = (uint32_t)result;
        result = call_answer_one((uint32_t)port);
    }
    handle_close((uint32_t)object);
    handle_close((uint32_t)port);
    return result;
}

void crowd_close(void)
{
    struct process_status status;

    while (member_count > 0) {
        uint32_t member = members[--member_count];

        object_remove(member, NULL, 0);
        process_wait(member, &status);
        handle_close(member);
    }
}
