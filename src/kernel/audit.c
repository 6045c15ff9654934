/*
 * The audit: what must be so whenever the kernel has done what it was asked, looked at as a whole.
 * It is built with DEBUG=1 alone; the linker puts it before the functions named at the end of this
 * file, so that no other one knows of it. What it finds wrong ends in a panic.
 *
 * Page tables, each entry of each space and of the kernel half: no page is writable and executable
 * at once, nor is a process's frame writable here and executable there (the direct map aside). The
 * user bit is set in the user half alone. What a process sees is what the region at that address
 * says, with no more access than it says; never a free frame, a table or the kernel's image.
 *
 * Handles: each open one names an object that lives, with rights that its type knows; an object has
 * at least as many references as handles, regions and jobs refer to it; no slot is lost. Accounts:
 * what a process has is counted, and within the limits. Frames: the lists hold what the pool counts
 * as free.
 *
 * It knows the layout of page tables by itself: what is audited has no say.
 */
#include "audit.h"
#include "bytes.h"
#include "direct.h"
#include "job.h"
#include "page.h"
#include "panic.h"
#include "process.h"
#include "thread.h"
#include "work.h"
#include "x86/cpu.h"

#define PRESENT    (UINT64_C(1) << 0) /* SDM volume 3, section 4.5 */
#define WRITABLE   (UINT64_C(1) << 1)
#define USER       (UINT64_C(1) << 2)
#define LARGE      (UINT64_C(1) << 7)
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS    UINT64_C(0x000ffffffffff000)

#define ENTRIES      512u
#define USER_ENTRIES 256u
#define IMAGE_ENTRY  511u /* the last of the top table; the direct map is in those before */
#define TOP_LEVEL    3u

/* What is known of a frame so far: how processes see it, and what it is to the kernel. */
enum { SEEN = 1, SEEN_WRITABLE = 2, SEEN_EXECUTABLE = 4, IS_TABLE = 8, IS_IMAGE = 16 };

static uint8_t *marks; /* one a frame that the pool knows of */

/* Is the frame in a free block? Its block starts at the nearest block's head that reaches it. */
static bool frame_is_free(uint64_t number)
{
    for (unsigned order = 0; order < FRAME_ORDERS; order++) {
        const struct frame *head = &page_pool.frames[number >> order << order];

        if ((head->state == FRAME_FREE || head->state == FRAME_ALLOCATED) && head->order >= order)
            return head->state == FRAME_FREE;
    }
    return false;
}

static void frame_mark(uint64_t address, unsigned mark)
{
    uint64_t number = address >> FRAME_SHIFT;

    if (number >= page_pool.count)
        return; /* a device's */
    marks[number] |= (uint8_t)mark;
    mark = marks[number];
    if ((mark & SEEN_WRITABLE) && (mark & SEEN_EXECUTABLE))
        panic("audit: frame %lx is writable and executable", address);
    if ((mark & SEEN) && (mark & (IS_TABLE | IS_IMAGE)))
        panic("audit: a process sees the kernel's frame %lx", address);
    if (frame_is_free(number))
        panic("audit: frame %lx is in use and free", address);
}

static const struct region *region_find(const struct process *process, uint64_t address)
{
    list_for_each(link, &process->space.regions)
    {
        const struct region *region = container_of(link, struct region, link);

        if (region->start <= address && address < region->end)
            return region;
    }
    panic("audit: process %u sees %lx, where nothing is mapped", process->number, address);
}

/* A page that a process sees. */
static void user_page_check(const struct process *process, uint64_t address, uint64_t frame,
                            uint64_t flags)
{
    const struct region *region = region_find(process, address);
    uint64_t index = (region->offset + address - region->start) >> PAGE_SHIFT;
    bool write = flags & WRITABLE, execute = !(flags & NO_EXECUTE);

    if (!(flags & USER))
        panic("audit: process %u has a page of the kernel at %lx", process->number, address);
    if ((write && !(region->access & MAP_WRITE)) || (execute && !(region->access & MAP_EXECUTE)))
        panic("audit: process %u has more access at %lx than asked for", process->number, address);
    if (memory_page(region->memory, index) != frame)
        panic("audit: process %u sees at %lx what is not its memory's", process->number, address);
    if (write && frame >> FRAME_SHIFT < page_pool.count && page_is_shared(frame))
        panic("audit: process %u may write to a shared page at %lx", process->number, address);
    frame_mark(frame, SEEN | (write ? SEEN_WRITABLE : 0u) | (execute ? SEEN_EXECUTABLE : 0u));
}

