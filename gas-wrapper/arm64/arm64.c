/* The arm64 back end: one instruction at a time.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/spill.h"

#include <string.h>

enum { ADR_REACH = 1 << 20 };

static void forget(struct rewriter *r)
{
    arm64_state(r)->guarded = NO_REG;
}

static void label(struct rewriter *r, const struct stmt *s)
{
    forget(r);
    arm64_state(r)->tables = 0;
    if (!arm64_meters(r) || !r->sections.now->section->exec || r->disabled
        || !symbol_is_indirect(r, s))
        return;
    arm64_align(r);
    out_follow(r);
}

/* Before an alignment of the input: words of padding.  */
static bool align(struct rewriter *r, uint64_t bytes, uint64_t most)
{
    r->sections.now->uncharged += (int)((most < bytes ? most : bytes) / 4);
    return false;
}

static void end(struct rewriter *r)
{
    arm64_spill_end(r);
    arm64_meter_end(r);
}

static void begin(struct rewriter *r)
{
    struct spill *spill = r->again ? arm64_find_units(r) : NULL;
    *arm64_state(r) = (struct arm64_state){.guarded = NO_REG, .spill = spill};
}

/* Nothing may stay open where the order of the text is no longer that of the code.  */
static void barrier(struct rewriter *r)
{
    arm64_guard_link(r);
    forget(r);
}

static void adr(struct rewriter *r, struct insn *in)
{
    if (in->nops != 2)
        error_at(r, in->name.p, "adr has two operands");
    else if (*in->op[1].text.p == ':')
        out_keep(r); /* a relocation for the linker, which knows the distance */
    else if (in->op[0].kind == OPERAND_GPR && arm64_table_address(r, in))
        out_branch(r, ADR_REACH, in->op[1].text, NULL);
}

static void plain(struct rewriter *r, struct insn *in)
{
    for (int i = 0; i < in->nops; i++) /* "p10" alone may be a symbol */
        if (in->op[i].kind == OPERAND_SVE
            && (i == 0 || memchr(in->op[i].text.p, '.', in->op[i].text.len))) {
            error_at(r, in->op[i].text.p, "no profile allows SVE");
            return;
        }
    if (in->writes >> SP & 1 && arm64_confines(r))
        arm64_stack(r, in);
    else
        out_keep(r);
}

static void dispatch(struct rewriter *r, struct insn *in)
{
    switch (in->row->cls) {
    case INSN_PLAIN:
        plain(r, in);
        break;
    case INSN_ADR:
        adr(r, in);
        break;
    case INSN_LOAD:
    case INSN_STORE:
    case INSN_RMW:
    case INSN_PREFETCH:
        arm64_memory(r, in);
        break;
    case INSN_B:
    case INSN_BL:
    case INSN_COND:
    case INSN_CBZ:
    case INSN_TBZ:
    case INSN_BR:
    case INSN_BLR:
    case INSN_RET:
        arm64_branch(r, in);
        break;
    default:
        arm64_system(r, in);
    }
}

void arm64_insn(struct rewriter *r, const struct stmt *s)
{
    struct arm64_state *state = arm64_state(r);
    struct insn in;
    if (!s->insn) {
        struct slice name = stmt_name(r, s);
        error_at(r, name.p, "unknown instruction '%.*s'", (int)(name.len < 40 ? name.len : 40),
                 name.p);
        return;
    }
    if (((const struct row *)s->insn)->cls == INSN_DENY) {
        struct slice name = stmt_name(r, s);
        error_at(r, name.p, "'%.*s' is not allowed in a box", (int)name.len, name.p);
        return;
    }
    if (state->spill && arm64_spilled(r, s))
        return;
    if (!arm64_parse(r, s, &in, true))
        return;
    arm64_meter_begin(r);
    arm64_meter_line(r);
    if (in.mem_op >= 0 && in.mem.base == SP)
        state->drifting = false;
    if (!arm64_oblivious(r, &in))
        dispatch(r, &in);
    arm64_cut_address(r, &in);
    if (state->guarded != NO_REG && in.writes >> state->guarded & 1)
        forget(r);
    if (in.row->cls >= INSN_B && in.row->cls <= INSN_RET)
        state->tables = 0;
    else if (in.row->cls != INSN_ADR)
        state->tables &= (uint32_t)~in.writes;
    arm64_track_link(r, &in);
}

static bool names_target(const void *insn, struct slice args)
{
    enum insn_class cls = ((const struct row *)insn)->cls;
    return args.len && cls >= INSN_B && cls <= INSN_TBZ;
}

static bool flow_ends(const struct stmt *s)
{
    const struct row *row = s->insn;
    return row->cls == INSN_B || row->cls == INSN_BR || row->cls == INSN_RET;
}

const struct arch arch_arm64 = {
    .id = LFI_ARCH_AARCH64,
    .gas = "aarch64-linux-gnu-as",
    .package = "binutils-aarch64-linux-gnu",
    .line_comment = '#',
    .slash_slash = true,
    .separator = ';',
    .insn_size = 4,
    .zero_traps = true,
    .find_insn = arm64_find_insn,
    .state_size = sizeof(struct arm64_state),
    .begin = begin,
    .insn = arm64_insn,
    .label = label,
    .barrier = barrier,
    .data = arm64_data,
    .code_data = arm64_code_data,
    .flow_ends = flow_ends,
    .names_target = names_target,
    .offset_tables = true,
    .align = align,
    .end = end,
    .expand_branch = arm64_expand_branch,
    .branch_growth = 4,
    .register_number = arm64_register_number,
};
