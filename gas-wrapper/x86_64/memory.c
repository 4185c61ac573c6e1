/* Memory accesses are confined to the box.
   SPDX-License-Identifier: Apache-2.0

     disp(%rB,%rI,s)  ->  %gs:disp(%eB,%eI,s)   the sum is cut to 32 bits, then the base added
     symbol(%rB)      ->  the same by prefix bytes: the assembler has no relocation for it
     address          ->  the same
     disp(%rsp)       stays: guard areas around the box catch what strays
     symbol(%rip)     stays: it is in the box wherever the code is

   At base 0 the same without gs.  Where the base is in a register alone:

     disp(%rB)        ->  mov %eB, %r11d; disp(%r14,%r11)                fused
     disp(%rB,%rI,s)  ->  lea disp(%rB,%rI,s), %r11d; (%r14,%r11)        fused
     symbol(%rB)      ->  lea symbol(%rB), %r11; mov %r11d, %r11d; (%r14,%r11)   the last two fused
     address          ->  mov $address, %r11; the same  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"
#include "lfi_layout.h"

#include <string.h>

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
    return x86_confines_loads(r) || (x86_confines_stores(r) && x86_written(in, in->mem_op));
}

/* An operand that stays as it is: its displacement is within what the guards around boxes stop.  */
static bool through_stack(struct rewriter *r, const struct insn *in)
{
    const struct mem *m = &in->mem;
    int64_t disp;
    if (m->base != RSP || m->index != NO_REG || m->base_size != 8)
        return false;
    return r->profile->guard != LFI_GUARD_DENSE
           || (x86_disp_constant(r, in, &disp) && disp >= -(int64_t)LFI_DRIFT_POST
               && disp <= (int64_t)LFI_DRIFT_REACH);
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

/* lea of the memory operand to the scratch register of SIZE bytes.  */
static void put_lea(struct rewriter *r, const struct insn *in, unsigned size)
{
    struct insn lea = *in;
    struct operand *o = &lea.op[0];
    *o = in->op[in->mem_op];
    o->star = false;
    lea.mem.size = (struct slice){"", 0};
    lea.row = ((const struct mnemonic *)x86_find_insn("lea", 3))->row;
    lea.name = (struct slice){"lea", 3};
    lea.suffix = 0;
    lea.prefixes = 0;
    lea.mem_op = 0;
    lea.nops = 2;
    lea.op[1] = (struct operand){
        x86_register_text(r, R11, size), OPERAND_GPR, R11, (uint8_t)size, 'r', false};
    if (in->mem.base != NO_REG || in->mem.index != NO_REG)
        o->text = x86_operand_text(r, &lea, false, in->mem.base_size);
    else if (*o->text.p == '*')
        o->text = slice_trim((struct slice){o->text.p + 1, o->text.len - 1});
    x86_emit(r, &lea, x86_length(r, &lea, false), NULL);
}

/* r11 = the address, which may have no registers.  */
static void put_address(struct rewriter *r, const struct insn *in)
{
    int64_t address;
    if (in->mem.base == NO_REG && in->mem.index == NO_REG && x86_disp_constant(r, in, &address))
        x86_put(r, 7, "mov\t$%d, %%r11", (int)address);
    else
        put_lea(r, in, 8);
}

enum { MOV_LEN = 3, LEA_MOST = 9, NEAR = 0x8000 };

/* The operand becomes disp(%r14,%r11).  */
static void through_base(struct rewriter *r, struct insn *in, bool keep_disp)
{
    struct mem *m = &in->mem;
    m->base = R14;
    m->index = R11;
    m->base_size = 8;
    m->scale = (struct slice){"", 0};
    if (!keep_disp)
        m->disp = m->more = (struct slice){"", 0};
    in->op[in->mem_op].text = x86_operand_text(r, in, false, 8);
}

/* A high byte cannot be named together with r14: it changes places with the low one.  */
static void high_byte(struct rewriter *r, struct insn *in)
{
    static const char *const low[] = {"%al", "%cl", "%dl", "%bl"};
    struct operand *high = &in->op[in->mem_op == 0];
    if (in->nops != 2 || high->kind != OPERAND_GPR || high->size != 'h') {
        error_at(r, in->name.p, "a high byte cannot be used here; use another register");
        return;
    }
    const char *h = x86_register_name(high->reg, 'h'), *l = low[high->reg];
    put_address(r, in);
    through_base(r, in, false);
    high->size = 1;
    high->text = (struct slice){l, 3};
    in->rex_less = false;
    x86_put(r, 2, "xchg\t%%%s, %s", h, l);
    unsigned len = x86_length(r, in, false);
    x86_lock(r, MOV_LEN + len);
    x86_put(r, MOV_LEN, "mov\t%%r11d, %%r11d");
    x86_emit(r, in, 0, NULL);
    x86_unlock(r);
    x86_put(r, 2, "xchg\t%%%s, %s", h, l);
}

/* Whether r11 is read, and not as a part of the address.  */
static bool has_scratch_as_data(const struct insn *in)
{
    for (int i = 0; i < in->nops; i++)
        if (in->op[i].kind == OPERAND_GPR && in->op[i].reg == R11
            && !(i == in->nops - 1 && in->row->dst == ACCESS_W))
            return true;
    return false;
}

/* The base is in a register, and nothing but an index can be cut to 32 bits.  */
static void access_by_index(struct rewriter *r, struct insn *in)
{
    struct mem *m = &in->mem;
    int64_t disp;
    if (has_scratch_as_data(in) || (m->base != R11 && m->index != R11))
        x86_use_scratch(r, in);
    x86_state(r)->scratch = SCRATCH_LOST;
    if (in->rex_less) {
        high_byte(r, in);
        return;
    }
    /* What is that near stays within the guards, so that nobody can tell whether it wraps.  */
    bool keep = m->index == NO_REG && m->base != NO_REG && m->base_size == 8
                && x86_disp_constant(r, in, &disp) && disp > -NEAR && disp < NEAR;
    unsigned base = m->base;
    bool symbol = needs_raw(r, in); /* or no registers at all */
    struct insn access = *in;
    through_base(r, &access, keep);
    unsigned len = x86_length(r, &access, false);
    if (symbol)
        put_address(r, in);
    x86_lock(r, (keep || symbol ? MOV_LEN : LEA_MOST) + len);
    if (keep || symbol)
        x86_put(r, MOV_LEN, "mov\t%%%s, %%r11d", x86_register_name(symbol ? R11 : base, 4));
    else
        put_lea(r, in, 4);
    x86_emit(r, &access, 0, NULL);
    x86_unlock(r);
}

/* The instruction with its memory operand, which tls.c may have changed.  */
void x86_access_as(struct rewriter *r, struct insn *in, bool changed)
{
    const struct mem *m = &in->mem;
    struct slice *text = &in->op[in->mem_op].text;
    bool registers = m->base != NO_REG || m->index != NO_REG;
    if (m->rip || !confined(r, in) || through_stack(r, in)) {
        if (!changed) {
            x86_keep(r, in);
            return;
        }
        if (registers)
            *text = x86_operand_text(r, in, false, m->base_size);
        x86_emit(r, in, x86_length(r, in, false), NULL);
        return;
    }
    if (r->profile->base == LFI_BASE_REGISTER) {
        access_by_index(r, in);
        return;
    }
    bool raw = needs_raw(r, in), gs = r->profile->base != LFI_BASE_ZERO;
    if (!raw || registers)
        *text = x86_operand_text(r, in, !raw && gs, raw ? 8 : 4);
    x86_emit(r, in, x86_length(r, in, true), raw ? x86_raw_prefixes(r) : NULL);
}

/* NAME with REG and what r11 points to, confined if the profile says so.  */
void x86_through_scratch(struct rewriter *r, unsigned len, const char *name, const char *reg,
                         bool store)
{
    bool confine = store ? x86_confines_stores(r) : x86_confines_loads(r);
    bool index = confine && r->profile->base == LFI_BASE_REGISTER;
    const char *mem = !confine                               ? "(%r11)"
                      : index                                ? "(%r14,%r11)"
                      : r->profile->base == LFI_BASE_ZERO ? "(%r11d)"
                                                             : "%gs:(%r11d)";
    if (index) {
        x86_lock(r, MOV_LEN + len);
        x86_put(r, MOV_LEN, "mov\t%%r11d, %%r11d");
    }
    if (store)
        x86_put(r, len, "%s\t%%%s, %s", name, reg, mem);
    else
        x86_put(r, len, "%s\t%s, %%%s", name, mem, reg);
    if (index)
        x86_unlock(r);
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
    /* Control leaves: r11 is dead behind the load, which may read it if it is the program's.  */
    if (m->seg == 'f')
        x86_add_tp(r, &load);
    else if (!x86_has_register(r, R11) || !(in->reads >> R11 & 1))
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
    if (*text->p == '*')
        *text = slice_trim((struct slice){text->p + 1, text->len - 1});
    load.op[0].star = false;
    load.reads &= ~(UINT32_C(1) << R11); /* as an address alone, which is not needed again */
    x86_access_as(r, &load, true);
}
