/* The thread pointer, and variables of threads.
   SPDX-License-Identifier: Apache-2.0

   fs is the host's; the thread pointer of the box is in its context, at 16(%r15).

     mov %fs:0, %rX            ->  mov 16(%r15), %rX
     add %fs:0, %rX            ->  mov 16(%r15), %r11; add %r11, %rX
     op %fs:d(%rB)             ->  mov 16(%r15), %r11; op d(%rB,%r11), confined
     lea v@tlsgd(%rip), %rdi   ->  (nothing)
     call __tls_get_addr           lea v@tlsdesc(%rip), %rax; call __lfi_tls_address
     lea v@tlsld(%rip), %rdi   ->  (nothing)
     call __tls_get_addr           the same with _TLS_MODULE_BASE_ for v
     lea v@tlsdesc(%rip), %rax ->  mov v@gottpoff(%rip), %rax
     call *v@tlscall(%rax)         (nothing)

   Where there is no context register the runtime is asked for the thread pointer.

   In a program the linker turns the dynamic models into the others, and the sequences of the
   compiler into code that no box allows.  Of the one here it turns only "lea v@tlsdesc(%rip),
   %rax", which loads the address of a descriptor in the box, into a load of the variable's offset
   from the thread pointer, and the function that is called can tell them apart: offsets are
   negative, or 0 for the end of the variables.  Every file that needs it has the function; one of
   them is linked.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"
#include "lfi_layout.h"

#include <string.h>

enum { TLS_GD = 1, TLS_LD };
enum { LOAD_TP = 4, MOV_GOT = 7, LEA = 4, LEA_RIP = 7 };

/* The symbol and addend before "@KIND" in the displacement; empty if it is another.  */
static struct slice before_kind(const struct insn *in, const char *kind)
{
    struct slice disp = in->mem.disp;
    const char *at = memchr(disp.p, '@', disp.len);
    size_t len = strlen(kind);
    if (!at || (size_t)(disp.p + disp.len - at - 1) < len
        || !slice_is_nocase((struct slice){at + 1, len}, kind))
        return (struct slice){"", 0};
    return (struct slice){disp.p, (size_t)(at - disp.p)};
}

/* Whether control leaves, to where r11 is dead by the ABI.  */
static bool leaves(const struct insn *in)
{
    switch (in->row->cls) {
    case INSN_CALL:
    case INSN_RET:
    case INSN_JMP:
    case INSN_SYSCALL:
        return true;
    default:
        return false;
    }
}

void x86_use_scratch(struct rewriter *r, const struct insn *in)
{
    struct x86_state *state = x86_state(r);
    if (in->reads >> R11 & 1)
        error_at(r, in->name.p,
                 "r11 is reserved for the sandbox, which needs it to rewrite this instruction; "
                 "use another register");
    else if (x86_has_register(r, R11) && !state->saved && !leaves(in)
             && !(in->writes >> R11 & 1) && !x86_scratch_dead(r, in->stmt)) {
        x86_put(r, 8, "mov\t%%r11, %d(%%rsp)", SAVED_SCRATCH);
        state->saved = true;
    }
    state->scratch = SCRATCH_LOST;
}

/* The thread pointer goes to rX; r11 is changed.  */
static void put_tp(struct rewriter *r, unsigned reg)
{
    const char *name = x86_register_name(reg, 8);
    if (r->profile->ctxreg) {
        x86_put(r, LOAD_TP, "mov\t%d(%%r15), %%%s", LFI_CTX_TP_OFFSET, name);
        return;
    }
    if (reg != RAX)
        x86_put(r, 8, "mov\t%%rax, %d(%%rsp)", SAVED_RAX);
    x86_rtcall(r, LFI_RTCALL_GET_TP);
    if (reg == RAX)
        return;
    x86_put(r, 3, "mov\t%%rax, %%%s", name);
    x86_put(r, 8, "mov\t%d(%%rsp), %%rax", SAVED_RAX);
}

/* What the instruction does: it loads the thread pointer into rX.  */
void x86_get_tp(struct rewriter *r, const struct insn *in, unsigned reg)
{
    if (!r->profile->ctxreg && reg != R11)
        x86_use_scratch(r, in);
    put_tp(r, reg);
}

/* The register that an address of the rewriter goes to: r11, or another one where r11 is the
   program's and the instruction reads it.  */
static unsigned take_holder(struct rewriter *r, const struct insn *in)
{
    struct x86_state *state = x86_state(r);
    if (!x86_has_register(r, R11) || !(in->reads >> R11 & 1)) {
        x86_use_scratch(r, in);
        return R11;
    }
    state->holder = (uint8_t)x86_other_register(in, UINT32_C(1) << RAX);
    x86_put(r, 8, "mov\t%%%s, %d(%%rsp)", x86_register_name(state->holder, 8), SAVED_HOLDER);
    return state->holder;
}

