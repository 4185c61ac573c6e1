/* Checks of linked ELF images, and the symbols that messages name.
   SPDX-License-Identifier: Apache-2.0

   Nothing is read but through get(), after in_file() has seen that it is there.
   docs/sandbox.md, "ELF", says why each check exists.  */
#include "lfiv_elf.h"

#include <string.h>

#include "lfi_layout.h"
#include "profiles/profile.h"

/* Offsets and values of the ELF specification, as far as they are needed here.  */
enum { EHDR_SIZE = 64, PHDR_SIZE = 56, SHDR_SIZE = 64, SYM_SIZE = 24, DYN_SIZE = 16 };
enum { E_CLASS = 4, E_DATA = 5, E_IDENT_VERSION = 6, E_TYPE = 16, E_MACHINE = 18 };
enum { E_VERSION = 20, E_ENTRY = 24, E_PHOFF = 32, E_SHOFF = 40, E_EHSIZE = 52 };
enum { E_PHENTSIZE = 54, E_PHNUM = 56, E_SHENTSIZE = 58, E_SHNUM = 60 };
enum { P_TYPE = 0, P_FLAGS = 4, P_OFFSET = 8, P_VADDR = 16, P_FILESZ = 32, P_MEMSZ = 40 };
enum { SH_TYPE = 4, SH_OFFSET = 24, SH_SIZE = 32, SH_LINK = 40, SH_ENTSIZE = 56 };
enum { ST_NAME = 0, ST_INFO = 4, ST_SHNDX = 6, ST_VALUE = 8, ST_SIZE = 16 };
enum { CLASS_64 = 2, DATA_LITTLE = 1, ET_REL = 1, ET_EXEC = 2, ET_DYN = 3 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_NOTE = 4, PT_GNU_STACK = 0x6474e551 };
enum { PF_X = 1, PF_W = 2, PF_R = 4 };
enum { DT_NULL = 0, DT_TEXTREL = 22, DT_FLAGS = 30, DF_TEXTREL = 4 };
enum { SHN_UNDEF = 0, SHT_SYMTAB = 2, SHT_DYNSYM = 11, STT_FUNC = 2, STT_GNU_IFUNC = 10 };
enum { PATH_LIMIT = 4096 };

/* What fits into a box, by layout; a multiple of every page size, so that rounding up does not
   pass it.  Instructions of arm64 are words; those of x86-64 are entered at bundles.  */
static const struct Machine {
    unsigned machine;
    enum LFIArch arch;
    uint64_t image_limit;
} machines[] = {
    {183, LFI_ARCH_AARCH64, LFI_BOX_SIZE - LFI_ARM64_GUARD_LOW - LFI_ARM64_GUARD_HIGH},
    {62, LFI_ARCH_X86_64, LFI_BOX_SIZE - LFI_X86_64_LOW - LFI_X86_64_HIGH},
};
enum { WORD = 4 };

struct File {
    const uint8_t *data;
    uint64_t size;
    const struct Machine *machine;
};

struct Phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, filesz, memsz;
};

static bool in_file(const struct File *f, uint64_t offset, uint64_t size)
{
    return offset <= f->size && size <= f->size - offset;
}

static uint64_t get(const struct File *f, uint64_t offset, unsigned bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | f->data[offset + bytes];
    return value;
}

static struct Phdr phdr_at(const struct File *f, unsigned i)
{
    uint64_t at = get(f, E_PHOFF, 8) + (uint64_t)i * PHDR_SIZE;
    return (struct Phdr){
        .type = (uint32_t)get(f, at + P_TYPE, 4),
        .flags = (uint32_t)get(f, at + P_FLAGS, 4),
        .offset = get(f, at + P_OFFSET, 8),
        .vaddr = get(f, at + P_VADDR, 8),
        .filesz = get(f, at + P_FILESZ, 8),
        .memsz = get(f, at + P_MEMSZ, 8),
    };
}

static const char *check_ident(const struct File *f)
{
    if (!in_file(f, 0, EHDR_SIZE))
        return "not an ELF file: too short";
    if (memcmp(f->data, "\177ELF", 4) != 0)
        return "not an ELF file";
    if (f->data[E_CLASS] != CLASS_64)
        return "not a 64-bit ELF file";
    if (f->data[E_DATA] != DATA_LITTLE)
        return "not a little-endian ELF file";
    if (f->data[E_IDENT_VERSION] != 1)
        return "unknown version of ELF";
    if (get(f, E_VERSION, 4) != 1)
        return "unknown version of the ELF header";
    if (get(f, E_EHSIZE, 2) != EHDR_SIZE)
        return "ELF header of the wrong size";
    return NULL;
}

