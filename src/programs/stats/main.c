/*
 * stats: what each processor did since the machine was started. Batches are told as a row of
 * counts: how many calls of enter took 1 request, 2 or 3, 4 to 7, and so on.
 */
#include <orrery.h>

#include "abi/processor.h"

static void processor_show(unsigned number, const struct processor_counts *counts)
{
    print("processor %u\n", number);
    print("  thread switches %12lu\n", counts->switches);
    print("  CR3 loads       %12lu\n", counts->root_loads);
    print("  interrupts      %12lu\n", counts->interrupts);
    print("  exceptions      %12lu\n", counts->exceptions);
    print("  bytes copied    %12lu\n", counts->bytes);
    print("  ticks asleep    %12lu\n", counts->idle_ticks);
    print("  woke others     %12lu\n", counts->wakes);
    print("  called others   %12lu\n", counts->calls);
    print("  enters          %12lu\n", counts->enters);
    print("  requests        %12lu\n  batches        ", counts->requests);
    for (unsigned i = 0; i < PROCESSOR_BATCHES; i++)
        if (counts->batches[i])
            print(" %u:%lu", 1u << i, counts->batches[i]);
    print("\n");
}

int main(void)
{
    static struct processor_counts counts[PROCESSORS_MAX];
    int64_t processors = path_open(handle_named("root"), "/processors", RIGHT_READ);
    int64_t got = processors;

    if (processors >= 0)
        got = read_all((uint32_t)processors, counts, sizeof(counts), 0);
    if (got < 0) {
        print("/processors: %s\n", error_text(got));
        return 1;
    }
    for (unsigned i = 0; i < PROCESSORS_MAX; i++)
        if (counts[i].switches)
            processor_show(i, &counts[i]);
    return 0;
}
