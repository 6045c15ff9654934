/*
 * faulty KIND: do what no program may, to see what becomes of it. Returns only if it was allowed
 * to, and then with status 0.
 */
#include <orrery.h>

static void null_write(void)
{
    volatile uint32_t *nowhere = NULL;

    __asm__("" : "+r"(nowhere)); /* the compiler must not know */
    *nowhere = 1;
}

static void kernel_read(void)
{
    volatile uint32_t *kernel = (volatile uint32_t *)KERNEL_BASE;

    (void)*kernel;
}

static void constant_write(void)
{
    static const uint32_t constant = 1;
    uint32_t *place = (uint32_t *)(uintptr_t)&constant;

    __asm__("" : "+r"(place));
    *(volatile uint32_t *)place = 2;
}

static void stack_overflow(void)
{
    __asm__ volatile("1: push %rax; jmp 1b");
}

static void stack_execute(void)
{
    uint8_t code[] = {0xc3}; /* ret */

    __asm__ volatile("call *%0" : : "r"(code) : "memory");
}

static void divide(void)
{
    __asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx; div %%ecx"
                     :
                     :
                     : "rax", "rcx", "rdx", "cc");
}

static void invalid(void)
{
    __asm__ volatile("ud2");
}

static void privileged(void)
{
    __asm__ volatile("cli");
}

static void port_read(void)
{
    __asm__ volatile("in $0x61, %%al" : : : "rax");
}

static void non_canonical_jump(void)
{
    __asm__ volatile("jmp *%0" : : "r"(UINT64_C(0x800000000000)));
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    {"null-write", null_write},
    {"kernel-read", kernel_read},
    {"constant-write", constant_write},
    {"stack-overflow", stack_overflow},
    {"stack-execute", stack_execute},
    {"divide", divide},
    {"invalid", invalid},
    {"privileged", privileged},
    {"port-read", port_read},
    {"non-canonical-jump", non_canonical_jump},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < KINDS; i++) {
        if (strcmp(argv[1], kinds[i].name) == 0) {
            kinds[i].run();
            return 0;
        }
    }
    print("usage: faulty KIND\nkinds:");
    for (size_t i = 0; i < KINDS; i++)
        print(" %s", kinds[i].name);
    print("\n");
    return 2;
}