static const struct Machine *find_machine(unsigned machine)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
        if (machines[i].machine == machine)
            return &machines[i];
    return NULL;
}

static const char *check_header(struct File *f, struct LFIVElf *out)
{
    const char *why = check_ident(f);
    if (why)
        return why;
    if (get(f, E_TYPE, 2) == ET_REL)
        return "a relocatable object: link it first";
    if (get(f, E_TYPE, 2) == ET_EXEC)
        return "linked to a fixed address: link with -static-pie";
    if (get(f, E_TYPE, 2) != ET_DYN)
        return "not a program or library";
    if (get(f, E_PHENTSIZE, 2) != PHDR_SIZE)
        return "program headers of the wrong size";
    f->machine = find_machine((unsigned)get(f, E_MACHINE, 2));
    if (!f->machine)
        return "for an architecture that this version does not know";
    out->phnum = (unsigned)get(f, E_PHNUM, 2);
    if (!in_file(f, get(f, E_PHOFF, 8), (uint64_t)out->phnum * PHDR_SIZE))
        return "program headers outside the file";
    return NULL;
}

static const char *check_segment_shape(const struct File *f, const struct Phdr *p, uint64_t page)
{
    if (p->filesz > p->memsz)
        return "a segment is larger in the file than in memory";
    if (!in_file(f, p->offset, p->filesz))
        return "a segment lies outside the file";
    if (p->vaddr > f->machine->image_limit || p->memsz > f->machine->image_limit - p->vaddr)
        return "the image does not fit into a box";
    if ((p->vaddr - p->offset) % page != 0)
        return "address and file offset of a segment differ modulo the page size";
    return NULL;
}

static const char *check_segment_rights(const struct Phdr *p, uint64_t page)
{
    if (!(p->flags & PF_X))
        return NULL;
    if (p->flags & PF_W)
        return "a segment is writable and executable";
    if (p->vaddr % page != 0)
        return "an executable segment does not start on a page: link with -z separate-code";
    if (p->filesz != p->memsz)
        return "an executable segment is larger in memory than in the file";
    return NULL;
}

static uint64_t page_down(uint64_t addr, uint64_t page)
{
    return addr & ~(page - 1);
}

static uint64_t page_up(uint64_t addr, uint64_t page)
{
    return page_down(addr + page - 1, page);
}

/* Appends a load segment; the specification has them in ascending order.  */
static const char *add_segment(const struct File *f, const struct Phdr *p, uint64_t page,
                               struct LFIVElf *out)
{
    const char *why = check_segment_shape(f, p, page);
    if (!why)
        why = check_segment_rights(p, page);
    if (why || p->memsz == 0)
        return why;
    if (out->nsegs == LFIV_ELF_MAXSEGS)
        return "too many load segments";
    if (page_down(p->vaddr, page) < page_up(out->end, page))
        return "load segments overlap, share a page or are out of order";
    out->end = p->vaddr + p->memsz;
    out->segs[out->nsegs++] = (struct LFIVElfSegment){
        .vaddr = p->vaddr,
        .memsz = p->memsz,
        .offset = p->offset,
        .filesz = p->filesz,
        .prot = (p->flags & PF_R ? LFIV_ELF_READ : 0) | (p->flags & PF_W ? LFIV_ELF_WRITE : 0)
                | (p->flags & PF_X ? LFIV_ELF_EXEC : 0),
    };
    return NULL;
}

static const char *check_interp(const struct File *f, const struct Phdr *p, struct LFIVElf *out)
{
    if (!in_file(f, p->offset, p->filesz))
        return "the name of the program interpreter lies outside the file";
    if (p->filesz < 2 || p->filesz > PATH_LIMIT)
        return "the name of the program interpreter is empty or too long";
    const uint8_t *name = f->data + p->offset;
    if (memchr(name, 0, p->filesz) != name + p->filesz - 1)
        return "the name of the program interpreter is not one string";
    out->interp = p->offset;
    out->interpsz = p->filesz - 1;
    return NULL;
}

