/* batch: read one file in sixty-four pieces, all asked for at once. */
#include <orrery.h>

#define PIECES     64u
#define PIECE_SIZE 64u

static char pieces[PIECES][PIECE_SIZE];

/* Ask for all pieces; the ring takes some at a time, and gives room as answers come. */
static uint64_t pieces_read(struct ring *ring, uint32_t file)
{
    struct completion completion;
    uint64_t bytes = 0;
    unsigned asked = 0, done = 0, entered = 0;

    while (done < PIECES) {
        while (asked < PIECES && ring_push(ring, (struct request){.op = OP_READ,
                                                                  .handle = file,
                                                                  .user_data = asked,
                                                                  .buffer = (uint64_t)pieces[asked],
                                                                  .length = PIECE_SIZE,
                                                                  .offset = asked * PIECE_SIZE}))
            asked++;
        enter(ring_pending(ring), 1, NEVER);
        entered++;
        for (; ring_pop(ring, &completion); done++)
            bytes += completion.result > 0 ? (uint64_t)completion.result : 0;
    }
    print("%u requests, %u system calls\n", done, entered);
    return bytes;
}

int main(int argc, char **argv)
{
    int64_t file = path_open(handle_named("root"), "/files/kernel", 0);

    (void)argc, (void)argv;
    if (file < 0) {
        print("/files/kernel: %s\n", error_text(file));
        return 1;
    }
    return pieces_read(thread_ring(), (uint32_t)file) == PIECES * PIECE_SIZE ? 0 : 1;
}
