/*
 * All of libsys: what a program of Orrery includes.
 *
 * A program defines main, as int main(void) or int main(int argc, char **argv); its result is the
 * exit status. argv ends with a null pointer.
 */
#ifndef ORRERY_H
#define ORRERY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/error.h"
#include "abi/layout.h"
#include "abi/object.h"
#include "abi/op.h"
#include "abi/port.h"
#include "abi/right.h"
#include "abi/ring.h"
#include "abi/start.h"

#include "libsys/clock.h"
#include "libsys/condition.h"
#include "libsys/describe.h"
#include "libsys/fault.h"
#include "libsys/format.h"
#include "libsys/handle.h"
#include "libsys/memory.h"
#include "libsys/mutex.h"
#include "libsys/path.h"
#include "libsys/process.h"
#include "libsys/ring.h"
#include "libsys/server.h"
#include "libsys/sync.h"
#include "libsys/text.h"
#include "libsys/thread.h"

#endif
