/* The firmware's table of processors: a good one, and many that lie. */
#include <stdlib.h>
#include <string.h>

#include "kernel/x86/acpi.h"
#include "suite.h"

#define SIZE  4096u
#define ROOT  0x100u
#define MADT  0x400u
#define STEPS 60000u

static uint8_t memory[SIZE], rsdp[ACPI_RSDP_SIZE];

static void put(uint8_t *at, uint64_t number, size_t size)
{
    memcpy(at, &number, size);
}

static void seal(uint32_t table, uint32_t length)
{
    uint8_t sum = 0;

    memory[table + 9] = 0;
    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + memory[table + i]);
    memory[table + 9] = (uint8_t)-sum;
}

/* Two processors and one that is off, an I/O APIC, and two lines that are connected otherwise. */
static uint32_t tables_make(bool wide)
{
    static const uint8_t entries[] = {
        0, 8, 0, 0, 1, 0, 0,  0, 0, 8,  3, 4,    1,    0, 0, 0, 0,  8, 2,
        6, 0, 0, 0, 0, 1, 12, 1, 0, 0,  0, 0xc0, 0xfe, 0, 0, 0, 0,  2, 10,
        0, 0, 2, 0, 0, 0, 0,  0, 2, 10, 0, 9,    9,    0, 0, 0, 15, 0,
    };
    uint32_t length = 44 + sizeof(entries), step = wide ? 8 : 4;

    memset(memory, 0, sizeof(memory));
    memset(rsdp, 0, sizeof(rsdp));
    rsdp[15] = wide ? 2 : 0;
    put(rsdp + (wide ? 24 : 16), ROOT, step);
    memcpy(memory + ROOT, wide ? "XSDT" : "RSDT", 4);
    put(memory + ROOT + 4, 36 + 2 * step, 4);
    put(memory + ROOT + 36, 0x900, step); /* no table */
    put(memory + ROOT + 36 + step, MADT, step);
    seal(ROOT, 36 + 2 * step);
    memcpy(memory + MADT, "APIC", 4);
    put(memory + MADT + 4, length, 4);
    memcpy(memory + MADT + 44, entries, sizeof(entries));
    seal(MADT, length);
    return length;
}

START_TEST(good_tables_are_read)
{
    struct acpi acpi;

    tables_make(_i);
    ck_assert(acpi_read(&acpi, rsdp, memory, SIZE));
    ck_assert_uint_eq(acpi.cpus, 2);
    ck_assert_uint_eq(acpi.cpu[0], 0);
    ck_assert_uint_eq(acpi.cpu[1], 4);
    ck_assert_uint_eq(acpi.io_apic, 0xfec00000);
    ck_assert_uint_eq(acpi.lines[0].input, 2);
    ck_assert_uint_eq(acpi.lines[1].input, 1);
    ck_assert_uint_eq(acpi.lines[9].flags, ACPI_LOW | ACPI_LEVEL);
}
END_TEST

START_TEST(changed_bytes_are_refused)
{
    struct acpi acpi;
    uint32_t length = tables_make(false);

    for (uint32_t i = 0; i < length; i++) {
        memory[MADT + i] ^= 0x10;
        ck_assert(!acpi_read(&acpi, rsdp, memory, SIZE));
        memory[MADT + i] ^= 0x10;
    }
    ck_assert(!acpi_read(&acpi, rsdp, memory, MADT + length - 1)); /* beyond what there is */
    memset(rsdp, 0, sizeof(rsdp));
    ck_assert(!acpi_read(&acpi, rsdp, memory, SIZE));
}
END_TEST

/* Tables that lie have right checksums. What is read stays inside `memory`: it lies at the end of a
 * block of the heap, where the sanitizer looks. */
START_TEST(lies_do_no_harm)
{
    uint8_t *block = malloc(SIZE);
    struct acpi acpi;

    ck_assert_ptr_nonnull(block);
    srand(1);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t length = tables_make(step % 2);

        for (int i = rand() % 4; i >= 0; i--)
            memory[MADT + 4 + (uint32_t)rand() % (length - 4)] = (uint8_t)rand();
        if (step % 8 == 0)
            memory[ROOT + 4 + (uint32_t)rand() % 44] = (uint8_t)rand();
        seal(ROOT, 36 + (step % 2 ? 16 : 8));
        length = memory[MADT + 4] | (uint32_t)memory[MADT + 5] << 8;
        if (MADT + length <= SIZE && length >= 36)
            seal(MADT, length);
        memcpy(block, memory, SIZE);
        if (acpi_read(&acpi, rsdp, block, SIZE))
            ck_assert(acpi.cpus <= ACPI_CPUS && acpi.io_apic % 4096 == 0);
    }
    free(block);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel.acpi");
    TCase *tests = tcase_create("acpi");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, good_tables_are_read, 0, 2);
    tcase_add_test(tests, changed_bytes_are_refused);
    tcase_add_test(tests, lies_do_no_harm);
    return suite_finish(suite, tests);
}
