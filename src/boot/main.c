/*
 * Stage 2: from a firmware's machine to the kernel's first instruction.
 *
 * The order is that of what is known: the memory map; the archive, checked, above 1 MiB; the kernel
 * out of it; memory for what the kernel gets; page tables; the info structure; the jump. Whatever
 * fails is refused in one line (refuse, firmware.h) that says what is wrong and what to do.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "abi/boot.h"
#include "abi/layout.h"
#include "archive.h"
#include "crc32c.h"
#include "elf.h"
#include "entropy.h"
#include "firmware.h"
#include "info.h"
#include "iso.h"
#include "low.h"
#include "machine.h"
#include "memory_map.h"
#include "options.h"
#include "rsdp.h"
#include "space.h"

#define MIB (UINT64_C(1) << 20)

#define ARCHIVE_NAME "ORRERY.ARC;1"

/* Firmware keeps a part of the memory for itself: a "16 MiB" machine shows a little less. */
#define MEMORY_NEEDED (15 * MIB)

#define TRACE_SIZE_DEFAULT (4 * MIB)
#define TRACE_SIZE_SMALL   (1 * MIB)
#define TRACE_SMALL_BELOW  (60 * MIB) /* of memory: on machines of less than 64 MiB */
#define TRACE_ALIGNMENT    (2 * MIB)

#define TEXT_SCREEN      0xb8000
#define TEXT_SCREEN_SIZE 0x8000
#define BIOS_AREA        0xe0000
#define BIOS_AREA_SIZE   0x20000

#define INFO_RANGES_SPARE                                                                          \
    8 /* ranges that the map may gain after the info structure has its place */

extern uint64_t time_stage2;
extern const char text_start[], text_end[];

__attribute__((noreturn)) void kernel_enter(uint64_t tables, uint64_t entry, uint64_t stack,
                                            uint64_t info);
__attribute__((noreturn)) void loader_main(void);
__attribute__((noreturn)) void loader_fault(uint64_t vector, const uint64_t *frame);

/* What the loader has found and made so far. */
static struct {
    struct memory_map map;
    uint64_t archive;
    struct elf_image kernel;
    uint64_t kernel_base;
    uint64_t trace_base, trace_size;
    uint64_t stack_base;
    uint64_t time_loaded;
    struct boot_display display;
    char command_line[COMMAND_LINE_MAX];
    uint32_t command_line_size;
} loader;

/* Memory is identity-mapped below EARLY_LIMIT. */
static void *at_physical(uint64_t address)
{
    __asm__("" : "+r"(address));
    return (void *)address;
}

static uint64_t take(uint64_t size, uint64_t alignment, uint32_t type, const char *what)
{
    uint64_t base = memory_map_take(&loader.map, size, alignment, MIB, EARLY_LIMIT, type);

    if (base == 0)
        refuse("not enough memory: no %u KiB in one piece for %s; give the machine more memory",
               (size + 1023) / 1024, what);
    return base;
}

static void mark(uint64_t base, uint64_t size, uint32_t type)
{
    if (!memory_map_add(&loader.map, base, size, type))
        refuse("the memory map has too many entries");
}

static void find_memory(void)
{
    struct memory_map firmware = {
        .ranges = at_physical(FIRMWARE_MAP),
        .room = (FIRMWARE_MAP_END - FIRMWARE_MAP) / sizeof(struct boot_memory),
    };
    const char *wrong = firmware_memory(&firmware);
    uint64_t total;

    if (wrong != NULL)
        refuse("%s; boot on another machine", wrong);
    loader.map = (struct memory_map){
        .ranges = at_physical(KERNEL_MAP),
        .room = (KERNEL_MAP_END - KERNEL_MAP) / sizeof(struct boot_memory),
    };
    if (!memory_map_align(&firmware, &loader.map, DIRECT_MAP_SIZE))
        refuse("the memory map has too many entries");
    total = memory_map_total(&loader.map);
    if (total < MEMORY_NEEDED)
        refuse("not enough memory: %u KiB; give the machine 16 MiB or more", total / 1024);
    /* Page 0 holds the firmware's data, and as an address looks like none. */
    mark(0, PAGE_SIZE, BOOT_MEMORY_RESERVED);
    mark(LOADER_LOW, LOADER_LOW_END - LOADER_LOW, BOOT_MEMORY_LOADER);
    mark(TEXT_SCREEN, TEXT_SCREEN_SIZE, BOOT_MEMORY_FRAMEBUFFER);
    loader.trace_size = total < TRACE_SMALL_BELOW ? TRACE_SIZE_SMALL : TRACE_SIZE_DEFAULT;
}

/* Result: the archive's place in the image. */
static struct iso_extent find_archive(void)
{
    unsigned char *block = at_physical(FIRMWARE_MAP); /* done with */
    struct iso_extent root, file;

