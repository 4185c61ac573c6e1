/* Where x30 is data: the values that may meet in one instruction are of one kind.
   SPDX-License-Identifier: Apache-2.0

   A value is a link if it comes with the call, is made by one, or goes into a return; data if
   anything computes with it or takes it for an address.  Loads, stores and copies say nothing.
   What may reach the same use is one value; where x30 is not read again nothing meets.  */
#include "config.h"

#include "gas-wrapper/arm64/spill.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

enum { IS_LINK = 1, IS_DATA = 2, NONE = 0, ENTRY = 1, FIRST = 2 };

struct webs {
    struct rewriter *r;
    const struct unit *u;
    bool *live;       /* by statement: x30 is read before it is written */
    uint32_t *parent; /* values: the one at entry, and by statement what it makes or lets meet */
    uint8_t *kind;
};

static uint32_t find(struct webs *w, uint32_t v)
{
    while (w->parent[v] != v)
        v = w->parent[v] = w->parent[w->parent[v]];
    return v;
}

static void join(struct webs *w, uint32_t a, uint32_t b)
{
    if (a == NONE || b == NONE)
        return;
    a = find(w, a), b = find(w, b);
    w->parent[a] = b;
    w->kind[b] |= w->kind[a];
}

static uint32_t value_at(const struct webs *w, size_t i)
{
    return (uint32_t)(i - w->u->first) + FIRST;
}

size_t arm64_label_in(struct rewriter *r, const struct unit *u, size_t from, struct slice label)
{
    size_t digits = 0;
    while (digits < label.len && label.p[digits] >= '0' && label.p[digits] <= '9')
        digits++;
    if (digits && digits + 1 == label.len) {
        bool back = label.p[digits] == 'b';
        for (size_t i = from; i >= u->first && i < u->end; back ? i-- : i++) {
            const struct stmt *s = &r->stmts[i];
            if (s->kind == STMT_LABEL && !s->skipped && s->name_len == digits
                && memcmp(r->text + s->at, label.p, digits) == 0)
                return i;
            if (i == 0 && back)
                break;
        }
        return SIZE_MAX;
    }
    const struct symbol *s = label.len ? symbol_find(r, label.p, label.len) : NULL;
    return s && s->unit && s->stmt >= u->first && s->stmt < u->end ? s->stmt : SIZE_MAX;
}

/* Reads and writes of x30, and what they say of the value.  */
struct effect {
    bool reads, writes, ends;
    uint8_t read_kind, write_kind;
    size_t target; /* statement, SIZE_MAX if none */
};

static bool is_transfer(const struct insn *in)
{
    static const char *const names[] = {"ldr", "ldp", "ldur", "str", "stp", "stur", "mov"};
    if (in->mem_op >= 0 && (in->mem.base == LINK || in->mem.index == LINK))
        return false;
    for (int i = 0; i < in->nops; i++)
        if (in->op[i].kind == OPERAND_GPR && in->op[i].reg == LINK && in->op[i].cls != 'x')
            return false;
    if (slice_is_nocase(in->name, "mov") && (in->nops != 2 || in->op[1].kind != OPERAND_GPR))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_is_nocase(in->name, names[i]))
            return true;
    return false;
}

static struct effect effect_of(struct webs *w, size_t i)
{
    const struct stmt *s = &w->r->stmts[i];
    struct effect e = {.target = SIZE_MAX};
    struct insn in;
    if (s->kind != STMT_INSN || s->skipped || !s->insn || !arm64_parse(w->r, s, &in, false))
        return e;
    struct slice label = arm64_target(&in);
    e.reads = in.reads >> LINK & 1;
    e.writes = in.writes >> LINK & 1;
    e.read_kind = e.write_kind = is_transfer(&in) ? 0 : IS_DATA;
    /* A read of what it writes: movk, bfi.  */
    if (e.writes && slice_is_nocase((struct slice){in.name.p, in.name.len < 2 ? in.name.len : 2}, "bf"))
        e.reads = true;
    if (e.writes && slice_is_nocase(in.name, "movk"))
        e.reads = true;
    switch (in.row->cls) {
    case INSN_RET:
        e.reads = in.nops == 0 || in.op[0].reg == LINK;
        e.read_kind = IS_LINK;
        e.ends = true;
        break;
    case INSN_BR:
        e.reads = e.ends = true;
        e.read_kind = IS_LINK;
        break;
    case INSN_BL:
    case INSN_BLR:
        e.writes = true;
        e.read_kind = e.write_kind = IS_LINK;
        break;
    case INSN_LINK:
        e.reads = e.writes = true;
        e.read_kind = e.write_kind = IS_LINK;
        break;
    case INSN_B:
        e.ends = true;
        break;
    default:
        break;
    }
    if (label.len && in.row->cls != INSN_BL) {
        e.target = arm64_label_in(w->r, w->u, i, label);
        if (e.target == SIZE_MAX) { /* a function goes on for this one */
            e.read_kind = (uint8_t)(IS_LINK | (e.reads ? e.read_kind : 0));
            e.reads = true;
        }
    }
    return e;
}

