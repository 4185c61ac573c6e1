/* The x86-64 back end: one instruction at a time.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>

static void begin(struct rewriter *r)
{
    *x86_state(r) = (struct x86_state){.scratch = SCRATCH_LOST};
    x86_state(r)->hands = x86_scratch_handed(r);
}

static void straight_line_end(struct rewriter *r)
{
    struct x86_state *state = x86_state(r);
    if (state->prefix) {
        error_at(r, r->text + state->prefix->at, "there is no instruction to this prefix");
        state->prefix = NULL;
        state->prefixes = 0;
    }
    if (state->tls_kind) {
        error_at(r, r->text + r->cur->at, "there is no call of __tls_get_addr to this address");
        state->tls_kind = 0;
    }
    state->scratch = SCRATCH_LOST;
}

static void barrier(struct rewriter *r)
{
    straight_line_end(r);
    x86_anywhere(r);
}

/* The loop in which GCC probes the pages of a large frame: r11, set before it, says where it ends.
   From here to where that is compared all is straight, and so the value is there each time.  The
   branch back may take r11 where instructions are counted.  */
static bool probes_stack(const struct rewriter *r, const struct stmt *s)
{
    return r->profile->meter == LFI_METER_NONE && s->symbol && s->symbol->len > 6
           && memcmp(s->symbol->name, ".LPSRL", 6) == 0;
}

static void label(struct rewriter *r, const struct stmt *s)
{
    if (!r->sections.now->section->exec || r->disabled)
        return;
    enum scratch kept = probes_stack(r, s) ? x86_state(r)->scratch : SCRATCH_LOST;
    straight_line_end(r);
    x86_state(r)->scratch = kept;
    if (!symbol_is_indirect(r, s))
        return;
    /* Compilers have flags live there if one lets them, and the masking of the jump changes them.
     */
    if (s->symbol && !s->symbol->exported && x86_confines(r) && x86_flags_used(r, s))
        error_at(r, r->text + s->at,
                 "flags are used behind this label, which an indirect jump may reach, and a box's "
                 "indirect jumps change them; compile with -fno-crossjumping -fno-compare-elim "
                 "(GCC), -mllvm -disable-peephole (clang)");
    x86_align(r);
    out_keep(r);
}

static void nop(struct rewriter *r, struct insn *in)
{
    if (in->nops == 0 && in->name.len == 3)
        x86_keep(r, in);
    else
        x86_put(r, 1, "nop");
}

/* What stands for it has the same operands.  */
static void ordinary(struct rewriter *r, struct insn *in)
{
    in->name = (struct slice){in->row->detail, strlen(in->row->detail)};
    in->prefixes = 0;
    if (in->mem_op >= 0 && !x86_tls(r, in)) {
        in->mem.seg = 0;
        x86_access_as(r, in, true);
    } else if (in->mem_op < 0) {
        x86_emit(r, in, in->row->opcode, NULL);
    }
}

/* A constant, or memory at a constant address of 64 bits, of which the low half counts.  */
static void movabs(struct rewriter *r, struct insn *in)
{
    if (in->mem_op < 0) {
        if (!x86_stack(r, in))
            x86_keep(r, in);
        return;
    }
    const char *accumulator = x86_register_name(RAX, x86_operand_size(in));
    struct slice address = in->mem.disp;
    if (in->nops != 2 || in->mem.seg == 'f' || in->mem.base != NO_REG || in->mem.index != NO_REG) {
        error_at(r, in->name.p, "movabs moves between rax and a constant address");
        return;
    }
    x86_use_scratch(r, in);
    x86_put(r, 10, "movabs\t$%S, %%r11", &address);
    x86_through_scratch(r, 6, "mov", accumulator, in->mem_op == 1);
}

/* GCC writes it for some processors, which document it no more than others do: a register of
   the x87 is freed, then the top, which may be the same, as when it is popped.  */
static void ffreep(struct rewriter *r, struct insn *in)
{
    if (in->nops != 1 || in->op[0].kind != OPERAND_VECTOR) {
        error_at(r, in->name.p, "ffreep frees one register of the x87");
        return;
    }
    in->name = (struct slice){"ffree", 5};
    x86_emit(r, in, in->row->opcode, NULL);
    x86_put(r, 2, "ffree\t%%st");
    x86_put(r, 2, "fincstp");
}

static void dispatch(struct rewriter *r, struct insn *in)
{
    switch (in->row->cls) {
    case INSN_PLAIN:
    case INSN_PUSH:
    case INSN_POP:
        if (!x86_stack(r, in))
            x86_access(r, in);
        break;
    case INSN_LEA:
        if (x86_tls_sequence(r, in) || x86_stack(r, in))
            break;
        if (in->mem_op >= 0 && in->mem.seg == 'f')
            x86_tls(r, in);
        else
            x86_keep(r, in);
        break;
    case INSN_MOVABS:
        movabs(r, in);
        break;
    case INSN_NOP:
        nop(r, in);
        break;
    case INSN_ORDINARY:
        ordinary(r, in);
        break;
    case INSN_FFREEP:
        ffreep(r, in);
        break;
    case INSN_BIT_TEST:
        if (!x86_stack(r, in))
            x86_bit_test(r, in);
        break;
    case INSN_XLAT:
        x86_xlat(r, in);
        break;
    case INSN_STRING:
        x86_string(r, in);
        break;
    case INSN_ENTER:
    case INSN_LEAVE:
        x86_frame(r, in);
        break;
    case INSN_SYSCALL:
    case INSN_TP:
        x86_system(r, in);
        break;
    case INSN_CALL:
        if (!x86_tls_sequence(r, in))
            x86_branch(r, in);
        break;
    default:
        x86_branch(r, in);
    }
}

