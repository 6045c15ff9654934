/* Starting the other processors, as processors.h tells. */
#include "../bytes.h"
#include "../clock.h"
#include "../direct.h"
#include "../lock.h"
#include "../page.h"
#include "../panic.h"
#include "../schedule.h"
#include "abi/layout.h"
#include "acpi.h"
#include "apic.h"
#include "paging.h"
#include "processors.h"

#define INIT_NS     UINT64_C(10000000) /* after INIT, as the SDM has it */
#define START_NS    UINT64_C(200000)   /* after the first start-up message */
#define PATIENCE_NS UINT64_C(100000000)
#define DELAY_NS    UINT64_C(256000)

_Noreturn void registers_resume_first(struct registers *registers);
_Noreturn void processor_main(struct cpu *cpu);

extern const uint8_t trampoline[], trampoline_root[], trampoline_end[];

extern struct cpu *processor_starting; /* lies in trampoline.S, which needs it */
static const uint8_t *start_delays;
static uint64_t start_tsc; /* the first processor's, just before the other one begins */
static bool started;

/* Where another processor comes to C, on its own stack. */
void processor_main(struct cpu *cpu)
{
    uint64_t tsc = cpu_tsc(), until;

    cpu_init(cpu);
    apic_enable();
    if (tsc < start_tsc)
        cpu_stop();
    until = clock_now() + start_delays[cpu->number] * DELAY_NS;
    __atomic_store_n(&started, true, __ATOMIC_RELEASE);
    while (clock_now() < until)
        cpu_answer(cpu);
    lock_take(cpu);
    cpu->attention = true;
    registers_resume_first(schedule());
}

static bool started_within(uint64_t ns)
{
    uint64_t end = clock_now() + ns;

    while (!__atomic_load_n(&started, __ATOMIC_ACQUIRE) && clock_now() < end)
        __builtin_ia32_pause();
    return started;
}

static bool processor_start(uint32_t apic)
{
    started = false;
    if (!(processor_starting = cpu_create(cpus_count, apic)))
        return false;
    apic_send(apic, APIC_INIT);
    started_within(INIT_NS);
    start_tsc = cpu_tsc();
    apic_send(apic, APIC_START | TRAMPOLINE >> PAGE_SHIFT);
    if (!started_within(START_NS))
        apic_send(apic, APIC_START | TRAMPOLINE >> PAGE_SHIFT);
    if (!started_within(PATIENCE_NS)) {
        apic_send(apic, APIC_INIT); /* it must not come later */
        return false;
    }
    cpus[cpus_count++] = processor_starting;
    return true;
}

void processors_start(const struct acpi *acpi, const uint8_t delays[])
{
    uint8_t *page = direct_pointer(TRAMPOLINE);
    uint32_t root = (uint32_t)paging_kernel_root(); /* the loader's, which runs below 4 GiB */

    start_delays = delays;
    memcpy(page, trampoline, (size_t)(trampoline_end - trampoline));
    memcpy(page + (trampoline_root - trampoline), &root, sizeof root);
    if (!paging_map(root, &kernel_account, TRAMPOLINE, TRAMPOLINE, MAP_EXECUTE))
        panic("no memory to start processors");
    for (uint32_t i = 0; i < acpi->cpus; i++)
        if (acpi->cpu[i] != cpus[0]->apic && cpus_count < CPUS_MAX &&
            !processor_start(acpi->cpu[i]))
            console_print("processor with APIC %u does not start, and is left out\n", acpi->cpu[i]);
    paging_forget_low();
}
