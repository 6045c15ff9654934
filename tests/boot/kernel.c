/*
 * A kernel that checks what the boot loader hands over, for the booted tests of the loader: the
 * processor's state, the page tables as the processor would walk them, its own image, and the info
 * structure. It prints `ok NAME` or `FAIL NAME` a check on COM1 and port 0xE9, the info structure
 * as text (infotext.h), then turns the machine off.
 */
#include <stdbool.h>
#include <stdint.h>

#include "abi/boot.h"
#include "abi/layout.h"
#include "boot/machine.h"
#include "infotext.h"

#define PTE_PRESENT    UINT64_C(1)
#define PTE_WRITABLE   UINT64_C(2)
#define PTE_USER       UINT64_C(4)
#define PTE_LARGE      UINT64_C(0x80)
#define PTE_NO_EXECUTE (UINT64_C(1) << 63)
#define PTE_ADDRESS    UINT64_C(0x000ffffffffff000)

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

extern uint64_t entry_stack, entry_flags, entry_registers;

void kernel_main(const struct boot_info *info);
void *memcpy(void *to, const void *from, uint64_t size);
void *memset(void *to, int value, uint64_t size);
int memcmp(const void *left, const void *right, uint64_t size);

static unsigned char zeroed[3 * 4096 + 5]; /* in the BSS, ends inside a page */
static uint64_t given[3] = {1, 2, 3};      /* just before the BSS */
static const uint64_t constant = 0x1122334455667788;

