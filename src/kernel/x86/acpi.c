/* The firmware's tables, as acpi.h tells. */
#include <stddef.h>

#include "../bytes.h"
#include "acpi.h"

enum { RSDP_REVISION = 15, RSDP_RSDT = 16, RSDP_XSDT = 24 };
enum { TABLE_LENGTH = 4, TABLE_HEADER = 36, TABLE_MAX = 1 << 16, MADT_ENTRIES = 44 };
enum { ENTRY_CPU = 0, ENTRY_IO_APIC = 1, ENTRY_OVERRIDE = 2 };

#define SIGNATURE(a, b, c, d) ((uint32_t)(a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)

/* A number of 2, 4 or 8 bytes that need not be aligned. */
static uint64_t number_at(const uint8_t *bytes, uint64_t size)
{
    uint64_t number = 0;

    memcpy(&number, bytes, size);
    return number;
}

/* The table with this signature at a physical address; NULL if there is no whole one. */
static const uint8_t *table_at(uint64_t address, uint32_t signature, const uint8_t *memory,
                               uint64_t size)
{
    const uint8_t *table = memory + address;
    uint64_t length;
    uint8_t sum = 0;

    if (!address || address >= size || size - address < TABLE_HEADER ||
        number_at(table, 4) != signature)
        return NULL;
    length = number_at(table + TABLE_LENGTH, 4);
    if (length < TABLE_HEADER || length > TABLE_MAX || length > size - address)
        return NULL;
    for (uint64_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + table[i]);
    return sum ? NULL : table;
}

static void entry_read(struct acpi *acpi, const uint8_t *entry, uint8_t length)
{
    if (entry[0] == ENTRY_CPU && length >= 8 && (entry[4] & 1) && acpi->cpus < ACPI_CPUS)
        acpi->cpu[acpi->cpus++] = entry[3];
    if (entry[0] == ENTRY_IO_APIC && length >= 12 && number_at(entry + 8, 4) == 0)
        acpi->io_apic = (uint32_t)number_at(entry + 4, 4);
    if (entry[0] == ENTRY_OVERRIDE && length >= 10 && entry[3] < ACPI_LINES) {
        acpi->lines[entry[3]].input = (uint32_t)number_at(entry + 4, 4);
        acpi->lines[entry[3]].flags = (uint16_t)number_at(entry + 8, 2);
    }
}

static bool madt_read(struct acpi *acpi, const uint8_t *madt)
{
    uint64_t end = number_at(madt + TABLE_LENGTH, 4);

    *acpi = (struct acpi){0};
    for (uint32_t line = 0; line < ACPI_LINES; line++)
        acpi->lines[line].input = line;
    for (uint64_t at = MADT_ENTRIES; at + 2 <= end && madt[at + 1] >= 2 && madt[at + 1] <= end - at;
         at += madt[at + 1])
        entry_read(acpi, madt + at, madt[at + 1]);
    return acpi->io_apic != 0 && acpi->io_apic % 4096 == 0;
}

bool acpi_read(struct acpi *acpi, const uint8_t rsdp[ACPI_RSDP_SIZE], const uint8_t *memory,
               uint64_t size)
{
    bool wide = rsdp[RSDP_REVISION] >= 2 && number_at(rsdp + RSDP_XSDT, 8);
    uint64_t step = wide ? 8 : 4, address = number_at(rsdp + (wide ? RSDP_XSDT : RSDP_RSDT), step);
    uint32_t name = wide ? SIGNATURE('X', 'S', 'D', 'T') : SIGNATURE('R', 'S', 'D', 'T');
    const uint8_t *root = table_at(address, name, memory, size), *madt;

    if (!root)
        return false;
    for (uint64_t at = TABLE_HEADER; at + step <= number_at(root + TABLE_LENGTH, 4); at += step) {
        madt = table_at(number_at(root + at, step), SIGNATURE('A', 'P', 'I', 'C'), memory, size);
        if (madt)
            return madt_read(acpi, madt);
    }
    return false;
}
