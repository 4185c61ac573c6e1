/* Branches: indirect ones go through x28 or x30, and nothing is left open before one.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <stdio.h>
#include <string.h>

enum { COND_REACH = 1 << 20, TEST_REACH = 1 << 15 };

static bool target_ok(struct rewriter *r, struct slice target)
{
    const struct symbol *s = r->text_data ? symbol_of(r, target) : NULL;
    if (s && s->pooled) {
        error_at(r, target.p,
                 "a branch to data; write their names if they are instructions");
        return false;
    }
    if (!expr_is_place(r, target))
        return true;
    error_at(r, target.p, "rewriting does not keep distances; branch to a label");
    return false;
}

static const char *inverse(struct slice cond);

/* The same in metered code; OPERANDS: what comes before the label, or NULL.  */
static void conditional_metered(struct rewriter *r, struct insn *in, uint32_t reach,
                                const struct slice *operands)
{
    struct slice target = in->op[in->nops - 1].text;
    char name[8], other[8];
    snprintf(name, sizeof name, "%.*s", (int)in->name.len, in->name.p);
    if (in->row->cls == INSN_COND) {
        struct slice cond = {in->name.p + 1, in->name.len - 1};
        if (*cond.p == '.')
            cond.p++, cond.len--;
        const char *not = inverse(cond);
        snprintf(other, sizeof other, "b.%s", not ? not : "");
        if (!not) {
            arm64_jump_tested(r, target, NULL, NULL);
            return;
        }
    } else {
        bool nonzero = in->name.len > 3;
        snprintf(other, sizeof other, "%.2s%s", in->name.p, nonzero ? "z" : "nz");
    }
    if (meter_is_ahead(r, meter_target(r, target)))
        arm64_jump_ahead(r, reach, target, name, operands);
    else
        arm64_jump_tested(r, target, other, operands);
}

/* What comes before the label, with x26 for x30 if FROM_SCRATCH.  */
static void metered(struct rewriter *r, struct insn *in, uint32_t reach, int label,
                    bool from_scratch)
{
    struct buf text = {NULL, 0, 0};
    if (from_scratch)
        buf_format(&text, "%c26", (int)in->op[0].cls);
    else if (label > 0)
        buf_format(&text, "%S", &in->op[0].text);
    if (label > 1)
        buf_format(&text, ", %S", &in->op[1].text);
    struct slice operands = {text.p, text.len};
    conditional_metered(r, in, reach, label ? &operands : NULL);
    buf_free(&text);
}

/* b.cond, cbz, tbz.  The guard changes x30, so a test of it is made on a copy.  */
static void conditional(struct rewriter *r, struct insn *in, uint32_t reach)
{
    int label = in->row->cls == INSN_TBZ ? 2 : in->row->cls == INSN_CBZ ? 1 : 0;
    if (in->nops != label + 1) {
        error_at(r, in->name.p, "wrong number of operands");
        return;
    }
    struct slice target = in->op[label].text, rest = arm64_after(in, r, 0);
    if (!target_ok(r, target))
        return;
    if (label > 0 && in->op[0].reg == LINK && arm64_state(r)->link_open && arm64_confines(r)) {
        out_insn(r, "mov\tx26, x30");
        arm64_guard_link(r);
        if (arm64_meters(r)) {
            metered(r, in, reach, label, true);
            return;
        }
        out_branch(r, reach, target, "%S\t%c26%S", &in->name, (int)in->op[0].cls, &rest);
        return;
    }
    arm64_guard_link(r);
    if (arm64_meters(r))
        metered(r, in, reach, label, false);
    else
        out_branch(r, reach, target, NULL);
}

/* The register, x28 or x30, holds an address in the box.  */
static void go(struct rewriter *r, struct insn *in, int reg, bool links)
{
    arm64_test(r, 3);
    out_insn(r, "and\tx%d, x%d, #-16", reg, reg);
    out_main(r, reg == LINK && in->nops == 0 ? "%S" : "%S\tx%d", &in->name, reg);
    if (!links)
        arm64_flow_ends(r);
}

/* br, blr, ret to any register */
static void indirect(struct rewriter *r, struct insn *in, bool links)
{
    int reg = in->nops > 0 ? in->op[0].reg : LINK;
    if ((in->nops == 0 && in->row->cls != INSN_RET) || in->nops > 1 || in->name.len > 3
        || (in->nops == 1
            && (in->op[0].kind != OPERAND_GPR || in->op[0].cls != 'x' || reg >= ZR))) {
        error_at(r, in->name.p, "the operand is a 64-bit register");
        return;
    }
    if (!links || reg == LINK || arm64_meters(r))
        arm64_guard_link(r);
    if (arm64_meters(r)) {
        if (reg != LINK)
            arm64_guard(r, (unsigned)reg);
        go(r, in, reg == LINK ? LINK : 28, links);
        return;
    }
    if (reg == LINK || !arm64_confines(r)) {
        out_main(r, in->nops ? "%S\tx%d" : "%S", &in->name, reg);
        return;
    }
    arm64_guard(r, (unsigned)reg);
    out_main(r, "%S\tx28", &in->name);
}

