/* The object that turns the machine off. */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include "object.h"

extern struct object power_object;

#endif
