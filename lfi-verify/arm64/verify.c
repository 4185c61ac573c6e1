/* The arm64 rules, word by word.
   SPDX-License-Identifier: Apache-2.0

   docs/sandbox.md, "arm64", numbers the rules and argues why they hold together.  The
   scan is linear and carries two bits: a link register that was written and not yet
   guarded, and a stack pointer that was moved and not yet used.  Everything else is a
   property of one word and of its row in insns.def.  */
#include "lfiv.h"

#include <string.h>

#include "lfi-verify/arm64/decode.h"
#include "lfi-verify/message.h"
#include "lfi_layout.h"
#include "profiles/profile.h"

enum { X_CONTEXT = 25, X_BASE = 27, X_GUARDED = 28, X_LINK = 30, X_SP = 31 };

struct Scan {
    uint32_t isa;
    uint32_t reserved; /* registers that nothing writes */
    bool stores;       /* loads are not confined */
    bool published;
    bool ctxreg;
    bool link_open;  /* x30 was written and not guarded */
    bool drift_open; /* sp was moved and not used since */
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
    if (writes & REG(X_GUARDED) && row->kind != K_GUARD)
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
static const char *check_word(struct Scan *s, uint32_t word, const struct Row **rowp)
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
    if (!why && row->kind == K_DRIFT)
        why = open_drift(s, word);
    if (is_branch(row)) {
        if (!why)
            why = check_branch(s, row, word, writes);
        s->link_open = s->drift_open = false;
    } else if (writes & REG(X_LINK)) {
        s->link_open = row->kind != K_GUARD && !is_table_load(s, row);
    }
    return why;
}

/* What no single word can break.  */
static const char *check_region(size_t size, uintptr_t vaddr)
{
    if (size == 0)
        return "the region is empty";
    if (size % 4 != 0)
        return "the size is not a multiple of 4";
    if (vaddr % 4 != 0)
        return "the address is not a multiple of 4";
    if (size > LFI_BOX_SIZE - (vaddr & (LFI_BOX_SIZE - 1)))
        return "the region does not lie in one box";
    return NULL;
}

static uint32_t word_at(const char *code, size_t offset)
{
    const unsigned char *p = (const unsigned char *)code + offset;
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool lfiv_verify_arm64(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts)
{
    struct Scan s = {
        .isa = opts->isa ? opts->isa : LFI_ISA_ARM64_DEFAULT,
        .reserved = REG(X_BASE) | (opts->ctxreg ? REG(X_CONTEXT) : 0),
        .stores = opts->box == LFI_BOX_STORES,
        .published = opts->published,
        .ctxreg = opts->ctxreg,
    };
    struct LFIVError error = {.addr = vaddr, .insn = "?", .rule = check_region(size, vaddr)};
    if (error.rule) {
        lfiv_reject(opts, &error);
        return false;
    }
    bool ok = true;
    for (size_t at = 0; at < size; at += 4) {
        const struct Row *row;
        uint32_t word = word_at(code, at);
        const char *why = check_word(&s, word, &row);
        if (!why && at + 4 == size && (s.link_open || s.drift_open))
            why = "rules 4 and 5: the region ends with x30 unguarded or sp moved and not used";
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
