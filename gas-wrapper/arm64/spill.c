/* Instructions that use registers of the box as their own, or x30 for data.
   SPDX-License-Identifier: Apache-2.0

     add x25, x1, x25        ->  fmov x26, d8; add x26, x1, x26; fmov d8, x26
     stp x25, x27, [sp, #64] ->  stp d8, d10, [sp, #64]
     mov x3, x25             ->  fmov x3, d8
     eor x25, x27, x28       ->  fmov x26, d10; fmov d16, x9; fmov x9, d11; ...; fmov x9, d16

   A second register is one that the instruction does not name, kept in a vector register meanwhile.
   Where the values are in memory (units.c says when), x28 is made the address of a thread-local
   variable, which has room for registers that are kept meanwhile, too:

     ldr x26, [x25, #16]; add x26, x26, #:tprel_hi12:V, lsl #12; add x26, x26, #:tprel_lo12_nc:V;
     add x28, x27, w26, uxtw; str x9, [x28, #64]; ldr x9, [x28, #8]  */
#include "config.h"

#include "gas-wrapper/arm64/spill.h"
#include "lfi_layout.h"

#include <ctype.h>
#include <string.h>

enum { SCRATCH = 26, VARIABLE_SIZE = 128, KEPT = 64 };
static const char variable[] = "__lfi_registers";

/* A register of the program in an instruction, and the one that stands for it.  */
struct stand_in {
    int home; /* in the order of homes */
    int reg;
    bool read, written;
};

struct plan {
    const struct unit *u;
    struct stand_in in[HOMES];
    int n;
    bool memory;
};

static int register_of_home(int home)
{
    return home == LINK_HOME ? LINK : FIRST_HOME + home;
}

static const struct unit *unit_of(const struct spill *sp, size_t i)
{
    size_t low = 0, high = sp->nunits;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (sp->units[mid].first <= i)
            low = mid;
        else
            high = mid;
    }
    return &sp->units[low];
}

/* Writes that leave a part of the register as it was, or may leave all of it.  */
static bool keeps_old(const struct insn *in)
{
    static const char *const names[] = {"movk", "bfi", "bfxil", "bfm", "bfc"};
    if (in->row->cls == INSN_RMW || in->row->cls == INSN_STORE)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_is_nocase(in->name, names[i]))
            return true;
    return false;
}

static void find_stand_ins(const struct spill *sp, const struct insn *in, size_t i, struct plan *p)
{
    p->n = 0;
    for (int home = 0; home < HOMES; home++) {
        int reg = register_of_home(home);
        bool read = in->reads >> reg & 1, written = in->writes >> reg & 1;
        if (home == LINK_HOME && !sp->link_data[i])
            continue;
        if (read || written)
            p->in[p->n++] = (struct stand_in){home, 0, read || keeps_old(in), written};
    }
}

/* Whether what stands for the instruction leaves x26 to it.  */
static bool scratch_is_free(struct rewriter *r, const struct insn *in)
{
    if (in->mem_op < 0)
        return in->row->cls != INSN_LOAD || *in->op[1].text.p != '=' || in->op[0].kind == OPERAND_GPR;
    return in->mem.index == NO_REG && !(in->mem.base == SP && in->mem.mode == POST_REG)
           && !((uint64_t)arm64_state(r)->tables >> in->mem.base & 1);
}

static void choose(struct rewriter *r, const struct insn *in, struct plan *p)
{
    uint64_t taken = in->reads | in->writes | arm64_state(r)->tables | UINT64_C(1) << 18
                     | UINT64_C(1) << 29;
    bool branch = in->row->cls >= INSN_B && in->row->cls <= INSN_RET;
    int next = 9;
    for (int k = 0; k < p->n; k++) {
        if (k == 0 && (branch || (!p->memory && scratch_is_free(r, in)))) {
            p->in[k].reg = SCRATCH;
            continue;
        }
        while (taken >> next & 1)
            next = (next + 1) % 25;
        p->in[k].reg = next;
        taken |= UINT64_C(1) << next;
    }
}

/* The instruction with other registers.  */
static const struct stmt *renamed(struct rewriter *r, const struct stmt *s, const struct plan *p)
{
    struct buf out = {NULL, 0, 0};
    struct slice name = stmt_name(r, s), args = stmt_args(r, s);
    buf_put(&out, name.p, name.len);
    buf_put(&out, "\t", 1);
    for (const char *q = args.p, *end = q + args.len; q < end;) {
        const char *start = q;
        while (q < end && (isalnum((unsigned char)*q) || *q == '_' || *q == '.' || *q == '$'))
            q++;
        struct slice word = {start, (size_t)(q - start)};
        char cls;
        int reg = word.len ? arm64_register(r, word, &cls) : -1, k = 0;
        while (k < p->n && register_of_home(p->in[k].home) != reg)
            k++;
        if (k < p->n)
            buf_format(&out, "%c%d", (int)cls, p->in[k].reg);
        else
            buf_put(&out, start, word.len);
        if (word.len == 0)
            buf_put(&out, q++, 1);
    }
    struct slice text = {out.p, out.len};
    const struct stmt *made = stmt_made(r, "%S", &text);
    buf_free(&out);
    return made;
}

static void forget_guard(struct rewriter *r)
{
    arm64_state(r)->guarded = NO_REG;
}

static void address(struct rewriter *r)
{
    out_insn(r, "ldr\tx26, [x25, #%d]", LFI_CTX_TP_OFFSET);
    out_insn(r, "add\tx26, x26, #:tprel_hi12:%s, lsl #12", variable);
    out_insn(r, "add\tx26, x26, #:tprel_lo12_nc:%s", variable);
    out_insn(r, "add\tx28, x27, w26, uxtw");
    forget_guard(r);
}

