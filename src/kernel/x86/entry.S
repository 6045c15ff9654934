/*
 * The ways into the kernel and out of it.
 *
 * The kernel runs with interrupts off, on one stack a processor, and never waits on it: each way in
 * saves the thread's registers in the thread, calls C on a fresh stack, and gets back whose
 * registers to go on with. A trap from user mode pushes straight into the thread's struct
 * registers, since the task segment's RSP0 points behind it. A trap from the kernel itself is an
 * interrupt that ended an idle HLT, or a bug.
 */
#include "cpu.h"

.section .text

/* enter: RDI, RSI, RDX are arguments already. What C preserves is enough to save. */
.global syscall_entry
syscall_entry:
    swapgs
    mov %rsp, %gs:CPU_SCRATCH
    mov %gs:CPU_REGISTERS, %rsp
    mov %rbx, REGISTERS_RBX(%rsp)
    mov %rbp, REGISTERS_RBP(%rsp)
    mov %r12, REGISTERS_R12(%rsp)
    mov %r13, REGISTERS_R13(%rsp)
    mov %r14, REGISTERS_R14(%rsp)
    mov %r15, REGISTERS_R15(%rsp)
    mov %rcx, REGISTERS_RIP(%rsp)
    mov %r11, REGISTERS_RFLAGS(%rsp)
    mov %gs:CPU_SCRATCH, %rcx
    mov %rcx, REGISTERS_RSP(%rsp)
    movq $VECTOR_SYSCALL, REGISTERS_VECTOR(%rsp)
    mov %gs:CPU_STACK, %rsp
    xor %ebp, %ebp
    call enter
    test %rdx, %rdx
    jnz 1f

    /* the same thread goes on: C preserved what it must, the rest is cleared */
    mov %gs:CPU_REGISTERS, %rdx
    mov REGISTERS_RBP(%rdx), %rbp
syscall_return:
    /* RIP is canonical: it follows a SYSCALL below USER_TOP, where a page is never mapped */
    mov REGISTERS_RIP(%rdx), %rcx
    mov REGISTERS_RFLAGS(%rdx), %r11
    mov REGISTERS_RSP(%rdx), %rsp
    xor %edi, %edi
    xor %esi, %esi
    xor %edx, %edx
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    swapgs
    sysretq
1:  mov %rdx, %rax

/* Go on with the registers at RAX. */
.global registers_resume
registers_resume:
    mov %rax, %rsp
    cmpq $VECTOR_SYSCALL, REGISTERS_VECTOR(%rsp)
    jne trap_return
    mov REGISTERS_RBX(%rsp), %rbx
    mov REGISTERS_RBP(%rsp), %rbp
    mov REGISTERS_R12(%rsp), %r12
    mov REGISTERS_R13(%rsp), %r13
    mov REGISTERS_R14(%rsp), %r14
    mov REGISTERS_R15(%rsp), %r15
    mov REGISTERS_RAX(%rsp), %rax
    mov %rsp, %rdx
    jmp syscall_return

trap_return:
    testb $3, REGISTERS_CS(%rsp)
    jz 1f
    swapgs
1:  .irp name, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    pop %\name
    .endr
    add $16, %rsp /* vector, error */
    iretq

.macro push_registers
    .irp name, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    push %\name
    .endr
.endm

trap_common:
    push_registers
    mov %rsp, %rdi
    xor %ebp, %ebp
    testb $3, REGISTERS_CS(%rsp)
    jz 1f
    swapgs
    mov %gs:CPU_STACK, %rsp /* first: below the thread's registers is no room */
    push $2                 /* no AC, DF, NT or TF of the user remains */
    popfq
    call trap_user
    jmp registers_resume
1:  push $2
    popfq
    and $-16, %rsp
    mov %rdi, %rbx
    call trap_kernel
    mov %rbx, %rsp
    jmp trap_return

/*
 * Traps on a stack of their own (IST): they can come at any instruction, also before SWAPGS or on a
 * thread's struct registers as stack. From user mode the frame is copied to where the others are;
 * from the kernel, #DB is the delayed trap of a user's MOV SS or TF and is dropped (TF is cleared
 * in the frame); all else ends in a panic.
 */
trap_separate:
    push_registers
    push $2 /* no AC, DF, NT or TF of the user remains */
    popfq
    testb $3, REGISTERS_CS(%rsp)
    jz 2f
    swapgs
    mov %rsp, %rsi
    mov %gs:CPU_REGISTERS, %rdi
    mov $REGISTERS_SIZE / 8, %ecx
    rep movsq
    mov %gs:CPU_REGISTERS, %rdi
    mov %gs:CPU_STACK, %rsp
    xor %ebp, %ebp
    call trap_user
    jmp registers_resume
2:  cmpq $VECTOR_DEBUG, REGISTERS_VECTOR(%rsp)
    jne 3f
    andq $~0x100, REGISTERS_RFLAGS(%rsp)
    jmp trap_return
3:  mov %rsp, %rdi
    xor %ebp, %ebp
    and $-16, %rsp
    call trap_fatal

/* Sets of vectors: those that push an error code (SDM volume 3, section 6.13), and those that have
 * a stack of their own. */
.set VECTORS_WITH_ERROR, 0x00227d00
.set VECTORS_SEPARATE, \
    1 << VECTOR_DEBUG | 1 << VECTOR_NMI | 1 << VECTOR_DOUBLE_FAULT | 1 << VECTOR_MACHINE_CHECK

/* One stub a vector: those without an error code push 0 in its place. */
.macro stub vector
    .balign 16
    .if !((VECTORS_WITH_ERROR >> (\vector)) & 1)
    push $0
    .endif
    push $\vector
    .if (VECTORS_SEPARATE >> (\vector)) & 1
    jmp trap_separate
    .else
    jmp trap_common
    .endif
.endm

.balign 16
.global trap_stubs
trap_stubs:
.set number, 0
.altmacro
.rept VECTOR_COUNT
    stub %number
    .set number, number + 1
.endr
.noaltmacro

/* Leave the kernel for the first time: RDI = registers to go on with. */
.global registers_resume_first
registers_resume_first:
    mov %rdi, %rax
    jmp registers_resume

.section .note.GNU-stack, "", @progbits
