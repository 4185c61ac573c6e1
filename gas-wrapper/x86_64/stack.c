/* Writes of the stack pointer.
   SPDX-License-Identifier: Apache-2.0

     sub $n, %rsp      stays where an access through rsp follows for certain (a drift), else
                       sub $n, %rsp; mov (%rsp), %r11d
     add $8, %rsp      ->  pop %r11, where none follows
     mov %rX, %rsp     ->  mov %eX, %esp; lea (%rsp,%r14), %rsp     fused
     op x, %rsp        ->  op x, %esp; lea (%rsp,%r14), %rsp        add, sub, and, lea
     mov $0, %spl      ->  mov %rsp, %r11; mov $0, %r11b; ...         GCC's and $-256, %rsp
     anything else     ->  mov %rsp, %r11; op x, %r11; mov %r11d, %esp; lea (%rsp,%r14), %rsp
     leave             ->  mov %ebp, %esp; lea (%rsp,%r14), %rsp; pop %rbp
   Where the base is 0, esp is enough, and there are no drifts.  Where no register holds it:

     mov %rX, %rsp     ->  mov %eX, %esp; add SLOT, %rsp              where flags are dead, else
                           mov SLOT, %r11; mov %eX, %esp; lea (%rsp,%r11), %rsp

   lea and mov leave the flags alone; the others change them as what they stand for does,
   but for the sign and overflow of an address, which nobody asks for.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"
#include "lfi_layout.h"

#include <string.h>

enum { ADD_BASE = 4, MOV32 = 2 };

static bool is_op(const struct insn *in, const char *base)
{
    size_t n = strlen(base);
    struct slice name = in->name;
    return name.len >= n && slice_is_nocase((struct slice){name.p, n}, base)
           && name.len == n + (in->suffix != 0);
}

static enum verdict look(struct rewriter *r, const struct stmt *s)
{
    struct insn in;
    int64_t disp;
    if (!s->insn || !x86_parse(r, s, &in, false) || in.writes >> RSP & 1)
        return DOES_NOT;
    switch (in.row->cls) {
    case INSN_CALL:
        if (x86_is_tls_call(&in)) /* no call will be left of it, but one of the runtime may */
            return r->profile->ctxreg ? GOES_ON : DOES_NOT;
        if (x86_meters(r)) /* a jump comes first */
            return DOES_NOT;
        return in.mem_op >= 0 && in.mem.base == RSP ? DOES_NOT : CLOSES;
    case INSN_PUSH: /* a sequence that guards a target does not touch rsp */
    case INSN_POP:
        return in.mem_op >= 0 && in.mem.base == RSP ? DOES_NOT : CLOSES;
    case INSN_RET:
        return in.nops ? DOES_NOT : CLOSES; /* pop */
    case INSN_STRING:
        if (x86_meters(r) && in.prefixes & (PREFIX_REP | PREFIX_REPNE)) /* the same */
            return DOES_NOT;
        break;
    case INSN_PLAIN:
    case INSN_LEA:
    case INSN_MOVABS:
    case INSN_ORDINARY:
    case INSN_PREFIX:
    case INSN_NOP:
    case INSN_XLAT:
    case INSN_TP:
        break;
    default:
        return DOES_NOT;
    }
    if (!r->profile->ctxreg && (in.row->cls == INSN_TP || (in.mem_op >= 0 && in.mem.seg == 'f')))
        return DOES_NOT;
    if (in.row->cls == INSN_LEA || in.mem_op < 0 || in.mem.base != RSP || in.mem.index != NO_REG
        || in.mem.base_size != 8 || in.mem.seg)
        return r->profile->sandbox == LFI_SANDBOX_STORES && in.mem_op >= 0 && in.mem.base == RSP
                       && in.row->cls != INSN_LEA
                   ? DOES_NOT
                   : GOES_ON;
    if (!x86_disp_constant(r, &in, &disp))
        return DOES_NOT;
    return drift_access(disp, in.row->touch && in.row->cls == INSN_PLAIN);
}

/* add and sub of a constant, and lea constant(%rsp) */
static bool constant_move(struct rewriter *r, const struct insn *in, int64_t *amount)
{
    struct slice text = in->op[0].text;
    if (in->nops != 2 || in->op[1].size != 8)
        return false;
    if (in->row->cls == INSN_LEA)
        return in->mem.base == RSP && in->mem.index == NO_REG && in->mem.base_size == 8
               && x86_disp_constant(r, in, amount);
    bool sub = is_op(in, "sub");
    if ((!sub && !is_op(in, "add")) || in->op[0].kind != OPERAND_IMM)
        return false;
    if (text.len && *text.p == '$')
        text.p++, text.len--;
    if (!expr_constant(r, text, amount))
        return false;
    if (sub)
        *amount = -*amount;
    return true;
}

