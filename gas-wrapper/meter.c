/* Metered code: where labels are, before the text is rewritten up to there.
   SPDX-License-Identifier: Apache-2.0

   Branches forward need no test of the counter.  Which ones are forward has to be known for
   certain: the order of the text within a subsection is that of the code.  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <string.h>

/* Padding before a section may be as long.  */
static void note_alignment(struct rewriter *r, const struct stmt *s)
{
    struct slice rest = stmt_args(r, s), count;
    int64_t n;
    bool power = s->directive->arg == ALIGN_POWER
                 || (s->directive->arg == ALIGN_ARCH && !r->arch->align_bytes);
    if (!next_operand(&rest, &count) || !expr_constant(r, count, &n) || n < 0 || (power && n > 16))
        return;
    if (power)
        n = INT64_C(1) << n;
    if (n > r->widest)
        r->widest = n;
}

void meter_find_labels(struct rewriter *r)
{
    r->widest = 64;
    r->homes = arena_alloc(&r->arena, (r->nstmts + 1) * sizeof *r->homes);
    for (size_t i = 0; i < r->nstmts; i++) {
        const struct stmt *s = &r->stmts[i];
        if (s->skipped)
            continue;
        if (s->kind == STMT_DIRECTIVE && s->directive && s->directive->cls == DIR_SECTION)
            section_directive(r, s);
        if (s->kind == STMT_DIRECTIVE && s->directive && s->directive->cls == DIR_ALIGN)
            note_alignment(r, s);
        if (s->kind != STMT_LABEL || s->pool)
            continue;
        r->homes[i] = r->sections.now;
        if (s->symbol)
            s->symbol->place = i + 1;
    }
    sections_begin(r);
}

/* The statement of the label "Nf" or "Nb" as seen from the current one.  */
static const struct stmt *find_local(const struct rewriter *r, struct slice label)
{
    const struct stmt *s = r->cur, *end = r->stmts + r->nstmts;
    size_t digits = label.len - 1;
    for (bool back = label.p[digits] == 'b'; s >= r->stmts && s < end; back ? s-- : s++)
        if (s->kind == STMT_LABEL && !s->skipped && s->name_len == digits
            && memcmp(r->text + s->at, label.p, digits) == 0)
            return s;
    return NULL;
}

const struct stmt *meter_target(struct rewriter *r, struct slice label)
{
    size_t digits = 0;
    while (digits < label.len && label.p[digits] >= '0' && label.p[digits] <= '9')
        digits++;
    if (digits && digits + 1 == label.len)
        return find_local(r, label);
    const struct symbol *s = label.len ? symbol_find(r, label.p, label.len) : NULL;
    return s && s->place ? &r->stmts[s->place - 1] : NULL;
}

bool meter_is_ahead(const struct rewriter *r, const struct stmt *target)
{
    return target && target > r->cur && r->homes[target - r->stmts] == r->sections.now;
}

bool meter_resumes(const struct rewriter *r)
{
    return r->profile->meter == LFI_METER_RESUME;
}

void meter_add_stop(struct rewriter *r, unsigned trap, unsigned start)
{
    struct chunk *c = r->sections.now;
    struct stop *stop = arena_alloc(&r->arena, sizeof *stop);
    *stop = (struct stop){.trap = trap, .start = start};
    if (c->stops)
        *c->last_stop = stop;
    else
        c->stops = stop;
    c->last_stop = &stop->next;
}

bool meter_wants_trap(const struct chunk *c)
{
    return c->trap || c->stops;
}