static void ret(struct rewriter *r, struct insn *in)
{
    bool a = slice_is_nocase(in->name, "retaa"), b = slice_is_nocase(in->name, "retab");
    if ((!a && !b) || in->nops) {
        indirect(r, in, false);
        return;
    }
    out_insn(r, a ? "autiasp" : "autibsp");
    arm64_link_opened(r);
    arm64_guard_link(r);
    if (arm64_meters(r)) {
        in->name.len = 3;
        go(r, in, LINK, false);
        return;
    }
    out_main(r, "ret");
}

static void direct(struct rewriter *r, struct insn *in)
{
    if (in->nops != 1) {
        error_at(r, in->name.p, "wrong number of operands");
        return;
    }
    if (!target_ok(r, in->op[0].text))
        return;
    struct slice target = in->op[0].text;
    bool links = in->row->cls == INSN_BL;
    if (!links || arm64_meters(r))
        arm64_guard_link(r);
    if (!arm64_meters(r)) {
        out_keep(r);
    } else if (links) {
        arm64_test_call(r);
        out_keep(r);
        /* The linker makes a nop of a call to a weak function that is nowhere: no part of the
           sequence then.  */
        r->sections.now->uncharged += meter_target(r, target) == NULL;
    } else if (meter_is_ahead(r, meter_target(r, target))) {
        arm64_charge(r, 1);
        out_keep(r);
        arm64_flow_ends(r);
    } else {
        arm64_jump_tested(r, target, NULL, NULL);
    }
}

void arm64_branch(struct rewriter *r, struct insn *in)
{
    struct arm64_state *state = arm64_state(r);
    switch (in->row->cls) {
    case INSN_COND:
    case INSN_CBZ:
        conditional(r, in, COND_REACH);
        return; /* x28 is what it was where the branch is not taken */
    case INSN_TBZ:
        conditional(r, in, TEST_REACH);
        return;
    case INSN_BR:
    case INSN_BLR:
        indirect(r, in, in->row->cls == INSN_BLR);
        break;
    case INSN_RET:
        ret(r, in);
        break;
    default:
        direct(r, in);
    }
    state->guarded = NO_REG;
    arm64_link_closed(r);
}

static const char *inverse(struct slice cond)
{
    static const char *const pairs[][2] = {{"eq", "ne"}, {"cs", "cc"}, {"hs", "lo"}, {"mi", "pl"},
                                           {"vs", "vc"}, {"hi", "ls"}, {"ge", "lt"}, {"gt", "le"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (slice_is_nocase(cond, pairs[i][0]))
            return pairs[i][1];
        if (slice_is_nocase(cond, pairs[i][1]))
            return pairs[i][0];
    }
    return NULL; /* always */
}

/* adr      ->  adrp; add
   b.eq L   ->  b.ne .+8; b L
   cbz R, L ->  cbnz R, .+8; b L */
void arm64_expand_branch(struct rewriter *r, struct slice text, struct buf *out)
{
    (void)r;
    size_t n = strcspn(text.p, " \t");
    struct slice name = {text.p, n < text.len ? n : text.len};
    struct slice args = slice_trim((struct slice){text.p + name.len, text.len - name.len});
    const char *comma = memrchr(args.p, ',', args.len);
    struct slice first = {args.p, comma ? (size_t)(comma - args.p) : 0}, label = args;
    if (comma)
        label = slice_trim((struct slice){comma + 1, args.len - first.len - 1});
    if (slice_is_nocase(name, "adr")) {
        buf_format(out, "adrp\t%S, %S; add\t%S, %S, :lo12:%S", &first, &label, &first, &first,
                   &label);
        return;
    }
    if (comma) {
        struct slice bit = {name.p, 2}; /* "cb" or "tb" */
        bool nonzero = name.len > 3 && (name.p[name.len - 2] | 0x20) == 'n';
        buf_format(out, "%S%s\t%S, .+8; b\t%S", &bit, nonzero ? "z" : "nz", &first, &label);
        return;
    }
    struct slice cond = {name.p + 1, name.len - 1};
    if (*cond.p == '.')
        cond.p++, cond.len--;
    const char *other = inverse(cond);
    if (other)
        buf_format(out, "b.%s\t.+8; ", other);
    buf_format(out, "b\t%S", &label);
}
