/* Memory accesses are confined to the box.
   SPDX-License-Identifier: Apache-2.0

     disp(%rB,%rI,s)  ->  %gs:disp(%eB,%eI,s)   the sum is cut to 32 bits, then the base added
     symbol(%rB)      ->  the same by prefix bytes: the assembler has no relocation for it
     address          ->  the same
     disp(%rsp)       stays: guard areas around the box catch what strays
     symbol(%rip)     stays: it is in the box wherever the code is  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

static const char gs_addr32[] = ".byte 0x65,0x67";

bool x86_written(const struct insn *in, int op)
{
    enum access a = in->row->dst;
    if (in->nops == 1 && in->row->imm == IMM_SHORT && in->row->dst == ACCESS_RW)
        return false; /* imul */
    return a == ACCESS_BOTH
           || (op == in->nops - 1 && (a == ACCESS_W || a == ACCESS_RW || a == ACCESS_TWO));
}

/* Whether the profile confines the memory operand.  */
static bool confined(const struct rewriter *r, const struct insn *in)
{
    switch (r->profile->sandbox) {
    case LFI_SANDBOX_NONE:
        return false;
    case LFI_SANDBOX_STORES:
        return x86_written(in, in->mem_op);
    default:
        return true;
    }
}

static bool through_stack(const struct mem *m)
{
    return m->base == RSP && m->index == NO_REG && m->base_size == 8;
}

/* A displacement that the assembler does not know, or no register at all.  */
static bool needs_raw(struct rewriter *r, const struct insn *in)
{
    int64_t disp;
    if (in->mem.base == NO_REG && in->mem.index == NO_REG)
        return true;
    return in->mem.base_size == 8 && !x86_disp_constant(r, in, &disp);
}

/* The operand through registers of SIZE bytes, with or without gs.  */
struct slice x86_operand_text(struct rewriter *r, const struct insn *in, bool gs, unsigned size)
{
    const struct mem *m = &in->mem;
    bool intel = x86_state(r)->intel;
    const char *base = m->base != NO_REG ? x86_register_name(m->base, size) : NULL;
    const char *index = m->index != NO_REG ? x86_register_name(m->index, size) : NULL;
    struct buf b = {NULL, 0, 0};
    if (in->op[in->mem_op].star && !intel)
        buf_put(&b, "*", 1);
    buf_format(&b, "%S%s%S", &m->size, gs ? "%gs:" : "", &m->disp);
    if (intel) {
        buf_format(&b, "[");
        if (base)
            buf_format(&b, "%%%s", base);
        if (index)
            buf_format(&b, "%s%%%s", base ? "+" : "", index);
        if (index && m->scale.len)
            buf_format(&b, "*%S", &m->scale);
        buf_format(&b, "%S]", &m->more);
    } else {
        buf_format(&b, "(");
        if (base)
            buf_format(&b, "%%%s", base);
        if (index)
            buf_format(&b, ",%%%s", index);
        if (index && m->scale.len)
            buf_format(&b, ",%S", &m->scale);
        buf_format(&b, ")");
    }
    struct slice text = {arena_copy(&r->arena, b.p, b.len), b.len};
    buf_free(&b);
    return text;
}

/* The instruction with its memory operand, which tls.c may have changed.  */
void x86_access_as(struct rewriter *r, struct insn *in, bool changed)
{
    const struct mem *m = &in->mem;
    struct slice *text = &in->op[in->mem_op].text;
    bool registers = m->base != NO_REG || m->index != NO_REG;
    if (m->rip || !confined(r, in) || through_stack(m)) {
        if (!changed) {
            x86_keep(r, in);
            return;
        }
        if (registers)
            *text = x86_operand_text(r, in, false, m->base_size);
        x86_emit(r, in, x86_length(r, in, false), NULL);
        return;
    }
    bool raw = needs_raw(r, in);
    if (!raw || registers)
        *text = x86_operand_text(r, in, !raw, raw ? 8 : 4);
    x86_emit(r, in, x86_length(r, in, true), raw ? gs_addr32 : NULL);
}

void x86_access(struct rewriter *r, struct insn *in)
{
    if (in->mem_op < 0)
        x86_keep(r, in);
    else if (!x86_tls(r, in))
        x86_access_as(r, in, false);
}

/* r11 = the memory operand, for branches through it and the like.  */
void x86_load_scratch(struct rewriter *r, struct insn *in)
{
    struct insn load = *in;
    struct mem *m = &load.mem;
    if (m->seg == 'f')
        x86_add_tp(r, &load);
    else
        x86_use_scratch(r, in);
    x86_state(r)->scratch = SCRATCH_LOST;
    load.row = ((const struct mnemonic *)x86_find_insn("mov", 3))->row;
    load.name = (struct slice){"mov", 3};
    load.prefixes = 0;
    load.suffix = 0;
    load.nops = 2;
    load.op[0] = in->op[in->mem_op];
    load.op[1] = (struct operand){{"%r11", 4}, OPERAND_GPR, R11, 8, 'r', false};
    load.mem_op = 0;
    m->size = (struct slice){"", 0};

    struct slice *text = &load.op[0].text;
    bool guard = r->profile->sandbox == LFI_SANDBOX_FULL && !m->rip && !through_stack(m);
    bool raw = guard && needs_raw(r, &load);
    if (*text->p == '*')
        *text = slice_trim((struct slice){text->p + 1, text->len - 1});
    load.op[0].star = false;
    if (m->base != NO_REG || m->index != NO_REG)
        *text = x86_operand_text(r, &load, guard && !raw, guard && !raw ? 4 : m->base_size);
    x86_emit(r, &load, x86_length(r, &load, guard), raw ? gs_addr32 : NULL);
}
