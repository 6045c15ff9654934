/*
 * Bochs as a child process: start it headless, drive its debugger's prompt, end it.
 *
 * Each machine runs in a folder of its own, which holds its configuration, its log and its copy of
 * a disk image. COM1 is a pseudo-terminal whose two ends this process holds. What a machine does
 * depends on image, options and the ticks at which input was delivered, on nothing else (one
 * processor, `realtime` off): console functions collect and deliver at stops only.
 *
 * Functions that can fail return 0, or -1 with one line in bochs_error(); after -1 from a prompt
 * function the machine can only be ended. Ticks are instructions executed, as Bochs counts them.
 */
#ifndef GRADER_BOCHS_H
#define GRADER_BOCHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bochs;

enum bochs_media { BOCHS_CD, BOCHS_DISK };

struct bochs_options {
    const char *image; /* the boot medium; never written to */
    enum bochs_media media;
    const char *folder;   /* where to run, made if missing; NULL: a new one, removed at the end */
    const char *program;  /* NULL: "bochs" */
    const char *terminal; /* TERM for its text screen; NULL: "vt100" */
    unsigned cpus;        /* 0: 1 */
    unsigned memory_mib;  /* 0: 128 */
    uint64_t ips;         /* virtual instructions a second; 0: 50,000,000 */
    unsigned epoch;       /* start of the clock, seconds since 1970; 0: 2026-01-01 */
    unsigned timeout_s;   /* wall-clock net for one command or run; 0: 900 */
    bool realtime;        /* virtual time does not overtake ours: for people, not for judging */
};

enum bochs_stop_reason {
    BOCHS_STOP_TICK,       /* the tick asked for is reached (or passed by HLT) */
    BOCHS_STOP_BREAKPOINT, /* RIP is at a breakpoint */
    BOCHS_STOP_WATCH,      /* a watched address was accessed */
    BOCHS_STOP_TRIPLE,     /* triple fault: memory is as it was, the processor has been reset */
    BOCHS_STOP_RESET,      /* the guest reset the machine in another way */
    BOCHS_STOP_HALTED,     /* HLT, and nothing has woken the processor for seconds of its time */
    BOCHS_STOP_OTHER,      /* anything else that stops the debugger, such as SIGINT */
    BOCHS_STOP_ENDED,      /* Bochs is gone: the guest wrote "Shutdown", or Bochs failed */
};

struct bochs_stop {
    enum bochs_stop_reason reason;
    uint64_t tick;
    unsigned breakpoint; /* its number, with BOCHS_STOP_BREAKPOINT */
    uint64_t watched;    /* physical address accessed, with BOCHS_STOP_WATCH */
    unsigned cpu;
};

struct bochs_registers {
    uint64_t rax, rbx, rcx, rdx, rsp, rbp, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
    uint16_t cs, ss, ds, es, fs, gs;
    uint64_t cr0, cr2, cr3, cr4, efer;
    unsigned cpl;
};

/* Starts a machine, stopped before its first instruction. Result: NULL on failure, with the
 * telling line of Bochs's log in bochs_error(NULL). */
struct bochs *bochs_start(const struct bochs_options *options);

/* Kills Bochs, waits for it, closes everything, and removes a folder that bochs_start made. */
void bochs_end(struct bochs *bochs);

/* Why the last function failed, in one line; NULL asks about bochs_start. */
const char *bochs_error(const struct bochs *bochs);

/* Sends one line to the prompt. Result: what it printed, up to the next prompt, without the echo of
 * the line; valid until the next call; NULL if Bochs died. */
const char *bochs_command(struct bochs *bochs, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs until something stops the machine. */
int bochs_continue(struct bochs *bochs, struct bochs_stop *stop);

/* As bochs_continue, but stops at `tick`, or where an interrupt ends the HLT that passed it. A
 * processor that sleeps for ever is noticed: BOCHS_STOP_HALTED, at a tick that means nothing. With
 * several processors no tick can be stopped at: stops after some of our time, wherever that is. */
int bochs_run_until(struct bochs *bochs, uint64_t tick, struct bochs_stop *stop);

/* Executes `count` instructions of processor 0. */
int bochs_step(struct bochs *bochs, uint64_t count, struct bochs_stop *stop);

/* Makes the machine stop at `tick` too, or where an interrupt ends the HLT that passed it; a stop
 * that is pending stays so. A few can be pending. */
int bochs_tick_stop(struct bochs *bochs, uint64_t tick);

/* Makes a running machine stop soon: for another thread, or a signal handler. */
void bochs_interrupt(struct bochs *bochs);

uint64_t bochs_tick(const struct bochs *bochs); /* of the last stop */
pid_t bochs_pid(const struct bochs *bochs);
const char *bochs_folder(const struct bochs *bochs);

/* Breakpoint at a 64-bit linear address. Result: its number, or -1. */
int bochs_break(struct bochs *bochs, uint64_t linear);
int bochs_break_delete(struct bochs *bochs, unsigned number);

int bochs_registers(struct bochs *bochs, struct bochs_registers *registers);

/* The general ones, RIP and RFLAGS alone: a third of the time. */
int bochs_general_registers(struct bochs *bochs, struct bochs_registers *registers);

/* Physical memory. Reads work whatever the page tables say; device memory is not reached. */
int bochs_read(struct bochs *bochs, uint64_t physical, void *buffer, size_t size);
int bochs_write(struct bochs *bochs, uint64_t physical, const void *bytes, size_t size);

/* Walks the tables at `cr3` (four levels, long mode; 0: the processor's own). Result: 0, or -1 with
 * `error` if nothing is mapped there. */
int bochs_translate(struct bochs *bochs, uint64_t cr3, uint64_t linear, uint64_t *physical);

/* Memory by linear address through bochs_translate; a write lies within one page. */
int bochs_read_linear(struct bochs *bochs, uint64_t linear, void *buffer, size_t size);
int bochs_write_linear(struct bochs *bochs, uint64_t linear, const void *bytes, size_t size);

/* Console: everything that the guest has sent since the last call, in `*bytes` (owned by the
 * machine, valid until the next call). Result: their number, or -1. */
ssize_t bochs_console_collect(struct bochs *bochs, const char **bytes);

/* Hands one byte to the guest's serial port, if the one before was taken. Result: 1 delivered, 0
 * not yet, -1 failure. The next byte should come at least bochs_byte_ticks() later. */
int bochs_console_deliver(struct bochs *bochs, char byte);
uint64_t bochs_byte_ticks(const struct bochs *bochs);

/* For a person at the terminal: the descriptor that carries the console, and the one of the text
 * screen; both non-blocking. While `live` is set, nothing else reads them. */
int bochs_console_descriptor(struct bochs *bochs);
int bochs_screen_descriptor(struct bochs *bochs);
void bochs_set_live(struct bochs *bochs, bool console, bool screen);

/* For a person: sends "continue" without waiting; bochs_poll then waits up to `timeout_ms` for the
 * stop (-1: for ever). Result: 1 stopped, 0 not yet, -1 failure. bochs_prompt_descriptor becomes
 * readable when it is worth asking. */
int bochs_resume(struct bochs *bochs);
int bochs_resume_steps(struct bochs *bochs, uint64_t count); /* "step" instead */
int bochs_poll(struct bochs *bochs, int timeout_ms, struct bochs_stop *stop);
int bochs_prompt_descriptor(const struct bochs *bochs);

#endif