/* r11, which is needed, is the program's where rsp moves: it cannot be saved.  */
static void take_scratch(struct rewriter *r, const struct insn *in)
{
    if (x86_has_register(r, R11) && !x86_scratch_dead(r, in->stmt))
        error_at(r, in->name.p,
                 "r11 holds a value that the rewriting of this instruction would destroy; use "
                 "another register");
    else
        x86_use_scratch(r, in);
}

/* rsp = base + its low half, which LEN bytes set: what comes before, and behind.  */
struct low_half {
    bool add; /* the base: changes flags */
    unsigned base;
};

/* FLAGS_FREE: the instruction changes them itself; SCRATCH_FREE: r11 was saved.  */
static struct low_half begin_low_half(struct rewriter *r, const struct insn *in, unsigned len,
                                      bool flags_free, bool scratch_free)
{
    struct low_half h = {.add = r->profile->base == LFI_BASE_SLOT && !scratch_free
                                && (flags_free || x86_flags_dead(r, in->stmt))};
    if (r->profile->base == LFI_BASE_ZERO)
        return h;
    if (r->profile->base == LFI_BASE_SLOT && !h.add && in->reads >> R11 & 1)
        error_at(r, in->name.p,
                 "rsp comes from r11, and what follows may need the flags; use another register");
    else if (r->profile->base == LFI_BASE_SLOT && !h.add && !scratch_free)
        take_scratch(r, in);
    x86_lock(r, len + (h.add ? x86_base_length(r) : x86_hold_length(r) + ADD_BASE));
    if (!h.add)
        h.base = x86_hold_base(r);
    return h;
}

static void end_low_half(struct rewriter *r, struct low_half h)
{
    if (r->profile->base == LFI_BASE_ZERO)
        return;
    if (h.add)
        x86_add_base(r, RSP);
    else
        x86_put(r, ADD_BASE, "lea\t(%%rsp,%%%s), %%rsp", x86_register_name(h.base, 8));
    x86_unlock(r);
}

/* Whether the base can be added to rsp neither with flags nor with r11 changed.  */
static bool nothing_dead(struct rewriter *r, const struct insn *in)
{
    return r->profile->base == LFI_BASE_SLOT && !x86_flags_dead(r, in->stmt)
           && !x86_scratch_dead(r, in->stmt);
}

/* r11 goes below where the stack will be: at what mov or lea IN, which sets ADDRESS instead of esp,
   computes.  */
static void save_at_new_stack(struct rewriter *r, const struct insn *in, unsigned len)
{
    struct insn address = *in;
    address.op[1].text = (struct slice){"%eax", 4};
    x86_put(r, 8, "mov\t%%rax, %d(%%rsp)", SAVED_RAX);
    x86_emit(r, &address, len, NULL);
    x86_put(r, 9, "mov\t%%r11, %%gs:%d(%%eax)", SAVED_SCRATCH);
    x86_put(r, 8, "mov\t%d(%%rsp), %%rax", SAVED_RAX);
}

static void load_saved(struct rewriter *r)
{
    x86_put(r, 8, "mov\t%d(%%rsp), %%r11", SAVED_SCRATCH);
}

/* SCRATCH_USED: r11 has a value of the rewriter.  */
static void set_stack(struct rewriter *r, const struct insn *in, unsigned reg, bool scratch_used)
{
    unsigned len = MOV32 + (reg > 7);
    bool add = r->profile->base == LFI_BASE_SLOT && scratch_used;
    if (add && !x86_flags_dead(r, in->stmt))
        error_at(r, in->name.p, "flags are in use here, which this instruction would change; use mov "
                                "or lea with another register");
    bool both = !add && nothing_dead(r, in);
    if (both)
        x86_put(r, 10, "mov\t%%r11, %%gs:%d(%%%s)", SAVED_SCRATCH, x86_register_name(reg, 4));
    struct low_half h = begin_low_half(r, in, len, add, both);
    x86_put(r, len, "mov\t%%%s, %%esp", x86_register_name(reg, 4));
    end_low_half(r, h);
    if (both)
        load_saved(r);
}

