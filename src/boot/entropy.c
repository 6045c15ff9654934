/* Random numbers to start from (see entropy.h). */
#include "entropy.h"

#include <cpuid.h>
#include <stdbool.h>
#include <string.h>

#include "abi/boot.h"
#include "machine.h"

#define TRIES      100 /* the instructions may run dry for a moment */
#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71
#define CMOS_CLOCK 10 /* registers of the clock */

static bool read_rdseed(uint64_t *value)
{
    bool good = false;

    for (int i = 0; i < TRIES && !good; i++)
        __asm__ volatile("rdseed %0" : "=r"(*value), "=@ccc"(good));
    return good;
}

static bool read_rdrand(uint64_t *value)
{
    bool good = false;

    for (int i = 0; i < TRIES && !good; i++)
        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(good));
    return good;
}

static bool fill(uint64_t *words, bool (*read)(uint64_t *))
{
    for (unsigned int i = 0; i < ENTROPY_SIZE / sizeof(*words); i++)
        if (!read(&words[i]))
            return false;
    return true;
}

/* One step of a multiplicative mixer: each bit of the sum ends up in about half of the result. */
static uint64_t mix(uint64_t state, uint64_t value)
{
    state = (state ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return state ^ (state >> 29);
}

static void fill_weak(uint64_t *words)
{
    uint64_t state = machine_ticks();

    for (unsigned int i = 0; i < ENTROPY_SIZE / sizeof(*words); i++) {
        for (uint8_t reg = 0; reg < CMOS_CLOCK; reg++) {
            machine_out(CMOS_INDEX, reg);
            state = mix(state, machine_in(CMOS_DATA));
        }
        state = mix(state, machine_ticks());
        words[i] = state;
    }
}

uint32_t entropy_gather(uint8_t *seed)
{
    uint64_t words[ENTROPY_SIZE / sizeof(uint64_t)];
    unsigned int eax, ebx, ecx, edx;
    uint32_t quality = BOOT_ENTROPY_WEAK;

    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & (1u << 18)) &&
        fill(words, read_rdseed))
        quality = BOOT_ENTROPY_RDSEED;
    else if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & (1u << 30)) &&
             fill(words, read_rdrand))
        quality = BOOT_ENTROPY_RDRAND;
    else
        fill_weak(words);
    memcpy(seed, words, ENTROPY_SIZE);
    return quality;
}
