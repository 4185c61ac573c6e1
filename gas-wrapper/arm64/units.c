/* Which functions use registers of the box as their own, and where these values can be.
   SPDX-License-Identifier: Apache-2.0

   x25 to x28 belong to the callee as the low halves of v8 to v15 do.  So where a function names
   four of those nowhere, renaming is all: it saves and restores d8 where it saved and restored
   x25, and whom it calls preserves it.  Functions that share registers, because one calls or
   jumps to the other and that does not save them first, get the same names.  x30 as data never
   outlives a call, and goes to a vector register that calls may change.

   Where vector registers do not suffice, all of it is in a thread-local variable.  */
#include "config.h"

#include "gas-wrapper/arm64/spill.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

static bool is_number(const char *p, size_t len, int *n)
{
    *n = 0;
    if (len == 0 || len > 2)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *n = 10 * *n + p[i] - '0';
    }
    return *n < 32;
}

/* Vector registers that the text names, lists with "-" included.  */
static uint32_t vectors_in(struct rewriter *r, struct slice text)
{
    uint32_t set = 0;
    int last = -1;
    bool range = false;
    for (const char *p = text.p, *end = p + text.len; p < end;) {
        const char *start = p;
        int n;
        char cls = 0;
        while (p < end && (isalnum((unsigned char)*p) || *p == '_' || *p == '$'))
            p++;
        size_t len = (size_t)(p - start);
        if (len == 0) {
            range = *p == '-' || (range && (*p == ' ' || *p == '\t'));
            p++;
            continue;
        }
        if (!strchr("vbhsdqVBHSDQ", *start) || !is_number(start + 1, len - 1, &n))
            n = r->has_aliases ? arm64_register_number(r, (struct slice){start, len}, &cls) : -1;
        if (n >= 0 && n < 32 && cls != 'x' && cls != 'w') {
            for (int i = range && last >= 0 ? last : n; i <= n; i++)
                set |= UINT32_C(1) << i;
            last = n;
        }
        range = false;
        while (p < end && *p == '.') /* shape */
            for (p++; p < end && isalnum((unsigned char)*p);)
                p++;
    }
    return set;
}

static bool saves_on_stack(const struct insn *in)
{
    return in->row->cls == INSN_STORE && in->mem_op >= 0 && in->mem.base == SP;
}

/* What the instruction adds to what is known of the unit.  */
static void look(struct rewriter *r, struct unit *u, const struct stmt *s)
{
    struct insn in;
    uint32_t vectors = vectors_in(r, stmt_args(r, s)), kept = vectors & 0xff00;
    if (!s->insn || !arm64_parse(r, s, &in, false))
        return;
    unsigned used = (in.reads | in.writes) >> FIRST_HOME & 15;
    if (used & ~u->used && !(saves_on_stack(&in) && !(used >> (in.mem.base - FIRST_HOME) & 1)))
        u->saves = false;
    if (kept & ~u->vectors && !saves_on_stack(&in))
        u->saves_vectors = false;
    u->used |= used;
    u->vectors |= vectors;
}

static void begin_unit(struct spill *sp, size_t i)
{
    if (sp->nunits)
        sp->units[sp->nunits - 1].end = i;
    if ((sp->nunits & (sp->nunits + 1)) == 0) /* full at 2^n - 1 */
        sp->units = tool_realloc(sp->units, 2 * (sp->nunits + 1) * sizeof *sp->units);
    sp->units[sp->nunits] =
        (struct unit){.first = i, .saves = true, .saves_vectors = true, .parent = sp->nunits};
    sp->nunits++;
}

static void cut(struct rewriter *r, struct spill *sp)
{
    bool fresh = true; /* no instruction yet */
    sp->nunits = 0;
    begin_unit(sp, 0);
    for (size_t i = 0; i < r->nstmts; i++) {
        struct stmt *s = &r->stmts[i];
        if (s->skipped)
            continue;
        if (s->kind == STMT_ALIAS) {
            char cls;
            int n = arm64_register_number(r, stmt_args(r, s), &cls);
            set_alias(r, (struct slice){s->symbol->name, s->symbol->len}, n, cls);
        } else if (s->kind == STMT_LABEL && s->symbol) {
            if (!fresh && !s->symbol->inside && (s->symbol->function || s->symbol->exported)) {
                begin_unit(sp, i);
                fresh = true;
            }
            if (fresh && s->symbol->exported)
                sp->units[sp->nunits - 1].exported = true;
            s->symbol->unit = sp->nunits;
            s->symbol->entry = fresh;
            s->symbol->stmt = i;
        } else if (s->kind == STMT_INSN) {
            fresh = false;
            look(r, &sp->units[sp->nunits - 1], s);
        }
    }
    sp->units[sp->nunits - 1].end = r->nstmts;
}

static size_t root(struct spill *sp, size_t u)
{
    while (sp->units[u].parent != u)
        u = sp->units[u].parent = sp->units[sp->units[u].parent].parent;
    return u;
}

/* Control goes from one to the other, to its beginning if ENTRY.  */
static void connect(struct spill *sp, size_t from, size_t to, bool entry)
{
    const struct unit *t = &sp->units[to];
    if (entry && (t->used ? t->saves : (t->vectors & 0xff00) == 0) && t->saves_vectors)
        return;
    sp->units[root(sp, from)].parent = root(sp, to);
}

struct slice arm64_target(const struct insn *in)
{
    int op = in->row->cls == INSN_TBZ ? 2 : in->row->cls == INSN_CBZ ? 1 : 0;
    if (in->row->cls < INSN_B || in->row->cls > INSN_TBZ || op >= in->nops)
        return (struct slice){"", 0};
    return in->op[op].text;
}

