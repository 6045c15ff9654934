/* The interval timer, as pit.h tells. Registers: Intel 8254 data sheet; port 0x61: PC/AT. */
#include "cpu.h"
#include "pit.h"

#define PIT_HZ UINT64_C(1193182)

enum { PIT_CHANNEL0 = 0x40, PIT_CHANNEL2 = 0x42, PIT_COMMAND = 0x43, PIT_GATE = 0x61 };
enum { PIT_ONE_SHOT0 = 0x30, PIT_ONE_SHOT2 = 0xb0 }; /* mode 0, low then high byte */
enum { GATE_CHANNEL2 = 1, GATE_SPEAKER = 2, GATE_OUTPUT2 = 0x20 };

#define MEASURE_COUNT 2386u /* 2 ms */
#define COUNT_MAX     UINT64_C(65535)

static void count_load(uint16_t channel, uint8_t command, uint64_t count)
{
    cpu_out8(PIT_COMMAND, command);
    cpu_out8(channel, (uint8_t)count);
    cpu_out8(channel, (uint8_t)(count >> 8));
}

void pit_arm(uint64_t ns)
{
    uint64_t count = COUNT_MAX;

    if (ns < COUNT_MAX * 838)
        count = ns * PIT_HZ / UINT64_C(1000000000) + 1;
    count_load(PIT_CHANNEL0, PIT_ONE_SHOT0, count < COUNT_MAX ? count : COUNT_MAX);
}

uint64_t pit_measure_tsc(void)
{
    uint8_t gate = (uint8_t)(cpu_in8(PIT_GATE) & ~GATE_SPEAKER);
    uint64_t start;

    cpu_out8(PIT_GATE, gate | GATE_CHANNEL2);
    count_load(PIT_CHANNEL2, PIT_ONE_SHOT2, MEASURE_COUNT);
    start = cpu_tsc();
    while (!(cpu_in8(PIT_GATE) & GATE_OUTPUT2))
        ;
    start = cpu_tsc() - start;
    cpu_out8(PIT_GATE, gate & (uint8_t)~GATE_CHANNEL2);
    return start * PIT_HZ / MEASURE_COUNT;
}
