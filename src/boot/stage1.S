/*
 * Stage 1: reads stage 2, checks its sum, jumps to it. Built twice: for disks (USB sticks too), as
 * the first 440 bytes of sector 0, and with -DCD for CDs, as the El Torito boot image.
 *
 * It trusts DL, the drive, and nothing else. Errors: 1 the firmware lacks INT 13h extensions, 2 the
 * read failed, 3 stage 2 is damaged.
 */
#include "low.h"

#ifdef CD
#define SECTOR 2048
#else
#define SECTOR 512
#endif

    .code16
    .section .text, "ax"
    .globl stage1
stage1:
    jmp start
    nop
    .org stage1 + 90, 0 /* room for a BIOS parameter block: some firmware writes into it */
start:
    cli
    cld
    ljmp $0, $segments
segments:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $STAGE1, %sp
    sti
    mov %dl, HANDOVER_DRIVE
    movw $SECTOR, HANDOVER_SECTOR
    rdtsc
    mov %eax, HANDOVER_TIME
    mov %edx, HANDOVER_TIME + 4
    mov %eax, %edi
    mov %edx, %ebp
#ifndef CD /* where an El Torito drive is booted from, the extensions are what it was read by */
    mov $0x41, %ah
    mov $0x55aa, %bx
    mov HANDOVER_DRIVE, %dl
    pushal
    int $0x13
    mov $no_extensions, %si
    jc print
    cmp $0xaa55, %bx
    jne print
    test $1, %cl
    jz print
    popal
    cld
    xor %ax, %ax
    mov %ax, %ds
#endif
    mov $packet, %si
    mov $0x42, %ah
    mov HANDOVER_DRIVE, %dl
    pushal
    int $0x13
    mov $unread, %si
    jc print
    popal
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    cld
    rdtsc
    sub %edi, %eax
    sbb %ebp, %edx
    mov %eax, HANDOVER_FIRMWARE
    mov %edx, HANDOVER_FIRMWARE + 4

    mov $STAGE2, %si
    cmpl $STAGE2_MAGIC, (%si)
    jne damaged
    mov $(STAGE2_END - STAGE2) / 4, %cx
    xor %edx, %edx
sum:
    lodsl
    add %eax, %edx
    loop sum
    test %edx, %edx     /* all 32-bit words of stage 2 add up to 0 */
    jnz damaged
    jmp *entry
damaged:
    mov $bad_sum, %si

#include "print.inc"

packet:
    .byte 16, 0
    .word (STAGE2_END - STAGE2) / SECTOR
    .word STAGE2, 0
    .quad STAGE2_OFFSET / SECTOR
entry:
    .word STAGE2 + 8
no_extensions:
    .asciz "Orrery: error 1: no LBA extensions\r\n"
unread:
    .asciz "Orrery: error 2: cannot read\r\n"
bad_sum:
    .asciz "Orrery: error 3: stage 2 damaged\r\n"

#ifdef CD
    .org stage1 + 2048, 0
#else
    .org stage1 + 440, 0 /* fails to assemble if the code is longer */
    .ascii "ORRY", "\0\0" /* disk signature */
    .org stage1 + 510, 0
    .word 0xaa55
#endif
