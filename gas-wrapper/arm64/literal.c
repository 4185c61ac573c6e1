/* Loads from a literal pool or relative to pc: there is no data among the code.
   SPDX-License-Identifier: Apache-2.0

     ldr x0, =5         ->  movz, movk, ...
     ldr x0, =symbol    ->  adrp x0, symbol; add x0, x0, :lo12:symbol
     ldr d0, =5         ->  movz x26, ...; fmov d0, x26
     ldr x0, label      ->  adr x26, label; ldr x0, [x27, w26, uxtw]  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <string.h>

enum { ADR_REACH = 1 << 20 };

/* The shortest sequence of movz or movn and movk.  */
static void load_constant(struct rewriter *r, char cls, int reg, uint64_t value)
{
    int parts = cls == 'x' ? 4 : 2, zeros = 0, ones = 0;
    for (int i = 0; i < parts; i++) {
        zeros += (value >> 16 * i & 0xffff) == 0;
        ones += (value >> 16 * i & 0xffff) == 0xffff;
    }
    unsigned skip = ones > zeros ? 0xffff : 0;
    bool first = true;
    for (int i = 0; i < parts; i++) {
        unsigned part = value >> 16 * i & 0xffff;
        if (part == skip && !(first && i == parts - 1))
            continue;
        const char *op = !first ? "movk" : skip ? "movn" : "movz";
        unsigned shown = first && skip ? ~part & 0xffff : part;
        out_insn(r, "%s\t%c%d, #%d, lsl #%d", op, (int)cls, reg, (int)shown, 16 * i);
        first = false;
    }
}

static void pool_constant(struct rewriter *r, struct insn *in, int64_t value)
{
    struct operand *o = &in->op[0];
    struct slice to = o->text;
    if (o->kind == OPERAND_GPR && o->reg < ZR) {
        load_constant(r, o->cls, o->reg, (uint64_t)value);
    } else if (o->kind == OPERAND_VECTOR && (o->cls == 'd' || o->cls == 's')) {
        load_constant(r, o->cls == 'd' ? 'x' : 'w', 26, (uint64_t)value);
        out_insn(r, "fmov\t%S, %c26", &to, o->cls == 'd' ? 'x' : 'w');
    } else {
        error_at(r, o->text.p, "a literal cannot be put into this register; load it from .rodata");
    }
}

static void pool(struct rewriter *r, struct insn *in)
{
    struct operand *o = &in->op[0];
    struct slice expr = slice_trim((struct slice){in->op[1].text.p + 1, in->op[1].text.len - 1});
    int64_t constant;
    struct value v;
    if (!slice_is_nocase(in->name, "ldr"))
        error_at(r, in->name.p, "only ldr loads literals");
    else if (expr_constant(r, expr, &constant))
        pool_constant(r, in, constant);
    else if (o->kind != OPERAND_GPR || o->cls != 'x' || o->reg >= ZR || !expr_value(r, expr, &v)
             || !v.plus || v.minus || v.divisor != 1)
        error_at(r, in->op[1].text.p, "this literal cannot be made in a register");
    else {
        out_insn(r, "adrp\tx%d, %S", (int)o->reg, &expr);
        int cls = r->profile->poc ? 'w' : 'x'; /* oblivious.c */
        out_insn(r, "add\t%c%d, %c%d, :lo12:%S", cls, (int)o->reg, cls, (int)o->reg, &expr);
    }
}

/* A place near a label of data: these keep their distances.  */
static bool is_in_data(struct rewriter *r, struct slice where)
{
    struct value v;
    return expr_value(r, where, &v) && v.plus && v.plus->pooled && !v.minus && v.divisor == 1;
}

static void label(struct rewriter *r, struct insn *in)
{
    struct slice before = arm64_before(in, r, 1), where = in->op[1].text;
    if (expr_is_place(r, where) && !is_in_data(r, where)) {
        error_at(r, where.p, "rewriting does not keep distances; use a label");
        return;
    }
    if (r->profile->sandbox == LFI_SANDBOX_STORES && in->row->cls != INSN_STORE && !r->text_data) {
        out_keep(r);
        return;
    }
    out_branch(r, ADR_REACH, where, "adr\tx26, %S", &where);
    out_insn(r, "%S[x27, w26, uxtw]", &before);
}

/* ldr xN, :got:symbol and :gottprel:symbol, of the tiny code model.  */
static void table_entry(struct rewriter *r, struct insn *in)
{
    struct operand *o = &in->op[0];
    struct slice text = in->op[1].text;
    const char *colon = memchr(text.p + 1, ':', text.len - 1);
    struct slice kind = {text.p + 1, colon ? (size_t)(colon - text.p - 1) : 0};
    if (!(slice_is_nocase(kind, "got") || slice_is_nocase(kind, "gottprel"))
        || o->kind != OPERAND_GPR || o->cls != 'x' || o->reg >= ZR) {
        error_at(r, text.p, "this operand cannot be rewritten; compile with -mcmodel=small");
        return;
    }
    struct slice symbol = {colon + 1, text.len - kind.len - 2};
    arm64_state(r)->guarded = NO_REG;
    out_insn(r, "adrp\tx%d, %S", (int)o->reg, &text);
    arm64_guard(r, o->reg);
    out_insn(r, "ldr\tx%d, [x28, #:%S_lo12:%S]", (int)o->reg, &kind, &symbol);
}