static const char *check_dynamic(const struct File *f, const struct Phdr *p)
{
    if (!in_file(f, p->offset, p->filesz))
        return "the dynamic section lies outside the file";
    for (uint64_t at = 0; at + DYN_SIZE <= p->filesz; at += DYN_SIZE) {
        uint64_t tag = get(f, p->offset + at, 8), value = get(f, p->offset + at + 8, 8);
        if (tag == DT_NULL)
            break;
        if (tag == DT_TEXTREL || (tag == DT_FLAGS && value & DF_TEXTREL))
            return "needs text relocations: compile with -fPIE or -fPIC";
    }
    return NULL;
}

static const char *check_note(const struct File *f, const struct Phdr *p, struct LFIVElf *out)
{
    const struct LFIProfile *profile;
    const char *why = NULL;
    if (!in_file(f, p->offset, p->filesz))
        return "a note segment lies outside the file";
    if (lfi_note_scan(f->data + p->offset, p->filesz, &profile, &why) != 0)
        return why;
    if (!profile)
        return NULL;
    if (out->has_note && out->profile != profile)
        return "LFI notes of different profiles";
    out->has_note = true;
    out->profile = profile;
    return NULL;
}

static const char *check_phdr(const struct File *f, const struct Phdr *p, uint64_t page,
                              struct LFIVElf *out)
{
    switch (p->type) {
    case PT_LOAD:
        return add_segment(f, p, page, out);
    case PT_DYNAMIC:
        return check_dynamic(f, p);
    case PT_INTERP:
        return check_interp(f, p, out);
    case PT_NOTE:
        return check_note(f, p, out);
    case PT_GNU_STACK:
        if (p->flags & PF_X)
            return "asks for an executable stack: link with -z noexecstack";
        out->stack_size = p->memsz;
        return NULL;
    default:
        return NULL;
    }
}

/* The segment of which the file holds [offset, offset + size), or NULL.  */
static const struct LFIVElfSegment *segment_of(const struct LFIVElf *elf, uint64_t offset,
                                               uint64_t size)
{
    for (unsigned i = 0; i < elf->nsegs; i++) {
        const struct LFIVElfSegment *s = &elf->segs[i];
        uint64_t into = offset - s->offset; /* huge if it lies before */
        if (into <= s->filesz && size <= s->filesz - into)
            return s;
    }
    return NULL;
}

/* The dynamic section that was looked at is the one that the program will see.  */
static const char *check_dynamic_place(const struct Phdr *p, const struct LFIVElf *elf)
{
    const struct LFIVElfSegment *s = segment_of(elf, p->offset, p->filesz);
    if (!s || p->vaddr != s->vaddr + (p->offset - s->offset))
        return "the dynamic section is not part of a load segment";
    return NULL;
}

static const char *check_profile(const struct File *f, struct LFIVElf *out)
{
    if (!out->has_note)
        out->profile = lfi_profile_published(f->machine->arch);
    if (!out->profile)
        return "no LFI note says what its code promises: build it with an lfi compiler and linker";
    if (out->profile->arch != f->machine->arch)
        return "the LFI note is for another architecture";
    if (get(f, E_ENTRY, 8) % (out->profile->bundle ? out->profile->bundle : WORD) != 0)
        return "the entry point is misaligned";
    return NULL;
}

static const char *check_entry(const struct File *f, struct LFIVElf *out)
{
    uint64_t entry = get(f, E_ENTRY, 8);
    bool executable = false;
    for (unsigned i = 0; i < out->nsegs; i++) {
        const struct LFIVElfSegment *s = &out->segs[i];
        if (!(s->prot & LFIV_ELF_EXEC))
            continue;
        executable = true;
        if (entry - s->vaddr < s->memsz) {
            out->has_entry = true;
            out->entry = entry;
        }
    }
    if (!executable)
        return "no segment is executable";
    if (!out->has_entry && entry != 0)
        return "the entry point lies in no executable segment";
    return NULL;
}