static void find_live(struct webs *w, const struct effect *effects)
{
    bool changed = true;
    while (changed) {
        changed = false;
        bool after = true; /* the next function */
        for (size_t n = w->u->end - w->u->first; n-- > 0;) {
            const struct effect *e = &effects[n];
            bool live = e->ends ? false : after;
            if (e->target != SIZE_MAX)
                live = live || w->live[e->target - w->u->first];
            live = e->reads || (live && !e->writes);
            changed = changed || live != w->live[n];
            w->live[n] = after = live;
        }
    }
}

static void find_webs(struct webs *w, const struct effect *effects)
{
    uint32_t now = ENTRY;
    for (size_t i = w->u->first; i < w->u->end; i++) {
        size_t n = i - w->u->first;
        const struct effect *e = &effects[n];
        uint32_t here = value_at(w, i);
        const struct stmt *s = &w->r->stmts[i];
        if (s->kind == STMT_LABEL && !s->skipped) {
            if (w->live[n])
                join(w, now, here);
            now = here;
            continue;
        }
        if (e->reads && now != NONE)
            w->kind[find(w, now)] |= e->read_kind;
        if (e->writes) {
            w->kind[find(w, here)] |= e->write_kind;
            now = here;
        }
        if (e->target != SIZE_MAX && w->live[e->target - w->u->first])
            join(w, now, value_at(w, e->target));
        if (e->ends)
            now = NONE;
    }
}

/* The kind of what each statement reads and writes, once all is known.  */
static bool assign_kinds(struct webs *w, struct spill *sp, struct unit *u,
                         const struct effect *effects)
{
    uint32_t now = ENTRY;
    for (size_t i = u->first; i < u->end; i++) {
        const struct effect *e = &effects[i - u->first];
        uint32_t here = value_at(w, i), before = now;
        if (w->r->stmts[i].kind == STMT_LABEL && !w->r->stmts[i].skipped) {
            now = here;
            continue;
        }
        uint8_t read = e->reads && before != NONE ? w->kind[find(w, before)] : 0;
        uint8_t written = e->writes ? w->kind[find(w, here)] : 0;
        if (((read | written) & IS_DATA) && ((read | written) & IS_LINK)) {
            error_at(w->r, w->r->text + w->r->stmts[i].at,
                     "x30 may hold data or a return address here, and the sandbox treats them "
                     "differently; use another register");
            return false;
        }
        if ((read | written) & IS_DATA) {
            sp->link_data[i] = 1;
            u->used |= 1u << LINK_HOME;
        }
        if (e->writes)
            now = here;
        if (e->ends)
            now = NONE;
    }
    return true;
}

static bool names_link(struct rewriter *r, const struct unit *u)
{
    for (size_t i = u->first; i < u->end; i++) {
        struct insn in;
        const struct stmt *s = &r->stmts[i];
        if (s->kind == STMT_INSN && !s->skipped && s->insn && arm64_parse(r, s, &in, false)
            && (in.reads | in.writes) >> LINK & 1)
            return true;
    }
    return false;
}

bool arm64_find_link_data(struct rewriter *r, struct spill *sp, struct unit *u)
{
    size_t n = u->end - u->first;
    if (!names_link(r, u))
        return true;
    struct webs w = {.r = r, .u = u};
    struct effect *effects = tool_alloc((n + 1) * sizeof *effects);
    w.live = tool_alloc(n + 1);
    w.parent = tool_alloc((n + FIRST) * sizeof *w.parent);
    w.kind = tool_alloc(n + FIRST);
    for (size_t i = 0; i < n + FIRST; i++)
        w.parent[i] = (uint32_t)i;
    w.kind[ENTRY] = IS_LINK;
    for (size_t i = 0; i < n; i++)
        effects[i] = effect_of(&w, u->first + i);
    find_live(&w, effects);
    find_webs(&w, effects);
    bool ok = assign_kinds(&w, sp, u, effects);
    free(effects);
    free(w.live);
    free(w.parent);
    free(w.kind);
    return ok;
}
