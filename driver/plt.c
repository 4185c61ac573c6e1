/* The linker's procedure linkage table, made of code that a box may run.
   SPDX-License-Identifier: Apache-2.0

   GNU ld writes machine code of its own: entries that load an address from the global offset table
   and jump there.  Addresses are always bound when an image is loaded, so nothing else of the
   table is ever used, and becomes traps.

   arm64: "-z pac-plt" makes entries of six instructions, which is as much as confined ones need.

     adrp x16, PAGE             adrp x16, PAGE
     ldr  x17, [x16, #OFF]      add  x28, x27, w16, uxtw
     add  x16, x16, #OFF   ->   ldr  x17, [x28, #OFF]
     autia1716                  add  x28, x27, w17, uxtw
     br   x17                   br   x28
     nop                        udf

   In position-oblivious code the page does not stay in x16: mov w16, w16 comes before the last but one.

   x86-64: entries of 8 or 16 bytes are too small, and lie where indirect branches do not go.  Each
   becomes a jump to a stub in the section .lfi.plt, for which the script leaves room.  What a
   stub is the rewriter decides: it makes one for the profile, which this section starts with.

     jmp  *SLOT(%rip)      ->   jmp  stub;   stub: mov SLOT(%rip), %r11, then as jmp *%r11

   In metered code the jump is charged, for which "-z ibtplt" gives entries of 16 bytes, and on arm64 there
   are such stubs, too: what a confined and metered entry does has 32 bytes, and 64 with the trap behind which
   a run that was out of fuel goes on.  */
#include "config.h"

#include "driver/plt.h"

#include <string.h>

enum { INSN = 4, A64_HEADER = 8 * INSN, A64_ENTRY = 6 * INSN };
enum { STUB = 32, LONG_STUB = 64, LOAD = 3, LOAD_SIZE = LOAD + 4, TRAP = 0xcc };
static const uint8_t load_r11[LOAD] = {0x4c, 0x8b, 0x1d}; /* mov disp(%rip), %r11 */

/* Charges of two instructions: lea -2(%r12), %r12; sub x23, x23, #2.  */
static const uint8_t x64_charge[] = {0x4d, 0x8d, 0x64, 0x24, 0xfe};
enum { X64_CHARGE = sizeof x64_charge };
#define A64_CHARGE 0xd1000af7

/* A section of code in the image.  */
struct Code {
    uint8_t *bytes;
    uint64_t address, size;
};

static struct Code code_named(const struct Image *m, const char *name)
{
    Elf64_Shdr s;
    if (!image_find(m, name, &s) || !(s.sh_flags & SHF_EXECINSTR))
        return (struct Code){0};
    return (struct Code){m->bytes + s.sh_offset, s.sh_addr, s.sh_size};
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static void put32(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, sizeof value);
}

static bool is_metered(const struct LFIProfile *profile)
{
    return profile->meter != LFI_METER_NONE;
}

static unsigned stub_size(const struct LFIProfile *profile)
{
    return profile->meter == LFI_METER_RESUME ? LONG_STUB : STUB;
}

/* Stubs that are still free; the model of them all.  */
struct Stubs {
    struct Code room;
    uint64_t used;
    uint8_t model[LONG_STUB];
    unsigned size;
    bool metered;
};

static struct Stubs stubs_of(const struct Image *m, const struct LFIProfile *profile)
{
    return (struct Stubs){.room = code_named(m, ".lfi.plt"),
                          .size = stub_size(profile),
                          .metered = is_metered(profile)};
}

/* The model is what the section begins with.  */
static bool has_model(struct Stubs *stubs)
{
    if (stubs->room.size < stubs->size)
        return false;
    memcpy(stubs->model, stubs->room.bytes, stubs->size);
    return true;
}

static const char no_stubs[] = "calls that go through a .plt need a dynamic linker: leave out -static and "
                               "--no-dynamic-linker, or define what is weak";

