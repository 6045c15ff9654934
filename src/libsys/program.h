/* What libsys knows about the program that it is part of. Set once, before main. */
#ifndef LIBSYS_PROGRAM_H
#define LIBSYS_PROGRAM_H

#include "abi/start.h"

struct program {
    const struct start_block *block;
    const struct time_page *time;
};

extern struct program program;

#endif
