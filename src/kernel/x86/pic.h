/* The interrupt controllers (two Intel 8259A): lines 0 to 15 on vectors from VECTOR_LINES up. */
#ifndef KERNEL_X86_PIC_H
#define KERNEL_X86_PIC_H

#include <stdbool.h>

void pic_init(void); /* all lines masked */
void pic_mask(unsigned line);
void pic_unmask(unsigned line);

/* A line's vector was taken: false if it was spurious. Ends the interrupt at the controller. */
bool pic_acknowledge(unsigned line);

#endif
