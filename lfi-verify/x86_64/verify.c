/* The x86-64 rules, bundle by bundle.
   SPDX-License-Identifier: Apache-2.0

   docs/sandbox.md, "x86-64", numbers the rules and argues why they hold together.  A bundle is
   decoded as a whole; then each of its instructions, or the macro-instruction that starts with
   it, is checked.  One bit is carried from one to the next: the stack pointer was moved and not
   used since; and, where instructions are counted, how many of them nothing has charged yet.  What direct branches may reach is known only when everything was decoded: starts
   and targets are collected in two bitmaps and compared in the end.  */
#include "lfiv.h"

#include <string.h>

#include "lfi-verify/message.h"
#include "lfi-verify/x86_64/decode.h"
#include "lfi-verify/x86_64/resume.h"
#include "lfi_layout.h"
#include "profiles/profile.h"

enum { MAX_BUNDLE = 32, DEFAULT_BUNDLE = 32, MAX_MACRO = 24, MAX_MACROS = 64, MAX_STEPS = 3 };

#define BIT(r) (UINT32_C(1) << (r))

/* Macros, as macros.def explains them: bytes, fields, and steps, which are instructions.  */
enum { T_X = 1 << 8, T_X8 = 1 << 9, T_B = 1 << 10, T_NEXT, T_SLOT, T_BASE, T_END };
enum { T_ESP = 1 << 11, T_ZX, T_ACCESS, T_MOVS, T_STOS, T_SCAS, T_CMPS, T_LODS };
enum { T_CHARGE = T_LODS + 1, T_FORWARD, T_JS, T_JNS, T_JUMP, T_CALL };
enum Effect { M_JUMP, M_CALL, M_RET, M_RTCALL, M_SP, M_INDEX, M_STRING };
enum { WHEN_ALWAYS = 1, WHEN_STORES = 2, WHEN_SINGLE = 4, WHEN_METER = 8 };
enum {
    FOR_SEGMENT = 1 << LFIV_BASE_SEGMENT,
    FOR_REGISTER = 1 << LFIV_BASE_REGISTER,
    FOR_ZERO = 1 << LFIV_BASE_ZERO,
    FOR_SLOT = 1 << LFIV_BASE_SLOT
};

struct Macro {
    uint8_t effect;
    uint8_t bases;     /* FOR_*: that have it */
    uint8_t when;      /* WHEN_*: where it is allowed */
    uint8_t registers; /* what x may be */
    uint16_t code[MAX_MACRO];
};

#define WANT_MACROS
#include "lfi-verify/x86_64/insns.inc"

/* Which checks a macro takes over from its instructions.  */
enum {
    BY_MACRO_SP = 1,
    BY_MACRO_MEMORY = 2,
    BY_MACRO_STRING = 4,
    BY_MACRO_COUNTER = 8, /* the counter is written */
    BY_MACRO_CHARGE = 16  /* what leaves it, or repeats, is charged in it */
};

/* A macro in a bundle, and those of its instructions that are not written as bytes.  */
struct Match {
    const struct Macro *macro;
    unsigned count, steps; /* instructions; of these, steps */
    const struct Insn *step[MAX_STEPS];
    uint16_t token[MAX_STEPS];
};

struct Scan {
    struct LFIVOptions *opts;
    const uint8_t *code;
    size_t size;
    uint64_t vaddr;
    unsigned bundle;
    uint32_t isa;
    uint32_t reserved; /* registers that nothing writes */
    unsigned base;     /* FOR_* of the profile */
    unsigned when;     /* WHEN_* of the profile */
    bool stores;       /* loads are not confined */
    bool drift_open;   /* rsp was moved and not used since */
    bool meter;        /* instructions are counted */
    unsigned uncharged; /* that many came since the last charge */

    /* One bit for each byte in [window, window + window_size) of the region.  */
    uint64_t *starts, *targets;
    size_t window, window_size;
    bool collected; /* both are complete: only branches are still to be checked */

