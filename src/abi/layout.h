/* The address space: which virtual addresses mean what. Loader, kernel and libsys agree here. */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#include <stdint.h>

#define PAGE_SIZE  UINT64_C(4096)
#define PAGE_SHIFT 12

/* User half. The lowest page and the last page before the hole are never mapped, so that a null
 * pointer faults and no instruction can end at a non-canonical address. */
#define USER_BASE UINT64_C(0x0000000000010000)
#define USER_TOP  UINT64_C(0x00007ffffffff000) /* first address that no process may map */

/* Kernel half: all physical memory, readable and writable, never executable. */
#define DIRECT_MAP_BASE UINT64_C(0xffff800000000000)
#define DIRECT_MAP_SIZE UINT64_C(0x0000100000000000) /* 16 TiB */

/* The boot stack, below it an unmapped guard page. */
#define BOOT_STACK_TOP  UINT64_C(0xffffffff70000000)
#define BOOT_STACK_SIZE UINT64_C(0x4000)

/* The kernel's image: its ELF segments ask for addresses from here up. */
#define KERNEL_BASE UINT64_C(0xffffffff80000000)

#endif
