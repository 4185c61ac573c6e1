/* The arm64 back end: one instruction at a time.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <string.h>

enum { ADR_REACH = 1 << 20 };

static void forget(struct rewriter *r)
{
    arm64_state(r)->guarded = NO_REG;
}

static void label(struct rewriter *r, const struct stmt *s)
{
    (void)s;
    forget(r);
}

static void begin(struct rewriter *r)
{
    *arm64_state(r) = (struct arm64_state){.guarded = NO_REG};
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
    else
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

static void insn(struct rewriter *r, const struct stmt *s)
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
    if (!arm64_parse(r, s, &in, true))
        return;
    dispatch(r, &in);
    if (state->guarded != NO_REG && in.writes >> state->guarded & 1)
        forget(r);
    arm64_track_link(r, &in);
}

/* Words that are allowed as they stand: traps, and hints that do nothing or write x17.  */
static bool harmless(uint64_t word)
{
    if (word < 0x10000 || (word & ~UINT64_C(0x1fffe0)) == 0xd4200000) /* udf, brk */
        return true;
    if ((word & ~UINT64_C(0xfe0)) != 0xd503201f)
        return false;
    unsigned hint = word >> 5 & 0x7f;
    return hint < 2 || (hint >= 8 && hint <= 14 && hint % 2 == 0)
           || (hint >= 32 && hint <= 38 && hint % 2 == 0);
}

static bool data(struct rewriter *r, const struct stmt *s)
{
    struct slice rest = stmt_args(r, s), value;
    int64_t word;
    if (s->directive->arg != 4)
        return false;
    while (next_operand(&rest, &value)) {
        if (!expr_constant(r, value, &word) || !harmless((uint64_t)word))
            return false;
        r->sections.now->pos += 4;
    }
    return true;
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
    .insn = insn,
    .label = label,
    .barrier = barrier,
    .data = data,
    .expand_branch = arm64_expand_branch,
    .branch_growth = 4,
    .register_number = arm64_register_number,
};