void *memcpy(void *to, const void *from, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

void *memset(void *to, int value, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        ((unsigned char *)to)[i] = (unsigned char)value;
    return to;
}

int memcmp(const void *left, const void *right, uint64_t size)
{
    const unsigned char *a = left;
    const unsigned char *b = right;

    for (uint64_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

static void print_character(char character)
{
    machine_out(0xe9, (uint8_t)character);
    while (!(machine_in(0x3fd) & 0x20))
        ;
    machine_out(0x3f8, (uint8_t)character);
}

static void print(const char *text)
{
    while (*text != 0)
        print_character(*text++);
}

static void check(const char *name, bool good)
{
    print(good ? "ok " : "FAIL ");
    print(name);
    print("\n");
}

static const void *direct(uint64_t physical)
{
    return (const void *)(DIRECT_MAP_BASE + physical);
}

/* Walks the tables in CR3. Result: the entry that maps `address`, or 0; `shift` is its size. */
static uint64_t walk(uint64_t address, unsigned int *shift)
{
    uint64_t table;

    __asm__ volatile("mov %%cr3, %0" : "=r"(table));
    for (*shift = 39;; *shift -= 9) {
        const uint64_t *entries = direct(table & PTE_ADDRESS);
        uint64_t entry = entries[(address >> *shift) % 512];

        if (!(entry & PTE_PRESENT))
            return 0;
        if (*shift == 12 || (entry & PTE_LARGE))
            return entry;
        table = entry;
    }
}

static uint64_t physical_of(uint64_t address)
{
    unsigned int shift;
    uint64_t entry = walk(address, &shift);
    uint64_t mask = (UINT64_C(1) << shift) - 1;

    return (entry & PTE_ADDRESS & ~mask) | (address & mask);
}

/* Looks at every mapped page. Result: whether none is writable and executable, or the user's. */
static bool tables_are_strict(uint64_t table, unsigned int shift)
{
    const uint64_t *entries = direct(table);

    for (unsigned int i = 0; i < 512; i++) {
        uint64_t entry = entries[i];

        if (!(entry & PTE_PRESENT))
            continue;
        if (entry & PTE_USER)
            return false;
        if (shift > 12 && !(entry & PTE_LARGE)) {
            if (!tables_are_strict(entry & PTE_ADDRESS, shift - 9))
                return false;
        } else if ((entry & PTE_WRITABLE) && !(entry & PTE_NO_EXECUTE)) {
            return false;
        }
    }
    return true;
}

static void check_processor(const struct boot_info *info)
{
    uint64_t cr0, cr3, cr4, size;
    uint32_t low, high;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000080));
    check("paging, write protection, no-execute",
          (cr0 & 0x80010001) == 0x80010001 && (low & 0xd00) == 0xd00);
    check("caches on", (cr0 & 0x60000000) == 0);
    check("interrupts off, direction up", (entry_flags & 0x600) == 0);
    check("registers clear", entry_registers == 0);
    check("stack at its top", entry_stack == BOOT_STACK_TOP);
    check("tables strict", tables_are_strict(cr3 & PTE_ADDRESS, 39));
    size = 0;
    for (uint32_t i = 0; i < info->memory.count; i++) {
        const struct boot_memory *range = (const void *)((const char *)info + info->memory.offset);

        if (cr3 >= range[i].base && cr3 < range[i].base + range[i].size)
            size = range[i].type == BOOT_MEMORY_TABLES ? range[i].size : 0;
    }
    check("tables typed", size != 0);
}

static void check_mapping(const struct boot_info *info)
{
    unsigned int shift;
    uint64_t entry = walk((uint64_t)&constant, &shift);

    check("constants read-only", (entry & PTE_NO_EXECUTE) && !(entry & PTE_WRITABLE));
    entry = walk((uint64_t)&kernel_main, &shift);
    check("code executable", entry && !(entry & PTE_NO_EXECUTE) && !(entry & PTE_WRITABLE));
    entry = walk((uint64_t)zeroed, &shift);
    check("data writable", (entry & PTE_NO_EXECUTE) && (entry & PTE_WRITABLE) && shift == 12);
    check("kernel where told", physical_of(KERNEL_BASE) == info->kernel_base);
    check("stack where told",
          physical_of(BOOT_STACK_TOP - 1) == info->stack_base + info->stack_size - 1);
    check("stack guarded", walk(BOOT_STACK_TOP - BOOT_STACK_SIZE - 1, &shift) == 0 &&
                               walk(BOOT_STACK_TOP, &shift) == 0);
    check("page 0 unmapped", walk(0, &shift) == 0);
    check("low memory at its own address", physical_of(0x9000) == 0x9000);
    check("devices in the direct map", physical_of(DIRECT_MAP_BASE + 0xfee00000) == 0xfee00000);
}

static void check_memory(const struct boot_info *info)
{
    const struct boot_memory *range = (const void *)((const char *)info + info->memory.offset);
    bool sorted = true;
    bool mapped = true;

    for (uint32_t i = 0; i < info->memory.count; i++) {
        uint64_t end = range[i].base + range[i].size;

        if (range[i].base % PAGE_SIZE || range[i].size % PAGE_SIZE || range[i].size == 0)
            sorted = false;
        if (i > 0 && (range[i - 1].base + range[i - 1].size > range[i].base ||
                      (range[i - 1].base + range[i - 1].size == range[i].base &&
                       range[i - 1].type == range[i].type)))
            sorted = false;
        if (range[i].type <= BOOT_MEMORY_TRACE &&
            (physical_of(DIRECT_MAP_BASE + range[i].base) != range[i].base ||
             physical_of(DIRECT_MAP_BASE + end - 1) != end - 1))
            mapped = false;
    }
    check("map sorted, aligned, merged", sorted);
    check("memory in the direct map", mapped);
}

static bool all_zero(const void *memory, uint64_t size)
{
    const unsigned char *bytes = memory;

    for (uint64_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static void check_image(const struct boot_info *info)
{
    const struct boot_file *file = (const void *)((const char *)info + info->files.offset);
    uint64_t end = ((uint64_t)zeroed + sizeof(zeroed) + 4095) & ~UINT64_C(4095);
    bool tails = true;

    check("data as in the file",
          given[0] == 1 && given[1] == 2 && given[2] == 3 && constant == 0x1122334455667788);
    check("bss zero", all_zero(zeroed, sizeof(zeroed)));
    check("last page's tail zero",
          all_zero(zeroed + sizeof(zeroed), end - (uint64_t)(zeroed + sizeof(zeroed))));
    check("trace header zero",
          info->trace_base % PAGE_SIZE == 0 && all_zero(direct(info->trace_base), PAGE_SIZE));
    for (uint32_t i = 0; i < info->files.count; i++) {
        const char *bytes = direct(file[i].base);

        if (file[i].base % PAGE_SIZE != 0 ||
            !all_zero(bytes + file[i].size, -file[i].size % PAGE_SIZE))
            tails = false;
    }
    check("files page-aligned, tails zero", tails);
}

/* The info structure once more, byte by byte, for the parsers on the host. */
static void print_bytes(const struct boot_info *info)
{
    const unsigned char *bytes = (const unsigned char *)info;

    print("bytes ");
    for (uint64_t i = 0; i < info->size; i++) {
        print_character("0123456789abcdef"[bytes[i] >> 4]);
        print_character("0123456789abcdef"[bytes[i] & 15]);
    }
    print("\n");
}

void kernel_main(const struct boot_info *info)
{
    /* By physical address, so through the direct map: the identity map is of low memory alone. */
    info = direct((uint64_t)info);
    machine_out(0x3fb, 0x03); /* 8 bits; the emulators do not care for the speed */
    check_processor(info);
    check_mapping(info);
    check_memory(info);
    check_image(info);
    infotext_print(info, print);
    print_bytes(info);
    print("end\n");
    while (!(machine_in(0x3fd) & 0x40)) /* the last byte is on its way until then */
        ;
    for (const char *text = "Shutdown"; *text != 0; text++)
        machine_out(0x8900, (uint8_t)*text);
    machine_out(0xf4, 0);
}
