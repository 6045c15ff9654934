/* The kernel's start: take over the machine from the loader, start the first process. */
#include "bytes.h"
#include "clock.h"
#include "device.h"
#include "direct.h"
#include "files.h"
#include "heap.h"
#include "interrupt.h"
#include "io_ports.h"
#include "page.h"
#include "panic.h"
#include "power.h"
#include "process.h"
#include "schedule.h"
#include "thread.h"
#include "trace.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/machine.h"
#include "x86/paging.h"
#include "x86/processors.h"

#include "abi/boot.h"

/* Frame 0 is the firmware's, and stands for none; in the next one processors begin. */
#define LOW_END (TRAMPOLINE + FRAME_SIZE)

#define DIRECT_SIZE (UINT64_C(4) << 30) /* is always in the direct map */

/* What all processes together may hold; of frames, all that are free. */
#define HANDLES_MAX  (UINT64_C(1) << 22)
#define REQUESTS_MAX (UINT64_C(1) << 24)

_Noreturn void registers_resume_first(struct registers *registers);
_Noreturn void kernel_main(uint64_t info_address);

static const struct boot_memory *range_at(const struct boot_info *info, uint32_t index)
{
    const uint8_t *ranges = (const uint8_t *)info + info->memory.offset;

    return (const struct boot_memory *)(const void *)(ranges + index * info->memory.stride);
}

static bool range_is_free(const struct boot_memory *range)
{
    return range->type == BOOT_MEMORY_USABLE || range->type == BOOT_MEMORY_LOADER;
}

/* The table of frames lies at the start of the first range that has room for it, above 1 MiB. */
static uint64_t frame_table_place(const struct boot_info *info, uint64_t size)
{
    for (uint32_t i = 0; i < info->memory.count; i++) {
        const struct boot_memory *range = range_at(info, i);

        if (range->type == BOOT_MEMORY_USABLE && range->base >= 0x100000 && range->size >= size)
            return range->base;
    }
    panic("no room for a table of %lu bytes of frames", size);
}

static void memory_init(const struct boot_info *info)
{
    uint64_t count = 0, table, size;

    for (uint32_t i = 0; i < info->memory.count; i++) {
        const struct boot_memory *range = range_at(info, i);

        if (range_is_free(range))
            count = (range->base + range->size) >> FRAME_SHIFT;
    }
    size = (count * sizeof(struct frame) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    table = frame_table_place(info, size);
    memset(direct_pointer(table), 0, size);
    frame_pool_init(&page_pool, direct_pointer(table), count);
    for (uint32_t i = 0; i < info->memory.count; i++) {
        const struct boot_memory *range = range_at(info, i);
        uint64_t base = range->base, end = range->base + range->size;

        if (!range_is_free(range))
            continue;
        if (base == table)
            base += size;
        if (base < LOW_END)
            base = LOW_END;
        if (base < end)
            frame_pool_add(&page_pool, base, end - base);
    }
    /* more frames than there are: of these the pool itself is the limit */
    account_init((uint64_t[]){count, HANDLES_MAX, THREADS_MAX, REQUESTS_MAX});
}

static void handle_grant(struct process *process, struct object *object, const char *name)
{
    int64_t result = process_share(process, object_hold(object), RIGHT_ALL, name);

    if (result < 0)
        panic("init cannot have %s: error %lu", name, -result);
}

static void init_start(void)
{
    const struct boot_file *file = files_find("init");
    struct process *process = process_create("init", NULL);
    struct memory *counts =
        memory_create_foreign(&kernel_account, direct_physical(cpu_counts), PAGE_SIZE);
    int64_t result;

    if (!file)
        panic("the boot archive has no program `init`");
    if (!process || !counts ||
        !(process->binary = memory_create_foreign(&kernel_account, file->base, file->size)))
        panic("no memory for the first process");
    handle_grant(process, &processes_table, "processes");
    handle_grant(process, &files_table.object, "files");
    handle_grant(process, &interrupts_table, "interrupts");
    handle_grant(process, &io_space_table, "io-space");
    handle_grant(process, &device_space_table, "device-memory");
    handle_grant(process, &power_object, "power");
    handle_grant(process, &counts->object, "processors");
    result = process_start(process);
    if (result)
        panic("the program `init` cannot be started: error %lu", -result);
    object_release(&process->object);
}

/* The kernel's first function: the loader jumps here, on the boot stack, interrupts off. */
void kernel_main(uint64_t info_address)
{
    const struct boot_info *info = direct_pointer(info_address);
    const struct boot_file *symbols;
    static struct acpi acpi;
    bool several;

    machine_serial_init();
    cpu_init(cpu_first());
    if (info->magic != BOOT_INFO_MAGIC || info->version != BOOT_INFO_VERSION)
        panic("the loader's info structure is not one of version %u", BOOT_INFO_VERSION);
    memcpy(&cpus[0]->canary, info->entropy, sizeof cpus[0]->canary);
    files_init(info);
    if ((symbols = files_find("kernel.symbols")))
        panic_init(direct_pointer(symbols->base), symbols->size);
    trace_init(info->trace_base, info->trace_size);
    schedule_init();
    memory_init(info);
    paging_init();
    if (!cpu_create_stacks(cpus[0]))
        panic("no memory for stacks");
    clock_init();
    if (!(cpu_counts = page_alloc_zeroed(&kernel_account, 0)))
        panic("no memory for what processors count");
    cpu_current()->counts = cpu_counts;
    several =
        apic_init(acpi_read(&acpi, info->rsdp, direct_pointer(0), DIRECT_SIZE) ? &acpi : NULL);
    trace(TRACE_KERNEL_START, page_pool.total, clock_hz());
    if (several)
        processors_start(&acpi, info->entropy);
    init_start();
    registers_resume_first(schedule());
}
