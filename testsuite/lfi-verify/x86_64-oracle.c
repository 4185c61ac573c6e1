/* Compares the x86-64 verifier with Zydis, a decoder that was written by others.
   SPDX-License-Identifier: Apache-2.0

   usage: x86_64-oracle text FILE...            every instruction of the files' code
          x86_64-oracle boxed FILE...           the same, and we must know and allow all of it
          x86_64-oracle random SEED N [FILE...] N byte strings, and N mutations of the files' code
          x86_64-oracle regions SEED N          N regions made of what the rules are about

   A file is a program, a library, an object or an archive of objects.

   Whatever our table allows, Zydis must decode to the same length, with the same general registers
   written and the same memory operands; and what the verifier accepts must be confined by what
   Zydis says of it.  Prints "PASS NAME" or "FAIL NAME".  */
#include <Zydis/Zydis.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lfi-verify/x86_64/decode.h"
#include "lfi_layout.h"
#include "lfiv.h"
#include "profiles/profile.h"

enum { REGION = 128, SHOWN = 40 };

static ZydisDecoder decoder;
static unsigned long failures, allowed, seen;

struct Other {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static bool other_decode(const uint8_t *code, size_t size, struct Other *o)
{
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, &o->insn, o->operands));
}

static void complain(const uint8_t *code, const char *what)
{
    if (++failures > SHOWN)
        return;
    struct Other o;
    char text[128] = "?";
    struct Insn i;
    if (other_decode(code, 15, &o)) {
        ZydisFormatter f;
        ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_ATT);
        ZydisFormatterFormatInstruction(&f, &o.insn, o.operands, o.insn.operand_count_visible, text,
                                        sizeof text, ZYDIS_RUNTIME_ADDRESS_NONE, NULL);
    }
    bool ours = lfiv_x64_decode(code, &i);
    printf("  ");
    for (int n = 0; n < 15; n++)
        printf("%02x", code[n]);
    printf(" %s, ours %s: %s\n", text, ours ? i.row->name : "unknown", what);
}

/* The general register as a number, or -1.  */
static int number(ZydisRegister reg)
{
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    if (wide < ZYDIS_REGISTER_RAX || wide > ZYDIS_REGISTER_R15)
        return -1;
    return (int)wide - ZYDIS_REGISTER_RAX;
}

static uint32_t written(const struct Other *o)
{
    uint32_t set = 0;
    for (unsigned n = 0; n < o->insn.operand_count; n++) {
        const ZydisDecodedOperand *op = &o->operands[n];
        if (op->type == ZYDIS_OPERAND_TYPE_REGISTER && op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE
            && number(op->reg.value) >= 0)
            set |= UINT32_C(1) << number(op->reg.value);
        /* Zydis 4.0 leaves out that scas and cmps move their pointers.  */
        bool walks = o->insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT
                     && (o->insn.opcode == 0xa6 || o->insn.opcode == 0xa7 || o->insn.opcode == 0xae
                         || o->insn.opcode == 0xaf);
        if (walks && op->type == ZYDIS_OPERAND_TYPE_MEMORY)
            set |= UINT32_C(1) << number(op->mem.base);
    }
    return set;
}

