/* Interrupt controllers, as apic.h tells. */
#include "../clock.h"
#include "../direct.h"
#include "acpi.h"
#include "apic.h"
#include "cpu.h"
#include "pic.h"
#include "pit.h"

#define MSR_APIC_BASE 0x1bu
#define BASE_ENABLED  (UINT64_C(1) << 11)
#define BASE_X2       (UINT64_C(1) << 10)
#define BASE_ADDRESS  UINT64_C(0x000ffffffffff000)

enum { CPUID_APIC = 1 << 9 }; /* leaf 1, EDX */

/* Registers of a local APIC, in words (SDM volume 3, section 10.4.1). */
enum { LOCAL_ID = 0x20 / 4, LOCAL_PRIORITY = 0x80 / 4, LOCAL_END = 0xb0 / 4 };
enum { LOCAL_SPURIOUS = 0xf0 / 4, LOCAL_COMMAND = 0x300 / 4, LOCAL_TARGET = 0x310 / 4 };
enum { LOCAL_TIMER = 0x320 / 4, LOCAL_LINE0 = 0x350 / 4, LOCAL_COUNT = 0x380 / 4 };
enum { LOCAL_LEFT = 0x390 / 4, LOCAL_DIVIDE = 0x3e0 / 4 };
enum { SPURIOUS_ENABLE = 0x100, DIVIDE_BY_1 = 0xb, COMMAND_BUSY = 0x1000 };

/* Of an I/O APIC: index and data register, in words; a table of two registers an input. */
enum { IO_INDEX = 0, IO_DATA = 4, IO_VERSION = 1, IO_TABLE = 0x10 };
enum { ENTRY_LOW = 1 << 13, ENTRY_LEVEL = 1 << 15, ENTRY_MASKED = 1 << 16 };

enum { LINE_TIMER = 0 }; /* of the PIC, from the PIT */

#define MEASURE_NS UINT64_C(2000000)
#define ARM_MAX_NS UINT64_C(1000000000)

uint32_t apic_lines = ACPI_LINES;

/* All constant after the start, but `masked` and `missed`, which are under the lock. */
static volatile uint32_t *local, *io; /* NULL: PIC and PIT */
static uint64_t counts_a_ns;          /* of the timer, times 2^32 */
static struct {
    uint32_t input, entry;
} lines[APIC_LINES_MAX];
static uint32_t masked = UINT32_MAX; /* bit n: line n */
static uint32_t missed;              /* came while masked; for those that are edges */

static uint32_t io_read(uint32_t index)
{
    io[IO_INDEX] = index;
    return io[IO_DATA];
}

static void entry_write(uint32_t input, uint32_t entry)
{
    io[IO_INDEX] = IO_TABLE + 2 * input + 1;
    io[IO_DATA] = cpus[0]->apic << 24;
    io[IO_INDEX] = IO_TABLE + 2 * input;
    io[IO_DATA] = entry;
}

void apic_enable(void)
{
    cpu_write_msr(MSR_APIC_BASE, cpu_read_msr(MSR_APIC_BASE) | BASE_ENABLED);
    local[LOCAL_PRIORITY] = 0;
    local[LOCAL_LINE0] = ENTRY_MASKED; /* the PIC */
    local[LOCAL_SPURIOUS] = SPURIOUS_ENABLE | VECTOR_SPURIOUS;
    local[LOCAL_DIVIDE] = DIVIDE_BY_1;
    local[LOCAL_TIMER] = VECTOR_TIMER;
}

static void timer_measure(void)
{
    uint64_t start = clock_now();

    local[LOCAL_COUNT] = UINT32_MAX;
    while (clock_now() - start < MEASURE_NS)
        ;
    counts_a_ns = ((uint64_t)(UINT32_MAX - local[LOCAL_LEFT]) << 32) / (clock_now() - start);
    local[LOCAL_COUNT] = 0;
}

