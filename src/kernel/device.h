/*
 * Device memory: the table of all physical addresses that are not the machine's memory. Opening
 * `b8000-bffff` gives a memory object that can be mapped, and nothing else: its pages are not
 * cached, and the kernel never touches them, so they are no buffer of a request either.
 */
#ifndef KERNEL_DEVICE_H
#define KERNEL_DEVICE_H

#include "object.h"

extern struct object device_space_table;

#endif