/* r11 is the program's from where it writes it to where the rewriter needs it, as far as
   that is on one straight line.  */
static bool scratch_ok(struct rewriter *r, const struct insn *in)
{
    if (!(in->reads >> R11 & 1) || x86_state(r)->scratch == SCRATCH_USER
        || x86_has_register(r, R11))
        return true;
    error_at(r, in->name.p,
             "r11 is reserved for the sandbox: it is the rewriter's scratch register; use another "
             "register");
    return false;
}

/* Prefixes that have no place in a box, or none before this instruction.  */
static bool prefixes_ok(struct rewriter *r, const struct insn *in)
{
    const char *what = NULL;
    bool memory = in->mem_op >= 0 && in->row->cls != INSN_NOP;
    if (in->prefixes & PREFIX_ADDR32 && (memory || in->row->cls == INSN_STRING)
        && in->row->cls != INSN_LEA && !(in->mem.base_size == 4 && x86_confines_stores(r)))
        what = "addresses of 32 bits are not in a box; leave the prefix out";
    else if (in->prefixes & PREFIX_DATA16 && in->row->cls != INSN_NOP && in->row->cls != INSN_LEA
             && in->row->cls != INSN_CALL)
        what = "the prefix data16 is not allowed before this instruction";
    else if (in->prefixes & PREFIX_LOCK
             && (in->mem_op < 0 || (in->row->dst != ACCESS_RW && in->row->dst != ACCESS_BOTH)
                 || !x86_written(in, in->mem_op)))
        what = "the prefix lock is not allowed before this instruction";
    if (what)
        error_at(r, in->name.p, "%s", what);
    return !what;
}

void x86_take_prefix(struct rewriter *r, const struct insn *in, const struct stmt *s)
{
    struct x86_state *state = x86_state(r);
    state->prefixes |= in->prefixes;
    state->prefix = s;
    out_drop(r);
}

/* A prefix in a statement of its own belongs to the next instruction.  */
static bool take_prefix(struct rewriter *r, struct insn *in)
{
    struct x86_state *state = x86_state(r);
    if (in->row->cls == INSN_PREFIX) {
        x86_take_prefix(r, in, in->stmt);
        return true;
    }
    in->prefixes |= state->prefixes;
    return false;
}

/* The program's own, which x86_use_scratch saved.  */
static void restore_scratch(struct rewriter *r, const struct insn *in)
{
    struct x86_state *state = x86_state(r);
    int moved = in->row->cls == INSN_PUSH ? -8 : in->row->cls == INSN_POP ? 8 : 0;
    if (state->holder)
        x86_put(r, 8, "mov\t%d(%%rsp), %%%s", SAVED_HOLDER - moved,
                x86_register_name(state->holder, 8));
    if (state->saved)
        x86_put(r, 8, "mov\t%d(%%rsp), %%r11", SAVED_SCRATCH - moved);
    if (state->saved || state->holder)
        state->scratch = SCRATCH_LOST;
    state->saved = false;
    state->holder = 0;
}

void x86_insn(struct rewriter *r, const struct stmt *s)
{
    struct x86_state *state = x86_state(r);
    struct insn in;
    struct slice name = stmt_name(r, s);
    int shown = (int)(name.len < 40 ? name.len : 40);
    if (!s->insn) {
        error_at(r, name.p, "unknown instruction '%.*s'", shown, name.p);
        return;
    }
    if (!x86_parse(r, s, &in, true))
        return;
    if (in.row->cls == INSN_DENY) {
        error_at(r, in.name.p, "'%.*s' is not allowed in a box", (int)in.name.len, in.name.p);
        return;
    }
    if (take_prefix(r, &in))
        return;
    if (!state->prefixes && !state->tls_kind && !state->drifting)
        x86_meter_line(r);
    if (in.row->cls == INSN_PUSH || in.row->cls == INSN_POP || in.row->cls == INSN_CALL
        || in.row->cls == INSN_RET || (in.mem_op >= 0 && in.mem.base == RSP))
        state->drifting = false;
    state->fuses = x86_confines(r) && x86_fuses(r, &in);
    if (scratch_ok(r, &in) && prefixes_ok(r, &in)) {
        x86_oblivious(r, &in);
        dispatch(r, &in);
    }
    state->changed = false;
    state->fuses = false;
    restore_scratch(r, &in);
    if (in.writes >> R11 & 1)
        state->scratch = SCRATCH_USER;
    state->prefixes = 0;
    state->prefix = NULL;
}

static void syntax(struct rewriter *r, const struct stmt *s)
{
    barrier(r);
    x86_syntax(r, s);
}

static void end(struct rewriter *r)
{
    x86_end(r);
}

static bool flow_ends(const struct stmt *s)
{
    const struct row *row = ((const struct mnemonic *)s->insn)->row;
    return row->cls == INSN_JMP || row->cls == INSN_RET;
}

const struct arch arch_x86_64 = {
    .id = LFI_ARCH_X86_64,
    .gas = "x86_64-linux-gnu-as",
    .package = "binutils-x86-64-linux-gnu",
    .line_comment = '#',
    .comment = '#',
    .slash_line = true,
    .separator = ';',
    .brace_names = true,
    .align_bytes = true,
    .any_order = true,
    .find_insn = x86_find_insn,
    .state_size = sizeof(struct x86_state),
    .append = x86_append,
    .begin = begin,
    .insn = x86_insn,
    .label = label,
    .barrier = barrier,
    .data = x86_data,
    .code_data = x86_code_data,
    .flow_ends = flow_ends,
    .names_target = x86_names_target,
    .align = x86_align_input,
    .syntax = syntax,
    .end = end,
};