    bool ok, stop;
};

struct Bundle {
    uint64_t addr;
    unsigned size, count;
    uint8_t bytes[MAX_BUNDLE + LFIV_X64_LOOKAHEAD];
    struct Insn insns[MAX_BUNDLE];
};

static const char *const verdicts[V_COUNT] = {
    [V_PRIVILEGED] = "rule 1: privileged and system instructions are not allowed",
    [V_SYSCALL] = "rule 1: system calls go through the rtcall table",
    [V_SEGMENT] = "rule 1: segment registers, and overrides other than gs, are not allowed",
    [V_FAR] = "rule 1: far transfers are not allowed",
    [V_STATE] = "rule 1: this instruction is not allowed (processor state, random numbers)",
    [V_CACHE] = "rule 1: cache control and non-temporal stores are not allowed",
    [V_BITS] = "rule 5: a bit offset in a register reaches outside of the box",
    [V_IMPLICIT] = "rule 5: this implicit, absolute or gathered operand cannot be confined",
    [V_TARGET] = "rule 7: indirect branches need a masked register, in one macro",
    [V_RETURN] = "rule 7: returns are a pop and an indirect jump",
    [V_STACK] = "rule 4: this instruction moves rsp or changes flags in a way that is not allowed",
    [V_EXTENSION] = "rule 1: no profile allows this extension of the architecture",
};

/* Reports a rejection of the bytes at offset of the region.  */
static void reject(struct Scan *s, size_t offset, size_t length, const char *insn, const char *why)
{
    struct LFIVError error = {.addr = s->vaddr + offset, .insn = insn, .rule = why};
    size_t known = s->size - offset < length ? s->size - offset : length;
    error.length = known < sizeof error.bytes ? (uint8_t)known : sizeof error.bytes;
    memcpy(error.bytes, s->code + offset, error.length);
    s->ok = false;
    s->stop |= !lfiv_reject(s->opts, &error);
}

static bool in_window(const struct Scan *s, uint64_t offset)
{
    return offset - s->window < s->window_size;
}

static void mark(const struct Scan *s, uint64_t *bitmap, uint64_t offset)
{
    if (in_window(s, offset))
        bitmap[(offset - s->window) / 64] |= UINT64_C(1) << (offset - s->window) % 64;
}

static bool is_marked(const struct Scan *s, const uint64_t *bitmap, uint64_t offset)
{
    return bitmap[(offset - s->window) / 64] >> (offset - s->window) % 64 & 1;
}

/* Rule 8.  */
static const char *check_target(struct Scan *s, uint64_t target)
{
    uint64_t offset = target - s->vaddr;
    if (offset < s->size) {
        if (!s->collected)
            mark(s, s->targets, offset);
        else if (in_window(s, offset) && !is_marked(s, s->starts, offset))
            return "rule 8: branch into the middle of an instruction or of a macro";
        return NULL;
    }
    if ((target ^ s->vaddr) / LFI_BOX_SIZE != 0)
        return "rule 8: branch out of the box";
    if (target % s->bundle != 0)
        return "rule 8: branch out of the region, not to a bundle";
    return NULL;
}

/* Rule 5: whether a constant beside an address near the box stays within what is unmapped
   around it.  Only boxes side by side have less than 2 GiB of that.  */
static const char *check_reach(const struct Scan *s, int32_t disp)
{
    if (s->opts->dense && (disp < -(int32_t)LFI_DRIFT_POST || disp > (int32_t)LFI_DRIFT_REACH))
        return "rule 5: displacement too large for boxes side by side";
    return NULL;
}

/* Rule 4: while a drift is open accesses through rsp stay near, and one that always happens
   closes it.  */