static void kernel_page_check(uint64_t address, uint64_t frame, uint64_t flags)
{
    if ((flags & WRITABLE) && !(flags & NO_EXECUTE))
        panic("audit: the kernel's page at %lx is writable and executable", address);
    if (address < DIRECT_MAP_BASE + DIRECT_MAP_SIZE && !(flags & NO_EXECUTE))
        panic("audit: the direct map is executable at %lx", address);
    if (address >= KERNEL_BASE)
        frame_mark(frame, IS_IMAGE);
}

/* Entries `first` to `end` of a table; `flags` is what all levels above allow. Gives how many
 * tables lie below. */
static uint64_t entries_check(const struct process *process, uint64_t table, unsigned level,
                              uint64_t address, uint64_t flags, unsigned first, unsigned end)
{
    const uint64_t *entries = direct_pointer(table);
    uint64_t tables = 0;

    for (unsigned i = first; i < end; i++) {
        uint64_t entry = entries[i], at = address + ((uint64_t)i << (PAGE_SHIFT + 9 * level));
        uint64_t below = (flags & entry & (WRITABLE | USER)) | ((flags | entry) & NO_EXECUTE);

        if (!(entry & PRESENT))
            continue;
        if (!process && (entry & USER))
            panic("audit: the user bit is set in the kernel half at %lx", at);
        if (level > 0 && !(entry & LARGE)) {
            frame_mark(entry & ADDRESS, IS_TABLE);
            tables += 1 + entries_check(process, entry & ADDRESS, level - 1, at, below, 0, ENTRIES);
        } else if (process) {
            user_page_check(process, at, entry & ADDRESS, below);
        } else {
            kernel_page_check(at, entry & ADDRESS, below);
        }
    }
    return tables;
}

/* Gives how many frames its tables take. */
static uint64_t space_check(const struct process *process)
{
    uint64_t kernel_half = (cpu_read_cr3() & ADDRESS) + USER_ENTRIES * sizeof(uint64_t);
    uint64_t own_half = process->space.root + USER_ENTRIES * sizeof(uint64_t);

    if (memcmp(direct_pointer(kernel_half), direct_pointer(own_half), PAGE_SIZE / 2) != 0)
        panic("audit: the kernel half of process %u is its own", process->number);
    frame_mark(process->space.root, IS_TABLE);
    return 1 + entries_check(process, process->space.root, TOP_LEVEL, 0, WRITABLE | USER, 0,
                             USER_ENTRIES);
}

static struct process *process_next(const struct process *process)
{
    const struct list *head = process_at(0)->link.previous;

    return process->link.next == head ? NULL
                                      : container_of(process->link.next, struct process, link);
}

#define processes_each(which)                                                                      \
    for (struct process *which = process_at(0); which; which = process_next(which))

static void frames_check(void)
{
    uint64_t free = 0;

    for (unsigned order = 0; order < FRAME_ORDERS; order++)
        for (uint32_t i = page_pool.first[order]; i != FRAME_END; i = page_pool.frames[i].next) {
            if (page_pool.frames[i].state != FRAME_FREE || page_pool.frames[i].order != order)
                panic("audit: frame number %u is in the wrong list", i);
            free += UINT64_C(1) << order;
        }
    if (free != page_pool.free)
        panic("audit: %lu frames are free, %lu are counted", free, page_pool.free);
}

/* Something refers to the object. References are counted where a dead object has its link. */
static void object_count(struct object *object, int64_t count)
{
    if (object->references == 0)
        panic("audit: the dead object %lx of type %u is in use", (uint64_t)(uintptr_t)object,
              object->type->number);
    object->next_dead = (struct object *)((uintptr_t)object->next_dead + (uintptr_t)count);
    if ((uintptr_t)object->next_dead > object->references)
        panic("audit: object %lx of type %u has %u references, but is used oftener",
              (uint64_t)(uintptr_t)object, object->type->number, object->references);
}

static struct handle_entry *entry_at(const struct handle_table *table, uint32_t slot)
{
    return &table->leaves[slot / HANDLE_LEAF][slot % HANDLE_LEAF];
}

static void objects_count(const struct process *process, int64_t count)
{
    for (uint32_t slot = 0; slot < process->handles.used; slot++)
        if (entry_at(&process->handles, slot)->object)
            object_count(entry_at(&process->handles, slot)->object, count);
    list_for_each(link, &process->space.regions)
        object_count(&container_of(link, struct region, link)->memory->object, count);
    list_for_each(link, &process->threads)
    {
        const struct thread *thread = container_of(link, struct thread, link);

        for (uint32_t i = 0; i < thread->jobs_made; i++)
            if (thread->jobs[i].state != JOB_FREE && thread->jobs[i].object)
                object_count(thread->jobs[i].object, count);
    }
}

static void references_check(void)
{
    processes_each(process) objects_count(process, 1);
    processes_each(process) objects_count(process, -1);
}

/* What of each kind a process is found to have. */
struct tally {
    uint64_t count[ACCOUNT_KINDS];
};