static unsigned load_tp(struct rewriter *r, const struct insn *in)
{
    struct x86_state *state = x86_state(r);
    if (state->scratch == SCRATCH_TP && r->guard_elim && !(in->reads >> R11 & 1))
        return R11;
    unsigned reg = take_holder(r, in);
    if (reg != R11) /* which the call of the runtime changes */
        x86_put(r, 8, "mov\t%%r11, %d(%%rsp)", SAVED_SCRATCH);
    put_tp(r, reg);
    if (reg != R11)
        x86_put(r, 8, "mov\t%d(%%rsp), %%r11", SAVED_SCRATCH);
    state->scratch = reg == R11 ? SCRATCH_TP : SCRATCH_LOST;
    return reg;
}

static bool is_name(struct slice name, const char *base)
{
    size_t n = strlen(base);
    return name.len >= n && slice_is_nocase((struct slice){name.p, n}, base)
           && (name.len == n || (name.len == n + 1 && (name.p[n] | 0x20) == 'q'));
}

/* Instructions on %fs:0, which holds the thread pointer itself.  */
static bool pointer_itself(struct rewriter *r, struct insn *in)
{
    static const char *const names[] = {"add", "sub", "cmp", "and", "or", "xor", "test", "push"};
    int64_t disp;
    struct operand *o = x86_dst(in);
    if (in->mem.base != NO_REG || in->mem.index != NO_REG || !x86_disp_constant(r, in, &disp)
        || disp != 0 || (x86_operand_size(in) != 8 && in->row->cls != INSN_PUSH))
        return false;
    if (is_name(in->name, "mov") && in->mem_op == 0 && o->kind == OPERAND_GPR && o->reg != RSP) {
        x86_get_tp(r, in, o->reg);
        return true;
    }
    bool known = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        known = known || is_name(in->name, names[i]);
    if (!known || in->mem_op != 0 || (in->nops == 2 && o->kind != OPERAND_GPR))
        return false;
    in->op[in->mem_op].text = x86_register_text(r, load_tp(r, in), 8);
    x86_emit(r, in, 3, NULL);
    return true;
}

/* Adds the register to the address; a third one does not fit, so two are added first.  */
static void add_register(struct rewriter *r, struct insn *in, unsigned reg)
{
    struct mem *m = &in->mem;
    const char *name = x86_register_name(reg, 8);
    if (m->base != NO_REG && m->index != NO_REG) {
        x86_put(r, LEA, "lea\t(%%%s,%%%s), %%%s", x86_register_name(m->base, 8), name, name);
        x86_state(r)->scratch = SCRATCH_LOST;
        m->base = (uint8_t)reg;
    } else if (m->base != NO_REG) {
        m->index = (uint8_t)reg;
        m->scale = (struct slice){"", 0};
    } else {
        m->base = (uint8_t)reg;
    }
}

/* The address relative to fs becomes one that r11 is part of.  */
void x86_add_tp(struct rewriter *r, struct insn *in)
{
    in->mem.seg = 0;
    add_register(r, in, load_tp(r, in));
}

/* A high byte cannot be named together with r11: it changes places with the low one.  */
static void access_with_scratch(struct rewriter *r, struct insn *in)
{
    struct operand *high = NULL;
    for (int i = 0; i < in->nops; i++)
        if (in->op[i].kind == OPERAND_GPR && in->op[i].size == 'h')
            high = &in->op[i];
    if (!high) {
        x86_access_as(r, in, true);
        return;
    }
    static const char *const low[] = {"%al", "%cl", "%dl", "%bl"};
    const char *h = x86_register_name(high->reg, 'h'), *l = low[high->reg];
    if (((in->mem.base == high->reg || in->mem.index == high->reg)) || in->nops != 2) {
        error_at(r, high->text.p,
                 "a high byte cannot be used here together with a variable of a "
                 "thread; use another register");
        return;
    }
    high->size = 1;
    high->text = (struct slice){low[high->reg], 3};
    in->rex_less = false;
    x86_put(r, 2, "xchg\t%%%s, %s", h, l);
    x86_access_as(r, in, true);
    x86_put(r, 2, "xchg\t%%%s, %s", h, l);
}

