/* Looking at a student's piece, as scan.h tells; instructions by capstone, sections by libelf. */
#include "scan.h"

#include "command.h"
#include "names.h"

#include <capstone/capstone.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scan {
    const char *file;
    const struct strings *allowed;
    char *error;
    size_t error_size;
    csh capstone;
};

static bool wrong(const struct scan *scan, const char *what, const char *name)
{
    snprintf(scan->error, scan->error_size, "%s: %s: %.100s", scan->file, what, name);
    return false;
}

static bool is_listed(const char *const *list, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

/* Instructions that only the kernel may use, or that leave what a piece is for: SDM volume 3,
 * section 5.9, and those that change the flow of privilege. */
static bool is_privileged(const cs_insn *instruction)
{
    static const char *const names[] = {
        "in",    "out",    "insb",   "insw",     "insd",     "outsb",   "outsw",   "outsd",
        "cli",   "sti",    "hlt",    "lgdt",     "lidt",     "lldt",    "ltr",     "lmsw",
        "clts",  "invd",   "wbinvd", "invlpg",   "invpcid",  "rdmsr",   "wrmsr",   "rdpmc",
        "rdtsc", "rdtscp", "swapgs", "syscall",  "sysret",   "sysretq", "sysexit", "iret",
        "iretd", "iretq",  "xsetbv", "monitor",  "mwait",    "vmcall",  "vmmcall", "int",
        "int1",  "int3",   "into",   "popfq",    "popf",     "clac",    "stac",    "retf",
        "retfq", "lcall",  "ljmp",   "wrfsbase", "wrgsbase", "ud0",     "ud1",
    };

    if (strcmp(instruction->mnemonic, "mov") == 0)
        return strstr(instruction->op_str, "cr") != NULL ||
               strstr(instruction->op_str, "dr") != NULL;
    return is_listed(names, sizeof(names) / sizeof(names[0]), instruction->mnemonic);
}

static bool code_scan(const struct scan *scan, const uint8_t *code, size_t size)
{
    cs_insn *instruction = cs_malloc(scan->capstone);
    uint64_t address = 0;
    char name[200] = "";

    while (name[0] == '\0' && cs_disasm_iter(scan->capstone, &code, &size, &address, instruction)) {
        const struct strings *allowed = scan->allowed;

        if (is_privileged(instruction) &&
            !is_listed((const char *const *)allowed->first, allowed->count, instruction->mnemonic))
            snprintf(name, sizeof(name), "%s %s", instruction->mnemonic, instruction->op_str);
    }
    cs_free(instruction, 1);
    if (name[0] != '\0')
        return wrong(scan, "an instruction that is not allowed here", name);
    if (size != 0)
        return wrong(scan, "not code that a compiler makes", "bytes that are no instruction");
    return true;
}

/* Sections as the compiler makes them: another name might be linked to where it should not be. */
static bool section_is_known(const char *name)
{
    static const char *const starts[] = {".text",     ".data",     ".bss",     ".rodata", ".rela.",
                                         ".debug",    ".note.",    ".comment", ".symtab", ".strtab",
                                         ".shstrtab", ".eh_frame", ".group"};

    if (name[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static bool symbols_scan(const struct scan *scan, Elf *elf, Elf_Scn *section,
                         const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);

    for (size_t i = 0;
         data != NULL && header->sh_entsize != 0 && i < header->sh_size / header->sh_entsize; i++) {
        GElf_Sym symbol;
        const char *name;

        if (gelf_getsym(data, (int)i, &symbol) == NULL ||
            (name = elf_strptr(elf, header->sh_link, symbol.st_name)) == NULL)
            return wrong(scan, "not an object that a compiler makes", "its symbols");
        if (symbol.st_shndx != SHN_UNDEF && names_is_watched(name))
            return wrong(scan, "a name that hosts look for in the kernel is defined here", name);
    }
    return true;
}

static bool sections_scan(const struct scan *scan, Elf *elf)
{
    size_t names;

    if (elf_getshdrstrndx(elf, &names) != 0)
        return wrong(scan, "not an object that a compiler makes", "no names of sections");
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        const char *name;
        Elf_Data *data;

        if (gelf_getshdr(section, &header) == NULL ||
            (name = elf_strptr(elf, names, header.sh_name)) == NULL)
            return wrong(scan, "not an object that a compiler makes", "its sections");
        if (!section_is_known(name))
            return wrong(scan, "a section of its own", name);
        if ((header.sh_flags & SHF_EXECINSTR) != 0 && strncmp(name, ".text", 5) != 0)
            return wrong(scan, "code outside .text", name);
        if (header.sh_type == SHT_SYMTAB && !symbols_scan(scan, elf, section, &header))
            return false;
        if ((header.sh_flags & SHF_EXECINSTR) != 0 && (data = elf_getdata(section, NULL)) != NULL &&
            data->d_buf != NULL && !code_scan(scan, data->d_buf, data->d_size))
            return false;
    }
    return true;
}

static bool object_scan(struct scan *scan, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    bool fine = false;
    Elf *elf = NULL;

    elf_version(EV_CURRENT);
    if (descriptor < 0 || (elf = elf_begin(descriptor, ELF_C_READ, NULL)) == NULL ||
        elf_kind(elf) != ELF_K_ELF) {
        wrong(scan, "no object was made", path);
    } else if (cs_open(CS_ARCH_X86, CS_MODE_64, &scan->capstone) != CS_ERR_OK) {
        wrong(scan, "infrastructure", "no disassembler");
    } else {
        fine = sections_scan(scan, elf);
        cs_close(&scan->capstone);
    }
    if (elf != NULL)
        elf_end(elf);
    if (descriptor >= 0)
        close(descriptor);
    return fine;
}

/* Strings are no directives. */
static void strings_blank(char *text)
{
    bool inside = false;

    for (; *text != '\0'; text++) {
        bool quote = *text == '"';

        if (inside && *text == '\\' && text[1] != '\0')
            *text++ = ' ';
        inside = inside != quote && *text != '\n';
        if (inside || quote)
            *text = ' ';
    }
}

/* Directives that bring in files or make up others: the compiler writes none of them. */
static bool assembly_scan(const struct scan *scan, const char *path)
{
    static const char *const refused[] = {".incbin", ".include", ".macro", ".altmacro",    ".irp",
                                          ".irpc",   ".rept",    ".set",   ".pushsection", ".equ",
                                          ".equiv",  ".symver",  ".org"};
    char *text = file_read(path, NULL);
    bool fine = true;

    if (text == NULL)
        return wrong(scan, "no assembly was made", path);
    strings_blank(text);
    /* statements end at a line's end or a semicolon; labels may stand before a directive */
    for (char *word = strtok(text, " \t\n;:"); fine && word != NULL; word = strtok(NULL, " \t\n;:"))
        if (is_listed(refused, sizeof(refused) / sizeof(refused[0]), word))
            fine = wrong(scan, "an assembler's directive that is not allowed", word);
    free(text);
    return fine;
}

/* Only headers of the tree that a piece's contract is made of, and the compiler's own. */
static bool include_is_allowed(const char *name)
{
    static const char *const folders[] = {"src/kernel/", "src/abi/", "src/boot/", "src/libsys/",
                                          "/usr/lib/gcc/"};
    size_t length = strlen(name);

    if (strstr(name, "..") != NULL || length < 2 || strcmp(name + length - 2, ".h") != 0)
        return false;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (strncmp(name, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

static bool includes_scan(const struct scan *scan, const char *path)
{
    char *text = file_read(path, NULL), *rule;
    bool fine = true;

    if (text == NULL)
        return wrong(scan, "no list of includes was made", path);
    /* the first rule alone names all; the others are there for make */
    rule = strchr(text, ':');
    for (char *end = rule; end != NULL && (end = strchr(end, '\n')) != NULL; end++) {
        if (end[-1] == '\\')
            continue;
        *end = '\0';
        break;
    }
    for (char *word = rule != NULL ? strtok(rule + 1, " \\\n") : NULL; fine && word != NULL;
         word = strtok(NULL, " \\\n"))
        if (strcmp(word, scan->file) != 0 && !include_is_allowed(word))
            fine = wrong(scan, "an include outside of what the piece may see", word);
    free(text);
    return fine;
}

bool scan_piece(const char *file, const char *object, const char *assembly, const char *depends,
                const struct strings *allowed, char *error, size_t error_size)
{
    struct scan scan = {.file = file, .allowed = allowed, .error = error, .error_size = error_size};

    return includes_scan(&scan, depends) && assembly_scan(&scan, assembly) &&
           object_scan(&scan, object);
}