static void handles_check(const struct process *process, struct tally *tally)
{
    const struct handle_table *table = &process->handles;
    uint32_t open = 0, retired = 0, free = 0;

    for (uint32_t slot = 0; slot < table->used; slot++) {
        const struct handle_entry *entry = entry_at(table, slot);

        if (entry->object && (entry->rights & ~entry->object->type->rights))
            panic("audit: process %u has a handle with rights of no meaning", process->number);
        open += entry->object != NULL;
        retired += !entry->object && entry->generation == UINT16_MAX;
    }
    for (uint32_t slot = table->first_free; free < table->free; free++) {
        if (entry_at(table, slot)->object)
            panic("audit: process %u has an open handle in a free slot", process->number);
        slot = entry_at(table, slot)->slot;
    }
    if (open + free + retired < table->used || open + free > table->used)
        panic("audit: process %u has lost a slot for handles", process->number);
    tally->count[ACCOUNT_HANDLES] += open;
    tally->count[ACCOUNT_FRAMES] += table->slots / HANDLE_LEAF + (table->slots != 0);
}

static void threads_check(const struct process *process, struct tally *tally)
{
    list_for_each(link, &process->threads)
    {
        const struct thread *thread = container_of(link, struct thread, link);
        uint32_t in_flight = 0;

        for (uint32_t i = 0; i < thread->jobs_made; i++)
            in_flight += thread->jobs[i].state != JOB_FREE;
        if (in_flight != thread->ring.in_flight)
            panic("audit: thread %u has %u jobs, %u are counted", thread->number, in_flight,
                  thread->ring.in_flight);
        tally->count[ACCOUNT_THREADS]++;
        tally->count[ACCOUNT_REQUESTS] += thread->ring.capacity;
        tally->count[ACCOUNT_FRAMES] += UINT64_C(1) << thread->jobs_order;
    }
}

/* What a process is found to have, and what accounts carved from its own hold, is in its account.
 * There may be more: objects that it made and others use, and accounts of processes that ended. */
static void account_check(const struct process *process, struct tally *tally)
{
    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++) {
        const struct account_item *item = &process->account->items[kind];

        processes_each(other)
        {
            if (other->account->items[kind].above == item)
                tally->count[kind] += other->account->items[kind].held;
        }
        if (tally->count[kind] > item->used || item->used > item->held || item->held > item->limit)
            panic("audit: process %u has %lu of kind %u; its account says %lu of %lu",
                  process->number, tally->count[kind], kind, item->used, item->limit);
    }
}

/* Look at everything, the direct map only if asked to, since it never changes; gives how many
 * processes there are. */
static uint64_t audit(bool whole)
{
    uint64_t count = 0;

    frames_check();
    memset(marks, 0, page_pool.count);
    entries_check(NULL, cpu_read_cr3() & ADDRESS, TOP_LEVEL, UINT64_C(0xffff000000000000),
                  WRITABLE | USER, whole ? USER_ENTRIES : IMAGE_ENTRY, ENTRIES);
    references_check();
    processes_each(process)
    {
        struct tally tally = {.count[ACCOUNT_FRAMES] = space_check(process)};

        handles_check(process, &tally);
        threads_check(process, &tally);
        account_check(process, &tally);
        count++;
    }
    return count;
}

/* What the linker puts this file before (src/kernel/build.mk). */
_Noreturn void __wrap_registers_resume_first(struct registers *registers);
_Noreturn void __real_registers_resume_first(struct registers *registers);
_Noreturn void __wrap_machine_power_off(uint64_t status);
_Noreturn void __real_machine_power_off(uint64_t status);
void __wrap_process_end(struct process *process, const struct process_status *status);
void __real_process_end(struct process *process, const struct process_status *status);
struct registers *__wrap_schedule(void);
struct registers *__real_schedule(void);

/* At the start, when the first process is there. */
void __wrap_registers_resume_first(struct registers *registers)
{
    marks = page_alloc_zeroed(&kernel_account, page_order(page_pool.count));
    if (!marks)
        panic("audit: no memory");
    audit(true);
    __real_registers_resume_first(registers);
}

static bool ended;

void __wrap_process_end(struct process *process, const struct process_status *status)
{
    ended = true;
    __real_process_end(process, status);
}

/* Once the end is over: objects that are being finished are linked by what counts them here. */
struct registers *__wrap_schedule(void)
{
    static uint64_t left;
    struct registers *registers = __real_schedule();
    uint64_t start = cpu_tsc();

    if (ended && !work_waits && left-- == 0)
        left = 4 * audit(false); /* to end many is not to take the square of their number */
    ended = false;
    stretch_skip(cpu_tsc() - start);
    return registers;
}

void __wrap_machine_power_off(uint64_t status)
{
    audit(true);
    stretch_tell();
    __real_machine_power_off(status);
}
