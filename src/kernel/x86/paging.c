/* Page tables, as paging.h tells. */
#include "../direct.h"
#include "../page.h"
#include "../work.h"
#include "abi/object.h"
#include "cpu.h"
#include "paging.h"

#define PRESENT    (UINT64_C(1) << 0)
#define WRITABLE   (UINT64_C(1) << 1)
#define USER       (UINT64_C(1) << 2)
#define UNCACHED   (UINT64_C(3) << 3) /* PCD and PWT */
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS    UINT64_C(0x000ffffffffff000)

#define ENTRIES      512u
#define USER_ENTRIES 256u /* of the top table */
#define TOP_LEVEL    3u

static uint64_t kernel_root; /* constant after the start */

static uint64_t *table_at(uint64_t physical)
{
    return direct_pointer(physical & ADDRESS);
}

/* The table below an entry of the user half: its flags other than the address are all below it. */
static uint64_t *lower_table(uint64_t entry)
{
    return direct_pointer(entry & ~(PAGE_SIZE - 1));
}

static uint64_t *entry_of(uint64_t *table, uint64_t address, unsigned level)
{
    return &table[(address >> (PAGE_SHIFT + 9 * level)) % ENTRIES];
}

static void user_half_clear(void)
{
    uint64_t *table = table_at(kernel_root);

    for (unsigned i = 0; i < USER_ENTRIES; i++)
        table[i] = 0;
    cpu_write_cr3(kernel_root);
}

void paging_init(void)
{
    kernel_root = cpu_read_cr3() & ADDRESS;
    user_half_clear();
}

uint64_t paging_create(struct account *account)
{
    uint64_t *table = page_alloc_zeroed(account, 0), *kernel = table_at(kernel_root);

    if (!table)
        return FRAME_NONE;
    for (unsigned i = USER_ENTRIES; i < ENTRIES; i++)
        table[i] = kernel[i];
    return direct_physical(table);
}

static bool table_free(uint64_t *entry, unsigned level, struct account *account);

/* Free tables below `count` entries. Most entries are empty: look at eight at a time. */
static bool entries_free(uint64_t *table, unsigned count, unsigned level, struct account *account)
{
    for (unsigned i = 0; i < count; i += 8) {
        uint64_t *e = table + i;

        if (!(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]))
            continue;
        for (unsigned j = 0; j < 8; j++)
            if ((e[j] & PRESENT) && !table_free(&e[j], level - 1, account))
                return false;
    }
    work_spend(8);
    return true;
}

static bool table_free(uint64_t *entry, unsigned level, struct account *account)
{
    if (work_is_over() || (level > 0 && !entries_free(table_at(*entry), ENTRIES, level, account)))
        return false;
    page_free(account, *entry & ADDRESS, 0);
    *entry = 0;
    return true;
}

bool paging_clear(uint64_t *root, struct account *account)
{
    if (*root == FRAME_NONE)
        return true;
    if (!entries_free(table_at(*root), USER_ENTRIES, TOP_LEVEL, account))
        return false;
    page_free(account, *root, 0);
    *root = FRAME_NONE;
    return true;
}

bool paging_map(uint64_t root, struct account *account, uint64_t address, uint64_t page,
                uint32_t access)
{
    uint64_t *table = table_at(root);

    for (unsigned level = TOP_LEVEL; level > 0; level--) {
        uint64_t *entry = entry_of(table, address, level);

        if (!(*entry & PRESENT)) {
            void *fresh = page_alloc_zeroed(account, 0);

            if (!fresh)
                return false;
            *entry = direct_physical(fresh) | PRESENT | WRITABLE | USER;
        }
        table = table_at(*entry);
    }
    *entry_of(table, address, 0) = page | PRESENT | USER | (access & MAP_WRITE ? WRITABLE : 0) |
                                   (access & MAP_DEVICE ? UNCACHED : 0) |
                                   (access & MAP_EXECUTE ? 0 : NO_EXECUTE);
    return true;
}

/* The lowest entry for the address; NULL, and `step` bytes to skip, where a table is missing. */
static uint64_t *entry_find(uint64_t root, uint64_t address, uint64_t *step)
{
    uint64_t *table = table_at(root);

    for (unsigned level = TOP_LEVEL; level > 0; level--) {
        uint64_t *entry = entry_of(table, address, level);

        *step = PAGE_SIZE << (9 * level);
        if (!(*entry & PRESENT))
            return NULL;
        table = table_at(*entry);
    }
    *step = PAGE_SIZE;
    return entry_of(table, address, 0);
}

bool paging_map_kernel(uint64_t address, uint64_t page)
{
    uint64_t step, *entry = entry_find(kernel_root, address, &step);

    if (entry)
        *entry = page | PRESENT | WRITABLE | NO_EXECUTE;
    return entry != NULL;
}

void paging_forget_low(void)
{
    entries_free(table_at(kernel_root), USER_ENTRIES, TOP_LEVEL, &kernel_account);
    user_half_clear();
    cpu_forget_pages(kernel_root);
}

void paging_unmap(uint64_t root, uint64_t address, uint64_t length)
{
    bool active = cpu_current()->root == root, found = false;

    for (uint64_t end = address + length, step; address < end;
         address = (address & ~(step - 1)) + step) {
        uint64_t *entry = entry_find(root, address, &step);

        if (entry && (*entry & PRESENT)) {
            *entry = 0;
            found = true;
            if (active)
                cpu_invalidate_page(address);
        }
    }
    if (found)
        cpu_forget_pages(root);
}

uint64_t paging_lookup(uint64_t root, uint64_t address, uint32_t access)
{
    uint64_t wanted = PRESENT | (access & MAP_WRITE ? WRITABLE : 0), entry;

    entry = *entry_of(direct_pointer(root), address, 3);
    if (!(entry & PRESENT))
        return FRAME_NONE;
    entry = *entry_of(lower_table(entry), address, 2);
    if (!(entry & PRESENT))
        return FRAME_NONE;
    entry = *entry_of(lower_table(entry), address, 1);
    if (!(entry & PRESENT))
        return FRAME_NONE;
    entry = *entry_of(lower_table(entry), address, 0);
    if ((entry & (wanted | UNCACHED)) != wanted || ((access & MAP_EXECUTE) && (entry & NO_EXECUTE)))
        return FRAME_NONE;
    return entry & ADDRESS;
}

uint64_t paging_kernel_root(void)
{
    return kernel_root;
}