static void lines_init(const struct acpi *acpi)
{
    uint32_t inputs = (io_read(IO_VERSION) >> 16 & 0xff) + 1;

    apic_lines = inputs < APIC_LINES_MAX ? inputs : APIC_LINES_MAX;
    for (uint32_t input = 0; input < inputs; input++)
        entry_write(input, ENTRY_MASKED);
    for (uint32_t line = 0; line < apic_lines; line++) {
        bool isa = line < ACPI_LINES;
        uint32_t flags = isa ? acpi->lines[line].flags : ACPI_LOW | ACPI_LEVEL; /* as PCI has it */

        lines[line].input =
            isa && acpi->lines[line].input < inputs ? acpi->lines[line].input : line;
        lines[line].entry = (VECTOR_LINES + line) |
                            ((flags & ACPI_LOW) == ACPI_LOW ? ENTRY_LOW : 0) |
                            ((flags & ACPI_LEVEL) == ACPI_LEVEL ? ENTRY_LEVEL : 0);
    }
}

bool apic_init(const struct acpi *acpi)
{
    uint32_t leaf = 1, b, c = 0, d;
    uint64_t base;

    pic_init();
    __asm__ volatile("cpuid" : "+a"(leaf), "=b"(b), "+c"(c), "=d"(d));
    base = acpi && (d & CPUID_APIC) ? cpu_read_msr(MSR_APIC_BASE) : BASE_X2;
    if (base & BASE_X2) { /* its registers are elsewhere */
        pic_unmask(LINE_TIMER);
        return false;
    }
    local = direct_pointer(base & BASE_ADDRESS);
    io = direct_pointer(acpi->io_apic);
    apic_enable();
    cpus[0]->apic = local[LOCAL_ID] >> 24;
    timer_measure();
    lines_init(acpi);
    return true;
}

void apic_mask(uint32_t line)
{
    masked |= 1u << line;
    missed &= ~(1u << line);
    if (local)
        entry_write(lines[line].input, lines[line].entry | ENTRY_MASKED);
    else
        pic_mask(line);
}

bool apic_unmask(uint32_t line)
{
    uint32_t bit = 1u << line;
    bool was_missed = missed & bit;

    missed &= ~bit;
    if (!was_missed)
        masked &= ~bit;
    if (local)
        entry_write(lines[line].input, lines[line].entry);
    else
        pic_unmask(line);
    return was_missed;
}

/*
 * A level that is still there comes again as soon as the interrupt ends, unless it is masked by
 * then. An edge that comes while its input is masked is lost: so those are masked in `masked`
 * alone, and what comes then is remembered; only a second one masks the input as well.
 */
static int32_t line_accept(uint32_t line)
{
    uint32_t bit = 1u << line, entry = lines[line].entry;
    bool first = !(masked & bit);

    if ((entry & ENTRY_LEVEL) || !first)
        entry_write(lines[line].input, entry | ENTRY_MASKED);
    if (!(entry & ENTRY_LEVEL) && !first)
        missed |= bit;
    masked |= bit;
    local[LOCAL_END] = 0;
    return first ? (int32_t)line : APIC_NONE;
}

int32_t apic_accept(uint64_t vector)
{
    uint32_t line = (uint32_t)vector - VECTOR_LINES;

    if (!local) {
        if (!pic_acknowledge(line))
            return APIC_NONE;
        if (line == LINE_TIMER)
            return APIC_TIMER;
        apic_mask(line);
        return (int32_t)line;
    }
    if (line < apic_lines)
        return line_accept(line);
    if (vector != VECTOR_SPURIOUS)
        local[LOCAL_END] = 0;
    return vector == VECTOR_TIMER ? APIC_TIMER : APIC_NONE;
}

void apic_arm(uint64_t ns)
{
    if (local)
        local[LOCAL_COUNT] =
            (uint32_t)((ns < ARM_MAX_NS ? ns : ARM_MAX_NS) * counts_a_ns >> 32) + 1;
    else
        pit_arm(ns);
}

void apic_send(uint32_t apic, uint32_t command)
{
    while (local[LOCAL_COMMAND] & COMMAND_BUSY)
        __builtin_ia32_pause();
    local[LOCAL_TARGET] = apic << 24;
    local[LOCAL_COMMAND] = command;
}
