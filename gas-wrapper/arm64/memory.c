/* Memory accesses are confined to the box.
   SPDX-License-Identifier: Apache-2.0

     [xN]             ->  [x27, wN, uxtw]                         where there is such a form
     [xN, #i]         ->  add x28, x27, wN, uxtw; [x28, #i]
     [xN, xM, lsl #s] ->  add w26, wN, wM, lsl #s; [x27, w26, uxtw]
     [xN, #i]!        ->  add xN, xN, #i, then as [xN]
     [xN], #i         ->  as [xN], then add xN, xN, #i
     [xN, #i]         ->  add w26, wN, #i; [x27, w26, uxtw]       where x28 is the guard of
                          another register that is wanted sooner than that of xN
     [sp, #i] and its writeback stay: guard pages around the box catch what strays

   Only the low half of a sum matters, so the index needs neither its extension nor 64
   bits.  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

static bool confined(const struct rewriter *r, const struct insn *in)
{
    switch (r->profile->sandbox) {
    case LFI_SANDBOX_NONE:
        return false;
    case LFI_SANDBOX_STORES:
        return in->row->cls == INSN_STORE || in->row->cls == INSN_RMW;
    default:
        return true;
    }
}

static bool is_zero(struct rewriter *r, struct slice imm)
{
    int64_t n;
    return imm.len == 0 || (expr_constant(r, imm, &n) && n == 0);
}

/* [xN] without displacement.  */
static void access_plain(struct rewriter *r, struct insn *in)
{
    struct slice before = arm64_before(in, r, in->mem_op);
    if (in->row->mem == MEM_REG && (arm64_state(r)->guarded != in->mem.base || !r->guard_elim)) {
        out_main(r, "%S[x27, w%d, uxtw]", &before, (int)in->mem.base);
        return;
    }
    arm64_guard(r, in->mem.base);
    out_main(r, "%S[x28]", &before);
}

enum { LOOK_AHEAD = 24 };

/* What the next access that needs x28 goes through: true for the register that x28 is
   the guard of now, false for REG or if the end of the block comes first.  */
static bool guard_is_wanted(struct rewriter *r, unsigned reg)
{
    unsigned guarded = arm64_state(r)->guarded;
    const struct stmt *s = r->cur, *end = r->stmts + r->nstmts;
    for (int n = 0; ++s < end && n < LOOK_AHEAD; n++) {
        struct insn in;
        if (s->kind == STMT_LABEL && symbol_is_target(s->symbol))
            return false;
        if (s->kind == STMT_DIRECTIVE && s->directive && s->directive->cls == DIR_SECTION)
            return false;
        if (s->kind != STMT_INSN || s->skipped)
            continue;
        if (!s->insn || !arm64_parse(r, s, &in, false) || in.row->cls == INSN_B
            || in.row->cls >= INSN_BR || in.row->cls == INSN_BL)
            return false;
        bool needs = in.mem_op >= 0 && in.mem.index == NO_REG
                     && (in.row->mem != MEM_REG || !is_zero(r, in.mem.imm)) && confined(r, &in);
        if (needs && in.mem.base == guarded)
            return true;
        if ((needs && in.mem.base == reg) || in.writes >> guarded & 1)
            return false;
    }
    return false;
}

/* The sum is made in w26, and x28 stays what it is.  */
static bool access_sum(struct rewriter *r, struct insn *in)
{
    int64_t n;
    unsigned guarded = arm64_state(r)->guarded;
    if (arm64_state(r)->spilling || in->row->mem != MEM_REG || guarded == NO_REG || guarded == in->mem.base || !r->guard_elim
        || in->writes >> guarded & 1 || !expr_constant(r, in->mem.imm, &n) || n > 4095 || n < -4095
        || !guard_is_wanted(r, in->mem.base))
        return false;
    struct slice before = arm64_before(in, r, in->mem_op);
    out_insn(r, "add\tw26, w%d, #%d", (int)in->mem.base, (int)n);
    out_main(r, "%S[x27, w26, uxtw]", &before);
    return true;
}

