/* batch: read one file in sixty-four pieces, all asked for at once. */
#include <orrery.h>

#define PIECES     64u
#define PIECE_SIZE 64u

static char pieces[PIECES][PIECE_SIZE];

/* False if the ring has no room for it now. */
static bool piece_ask(struct ring *ring, uint32_t file, unsigned piece)
{
    return ring_push(ring, (struct request){.op = OP_READ,
                                            .handle = file,
                                            .user_data = piece,
                                            .buffer = (uint64_t)pieces[piece],
                                            .length = PIECE_SIZE,
                                            .offset = piece * PIECE_SIZE});
}

int main(void)
{
    int64_t file = path_open(handle_named("root"), "/files/kernel", 0);
    struct ring *ring = thread_ring();
    unsigned asked = 0, done = 0, calls = 0, wrong = 0;
    struct completion completion;

    if (file < 0) {
        print("/files/kernel: %s\n", error_text(file));
        return 1;
    }
    while (done < PIECES) {
        while (asked < PIECES && piece_ask(ring, (uint32_t)file, asked))
            asked++;
        enter(ring_pending(ring), 1, NEVER);
        calls++;
        for (; ring_pop(ring, &completion); done++)
            wrong += completion.result != PIECE_SIZE;
    }
    print("%u requests, %u system calls, %u failed\n", done, calls, wrong);
    return wrong != 0;
}