    if (firmware_read(ISO_VOLUME_DESCRIPTOR, block, ISO_BLOCK) != ISO_BLOCK ||
        !iso_root(block, &root))
        refuse("no archive: the image has no readable file system; write the image again");
    for (uint32_t i = 0; i < root.size / ISO_BLOCK; i++) {
        if (firmware_read(root.block + i, block, ISO_BLOCK) != ISO_BLOCK)
            refuse("no archive: cannot read the image's root directory; write the image again");
        if (iso_find(block, ARCHIVE_NAME, &file))
            return file;
    }
    refuse("no archive: the image holds no file %s; write the image again", ARCHIVE_NAME);
}

/* Reads [from, to) of the archive to its place. */
static void read_archive(const struct iso_extent *file, uint64_t from, uint64_t to,
                         const void *names)
{
    uint64_t done = from + firmware_read(file->block + from / ISO_BLOCK,
                                         at_physical(loader.archive + from), to - from);

    if (done != to)
        refuse("damaged archive: cannot read file %s from drive 0x%x; write the image again",
               archive_name_at(names, done), (uint64_t)firmware_drive());
}

static void load_archive(void)
{
    struct iso_extent file = find_archive();
    struct archive_header *header = at_physical(FIRMWARE_MAP);
    unsigned char *directory;
    uint64_t size, directory_size;
    const char *wrong = "it cannot be read";

    if (firmware_read(file.block, header, ISO_BLOCK) == ISO_BLOCK)
        wrong = archive_check_header(header, file.size);
    if (wrong != NULL)
        refuse("damaged archive: %s; write the image again", wrong);
    size = header->size;
    directory_size = archive_padded(archive_directory_size(header->count));
    loader.archive = take(size, PAGE_SIZE, BOOT_MEMORY_ARCHIVE, "the boot archive");
    directory = at_physical(loader.archive);
    if (firmware_read(file.block, directory, directory_size) != directory_size)
        refuse("damaged archive: cannot read its directory; write the image again");
    wrong = archive_check_header(directory, file.size);
    if (wrong == NULL)
        wrong = archive_check_directory(directory);
    if (wrong != NULL)
        refuse("damaged archive: %s; write the image again", wrong);
    read_archive(&file, directory_size, size, directory);
}

static uint32_t file_count(void)
{
    return ((const struct archive_header *)at_physical(loader.archive))->count;
}

/* Checks each file and clears the rest of its last page. */
static void check_files(void)
{
    unsigned char *archive = at_physical(loader.archive);
    const struct archive_entry *entries = archive_entries(archive);

    for (uint32_t i = 0; i < file_count(); i++) {
        const struct archive_entry *entry = &entries[i];
        unsigned char *bytes = archive + entry->offset;

        if (crc32c(0, bytes, entry->size) != entry->checksum)
            refuse("damaged archive: file %s has a wrong checksum; write the image again",
                   entry->name);
        memset(bytes + entry->size, 0, archive_padded(entry->size) - entry->size);
    }
}

/* Result: the entry of that name, or NULL. */
static const struct archive_entry *find_file(const char *name)
{
    return archive_find(at_physical(loader.archive), name);
}

static void *file_bytes(const struct archive_entry *file)
{
    return at_physical(loader.archive + file->offset);
}

static void load_kernel(void)
{
    const struct archive_entry *file = find_file("kernel");
    const char *wrong;

    if (file == NULL)
        refuse("no kernel: the archive holds no file kernel; build the image again");
    wrong = elf_parse(file_bytes(file), file->size, &loader.kernel);
    if (wrong != NULL)
        refuse("the kernel is malformed: %s; build the image again", wrong);
    loader.kernel_base = take(loader.kernel.size, PAGE_SIZE, BOOT_MEMORY_KERNEL, "the kernel");
    elf_load(file_bytes(file), &loader.kernel, at_physical(loader.kernel_base));
}

static void read_command_line(void)
{
    const struct archive_entry *file = find_file("cmdline");
    uint64_t trace_mib = loader.trace_size / MIB;

    loader.command_line_size = options_copy(
        loader.command_line, file == NULL ? "" : file_bytes(file), file ? file->size : 0);
    if (loader.command_line_size == 0)
        refuse("the command line is too long: file cmdline may have %u bytes",
               (uint64_t)COMMAND_LINE_MAX - 1);
    if (!options_number(loader.command_line, "trace", &trace_mib) || trace_mib == 0)
        refuse("bad command line: trace= wants a number of MiB, 1 or more; mend file cmdline");
    loader.trace_size = trace_mib * MIB;
}

/* The stack, and the trace buffer: its first page is cleared, so that no header seems to be there.
 */
static void place_buffers(void)
{
    loader.stack_base = take(BOOT_STACK_SIZE, PAGE_SIZE, BOOT_MEMORY_KERNEL, "the boot stack");
    loader.trace_base = memory_map_take(&loader.map, loader.trace_size, TRACE_ALIGNMENT, MIB,
                                        EARLY_LIMIT, BOOT_MEMORY_TRACE);
    if (loader.trace_base == 0)
        loader.trace_base = take(loader.trace_size, PAGE_SIZE, BOOT_MEMORY_TRACE,
                                 "the trace buffer (trace= on the command line)");
    memset(at_physical(loader.trace_base), 0, PAGE_SIZE);
}

/* Builds the page tables in the largest piece that is left, and keeps as much of it as they took.
 */
