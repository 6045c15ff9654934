/* Random numbers to start from, as good as the machine has them. */
#ifndef BOOT_ENTROPY_H
#define BOOT_ENTROPY_H

#include <stdint.h>

#define ENTROPY_SIZE 32

/* Fills `seed` (ENTROPY_SIZE bytes) from RDSEED, else RDRAND, else the TSC and the CMOS clock.
 * Result: enum boot_entropy_quality. */
uint32_t entropy_gather(uint8_t *seed);

#endif
