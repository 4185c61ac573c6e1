/* Guards: x28 for addresses, x30 before it can be returned through.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

void arm64_guard_link(struct rewriter *r)
{
    struct arm64_state *state = arm64_state(r);
    if (state->link_open && arm64_confines(r))
        out_insn(r, "add\tx30, x27, w30, uxtw");
    state->link_open = false;
}

void arm64_guard(struct rewriter *r, unsigned reg)
{
    struct arm64_state *state = arm64_state(r);
    if (state->guarded == reg && r->guard_elim)
        return;
    out_insn(r, "add\tx28, x27, w%d, uxtw", (int)reg);
    state->guarded = (uint8_t)reg;
}