/* Another stub, a copy of the model; NULL if there is no room.  */
static uint8_t *take_stub(struct Stubs *stubs, uint64_t *address)
{
    if (stubs->room.size - stubs->used < stubs->size)
        return NULL;
    uint8_t *code = stubs->room.bytes + stubs->used;
    *address = stubs->room.address + stubs->used;
    stubs->used += stubs->size;
    memcpy(code, stubs->model, stubs->size);
    return code;
}

/* arm64 */

static bool a64_known_entry(const uint8_t *p)
{
    uint32_t page = get32(p), load = get32(p + INSN), off = load >> 10 & 0xfff;
    return !((page & 0x9f00001f) != 0x90000010 || (load & 0xffc003ff) != 0xf9400211
        || get32(p + 2 * INSN) != (0x91000210 | off << 13) || get32(p + 3 * INSN) != 0xd503219f
        || get32(p + 4 * INSN) != 0xd61f0220 || get32(p + 5 * INSN) != 0xd503201f);
}

static void a64_fix_entry(uint8_t *p, bool oblivious)
{
    uint32_t off = get32(p + INSN) >> 10 & 0xfff;
    put32(p + 1 * INSN, 0x8b30437c);             /* add x28, x27, w16, uxtw */
    put32(p + 2 * INSN, 0xf9400391 | off << 10); /* ldr x17, [x28, #OFF] */
    p += 3 * INSN;
    if (oblivious) {
        put32(p, 0x2a1003f0); /* mov w16, w16 */
        p += INSN;
    }
    put32(p, 0x8b31437c);        /* add x28, x27, w17, uxtw */
    put32(p + INSN, 0xd61f0380); /* br x28 */
    if (!oblivious)
        put32(p + 2 * INSN, 0); /* udf #0 */
}

/* The stub: adrp x16, PAGE; add x28, x27, w16, uxtw; ldr x17, [x28, #OFF]; ...  */
static bool a64_fix_metered(struct Stubs *stubs, uint8_t *p, uint64_t address)
{
    uint32_t page = get32(p), off = get32(p + INSN) >> 10 & 0xfff;
    int64_t imm = (int64_t)((page >> 29 & 3) | (page >> 3 & 0x1ffffc)) << 43 >> 43;
    uint64_t at, target = (address >> 12) + (uint64_t)imm;
    uint8_t *code = take_stub(stubs, &at);
    if (!code || at < address)
        return false;
    uint32_t pages = (uint32_t)(target - (at >> 12));
    put32(code, 0x90000010 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5);
    put32(code + 2 * INSN, 0xf9400391 | off << 10);
    memset(p, 0, A64_ENTRY);
    put32(p, A64_CHARGE);
    put32(p + INSN, 0x14000000 | (uint32_t)((at - (address + INSN)) / INSN)); /* b stub */
    return true;
}

/* adrp x16; add x28, x27, w16, uxtw; ldr x17, [x28, #i]; add x28, x27, w17, uxtw.  */
static bool is_a64_model(const uint8_t *p)
{
    return (get32(p) & 0x9f00001f) == 0x90000010 && get32(p + INSN) == 0x8b30437c
           && (get32(p + 2 * INSN) & 0xffc003ff) == 0xf9400391
           && get32(p + 3 * INSN) == 0x8b31437c;
}

static const char *a64_fix(struct Image *m, const struct LFIProfile *profile)
{
    struct Code plt = code_named(m, ".plt");
    struct Stubs stubs = stubs_of(m, profile);
    if (!plt.size)
        return NULL;
    if (stubs.metered && (!has_model(&stubs) || !is_a64_model(stubs.model)))
        return no_stubs;
    if (plt.size < A64_HEADER || (plt.size - A64_HEADER) % A64_ENTRY != 0)
        return "the linker made a .plt of unknown size: link with GNU ld 2.40 and without -z lazy";
    memset(plt.bytes, 0, A64_HEADER);
    for (uint64_t at = A64_HEADER; at < plt.size; at += A64_ENTRY) {
        if (!a64_known_entry(plt.bytes + at)
            || (stubs.metered && !a64_fix_metered(&stubs, plt.bytes + at, plt.address + at)))
            return "the linker made a .plt of unknown code: link with GNU ld 2.40 and without -z "
                   "lazy";
        if (!stubs.metered)
            a64_fix_entry(plt.bytes + at, profile->poc);
    }
    return NULL;
}

