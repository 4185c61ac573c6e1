/* Guards: x28 for addresses, x30 before it can be returned through.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <string.h>

void arm64_link_opened(struct rewriter *r)
{
    struct arm64_state *state = arm64_state(r);
    state->link_open = true;
    state->link_data = state->link_lost = false;
}

void arm64_link_closed(struct rewriter *r)
{
    struct arm64_state *state = arm64_state(r);
    state->link_open = state->link_data = state->link_lost = false;
}

void arm64_guard_link(struct rewriter *r)
{
    struct arm64_state *state = arm64_state(r);
    bool lost = state->link_open ? state->link_data : state->link_lost;
    if (state->link_open && arm64_confines(r))
        out_insn(r, "add\tx30, x27, w30, uxtw");
    arm64_link_closed(r);
    state->link_lost = lost && arm64_confines(r);
}

/* Addresses are loaded, copied or computed from pc; everything else is data.  */
static bool makes_address(const struct insn *in)
{
    static const char *const names[] = {"ldr", "ldp", "ldur", "mov", "adr", "adrp", "mrs"};
    if (in->op[0].kind == OPERAND_GPR && in->op[0].reg == LINK && in->op[0].cls != 'x')
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_is_nocase(in->name, names[i]))
            return true;
    return slice_is_nocase(in->name, "add") && in->nops == 3
           && memmem(in->op[2].text.p, in->op[2].text.len, "lo12:", 5);
}

void arm64_track_link(struct rewriter *r, const struct insn *in)
{
    struct arm64_state *state = arm64_state(r);
    if (in->reads >> LINK & 1 && state->link_lost && !arm64_start_again(r))
        error_at(r, in->name.p,
                 "x30 holds data across a branch, where the sandbox makes it an "
                 "address; use another register");
    if (in->writes >> LINK & 1) {
        arm64_link_opened(r);
        state->link_data = !makes_address(in);
    }
}

void arm64_guard(struct rewriter *r, unsigned reg)
{
    struct arm64_state *state = arm64_state(r);
    if (state->guarded == reg && r->guard_elim)
        return;
    out_insn(r, "add\tx28, x27, w%d, uxtw", (int)reg);
    state->guarded = (uint8_t)reg;
}