static uint64_t build_tables(void)
{
    struct boot_memory pool = memory_map_largest(&loader.map, MIB, EARLY_LIMIT);
    struct tables tables;
    struct space space = {
        .map = &loader.map,
        .kernel = &loader.kernel,
        .kernel_base = loader.kernel_base,
        .stack_base = loader.stack_base,
        .code_base = (uint64_t)text_start,
        .code_end = (uint64_t)text_end,
        .largest = space_largest_page(),
    };
    enum table_error error = tables_open(&tables, pool.base, at_physical(pool.base), pool.size);

    if (error == TABLE_OK)
        error = space_build(&tables, &space);
    if (error == TABLE_NO_ROOM)
        refuse("not enough memory for page tables; give the machine more memory");
    if (error != TABLE_OK)
        refuse("cannot map the kernel: page table error %u", (uint64_t)error);
    mark(tables.base, tables.used, BOOT_MEMORY_TABLES);
    return tables.base;
}

static void find_rsdp(uint8_t *rsdp)
{
    uint64_t area = firmware_extended_area();

    if (area >= 0x80000 && area < 0xa0000 && rsdp_find(at_physical(area), 1024, rsdp))
        return;
    rsdp_find(at_physical(BIOS_AREA), BIOS_AREA_SIZE, rsdp);
}

static void find_entropy(struct boot_info *info)
{
    const struct archive_entry *file = find_file("seed");

    info->entropy_quality = entropy_gather(info->entropy);
    if (file == NULL)
        return;
    if (file->size != sizeof(info->entropy))
        refuse("bad seed: file seed must have 32 bytes; mend it and build the image again");
    memcpy(info->entropy, file_bytes(file), sizeof(info->entropy));
}

static void fill_info(struct boot_info *info)
{
    info->kernel_base = loader.kernel_base;
    info->kernel_size = loader.kernel.size;
    info->trace_base = loader.trace_base;
    info->trace_size = loader.trace_size;
    info->stack_base = loader.stack_base;
    info->stack_size = BOOT_STACK_SIZE;
    info->firmware_ticks = firmware_ticks_spent();
    info->time[BOOT_TIME_STAGE1] = *(uint64_t *)at_physical(HANDOVER_TIME);
    info->time[BOOT_TIME_STAGE2] = time_stage2;
    info->time[BOOT_TIME_LOADED] = loader.time_loaded;
    info->display = loader.display;
    info->boot_drive = firmware_drive();
    find_rsdp(info->rsdp);
    find_entropy(info);
}

static bool list_files(struct boot_info *info, uint64_t room)
{
    const struct archive_entry *entries = archive_entries(at_physical(loader.archive));
    struct boot_file *files =
        info_append(info, room, &info->files, NULL, file_count(), sizeof(struct boot_file));

    for (uint32_t i = 0; files != NULL && i < file_count(); i++) {
        files[i] = (struct boot_file){
            .base = loader.archive + entries[i].offset,
            .size = entries[i].size,
            .checksum = entries[i].checksum,
        };
        memcpy(files[i].name, entries[i].name, sizeof(files[i].name));
    }
    return files != NULL;
}

static struct boot_info *build_info(void)
{
    uint64_t room = sizeof(struct boot_info) + COMMAND_LINE_MAX +
                    (loader.map.count + INFO_RANGES_SPARE) * sizeof(struct boot_memory) +
                    file_count() * sizeof(struct boot_file);
    struct boot_info *info =
        at_physical(take(room, PAGE_SIZE, BOOT_MEMORY_BOOT_INFO, "the info structure"));

    info_open(info, room);
    fill_info(info);
    if (!info_append(info, room, &info->memory, loader.map.ranges, loader.map.count,
                     sizeof(struct boot_memory)) ||
        !list_files(info, room) ||
        !info_append(info, room, &info->command_line, loader.command_line, loader.command_line_size,
                     1))
        refuse("the info structure has no room for the memory map");
    info->time[BOOT_TIME_KERNEL] = machine_ticks();
    info_seal(info);
    return info;
}

/* Comes here from an exception: `frame` is what the processor pushed. */
void loader_fault(uint64_t vector, const uint64_t *frame)
{
    const uint32_t with_error_code = 0x00227d00; /* exceptions that push one first */
    uint64_t address;

    if (with_error_code >> vector & 1)
        frame++;
    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    refuse("exception %u at 0x%x (page fault address 0x%x) before the kernel took over; "
           "this is a defect of the loader or the kernel",
           vector, frame[0], address);
}

void loader_main(void)
{
    uint64_t tables;

    firmware_display(&loader.display);
    if (!firmware_open_a20())
        refuse("the A20 line stays shut: memory above 1 MiB is out of reach; use another machine");
    crc32c_open(crc32c_instruction());
    find_memory();
    load_archive();
    check_files();
    load_kernel();
    loader.time_loaded = machine_ticks();
    read_command_line();
    place_buffers();
    tables = build_tables();
    kernel_enter(tables, loader.kernel.entry, BOOT_STACK_TOP, (uint64_t)build_info());
}
