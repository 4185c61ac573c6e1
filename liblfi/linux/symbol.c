/* Sections of a program's file, addresses of its symbols.
   SPDX-License-Identifier: Apache-2.0

   The tables are hostile: every index and offset is checked against the file's size.  */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "liblfi/linux/linux.h"

static bool inside(uint64_t size, uint64_t off, uint64_t n)
{
    return off <= size && n <= size - off;
}

bool program_section(const struct loaded *im, uint64_t i, Elf64_Shdr *out)
{
    Elf64_Ehdr h;
    memcpy(&h, im->file, sizeof h); /* lfiv_elf_check saw it */
    if (i >= h.e_shnum || h.e_shentsize != sizeof *out
        || !inside(im->size, h.e_shoff, (uint64_t)h.e_shnum * sizeof *out))
        return false;
    memcpy(out, im->file + h.e_shoff + i * sizeof *out, sizeof *out);
    return true;
}

const uint8_t *program_bytes(const struct loaded *im, const Elf64_Shdr *sh)
{
    if (sh->sh_type == SHT_NOBITS || sh->sh_flags & SHF_COMPRESSED
        || !inside(im->size, sh->sh_offset, sh->sh_size))
        return NULL;
    return im->file + sh->sh_offset;
}

bool program_section_named(const struct loaded *im, const char *name, Elf64_Shdr *out)
{
    Elf64_Ehdr h;
    Elf64_Shdr names;
    size_t len = strlen(name) + 1;
    memcpy(&h, im->file, sizeof h);
    const uint8_t *text =
        program_section(im, h.e_shstrndx, &names) ? program_bytes(im, &names) : NULL;
    for (uint64_t i = 0; text && program_section(im, i, out); i++)
        if (inside(names.sh_size, out->sh_name, len)
            && memcmp(text + out->sh_name, name, len) == 0)
            return true;
    return false;
}

/* Address in the image; 0 if the table has no such global symbol.  */
static uint64_t lookup(const struct loaded *im, const Elf64_Shdr *tab, const char *name)
{
    Elf64_Shdr str;
    size_t len = strlen(name) + 1;
    if (!program_section(im, tab->sh_link, &str) || str.sh_type != SHT_STRTAB
        || !inside(im->size, str.sh_offset, str.sh_size)
        || !inside(im->size, tab->sh_offset, tab->sh_size))
        return 0;
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= tab->sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym s;
        memcpy(&s, im->file + tab->sh_offset + at, sizeof s);
        if (s.st_shndx != SHN_UNDEF && ELF64_ST_BIND(s.st_info) != STB_LOCAL
            && inside(str.sh_size, s.st_name, len)
            && memcmp(im->file + str.sh_offset + s.st_name, name, len) == 0)
            return s.st_value;
    }
    return 0;
}

uint64_t lfi_proc_sym(struct LFILinuxProc *p, const char *name)
{
    static const uint32_t types[] = {SHT_DYNSYM, SHT_SYMTAB};
    Elf64_Shdr sh;
    if (!p->loaded)
        return 0;
    for (int k = 0; k < 2; k++)
        for (uint64_t i = 0; program_section(&p->prog, i, &sh); i++) {
            uint64_t at = sh.sh_type == types[k] ? lookup(&p->prog, &sh, name) : 0;
            if (at && at < p->prog.elf.end)
                return p->prog.image + at;
        }
    return 0;
}
