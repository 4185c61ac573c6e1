/* Tells a debugger of the host which program is in a box, and where.
   SPDX-License-Identifier: Apache-2.0

   GDB has a breakpoint on __jit_debug_register_code and reads the ELF file in memory that the entry
   names.  Debug information cannot be given there, since its addresses are those of the
   program's file.  So the file in memory has no more than the program's sections at their addresses
   in the box, its symbols, its call frame information, and a link (.gnu_debuglink) to the program's
   own file: GDB reads debug information there, and moves it by the difference between the addresses of
   sections of the same name.

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

/* Weak: a host may have a compiler of its own that defines them.  */
#define JIT_SYMBOL __attribute__((weak, visibility("default")))
void __jit_debug_register_code(void) JIT_SYMBOL;
extern struct jit_descriptor __jit_debug_descriptor JIT_SYMBOL;

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

/* Appends; where it is in the file, or 0 without memory.  data NULL: zeros.  */
static uint64_t append(struct debugger_image *im, const void *data, uint64_t size)
{
    uint64_t at = (im->size + 7) & ~(uint64_t)7;
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

/* Copies the section's contents; a broken section has none.  False without memory.  */
static bool keep(struct debugger_image *im, Elf64_Shdr *sh)
{
    const uint8_t *data = program_bytes(im->p, sh);
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
            s.st_value += im->p->image;
        memcpy(im->file + sh->sh_offset + at, &s, sizeof s);
    }
    /* Their names.  */
    return sh->sh_link < im->nsections && im->section[sh->sh_link].sh_type == SHT_STRTAB;
}

/* The address after the entry point where something else begins.  */
static uint64_t entry_end(const struct debugger_image *im, const Elf64_Shdr *symbols)
{
    uint64_t entry = im->p->image + im->p->elf.entry, end = entry + 64;
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols->sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym s;
        memcpy(&s, im->file + symbols->sh_offset + at, sizeof s);
        if (ELF64_ST_TYPE(s.st_info) == STT_FUNC && s.st_value > entry && s.st_value < end)
            end = s.st_value;
    }
    return end;
}

/* The program's call frame information, and an entry for the code where the program
   starts: its return address is undefined, so that backtraces end there.  */
static bool keep_frames(struct debugger_image *im, Elf64_Shdr *sh, const Elf64_Shdr *symbols)
{
    static const uint8_t undefined_ra[] = {0x07, ABI_DWARF_RA};
    struct __attribute__((packed)) {
        uint32_t cie_size, cie_id;
        uint8_t version, augmentation, code_align, data_align, ra, cfa[3], undefined[4];
        uint32_t fde_size, cie_distance;
        uint64_t start, size;
        uint32_t end;
    } mine = {.cie_size = 16, .version = 1, .code_align = 1, .data_align = 0x78,
              .ra = ABI_DWARF_RA, .cfa = {0x0c, ABI_DWARF_SP, 0}, .fde_size = 20,
              .cie_distance = 24};
    memcpy(mine.undefined, undefined_ra, sizeof undefined_ra);
    mine.start = im->p->image + im->p->elf.entry;
    mine.size = entry_end(im, symbols) - mine.start;
    if (!keep(im, sh))
        return false;
    /* Without the zero at the end.  */
    if (sh->sh_size >= 4 && memcmp(im->file + im->size - 4, "\0\0\0", 4) == 0)
        im->size -= 4;
    sh->sh_size = im->size - sh->sh_offset;
    if (sh->sh_size % 4) /* broken: left as it is */
        return true;
    uint64_t at = im->size;
    if (!append(im, NULL, sizeof mine + 8))
        return false;
    memcpy(im->file + at, &mine, sizeof mine);
    im->size = at + sizeof mine;
    sh->sh_size += sizeof mine;
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
        uint32_t crc = crc32(im->p->file, im->p->file_size);
        size_t at = (n + 4) & ~(size_t)3;
        memcpy(link, path, n);
        memcpy(link + at, &crc, sizeof crc);
        *sh = (Elf64_Shdr){.sh_type = SHT_PROGBITS, .sh_size = at + sizeof crc, .sh_addralign = 4};
        sh->sh_offset = append(im, link, sh->sh_size);
        /* Its name follows those of the others.  */
        const uint8_t *old = program_bytes(im->p, names);
        sh->sh_name = (uint32_t)(old ? names->sh_size : 0);
        names->sh_offset = append(im, NULL, sh->sh_name + sizeof name);
        if (names->sh_offset) {
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
        sh->sh_addr += im->p->image;
        sh->sh_type = SHT_NOBITS;
    } else {
        *sh = (Elf64_Shdr){.sh_type = SHT_NULL};
    }
}

static bool fill(struct debugger_image *im, const Elf64_Ehdr *program)
{
    Elf64_Ehdr h = *program;
    Elf64_Shdr frames, *symbols = NULL, *sh;
    unsigned names = program->e_shstrndx, strings = 0;
    bool has_frames = program_section_named(im->p, ".eh_frame", &frames);
    if (!append(im, NULL, sizeof h + 8) && !im->file)
        return false;
    for (sh = im->section; sh < im->section + im->nsections; sh++)
        if (sh->sh_type == SHT_SYMTAB && !symbols) {
            symbols = sh;
            strings = sh->sh_link;
        }
    if (!symbols || names >= im->nsections || !keep_symbols(im, symbols)
        || !keep(im, &im->section[strings]))
        return false;
    for (sh = im->section; sh < im->section + im->nsections; sh++) {
        if (sh == symbols || sh == &im->section[strings] || sh == &im->section[names])
            continue;
        if (has_frames && sh->sh_offset == frames.sh_offset && sh->sh_name == frames.sh_name) {
            if (!keep_frames(im, sh, symbols))
                return false;
            sh->sh_addr += im->p->image;
        } else {
            place(im, sh);
        }
    }
    if (strings != names && !link_file(im, &im->section[names]))
        return false;
    h.e_type = ET_EXEC;
    h.e_entry += im->p->image;
    h.e_phnum = 0;
    h.e_phoff = 0;
    h.e_shnum = (uint16_t)(im->nsections + 1);
    h.e_shoff = append(im, im->section, h.e_shnum * sizeof *sh);
    memcpy(im->file, &h, sizeof h);
    return h.e_shoff != 0;
}

void debugger_register(struct LFILinuxProc *p)
{
    Elf64_Ehdr h;
    unsigned n = 0;
    memcpy(&h, p->file, sizeof h); /* lfiv_elf_check saw it */
    struct debugger_image *im = calloc(1, sizeof *im + ((size_t)h.e_shnum + 1) * sizeof im->section[0]);
    if (!im)
        return;
    im->p = p;
    while (program_section(p, n, &im->section[n]))
        n++;
    im->nsections = n;
    if (n == 0 || n >= SHN_LORESERVE || !fill(im, &h)) {
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
}
