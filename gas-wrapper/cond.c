/* Conditional assembly.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <string.h>

static struct slice strip_quotes(struct slice s)
{
    if (s.len >= 2 && *s.p == '"' && s.p[s.len - 1] == '"')
        return (struct slice){s.p + 1, s.len - 2};
    return s;
}

static bool same(struct slice args)
{
    struct slice first, second = {args.p, 0};
    if (!next_operand(&args, &first))
        return true;
    next_operand(&args, &second);
    first = strip_quotes(first), second = strip_quotes(second);
    return first.len == second.len && memcmp(first.p, second.p, first.len) == 0;
}

/* The value of a condition; an error if the rewriter cannot know it.  */
static bool condition(struct rewriter *r, int which, struct slice args)
{
    int64_t n = 0;
    struct symbol *sym;
    switch (which) {
    case IF_DEF:
    case IF_NDEF:
        sym = symbol_find(r, args.p, args.len);
        return (sym && sym->defined) == (which == IF_DEF);
    case IF_BLANK:
    case IF_NBLANK:
        return (args.len == 0) == (which == IF_BLANK);
    case IF_SAME:
    case IF_DIFFERENT:
        return same(args) == (which == IF_SAME);
    }
    if (!expr_constant(r, args, &n))
        error_at(r, args.p, "the rewriter cannot know the value of this condition");
    return which == IF_EQ   ? n == 0
           : which == IF_GE ? n >= 0
           : which == IF_GT ? n > 0
           : which == IF_LE ? n <= 0
           : which == IF_LT ? n < 0
                            : n != 0;
}

bool cond_directive(struct rewriter *r, struct conditionals *c, int which, uint32_t at,
                 struct slice args)
{
    if (which < IF_ELSEIF) {
        if (c->depth == IF_DEPTH) {
            error_at(r, r->text + at, "more than %d nested conditionals", IF_DEPTH);
            return false;
        }
        bool on = !c->off && condition(r, which, args);
        c->ifs[c->depth].outer_off = c->off;
        c->ifs[c->depth].at = at;
        c->ifs[c->depth++].taken = on;
        c->off = !on;
        return true;
    }
    if (c->depth <= c->floor) {
        error_at(r, r->text + at, "there is no .if to this");
        return true;
    }
    bool outer_off = c->ifs[c->depth - 1].outer_off, *taken = &c->ifs[c->depth - 1].taken;
    if (which == IF_ENDIF) {
        c->off = outer_off;
        c->depth--;
    } else {
        c->off = outer_off || *taken || (which == IF_ELSEIF && !condition(r, IF_NE, args));
        *taken = *taken || !c->off;
    }
    return true;
}
