/* Handles, as handle.h tells. */
#include <stddef.h>

#include "bytes.h"
#include "direct.h"
#include "handle.h"
#include "page.h"
#include "work.h"
#include "x86/cpu.h"

#define GENERATION_LAST UINT16_MAX

static struct handle_entry *entry_at(const struct handle_table *table, uint32_t slot)
{
    return &table->leaves[slot / HANDLE_LEAF][slot % HANDLE_LEAF];
}

/* Where there are no slots: nothing is named there, not even by 0. */
static struct handle_entry no_slots[HANDLE_LEAF] = {{.slot = 1}};
static struct handle_entry *no_leaves[HANDLE_SLOTS / HANDLE_LEAF] = {
    [0 ... HANDLE_SLOTS / HANDLE_LEAF - 1] = no_slots};

/* The open entry that the handle names, or NULL. Whatever the handle is, it is looked up within the
 * table: its bits are as many as there are places. */
static struct handle_entry *entry_find(const struct handle_table *table, uint32_t handle)
{
    struct handle_entry *entry = entry_at(table, handle % HANDLE_SLOTS);

    return entry->handle == handle ? entry : NULL;
}

const struct handle_entry *handle_find(const struct handle_table *table, uint32_t handle,
                                       uint32_t rights)
{
    const struct handle_entry *entry = entry_find(table, handle);

    return entry && !(rights & ~entry->rights) ? entry : NULL;
}

int64_t handle_error(const struct handle_table *table, uint32_t handle)
{
    return entry_find(table, handle) ? -E_DENIED : -E_HANDLE;
}

static void slot_release(struct handle_table *table, uint32_t slot)
{
    if (table->free++ == 0)
        table->first_free = (uint16_t)slot;
    else
        entry_at(table, table->last_free)->slot = (uint16_t)slot;
    table->last_free = (uint16_t)slot;
}

/* The slot that has been free for longest; there is one. */
static uint32_t slot_take(struct handle_table *table)
{
    uint32_t slot = table->used;

    if (slot < table->slots) {
        table->used++;
        entry_at(table, slot)->generation = 1;
    } else {
        slot = table->first_free;
        table->first_free = entry_at(table, slot)->slot;
        table->free--;
    }
    entry_at(table, slot)->slot = (uint16_t)slot;
    return slot;
}

/* Add a page of free slots. */
static int64_t table_grow(struct handle_table *table)
{
    struct handle_entry *leaf;

    if (table->slots == HANDLE_SLOTS)
        return -E_LIMIT;
    if (table->leaves == no_leaves) {
        struct handle_entry **leaves = page_alloc_zeroed(table->account, 0);

        if (!leaves)
            return -E_MEMORY;
        memcpy(leaves, no_leaves, sizeof no_leaves);
        table->leaves = leaves;
    }
    if (!(leaf = page_alloc_zeroed(table->account, 0)))
        return -E_MEMORY;
    leaf->slot = 1;
    table->leaves[table->slots / HANDLE_LEAF] = leaf;
    table->slots += HANDLE_LEAF;
    return 0;
}

void handle_table_init(struct handle_table *table, struct account *account)
{
    *table = (struct handle_table){.account = account, .leaves = no_leaves};
}

static void entry_close(struct handle_table *table, struct handle_entry *entry)
{
    struct object *object = entry->object;

    entry->object = NULL;
    entry->slot = (uint16_t)~entry->slot;
    account_refund(&table->account->items[ACCOUNT_HANDLES], 1);
    if (object->type->handle_closed)
        object->type->handle_closed(object, entry->rights, table);
    object_release(object);
}

bool handle_table_clear(struct handle_table *table)
{
    for (; table->used && !work_is_over(); work_spend(1))
        if (entry_at(table, --table->used)->object)
            entry_close(table, entry_at(table, table->used));
    for (; !table->used && table->slots && !work_is_over(); table->slots -= HANDLE_LEAF) {
        struct handle_entry **leaf = &table->leaves[table->slots / HANDLE_LEAF - 1];

        page_free(table->account, direct_physical(*leaf), 0);
        *leaf = no_slots;
    }
    if (table->slots)
        return false;
    if (table->leaves != no_leaves)
        page_free(table->account, direct_physical(table->leaves), 0);
    handle_table_init(table, table->account);
    return true;
}

int64_t handle_create(struct handle_table *table, struct object *object, uint32_t rights)
{
    int64_t result = 0;
    struct handle_entry *entry;
    uint32_t slot;

    if (!account_charge(&table->account->items[ACCOUNT_HANDLES], 1))
        result = -E_LIMIT;
    else if (table->used == table->slots && table->free == 0 && (result = table_grow(table)))
        account_refund(&table->account->items[ACCOUNT_HANDLES], 1);
    if (result) {
        object_release(object);
        return result;
    }

    slot = slot_take(table);
    entry = entry_at(table, slot);
    entry->object = object;
    entry->rights = rights & object->type->rights;
    if (object->type->handle_made)
        object->type->handle_made(object, entry->rights);
    return (int64_t)entry->handle;
}

int64_t handle_resolve(const struct handle_table *table, uint32_t handle, uint32_t rights,
                       struct object **object, uint32_t *handle_rights)
{
    const struct handle_entry *entry = handle_find(table, handle, rights);

    if (!entry)
        return handle_error(table, handle);
    *object = entry->object;
    *handle_rights = entry->rights;
    return 0;
}

bool handle_names(const struct handle_table *table, const struct object *object, uint32_t rights)
{
    for (uint32_t slot = 0; slot < table->used; slot++) {
        const struct handle_entry *entry = entry_at(table, slot);

        if (entry->object == object && (entry->rights & rights) == rights)
            return true;
    }
    return false;
}

int64_t handle_duplicate(struct handle_table *table, uint32_t handle, uint64_t wanted)
{
    struct object *object;
    uint32_t has, rights;
    int64_t result = handle_resolve(table, handle, RIGHT_DUPLICATE, &object, &has);

    if (result)
        return result;
    if (!rights_choose(wanted, has, &rights))
        return -E_DENIED;
    return handle_create(table, object_hold(object), rights);
}

int64_t handle_close(struct handle_table *table, uint32_t handle)
{
    struct handle_entry *entry = entry_find(table, handle);
    uint32_t slot = handle % HANDLE_SLOTS;

    if (!entry)
        return -E_HANDLE;
    entry_close(table, entry);
    if (entry->generation != GENERATION_LAST) {
        entry->generation++;
        slot_release(table, slot);
    }
    return 0;
}
