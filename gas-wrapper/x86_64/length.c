/* How long an instruction will be, for padding.
   SPDX-License-Identifier: Apache-2.0

   Exact for what compilers write; never trusted for more than the choice of nops.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

/* Of the operation, in bytes: by suffix, register or Intel's PTR; 0 if nothing says.  */
unsigned x86_operand_size(const struct insn *in)
{
    switch (in->suffix) {
    case 'b':
        return 1;
    case 'w':
        return 2;
    case 'l':
        return 4;
    case 'q':
        return 8;
    }
    for (int i = in->nops - 1; i >= 0; i--)
        if (in->op[i].kind == OPERAND_GPR)
            return in->op[i].size == 'h' ? 1 : in->op[i].size;
    return in->mem_op >= 0 ? in->op[in->mem_op].size : 0;
}

static unsigned address_length(struct rewriter *r, const struct insn *in)
{
    const struct mem *m = &in->mem;
    int64_t disp;
    if (m->rip)
        return 4;
    if (m->base == NO_REG)
        return 1 + 4; /* SIB and displacement, as for absolute addresses */
    unsigned n = m->index != NO_REG || (m->base & 7) == RSP;
    bool written = m->disp.len || m->more.len, constant = x86_disp_constant(r, in, &disp);
    if ((!written || (constant && disp == 0)) && (m->base & 7) != RBP)
        return n;
    return n + (constant && disp >= -128 && disp <= 127 ? 1 : 4);
}

static unsigned immediate_length(struct rewriter *r, const struct insn *in, unsigned size,
                                 bool *no_modrm)
{
    const struct operand *imm = NULL, *dst = in->nops ? &in->op[in->nops - 1] : NULL;
    int64_t n;
    for (int i = 0; i < in->nops && !imm; i++)
        if (in->op[i].kind == OPERAND_IMM)
            imm = &in->op[i];
    if (!imm)
        return 0;
    struct slice text = imm->text;
    if (text.len && *text.p == '$')
        text.p++, text.len--;
    bool known = expr_constant(r, text, &n), reg = dst->kind == OPERAND_GPR;
    bool accumulator = reg && dst->reg == RAX && dst->size != 'h';
    unsigned full = size > 4 || size == 0 ? 4 : size;
    switch (in->row->imm) {
    case IMM_BYTE:
        return 1;
    case IMM_WORD:
        return 2;
    case IMM_SHIFT:
        return known && n == 1 ? 0 : 1;
    case IMM_SHORT:
        if (known && n >= -128 && n <= 127)
            full = 1;
        *no_modrm = in->row->cls == INSN_PUSH || (accumulator && (full > 1 || size == 1));
        return full;
    case IMM_FULL:
        if (in->row->dst == ACCESS_R) { /* test */
            *no_modrm = accumulator;
            return full;
        }
        *no_modrm = reg && size < 8; /* mov */
        if (!reg || size < 8 || (known && n >= INT32_MIN && n <= INT32_MAX))
            return full;
        return known || in->row->cls == INSN_MOVABS ? *no_modrm = true, 8 : full;
    default:
        return 1;
    }
}

static bool extended(const struct insn *in, bool *wide)
{
    bool rex = false;
    for (int i = 0; i < in->nops; i++) {
        const struct operand *o = &in->op[i];
        if (o->kind != OPERAND_GPR && o->kind != OPERAND_VECTOR)
            continue;
        rex = rex || o->reg > 7
              || (o->kind == OPERAND_GPR && o->size == 1 && o->reg >= RSP && o->reg <= RDI);
        *wide = *wide || (o->kind == OPERAND_GPR && o->size == 8);
    }
    return rex
           || (in->mem_op >= 0
               && ((in->mem.base != NO_REG && in->mem.base > 7)
                   || (in->mem.index != NO_REG && in->mem.index > 7)));
}

unsigned x86_length(struct rewriter *r, const struct insn *in, bool guarded)
{
    const struct row *row = in->row;
    unsigned size = x86_operand_size(in), n = row->opcode;
    bool wide = in->suffix == 'q' && row->cls != INSN_STRING, vector = false, no_modrm = false;
    for (int i = 0; i < in->nops; i++)
        vector = vector || in->op[i].kind == OPERAND_VECTOR;
    wide = wide || (row->enc == ENC_LEGACY && size == 8);
    bool high = extended(in, &wide), rex = high || wide;
    n += guarded * x86_guard_length(r) + !!(in->prefixes & PREFIX_LOCK)
         + !!(in->prefixes & (PREFIX_REP | PREFIX_REPNE)) + !!(in->prefixes & PREFIX_DATA16)
         + (!guarded && in->mem_op >= 0 && in->mem.base_size == 4);
    unsigned imm = immediate_length(r, in, size, &no_modrm);
    if (row->enc >= ENC_VEX)
        n += row->enc == ENC_VEX3 || rex || in->prefixes & PREFIX_VEX ? 3 : 2;
    else if (row->cls == INSN_PUSH || row->cls == INSN_POP)
        n += high;
    else
        n += rex;
    if (row->enc == ENC_LEGACY && vector)
        n += 2; /* movq, which is mov as well */
    else if (row->enc == ENC_LEGACY && size == 2)
        n++;
    if (row->enc == ENC_LEGACY && row->imm == IMM_SHORT && row->dst == ACCESS_RW && in->nops == 2
        && imm == 0 && slice_is_nocase((struct slice){in->name.p, 4}, "imul"))
        n++; /* 0f af */
    if (in->nops == 0)
        return n;
    bool short_form = (row->cls == INSN_PUSH || row->cls == INSN_POP) && in->mem_op < 0;
    if (!no_modrm && !short_form)
        n++;
    if (in->mem_op >= 0)
        n += address_length(r, in);
    return n + imm;
}