void x86_drop_stack(struct rewriter *r, int bytes)
{
    if (bytes == 0)
        return;
    unsigned len = bytes < 128 ? 4 : 7;
    struct low_half h = begin_low_half(r, NULL, len, true, false);
    x86_put(r, len, "lea\t%d(%%rsp), %%esp", bytes);
    end_low_half(r, h);
}

/* A copy of the instruction whose destination is esp.  */
static struct insn on_esp(struct rewriter *r, const struct insn *in)
{
    struct insn low = *in;
    x86_narrow(r, &low, 1);
    return low;
}

/* It, LEN bytes long, and the base.  */
static void put_low_half(struct rewriter *r, const struct insn *in, const struct insn *low,
                         unsigned len, bool flags_free)
{
    bool both = !flags_free && nothing_dead(r, in);
    if (both)
        save_at_new_stack(r, low, len);
    struct low_half h = begin_low_half(r, in, len, flags_free, both);
    x86_emit(r, low, len, NULL);
    end_low_half(r, h);
    if (both)
        load_saved(r);
}

/* The instruction on esp instead of rsp.  */
static bool on_low_half(struct rewriter *r, struct insn *in)
{
    struct operand *src = &in->op[0], *dst = x86_dst(in);
    if (in->nops != 2 || (dst->size != 8 && dst->size != 4) || in->prefixes)
        return false;
    bool lea = in->row->cls == INSN_LEA;
    if (!lea && (in->mem_op >= 0 || !(is_op(in, "add") || is_op(in, "sub") || is_op(in, "and"))))
        return false;
    if (lea && in->mem.rip)
        return false;
    struct insn low = on_esp(r, in);
    if (src->kind == OPERAND_GPR) {
        low.op[0].text = x86_register_text(r, src->reg, 4);
        low.op[0].size = 4;
    }
    put_low_half(r, in, &low, x86_length(r, &low, false), !lea);
    return true;
}

/* mov mem, %rsp where esp can be loaded: confined without another register.  */
static bool load_low_half(struct rewriter *r, struct insn *in)
{
    const struct mem *m = &in->mem;
    bool slot = r->profile->base == LFI_BASE_SLOT;
    int64_t disp;
    if ((!slot && r->profile->base != LFI_BASE_ZERO) || !is_op(in, "mov") || in->nops != 2
        || in->mem_op != 0 || x86_dst(in)->size != 8 || m->seg
        || (!m->rip
            && (m->base == NO_REG || m->base_size != 8 || !x86_disp_constant(r, in, &disp))))
        return false;
    struct insn low = on_esp(r, in);
    low.mem.size = (struct slice){"", 0};
    struct slice *text = &low.op[0].text;
    if (!m->rip)
        *text = x86_operand_text(r, &low, slot, 4);
    else if (m->size.len && text->len > m->size.len && memcmp(text->p, m->size.p, m->size.len) == 0)
        *text = slice_trim((struct slice){text->p + m->size.len, text->len - m->size.len});
    put_low_half(r, in, &low, x86_length(r, &low, true), false);
    return true;
}

/* The instruction on r11 instead of rsp.  */
static void on_scratch(struct rewriter *r, struct insn *in)
{
    struct operand *dst = x86_dst(in);
    if (in->row->cls != INSN_PLAIN && in->row->cls != INSN_LEA && in->row->cls != INSN_MOVABS
        && in->row->cls != INSN_POP) {
        error_at(r, in->name.p,
                 "this instruction cannot set the stack pointer in a box; use mov, "
                 "add, sub, and or lea");
        return;
    }
    bool part = is_op(in, "mov") && in->op[0].kind == OPERAND_IMM && dst->size < 4;
    if (dst->kind != OPERAND_GPR || dst->reg != RSP || (dst->size != 8 && !part) || in->rex_less) {
        error_at(r, in->name.p, "the stack pointer is set as a whole; use rsp");
        return;
    }
    struct insn copy = *in;
    take_scratch(r, in);
    if (in->row->dst == ACCESS_RW || part)
        x86_read_stack(r, R11);
    const char *scratch = dst->size == 8 ? "%r11" : dst->size == 2 ? "%r11w" : "%r11b";
    copy.op[copy.nops - 1].text = (struct slice){scratch, strlen(scratch)};
    copy.op[copy.nops - 1].reg = R11;
    if (copy.mem_op >= 0 && copy.mem.seg == 'f') {
        error_at(r, in->name.p, "the stack pointer cannot be set from a variable of a thread");
        return;
    }
    if (copy.mem_op >= 0)
        x86_access_as(r, &copy, true);
    else
        x86_emit(r, &copy, x86_length(r, &copy, false), NULL);
    set_stack(r, in, R11, true);
}

