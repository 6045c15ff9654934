/*
 * uint64_t enter(uint64_t submit, uint64_t wait, uint64_t deadline_ns): the one system call. The
 * arguments are where the kernel wants them already (abi/ring.h).
 */
    .text
    .globl enter
    .type enter, @function
enter:
    syscall
    ret
    .size enter, . - enter

    .section .note.GNU-stack, "", @progbits
