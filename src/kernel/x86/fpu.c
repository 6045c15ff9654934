/* Floating-point and vector registers, as fpu.h tells. */
#include <stdint.h>

#include "../heap.h"
#include "../process.h"
#include "../thread.h"
#include "cpu.h"
#include "fpu.h"

#define FPU_SIZE 1024u /* x87, SSE, header and AVX need 832 bytes */

/* In the area, SDM volume 1, section 10.5.1. */
enum { CONTROL_X87 = 0, CONTROL_SSE = 24 };
enum { CONTROL_X87_INITIAL = 0x37f, CONTROL_SSE_INITIAL = 0x1f80 }; /* all exceptions masked */

#define CR0_MONITOR   (UINT64_C(1) << 1)
#define CR0_EMULATE   (UINT64_C(1) << 2)
#define CR0_SWITCHED  (UINT64_C(1) << 3)
#define CR4_FXSR      (UINT64_C(1) << 9)
#define CR4_EXCEPTION (UINT64_C(1) << 10)
#define CR4_XSAVE     (UINT64_C(1) << 18)

enum { CPUID_XSAVE = 1 << 26, CPUID_AVX = 1 << 28 }; /* leaf 1, ECX */
enum { STATE_X87 = 1, STATE_SSE = 2, STATE_AVX = 4 };

/* That XSAVE handles; 0: FXSAVE does x87 and SSE. Every processor finds the same. */
uint32_t fpu_states;

void fpu_init(void)
{
    uint32_t a = 1, b, c = 0, d;
    uint64_t cr0, cr4;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    cr0 = (cr0 | CR0_MONITOR) & ~(CR0_EMULATE | CR0_SWITCHED);
    cr4 |= CR4_FXSR | CR4_EXCEPTION | (c & CPUID_XSAVE ? CR4_XSAVE : 0);
    __asm__ volatile("mov %0, %%cr4; mov %1, %%cr0" : : "r"(cr4), "r"(cr0));
    if (c & CPUID_XSAVE) {
        fpu_states = STATE_X87 | STATE_SSE | (c & CPUID_AVX ? STATE_AVX : 0);
        __asm__ volatile("xsetbv" : : "a"(fpu_states), "d"(0), "c"(0));
    }
}

bool fpu_create(struct thread *thread)
{
    uint8_t *area = heap_alloc(thread->process->account, FPU_SIZE);

    if (!area)
        return false;
    *(uint16_t *)(void *)(area + CONTROL_X87) = CONTROL_X87_INITIAL;
    *(uint32_t *)(void *)(area + CONTROL_SSE) = CONTROL_SSE_INITIAL;
    thread->fpu = area;
    return true;
}

void fpu_destroy(struct thread *thread)
{
    if (thread->fpu)
        heap_free(thread->fpu, FPU_SIZE);
    thread->fpu = NULL;
}