static const char *check_sp_access(struct Scan *s, const struct Insn *i, bool confined)
{
    if (!s->drift_open)
        return check_reach(s, i->disp);
    if (i->disp < -(int32_t)LFI_DRIFT_POST || i->disp > (int32_t)LFI_DRIFT_MAX)
        return confined ? "rule 4: displacement from rsp too large after rsp was moved" : NULL;
    if (i->row->touch)
        s->drift_open = false;
    return NULL;
}

/* Exactly mov 16(%r15), %rX and mov %rX, 16(%r15).  */
static bool is_context_slot(const struct Scan *s, const struct Insn *i)
{
    return s->opts->ctxreg && (i->opcode == 0x89 || i->opcode == 0x8b)
           && (i->sig & ~(uint32_t)(S_R | 0x38)) == (S_MEMORY | S_REX | S_W | S_B | 0x47)
           && i->disp == LFI_CTX_TP_OFFSET && !(BIT(i->reg) & (s->reserved | BIT(R_SP)));
}

/* Rule 5: where memory ends right behind the box, what code says relative to itself is known.  */
static const char *check_relative(const struct Scan *s, const struct Insn *i, uint64_t addr)
{
    uint64_t target = addr + i->length + (uint64_t)(int64_t)i->disp;
    if ((s->opts->dense || s->base & FOR_ZERO) && (target ^ s->vaddr) / LFI_BOX_SIZE != 0)
        return "rule 5: operand relative to rip lies outside of the box";
    return NULL;
}

/* Rule 5.  */
static const char *check_memory(struct Scan *s, const struct Insn *i, uint64_t addr)
{
    bool confined = !s->stores || i->row->access & A_W;
    if (i->sig & S_GS) {
        if (!(s->base & (FOR_SEGMENT | FOR_SLOT)))
            return "rule 5: in this profile gs holds nothing; no operand may use it";
        if (!(i->sig & S_67) || i->base == R_IP)
            return "rule 5: a gs operand needs the 32-bit address size, and not eip";
        return NULL;
    }
    if (i->sig & S_67) {
        if (s->base & FOR_ZERO && i->base != R_IP)
            return NULL;
    } else {
        if (i->base == R_SP && i->index == R_NONE)
            return check_sp_access(s, i, confined);
        if (i->base == R_IP)
            return check_relative(s, i, addr);
        if (is_context_slot(s, i))
            return NULL;
    }
    return confined ? "rule 5: memory operand is not confined to the box" : NULL;
}

/* Rule 6.  */
static const char *check_string(const struct Scan *s, const struct Insn *i, unsigned by_macro)
{
    if (!lfiv_x64_is_string(i))
        return NULL;
    if (s->meter && i->sig & (S_F2 | S_F3) && !(by_macro & BY_MACRO_CHARGE))
        return "rule 9: a repeated instruction without the macro that charges its count";
    if (s->base & FOR_ZERO)
        return i->sig & S_67 ? NULL : "rule 6: string instruction without the prefix 67";
    if (i->sig & S_67)
        return "rule 6: a string instruction has the prefix 67 only where the base is 0";
    bool writes = i->row->kind == K_MOVS || i->row->kind == K_STOS;
    if (by_macro & BY_MACRO_STRING || (s->stores && !writes))
        return NULL;
    return "rule 6: string instruction without the macro that confines it";
}

/* A 32-bit write of one register, which zero-extends, or of memory.  */
static bool is_zx(const struct Insn *i)
{
    return i->row->kind == K_ZX && !(i->sig & (S_66 | S_W));
}

static bool is_esp_write(const struct Insn *i)
{
    return is_zx(i) && i->writes == BIT(R_SP);
}

/* Rule 4: add, sub or lea with rsp and a constant.  */
static const char *open_drift(struct Scan *s, const struct Insn *i)
{
    int64_t amount = i->imm;
    if (i->sig & S_MEMORY) {
        if (i->base != R_SP || i->index != R_NONE || i->sig & S_67)
            return "rule 4: rsp is written outside of the forms that are allowed";
        amount = i->disp;
    }
    if (amount < -(int64_t)LFI_DRIFT_MAX || amount > (int64_t)LFI_DRIFT_MAX)
        return "rule 4: rsp is moved too far without its macro";
    s->drift_open = true;
    return NULL;
}