/* x86-64 */

/* The slot of the entry "[endbr64] [bnd] jmp *SLOT(%rip)".  */
static bool entry_slot(const uint8_t *p, uint64_t size, uint64_t address, uint64_t *slot)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa}, jmp[] = {0xff, 0x25};
    uint64_t at =
        size > sizeof endbr64 && memcmp(p, endbr64, sizeof endbr64) == 0 ? sizeof endbr64 : 0;
    at += p[at] == 0xf2;
    if (size - at < sizeof jmp + 4 || memcmp(p + at, jmp, sizeof jmp) != 0)
        return false;
    at += sizeof jmp + 4;
    *slot = address + at + (uint64_t)(int64_t)(int32_t)get32(p + at - 4);
    return true;
}

static bool x64_fix_entry(struct Stubs *stubs, uint8_t *p, uint64_t size, uint64_t address)
{
    enum { JMP = 0xe9, JMP_SIZE = 5 };
    uint64_t slot, stub, at = stubs->metered ? X64_CHARGE : 0;
    uint8_t *code;
    if (size < at + JMP_SIZE || !entry_slot(p, size, address, &slot)
        || !(code = take_stub(stubs, &stub)))
        return false;
    put32(code + LOAD, (uint32_t)(slot - (stub + LOAD_SIZE)));
    memset(p, TRAP, size);
    memcpy(p, x64_charge, at);
    p[at] = JMP;
    put32(p + at + 1, (uint32_t)(stub - (address + at + JMP_SIZE)));
    return true;
}

/* The entries of a table from its entry FIRST on.  */
static bool x64_fix_table(struct Stubs *stubs, struct Code table, unsigned entry, unsigned first)
{
    if (table.size % entry != 0)
        return false;
    for (uint64_t at = (uint64_t)first * entry; at < table.size; at += entry)
        if (!x64_fix_entry(stubs, table.bytes + at, entry, table.address + at))
            return false;
    return true;
}

static const char *x64_fix(struct Image *m, const struct LFIProfile *profile)
{
    enum { PLT_ENTRY = 16, GOT_ENTRY = 8 };
    struct Code plt = code_named(m, ".plt"), got = code_named(m, ".plt.got"),
                sec = code_named(m, ".plt.sec");
    struct Stubs stubs = stubs_of(m, profile);
    if (!plt.size && !got.size && !sec.size)
        return NULL;
    if (!has_model(&stubs) || memcmp(stubs.model, load_r11, LOAD) != 0)
        return no_stubs;
    bool ok = true;
    if (!sec.size && plt.size)
        ok = x64_fix_table(&stubs, plt, PLT_ENTRY, 1);
    ok =
        ok && x64_fix_table(&stubs, sec, PLT_ENTRY, 0)
        && x64_fix_table(&stubs, got,
                         sec.size || (got.size && got.bytes[0] == 0xf3) ? PLT_ENTRY : GOT_ENTRY, 0);
    if (!ok)
        return "the linker made a .plt of unknown code: link with GNU ld 2.40 and without -z "
               "bndplt";
    if (plt.size)
        memset(plt.bytes, TRAP, sec.size ? plt.size : PLT_ENTRY);
    return NULL;
}

/* Functions that are chosen when a program starts: musl knows no such relocations.  */

static const char ifunc[] = "musl has no functions that are chosen when a program starts: leave "
                            "out ifunc and target_clones";

static bool is_dynamic_symbols(const Elf64_Shdr *s)
{
    return s->sh_type == SHT_DYNSYM && s->sh_entsize == sizeof(Elf64_Sym);
}