static int index_shift(const struct insn *in)
{
    struct slice shift = in->mem.shift;
    if (shift.len && *shift.p == '#')
        shift.p++, shift.len--;
    return shift.len == 1 && *shift.p >= '0' && *shift.p <= '3' ? *shift.p - '0' : -1;
}

/* Whether the instruction is a load through REG from an offset table, as far as it can be
   redirected: [base, index].  */
static bool is_table_load(const struct insn *in, unsigned reg)
{
    return in->row->cls == INSN_LOAD && in->row->mem == MEM_REG && in->mem.base == reg
           && in->mem.index != NO_REG && in->mem.index != ZR && in->op[0].kind == OPERAND_GPR
           && index_shift(in) >= 0;
}

static bool is_branch(const struct insn *in)
{
    return in->row->cls >= INSN_B && in->row->cls <= INSN_RET;
}

/* The loads from the table come before any branch or label, and nothing behind them accesses
   memory through the register while it may have the address.  */
static bool loads_follow(struct rewriter *r, const struct stmt *s, unsigned reg)
{
    const struct stmt *end = r->stmts + r->nstmts;
    bool straight = true, found = false;
    if (!(s = stmt_place(r, s)))
        return false;
    while (++s < end) {
        struct insn in;
        if (s->skipped)
            continue;
        if (s->kind == STMT_LABEL && s->symbol && (s->symbol->function || s->symbol->exported))
            return found;
        if (s->kind == STMT_LABEL && symbol_is_target(s->symbol))
            straight = false;
        if (s->kind != STMT_INSN)
            continue;
        if (!s->insn || !arm64_parse(r, s, &in, false))
            return false;
        if (in.mem_op >= 0 && in.mem.base == reg) {
            if (!straight || !is_table_load(&in, reg))
                return false;
            found = true;
        }
        if (in.writes >> reg & 1)
            return found;
        if (is_branch(&in))
            straight = false;
    }
    return found;
}

bool arm64_table_address(struct rewriter *r, struct insn *in)
{
    struct arm64_state *state = arm64_state(r);
    struct symbol *sym = symbol_of(r, in->op[1].text);
    if (in->op[0].reg < ZR)
        state->tables &= ~(UINT32_C(1) << in->op[0].reg);
    if (!sym || !sym->table)
        return true;
    if (in->op[0].kind != OPERAND_GPR || in->op[0].reg >= ZR
        || !loads_follow(r, in->stmt, in->op[0].reg)) {
        error_at(r, in->op[1].text.p,
                 "this table of distances is not used in a way that the rewriter can follow: adr, "
                 "then ldrh with an index, and no branch between them; put the table into .rodata as "
                 ".word LABEL-TABLE");
        return false;
    }
    state->tables |= UINT32_C(1) << in->op[0].reg;
    state->table[in->op[0].reg] = sym;
    return true;
}

/* ldrh w3, [x5, w4, uxtw #1]  ->  adrp x26, TABLE; add x26, x26, :lo12:TABLE;
                                   add w26, w26, w4, lsl #2; ldr w3, [x27, w26, uxtw]  */
bool arm64_table_load(struct rewriter *r, struct insn *in)
{
    struct arm64_state *state = arm64_state(r);
    if (in->mem_op < 0 || !((uint64_t)state->tables >> in->mem.base & 1))
        return false;
    const struct symbol *table = state->table[in->mem.base];
    bool wide = table->entry_size != table->entry_was;
    bool sign = wide && in->name.len > 4 && (in->name.p[3] | 0x20) == 's' && in->op[0].cls == 'x';
    struct slice name = wide ? (struct slice){sign ? "ldrsw" : "ldr", sign ? 5 : 3} : in->name;
    out_insn(r, "adrp\tx26, .Llfi_table.%d", (int)table->table);
    out_insn(r, "add\tx26, x26, :lo12:.Llfi_table.%d", (int)table->table);
    int shift = index_shift(in) + (!wide ? 0 : table->entry_was == 2 ? 1 : 2);
    out_insn(r, "add\tw26, w26, w%d, lsl #%d", (int)in->mem.index, shift);
    out_insn(r, "%S\t%S, [x27, w26, uxtw]", &name, &in->op[0].text);
    return true;
}

void arm64_literal(struct rewriter *r, struct insn *in)
{
    if (r->profile->sandbox == LFI_SANDBOX_NONE
        && (!r->text_data || in->nops != 2 || in->op[1].kind == OPERAND_LITERAL
            || *in->op[1].text.p == ':'))
        out_keep(r);
    else if (in->nops != 2 || in->row->mem != MEM_REG || in->row->cls == INSN_STORE)
        error_at(r, in->name.p, "the address is missing");
    else if (in->op[1].kind == OPERAND_LITERAL)
        pool(r, in);
    else if (*in->op[1].text.p == ':')
        table_entry(r, in);
    else
        label(r, in);
}