static void access_offset(struct rewriter *r, struct insn *in)
{
    if (is_zero(r, in->mem.imm)) {
        access_plain(r, in);
        return;
    }
    if (access_sum(r, in))
        return;
    struct slice before = arm64_before(in, r, in->mem_op);
    arm64_guard(r, in->mem.base);
    out_main(r, "%S[x28, %S]", &before, &in->mem.imm);
}

static void access_index(struct rewriter *r, struct insn *in)
{
    struct mem *m = &in->mem;
    struct slice before = arm64_before(in, r, in->mem_op);
    struct slice shift = m->shift;
    if (*shift.p == '#')
        shift = slice_trim((struct slice){shift.p + 1, shift.len - 1});
    const char *zero = m->index == ZR ? "wzr" : NULL;
    struct buf index = {NULL, 0, 0};
    if (zero)
        buf_format(&index, "%s", zero);
    else
        buf_format(&index, "w%d", (int)m->index);
    struct slice name = {index.p, index.len};
    if (m->base == SP)
        out_insn(r, "add\tw26, wsp, %S, uxtw #%S", &name, &shift);
    else if (slice_is(shift, "0"))
        out_insn(r, "add\tw26, w%d, %S", (int)m->base, &name);
    else
        out_insn(r, "add\tw26, w%d, %S, lsl #%S", (int)m->base, &name, &shift);
    out_main(r, "%S[x27, w26, uxtw]", &before);
    buf_free(&index);
}

/* The base is among the registers transferred: unpredictable with writeback.  */
static bool transfers_base(const struct insn *in)
{
    for (int i = 0; i < in->mem_op; i++)
        if (in->op[i].kind == OPERAND_GPR && in->op[i].reg == in->mem.base)
            return true;
    return false;
}

static void access_writeback(struct rewriter *r, struct insn *in)
{
    struct mem *m = &in->mem;
    int base = m->base;
    if (transfers_base(in)) {
        error_at(r, in->op[in->mem_op].text.p,
                 "the base register is written back and transferred: the result is unpredictable");
        return;
    }
    if (m->mode == PRE_INDEX) {
        out_insn(r, "add\tx%d, x%d, %S", base, base, &m->imm);
        if (arm64_state(r)->guarded == base)
            arm64_state(r)->guarded = NO_REG;
        access_plain(r, in);
        /* x28, if it is the guard of the base, is that of the new one.  */
        in->writes &= ~(UINT64_C(1) << base);
        if (base == LINK)
            arm64_link_opened(r);
        return;
    }
    access_plain(r, in);
    if (m->mode == POST_REG)
        out_insn(r, "add\tx%d, x%d, x%d", base, base, (int)m->post);
    else
        out_insn(r, "add\tx%d, x%d, %S", base, base, &m->imm);
}

static void access_stack(struct rewriter *r, struct insn *in)
{
    if (in->mem.mode != POST_REG) {
        out_keep(r);
        return;
    }
    struct slice before = arm64_before(in, r, in->mem_op);
    out_main(r, "%S[sp]", &before);
    out_insn(r, "add\tx26, sp, x%d", (int)in->mem.post);
    out_insn(r, "add\tsp, x27, w26, uxtw");
}

void arm64_memory(struct rewriter *r, struct insn *in)
{
    if (in->nops > 0 && in->op[0].kind == OPERAND_SVE) {
        error_at(r, in->op[0].text.p, "no profile allows SVE");
        return;
    }
    if (arm64_table_load(r, in))
        return;
    if (in->mem_op < 0)
        arm64_literal(r, in);
    else if (in->mem.base == SP && in->mem.index == NO_REG && arm64_confines(r))
        access_stack(r, in);
    else if (!confined(r, in))
        out_keep(r);
    else if (in->mem.index != NO_REG)
        access_index(r, in);
    else if (in->mem.mode == AT_OFFSET)
        access_offset(r, in);
    else
        access_writeback(r, in);
}
