/*
 * The first instructions of a program, and of each thread after its first. In: RDI = ring,
 * RSI = handle of the thread, RDX = its argument (abi/start.h), RSP = top of the stack.
 */
    .section .text._start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    xor %ebp, %ebp /* the end of every backtrace */
    and $-16, %rsp
    call program_start
    ud2 /* program_start does not return */
    .size _start, . - _start

    .text
    .globl thread_enter
    .type thread_enter, @function
thread_enter:
    xor %ebp, %ebp
    and $-16, %rsp
    call thread_begin
    ud2 /* nor does thread_begin */
    .size thread_enter, . - thread_enter

    .section .note.GNU-stack, "", @progbits
