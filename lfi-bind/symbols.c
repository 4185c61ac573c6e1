/* Symbols of programs, objects and archives.  Every offset is checked: the files may be anything.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-bind/lfi-bind.h"
#include "common/tool.h"
#include "lfiv_elf.h"

#include <ar.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct image {
    const char *path;
    const char *data;
    size_t size;
};

static struct image read_image(const char *path)
{
    struct image f = {.path = path};
    f.data = tool_read_file(path, &f.size);
    if (!f.data)
        tool_fail("%s: %s", path, strerror(errno));
    return f;
}

static bool inside(const struct image *f, uint64_t off, uint64_t size)
{
    return off <= f->size && size <= f->size - off;
}

static bool is_elf(const struct image *f)
{
    Elf64_Ehdr h;
    if (f->size < sizeof h)
        return false;
    memcpy(&h, f->data, sizeof h);
    return memcmp(h.e_ident, ELFMAG, SELFMAG) == 0 && h.e_ident[EI_CLASS] == ELFCLASS64
           && h.e_ident[EI_DATA] == ELFDATA2LSB;
}

static bool section(const struct image *f, unsigned i, Elf64_Shdr *out)
{
    Elf64_Ehdr h;
    memcpy(&h, f->data, sizeof h);
    if (i >= h.e_shnum || h.e_shentsize != sizeof *out
        || !inside(f, h.e_shoff, (uint64_t)h.e_shnum * sizeof *out))
        return false;
    memcpy(out, f->data + h.e_shoff + (uint64_t)i * sizeof *out, sizeof *out);
    return true;
}

typedef void take_symbol(void *arg, const char *name, const Elf64_Sym *sym);

static void each_in(const struct image *f, const Elf64_Shdr *tab, take_symbol *take, void *arg)
{
    Elf64_Shdr str;
    if (!section(f, tab->sh_link, &str) || !inside(f, str.sh_offset, str.sh_size)
        || !inside(f, tab->sh_offset, tab->sh_size))
        tool_fail("%s: a broken table of symbols", f->path);
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= tab->sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym sym;
        memcpy(&sym, f->data + tab->sh_offset + at, sizeof sym);
        const char *name = f->data + str.sh_offset + sym.st_name;
        if (sym.st_name < str.sh_size && memchr(name, 0, str.sh_size - sym.st_name))
            take(arg, name, &sym);
    }
}

static void each_symbol(const struct image *f, unsigned type, take_symbol *take, void *arg)
{
    Elf64_Shdr sh;
    for (unsigned i = 0; section(f, i, &sh); i++)
        if (sh.sh_type == type)
            each_in(f, &sh, take, arg);
}

static bool is_function(const Elf64_Sym *sym)
{
    unsigned bind = ELF64_ST_BIND(sym->st_info);
    return ELF64_ST_TYPE(sym->st_info) == STT_FUNC && sym->st_shndx != SHN_UNDEF
           && (bind == STB_GLOBAL || bind == STB_WEAK)
           && ELF64_ST_VISIBILITY(sym->st_other) != STV_HIDDEN
           && ELF64_ST_VISIBILITY(sym->st_other) != STV_INTERNAL;
}

/* Names that begin with '_' are the implementation's, and main and the like every program's.  */
static void add_function(void *arg, const char *name, const Elf64_Sym *sym)
{
    if (is_function(sym) && name[0] != '_' && strcmp(name, "main") != 0
        && is_identifier(name, strlen(name)))
        binding_function(arg, name, strlen(name));
}

void symbols_exported(struct binding *b, const char *path)
{
    struct image f = read_image(path);
    each_symbol(&f, SHT_DYNSYM, add_function, b);
    if (!b->nfunctions)
        tool_fail("%s: it exports no functions; link it with -Wl,--export-dynamic, or name them by "
                  "--function, --from or --annotations",
                  path);
}

/* Members of an archive, each in turn.  */
static void each_member(struct binding *b, const struct image *f)
{
    for (size_t at = SARMAG; at + sizeof(struct ar_hdr) <= f->size;) {
        struct ar_hdr h;
        char size[sizeof h.ar_size + 1] = {0};
        memcpy(&h, f->data + at, sizeof h);
        memcpy(size, h.ar_size, sizeof h.ar_size);
        size_t n = strtoul(size, NULL, 10);
        at += sizeof h;
        if (memcmp(h.ar_fmag, ARFMAG, sizeof h.ar_fmag) != 0 || n > f->size - at)
            tool_fail("%s: a broken archive", f->path);
        /* Aligned for nobody: all is copied.  */
        struct image member = {.path = f->path, .data = f->data + at, .size = n};
        if (is_elf(&member))
            each_symbol(&member, SHT_SYMTAB, add_function, b);
        at += n + n % 2;
    }
}

void symbols_defined(struct binding *b, const char *path)
{
    struct image f = read_image(path);
    size_t before = b->nfunctions;
    if (f.size >= SARMAG && memcmp(f.data, ARMAG, SARMAG) == 0)
        each_member(b, &f);
    else if (is_elf(&f))
        each_symbol(&f, SHT_SYMTAB, add_function, b);
    else
        tool_fail("%s: neither an object file nor an archive", path);
    if (b->nfunctions == before)
        tool_fail("%s: it defines no functions", path);
}

const struct LFIProfile *symbols_profile(const char *path)
{
    struct image f = read_image(path);
    struct LFIVElf elf;
    const char *why = lfiv_elf_check(f.data, f.size, 4096, &elf);
    if (why)
        tool_fail("%s: %s", path, why);
    return elf.profile;
}

static void mark_function(void *arg, const char *name, const Elf64_Sym *sym)
{
    const struct binding *b = ((const void **)arg)[0];
    bool *found = ((void **)arg)[1];
    for (size_t i = 0; sym->st_shndx != SHN_UNDEF && ELF64_ST_BIND(sym->st_info) != STB_LOCAL
                       && i < b->nfunctions;
         i++)
        if (strcmp(b->functions[i].name, name) == 0)
            found[i] = true;
}

void symbols_check(const struct binding *b)
{
    struct image f = read_image(b->library);
    bool *found = tool_alloc(b->nfunctions + 1);
    const void *arg[] = {b, found};
    each_symbol(&f, SHT_SYMTAB, mark_function, arg);
    each_symbol(&f, SHT_DYNSYM, mark_function, arg);
    for (size_t i = 0; i < b->nfunctions; i++)
        if (!found[i])
            tool_fail(
                "%s: it has no function '%s'; was its archive linked with -Wl,--whole-archive?",
                b->library, b->functions[i].name);
    free(found);
}