/* Rules 3 and 4.  */
static const char *check_writes(struct Scan *s, const struct Insn *i, unsigned by_macro)
{
    if (s->meter && i->writes & BIT(R_12) && !(by_macro & BY_MACRO_COUNTER))
        return "rule 9: r12 (the counter) is written only by lea -n(%r12), %r12 before a branch";
    if (i->writes & s->reserved)
        return "rule 3: r14 (the base) and r15 (the context register) must not be written";
    if (!(i->writes & BIT(R_SP)) || by_macro & BY_MACRO_SP)
        return NULL;
    if (s->base & FOR_ZERO)
        return is_esp_write(i) ? NULL
                               : "rule 4: where the base is 0, 32-bit writes of esp move rsp";
    if (i->row->kind != K_DRIFT)
        return "rule 4: rsp is written outside of the forms that are allowed";
    if (s->drift_open)
        return "rule 4: rsp is written again before the access that must follow a drift";
    return open_drift(s, i);
}

/* What the kind of an instruction does beyond its operands.  */
static const char *check_kind(struct Scan *s, const struct Insn *i, uint64_t addr,
                              unsigned by_macro)
{
    if (s->meter && (i->row->kind == K_JUMP || i->row->kind == K_CALL)
        && !(by_macro & BY_MACRO_CHARGE))
        return "rule 9: a branch without the macro that charges and, unless it goes forward, tests";
    switch (i->row->kind) {
    case K_PUSH:
    case K_POP:
        s->drift_open = false;
        return NULL;
    case K_CALL:
        s->drift_open = false;
        return check_target(s, addr + i->length + (uint64_t)i->imm);
    case K_INDIRECT:
        return verdicts[V_TARGET];
    case K_RETURN:
        return s->opts->single ? "rule 7: ret needs the macro that masks its address"
                               : verdicts[V_RETURN];
    case K_JUMP:
        if (s->drift_open)
            return "rule 4: rsp was moved and must be used before this branch";
        return check_target(s, addr + i->length + (uint64_t)i->imm);
    default:
        return NULL;
    }
}

/* Checks one instruction; by_macro says what its macro already guarantees.  */
static const char *check_insn(struct Scan *s, const struct Insn *i, uint64_t addr,
                              unsigned by_macro)
{
    const char *why = NULL;
    if (i->row->isa & ~s->isa)
        return "rule 1: the profile does not allow this instruction set";
    if (i->sig & S_MEMORY && i->row->access)
        why = by_macro & BY_MACRO_MEMORY ? check_reach(s, i->disp) : check_memory(s, i, addr);
    if (!why)
        why = check_writes(s, i, by_macro);
    if (!why)
        why = check_string(s, i, by_macro);
    if (!why)
        why = check_kind(s, i, addr, by_macro);
    return why;
}

/* lea -n(%r12), %r12, 0 < n <= LFI_METER_BLOCK.  */
static bool is_charge(const struct Insn *i)
{
    return i->opcode == 0x8d && i->base == R_12 && i->index == R_NONE && i->writes == BIT(R_12)
           && (i->sig & (S_W | S_67)) == S_W && i->disp < 0
           && i->disp >= -(int32_t)LFI_METER_BLOCK;
}

/* A conditional jump, short or long, on that condition.  */
static bool is_jcc(const struct Insn *i, unsigned condition)
{
    return i->opcode == 0x70 + condition || i->opcode == 0x180 + condition;
}

/* Whether the instruction is what a token of a macro stands for; previous is the one before.  An
   instruction without memory operand has base 0, one without index an index of 16.  */
