/*
 * Stage 2, the part that C cannot say: from real mode to long mode, down to the firmware and back,
 * and into the kernel.
 *
 * Real mode runs with all segments 0: whatever it touches by name lies below 64 KiB.
 */
#include "low.h"

#define CR0_PE (1 << 0)
#define CR0_MP (1 << 1)
#define CR0_ET (1 << 4)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_PG (1 << 31)

#define CR4_PAE (1 << 5)

#define EFER     0xc0000080
#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)

#define EXCEPTIONS 32

#define GATE_INTERRUPT 0x8e

#define FLAGS_ID (1 << 21)

#define PTE_TABLE 0x03 /* present, writable */
#define PTE_LARGE 0x83 /* and a 2 MiB page */

    .section .text.start, "ax"
    .code16
    .globl stage2
stage2:
    .long STAGE2_MAGIC
    .long 0             /* makes the sum of all words 0; set when the image is made */
stage2_entry:
    rdtsc
    mov %eax, time_stage2
    mov %edx, time_stage2 + 4

    /* CPUID is there if the ID flag can be changed; long mode and NX if it says so. */
    pushfl
    pop %eax
    mov %eax, %ecx
    xor $FLAGS_ID, %eax
    push %eax
    popfl
    pushfl
    pop %eax
    cmp %eax, %ecx
    je no_long_mode
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb no_long_mode
    mov $0x80000001, %eax
    cpuid
    test $(1 << 29), %edx
    jz no_long_mode
    test $(1 << 20), %edx
    jz no_execute_disable

    /* First page tables: the lowest GiB at its own address, in 2 MiB pages. */
    cld
    mov $EARLY_TABLES, %edi
    mov $(EARLY_TABLES_END - EARLY_TABLES) / 4, %ecx
    xor %eax, %eax
    rep stosl
    movl $EARLY_TABLES + 0x1000 + PTE_TABLE, EARLY_TABLES
    movl $EARLY_TABLES + 0x2000 + PTE_TABLE, EARLY_TABLES + 0x1000
    mov $EARLY_TABLES + 0x2000, %di
    mov $PTE_LARGE, %eax
fill:
    mov %eax, (%di)
    add $8, %di
    add $0x200000, %eax
    cmp $EARLY_TABLES_END, %di
    jb fill

    mov $EFER, %ecx
    rdmsr
    or $(EFER_LME | EFER_NXE), %eax
    wrmsr
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $EARLY_TABLES, %eax
    mov %eax, %cr3
    cli
    lgdt table_pointer
    mov $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
    mov %eax, %cr0
    ljmp $SELECTOR_CODE64, $long_mode

no_long_mode:
    mov $text_no_long_mode, %si
    jmp print
no_execute_disable:
    mov $text_no_execute_disable, %si
    jmp print

#include "print.inc"

text_no_long_mode:
    .asciz "Orrery: this processor has no long mode (64 bits); use another machine or CPU model\r\n"
text_no_execute_disable:
    .asciz "Orrery: this processor has no NX bit, or the firmware's setup turns it off\r\n"

    .code64
long_mode:
    mov $SELECTOR_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    lea STACK_TOP, %rsp
    mov $bss_start, %edi
    mov $bss_quads, %ecx
    rep stosq
    lidt interrupt_pointer
    call loader_main
    ud2

/* Exceptions, which only a defect of the loader's raises, or of the kernel's first instructions. */
    .balign 8
fault_stubs:
    .set vector, 0
    .rept EXCEPTIONS
    .balign 8
    push $vector
    jmp fault
    .set vector, vector + 1
    .endr
fault:
    pop %rdi
    mov %rsp, %rsi
    and $-16, %rsp
    call loader_fault
    ud2

/* void bios_interrupt(void): performs bios_registers.vector with bios_registers in real mode. */
    .globl bios_interrupt
bios_interrupt:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_stack
    push $SELECTOR_CODE16
    push $to_real
    lretq

/* void refuse_line(void): prints the line at LINE and halts. Does not return. */
    .globl refuse_line
refuse_line:
    movw $refuse_real, real_target
    push $SELECTOR_CODE16
    push $to_real
    lretq

    .code16
to_real: /* compatibility mode: paging off, then protection off */
    mov $SELECTOR_DATA16, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov %cr0, %eax
    and $~CR0_PG, %eax
    mov %eax, %cr0
    and $~CR0_PE, %eax
    mov %eax, %cr0
    ljmp $0, $real
real:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov %ax, %fs
    mov %ax, %gs
    lidt real_interrupts
    jmp *real_target
refuse_real:
    mov $STAGE1, %sp
    mov $LINE, %si
    sti
    jmp print

bios_real:
    mov bios_vector, %bx
    shl $2, %bx
    mov (%bx), %eax
    mov %eax, bios_handler
    rdtsc
    sub %eax, firmware_ticks
    sbb %edx, firmware_ticks + 4
    mov $bios_registers, %sp
    popal
    pop %es
    pop %ds
    mov $STAGE1, %sp
    sti
    pushfw              /* an INT instruction is a far call with the flags below */
    cli
    lcall *%cs:bios_handler
    cli
    pushfw
    popw %cs:bios_flags
    mov $bios_registers_end, %sp
    push %ds
    push %es
    pushal
    xor %ax, %ax
    mov %ax, %ds
    rdtsc
    add %eax, firmware_ticks
    adc %edx, firmware_ticks + 4

    lgdt table_pointer  /* the firmware may have had one of its own */
    mov $(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
    mov %eax, %cr0
    ljmp $SELECTOR_CODE64, $bios_done

    .code64
bios_done:
    mov $SELECTOR_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    mov saved_stack, %rsp
    lidt interrupt_pointer
    cld
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/*
 * void kernel_enter(uint64_t tables, uint64_t entry, uint64_t stack, uint64_t info)
 * The page that this runs on is mapped alike, and executable, in both sets of tables.
 */
    .globl kernel_enter
kernel_enter:
    mov %rdi, %cr3
    push $2             /* all flags off */
    popf
    mov %rdx, %rsp
    mov %rsi, kernel_entry
    mov %rcx, %rdi
    xor %eax, %eax
    xor %ebx, %ebx
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %ebp, %ebp
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
    jmp *kernel_entry

    .section .data.low, "aw"
    .balign 8
    .globl time_stage2
time_stage2:
    .quad 0
    .globl firmware_ticks
firmware_ticks:
    .quad 0
saved_stack:
    .quad 0
kernel_entry:
    .quad 0
bios_handler:
    .long 0
real_target:
    .word bios_real
    .globl bios_registers
bios_registers: /* struct bios_registers */
    .skip 32 + 4
bios_registers_end:
bios_flags:
    .word 0
bios_vector:
    .word 0
real_interrupts:
    .word 0x3ff
    .long 0
interrupt_pointer:
    .word EXCEPTIONS * 16 - 1
    .quad interrupts
    .balign 16
interrupts:
    .set vector, 0
    .rept EXCEPTIONS
    .word fault_stubs + 8 * vector, SELECTOR_CODE64
    .byte 0, GATE_INTERRUPT
    .word 0
    .quad 0
    .set vector, vector + 1
    .endr
    .balign 8
table:
    .quad 0
    .quad 0x00209a0000000000 /* 64-bit code */
    .quad 0x00cf92000000ffff /* data */
    .quad 0x00009a000000ffff /* 16-bit code */
    .quad 0x000092000000ffff /* 16-bit data */
table_pointer:
    .word . - table - 1
    .long table

    .section .note.GNU-stack, "", @progbits
