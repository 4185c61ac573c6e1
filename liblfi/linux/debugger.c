/* Tells a debugger of the host which program is in a box, and where.
   SPDX-License-Identifier: Apache-2.0

   GDB has a breakpoint on __jit_debug_register_code and reads the ELF file in memory that the entry
   names.  Debug information cannot be given there, since its addresses are those of the
   program's file.  So the file in memory has no more than the program's sections at their addresses
   in the box, its symbols, its call frame information, and a link (.gnu_debuglink) to the program's
   own file: GDB reads debug information there, and moves it by the difference between the addresses
   of sections of the same name.

   What is copied comes from the program's file and is hostile: offsets and sizes are checked
   here, contents are the debugger's business.  */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "liblfi/linux/linux.h"

/* GDB's interface: names, types and the order of fields are its own.  */

enum { JIT_NOACTION, JIT_REGISTER_FN, JIT_UNREGISTER_FN };

struct jit_code_entry {
    struct jit_code_entry *next_entry, *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
};

struct jit_descriptor {
    uint32_t version, action_flag;
    struct jit_code_entry *relevant_entry, *first_entry;
};

/* Names that are GDB's, too: they are not the library's to export (liblfi/archive), but GDB finds
   those of a host that is not stripped.  */
void __jit_debug_register_code(void);
extern struct jit_descriptor __jit_debug_descriptor;

__attribute__((noinline)) void __jit_debug_register_code(void)
{
    __asm__ volatile("" ::: "memory");
}

struct jit_descriptor __jit_debug_descriptor = {.version = 1};

static pthread_mutex_t jit_lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */

static void jit_action(uint32_t action, struct jit_code_entry *entry)
{
    __jit_debug_descriptor.action_flag = action;
    __jit_debug_descriptor.relevant_entry = entry;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = JIT_NOACTION;
    __jit_debug_descriptor.relevant_entry = NULL;
}

static void jit_add(struct jit_code_entry *entry)
{
    pthread_mutex_lock(&jit_lock);
    entry->next_entry = __jit_debug_descriptor.first_entry;
    if (entry->next_entry)
        entry->next_entry->prev_entry = entry;
    __jit_debug_descriptor.first_entry = entry;
    jit_action(JIT_REGISTER_FN, entry);
    pthread_mutex_unlock(&jit_lock);
}

static void jit_remove(struct jit_code_entry *entry)
{
    pthread_mutex_lock(&jit_lock);
    if (entry->prev_entry)
        entry->prev_entry->next_entry = entry->next_entry;
    else
        __jit_debug_descriptor.first_entry = entry->next_entry;
    if (entry->next_entry)
        entry->next_entry->prev_entry = entry->prev_entry;
    jit_action(JIT_UNREGISTER_FN, entry);
    pthread_mutex_unlock(&jit_lock);
}

/* The file in memory: sections keep their numbers, so that symbols keep theirs.  */

struct debugger_image {
    struct jit_code_entry entry;
    const struct LFILinuxProc *p;
    uint8_t *file;
    size_t size, room;
    unsigned nsections; /* of the program; one more follows */
    Elf64_Shdr section[];
};

/* Appends at a multiple of align; where it is in the file, or 0 without memory.  data NULL:
   zeros.  */
static uint64_t append_at(struct debugger_image *im, uint64_t align, const void *data,
                          uint64_t size)
{
    uint64_t at = (im->size + align - 1) & ~(align - 1);
    if (at + size > im->room) {
        size_t room = 2 * (at + size);
        uint8_t *file = realloc(im->file, room);
        if (!file)
            return 0;
        im->file = file;
        im->room = room;
    }
    memset(im->file + im->size, 0, at + size - im->size);
    if (data)
        memcpy(im->file + at, data, size);
    im->size = at + size;
    return at;
}

static uint64_t append(struct debugger_image *im, const void *data, uint64_t size)
{
    return append_at(im, 8, data, size);
}

