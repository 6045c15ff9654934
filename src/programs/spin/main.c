/* spin N: compute for N thousand rounds, without a single system call. */
#include <orrery.h>

#define ROUNDS 1000u

int main(int argc, char **argv)
{
    uint64_t thousands;

    if (argc != 2 || !text_to_number(argv[1], &thousands)) {
        print("usage: spin THOUSANDS\n");
        return 2;
    }
    for (uint64_t i = 0; i < thousands; i++) {
        for (unsigned round = 0; round < ROUNDS; round++)
            __asm__ volatile("" : : : "memory"); /* else the loop would vanish */
    }
    return 0;
}
