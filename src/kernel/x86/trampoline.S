/*
 * Where another processor begins, in real mode, at TRAMPOLINE: a copy of this is put there. It goes
 * to long mode in one step (Intel SDM volume 3, section 9.8.5).
 */
#include "cpu.h"
#include "processors.h"

#define AT(label) (TRAMPOLINE + (label) - trampoline)

.set CR0_START, 0x80010011 /* paging, write protect, extension type, protected mode */
.set CR4_START, 0x20       /* PAE */
.set EFER, 0xc0000080
.set EFER_START, 0x900 /* long mode, no-execute */

.section .rodata
.balign 16
.global trampoline
trampoline:
.code16
    cli
    xor %ax, %ax
    mov %ax, %ds
    lgdtl AT(table)
    mov $CR4_START, %eax
    mov %eax, %cr4
    mov AT(trampoline_root), %eax
    mov %eax, %cr3
    mov $EFER, %ecx
    xor %edx, %edx
    mov $EFER_START, %eax
    wrmsr
    mov $CR0_START, %eax
    mov %eax, %cr0
    ljmpl $8, $AT(long)
.code64
long:
    mov $processor_entry, %rax
    jmp *%rax

.balign 16
segments:
    .quad 0, 0x00209b0000000000 /* code: 64 bits; marked as used: the page is read-only */
table:
    .word . - segments - 1
    .long AT(segments)
.global trampoline_root
trampoline_root:
    .long 0
.global trampoline_end
trampoline_end:

/* In the kernel's own image, in long mode. */
.text
processor_entry:
    mov processor_starting, %rdi
    mov CPU_STACK(%rdi), %rsp
    xor %ebp, %ebp
    call processor_main

.bss
.balign 8
.global processor_starting
processor_starting:
    .quad 0

.section .note.GNU-stack, "", @progbits
