/* Position-oblivious code: what the program sees of an address of the box is its low half.
   SPDX-License-Identifier: Apache-2.0

     adrp xD, S                ->  adrp xD, S; mov wD, wD     unless the next instruction cuts it
     add xD, xN, :lo12:S       ->  add wD, wN, :lo12:S
     adr xD, L                 ->  adr xD, L; mov wD, wD
     mov xD, sp                ->  mov wD, wsp                and add, sub of a constant
     sub xD, sp, xM            ->  mov w26, wsp; sub xD, x26, xM
     stp x29, x30, [sp, #-32]! ->  mov w26, w30; stp x29, x26, [sp, #-32]!
     paciasp                   ->  nop                        what it signs will be cut

   So everything the program computes comes out as in a box at base 0.  Of the registers that hold
   whole addresses it reads sp and x30 alone, and x30 only as long as it is guarded: what it loaded
   or computed itself is cut already.  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <string.h>

static bool is_page_offset(const struct insn *in)
{
    return slice_is_nocase(in->name, "add") && in->nops == 3 && in->op[0].kind == OPERAND_GPR
           && in->op[0].cls == 'x' && in->op[0].reg < ZR && in->op[1].kind == OPERAND_GPR
           && in->op[1].reg < ZR && memmem(in->op[2].text.p, in->op[2].text.len, ":lo12:", 6);
}

/* Whether the instruction behind the current one is the only one that sees the address of a page in
   REG, of which it uses the low half.  */
static bool is_cut_next(struct rewriter *r, const struct stmt *s, unsigned reg)
{
    const struct stmt *end = r->stmts + r->nstmts;
    struct insn next;
    if (!(s = stmt_place(r, s)) || arm64_state(r)->spilling)
        return false;
    do
        s++;
    while (s < end && (s->skipped || s->kind == STMT_EMPTY || directive_is_inert(s)));
    if (s >= end || s->kind != STMT_INSN || !s->insn || !arm64_parse(r, s, &next, false)
        || next.op[0].kind != OPERAND_GPR || next.op[0].reg != reg)
        return false;
    if (is_page_offset(&next))
        return next.op[1].reg == reg;
    return next.row->cls == INSN_LOAD && next.nops == 2 && next.mem_op == 1 && next.mem.base == reg
           && next.mem.index == NO_REG && next.mem.mode == AT_OFFSET;
}

void arm64_cut_address(struct rewriter *r, const struct insn *in)
{
    const struct operand *o = &in->op[0];
    bool page = slice_is_nocase(in->name, "adrp");
    if (!r->profile->poc || (!page && in->row->cls != INSN_ADR) || o->kind != OPERAND_GPR
        || o->reg >= ZR || (page && is_cut_next(r, in->stmt, o->reg)))
        return;
    out_insn(r, "mov\tw%d, w%d", (int)o->reg, (int)o->reg);
}

/* "w" and the rest of the operand, a register.  */
static void put_low(struct buf *b, const struct operand *o)
{
    if (o->reg == SP)
        buf_format(b, "wsp");
    else
        buf_format(b, "w%d", (int)o->reg);
}

/* The instruction on the low halves of its first two operands.  */
static bool on_low_halves(struct rewriter *r, const struct insn *in)
{
    struct buf b = {NULL, 0, 0};
    struct slice rest = arm64_after(in, r, 1);
    buf_format(&b, "%S\t", &in->name);
    put_low(&b, &in->op[0]);
    buf_format(&b, ", ");
    put_low(&b, &in->op[1]);
    struct slice text = {b.p, b.len};
    out_insn(r, "%S%S", &text, &rest);
    buf_free(&b);
    return true;
}

/* mov xD, REG; add and sub xD, REG, #constant */
static bool moves(const struct insn *in, unsigned reg)
{
    bool sum = slice_is_nocase(in->name, "add") || slice_is_nocase(in->name, "sub");
    return in->nops >= 2 && in->op[0].kind == OPERAND_GPR && in->op[0].reg < ZR
           && in->op[0].cls == 'x' && in->op[1].kind == OPERAND_GPR && in->op[1].reg == reg
           && ((sum && in->nops >= 3 && in->op[2].kind == OPERAND_OTHER)
               || (in->nops == 2 && slice_is_nocase(in->name, "mov")));
}

/* Whether operand I is the register as a whole, and read.  */
static bool reads_whole(const struct insn *in, int i, unsigned reg)
{
    return in->op[i].kind == OPERAND_GPR && in->op[i].cls == 'x' && in->op[i].reg == reg
           && !(in->row->writes >> i & 1);
}

/* x26 holds the low half of REG and stands for it.  */
static void with_scratch(struct rewriter *r, const struct insn *in, unsigned reg)
{
    struct buf b = {NULL, 0, 0};
    const char *at = r->text + in->stmt->at;
    for (int i = 0; i < in->nops; i++)
        if (reads_whole(in, i, reg)) {
            buf_put(&b, at, (size_t)(in->op[i].text.p - at));
            buf_format(&b, "x26");
            at = in->op[i].text.p + in->op[i].text.len;
        }
    buf_put(&b, at, (size_t)(r->text + in->stmt->tail - at));
    struct slice text = {b.p, b.len};
    out_insn(r, reg == SP ? "mov\tw26, wsp" : "mov\tw26, w30");
    const struct stmt *made = stmt_made(r, "%S", &text);
    buf_free(&b);
    arm64_state(r)->spilling = true;
    arm64_insn(r, made);
    arm64_state(r)->spilling = false;
}

/* Whether the rewriting of the instruction needs x26 itself.  */
static bool needs_scratch(struct rewriter *r, const struct insn *in)
{
    return arm64_state(r)->spilling
           || (in->mem_op >= 0 && (in->mem.index != NO_REG || in->mem.mode == POST_REG))
           || (in->row->cls >= INSN_LOAD && in->row->cls <= INSN_PREFETCH && in->mem_op < 0);
}

static bool reads(const struct insn *in, unsigned reg)
{
    for (int i = 0; i < in->nops; i++)
        if (reads_whole(in, i, reg))
            return true;
    return false;
}

/* Authentication: the address that it is about has been, or will be, cut.  */
static bool authenticates(struct rewriter *r, const struct insn *in)
{
    int64_t n;
    return in->row->cls == INSN_LINK
           || (in->row->cls == INSN_HINT && in->nops == 1 && expr_constant(r, in->op[0].text, &n)
               && (n == 7 || (n >= 24 && n <= 31)));
}

bool arm64_oblivious(struct rewriter *r, struct insn *in)
{
    if (!r->profile->poc || in->row->cls == INSN_BR || in->row->cls == INSN_BLR)
        return false;
    if (authenticates(r, in)) {
        out_insn(r, "nop");
        return true;
    }
    if (in->row->cls == INSN_RET) {
        if (in->name.len > 3)
            in->name.len = 3; /* of retaa */
        return false;
    }
    bool whole_link = !arm64_state(r)->link_open;
    if (is_page_offset(in) || moves(in, SP) || (whole_link && moves(in, LINK)))
        return on_low_halves(r, in);
    if (whole_link && reads(in, LINK)) {
        if (!needs_scratch(r, in)) {
            with_scratch(r, in, LINK);
            return true;
        }
        out_insn(r, "mov\tw30, w30");
        arm64_link_opened(r);
        return false;
    }
    if (!(in->writes >> SP & 1) && reads(in, SP)) {
        if (needs_scratch(r, in))
            error_at(r, in->name.p, "sp cannot be read here together with registers of the box");
        else
            with_scratch(r, in, SP);
        return true;
    }
    return false;
}
