/* Other orders of the same events, as interleave.h tells. */
#include "interleave.h"
#include "names.h"
#include "sites.h"

#include "abi/boot.h"

enum { STOPS = 5, STOPS_AT_ONE = 1000 };

/* The next number of a sequence (splitmix64). */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* At the kernel's first instructions, where RDI is the info structure's physical address. */
static int entropy_write(void *context, struct session *session)
{
    struct interleaving *interleaving = context;
    uint64_t state = interleaving->delays, entropy[4];
    struct bochs_registers registers;

    for (unsigned i = 0; i < 4; i++)
        entropy[i] = random_next(&state);
    return bochs_registers(session_bochs(session), &registers) != 0
               ? -1
               : bochs_write(session_bochs(session),
                             registers.rdi + offsetof(struct boot_info, entropy), entropy,
                             sizeof(entropy));
}

static int stop_count(void *context, struct session *session)
{
    struct interleaving_stop *place = context;

    if (--place->left > 0)
        return 0;
    return bochs_break_delete(session_bochs(session), (unsigned)place->watch->breakpoint);
}

static void watch_add(struct interleaving *interleaving, uint64_t address,
                      int (*stopped)(void *context, struct session *session), void *context)
{
    interleaving->watches[interleaving->count++] =
        (struct session_watch){.address = address, .stopped = stopped, .context = context};
}

static void delays_prepare(struct interleaving *interleaving, const struct symbols *symbols)
{
    uint64_t address, next;
    uint8_t code[16];

    if (symbols_find(symbols, NAME_MAIN, &address) != 0)
        return;
    watch_add(interleaving, address, entropy_write, interleaving);
    /* a breakpoint at one instruction may be missed (session.c) */
    next = site_next(code, symbols_bytes(symbols, address, code, sizeof(code)), address);
    if (next != 0)
        watch_add(interleaving, next, entropy_write, interleaving);
}

static void stops_prepare(struct interleaving *interleaving, const struct symbols *symbols)
{
    static const char *const names[STOPS] = {NAME_ENTER, NAME_TRAP, NAME_SCHEDULE, NAME_WAKE,
                                             NAME_COMPLETE};
    uint64_t state = interleaving->stops, address;

    for (unsigned i = 0; i < STOPS; i++) {
        struct interleaving_stop *place = &interleaving->places[i];

        place->left = 1 + (unsigned)(random_next(&state) % STOPS_AT_ONE);
        if (symbols_find(symbols, names[i], &address) != 0)
            continue;
        place->watch = &interleaving->watches[interleaving->count];
        watch_add(interleaving, address, stop_count, place);
    }
}

int interleaving_prepare(struct interleaving *interleaving, const char *kernel)
{
    char error[200];
    struct symbols *symbols = symbols_open(kernel, error, sizeof(error));

    interleaving->count = 0;
    if (symbols == NULL)
        return -1;
    if (interleaving->delays != 0)
        delays_prepare(interleaving, symbols);
    if (interleaving->stops != 0)
        stops_prepare(interleaving, symbols);
    symbols_close(symbols);
    return 0;
}
