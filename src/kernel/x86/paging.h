/*
 * Page tables of four levels (Intel SDM volume 3, section 4.5). The kernel half of every top table
 * is the same; the user half belongs to one space.
 */
#ifndef KERNEL_X86_PAGING_H
#define KERNEL_X86_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "../account.h"

/* Beside enum map_access: the pages are a device's. The processor keeps no copies of them in its
 * caches, and the kernel never touches them. */
#define MAP_DEVICE 8u

/* Take over the loader's tables as the kernel's own, without their user half. */
void paging_init(void);

/* A top table with an empty user half: its physical address, or FRAME_NONE. */
uint64_t paging_create(struct account *account);

/* Free some tables of the user half, at last the top table, which FRAME_NONE then stands for; not
 * the pages they point to. False if there are more. */
bool paging_clear(uint64_t *root, struct account *account);

/* Enter one page with the access (enum map_access, MAP_DEVICE); false if there is no memory for a
 * table. */
bool paging_map(uint64_t root, struct account *account, uint64_t address, uint64_t page,
                uint32_t access);

/* Take the entries of the range out, and out of every processor's TLB. */
void paging_unmap(uint64_t root, uint64_t address, uint64_t length);

/* Physical address of the page at the address, which is in the user half, if it is entered for the
 * access and no device's, else FRAME_NONE. */
uint64_t paging_lookup(uint64_t root, uint64_t address, uint32_t access);

/* Enter a page for the kernel to read and write; false if there is no table for its address. */
bool paging_map_kernel(uint64_t address, uint64_t page);

/* Clear the user half of the kernel's own tables, which paging_map had entries put in. */
void paging_forget_low(void);

/* The top table of the kernel's own: without a user half. */
uint64_t paging_kernel_root(void);

#endif
