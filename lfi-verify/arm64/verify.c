/* The arm64 rules, word by word.
   SPDX-License-Identifier: Apache-2.0

   docs/sandbox.md, "arm64", numbers the rules and argues why they hold together.  The
   scan is linear and carries two bits: a link register that was written and not yet
   guarded, and a stack pointer that was moved and not yet used; and, where words are counted, how
   many of them nothing has charged yet.  Everything else is a
   property of one word and of its row in insns.def, and of the macro that it is part of.  */
#include "lfiv.h"

#include <string.h>

#include "lfi-verify/arm64/decode.h"
#include "lfi-verify/arm64/resume.h"
#include "lfi-verify/message.h"
#include "lfi_layout.h"
#include "profiles/profile.h"

enum { X_COUNTER = 23, X_CONTEXT = 25, X_BASE = 27, X_GUARDED = 28, X_LINK = 30, X_SP = 31 };

/* Metered code: bundles, and the macros of macros.def.  */
enum { BUNDLE = 16, MAX_WORDS = BUNDLE / 4 };
enum Token { T_WORD, T_CHARGE, T_FORWARD, T_JUMP, T_OUT, T_LEFT, T_TABLE };
struct Macro {
    uint8_t count;
    struct {
        uint8_t token;
        uint32_t word;
    } part[MAX_WORDS];
};
#define WANT_MACROS
#include "lfi-verify/arm64/insns.inc"

struct Scan {
    const struct LFIVOptions *opts;
    const char *code;
    size_t size;
    uint64_t vaddr;
    uint32_t isa;
    uint32_t reserved; /* registers that nothing writes */
    bool stores;       /* loads are not confined */
    bool published;
    bool ctxreg;
    bool link_open;  /* x30 was written and not guarded */
    bool drift_open; /* sp was moved and not used since */
    bool meter;      /* words are counted */
    bool in_macro;   /* the current one is part of a macro, whose words are the charge, masks of x28 and x30, and branches */
    unsigned uncharged; /* so many since the last charge */
};

static const char *const verdicts[V_COUNT] = {
    [V_PRIVILEGED] = "rule 1: supervisor calls and privileged instructions are not allowed",
    [V_SYSTEM] = "rule 7: this system register or operation is not allowed",
    [V_HINT] = "rule 1: this hint is not allowed",
    [V_TARGET] = "rule 8: indirect branches go through x28 or x30 only",
    [V_PAC] = "rule 8: this use of pointer authentication is not allowed",
    [V_POSTINDEX] = "rule 6: register post-index is not confined to the box",
    [V_EXTENSION] = "rule 1: no profile allows this extension of the architecture",
};

/* Forms that address memory by a base register and a constant.  */
static bool is_immediate(const struct Row *row)
{
    return row->memory >= M_BASE && row->memory <= M_POST;
}

/* [x27, wN, uxtw]: option 010, no shift.  */
static bool is_base_plus_word(const struct Row *row, uint32_t word)
{
    return row->memory == M_REGISTER && field(word, 5, 5) == X_BASE && field(word, 12, 4) == 4;
}

static bool is_table_load(const struct Scan *s, const struct Row *row)
{
    return row->memory == (s->published ? M_PAGE0 : M_BELOW);
}

