/* Entry of the test kernel: keeps what the loader left in the registers, then C. */
    .text
    .globl kernel_start
kernel_start:
    mov %rsp, entry_stack(%rip)
    pushfq
    pop %rax
    mov %rax, entry_flags(%rip)
    call kernel_main
stop:
    hlt
    jmp stop

    .data
    .globl entry_stack
entry_stack:
    .quad 1
    .globl entry_flags
entry_flags:
    .quad 1

    .section .note.GNU-stack, "", @progbits
