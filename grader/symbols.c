/* ELF by libelf, lines by libdw. */
#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct symbols {
    int descriptor;
    Elf *elf;
    Elf_Data *table;
    size_t strings; /* section of the names */
    size_t count;
    Dwfl *lines;
};

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

static int find_table(struct symbols *symbols)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(symbols->elf, section)) != NULL;) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_SYMTAB ||
            header.sh_entsize == 0)
            continue;
        symbols->table = elf_getdata(section, NULL);
        symbols->strings = header.sh_link;
        symbols->count = header.sh_size / header.sh_entsize;
        return symbols->table != NULL ? 0 : -1;
    }
    return -1;
}

struct symbols *symbols_open(const char *path, char *error, size_t error_size)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));

    if (symbols == NULL)
        abort();
    elf_version(EV_CURRENT);
    symbols->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (symbols->descriptor < 0) {
        snprintf(error, error_size, "%s: cannot be opened", path);
        symbols_close(symbols);
        return NULL;
    }
    symbols->elf = elf_begin(symbols->descriptor, ELF_C_READ, NULL);
    if (symbols->elf == NULL || find_table(symbols) != 0) {
        snprintf(error, error_size, "%s: not an ELF file with symbols", path);
        symbols_close(symbols);
        return NULL;
    }
    symbols->lines = dwfl_begin(&callbacks);
    if (symbols->lines != NULL) {
        dwfl_report_begin(symbols->lines);
        dwfl_report_elf(symbols->lines, path, path, -1, 0, true);
        dwfl_report_end(symbols->lines, NULL, NULL);
    }
    return symbols;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols == NULL)
        return;
    if (symbols->lines != NULL)
        dwfl_end(symbols->lines);
    if (symbols->elf != NULL)
        elf_end(symbols->elf);
    if (symbols->descriptor >= 0)
        close(symbols->descriptor);
    free(symbols);
}

int symbols_find(const struct symbols *symbols, const char *name, uint64_t *address)
{
    for (size_t i = 0; i < symbols->count; i++) {
        GElf_Sym symbol;

        if (gelf_getsym(symbols->table, (int)i, &symbol) == NULL || symbol.st_shndx == SHN_UNDEF)
            continue;

        const char *text = elf_strptr(symbols->elf, symbols->strings, symbol.st_name);

        if (text != NULL && strcmp(text, name) == 0) {
            *address = symbol.st_value;
            return 0;
        }
    }
    return -1;
}

const char *symbols_function(const struct symbols *symbols, uint64_t address, uint64_t *start)
{
    const char *found = NULL;

    *start = 0;
    for (size_t i = 0; i < symbols->count; i++) {
        GElf_Sym symbol;

        if (gelf_getsym(symbols->table, (int)i, &symbol) == NULL || symbol.st_value > address ||
            symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE)
            continue;

        bool holds =
            GELF_ST_TYPE(symbol.st_info) == STT_FUNC && address - symbol.st_value < symbol.st_size;
        bool label = GELF_ST_TYPE(symbol.st_info) == STT_NOTYPE && symbol.st_value >= *start;

        if (holds || label) {
            *start = symbol.st_value;
            found = elf_strptr(symbols->elf, symbols->strings, symbol.st_name);
        }
        if (holds)
            break;
    }
    return found;
}

void symbols_describe(struct symbols *symbols, uint64_t address, char *text, size_t size)
{
    uint64_t start;
    const char *function = symbols != NULL ? symbols_function(symbols, address, &start) : NULL;
    const char *file = NULL;
    int line = 0;

    if (function != NULL && symbols->lines != NULL) {
        Dwfl_Module *module = dwfl_addrmodule(symbols->lines, address);
        Dwfl_Line *found = module != NULL ? dwfl_module_getsrc(module, address) : NULL;

        if (found != NULL)
            file = dwfl_lineinfo(found, NULL, &line, NULL, NULL, NULL);
    }
    if (file != NULL && strncmp(file, "./", 2) == 0)
        file += 2;
    if (file != NULL)
        snprintf(text, size, "%s, %s:%d", function, file, line);
    else if (function != NULL)
        snprintf(text, size, "%s", function);
    else
        snprintf(text, size, "0x%" PRIx64, address);
}

size_t symbols_idle(const struct symbols *symbols, uint64_t *addresses, size_t room)
{
    size_t found = 0;

    for (Elf_Scn *section = NULL; (section = elf_nextscn(symbols->elf, section)) != NULL;) {
        GElf_Shdr header;
        Elf_Data *data;

        if (gelf_getshdr(section, &header) == NULL || (header.sh_flags & SHF_EXECINSTR) == 0 ||
            (data = elf_getdata(section, NULL)) == NULL || data->d_buf == NULL)
            continue;

        const uint8_t *bytes = data->d_buf;

        for (size_t i = 0; i + 1 < data->d_size; i++) {
            if (bytes[i] != 0xfb || bytes[i + 1] != 0xf4)
                continue;
            if (found < room)
                addresses[found] = header.sh_addr + i + 1;
            found++;
        }
    }
    return found;
}

size_t symbols_bytes(const struct symbols *symbols, uint64_t address, uint8_t *bytes, size_t size)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(symbols->elf, section)) != NULL;) {
        GElf_Shdr header;
        Elf_Data *data;

        if (gelf_getshdr(section, &header) == NULL || (header.sh_flags & SHF_ALLOC) == 0 ||
            address < header.sh_addr || address - header.sh_addr >= header.sh_size ||
            (data = elf_getdata(section, NULL)) == NULL || data->d_buf == NULL)
            continue;

        uint64_t offset = address - header.sh_addr;
        size_t part = data->d_size - offset < size ? data->d_size - offset : size;

        memcpy(bytes, (const uint8_t *)data->d_buf + offset, part);
        return part;
    }
    return 0;
}