static bool is_step(const struct Insn *i, const struct Insn *previous, uint16_t token)
{
    switch (token) {
    case T_ESP:
        return is_esp_write(i);
    case T_ZX:
        return is_zx(i);
    case T_ACCESS:
        return i->base == R_14 && i->scale == 0 && !(i->sig & (S_GS | S_67)) && i->row->access
               && previous->writes == BIT(i->index);
    case T_MOVS:
        return i->row->kind == K_MOVS;
    case T_STOS:
        return i->row->kind == K_STOS;
    case T_SCAS:
        return i->row->kind == K_SCAS;
    case T_CMPS:
        return i->row->kind == K_CMPS;
    case T_LODS:
        return i->row->kind == K_LODS;
    case T_CHARGE:
        return is_charge(i);
    case T_FORWARD:
        return i->row->kind == K_JUMP && i->imm >= 0;
    case T_JS:
        return is_jcc(i, CC_S) && i->imm >= 0;
    case T_JNS:
        return is_jcc(i, CC_NS);
    case T_JUMP:
        return i->row->kind == K_JUMP;
    case T_CALL:
        return i->row->kind == K_CALL;
    default:
        return false;
    }
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The value of a 32-bit field: a bundle boundary relative to its end, or a slot of the table,
   which lies below the base.  */
static bool is_field(const struct Scan *s, uint16_t token, uint32_t value, uint64_t end)
{
    if (token == T_NEXT)
        return (end + value) % s->bundle == 0;
    if (token == T_BASE)
        return value == (uint32_t)(-8 * (LFI_RTCALL_BASE_SLOT + 1));
    return -value % 8 == 0 && -value / 8 - 1 < LFI_RTCALL_REACHABLE;
}

/* Whether the bundle's instructions from number n on are the macro.  Behind the bundle there are
   zeros, which start no part of a macro.  */
static bool match(const struct Scan *s, const struct Bundle *b, unsigned n, const struct Macro *m,
                  struct Match *found)
{
    unsigned at = b->insns[n].offset, next = n, x = 8;
    found->macro = m;
    found->steps = 0;
    for (const uint16_t *token = m->code; *token != T_END; token++) {
        /* Instruction number next starts at or behind the current byte.  */
        while (next < b->count && b->insns[next].offset < at)
            next++;
        uint8_t byte = b->bytes[at];
        if (*token < T_X) {
            if (byte != *token)
                return false;
            at++;
        } else if (*token < T_B) {
            unsigned unit = *token & T_X8 ? 8 : 1, number = byte - (*token & 0xffu);
            if (x == 8)
                x = number / unit;
            if (number != x * unit || x >= 8 || !(m->registers >> x & 1))
                return false;
            at++;
        } else if (*token == T_B) {
            if (byte != (uint8_t)-s->bundle)
                return false;
            at++;
        } else if (*token < T_END) {
            if (!is_field(s, *token, get32(b->bytes + at), b->addr + at + 4))
                return false;
            at += 4;
        } else {
            const struct Insn *i = &b->insns[next];
            if (next == b->count || i->offset != at || !is_step(i, next ? i - 1 : i, *token))
                return false;
            found->step[found->steps] = i;
            found->token[found->steps++] = *token;
            at += i->length;
        }
    }
    while (next < b->count && b->insns[next].offset < at)
        next++;
    found->count = next - n;
    return true;
}

/* Which check of a step its macro takes over.  */
static unsigned taken_over(uint16_t token)
{
    switch (token) {
    case T_ESP:
        return BY_MACRO_SP;
    case T_ZX:
        return 0;
    case T_ACCESS:
        return BY_MACRO_MEMORY;
    case T_CHARGE:
        return BY_MACRO_COUNTER;
    case T_FORWARD:
    case T_JS:
    case T_JNS:
    case T_JUMP:
    case T_CALL:
        return 0;
    default:
        return BY_MACRO_STRING;
    }
}

static const char *check_macro(struct Scan *s, const struct Bundle *b, const struct Match *m)
{
    const char *why = NULL;
    unsigned all = m->macro->when & WHEN_METER ? BY_MACRO_CHARGE : 0;
    switch (m->macro->effect) {
    case M_JUMP:
    case M_RTCALL:
        if (s->drift_open)
            return "rule 4: rsp was moved and must be used before this branch";
        break;
    case M_CALL:
    case M_RET:
        s->drift_open = false;
        break;
    case M_SP:
        if (s->drift_open)
            return "rule 4: rsp is written again before the access that must follow a drift";
        break;
    }
    for (unsigned k = 0; k < m->steps && !why; k++)
        why = check_insn(s, m->step[k], b->addr + m->step[k]->offset,
                         taken_over(m->token[k]) | all);
    return why;
}

/* What goes elsewhere is in metered code another macro than in code that is not.  */
static bool has_macro(const struct Scan *s, const struct Macro *m)
{
    bool leaves = m->effect <= M_RTCALL;
    return m->bases & s->base && m->when & s->when
           && !(s->meter && leaves && !(m->when & WHEN_METER));
}

/* Finds the macro that starts with instruction n.  All start with one of two kinds.  */
static bool find_macro(const struct Scan *s, const struct Bundle *b, unsigned n,
                       struct Match *found)
{
    const struct Insn *i = &b->insns[n];
    if (i->row->kind != K_ZX && i->row->kind != K_POP)
        return false;
    for (const uint8_t *k = macro_lists[b->bytes[i->offset]]; *k != 255; k++)
        if (has_macro(s, &macros[*k]) && match(s, b, n, &macros[*k], found))
            return true;
    return false;
}

/* Decodes the bundle at offset of the region.  What does not end in it is rejected, so bytes
   that do not belong to it are never looked at: there are zeros in their place.  */
static bool decode_bundle(struct Scan *s, size_t offset, struct Bundle *b)
{
    b->addr = s->vaddr + offset;
    b->size = s->size - offset < s->bundle ? (unsigned)(s->size - offset) : s->bundle;
    b->count = 0;
    memcpy(b->bytes, s->code + offset, b->size);
    memset(b->bytes + b->size, 0, sizeof b->bytes - b->size);
    for (unsigned at = 0; at < b->size;) {
        struct Insn *i = &b->insns[b->count++];
        const char *why = NULL;
        if (!lfiv_x64_decode(b->bytes + at, i))
            why = "rule 1: unknown encoding, or a prefix that does not belong here";
        else if (i->row->verdict != V_OK)
            why = verdicts[i->row->verdict];
        else if (i->length > b->size - at)
            why = "rule 2: the instruction crosses the end of its bundle or of the region";
        if (why) {
            if (!s->collected)
                reject(s, offset + at, b->size - at, i->row ? i->row->name : "?", why);
            return false;
        }
        i->offset = (uint8_t)at;
        at += i->length;
    }
    return true;
}

/* Rule 9, for count instructions, which are the macro m if that is not NULL.  Behind a trap that is
   not in one a box goes on by the runtime alone, which charges for that.  */
static const char *count_insns(struct Scan *s, const struct Insn *i, unsigned count,
                               const struct Match *m, uint64_t addr)
{
    for (unsigned k = 0; k < count; k++)
        if (i[k].row->kind == K_TRAP && !m)
            s->uncharged = 0;
        else if (i[k].row->kind != K_NOP)
            s->uncharged++;
    unsigned owed = s->uncharged;
    s->uncharged = 0;
    if (m && m->steps && m->token[0] == T_CHARGE) {
        if (s->opts->charge)
            s->opts->charge(s->opts->arg, addr, owed);
        return owed > (unsigned)-m->step[0]->disp
                   ? "rule 9: the charge is less than the number of instructions since the last one"
                   : NULL;
    }
    if (owed > LFI_METER_BLOCK)
        return "rule 9: too many instructions without a charge";
    s->uncharged = owed;
    return NULL;
}

/* Padding is free, but not whole bundles of it.  */
static void count_padding(struct Scan *s, const struct Bundle *b)
{
    unsigned n = 0;
    while (n < b->count && b->insns[n].row->kind == K_NOP)
        n++;
    s->uncharged += n == b->count;
}

static void scan_bundle(struct Scan *s, size_t offset)
{
    struct Bundle b;
    if (!decode_bundle(s, offset, &b))
        return;
    if (s->meter)
        count_padding(s, &b);
    for (unsigned n = 0, count; n < b.count && !s->stop; n += count) {
        const struct Insn *i = &b.insns[n];
        struct Match m;
        const char *why;
        mark(s, s->starts, offset + i->offset);
        bool macro = find_macro(s, &b, n, &m);
        count = macro ? m.count : 1;
        why = macro ? check_macro(s, &b, &m) : check_insn(s, i, b.addr + i->offset, 0);
        if (s->meter && !why)
            why = count_insns(s, i, count, macro ? &m : NULL, b.addr + i->offset);
        if (why)
            reject(s, offset + i->offset, i->length, i->row->name, why);
    }
}

/* Reads the whole region; collects starts and targets of the window.  */
static void scan_region(struct Scan *s)
{
    s->drift_open = false;
    s->uncharged = 0;
    for (size_t at = 0; at < s->size && !s->stop; at += s->bundle)
        scan_bundle(s, at);
    if (s->drift_open && !s->stop)
        reject(s, s->size, 0, "end of the region", "rule 4: rsp was moved and not used");
    if (s->uncharged && !s->stop)
        reject(s, s->size, 0, "end of the region", "rule 9: instructions that nothing charges");
}

/* Checks the branches into the window; those that go wrong are found by reading it again.  */
static void check_window(struct Scan *s)
{
    memset(s->starts, 0, s->window_size / 8);
    memset(s->targets, 0, s->window_size / 8);
    s->collected = false;
    scan_region(s);
    uint64_t bad = 0;
    for (size_t i = 0; i < s->window_size / 64; i++)
        bad |= s->targets[i] & ~s->starts[i];
    s->collected = true;
    if (s->ok && bad)
        scan_region(s);
}

/* What no single instruction can break.  */
static const char *check_region(const struct Scan *s)
{
    const struct LFIVOptions *o = s->opts;
    if (o->base > LFIV_BASE_SLOT)
        return "unknown way to hold the base";
    if (s->stores && (o->base != LFIV_BASE_SEGMENT || o->dense || o->single))
        return "no rules are known that leave loads free in this profile: confine them";
    if (o->meter && (s->stores || o->base != LFIV_BASE_SEGMENT || o->dense || o->single))
        return "no rules are known that meter code of this profile";
    if (o->meter && s->bundle != 32)
        return "the macros of metered code need bundles of 32 bytes";
    if (o->base == LFIV_BASE_SLOT && o->ctxreg)
        return "with the base in its slot no register is left for the context";
    if (o->base == LFIV_BASE_ZERO && s->vaddr / LFI_BOX_SIZE != 0)
        return "the region of a box at address 0 does not lie below 4 GiB";
    if (s->bundle != 16 && s->bundle != 32)
        return "the bundle size is neither 16 nor 32";
    if (s->size == 0)
        return "the region is empty";
    if (s->vaddr % s->bundle != 0)
        return "the region does not start at a bundle";
    if (s->size > LFI_BOX_SIZE - s->vaddr % LFI_BOX_SIZE)
        return "the region does not lie in one box";
    return NULL;
}

static struct Scan make_scan(struct LFIVOptions *opts, const char *code, size_t size,
                             uint64_t vaddr)
{
    struct Scan s = {
        .opts = opts,
        .code = (const uint8_t *)code,
        .size = size,
        .vaddr = vaddr,
        .bundle = opts->bundle ? opts->bundle : DEFAULT_BUNDLE,
        .isa = opts->isa ? opts->isa : LFI_ISA_X86_DEFAULT,
        .reserved = opts->ctxreg ? BIT(R_15) : 0,
        .base = BIT(opts->base & 3u),
        .when = WHEN_ALWAYS | (opts->single ? WHEN_SINGLE : 0) | (opts->meter ? WHEN_METER : 0),
        .meter = opts->meter,
        .stores = opts->box == LFI_BOX_STORES,
        .ok = true,
    };
    if (s.base & (FOR_SEGMENT | FOR_REGISTER))
        s.reserved |= BIT(R_14);
    if (s.stores)
        s.when |= WHEN_STORES;
    return s;
}

/* Storage for the bitmaps where the caller gives none.  */
enum { OWN_BITMAP_WORDS = 8192 };

bool lfiv_verify_x64(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts)
{
    uint64_t own[OWN_BITMAP_WORDS];
    uint64_t *bitmap = opts->bitmap ? opts->bitmap : own;
    size_t half = (opts->bitmap ? opts->bitmap_words : OWN_BITMAP_WORDS) / 2;
    struct Scan s = make_scan(opts, code, size, vaddr);
    s.starts = bitmap;
    s.targets = bitmap + half;
    const char *why = check_region(&s);
    if (!why && half == 0)
        why = "the bitmap is too small";
    if (why) {
        reject(&s, 0, 0, "?", why);
        return false;
    }
    size_t words = (size + 63) / 64;
    s.window_size = 64 * (words < half ? words : half);
    for (s.window = 0; s.window < size && s.ok; s.window += s.window_size)
        check_window(&s);
    return s.ok;
}

/* Going on behind the start of a macro.  */

/* What the instructions of a macro before number n have made of the registers that the rest relies
   on.  Each writes one: by a 32-bit write; or by adding the base to what is one, or loading the
   base.  */
static void done_before(const struct Bundle *b, const struct Match *m, unsigned first, unsigned n,
                        struct LFIVX64Resume *r)
{
    enum { MOV_LOAD = 0x8b };
    r->aligned = m->macro->effect <= M_RET;
    for (unsigned k = first; k < n; k++) {
        const struct Insn *i = &b->insns[k];
        if (i->row->kind == K_PUSH || i->row->kind == K_POP)
            continue;
        r->word &= ~i->writes;
        if (is_zx(i))
            r->word |= i->writes;
        else if (i->opcode == MOV_LOAD)
            r->base |= i->writes;
        else
            r->in_box |= i->writes;
    }
}

bool lfiv_x64_resume(const char *code, size_t size, uintptr_t vaddr, size_t offset,
                     struct LFIVOptions *opts, struct LFIVX64Resume *r)
{
    struct Scan s = make_scan(opts, code, size, vaddr);
    unsigned at = (unsigned)(offset % s.bundle);
    struct Bundle b;
    struct Match m;
    memset(r, 0, sizeof *r);
    s.collected = true; /* nothing is reported */
    if (!decode_bundle(&s, offset - at, &b))
        return false;
    for (unsigned n = 0, count; n < b.count && b.insns[n].offset <= at; n += count) {
        count = find_macro(&s, &b, n, &m) ? m.count : 1;
        unsigned k = n;
        while (k < n + count && b.insns[k].offset != at)
            k++;
        if (k == n + count)
            continue;
        /* What charges does it again.  */
        if (k > n && m.macro->when & WHEN_METER) {
            r->back = (uint8_t)(at - b.insns[n].offset);
            return true;
        }
        /* What was pushed for a return is pushed again.  */
        r->pushed = k > n && b.insns[k - 1].row->kind == K_PUSH;
        if (r->pushed)
            k--;
        r->back = (uint8_t)(at - b.insns[k].offset);
        if (k > n)
            done_before(&b, &m, n, k, r);
        return true;
    }
    return false;
}
