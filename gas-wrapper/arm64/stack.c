/* Writes of the stack pointer.
   SPDX-License-Identifier: Apache-2.0

   add and sub of a small constant stay as they are where an access through sp follows
   for certain (a drift: the access would fault before anything else happens).  Else
   a load that moves sp does the same in one instruction, or sp is guarded.  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"
#include "lfi_layout.h"

/* What an access through sp does to an open drift.  */
static enum verdict stack_access(struct rewriter *r, const struct insn *in)
{
    const struct mem *m = &in->mem;
    int64_t disp = 0;
    if (m->index != NO_REG) /* made an access through x27 */
        return r->profile->sandbox == LFI_SANDBOX_STORES ? DOES_NOT : GOES_ON;
    if ((m->mode == AT_OFFSET || m->mode == PRE_INDEX) && m->imm.len
        && !expr_constant(r, m->imm, &disp))
        return DOES_NOT;
    enum verdict v = drift_access(disp, in->row->touch);
    return v == GOES_ON && m->mode != AT_OFFSET ? DOES_NOT : v;
}

static enum verdict instruction(struct rewriter *r, const struct stmt *s)
{
    struct insn in;
    if (!s->insn || !arm64_parse(r, s, &in, false))
        return DOES_NOT;
    switch (in.row->cls) {
    case INSN_LOAD:
    case INSN_STORE:
    case INSN_RMW:
    case INSN_PREFETCH:
        if (in.mem_op >= 0 && in.mem.base == SP)
            return stack_access(r, &in);
        return GOES_ON;
    case INSN_PLAIN:
    case INSN_ADR:
    case INSN_LINK:
    case INSN_HINT:
    case INSN_EVENT:
    case INSN_CACHE:
        return in.writes >> SP & 1 ? DOES_NOT : GOES_ON;
    case INSN_MRS:
    case INSN_MSR:
        return arm64_tp_is_call(r) ? DOES_NOT : GOES_ON;
    default:
        return DOES_NOT;
    }
}

/* sp = sp + amount by a load whose result nobody reads; the memory is the frame's.  */
static bool move_by_load(struct rewriter *r, int64_t amount)
{
    int n = (int)amount;
    if (amount >= -256 && amount < 0)
        out_insn(r, "ldr\txzr, [sp, #%d]!", n);
    else if (amount > 0 && amount <= 255)
        out_insn(r, "ldr\txzr, [sp], #%d", n);
    else if (amount >= -512 && amount < 0 && amount % 8 == 0)
        out_insn(r, "ldp\tx26, xzr, [sp, #%d]!", n);
    else if (amount > 0 && amount <= 504 && amount % 8 == 0)
        out_insn(r, "ldp\tx26, xzr, [sp], #%d", n);
    else
        return false;
    return true;
}

/* add or sub sp, sp, #constant ("," "lsl #12")? */
static bool constant_move(struct rewriter *r, const struct insn *in, int64_t *amount)
{
    bool sub = slice_is_nocase(in->name, "sub");
    if ((!sub && !slice_is_nocase(in->name, "add")) || in->nops < 3 || in->op[0].cls != 'x'
        || in->op[1].kind != OPERAND_GPR || in->op[1].reg != SP || in->op[2].kind == OPERAND_GPR
        || !expr_constant(r, in->op[2].text, amount))
        return false;
    if (in->nops > 3) {
        struct slice shift = in->op[3].text;
        if (shift.len < 4 || shift.p[shift.len - 1] != '2' || shift.p[shift.len - 2] != '1')
            return false;
        *amount *= 4096;
    }
    if (*amount > INT32_MAX || *amount < INT32_MIN)
        return false;
    if (sub)
        *amount = -*amount;
    return true;
}

void arm64_stack(struct rewriter *r, struct insn *in)
{
    int64_t amount;
    struct operand *from = &in->op[1];
    bool constant = constant_move(r, in, &amount);
    if (constant && amount >= -(int64_t)LFI_DRIFT_MAX && amount <= (int64_t)LFI_DRIFT_MAX
        && r->profile->drift && drift_closes(r, in->stmt, instruction)) {
        arm64_state(r)->drifting = true;
        out_keep(r);
        return;
    }
    if (constant && (amount == 0 || move_by_load(r, amount))) {
        if (amount == 0)
            out_drop(r);
        return;
    }
    if (slice_is_nocase(in->name, "mov") && in->nops == 2 && from->kind == OPERAND_GPR
        && from->reg < ZR) {
        out_insn(r, "add\tsp, x27, w%d, uxtw", (int)from->reg);
        return;
    }
    struct slice rest = arm64_after(in, r, 0);
    out_insn(r, "%S\t%c26%S", &in->name, (int)in->op[0].cls, &rest);
    out_insn(r, "add\tsp, x27, w26, uxtw");
}