/* xchg of rsp and another register */
static void exchange(struct rewriter *r, struct insn *in)
{
    struct operand *other = &in->op[in->op[0].kind == OPERAND_GPR && in->op[0].reg == RSP];
    if (in->nops != 2 || other->kind != OPERAND_GPR || other->size != 8 || !is_op(in, "xchg")) {
        error_at(r, in->name.p, "rsp can be exchanged with a 64-bit register alone");
        return;
    }
    if (other->reg == RSP) {
        out_drop(r);
        return;
    }
    take_scratch(r, in);
    x86_read_stack(r, R11);
    set_stack(r, in, other->reg, true);
    x86_put(r, 3, "mov\t%%r11, %%%s", x86_register_name(other->reg, 8));
}

static void move_by_constant(struct rewriter *r, struct insn *in, int64_t amount)
{
    bool live = x86_has_register(r, R11) && !x86_scratch_dead(r, in->stmt);
    if (amount == 0) {
        out_drop(r);
    } else if (!r->profile->drift) {
        on_low_half(r, in);
    } else if (drift_closes(r, in->stmt, look)) {
        x86_state(r)->drifting = true;
        x86_keep(r, in);
    } else if ((amount == 8 || amount == 16) && !live) {
        x86_use_scratch(r, in);
        for (; amount > 0; amount -= 8)
            x86_put(r, 2, "pop\t%%r11");
    } else if (live) {
        x86_keep(r, in);
        x86_put(r, 2, "push\t%%r11"); /* below the stack is nothing of use when it moves */
        x86_put(r, 2, "pop\t%%r11");
    } else {
        x86_use_scratch(r, in);
        x86_keep(r, in);
        x86_put(r, 4, "mov\t(%%rsp), %%r11d");
    }
}

bool x86_stack(struct rewriter *r, struct insn *in)
{
    int64_t amount;
    struct operand *src = &in->op[0];
    if (!(in->writes >> RSP & 1) || !x86_confines_stores(r))
        return false;
    if (constant_move(r, in, &amount) && amount >= -(int64_t)LFI_DRIFT_MAX
        && amount <= (int64_t)LFI_DRIFT_MAX)
        move_by_constant(r, in, amount);
    else if (in->row->dst == ACCESS_BOTH)
        exchange(r, in);
    else if (is_op(in, "mov") && in->nops == 2 && src->kind == OPERAND_GPR && src->size >= 4
             && src->size <= 8 && x86_dst(in)->size >= 4)
        set_stack(r, in, src->reg, false);
    else if (!on_low_half(r, in) && !load_low_half(r, in))
        on_scratch(r, in);
    return true;
}

static void enter(struct rewriter *r, struct insn *in)
{
    int64_t size, level;
    if (in->nops != 2)
        goto bad;
    struct slice a = in->op[0].text, b = in->op[1].text;
    if (x86_state(r)->intel) {
        struct slice first = b;
        b = a, a = first;
    }
    if (a.len && *a.p == '$')
        a.p++, a.len--;
    if (b.len && *b.p == '$')
        b.p++, b.len--;
    if (!expr_constant(r, a, &size) || !expr_constant(r, b, &level) || level != 0 || size < 0
        || size > 0xffff)
        goto bad;
    x86_put(r, 1, "push\t%%rbp");
    x86_read_stack(r, RBP);
    if (size == 0)
        return;
    unsigned len = size > 128 ? 7 : 4;
    struct low_half h = begin_low_half(r, in, len, false, false);
    x86_put(r, len, "lea\t%d(%%rsp), %%esp", -(int)size);
    end_low_half(r, h);
    return;
bad:
    error_at(r, in->name.p, "enter takes a constant size, and 0 as the level of nesting");
}

void x86_frame(struct rewriter *r, struct insn *in)
{
    if (!x86_confines_stores(r)) {
        x86_keep(r, in);
    } else if (in->row->cls == INSN_ENTER) {
        enter(r, in);
    } else {
        set_stack(r, in, RBP, false);
        x86_put(r, 1, "pop\t%%rbp");
    }
}
