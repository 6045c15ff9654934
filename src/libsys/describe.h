/* The abi's tables as text for people. */
#ifndef LIBSYS_DESCRIBE_H
#define LIBSYS_DESCRIBE_H

#include <stdint.h>

/* What a negative result means, as in abi/error.h; something of use for any other number too. */
const char *error_text(int64_t result);

/* Why a process ended (enum reason). */
const char *reason_text(uint32_t reason);

/* What kind of object (enum object_type_number). */
const char *object_type_text(uint32_t type);

#endif
