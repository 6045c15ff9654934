/*
 * Firmware at its worst, planted at 0x500 before the loader starts: it shuts the A20 line, and
 * wraps the services that the loader uses so that each comes back with what it was asked for, and
 * every other register, the segments, the direction flag and the descriptor tables spoilt.
 */
#define START 0x7c5a /* of stage 1, behind the room for a BIOS parameter block */

    .code16
    .text
    .globl _start
_start:
    cli
    push %ds
    push %eax
    xor %ax, %ax
    mov %ax, %ds
    .irp vector, 0x10, 0x13, 0x15
    mov 4 * \vector, %eax
    mov %eax, old_\vector
    movl $wrap_\vector, 4 * \vector
    .endr
    in $0x92, %al
    and $0xfd, %al
    out %al, $0x92
    pop %eax
    pop %ds
    ljmp $0, $START

wrap_0x13:
    pushfw
    lcall *%cs:old_0x13
    jmp spoil

wrap_0x10:
    pushfw
    lcall *%cs:old_0x10
    jmp spoil

wrap_0x15:
    pushfw
    lcall *%cs:old_0x15
spoil:
    mov $0x12345678, %esi
    mov %esi, %edi
    mov %esi, %ebp
    mov %si, %ds
    mov %si, %es
    mov %si, %fs
    mov %si, %gs
    lgdt %cs:nonsense
    lidt %cs:real_interrupts
    std
    lret $2

old_0x10:
    .long 0
old_0x13:
    .long 0
old_0x15:
    .long 0
nonsense:
    .word 7
    .long 0x500
real_interrupts:
    .word 0x3ff
    .long 0