/* A register that code must not touch at all.  */
static bool writes_forbidden(const struct Other *o)
{
    for (unsigned n = 0; n < o->insn.operand_count; n++) {
        const ZydisDecodedOperand *op = &o->operands[n];
        if (op->type != ZYDIS_OPERAND_TYPE_REGISTER
            || !(op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
            continue;
        ZydisRegisterClass class = ZydisRegisterGetClass(op->reg.value);
        if (class == ZYDIS_REGCLASS_SEGMENT || class == ZYDIS_REGCLASS_CONTROL
            || class == ZYDIS_REGCLASS_DEBUG || class == ZYDIS_REGCLASS_TABLE)
            return true;
    }
    return false;
}

static unsigned register_of(ZydisRegister reg)
{
    return reg == ZYDIS_REGISTER_NONE                               ? R_NONE
           : reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP ? R_IP
                                                                    : (unsigned)number(reg);
}

static const char *compare_memory(const struct Insn *i, const struct Other *o,
                                  const ZydisDecodedOperand *op)
{
    static const unsigned scales[] = {1, 2, 4, 8};
    bool agen = op->mem.type == ZYDIS_MEMOP_TYPE_AGEN;
    if (op->mem.type != ZYDIS_MEMOP_TYPE_MEM && !agen)
        return "unusual memory operand";
    if (!(i->sig & S_MEMORY))
        return "memory operand";
    if (register_of(op->mem.base) != i->base || register_of(op->mem.index) != i->index)
        return "base or index";
    if (i->index != R_NONE && op->mem.scale != scales[i->scale])
        return "scale";
    if ((op->mem.disp.has_displacement ? op->mem.disp.value : 0) != i->disp)
        return "displacement";
    if (!agen && (op->mem.segment == ZYDIS_REGISTER_GS) != !!(i->sig & S_GS))
        return "segment";
    if (op->mem.segment == ZYDIS_REGISTER_FS || (o->insn.address_width == 32) != !!(i->sig & S_67))
        return "address";
    unsigned access = (op->actions & ZYDIS_OPERAND_ACTION_MASK_READ ? A_R : 0)
                      | (op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE ? A_W : 0);
    bool nop = o->insn.mnemonic == ZYDIS_MNEMONIC_NOP;
    if (!agen && !nop && access != i->row->access)
        return "kind of access";
    bool always = op->actions & (ZYDIS_OPERAND_ACTION_READ | ZYDIS_OPERAND_ACTION_WRITE);
    if (i->row->touch && (agen || nop || !always || o->insn.attributes & ZYDIS_ATTRIB_HAS_REP))
        return "not always an access";
    return NULL;
}

/* Hidden operands: the stack, and what string instructions go through.  */
static bool is_expected_hidden(const struct Insn *i, const ZydisDecodedOperand *op)
{
    bool write = op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    unsigned base = register_of(op->mem.base);
    switch (i->row->kind) {
    case K_PUSH:
    case K_CALL:
        return base == R_SP && write;
    case K_INDIRECT:
        return base == R_SP && write && i->row->writes & W_SP;
    case K_POP:
    case K_RETURN:
        return base == R_SP && !write;
    case K_MOVS:
        return write ? base == R_DI : base == R_DI - 1;
    case K_STOS:
        return write && base == R_DI;
    case K_SCAS:
        return !write && base == R_DI;
    case K_CMPS:
        return !write && (base == R_DI || base == R_DI - 1);
    case K_LODS:
        return !write && base == R_DI - 1;
    default:
        return false;
    }
}

/* What the rules take from operands that are not memory: where branches go, how far rsp is moved,
   and that the first instruction of a macro always writes all 64 bits, the upper half zeros.  */
static const char *compare_value(const struct Insn *i, const ZydisDecodedOperand *op)
{
    if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        if (op->imm.is_relative && op->imm.value.s != i->imm)
            return "branch target";
        if (i->row->kind == K_DRIFT && op->imm.value.s != i->imm)
            return "distance";
    }
    if (op->type != ZYDIS_OPERAND_TYPE_REGISTER || number(op->reg.value) < 0)
        return NULL;
    if (i->row->kind == K_DRIFT && op->size != 64)
        return "not all of rsp is moved";
    if (i->row->kind == K_ZX && !(i->sig & (S_66 | S_W))
        && op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE
        && (op->size != 32 || !(op->actions & ZYDIS_OPERAND_ACTION_WRITE)))
        return "upper half";
    return NULL;
}

static const char *compare(const struct Insn *i, const struct Other *o)
{
    if (i->length != o->insn.length)
        return "length";
    if (i->length > 15)
        return "too long";
    if ((i->writes | (i->row->writes & W_IMPLICIT)) != written(o))
        return "registers written";
    if (writes_forbidden(o) || o->insn.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
        return "allowed";
    if (!!(i->sig & S_LOCK) != !!(o->insn.attributes & ZYDIS_ATTRIB_HAS_LOCK))
        return "lock";
    const char *why = NULL;
    bool memory = false;
    for (unsigned n = 0; n < o->insn.operand_count && !why; n++) {
        const ZydisDecodedOperand *op = &o->operands[n];
        if (op->type != ZYDIS_OPERAND_TYPE_MEMORY)
            why = compare_value(i, op);
        else if (op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN || !(i->sig & S_MEMORY)) {
            if (!is_expected_hidden(i, op))
                why = "hidden memory operand";
        } else {
            why = compare_memory(i, o, op);
            memory = true;
        }
    }
    if (!why && memory != !!(i->sig & S_MEMORY))
        why = "no memory operand";
    if (!why && !memory && (o->insn.address_width == 32) != !!(i->sig & S_67))
        why = "address size";
    return why;
}

/* Compares what starts at code, of which 32 bytes can be read.  */
static void try_instruction(const uint8_t *code)
{
    struct Insn i;
    struct Other o;
    seen++;
    if (!lfiv_x64_decode(code, &i) || i.row->verdict != V_OK)
        return;
    allowed++;
    const char *why = other_decode(code, 15, &o) ? compare(&i, &o) : "unknown to Zydis";
    if (why)
        complain(code, why);
}

/* The code of a file; 64 bytes behind it can be read.  */
struct Text {
    uint8_t *code;
    size_t size;
};

static void add_code(struct Text *t, const uint8_t *code, size_t size)
{
    t->code = realloc(t->code, t->size + size + 64);
    memcpy(t->code + t->size, code, size);
    memset(t->code + t->size + size, 0, 64);
    t->size += size;
}

static _Noreturn void broken(const char *path)
{
    fprintf(stderr, "x86_64-oracle: %s: not an ELF file for x86-64, or a broken one\n", path);
    exit(2);
}

/* Executable sections of an object, executable segments of what was linked.  */
static void add_elf(struct Text *t, const char *path, const uint8_t *file, size_t size)
{
    Elf64_Ehdr head;
    if (size < sizeof head || memcmp(file, ELFMAG, SELFMAG) != 0)
        broken(path);
    memcpy(&head, file, sizeof head);
    bool object = head.e_type == ET_REL;
    size_t table = object ? head.e_shoff : head.e_phoff;
    size_t entry = object ? sizeof(Elf64_Shdr) : sizeof(Elf64_Phdr);
    unsigned count = object ? head.e_shnum : head.e_phnum;
    if (head.e_machine != EM_X86_64 || table > size || count > (size - table) / entry)
        broken(path);
    for (unsigned n = 0; n < count; n++) {
        Elf64_Shdr section;
        Elf64_Phdr segment;
        memcpy(object ? (void *)&section : (void *)&segment, file + table + n * entry, entry);
        size_t at = object ? section.sh_offset : segment.p_offset;
        size_t length = object ? section.sh_size : segment.p_filesz;
        if (object ? section.sh_type != SHT_PROGBITS || !(section.sh_flags & SHF_EXECINSTR)
                   : segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
            continue;
        if (at > size || length > size - at)
            broken(path);
        add_code(t, file + at, length);
    }
}

/* An archive: a file behind each header of 60 bytes; the names of its own tables start with a
   slash.  */
static void add_archive(struct Text *t, const char *path, const uint8_t *file, size_t size)
{
    for (size_t at = 8; at + 60 <= size;) {
        const char *head = (const char *)file + at;
        char digits[11] = "";
        memcpy(digits, head + 48, 10);
        size_t length = strtoul(digits, NULL, 10);
        at += 60;
        if (length > size - at)
            broken(path);
        if (head[0] != '/' || (head[1] >= '0' && head[1] <= '9'))
            add_elf(t, path, file + at, length);
        at += length + length % 2;
    }
}

static struct Text read_text(const char *path)
{
    struct Text text = {NULL, 0};
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(2);
    }
    fseek(f, 0, SEEK_END);
    size_t size = (size_t)ftell(f);
    uint8_t *file = calloc(1, size + 1);
    rewind(f);
    if (fread(file, 1, size, f) != size)
        exit(2);
    fclose(f);
    add_code(&text, file, 0);
    if (size >= 8 && memcmp(file, "!<arch>\n", 8) == 0)
        add_archive(&text, path, file, size);
    else
        add_elf(&text, path, file, size);
    free(file);
    return text;
}

static void try_text(const char *path)
{
    struct Text text = read_text(path);
    struct Other o;
    for (size_t at = 0; at < text.size;) {
        try_instruction(text.code + at);
        at += other_decode(text.code + at, text.size - at, &o) ? o.insn.length : 1;
    }
    free(text.code);
}

/* What our toolchain made: everything in it is allowed.  */
static void try_boxed(const char *path)
{
    struct Text text = read_text(path);
    for (size_t at = 0; at < text.size;) {
        unsigned long before = allowed;
        struct Insn i;
        try_instruction(text.code + at);
        if (allowed == before)
            complain(text.code + at, "not allowed");
        at += allowed != before && lfiv_x64_decode(text.code + at, &i) ? i.length : 1;
    }
    free(text.code);
}

static uint64_t state = 1;

static uint64_t rnd(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545f4914f6cdd1d) >> 11;
}

/* Random bytes alone would hardly ever have the prefixes that matter.  */
static void try_random(void)
{
    static const uint8_t starts[] = {0x66, 0x67, 0x65, 0xf0, 0xf2, 0xf3, 0x0f, 0xc4, 0xc5, 0x48};
    uint8_t code[64] = {0};
    unsigned at = 0;
    for (unsigned n = 0; n < 32; n++)
        code[n] = (uint8_t)rnd();
    while (at < 6 && rnd() % 2)
        code[at++] = starts[rnd() % sizeof starts];
    if (at > 0 && code[at - 1] == 0x0f && rnd() % 2)
        code[at] = rnd() % 2 ? 0x38 : 0x3a;
    try_instruction(code);
}

static void try_mutation(const struct Text *text)
{
    uint8_t code[64] = {0};
    memcpy(code, text->code + rnd() % text->size, 32);
    for (unsigned n = rnd() % 4; n > 0; n--)
        if (rnd() % 2)
            code[rnd() % 8] ^= (uint8_t)(1 << rnd() % 8);
        else
            code[rnd() % 8] = (uint8_t)rnd();
    try_instruction(code);
}

/* The second implementation of the rules: an abstract interpreter.  It starts wherever control can
   arrive, knowing nothing but the invariants there, follows straight lines, and complains where an
   access, a branch or a register could leave the box.  It knows no macros.  */
enum Value { ANY, WORD, MASKED, IN_BOX, TARGET, BASE };
/* WORD: below 4 GiB; MASKED: and a multiple of the bundle; IN_BOX: base + WORD; TARGET: base +
   MASKED; ANY may be anything.  Where the base is 0 they are IN_BOX and TARGET.  */

struct Machine {
    enum Value reg[16];
    bool sp_lost, sp_word; /* rsp is not near the box; it is a WORD */
    int64_t drift;
    bool open;      /* rsp was moved and not used since */
    enum Value top; /* of the stack, if the instruction before pushed it */
    const struct LFIProfile *profile;
    const uint8_t *code;
    unsigned size, at;
    uint64_t *entries; /* bits: to be started from */
};

static uint64_t region_addr;

static bool has_base(const struct Machine *m, enum LFIBase base)
{
    return m->profile->base == base;
}

static bool has_r14(const struct Machine *m)
{
    return has_base(m, LFI_BASE_SEGMENT) || has_base(m, LFI_BASE_REGISTER);
}

static bool is_in_box(const struct Machine *m, enum Value v)
{
    return v == IN_BOX || v == TARGET || (has_base(m, LFI_BASE_ZERO) && (v == WORD || v == MASKED));
}

static bool is_target(const struct Machine *m, enum Value v)
{
    return v == TARGET || (has_base(m, LFI_BASE_ZERO) && v == MASKED);
}

/* How far an operand may reach from an address near the box.  */
static bool is_near(const struct Machine *m, int64_t disp)
{
    return m->profile->guard != LFI_GUARD_DENSE || (disp >= -1024 && disp <= 65520);
}

static bool is_absolute(const ZydisDecodedOperand *op)
{
    return op->mem.base == ZYDIS_REGISTER_NONE && op->mem.index == ZYDIS_REGISTER_NONE;
}

static bool is_entry(int64_t disp)
{
    return disp % 8 == 0 && disp <= -8 && disp >= -8 * LFI_RTCALL_REACHABLE;
}

/* The slot that holds the base, which code reads where it has no register for it.  */
static bool is_base_slot(const struct Machine *m, const struct Other *o,
                         const ZydisDecodedOperand *op)
{
    return has_base(m, LFI_BASE_SLOT) && op->type == ZYDIS_OPERAND_TYPE_MEMORY
           && op->mem.segment == ZYDIS_REGISTER_GS && o->insn.address_width == 64 && is_absolute(op)
           && op->mem.disp.value == -264 && op->size == 64
           && !(op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE);
}

/* An entry of the rtcall table, which only a jump loads.  */
static bool is_table_slot(const struct Machine *m, const struct Other *o,
                          const ZydisDecodedOperand *op)
{
    if (o->insn.mnemonic != ZYDIS_MNEMONIC_JMP || !is_entry(op->mem.disp.value))
        return false;
    bool gs = op->mem.segment == ZYDIS_REGISTER_GS;
    switch (m->profile->base) {
    case LFI_BASE_SEGMENT:
    case LFI_BASE_SLOT:
        return gs && o->insn.address_width == 64 && is_absolute(op);
    case LFI_BASE_REGISTER:
        return !gs && o->insn.address_width == 64 && register_of(op->mem.base) == R_14
               && op->mem.index == ZYDIS_REGISTER_NONE;
    case LFI_BASE_ZERO:
        return !gs && o->insn.address_width == 32 && is_absolute(op);
    }
    return false;
}

static bool is_gpr(const ZydisDecodedOperand *op, int reg, unsigned bits)
{
    return op->type == ZYDIS_OPERAND_TYPE_REGISTER && number(op->reg.value) == reg
           && op->size == bits;
}

static const char *check_access(struct Machine *m, const struct Other *o,
                                const ZydisDecodedOperand *op)
{
    bool write = op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    bool stores = m->profile->sandbox == LFI_SANDBOX_STORES;
    unsigned base = register_of(op->mem.base), index = register_of(op->mem.index);
    int64_t disp = op->mem.disp.has_displacement ? op->mem.disp.value : 0;
    bool hidden = op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
    /* The stack is not addressed with the size that 67 chooses.  */
    bool wide = o->insn.address_width == 64 || (hidden && base == R_SP);
    if (op->mem.segment == ZYDIS_REGISTER_FS)
        return "fs";
    if (is_table_slot(m, o, op) || is_base_slot(m, o, op))
        return NULL;
    if (op->mem.segment == ZYDIS_REGISTER_GS)
        return wide || base == R_IP || has_base(m, LFI_BASE_REGISTER) || has_base(m, LFI_BASE_ZERO)
                   ? "gs"
                   : NULL;
    if (base == R_SP && index == R_NONE && wide) {
        if (m->sp_lost || m->sp_word)
            return "access through a wild rsp";
        if (m->open && !hidden && (disp < -1024 || disp > 16384))
            return write || !stores ? "access far from a moved rsp" : NULL;
        if (!hidden && !is_near(m, disp))
            return "access far from rsp";
        if (op->actions & (ZYDIS_OPERAND_ACTION_READ | ZYDIS_OPERAND_ACTION_WRITE)
            && !(o->insn.mnemonic >= ZYDIS_MNEMONIC_PREFETCH
                 && o->insn.mnemonic <= ZYDIS_MNEMONIC_PREFETCHWT1))
            m->open = false;
        return NULL;
    }
    if (!write && stores)
        return NULL;
    if (!wide)
        return has_base(m, LFI_BASE_ZERO) && base != R_IP ? NULL : "32-bit address";
    if (base == R_IP) {
        uint64_t target = region_addr + m->at + o->insn.length + (uint64_t)disp;
        return m->profile->guard == LFI_GUARD_SPARSE || (target ^ region_addr) >> 32 == 0
                   ? NULL
                   : "access far from the code";
    }
    if (m->profile->ctxreg && base == R_15 && index == R_NONE && disp == 16
        && o->insn.mnemonic == ZYDIS_MNEMONIC_MOV && op->size == 64
        && o->operands[0].type != o->operands[1].type
        && o->operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
        return NULL;
    if (base < 16 && index < 16 && op->mem.scale == 1 && m->reg[base] == BASE
        && (m->reg[index] == WORD || m->reg[index] == MASKED) && is_near(m, disp))
        return NULL;
    if (hidden && base < 16 && (m->reg[base] == IN_BOX || m->reg[base] == TARGET))
        return NULL;
    return "unconfined access";
}

/* What the written general register holds afterwards.  */
static enum Value result(const struct Machine *m, const struct Other *o,
                         const ZydisDecodedOperand *op)
{
    const ZydisDecodedOperand *a = &o->operands[0], *b = &o->operands[1];
    ZydisMnemonic what = o->insn.mnemonic;
    if (op->actions & ZYDIS_OPERAND_ACTION_CONDWRITE || what == ZYDIS_MNEMONIC_BSF
        || what == ZYDIS_MNEMONIC_BSR || op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
        return ANY;
    if (op->size == 32) {
        int64_t mask = b->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? b->imm.value.s : 0;
        return what == ZYDIS_MNEMONIC_AND && op == a && mask % m->profile->bundle == 0 && mask != 0
                   ? MASKED
                   : WORD;
    }
    enum Value x = ANY, y = ANY;
    if (op->size != 64)
        return ANY;
    if (what == ZYDIS_MNEMONIC_ADD && b->type == ZYDIS_OPERAND_TYPE_REGISTER) {
        x = m->reg[number(a->reg.value)];
        y = m->reg[number(b->reg.value)];
    } else if (what == ZYDIS_MNEMONIC_ADD && op == a && is_base_slot(m, o, b)) {
        x = m->reg[number(a->reg.value)];
        y = BASE;
    } else if (what == ZYDIS_MNEMONIC_MOV && is_base_slot(m, o, b)) {
        return BASE;
    } else if (what == ZYDIS_MNEMONIC_LEA && o->insn.address_width == 64
               && register_of(b->mem.base) < 16 && register_of(b->mem.index) < 16
               && b->mem.scale == 1 && !(b->mem.disp.has_displacement && b->mem.disp.value)) {
        x = m->reg[register_of(b->mem.base)];
        y = m->reg[register_of(b->mem.index)];
    }
    if (x == BASE || y == BASE) {
        enum Value offset = x == BASE ? y : x;
        return offset == WORD ? IN_BOX : offset == MASKED ? TARGET : ANY;
    }
    return ANY;
}

/* rsp after an instruction that writes it.  */
static const char *move_sp(struct Machine *m, const struct Other *o, const ZydisDecodedOperand *op)
{
    const ZydisDecodedOperand *a = &o->operands[0], *b = &o->operands[1];
    ZydisMnemonic what = o->insn.mnemonic;
    if (op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
        return what == ZYDIS_MNEMONIC_PUSH || what == ZYDIS_MNEMONIC_POP
                       || what == ZYDIS_MNEMONIC_CALL || what == ZYDIS_MNEMONIC_RET
                   ? NULL
                   : "implicit move of rsp";
    m->reg[R_SP] = m->sp_word ? WORD : ANY;
    enum Value value = result(m, o, op);
    int64_t drift = INT64_MAX;
    if (what == ZYDIS_MNEMONIC_ADD && b->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        drift = b->imm.value.s;
    if (what == ZYDIS_MNEMONIC_SUB && b->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        drift = -b->imm.value.s;
    if (what == ZYDIS_MNEMONIC_LEA && register_of(b->mem.base) == R_SP
        && b->mem.index == ZYDIS_REGISTER_NONE && o->insn.address_width == 64)
        drift = b->mem.disp.has_displacement ? b->mem.disp.value : 0;
    bool known = m->profile->drift && drift >= -16384 && drift <= 16384 && is_gpr(a, R_SP, 64);
    bool in_box = is_in_box(m, value);
    if (m->open && !in_box)
        return "rsp moved twice";
    m->sp_word = !in_box && (value == WORD || value == MASKED);
    m->sp_lost = !m->sp_word && !in_box && !(known && !m->sp_lost);
    m->open = !m->sp_word && !m->sp_lost && !in_box;
    return m->sp_lost ? "rsp lost" : NULL;
}

static const char *check_leaving(const struct Machine *m)
{
    return m->open || m->sp_lost || m->sp_word ? "rsp is not settled where control leaves" : NULL;
}

/* Where control goes besides to the next instruction; *on if it goes there.  */
static const char *follow(struct Machine *m, const struct Other *o, bool *on)
{
    const ZydisDecodedOperand *a = &o->operands[0];
    ZydisInstructionCategory category = o->insn.meta.category;
    bool call = category == ZYDIS_CATEGORY_CALL;
    if (category == ZYDIS_CATEGORY_RET) {
        bool near = o->insn.opcode == 0xc3 && !(o->insn.attributes & ZYDIS_ATTRIB_HAS_REP);
        *on = false;
        return near && m->profile->threads == LFI_THREADS_SINGLE && is_target(m, m->top)
                   ? check_leaving(m)
                   : "forbidden return";
    }
    if (!call && category != ZYDIS_CATEGORY_UNCOND_BR && category != ZYDIS_CATEGORY_COND_BR)
        return category == ZYDIS_CATEGORY_SYSCALL || category == ZYDIS_CATEGORY_SYSRET
                   ? "forbidden branch"
                   : NULL;
    *on = category == ZYDIS_CATEGORY_COND_BR;
    if (call)
        m->entries[(m->at + o->insn.length) / 64] |= UINT64_C(1) << (m->at + o->insn.length) % 64;
    const char *why = check_leaving(m);
    if (why)
        return why;
    if (a->type == ZYDIS_OPERAND_TYPE_MEMORY)
        return is_table_slot(m, o, a) ? NULL : "loaded target";
    if (a->type == ZYDIS_OPERAND_TYPE_REGISTER)
        return is_target(m, m->reg[number(a->reg.value)]) ? NULL : "wild target";
    uint64_t target = region_addr + m->at + o->insn.length + (uint64_t)a->imm.value.s;
    if (target - region_addr < m->size)
        m->entries[(target - region_addr) / 64] |= UINT64_C(1) << (target - region_addr) % 64;
    else if ((target ^ region_addr) >> 32 != 0 || target % m->profile->bundle != 0)
        return "target outside";
    return NULL;
}

static const char *step(struct Machine *m, const struct Other *o, bool *on)
{
    const char *why = NULL;
    enum Value next[16];
    memcpy(next, m->reg, sizeof next);
    if (writes_forbidden(o) || o->insn.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED)
        return "forbidden";
    bool open = m->open, closed = false;
    for (unsigned n = 0; n < o->insn.operand_count && !why; n++) {
        const ZydisDecodedOperand *op = &o->operands[n];
        if (op->type == ZYDIS_OPERAND_TYPE_MEMORY && op->mem.type != ZYDIS_MEMOP_TYPE_AGEN
            && o->insn.mnemonic != ZYDIS_MNEMONIC_NOP) {
            m->open = open;
            why = check_access(m, o, op);
            closed |= open && !m->open;
        }
    }
    m->open = open && !closed;
    for (unsigned n = 0; n < o->insn.operand_count && !why; n++) {
        const ZydisDecodedOperand *op = &o->operands[n];
        if (op->type != ZYDIS_OPERAND_TYPE_REGISTER || number(op->reg.value) < 0
            || !(op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
            continue;
        int reg = number(op->reg.value);
        if ((reg == R_14 && has_r14(m)) || (reg == R_15 && m->profile->ctxreg))
            return "reserved register";
        if (reg == R_SP)
            why = move_sp(m, o, op);
        else
            next[reg] = result(m, o, op);
    }
    if (!why)
        why = follow(m, o, on);
    const ZydisDecodedOperand *a = &o->operands[0];
    bool pushes = o->insn.mnemonic == ZYDIS_MNEMONIC_PUSH && a->type == ZYDIS_OPERAND_TYPE_REGISTER;
    m->top = pushes && number(a->reg.value) >= 0 ? m->reg[number(a->reg.value)] : ANY;
    memcpy(m->reg, next, sizeof next);
    return why;
}

/* Follows the straight line from an entry.  */
static const char *run_from(struct Machine *m)
{
    bool on = true;
    for (int r = 0; r < 16; r++)
        m->reg[r] = r == R_14 && has_r14(m) ? BASE : ANY;
    m->sp_lost = m->sp_word = m->open = false;
    m->top = ANY;
    while (on && m->at < m->size) {
        struct Other o;
        if (!other_decode(m->code + m->at, m->size - m->at, &o))
            return "unknown instruction";
        const char *why = step(m, &o, &on);
        if (why)
            return why;
        m->at += o.insn.length;
    }
    return on ? check_leaving(m) : NULL;
}

static const char *judge(const uint8_t *code, unsigned size, const struct LFIProfile *profile)
{
    uint64_t entries[REGION / 64 + 1] = {0}, done[REGION / 64 + 1] = {0};
    struct Machine m = {.code = code, .size = size, .profile = profile, .entries = entries};
    for (unsigned at = 0; at < size; at += profile->bundle)
        entries[at / 64] |= UINT64_C(1) << at % 64;
    for (unsigned at = 0; at < size; at++) {
        if (!((entries[at / 64] & ~done[at / 64]) >> at % 64 & 1))
            continue;
        done[at / 64] |= UINT64_C(1) << at % 64;
        m.at = at;
        const char *why = run_from(&m);
        if (why)
            return why;
        at = (unsigned)-1; /* what was found may lie before */
    }
    return NULL;
}

/* Pieces of code that open, close or depend on something, or look like it.  */
/* clang-format off */
static const char *const pieces[] = {
    "83e0e0", "4183e3e0", "4883e0e0", "83e4e0", "4c01f0", "4d01f3", "4c01f4", "4801f0", "ffe0", "ffd0",
    "41ffe3", "41ffd3", "83e0e04c01f0ffe0", "4183e3e04d01f341ffe3", "83e0e04c01f0ffd0",
    "4183e3e04d01f341ffd3", "4c8d1d1900000065ff2425f8ffffff", "4c8d1d1900000065ff242500ffffff",
    "89ec", "89c4", "4889c4", "8d642408", "4a8d2434", "4c01f4", "89ec4a8d2434", "89c44c01f4",
    "83e4f04c01f4", "81ec000100004c01f4", "8b6424084a8d2434", "4883ec10", "4883c410", "4883c4f0",
    "488d642418", "488da42400400000", "488da42401400000", "4881ec00400000", "4881ec01400000", "50",
    "58", "415b", "4154", "ff742408", "8f442408", "488b0424", "4889442408", "48898424ff3f0000",
    "4889842401400000", "488b8424fffbffff", "4839e0", "83042401", "f0830c2400", "0f180c24", "0f1f0424",
    "488d0424", "c4e2792c0424", "c1242402", "89c0", "89c8", "4589e4", "448d5808", "498b0406", "4b8b041c",
    "49890406", "89c0498b0406", "89c149890c0e", "8d04084a8b0430", "65678b00", "6567890408", "658b042508000000",
    "89ff", "4a8d3c37", "89ff4a8d3c37aa", "89ff4a8d3c37f348ab", "89f64a8d3436ac", "89ff4a8d3c37ae",
    "89ff4a8d3c3789f64a8d3436f3a4", "89f64a8d343689ff4a8d3c37a7", "f3a4", "aa", "ac", "a6", "ae",
    "498b4710", "49894710", "4d8b5f10", "498b4708", "8b0500000000", "890500000000", "eb", "eb00", "ebf0",
    "74", "7404", "75f6", "e2fc", "e8", "e8e0ffffff", "e9f0ffffff", "0f8400000000", "90", "cc", "0fbcc8",
    "0f44c8", "0fb1c8", "87c0", "c4e2fbf6d8", "4c89f0", "4989c6", "41bf00000000", "66", "67", "65", "48",
    "41", "0f", "f3", "4c", "b8", "a9", "c7c0", "d9e8", "660fefc0", "0f1f440000", "0f1f8000000000",
};

/* What only some profiles have, by how they hold the base, and for single threads and bundles of 16.  */
static const char *const other_pieces[][32] = {
    [LFI_BASE_REGISTER] = {
        "4c8d1d1900000041ffa6f8ffffff", "4c8d1d1900000041ffa600ffffff", "41ffa6f8ffffff", "418b86f8feffff",
        "89c0418b440604", "89c0498984067fffffff", "65678b00",
    },
    [LFI_BASE_SEGMENT] = {
        "89c0498b8406f0ff0000", "89c0498b8406f1ff0000", "89c0498b840600fcffff", "89c0498b8406fffbffff",
        "488b8424f0ff0000", "488b8424f1ff0000", "488b842400fcffff", "488b8424fffbffff", "8f8424f8ff0000",
        "8b050000e0ff", "8b050000d0ff", "890500000080", "8905ffffff7f", "488d05ffffff7f", "0f1805ffffff7f",
    },
    [LFI_BASE_ZERO] = {
        "83e0e0ffe0", "4183e6e041ffe6", "83e7e0ffd7", "4183e3e041ffd3", "4183e7e041ffe7", "4c8d1d1900000067ff2425f8ffffff",
        "4c8d1d1900000067ff242500ffffff", "67ff2425f8ffffff", "67ff2425f8feffff", "89c4", "89ec", "83e4f0", "8d642408",
        "448d6424", "678b00", "67894324", "67890424", "678b2425f8ffffff", "67aa", "67f348ab", "67f3a4", "67a6", "67ac",
        "67f2ae", "f367a5", "8b050000e0ff", "8b050000d0ff", "890500000080", "8905ffffff7f", "4d89c6", "415e", "41",
        },
    [LFI_BASE_SLOT] = {
        "83e0e0654803042425f8feffffffe0", "83e0e06548030425f8feffffffe0", "4183e6e0654c033425f8feffff41ffe6",
        "4183e7e0654c033c25f8feffff41ffd7", "83e1e065480304", "83e1e06548030c25f8feffffffd1", "6548030425f8feffff",
        "654c8b1c25f8feffff", "89c46548032425f8feffff", "654c8b1c25f8feffff89ec4a8d241c", "4a8d241c",
        "654c8b1c25f8feffff83e4f04a8d241c", "654c8b1c25f8feffff89ff4a8d3c1faa", "654c8b1c25f8feffff89ff4a8d3c1ff2ae",
        "654c8b1c25f8feffff89f64a8d341ef348ad", "654c8b1c25f8feffff89ff4a8d3c1f89f64a8d341ef3a4",
        "654c8b1c25f8feffff89f64a8d341e89ff4a8d3c1fa7", "89ff4a8d3c1faa", "4a8d3c1f", "4a8d341e", "6548032425f8feffff",
        "4d89c6", "4d89c7", "415e", "415f", "654c8b1c25f0feffff", "ffe0", "41ffe7", "aa", "89ff", "89f6", "89c4",
    },
    [LFI_BASE_SLOT + 1] = { /* single */
        "415b4183e3e04d01f34153c3", "415b4183e3e04153c3", "c3", "4153c3", "415b", "4183e3e0", "4d01f34153c3", "50", "c20800",
        "f3c3", "5883e0e04c01f050c3",
    },
    [LFI_BASE_SLOT + 2] = { /* bundles of 16 */
        "83e0f04c01f0ffe0", "4183e3f04d01f341ffe3", "83e1f04c01f1ffd1", "4c8d1d0900000065ff2425f8ffffff", "83e0e0",
        "4183e3f0",
    },
};
/* clang-format on */

/* A piece for the profile, or for any.  */
static const char *pick_piece(const struct LFIProfile *profile)
{
    unsigned kind = profile->base;
    if (rnd() % 2)
        return pieces[rnd() % (sizeof pieces / sizeof pieces[0])];
    if (profile->threads == LFI_THREADS_SINGLE && rnd() % 2)
        kind = LFI_BASE_SLOT + 1;
    else if (profile->bundle == 16)
        kind = LFI_BASE_SLOT + 2;
    else if (rnd() % 8 == 0)
        kind = LFI_BASE_REGISTER + (unsigned)(rnd() % 5);
    unsigned count = 0;
    while (count < 32 && other_pieces[kind][count])
        count++;
    return other_pieces[kind][rnd() % count];
}

static unsigned put_piece(uint8_t *code, unsigned at, const struct LFIProfile *profile)
{
    const char *text = pick_piece(profile);
    unsigned byte;
    for (; at < REGION && sscanf(text, "%2x", &byte) == 1; text += 2)
        code[at++] = (uint8_t)byte;
    return at;
}

/* Pieces up to the end of the bundle, more or less; some bits are flipped.  */
static unsigned make_region(uint8_t *code, const struct LFIProfile *profile)
{
    unsigned bundle = profile->bundle, size = bundle * (1 + (unsigned)(rnd() % 3));
    memset(code, 0x90, REGION);
    for (unsigned start = 0; start < size; start += bundle) {
        unsigned at = start + (unsigned)(rnd() % 24 ? 0 : rnd() % bundle);
        for (unsigned n = 1 + (unsigned)(rnd() % 4); n > 0 && at < start + bundle; n--) {
            unsigned end = put_piece(code, at, profile);
            if (end > start + bundle && rnd() % 8) {
                memset(code + at, 0x90, REGION - at);
                break;
            }
            at = end;
        }
    }
    for (unsigned n = (unsigned)(rnd() % 3); n > 0; n--)
        code[rnd() % size] ^= (uint8_t)(1 << rnd() % 8);
    return size - (unsigned)(rnd() % 8 ? 0 : rnd() % bundle);
}

static void try_region(const struct LFIProfile *profile, struct LFIVerifier *v)
{
    static const uint64_t addrs[] = {0x200000, 0x200000, 0x20000, 0xfffd0000, 0x7fff0000};
    uint8_t code[REGION + 64] = {0};
    unsigned size = make_region(code, profile);
    region_addr = addrs[rnd() % 5];
    if (profile->base != LFI_BASE_ZERO && rnd() % 2)
        region_addr += UINT64_C(0x700000000000);
    seen++;
    if (!lfiv_verify(v, (char *)code, size, region_addr))
        return;
    allowed++;
    const char *why = judge(code, size, profile);
    if (!why || ++failures > SHOWN)
        return;
    printf("  %s %#llx ", profile->name, (unsigned long long)region_addr);
    for (unsigned n = 0; n < size; n++)
        printf("%02x", code[n]);
    printf(": %s\n", why);
}

/* The same number of regions for each profile that can be verified; all must have some that are
   accepted.  */
static void try_regions(unsigned long count)
{
    const struct LFIProfile *profile;
    unsigned profiles = 0;
    for (size_t n = 0; (profile = lfi_profile_at(n)) != NULL; n++) {
        struct LFIVerifier v;
        profiles += profile->arch == LFI_ARCH_X86_64 && lfiv_for_profile(profile, &v);
    }
    for (size_t n = 0; (profile = lfi_profile_at(n)) != NULL; n++) {
        struct LFIVerifier v;
        unsigned long before = allowed, bad = failures;
        if (profile->arch != LFI_ARCH_X86_64 || !lfiv_for_profile(profile, &v))
            continue;
        for (unsigned long k = 0; k < count / profiles; k++)
            try_region(profile, &v);
        printf("  %s: %lu accepted, %lu not confined\n", profile->name, allowed - before,
               failures - bad);
        failures += allowed == before;
    }
}

static int finish(const char *name)
{
    if (failures > SHOWN)
        printf("  and %lu more\n", failures - SHOWN);
    printf("  %lu instructions, %lu allowed\n", seen, allowed);
    printf("%s %s\n", failures || allowed == 0 ? "FAIL" : "PASS", name);
    return failures != 0 || allowed == 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (strcmp(argv[1], "text") == 0) {
        for (int n = 2; n < argc; n++)
            try_text(argv[n]);
        return finish("instructions of programs are what Zydis says");
    }
    if (strcmp(argv[1], "boxed") == 0) {
        for (int n = 2; n < argc; n++)
            try_boxed(argv[n]);
        return finish("instructions of programs for boxes are allowed, and what Zydis says");
    }
    state = strtoul(argv[2], NULL, 0) * 2 + 1;
    unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
    if (strcmp(argv[1], "random") == 0) {
        for (unsigned long n = 0; n < count; n++)
            try_random();
        /* What a file without code does not take is left to those behind it.  */
        for (int k = 4; k < argc; k++) {
            struct Text text = read_text(argv[k]);
            unsigned long share = text.size > 0 ? count / (unsigned)(argc - k) : 0;
            for (unsigned long n = 0; n < share; n++)
                try_mutation(&text);
            count -= share;
            free(text.code);
        }
        return finish("instructions at random are what Zydis says");
    }
    if (strcmp(argv[1], "regions") == 0) {
        try_regions(count);
        return finish("accepted regions are confined by what Zydis says of them");
    }
    return 2;
}
