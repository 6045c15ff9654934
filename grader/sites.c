/* Finding instructions, as sites.h tells; by capstone. */
#include "sites.h"

#include <capstone/capstone.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_port_access(unsigned instruction)
{
    switch (instruction) {
    case X86_INS_IN:
    case X86_INS_OUT:
    case X86_INS_INSB:
    case X86_INS_INSW:
    case X86_INS_INSD:
    case X86_INS_OUTSB:
    case X86_INS_OUTSW:
    case X86_INS_OUTSD:
        return true;
    default:
        return false;
    }
}

static void scan(csh capstone, const uint8_t *code, size_t size, uint64_t address, uint64_t **sites,
                 size_t *count)
{
    cs_insn *instruction = cs_malloc(capstone);

    while (cs_disasm_iter(capstone, &code, &size, &address, instruction)) {
        if (!is_port_access(instruction->id))
            continue;
        *sites = realloc(*sites, (*count + 1) * sizeof(**sites));
        if (*sites == NULL)
            abort();
        (*sites)[(*count)++] = instruction->address;
    }
    cs_free(instruction, 1);
}

int sites_of_ports(const char *path, uint64_t **sites, size_t *count)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = NULL;
    csh capstone;
    int result = -1;

    elf_version(EV_CURRENT);
    if (descriptor < 0 || (elf = elf_begin(descriptor, ELF_C_READ, NULL)) == NULL ||
        elf_kind(elf) != ELF_K_ELF || cs_open(CS_ARCH_X86, CS_MODE_64, &capstone) != CS_ERR_OK)
        goto close;
    cs_option(capstone, CS_OPT_SKIPDATA, CS_OPT_ON);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        Elf_Data *data;

        if (gelf_getshdr(section, &header) != NULL && (header.sh_flags & SHF_EXECINSTR) != 0 &&
            (data = elf_getdata(section, NULL)) != NULL && data->d_buf != NULL)
            scan(capstone, data->d_buf, data->d_size, header.sh_addr, sites, count);
    }
    cs_close(&capstone);
    result = 0;
close:
    if (elf != NULL)
        elf_end(elf);
    if (descriptor >= 0)
        close(descriptor);
    return result;
}

uint64_t site_next(const uint8_t *bytes, size_t size, uint64_t address)
{
    cs_insn *instruction;
    uint64_t next = 0;
    csh capstone;

    if (cs_open(CS_ARCH_X86, CS_MODE_64, &capstone) != CS_ERR_OK)
        return 0;
    if (cs_disasm(capstone, bytes, size, address, 1, &instruction) == 1) {
        next = address + instruction->size;
        cs_free(instruction, 1);
    }
    cs_close(&capstone);
    return next;
}

int32_t site_port(const uint8_t bytes[2], uint64_t rdx)
{
    uint8_t opcode = bytes[0] == 0x66 || bytes[0] == 0xf3 ? bytes[1] : bytes[0];

    if ((opcode >= 0xec && opcode <= 0xef) || (opcode >= 0x6c && opcode <= 0x6f))
        return (int32_t)(rdx & 0xffff);
    if (opcode >= 0xe4 && opcode <= 0xe7 && opcode == bytes[0])
        return bytes[1];
    return -1;
}

bool site_can_reach(const uint8_t bytes[2], uint64_t low, uint64_t high)
{
    bool names_port = bytes[0] >= 0xe4 && bytes[0] <= 0xe7;

    return !names_port || (bytes[1] >= low && bytes[1] <= high);
}
