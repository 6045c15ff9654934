/*
 * The firmware's services (see firmware.h).
 *
 * The loader runs in long mode; bios_interrupt (start.S) goes down to real mode for one interrupt
 * and comes back, with every register that C counts on kept. What the firmware reads or writes lies
 * in low memory, apart from the loader.
 */
#include "firmware.h"

#include <stdarg.h>
#include <string.h>

#include "iso.h"
#include "low.h"
#include "machine.h"
#include "text.h"

#define FLAG_CARRY 1

/* The layout is start.S's: what POPAL takes, then the rest. */
struct bios_registers {
    uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
    uint16_t es, ds, flags, vector;
};

extern struct bios_registers bios_registers;
extern uint64_t firmware_ticks;

void bios_interrupt(void);
__attribute__((noreturn)) void refuse_line(void);

/* Where the firmware puts an entry of its map, with more room than any is known to need. */
static struct {
    uint64_t base;
    uint64_t size;
    uint32_t type;
    uint32_t attributes;
    uint32_t excess[10];
} memory_entry;

/* What the extended read takes. */
static struct {
    uint8_t size;
    uint8_t zero;
    uint16_t sectors;
    uint16_t offset;
    uint16_t segment;
    uint64_t sector;
} packet;

static inline volatile void *at_physical(uint64_t address)
{
    __asm__("" : "+r"(address)); /* no object that the compiler knows lies there */
    return (volatile void *)address;
}

void refuse(const char *format, ...)
{
    char *line = (char *)at_physical(LINE);
    va_list arguments;

    memcpy(line, "Orrery: ", 8);
    va_start(arguments, format);
    text_format(line + 8, LINE_END - LINE - 16, format, arguments);
    va_end(arguments);
    memcpy(line + strlen(line), "\r\n", 3);
    refuse_line();
}

static void call_bios(uint16_t vector)
{
    bios_registers.vector = vector;
    bios_registers.flags = 0;
    bios_interrupt();
}

static void clear_registers(void)
{
    memset(&bios_registers, 0, sizeof(bios_registers));
}

static uint16_t segment_of(const void *object)
{
    return (uint16_t)((uint64_t)object >> 4);
}

static uint16_t offset_of(const void *object)
{
    return (uint16_t)((uint64_t)object & 15);
}

/* A byte below 1 MiB must not show up a megabyte higher. Tried with two values, against chance. */
static bool a20_is_open(void)
{
    volatile uint32_t *low = at_physical(HANDOVER + 32);
    volatile uint32_t *high = at_physical(HANDOVER + 32 + 0x100000);
    bool open = true;

    for (uint32_t value = 0x5a5a0001; value <= 0x5a5a0002; value++) {
        *high = ~value;
        *low = value;
        open = open && *high == ~value;
    }
    return open;
}

static void a20_by_bios(void)
{
    clear_registers();
    bios_registers.eax = 0x2401;
    call_bios(0x15);
}

static void keyboard_wait(void)
{
    for (int i = 0; i < 100000 && (machine_in(0x64) & 2); i++)
        ;
}

static void a20_by_keyboard(void)
{
    keyboard_wait();
    machine_out(0x64, 0xd1);
    keyboard_wait();
    machine_out(0x60, 0xdf);
    keyboard_wait();
}

static void a20_by_port(void)
{
    machine_out(0x92, (uint8_t)((machine_in(0x92) | 2) & ~1)); /* bit 0 would reset the machine */
}

bool firmware_open_a20(void)
{
    static void (*const ways[])(void) = {a20_by_bios, a20_by_keyboard, a20_by_port};

    for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]) && !a20_is_open(); i++) {
        ways[i]();
        /* The gate may take its time. */
        for (int wait = 0; wait < 10000 && !a20_is_open(); wait++)
            ;
    }
    return a20_is_open();
}

const char *firmware_memory(struct memory_map *map)
{
    uint32_t next = 0;

    do {
        memset(&memory_entry, 0, sizeof(memory_entry));
        memory_entry.attributes = 1;
        clear_registers();
        bios_registers.eax = 0xe820;
        bios_registers.edx = 0x534d4150; /* "SMAP" */
        bios_registers.ecx = 24;
        bios_registers.ebx = next;
        bios_registers.es = segment_of(&memory_entry);
        bios_registers.edi = offset_of(&memory_entry);
        call_bios(0x15);
        if ((bios_registers.flags & FLAG_CARRY) && next != 0)
            return 0; /* this, too, is how some firmware says that there is no more */
        if ((bios_registers.flags & FLAG_CARRY) || bios_registers.eax != 0x534d4150)
            return "the firmware gives no memory map (INT 15h E820)";
        if (bios_registers.ecx >= 20 &&
            !memory_map_add_firmware(map, memory_entry.base, memory_entry.size, memory_entry.type,
                                     bios_registers.ecx, memory_entry.attributes))
            return "the firmware's memory map has too many entries";
        next = bios_registers.ebx;
    } while (next != 0);
    return 0;
}

void firmware_display(struct boot_display *display)
{
    clear_registers();
    bios_registers.eax = 0x0f00;
    call_bios(0x10);
    if ((bios_registers.eax & 0x7f) != 3) {
        clear_registers();
        bios_registers.eax = 0x0003;
        call_bios(0x10);
    }
    *display = (struct boot_display){
        .base = 0xb8000,
        .kind = BOOT_DISPLAY_TEXT,
        .width = 80,
        .height = 25,
        .stride_bytes = 160,
        .bits = 16,
    };
}

uint64_t firmware_extended_area(void)
{
    return (uint64_t) * (volatile uint16_t *)at_physical(0x40e) << 4;
}

uint64_t firmware_read(uint64_t block, void *to, uint64_t bytes)
{
    uint64_t chunk_size = (BUFFER_END - BUFFER) / 2; /* 64 sectors of 512 bytes */
    uint16_t sector_size = *(volatile uint16_t *)at_physical(HANDOVER_SECTOR);
    uint64_t done = 0;

    while (done < bytes) {
        uint64_t chunk = bytes - done < chunk_size ? bytes - done : chunk_size;

        packet.size = sizeof(packet);
        packet.sectors = (uint16_t)(chunk / sector_size);
        packet.offset = 0;
        packet.segment = BUFFER >> 4;
        packet.sector = (block * ISO_BLOCK + done) / sector_size;
        clear_registers();
        bios_registers.eax = 0x4200;
        bios_registers.edx = firmware_drive();
        bios_registers.ds = segment_of(&packet);
        bios_registers.esi = offset_of(&packet);
        call_bios(0x13);
        if (bios_registers.flags & FLAG_CARRY) {
            if (chunk == ISO_BLOCK)
                break;
            chunk_size = ISO_BLOCK; /* as far as it goes: which file is it that fails? */
            continue;
        }
        memcpy((unsigned char *)to + done, (const void *)at_physical(BUFFER), chunk);
        done += chunk;
    }
    return done;
}

uint32_t firmware_drive(void)
{
    return *(volatile uint8_t *)at_physical(HANDOVER_DRIVE);
}

uint64_t firmware_ticks_spent(void)
{
    return firmware_ticks + *(volatile uint64_t *)at_physical(HANDOVER_FIRMWARE);
}