static void connect_all(struct rewriter *r, struct spill *sp)
{
    for (size_t u = 0; u < sp->nunits; u++) {
        bool flows = false;
        for (size_t i = sp->units[u].first; i < sp->units[u].end; i++) {
            struct stmt *s = &r->stmts[i];
            struct insn in;
            if (s->kind != STMT_INSN || s->skipped || !s->insn || !arm64_parse(r, s, &in, false))
                continue;
            struct slice name = arm64_target(&in);
            struct symbol *sym = name.len ? symbol_find(r, name.p, name.len) : NULL;
            if (sym && sym->unit && sym->unit - 1 != u)
                connect(sp, u, sym->unit - 1, sym->entry);
            flows = !r->arch->flow_ends(s);
        }
        if (flows && u + 1 < sp->nunits)
            connect(sp, u, u + 1, true);
    }
}

/* Branches into the middle of another unit make one of both and of what is between.  */
static bool merge(struct rewriter *r, struct spill *sp, size_t from, size_t to)
{
    bool changed = false;
    size_t low = from < to ? from : to, high = from < to ? to : from;
    for (size_t u = low + 1; u <= high; u++) {
        struct symbol *s = r->stmts[sp->units[u].first].symbol;
        changed = changed || !s->inside;
        s->inside = true;
    }
    return changed;
}

static bool merge_all(struct rewriter *r, struct spill *sp)
{
    bool changed = false;
    for (size_t u = 0; u < sp->nunits; u++)
        for (size_t i = sp->units[u].first; i < sp->units[u].end; i++) {
            const struct stmt *s = &r->stmts[i];
            struct insn in;
            if (s->kind != STMT_INSN || s->skipped || !s->insn || !arm64_parse(r, s, &in, false)
                || in.row->cls == INSN_BL)
                continue;
            struct slice name = arm64_target(&in);
            const struct symbol *sym = name.len ? symbol_find(r, name.p, name.len) : NULL;
            if (sym && sym->unit && sym->unit - 1 != u && !sym->entry)
                changed = merge(r, sp, u, sym->unit - 1) || changed;
        }
    return changed;
}

/* The lowest registers of the set.  */
static bool take(uint32_t *set, uint8_t *to)
{
    if (!*set)
        return false;
    *to = (uint8_t)__builtin_ctz(*set);
    *set &= *set - 1;
    return true;
}

static void to_memory(struct spill *sp, size_t component)
{
    for (size_t u = 0; u < sp->nunits; u++)
        if (root(sp, u) == component)
            memset(sp->units[u].home, IN_MEMORY, HOMES);
    sp->memory = true;
}

/* Registers that belong to the callee's caller must be saved by somebody.  Code of compilers, which
   take the registers of the box to be nobody's, does not.  */
static bool is_saved(struct spill *sp, size_t component)
{
    bool saved = false, used = false;
    for (size_t u = 0; u < sp->nunits; u++) {
        const struct unit *unit = &sp->units[u];
        if (root(sp, u) != component || !(unit->used & ((1u << LINK_HOME) - 1)))
            continue;
        if (unit->exported && !unit->saves)
            return false;
        used = true;
        saved = saved || unit->saves;
    }
    return saved || !used;
}

static void refuse(struct spill *sp, size_t component)
{
    for (size_t u = 0; u < sp->nunits; u++)
        if (root(sp, u) == component)
            sp->units[u].refused = true;
}

/* v16 to v31: neither arguments, nor results, nor preserved.  */
static const uint32_t MAY_CHANGE = 0xffff0000;

static uint32_t vectors_of_file(const struct spill *sp)
{
    uint32_t vectors = 0;
    for (size_t u = 0; u < sp->nunits; u++)
        vectors |= sp->units[u].vectors;
    return vectors;
}

static void settle(struct spill *sp, size_t component)
{
    if (!is_saved(sp, component)) {
        refuse(sp, component);
        return;
    }
    unsigned used = 0;
    uint32_t vectors = 0;
    uint8_t home[HOMES] = {0};
    for (size_t u = 0; u < sp->nunits; u++)
        if (root(sp, u) == component) {
            used |= sp->units[u].used;
            vectors |= sp->units[u].vectors;
        }
    uint32_t kept = ~vectors & 0xff00, free = ~vectors_of_file(sp) & MAY_CHANGE;
    if (__builtin_popcount(free) < SPARES + 1)
        free = ~vectors & MAY_CHANGE;
    bool ok = true;
    for (int k = 0; k < LINK_HOME; k++)
        if (used >> k & 1)
            ok = ok && take(&kept, &home[k]);
    if (used >> LINK_HOME & 1)
        ok = ok && take(&free, &home[LINK_HOME]);
    uint8_t spare[SPARES] = {0};
    for (int k = 0; k < SPARES; k++)
        ok = ok && take(&free, &spare[k]);
    if (used && !ok) {
        to_memory(sp, component);
        return;
    }
    for (size_t u = 0; u < sp->nunits; u++)
        if (root(sp, u) == component) {
            memcpy(sp->units[u].home, home, sizeof home);
            memcpy(sp->units[u].spare, spare, sizeof spare);
        }
}

struct spill *arm64_find_units(struct rewriter *r)
{
    struct spill *sp = arena_alloc(&r->arena, sizeof *sp);
    sp->link_data = arena_alloc(&r->arena, r->nstmts + 1);
    symbols_mark_functions(r);
    do
        cut(r, sp);
    while (merge_all(r, sp));
    for (size_t u = 0; u < sp->nunits; u++)
        if (!arm64_find_link_data(r, sp, &sp->units[u]))
            break;
    connect_all(r, sp);
    for (size_t u = 0; u < sp->nunits; u++)
        if (root(sp, u) == u)
            settle(sp, u);
    return sp;
}
