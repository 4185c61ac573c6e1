/* Stack drift: whether an access through the stack pointer follows its change for certain.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"
#include "lfi_layout.h"

bool drift_closes(struct rewriter *r, const struct stmt *s,
                  enum verdict (*look)(struct rewriter *r, const struct stmt *s))
{
    const struct stmt *end = r->stmts + r->nstmts;
    if (!(s = stmt_place(r, s)))
        return false;
    while (++s < end) {
        enum verdict v = GOES_ON;
        if (s->skipped || s->kind == STMT_LABEL || s->kind == STMT_EMPTY)
            continue;
        if (s->kind == STMT_INSN)
            v = look(r, s);
        else if (!directive_is_inert(s))
            v = DOES_NOT; /* other sections, other values of symbols, ... */
        if (v != GOES_ON)
            return v == CLOSES;
    }
    return false;
}

enum verdict drift_access(int64_t disp, bool touch)
{
    if (disp < -(int64_t)LFI_DRIFT_POST || disp > (int64_t)LFI_DRIFT_MAX)
        return DOES_NOT;
    return touch ? CLOSES : GOES_ON;
}