/* Copies the section's contents; a broken section has none.  False without memory.  */
static bool keep(struct debugger_image *im, Elf64_Shdr *sh)
{
    const uint8_t *data = program_bytes(&im->p->prog, sh);
    if (!data)
        sh->sh_size = 0;
    sh->sh_offset = append(im, data, sh->sh_size);
    return sh->sh_offset != 0;
}

static bool is_address(const Elf64_Sym *s)
{
    return s->st_shndx != SHN_UNDEF && s->st_shndx < SHN_LORESERVE
           && ELF64_ST_TYPE(s->st_info) != STT_TLS;
}

static bool keep_symbols(struct debugger_image *im, Elf64_Shdr *sh)
{
    if (sh->sh_entsize != sizeof(Elf64_Sym) || !keep(im, sh))
        return false;
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= sh->sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym s;
        memcpy(&s, im->file + sh->sh_offset + at, sizeof s);
        if (is_address(&s))
            s.st_value += im->p->prog.image;
        memcpy(im->file + sh->sh_offset + at, &s, sizeof s);
    }
    /* Their names.  */
    return sh->sh_link < im->nsections && im->section[sh->sh_link].sh_type == SHT_STRTAB;
}

/* A return address that is undefined ends a backtrace: where the program starts, and its threads.
 */
static const char *const outermost_names[] = {"__clone"};
enum { NOUTERMOST = 1 + sizeof outermost_names / sizeof outermost_names[0], OUTERMOST_SIZE = 256 };

struct place {
    uint64_t start, size;
};

static bool is_named(const struct debugger_image *im, const Elf64_Shdr *strings, const Elf64_Sym *s,
                     const char *name)
{
    size_t n = strlen(name) + 1;
    return s->st_name < strings->sh_size && n <= strings->sh_size - s->st_name
           && memcmp(im->file + strings->sh_offset + s->st_name, name, n) == 0;
}

static Elf64_Sym symbol_at(const struct debugger_image *im, const Elf64_Shdr *symbols, uint64_t i)
{
    Elf64_Sym s;
    memcpy(&s, im->file + symbols->sh_offset + i * sizeof s, sizeof s);
    return s;
}

/* Where these are: assembly, which ends before the next function begins.  */
static void find_outermost(const struct debugger_image *im, const Elf64_Shdr *symbols,
                           struct place place[NOUTERMOST])
{
    const Elf64_Shdr *strings = &im->section[symbols->sh_link];
    uint64_t count = symbols->sh_size / sizeof(Elf64_Sym);
    place[0] = (struct place){im->p->prog.image + im->p->prog.elf.entry, OUTERMOST_SIZE};
    for (uint64_t k = 0; k < count; k++) {
        Elf64_Sym s = symbol_at(im, symbols, k);
        for (unsigned i = 1; i < NOUTERMOST; i++)
            if (ELF64_ST_TYPE(s.st_info) == STT_FUNC
                && is_named(im, strings, &s, outermost_names[i - 1]))
                place[i] = (struct place){s.st_value, OUTERMOST_SIZE};
    }
    for (uint64_t k = 0; k < count; k++) {
        Elf64_Sym s = symbol_at(im, symbols, k);
        for (unsigned i = 0; i < NOUTERMOST; i++)
            if (ELF64_ST_TYPE(s.st_info) == STT_FUNC && s.st_value > place[i].start
                && s.st_value - place[i].start < place[i].size)
                place[i].size = s.st_value - place[i].start;
    }
}

/* Call frame information that says so.  */
struct __attribute__((packed)) outermost {
    uint32_t cie_size, cie_id;
    uint8_t version, augmentation, code_align, data_align, ra, cfa[3], undefined[4];
    struct __attribute__((packed)) {
        uint32_t size, cie_distance;
        struct place place;
        uint32_t padding;
    } fde[NOUTERMOST];
};

