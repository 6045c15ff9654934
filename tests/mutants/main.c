/*
 * Drives one target with damaged copies of good inputs, the same in every run:
 *
 *     NAME [--rounds N] [--only ROUND] FILE...
 *
 * Prints a summary as programs made with Check do. When a target fails it names the round.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "mutants.h"

#define SEEDS_MAX 64u
#define SIZE_MAX_ (1u << 16) /* of an input; longer files are cut */

static struct seed {
    uint8_t *bytes;
    size_t size;
} seeds[SEEDS_MAX];

static unsigned seed_count;
static uint64_t state, round_now;
static const char *program;

static uint64_t random_next(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t random_below(size_t bound)
{
    return bound ? random_next() % bound : 0;
}

static void seed_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct seed *seed = &seeds[seed_count];

    if (file == NULL || seed_count == SEEDS_MAX) {
        fprintf(stderr, "%s: %s cannot be read\n", program, path);
        exit(2);
    }
    seed->bytes = malloc(SIZE_MAX_);
    seed->size = fread(seed->bytes, 1, SIZE_MAX_, file);
    fclose(file);
    seed_count++;
}

/* A number at which readers of numbers break, in one of the sizes that there are. */
static void number_put(uint8_t *bytes, size_t size)
{
    static const uint64_t numbers[] = {0,          1,          0x7f,       0x80,
                                       0xff,       0x7fff,     0x8000,     0xffff,
                                       0x7fffffff, 0x80000000, 0xffffffff, UINT64_C(1) << 47,
                                       INT64_MAX,  UINT64_MAX, 4096,       UINT64_MAX - 4095};
    uint64_t number = numbers[random_below(sizeof(numbers) / sizeof(numbers[0]))];
    size_t width = (size_t)1 << random_below(4);

    if (random_below(4) == 0)
        number += random_below(9) - 4;
    if (width <= size)
        memcpy(bytes + random_below(size - width + 1), &number, width);
}

/* Copy a part of the input over another one. */
static void part_copy(uint8_t *bytes, size_t size)
{
    size_t from = random_below(size), to = random_below(size);
    size_t most = size - (from > to ? from : to);

    memmove(bytes + to, bytes + from, random_below(most + 1));
}

/* Damage the input in one way. Result: its size. */
static size_t damage(uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    switch (random_below(8)) {
    case 0:
        return random_below(4) ? size : random_below(size);
    case 1:
    case 2:
        number_put(bytes, size);
        break;
    case 3:
        part_copy(bytes, size);
        break;
    case 4:
        bytes[random_below(size)] = (uint8_t)random_next();
        break;
    default:
        /* headers matter most */
        bytes[random_below(random_below(2) && size > 256 ? 256 : size)] ^=
            (uint8_t)(1u << random_below(8));
        break;
    }
    return size;
}

/* The target gets a copy of exactly its size, so that the sanitizer sees its end. */
static void round_play(uint64_t number)
{
    static uint8_t bytes[SIZE_MAX_];
    const struct seed *seed;
    size_t size;
    uint8_t *copy;

    state = number * UINT64_C(0xd1342543de82ef95);
    seed = &seeds[random_below(seed_count)];
    size = seed->size;
    memcpy(bytes, seed->bytes, size);
    for (size_t n = 1 + random_below(6); n > 0; n--)
        size = damage(bytes, size);
    copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void tell(int signal_number)
{
    char text[200];
    int length = snprintf(text, sizeof(text), "again: %s --only %llu, with the same files\n",
                          program, (unsigned long long)round_now);

    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(2);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

int main(int argc, char **argv)
{
    uint64_t rounds = 20000, first = 0;

    program = argv[0];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            rounds = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            first = strtoull(argv[++i], NULL, 10), rounds = first + 1;
        else
            seed_read(argv[i]);
    }
    signal(SIGABRT, tell);
    if (seed_count == 0)
        return 2;
    for (unsigned i = 0; i < seed_count; i++)
        LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].size);
    for (round_now = first; round_now < rounds; round_now++)
        round_play(round_now);
    /* one test, however many inputs */
    printf("%llu inputs\nRunning suite(s): %s\n100%%: Checks: 1, Failures: 0, Errors: 0\n",
           (unsigned long long)(rounds - first), program);
    return 0;
}