/* Something through fs, or relative to the block of a module.  */
bool x86_tls(struct rewriter *r, struct insn *in)
{
    struct mem *m = &in->mem;
    if (in->row->cls == INSN_LEA && m->seg == 'f') {
        error_at(r, in->op[in->mem_op].text.p, "lea does not look at a segment; leave it out");
        return true;
    }
    if (m->seg != 'f')
        return false;
    if (pointer_itself(r, in))
        return true;
    x86_add_tp(r, in);
    access_with_scratch(r, in);
    return true;
}

static bool is_get_addr(const struct insn *in)
{
    static const char name[] = "__tls_get_addr";
    struct slice target = in->nops == 1 ? in->op[0].text : (struct slice){"", 0};
    return memmem(target.p, target.len, name, sizeof name - 1) != NULL;
}

bool x86_is_tls_call(const struct insn *in)
{
    return in->mem_op >= 0 && before_kind(in, "tlscall").len;
}

/* Linked once, whatever its name has to be global for.  */
static const char address_function[] =
    "\t.att_syntax prefix\n"
    "\t.section .text.__lfi_tls_address, \"axG\", @progbits, __lfi_tls_address, comdat\n"
    "\t.weak __lfi_tls_address\n"
    "\t.hidden __lfi_tls_address\n"
    "\t.type __lfi_tls_address, @function\n"
    "__lfi_tls_address:\n"
    "\t.cfi_startproc\n"
    "\ttest %rax, %rax\n"
    "\tjle 1f\n"
    "\tcall *(%rax)\n"
    "1:\tadd %fs:0, %rax\n"
    "\tret\n"
    "\t.cfi_endproc\n"
    "\t.size __lfi_tls_address, .-__lfi_tls_address\n";

void x86_append(struct rewriter *r)
{
    static const char *const kinds[] = {"@tlsgd", "@tlsld", "@TLSGD", "@TLSLD"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (memmem(r->source.p, r->source.len, kinds[i], strlen(kinds[i]))) {
            rewriter_add(r, "<__lfi_tls_address>", address_function, sizeof address_function - 1);
            return;
        }
}

/* Parts of the sequences above that the assembler writes for dynamic variables.  */
bool x86_tls_sequence(struct rewriter *r, struct insn *in)
{
    struct x86_state *state = x86_state(r);
    struct operand *o = x86_dst(in);
    struct slice symbol;
    if (in->row->cls == INSN_LEA && in->mem_op == 0 && in->mem.rip) {
        if ((symbol = before_kind(in, "tlsdesc")).len && o->kind == OPERAND_GPR) {
            x86_put(r, MOV_GOT, "mov\t%S@gottpoff(%%rip), %%%s", &symbol,
                    x86_register_name(o->reg, 8));
            return true;
        }
        struct slice gd = before_kind(in, "tlsgd"), ld = before_kind(in, "tlsld");
        if (!gd.len && !ld.len)
            return false;
        state->tls = gd;
        state->tls_kind = gd.len ? TLS_GD : TLS_LD;
        out_drop(r);
        return true;
    }
    if (in->row->cls != INSN_CALL)
        return false;
    if (in->mem_op >= 0 && before_kind(in, "tlscall").len) {
        out_drop(r);
        return true;
    }
    if (!state->tls_kind || !is_get_addr(in))
        return false;
    if (state->tls_kind == TLS_LD)
        state->tls = (struct slice){"_TLS_MODULE_BASE_", 17};
    x86_put(r, LEA_RIP, "lea\t%S@tlsdesc(%%rip), %%rax", &state->tls);
    x86_call(r, "__lfi_tls_address");
    state->scratch = SCRATCH_LOST;
    state->tls_kind = 0;
    return true;
}

/* The padding that the linker's relaxation asks for within such a sequence: bytes of 0x66.  */
bool x86_tls_data(struct rewriter *r, const struct stmt *s)
{
    struct slice args = stmt_args(r, s), value;
    const struct stmt *next = s + 1, *end = r->stmts + r->nstmts;
    int64_t n;
    while (next_operand(&args, &value))
        if (!expr_constant(r, value, &n) || (n != 0x66 && n != 0x6666))
            return false;
    if (x86_state(r)->tls_kind) {
        out_drop(r);
        return true;
    }
    while (next < end && next->kind == STMT_EMPTY)
        next++;
    if (next == end || next->kind != STMT_INSN || next->name_len < 3
        || strncasecmp(r->text + next->at, "lea", 3) != 0)
        return false;
    args = stmt_args(r, next);
    if (!memmem(args.p, args.len, "@tlsgd", 6) && !memmem(args.p, args.len, "@tlsld", 6)
        && !memmem(args.p, args.len, "@TLSGD", 6) && !memmem(args.p, args.len, "@TLSLD", 6))
        return false;
    out_drop(r);
    return true;
}
