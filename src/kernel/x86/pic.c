/* The interrupt controllers, as pic.h tells. Commands: Intel 8259A data sheet. */
#include "cpu.h"
#include "pic.h"

enum { PIC1 = 0x20, PIC2 = 0xa0 }; /* command port; data port behind it */
enum { ICW1_INIT = 0x11, ICW4_8086 = 0x01, EOI = 0x20, READ_IN_SERVICE = 0x0b };
enum { CASCADE = 2, SPURIOUS = 7 };

static uint16_t masked = 0xffff;

static void masks_write(void)
{
    cpu_out8(PIC1 + 1, (uint8_t)masked);
    cpu_out8(PIC2 + 1, (uint8_t)(masked >> 8));
}

void pic_init(void)
{
    cpu_out8(PIC1, ICW1_INIT);
    cpu_out8(PIC2, ICW1_INIT);
    cpu_out8(PIC1 + 1, VECTOR_LINES);
    cpu_out8(PIC2 + 1, VECTOR_LINES + 8);
    cpu_out8(PIC1 + 1, 1 << CASCADE);
    cpu_out8(PIC2 + 1, CASCADE);
    cpu_out8(PIC1 + 1, ICW4_8086);
    cpu_out8(PIC2 + 1, ICW4_8086);
    masked = (uint16_t) ~(1u << CASCADE);
    masks_write();
}

void pic_mask(unsigned line)
{
    masked |= (uint16_t)(1u << line);
    masks_write();
}

void pic_unmask(unsigned line)
{
    masked &= (uint16_t) ~(1u << line);
    masks_write();
}

bool pic_acknowledge(unsigned line)
{
    uint16_t port = line < 8 ? PIC1 : PIC2;

    if (line % 8 == SPURIOUS) {
        cpu_out8(port, READ_IN_SERVICE);
        if (!(cpu_in8(port) & 1 << SPURIOUS)) {
            if (port == PIC2)
                cpu_out8(PIC1, EOI);
            return false;
        }
    }
    if (port == PIC2)
        cpu_out8(PIC2, EOI);
    cpu_out8(PIC1, EOI);
    return true;
}