static void make_outermost(const struct debugger_image *im, const Elf64_Shdr *symbols,
                           struct outermost *o)
{
    struct place place[NOUTERMOST] = {{0, 0}};
    find_outermost(im, symbols, place);
    *o = (struct outermost){.cie_size = offsetof(struct outermost, fde) - 4,
                            .version = 1,
                            .code_align = 1,
                            .data_align = 0x78,
                            .ra = ABI_DWARF_RA,
                            .cfa = {0x0c, ABI_DWARF_SP, 0},
                            .undefined = {0x07, ABI_DWARF_RA}};
    for (unsigned i = 0; i < NOUTERMOST; i++) {
        o->fde[i].size = sizeof o->fde[i] - 4;
        o->fde[i].cie_distance = (uint32_t)((char *)&o->fde[i].cie_distance - (char *)o);
        o->fde[i].place = place[i];
    }
}

/* The program's .eh_frame, whose addresses are relative, and that.  */
static bool keep_frames(struct debugger_image *im, Elf64_Shdr *sh, const Elf64_Shdr *symbols)
{
    struct outermost o;
    if (!keep(im, sh))
        return false;
    /* Without the zero at the end.  */
    if (sh->sh_size >= 4 && memcmp(im->file + im->size - 4, "\0\0\0", 4) == 0)
        im->size -= 4;
    sh->sh_size = im->size - sh->sh_offset + sizeof o;
    sh->sh_addr += im->p->prog.image;
    make_outermost(im, symbols, &o);
    return append_at(im, 1, &o, sizeof o) != 0;
}

/* The program's .debug_frame, whose addresses are those of its file.  */
static bool keep_debug_frames(struct debugger_image *im, Elf64_Shdr *sh)
{
    if (!keep(im, sh))
        return false;
    for (uint64_t at = 0; at + 16 <= sh->sh_size;) {
        uint8_t *entry = im->file + sh->sh_offset + at;
        uint32_t head[2]; /* size of the rest, place of the CIE */
        uint64_t address;
        memcpy(head, entry, sizeof head);
        memcpy(&address, entry + sizeof head, sizeof address);
        address += im->p->prog.image;
        if (head[1] != UINT32_MAX)
            memcpy(entry + sizeof head, &address, sizeof address);
        at += 4 + (uint64_t)head[0];
    }
    return true;
}

/* CRC-32, as .gnu_debuglink has it.  */
static uint32_t crc32(const uint8_t *data, size_t size)
{
    uint32_t table[256], crc = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
    }
    for (size_t i = 0; i < size; i++)
        crc = table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
    return ~crc;
}

/* The last section.  Programs that are no file have symbols but no more.  */
static bool link_file(struct debugger_image *im, Elf64_Shdr *names)
{
    static const char name[] = ".gnu_debuglink";
    Elf64_Shdr *sh = &im->section[im->nsections];
    char *path = realpath(im->p->name, NULL);
    uint8_t link[PATH_MAX + 8] = {0};
    size_t n = path ? strlen(path) : 0;
    if (n && n < PATH_MAX) {
        uint32_t crc = crc32(im->p->prog.file, im->p->prog.size);
        size_t at = (n + 4) & ~(size_t)3;
        memcpy(link, path, n);
        memcpy(link + at, &crc, sizeof crc);
        *sh = (Elf64_Shdr){.sh_type = SHT_PROGBITS, .sh_size = at + sizeof crc, .sh_addralign = 4};
        sh->sh_offset = append(im, link, sh->sh_size);
        /* Its name follows those of the others.  */
        const uint8_t *old = program_bytes(&im->p->prog, names);
        sh->sh_name = (uint32_t)(old ? names->sh_size : 0);
        names->sh_offset = append(im, NULL, sh->sh_name + sizeof name);
        if (names->sh_offset) {
            if (old)
                memcpy(im->file + names->sh_offset, old, sh->sh_name);
            memcpy(im->file + names->sh_offset + sh->sh_name, name, sizeof name);
            names->sh_size = sh->sh_name + sizeof name;
        }
    } else {
        names->sh_offset = keep(im, names) ? names->sh_offset : 0;
    }
    free(path);
    return names->sh_offset != 0;
}

