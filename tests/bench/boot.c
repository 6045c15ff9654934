/*
 * boot-ticks: how many instructions of our own a start takes.
 *
 *     boot-ticks IMAGE KERNEL_ELF INIT_ELF
 *
 * Starts the image in Bochs, stops where the firmware hands over (0x7C00), at the kernel's entry,
 * and at the first instruction in user mode, which is init's entry. Prints, one a line, name and
 * instructions: `boot` from the first stop to the last less those that the loader counted inside
 * the firmware's services, `boot-loader` the loader's part of them, and `boot-firmware` those
 * services.
 */
#include "abi/boot.h"
#include "bochs.h"
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRMWARE_HANDS_OVER UINT64_C(0x7c00)

static struct bochs *bochs;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "boot-ticks: %s: %s\n", what, bochs_error(bochs));
    if (bochs)
        bochs_end(bochs);
    exit(1);
}

/* The address that an ELF64 file starts at. */
static uint64_t elf_entry(const char *path)
{
    FILE *file = fopen(path, "rb");
    Elf64_Ehdr header;

    if (!file || fread(&header, sizeof(header), 1, file) != 1) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return header.e_entry;
}

/* Runs to an address at a privilege level, leaves the registers there; returns the tick. */
static uint64_t run_to(uint64_t address, unsigned level, struct bochs_registers *registers)
{
    struct bochs_stop stop;
    int number = bochs_break(bochs, address);

    if (number < 0)
        give_up("breakpoint");
    do {
        if (bochs_continue(bochs, &stop) < 0 || bochs_registers(bochs, registers) < 0)
            give_up("run");
        if (stop.reason != BOCHS_STOP_BREAKPOINT) {
            fprintf(stderr, "boot-ticks: stopped before 0x%" PRIx64 "\n", address);
            bochs_end(bochs);
            exit(1);
        }
    } while (registers->cpl != level);
    bochs_break_delete(bochs, (unsigned)number);
    return stop.tick;
}

int main(int argc, char **argv)
{
    struct bochs_options options = {.media = BOCHS_CD};
    struct bochs_registers registers;
    struct boot_info info;
    uint64_t start, kernel, user;

    if (argc != 4) {
        fprintf(stderr, "usage: boot-ticks IMAGE KERNEL_ELF INIT_ELF\n");
        return 2;
    }
    options.image = argv[1];
    bochs = bochs_start(&options);
    if (!bochs)
        give_up("start");
    start = run_to(FIRMWARE_HANDS_OVER, 0, &registers);
    kernel = run_to(elf_entry(argv[2]), 0, &registers);
    if (bochs_read(bochs, registers.rdi, &info, sizeof(info)) < 0)
        give_up("boot info");
    user = run_to(elf_entry(argv[3]), 3, &registers);
    bochs_end(bochs);
    if (info.magic != BOOT_INFO_MAGIC) {
        fprintf(stderr, "boot-ticks: no boot info at the kernel's entry\n");
        return 1;
    }
    printf("boot %" PRIu64 "\n", user - start - info.firmware_ticks);
    printf("boot-loader %" PRIu64 "\n", kernel - start - info.firmware_ticks);
    printf("boot-firmware %" PRIu64 "\n", info.firmware_ticks);
    return 0;
}
