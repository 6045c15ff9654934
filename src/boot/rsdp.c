/* The ACPI root pointer (see rsdp.h). Pure: runs on the host as well. */
#include "rsdp.h"

#include <string.h>

#define RSDP_STEP     16
#define RSDP_SIZE_OLD 20 /* of revision 0; these bytes have a checksum of their own */
#define RSDP_SIZE_MIN 36 /* of revision 2 and later, which give their length */
#define RSDP_REVISION 15
#define RSDP_LENGTH   20

static bool sum_is_zero(const unsigned char *bytes, uint32_t size)
{
    unsigned char sum = 0;

    for (uint32_t i = 0; i < size; i++)
        sum = (unsigned char)(sum + bytes[i]);
    return sum == 0;
}

/* Result: bytes of the structure at `bytes`, 0 if there is none. */
static uint32_t rsdp_size(const unsigned char *bytes, uint64_t room)
{
    uint32_t length;

    if (room < RSDP_SIZE_OLD || memcmp(bytes, "RSD PTR ", 8) != 0 ||
        !sum_is_zero(bytes, RSDP_SIZE_OLD))
        return 0;
    if (bytes[RSDP_REVISION] < 2)
        return RSDP_SIZE_OLD;
    if (room < RSDP_SIZE_MIN)
        return 0;
    memcpy(&length, bytes + RSDP_LENGTH, sizeof(length));
    if (length < RSDP_SIZE_MIN || length > RSDP_SIZE_MAX || length > room ||
        !sum_is_zero(bytes, length))
        return 0;
    return length;
}

bool rsdp_find(const void *memory, uint64_t size, void *rsdp)
{
    const unsigned char *bytes = memory;

    for (uint64_t at = 0; at + RSDP_SIZE_OLD <= size; at += RSDP_STEP) {
        uint64_t word;
        uint32_t length;

        memcpy(&word, bytes + at, sizeof(word)); /* tells all but a few places apart in one step */
        length = word == UINT64_C(0x2052545020445352) ? rsdp_size(bytes + at, size - at) : 0;
        if (length > 0) {
            memset(rsdp, 0, RSDP_SIZE_MAX);
            memcpy(rsdp, bytes + at, length);
            return true;
        }
    }
    return false;
}