static uint32_t word_at(const char *code, size_t offset)
{
    const unsigned char *p = (const unsigned char *)code + offset;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Metered code.  */

/* tbz and tbnz x23, #63: all but the distance.  */
#define TEST_MASK 0xfff8001fu
#define TBZ_COUNTER 0xb6f80017u
#define TBNZ_COUNTER 0xb7f80017u

static bool is_part(const struct Scan *s, uint32_t word, uint8_t token, uint32_t want)
{
    const struct Row *row = lfiv_arm64_row(word);
    if (token == T_WORD)
        return word == want;
    if (!row || row->verdict != V_OK)
        return false;
    switch (token) {
    case T_CHARGE:
        return row->kind == K_CHARGE && field(word, 10, 12) != 0;
    case T_FORWARD:
        return row->kind == K_JUMP && lfiv_arm64_distance(word) > 0;
    case T_JUMP:
        return row->kind == K_JUMP;
    case T_OUT:
        return (word & TEST_MASK) == TBNZ_COUNTER && lfiv_arm64_distance(word) > 0;
    case T_LEFT:
        return (word & TEST_MASK) == TBZ_COUNTER;
    default:
        return is_table_load(s, row);
    }
}

/* The number of words of the macro that starts there and lies in its bundle; 0 if none does.  */
static unsigned macro_at(const struct Scan *s, size_t at)
{
    size_t room = BUNDLE - (s->vaddr + at) % BUNDLE;
    for (size_t m = 0; m < sizeof macros / sizeof macros[0]; m++) {
        unsigned n = 0, count = macros[m].count;
        if (count * 4 > room || count * 4 > s->size - at)
            continue;
        while (n < count
               && is_part(s, word_at(s->code, at + 4 * n), macros[m].part[n].token,
                          macros[m].part[n].word))
            n++;
        if (n == count)
            return count;
    }
    return 0;
}

/* The end of the macro that starts there, or of the word.  */
static size_t end_of(const struct Scan *s, size_t at)
{
    unsigned words = macro_at(s, at);
    return at + 4 * (words ? words : 1);
}

/* The start of the macro that the word at the offset lies in, else the offset.  */
static size_t macro_of(const struct Scan *s, size_t offset)
{
    size_t at = offset - (s->vaddr + offset) % BUNDLE;
    for (size_t end; (end = end_of(s, at)) <= offset;)
        at = end;
    return at;
}

/* Rule 9.  */
static const char *check_target(const struct Scan *s, uint64_t target)
{
    uint64_t offset = target - s->vaddr;
    if (offset < s->size)
        return macro_of(s, offset) == offset ? NULL
                                             : "rule 9: branch into the middle of a macro";
    return target % BUNDLE == 0 ? NULL : "rule 9: branch out of the region, not to a bundle";
}

static const char *check_metered(const struct Scan *s, const struct Row *row, uint32_t word,
                                 uint64_t addr, uint32_t writes)
{
    if (writes & REG(X_COUNTER) && !s->in_macro)
        return "rule 9: x23 (the counter) is written only by sub x23, x23, #n before a branch";
    if (row->kind == K_INDIRECT && !s->in_macro)
        return "rule 9: indirect branches need the macro that charges, tests and masks";
    if (row->kind != K_JUMP)
        return NULL;
    if (!s->in_macro)
        return "rule 9: a branch without the macro that charges and, unless it goes forward, tests";
    return check_target(s, addr + (uint64_t)lfiv_arm64_distance(word));
}

/* Behind a trap a box goes on by the runtime alone, which charges for that.  */
static const char *count_words(struct Scan *s, const struct Row *row, uint32_t word, uint64_t addr,
                               size_t length)
{
    if (row->kind == K_TRAP) {
        s->uncharged = 0;
        return NULL;
    }
    if (s->in_macro && !length)
        return NULL; /* counted with the first word */
    unsigned owed = s->uncharged + (length ? (unsigned)length : 1);
    s->uncharged = 0;
    if (length && s->opts->charge)
        s->opts->charge(s->opts->arg, addr, owed);
    if (length)
        return owed > field(word, 10, 12)
                   ? "rule 9: the charge is less than the number of words since the last one"
                   : NULL;
    if (owed > LFI_METER_BLOCK)
        return "rule 9: too many words without a charge";
    s->uncharged = owed;
    return NULL;
}

/* While a drift is open, sp may be up to DRIFT_MAX beyond where the guards were made
   for, so a confined access must stay near; one that always happens closes the drift.
   Signed displacements are those of pairs at most, 64 times 16 bytes.  */
static_assert(LFI_DRIFT_POST >= 64 * 16 && LFI_DRIFT_MAX >= 4095,
              "signed displacements need no check");

static const char *check_drift(struct Scan *s, const struct Row *row, uint32_t word, bool confined)
{
    if (lfiv_arm64_reach(row, word) <= LFI_DRIFT_MAX) {
        if (row->touch)
            s->drift_open = false;
    } else if (confined) {
        return "rule 6: displacement from sp too large after sp was moved";
    }
    return NULL;
}

/* Rule 6.  */
static const char *check_memory(struct Scan *s, const struct Row *row, uint32_t word)
{
    unsigned base = field(word, 5, 5);
    bool confined = !(s->stores && (row->kind == K_LOAD || row->kind == K_PREFETCH));
    if (is_table_load(s, row))
        return NULL;
    if (row->memory == M_CONTEXT && s->ctxreg)
        return NULL;
    if (is_immediate(row) && base == X_SP)
        return s->drift_open ? check_drift(s, row, word, confined) : NULL;
    if (is_immediate(row) && base == X_GUARDED)
        return NULL;
    if (is_base_plus_word(row, word))
        return NULL;
    if (confined)
        return "rule 6: memory operand is not confined to the box";
    return NULL;
}

static bool is_sp_update(const struct Scan *s, const struct Row *row)
{
    return row->kind == K_GUARD || (row->kind == K_DRIFT && !s->published) || is_immediate(row);
}

/* Rules 2 to 4.  */
static const char *check_writes(const struct Scan *s, const struct Row *row, uint32_t writes)
{
    if (writes & s->reserved)
        return "rule 2: x27 (and x25, the context register) must not be written";
    if (writes & REG(X_GUARDED) && row->kind != K_GUARD && !s->in_macro)
        return "rule 3: x28 is written only by add x28, x27, wN, uxtw";
    if (writes & REG_SP && !is_sp_update(s, row))
        return "rule 4: sp is written only by add sp, x27, wN, uxtw, by writeback of a "
               "constant, or by a small constant drift";
    if (writes & REG_SP && s->drift_open)
        return "rule 4: sp is written again before the access that must follow a drift";
    return NULL;
}

/* add or sub sp, sp, #imm: bits 21:10 are the immediate, bit 22 shifts it by 12.  */
static const char *open_drift(struct Scan *s, uint32_t word)
{
    uint32_t amount = field(word, 10, 12) << (field(word, 22, 1) ? 12 : 0);
    if (amount > LFI_DRIFT_MAX)
        return "rule 4: sp is moved too far without a guard";
    s->drift_open = true;
    return NULL;
}

static bool is_branch(const struct Row *row)
{
    return row->kind == K_JUMP || row->kind == K_INDIRECT;
}

/* Rules 5 and 8: nothing stays open across a branch, except x30 where the branch itself
   overwrites it without reading it.  */
static const char *check_branch(const struct Scan *s, const struct Row *row, uint32_t word,
                                uint32_t writes)
{
    bool through_link = row->kind == K_INDIRECT && field(word, 5, 5) == X_LINK;
    if (s->link_open && (through_link || !(writes & REG(X_LINK))))
        return "rule 5: x30 was written and must be guarded before this branch";
    if (s->drift_open)
        return "rule 4: sp was moved and must be used before this branch";
    return NULL;
}

/* The broken rule, or NULL; *row is what the word was taken for, if anything.  */
static const char *check_word(struct Scan *s, uint32_t word, uint64_t addr,
                              const struct Row **rowp)
{
    const struct Row *row = *rowp = lfiv_arm64_row(word);
    if (!row)
        return "rule 1: unknown or unallocated encoding";
    if (row->verdict != V_OK)
        return verdicts[row->verdict];
    if (row->isa & ~s->isa)
        return "rule 1: the profile does not allow this instruction set";
    if (!lfiv_arm64_checks(row, word))
        return "rule 1: unallocated or unpredictable combination of operands";

    const char *why = row->memory ? check_memory(s, row, word) : NULL;
    uint32_t writes = lfiv_arm64_writes(row, word);
    if (!why)
        why = check_writes(s, row, writes);
    if (!why && s->meter)
        why = check_metered(s, row, word, addr, writes);
    if (!why && row->kind == K_DRIFT)
        why = open_drift(s, word);
    if (is_branch(row)) {
        if (!why)
            why = check_branch(s, row, word, writes);
        s->link_open = s->drift_open = false;
    } else if (writes & REG(X_LINK) && !s->in_macro) {
        s->link_open = row->kind != K_GUARD && !is_table_load(s, row);
    }
    return why;
}

/* What no single word can break.  */
static const char *check_region(const struct Scan *s)
{
    if (s->size == 0)
        return "the region is empty";
    if (s->size % 4 != 0)
        return "the size is not a multiple of 4";
    if (s->vaddr % 4 != 0)
        return "the address is not a multiple of 4";
    if (s->size > LFI_BOX_SIZE - (s->vaddr & (LFI_BOX_SIZE - 1)))
        return "the region does not lie in one box";
    if (s->meter && (s->stores || s->published))
        return "no rules are known that meter code of this profile";
    if (s->meter && s->vaddr % BUNDLE != 0)
        return "the region does not start at a bundle";
    return NULL;
}

/* What may not be left at the end.  */
static const char *check_end(const struct Scan *s)
{
    if (s->link_open || s->drift_open)
        return "rules 4 and 5: the region ends with x30 unguarded or sp moved and not used";
    if (s->uncharged)
        return "rule 9: the region ends with words that nothing charges";
    return NULL;
}

static struct Scan make_scan(const struct LFIVOptions *opts, const char *code, size_t size,
                             uint64_t vaddr)
{
    return (struct Scan){
        .opts = opts,
        .code = code,
        .size = size,
        .vaddr = vaddr,
        .isa = opts->isa ? opts->isa : LFI_ISA_ARM64_DEFAULT,
        .reserved = REG(X_BASE) | (opts->ctxreg ? REG(X_CONTEXT) : 0),
        .stores = opts->box == LFI_BOX_STORES,
        .published = opts->published,
        .ctxreg = opts->ctxreg,
        .meter = opts->meter,
    };
}

bool lfiv_verify_arm64(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts)
{
    struct Scan s = make_scan(opts, code, size, vaddr);
    struct LFIVError error = {.addr = vaddr, .insn = "?", .rule = check_region(&s)};
    if (error.rule) {
        lfiv_reject(opts, &error);
        return false;
    }
    bool ok = true;
    size_t macro_end = 0;
    for (size_t at = 0; at < size; at += 4) {
        const struct Row *row;
        size_t length = s.meter && at >= macro_end ? macro_at(&s, at) : 0;
        if (length)
            macro_end = at + 4 * length;
        s.in_macro = at < macro_end;
        uint32_t word = word_at(code, at);
        const char *why = check_word(&s, word, vaddr + at, &row);
        if (!why && s.meter)
            why = count_words(&s, row, word, vaddr + at, length);
        if (!why && at + 4 == size)
            why = check_end(&s);
        if (!why)
            continue;
        ok = false;
        error = (struct LFIVError){
            .addr = vaddr + at, .word = word, .insn = row ? row->name : "?", .rule = why};
        if (!lfiv_reject(opts, &error))
            break;
    }
    return ok;
}

size_t lfiv_arm64_resume(const char *code, size_t size, uintptr_t vaddr, size_t offset,
                         const struct LFIVOptions *opts)
{
    struct Scan s = make_scan(opts, code, size, vaddr);
    return s.meter ? macro_of(&s, offset) : offset;
}
