/* The end of a process in words: see fault.h. */
#include "libsys/fault.h"

#include "abi/symbol.h"
#include "libsys/describe.h"
#include "libsys/format.h"
#include "libsys/sync.h"
#include "libsys/text.h"

#define ENTRIES 16u

/* Where a program's functions are found; file 0: nowhere. */
struct fault_symbols {
    uint32_t file;
    const char *program;
};

/* The last function of the program that begins at or below the address. False: there is none, or
 * the address is behind the program's code. */
static bool symbol_find(struct symbol *found, const struct fault_symbols *from, uint64_t address)
{
    struct symbol entries[ENTRIES];
    bool inside = false;
    int64_t got;

    found->address = 0;
    for (uint64_t at = 0; (got = object_read(from->file, entries, sizeof(entries), at)) > 0;
         at += (uint64_t)got)
        for (size_t i = 0; i < (size_t)got / sizeof(entries[0]); i++) {
            const struct symbol *entry = &entries[i];

            if (entry->address == 0) /* the next program begins */
                inside = strcmp(entry->name, from->program) == 0;
            else if (inside && entry->address <= address)
                *found = *entry;
        }
    return found->address != 0 && strcmp(found->name, SYMBOL_CODE_END) != 0;
}

/* Text that is appended to as far as there is room. */
struct writing {
    char *text;
    size_t size, length;
};

static void write_length(struct writing *writing, size_t length)
{
    writing->length += length;
    if (writing->length >= writing->size)
        writing->length = writing->size - 1;
}

/* The place of an address, with its name if there is one. */
static void write_place(struct writing *to, const struct symbol *symbol, uint64_t address)
{
    char *text = to->text + to->length;
    size_t size = to->size - to->length;

    if (symbol)
        write_length(to,
                     format_text(text, size, "%s+0x%lx", symbol->name, address - symbol->address));
    else
        write_length(to, format_text(text, size, "0x%lx", address));
}

/* Return addresses may be the first ones behind their functions. */
static void write_caller(struct writing *to, const struct fault_symbols *symbols, uint64_t address,
                         bool first)
{
    struct symbol symbol;
    bool found = symbol_find(&symbol, symbols, address - 1);

    write_length(to, format_text(to->text + to->length, to->size - to->length, "%s",
                                 first ? "\n  called from " : ", "));
    write_place(to, found ? &symbol : NULL, address);
}

void fault_describe(char *text, size_t size, const struct process_status *status, uint32_t symbols,
                    const char *program)
{
    struct fault_symbols from = {symbols, program};
    struct writing to = {.text = text, .size = size};
    const char *reason = reason_text(status->reason);
    bool first = true, found;
    struct symbol symbol;

    if (status->instruction == 0) {
        text_copy(text, size, reason);
        return;
    }
    if (status->reason == REASON_PAGE_FAULT)
        write_length(&to, format_text(text, size, "%s at 0x%lx", reason, status->address));
    else
        write_length(&to, format_text(text, size, "%s, vector %u", reason, status->vector));
    write_length(&to, format_text(text + to.length, size - to.length, ", instruction 0x%lx",
                                  status->instruction));
    found = symbol_find(&symbol, &from, status->instruction);
    if (found) {
        write_length(&to, format_text(text + to.length, size - to.length, " in "));
        write_place(&to, &symbol, status->instruction);
    }
    /* Without a frame of its own, or before that was made, the stack begins with the caller. */
    if ((!found || !symbol.frame || status->instruction == symbol.address) &&
        symbol_find(&symbol, &from, status->stack_word - 1)) {
        write_caller(&to, &from, status->stack_word, first);
        first = false;
    }
    for (size_t i = 0; i < STATUS_CALLERS && status->callers[i]; i++, first = false)
        write_caller(&to, &from, status->callers[i], first);
}