static void before(struct rewriter *r, const struct plan *p)
{
    if (p->memory)
        address(r);
    for (int k = 0; k < p->n; k++) {
        const struct stand_in *s = &p->in[k];
        int home = p->u->home[s->home];
        if (p->memory) {
            if (s->reg != SCRATCH)
                out_insn(r, "str\tx%d, [x28, #%d]", s->reg, KEPT + 8 * k);
            if (s->read)
                out_insn(r, "ldr\tx%d, [x28, #%d]", s->reg, 8 * s->home);
            continue;
        }
        if (s->reg != SCRATCH)
            out_insn(r, "fmov\td%d, x%d", (int)p->u->spare[k - (p->in[0].reg == SCRATCH)], s->reg);
        if (s->read)
            out_insn(r, "fmov\tx%d, d%d", s->reg, home);
    }
    forget_guard(r);
}

static void after(struct rewriter *r, const struct plan *p)
{
    bool needed = false;
    for (int k = 0; k < p->n; k++)
        needed = needed || p->in[k].written || p->in[k].reg != SCRATCH;
    if (p->memory && needed)
        address(r);
    for (int k = 0; k < p->n; k++) {
        const struct stand_in *s = &p->in[k];
        int home = p->u->home[s->home];
        if (p->memory) {
            if (s->written)
                out_insn(r, "str\tx%d, [x28, #%d]", s->reg, 8 * s->home);
            if (s->reg != SCRATCH)
                out_insn(r, "ldr\tx%d, [x28, #%d]", s->reg, KEPT + 8 * k);
            continue;
        }
        if (s->written)
            out_insn(r, "fmov\td%d, x%d", home, s->reg);
        if (s->reg != SCRATCH)
            out_insn(r, "fmov\tx%d, d%d", s->reg, (int)p->u->spare[k - (p->in[0].reg == SCRATCH)]);
    }
    forget_guard(r);
}

/* Vector registers are moved, loaded and stored as they are.  */
static bool directly(struct rewriter *r, const struct stmt *s, const struct insn *in,
                     const struct plan *p)
{
    static const char *const names[] = {"ldr", "ldp", "ldur", "str", "stp", "stur"};
    struct buf out = {NULL, 0, 0};
    bool move = slice_is_nocase(in->name, "mov") && in->nops == 2 && in->op[1].kind == OPERAND_GPR
                && in->op[0].cls == 'x' && in->op[0].reg != SP && in->op[1].reg != SP;
    bool found = move;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        found = found || slice_is_nocase(in->name, names[i]);
    if (p->memory || !found || (!move && in->mem_op < 1))
        return false;
    buf_format(&out, "%s%S\t", move ? "f" : "", &in->name);
    for (int op = 0; op < (move ? 2 : in->mem_op); op++) {
        int k = 0;
        while (k < p->n && (in->op[op].kind != OPERAND_GPR || in->op[op].cls != 'x'
                            || in->op[op].reg != register_of_home(p->in[k].home)))
            k++;
        if (k == p->n && !move) {
            buf_free(&out);
            return false;
        }
        if (k < p->n)
            buf_format(&out, "d%d, ", (int)p->u->home[p->in[k].home]);
        else
            buf_format(&out, "%S, ", &in->op[op].text);
    }
    for (int k = 0; k < p->n; k++)
        if (in->mem_op >= 0
            && (in->mem.base == register_of_home(p->in[k].home)
                || in->mem.index == register_of_home(p->in[k].home))) {
            buf_free(&out);
            return false;
        }
    struct slice text = {out.p, out.len - (move ? 2 : 0)}, rest = {"", 0};
    if (!move)
        rest = (struct slice){in->op[in->mem_op].text.p,
                              (size_t)(r->text + s->tail - in->op[in->mem_op].text.p)};
    arm64_insn(r, stmt_made(r, "%S%S", &text, &rest));
    buf_free(&out);
    return true;
}

bool arm64_spilled(struct rewriter *r, const struct stmt *s)
{
    struct arm64_state *state = arm64_state(r);
    struct spill *sp = state->spill;
    struct insn in;
    struct plan p;
    size_t i = (size_t)(r->cur - r->stmts);
    if (!sp || r->made_len || s != r->cur || !arm64_parse(r, s, &in, false))
        return false;
    find_stand_ins(sp, &in, i, &p);
    if (p.n == 0)
        return false;
    p.u = unit_of(sp, i);
    if (p.u->refused)
        return false;
    p.memory = p.u->home[p.in[0].home] == IN_MEMORY;
    if (p.memory && arm64_tp_is_call(r)) {
        error_at(r, in.name.p,
                 "this function uses registers that are reserved for the sandbox and leaves too few "
                 "vector registers to keep them in; this profile has no other place");
        return true;
    }
    state->spilling = true;
    if (!directly(r, s, &in, &p)) {
        choose(r, &in, &p);
        before(r, &p);
        arm64_insn(r, renamed(r, s, &p));
        if (in.row->cls < INSN_B || in.row->cls > INSN_RET)
            after(r, &p);
    }
    state->spilling = false;
    return true;
}

void arm64_spill_end(struct rewriter *r)
{
    const struct spill *sp = arm64_state(r)->spill;
    if (!sp || !sp->memory)
        return;
    out_text(r,
             ".pushsection .tbss.%s,\"awTG\",%%nobits,%s,comdat; .global %s; .hidden %s; "
             ".type %s,%%tls_object; .balign 16; %s: .zero %d; .popsection\n",
             variable, variable, variable, variable, variable, variable, VARIABLE_SIZE);
}
