/*
 * Both sides of a ring at once, each in a thread of its own, under ThreadSanitizer: every request
 * arrives whole and once, every completion too, and no byte is reached without an order between
 * the two sides.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

/* Both sides have a function of this name. */
#define ring_room ring_room_user
#include "libsys/ring.h"
#undef ring_room
#include "kernel/ring.h"

#define REQUESTS UINT64_C(100000)

/* What completes a request in flight. */
static void complete(struct kernel_ring *ring, int64_t result, uint64_t user_data)
{
    ring_answer(ring, result, user_data);
    ring_release(ring);
}

static struct ring *shared;
static uint64_t wrong, wrong_user; /* what each side found, written by it alone */

static struct request request_numbered(uint64_t number)
{
    return (struct request){.op = (uint16_t)(number | 1), /* a plain no-op is not read whole */
                            .handle = (uint32_t)number,
                            .user_data = number,
                            .buffer = number,
                            .length = number,
                            .offset = number,
                            .deadline = number,
                            .arg0 = number,
                            .arg1 = number};
}

static bool request_is_whole(const struct request *request, uint64_t number)
{
    return request->op == (uint16_t)(number | 1) && request->handle == (uint32_t)number &&
           request->user_data == number && request->buffer == number && request->length == number &&
           request->offset == number && request->deadline == number && request->arg0 == number &&
           request->arg1 == number;
}

/* Take one request as in flight, if there is one. */
static bool request_take(struct kernel_ring *from, struct request *request)
{
    if (!ring_available(from))
        return false;
    ring_next(from, request);
    ring_hold(from);
    return true;
}

/* Takes requests, keeps up to a capacity of them in flight, answers the oldest. */
static void *kernel_side(void *argument)
{
    struct kernel_ring *ring = argument;
    uint64_t taken = 0, answered = 0;

    while (answered < REQUESTS) {
        struct request request = {0};

        if (request_take(ring, &request)) {
            wrong += !request_is_whole(&request, taken);
            taken++;
        } else if (answered < taken) {
            complete(ring, (int64_t)(answered * 3), answered);
            answered++;
        } else {
            sched_yield(); /* the other side's turn, should there be one processor alone */
        }
    }
    return NULL;
}

static void *user_side(void *argument)
{
    uint64_t pushed = 0, popped = 0;
    struct completion completion;

    (void)argument;
    while (popped < REQUESTS) {
        while (pushed < REQUESTS && ring_push(shared, request_numbered(pushed)))
            pushed++;
        /* at times leave all unread until the ring is full */
        if (pushed % 7 == 0 && pushed < REQUESTS && ring_room_user(shared))
            continue;
        if (ring_ready(shared) == 0)
            sched_yield();
        while (ring_pop(shared, &completion)) {
            wrong_user +=
                completion.user_data != popped || completion.result != (int64_t)(popped * 3);
            popped++;
        }
    }
    return NULL;
}

int main(void)
{
    static _Alignas(64) uint8_t memory[8192];
    struct kernel_ring ring;
    pthread_t kernel, user;

    shared = (struct ring *)memory;
    ring_init(&ring, memory, RING_CAPACITY_MIN);
    /* start shortly before the indices wrap */
    shared->submission_tail = shared->submission_head = ring.submission_head = UINT32_MAX - 5000;
    shared->completion_tail = shared->completion_head = ring.completion_tail = UINT32_MAX - 5000;
    pthread_create(&kernel, NULL, kernel_side, &ring);
    pthread_create(&user, NULL, user_side, NULL);
    pthread_join(user, NULL);
    pthread_join(kernel, NULL);
    printf("Running suite(s): kernel ring race\n%d%%: Checks: 1, Failures: %d, Errors: 0\n",
           wrong || wrong_user ? 0 : 100, wrong || wrong_user);
    return wrong || wrong_user;
}
