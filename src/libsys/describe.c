/* The abi's tables as text: see describe.h. */
#include "libsys/describe.h"

#include "abi/error.h"
#include "abi/object.h"

const char *error_text(int64_t result)
{
    switch (0 - (uint64_t)result) {
#define ERROR(NAME, number, text)                                                                  \
    case number:                                                                                   \
        return text;
        ERRORS(ERROR)
#undef ERROR
    }
    return result < 0 ? "unknown error" : "no error";
}

const char *reason_text(uint32_t reason)
{
    switch (reason) {
#define REASON(NAME, number, text)                                                                 \
    case number:                                                                                   \
        return text;
        REASONS(REASON)
#undef REASON
    }
    return "ended for an unknown reason";
}

const char *object_type_text(uint32_t type)
{
    switch (type) {
#define OBJECT(NAME, number, name, what)                                                           \
    case number:                                                                                   \
        return name;
        OBJECTS(OBJECT)
#undef OBJECT
    }
    return "unknown";
}
