/*
 * pages: what the page tables of a running machine allow, seen from outside.
 *
 *     pages IMAGE KERNEL_ELF
 *
 * Boots the image, has the shell run some programs, and stops the machine where the kernel begins,
 * where it first leaves for user mode, where processes end, and where it is about to be turned off.
 * At each stop all tables that the processor uses then are read from physical memory. Prints
 * verdict lines:
 *
 * - no page is writable and executable, and no frame is writable by one address and executable by
 *   another; those of processes by the direct map excepted, which shows all memory;
 * - the user bit is set nowhere in the kernel half, and no process sees a frame of the kernel's
 *   image or of these tables.
 */
#include "session.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRESENT    (UINT64_C(1) << 0) /* Intel SDM, volume 3, section 4.5 */
#define WRITABLE   (UINT64_C(1) << 1)
#define USER       (UINT64_C(1) << 2)
#define LARGE      (UINT64_C(1) << 7)
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS    UINT64_C(0x000ffffffffff000)

#define DIRECT_MAP_END UINT64_C(0xffff900000000000)
#define KERNEL_BASE    UINT64_C(0xffffffff80000000)

enum { ENTRIES = 512, FRAMES = 1 << 15, PAGE = 4096 }; /* frames: 128 MiB */

/* How a frame is seen, by all addresses of one set of tables. */
enum mark {
    USER_SEEN = 1,
    USER_WRITABLE = 2,
    USER_EXECUTABLE = 4,
    KERNEL_WRITABLE = 8, /* by the direct map as well */
    KERNEL_EXECUTABLE = 16,
    IS_KERNEL = 32, /* a table, or the kernel's image */
};

static unsigned char marks[FRAMES];
static struct bochs *bochs;
static unsigned stops, pages, write_execute, visible;

static void note(unsigned *count, const char *what, uint64_t address)
{
    if ((*count)++ == 0)
        fprintf(stderr, "pages: %s at 0x%" PRIx64 "\n", what, address);
}

static void mark(uint64_t address, unsigned as)
{
    if (address / PAGE < FRAMES)
        marks[address / PAGE] |= (unsigned char)as;
}

static void page_see(uint64_t address, uint64_t frame, uint64_t size, uint64_t flags)
{
    bool write = flags & WRITABLE, execute = !(flags & NO_EXECUTE);
    unsigned as = flags & USER
                      ? USER_SEEN | (write ? USER_WRITABLE : 0u) | (execute ? USER_EXECUTABLE : 0u)
                      : (write ? KERNEL_WRITABLE : 0u) | (execute ? KERNEL_EXECUTABLE : 0u);

    pages++;
    if (write && execute)
        note(&write_execute, "writable and executable", address);
    if (address >= KERNEL_BASE)
        as |= IS_KERNEL;
    for (uint64_t at = 0; at < size && (frame + at) / PAGE < FRAMES; at += PAGE)
        mark(frame + at, as);
}

static void table_walk(uint64_t table, unsigned shift, uint64_t address, uint64_t flags)
{
    uint64_t entries[ENTRIES];

    if (bochs_read(bochs, table, entries, sizeof(entries)) != 0) {
        fprintf(stderr, "pages: %s\n", bochs_error(bochs));
        exit(1);
    }
    mark(table, IS_KERNEL);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t entry = entries[i], at = address | i << shift;
        uint64_t below = (flags & entry & (WRITABLE | USER)) | ((flags | entry) & NO_EXECUTE);

        if (at >> 47 & 1)
            at |= UINT64_C(0xffff) << 48;
        if (!(entry & PRESENT))
            continue;
        if ((entry & USER) && at >> 63)
            note(&visible, "a user bit in the kernel half", at);
        if (shift > 12 && !(entry & LARGE))
            table_walk(entry & ADDRESS, shift - 9, at, below);
        else
            page_see(at, entry & ADDRESS & -(UINT64_C(1) << shift), UINT64_C(1) << shift, below);
    }
}

static int stopped(void *context, struct session *session)
{
    const char *where = context;
    struct bochs_registers registers;

    bochs = session_bochs(session);
    if (bochs_registers(bochs, &registers) != 0)
        return -1;
    memset(marks, 0, sizeof(marks));
    table_walk(registers.cr3 & ADDRESS, 39, 0, WRITABLE | USER);
    stops++;
    if (strcmp(where, "kernel_main") == 0) /* it still sees what the loader saw */
        return 0;
    for (uint64_t i = 0; i < FRAMES; i++) {
        if ((marks[i] & USER_WRITABLE) && (marks[i] & USER_EXECUTABLE))
            note(&write_execute, "a process's frame", i * PAGE);
        if ((marks[i] & KERNEL_EXECUTABLE) && (marks[i] & (KERNEL_WRITABLE | USER_WRITABLE)))
            note(&write_execute, "the kernel's frame", i * PAGE);
        if ((marks[i] & USER_SEEN) && (marks[i] & IS_KERNEL))
            note(&visible, "the kernel's frame", i * PAGE);
    }
    return 0;
}

static void verdict(const char *name, bool holds, const char *format, unsigned count)
{
    printf("%s %s", holds ? "ok" : "FAIL", name);
    if (!holds) {
        printf(": ");
        printf(format, count);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    static const char *const places[] = {"kernel_main", "registers_resume_first", "process_end",
                                         "power_op_set"};
    static const char *const lines[] = {"hello", "first", "faulty read", "count 3", "hello", NULL};
    enum { PLACES = sizeof(places) / sizeof(places[0]) };
    struct session_watch watches[PLACES];
    struct session_options options = {.machine = {.media = BOCHS_CD},
                                      .lines = lines,
                                      .last_line = "poweroff 0",
                                      .watches = watches,
                                      .watch_count = PLACES};
    struct session_result result;
    struct symbols *symbols;
    char error[200];

    if (argc != 3) {
        fprintf(stderr, "usage: pages IMAGE KERNEL_ELF\n");
        return 2;
    }
    if (!(symbols = symbols_open(argv[2], error, sizeof(error)))) {
        fprintf(stderr, "pages: %s\n", error);
        return 2;
    }
    for (unsigned i = 0; i < PLACES; i++) {
        watches[i] = (struct session_watch){.stopped = stopped, .context = (void *)places[i]};
        if (symbols_find(symbols, places[i], &watches[i].address) != 0) {
            fprintf(stderr, "pages: the kernel has no %s\n", places[i]);
            return 2;
        }
    }
    options.machine.image = argv[1];
    options.kernel = argv[2];
    session_run(&options, &result);
    verdict("pages.write-execute", write_execute == 0, "%u pages are both", write_execute);
    verdict("pages.user-visible", visible == 0, "%u of the kernel's are in sight", visible);
    verdict("pages.stops", stops >= 8 && result.end == SESSION_POWER_OFF && result.status == 0,
            "only %u", stops);
    fprintf(stderr, "pages: %u stops, %u pages, %s %" PRIu64 "\n", stops, pages,
            session_end_name(result.end), result.status);
    symbols_close(symbols);
    return 0;
}
