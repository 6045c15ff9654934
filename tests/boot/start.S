/* Entry of the test kernel: keeps what the loader left in the registers, then C. */
    .text
    .globl kernel_start
kernel_start:
    mov %rsp, entry_stack(%rip)
    or %rax, %r15
    pushfq
    pop %rax
    mov %rax, entry_flags(%rip)
    or %r8, %r15
    or %r9, %r15
    or %r10, %r15
    or %r11, %r15
    or %r12, %r15
    or %r13, %r15
    or %r14, %r15
    or %rsi, %r15
    or %rbp, %r15
    or %rbx, %r15
    or %rcx, %r15
    or %rdx, %r15
    mov %r15, entry_registers(%rip)
    call kernel_main
stop:
    hlt
    jmp stop

    .data
    .globl entry_stack
entry_stack:
    .quad 1
    .globl entry_registers /* all or-ed that should be 0 */
entry_registers:
    .quad 1
    .globl entry_flags
entry_flags:
    .quad 1

    .section .note.GNU-stack, "", @progbits