const char *lfiv_elf_check(const void *file, size_t size, size_t pagesize, struct LFIVElf *out)
{
    struct File f = {.data = file, .size = size};
    memset(out, 0, sizeof *out);
    if (pagesize < 4096 || (pagesize & (pagesize - 1)) != 0 || pagesize > LFI_MAX_PAGE)
        return "impossible page size";
    const char *why = check_header(&f, out);
    for (unsigned i = 0; !why && i < out->phnum; i++) {
        struct Phdr p = phdr_at(&f, i);
        why = check_phdr(&f, &p, pagesize, out);
    }
    for (unsigned i = 0; !why && i < out->phnum; i++) {
        struct Phdr p = phdr_at(&f, i);
        if (p.type == PT_DYNAMIC)
            why = check_dynamic_place(&p, out);
    }
    if (!why)
        why = check_profile(&f, out);
    if (!why)
        why = check_entry(&f, out);
    if (why)
        return why;
    uint64_t phoff = get(&f, E_PHOFF, 8);
    const struct LFIVElfSegment *s = segment_of(out, phoff, (uint64_t)out->phnum * PHDR_SIZE);
    out->phdr = s ? s->vaddr + (phoff - s->offset) : 0;
    return NULL;
}

/* Symbols.  A broken table is one without symbols.  */

struct Section {
    uint32_t type, link;
    uint64_t offset, size, entsize;
};

static bool section_at(const struct File *f, uint64_t i, struct Section *out)
{
    uint64_t shoff = get(f, E_SHOFF, 8);
    if (get(f, E_SHENTSIZE, 2) != SHDR_SIZE || i >= get(f, E_SHNUM, 2)
        || !in_file(f, shoff, (i + 1) * SHDR_SIZE))
        return false;
    uint64_t at = shoff + i * SHDR_SIZE;
    *out = (struct Section){
        .type = (uint32_t)get(f, at + SH_TYPE, 4),
        .link = (uint32_t)get(f, at + SH_LINK, 4),
        .offset = get(f, at + SH_OFFSET, 8),
        .size = get(f, at + SH_SIZE, 8),
        .entsize = get(f, at + SH_ENTSIZE, 8),
    };
    return in_file(f, out->offset, out->size);
}

static const char *string_at(const struct File *f, const struct Section *strings, uint64_t at)
{
    if (at >= strings->size)
        return NULL;
    const uint8_t *s = f->data + strings->offset + at;
    return memchr(s, 0, strings->size - at) && *s ? (const char *)s : NULL;
}

/* Index of the function symbol with the greatest value not above addr that covers addr; 0, which
   is no symbol, if there is none.  */
static uint64_t best_symbol(const struct File *f, const struct Section *table, uint64_t addr,
                            uint64_t *distance)
{
    uint64_t best = 0;
    for (uint64_t i = 1; i < table->size / SYM_SIZE; i++) {
        uint64_t at = table->offset + i * SYM_SIZE;
        uint64_t value = get(f, at + ST_VALUE, 8), size = get(f, at + ST_SIZE, 8);
        unsigned type = (unsigned)get(f, at + ST_INFO, 1) & 15;
        if ((type != STT_FUNC && type != STT_GNU_IFUNC) || value > addr)
            continue;
        if (get(f, at + ST_SHNDX, 2) == SHN_UNDEF)
            continue;
        if ((size != 0 && addr - value >= size) || (best && addr - value >= *distance))
            continue;
        best = i;
        *distance = addr - value;
    }
    return best;
}

static const char *symbol_in(const struct File *f, const struct Section *table, uint64_t addr,
                             uint64_t *distance)
{
    struct Section strings;
    if (table->entsize != SYM_SIZE || !section_at(f, table->link, &strings))
        return NULL;
    uint64_t best = best_symbol(f, table, addr, distance);
    if (best == 0)
        return NULL;
    return string_at(f, &strings, get(f, table->offset + best * SYM_SIZE + ST_NAME, 4));
}

/* The first section of the type: there is one at most, and a hostile file must not make
   us look through thousands.  */
static bool find_section(const struct File *f, uint32_t type, struct Section *out)
{
    uint64_t count = get(f, E_SHNUM, 2);
    for (uint64_t i = 0; i < count; i++)
        if (section_at(f, i, out) && out->type == type)
            return true;
    return false;
}

const char *lfiv_elf_symbol(const void *file, size_t size, uint64_t addr, uint64_t *distance)
{
    struct File f = {.data = file, .size = size};
    struct Section table;
    const char *name = NULL;
    if (check_ident(&f) != NULL)
        return NULL;
    if (find_section(&f, SHT_SYMTAB, &table))
        name = symbol_in(&f, &table, addr, distance);
    if (!name && find_section(&f, SHT_DYNSYM, &table))
        name = symbol_in(&f, &table, addr, distance);
    return name;
}