/* Moves what is loaded to where it is, without contents; drops the rest.  */
static void place(struct debugger_image *im, Elf64_Shdr *sh)
{
    if (sh->sh_flags & SHF_ALLOC) {
        sh->sh_addr += im->p->prog.image;
        sh->sh_type = SHT_NOBITS;
    } else {
        *sh = (Elf64_Shdr){.sh_type = SHT_NULL};
    }
}

static bool same_section(const Elf64_Shdr *a, const Elf64_Shdr *b)
{
    return a->sh_name == b->sh_name && a->sh_offset == b->sh_offset && a->sh_size == b->sh_size;
}

static Elf64_Shdr *find_symbols(struct debugger_image *im)
{
    for (unsigned i = 0; i < im->nsections; i++)
        if (im->section[i].sh_type == SHT_SYMTAB)
            return &im->section[i];
    return NULL;
}

static bool fill_sections(struct debugger_image *im, unsigned names)
{
    Elf64_Shdr frames = {0}, debug_frames = {0}, *symbols = find_symbols(im), *sh = im->section;
    program_section_named(&im->p->prog, ".eh_frame", &frames);
    program_section_named(&im->p->prog, ".debug_frame", &debug_frames);
    if (!symbols || names >= im->nsections || !keep_symbols(im, symbols))
        return false;
    Elf64_Shdr *strings = &im->section[symbols->sh_link];
    if (strings == &im->section[names] || !keep(im, strings))
        return false;
    for (; sh < im->section + im->nsections; sh++) {
        bool ok = true;
        if (sh == symbols || sh == strings || sh == &im->section[names])
            continue;
        if (same_section(sh, &frames))
            ok = keep_frames(im, sh, symbols);
        else if (same_section(sh, &debug_frames))
            ok = keep_debug_frames(im, sh);
        else
            place(im, sh);
        if (!ok)
            return false;
    }
    return link_file(im, &im->section[names]);
}

static bool fill(struct debugger_image *im, Elf64_Ehdr h)
{
    append(im, &h, sizeof h);
    if (!im->file || !fill_sections(im, h.e_shstrndx))
        return false;
    h.e_type = ET_EXEC;
    h.e_entry += im->p->prog.image;
    h.e_phnum = 0;
    h.e_phoff = 0;
    h.e_shnum = (uint16_t)(im->nsections + 1);
    h.e_shoff = append(im, im->section, h.e_shnum * sizeof im->section[0]);
    memcpy(im->file, &h, sizeof h);
    return h.e_shoff != 0;
}

void debugger_register(struct LFILinuxProc *p)
{
    Elf64_Ehdr h;
    unsigned n = 0;
    memcpy(&h, p->prog.file, sizeof h); /* lfiv_elf_check saw it */
    struct debugger_image *im =
        calloc(1, sizeof *im + ((size_t)h.e_shnum + 1) * sizeof im->section[0]);
    if (!im)
        return;
    im->p = p;
    while (program_section(&p->prog, n, &im->section[n]))
        n++;
    im->nsections = n;
    if (n == 0 || n >= SHN_LORESERVE || !fill(im, h)) {
        free(im->file);
        free(im);
        return;
    }
    im->entry.symfile_addr = (const char *)im->file;
    im->entry.symfile_size = im->size;
    p->debugger = im;
    jit_add(&im->entry);
}

void debugger_unregister(struct LFILinuxProc *p)
{
    if (!p->debugger)
        return;
    jit_remove(&p->debugger->entry);
    free(p->debugger->file);
    free(p->debugger);
    p->debugger = NULL;
}