static const char *check_symbols(const struct Image *m, const Elf64_Shdr *table)
{
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table->sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym s;
        memcpy(&s, m->bytes + table->sh_offset + at, sizeof s);
        if (ELF64_ST_TYPE(s.st_info) == STT_GNU_IFUNC && s.st_shndx != SHN_UNDEF)
            return ifunc;
    }
    return NULL;
}

static const char *check_relocations(const struct Image *m, const Elf64_Shdr *table,
                                     enum LFIArch arch)
{
    const uint64_t irelative = arch == LFI_ARCH_X86_64 ? R_X86_64_IRELATIVE : R_AARCH64_IRELATIVE;
    for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= table->sh_size; at += sizeof(Elf64_Rela)) {
        Elf64_Rela r;
        memcpy(&r, m->bytes + table->sh_offset + at, sizeof r);
        if (ELF64_R_TYPE(r.r_info) == irelative)
            return ifunc;
    }
    return NULL;
}

static const char *check_ifunc(const struct Image *m, enum LFIArch arch)
{
    const char *why = NULL;
    for (unsigned i = 1; !why && i < m->head.e_shnum; i++) {
        Elf64_Shdr s = image_section(m, i);
        if (!(s.sh_flags & SHF_ALLOC) || s.sh_type == SHT_NOBITS
            || !image_has(m, s.sh_offset, s.sh_size))
            continue;
        if (is_dynamic_symbols(&s))
            why = check_symbols(m, &s);
        else if (s.sh_type == SHT_RELA)
            why = check_relocations(m, &s, arch);
    }
    return why;
}

/* Public.  */

static bool has_stubs(const struct LFIProfile *profile)
{
    return profile->arch == LFI_ARCH_X86_64 || is_metered(profile);
}

/* The section starts with the model and has then room for as many stubs as there are entries, of 24
   bytes on arm64 and 8 or 16 on x86-64; for long ones twice as much.  */
#define SCRIPT(room)                                                                               \
    "SECTIONS\n{\n"                                                                                \
    "  .lfi.plt : ALIGN(32)\n  {\n"                                                                \
    "    KEEP(*(.lfi.plt))\n"                                                                      \
    "    . += " room ";\n"                                                                         \
    "  }\n}\nINSERT AFTER .fini;\n"

const char *plt_script(const struct LFIProfile *profile)
{
    if (!has_stubs(profile))
        return NULL;
    if (profile->arch == LFI_ARCH_AARCH64)
        return stub_size(profile) == STUB ? SCRIPT("2 * SIZEOF(.plt)") : SCRIPT("4 * SIZEOF(.plt)");
    return stub_size(profile) == STUB
               ? SCRIPT("2 * SIZEOF(.plt) + 4 * SIZEOF(.plt.got) + 2 * SIZEOF(.plt.sec)")
               : SCRIPT("4 * SIZEOF(.plt) + 8 * SIZEOF(.plt.got) + 4 * SIZEOF(.plt.sec)");
}

#define BEGIN "\t.section .lfi.plt, \"ax\", %progbits\n\t.p2align 5\n.Lslot:\n"
#define END "\t.p2align 5\n\t.section .note.GNU-stack, \"\", %progbits\n"

const char *plt_stub(const struct LFIProfile *profile)
{
    if (!has_stubs(profile))
        return NULL;
    return profile->arch == LFI_ARCH_X86_64
               ? BEGIN "\tjmp *.Lslot(%rip)\n" END
               : BEGIN "\tadrp x16, .Lslot\n\tldr x17, [x16, #8]\n\tbr x17\n" END;
}

const char *plt_fix(struct Image *m, const struct LFIProfile *profile)
{
    if (m->head.e_type != ET_DYN)
        return NULL;
    const char *why = check_ifunc(m, profile->arch);
    if (why)
        return why;
    return profile->arch == LFI_ARCH_X86_64 ? x64_fix(m, profile) : a64_fix(m, profile);
}
