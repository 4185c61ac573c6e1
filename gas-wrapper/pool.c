/* Data among the code: constant pools, strings, tables.  They move to read-only data.
   SPDX-License-Identifier: Apache-2.0

   Between two instructions of which the first does not run into what follows, labels,
   alignments and data belong together.  If any of the data are no instructions that the back end
   knows, all of it up to the last of them goes to a section of its own, in the order of the
   text; references from code are to symbols and follow, what is reached by a branch cannot be data.

   A table of distances from its own label to labels of the code ("offset table") is read by code
   that adds one to the label's address and goes there.  Both would have to be in one section, so the
   label stays where it was, the table gets another one (.Llfi_table.N), and the back end redirects
   the loads.  Its entries become words: the distances grow with the code.  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <string.h>

/* Statements since the last instruction of the chunk that follow each other.  */
struct run {
    size_t first;   /* what moves begins here; SIZE_MAX: nothing so far */
    size_t last;    /* the last data */
    size_t foreign; /* the first that is no instruction, SIZE_MAX if none */
    size_t before;  /* the last data before those that are instructions since a label */
    bool labelled;  /* since the last data */
    bool known;     /* since the last label there are only instructions */
    bool ends;      /* of which the last goes elsewhere */
};

static const struct run empty = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, false, false, false};

static struct slice next_name(struct slice *rest)
{
    struct slice name = {"", 0};
    next_operand(rest, &name);
    return name;
}

static bool is_size(const struct rewriter *r, const struct stmt *s)
{
    return s->kind == STMT_DIRECTIVE && slice_is_nocase(stmt_name(r, s), ".size");
}

/* .size of a label that moves moves, too; it may stand behind the data.  */
static void take_sizes(struct rewriter *r, struct run *run, size_t end)
{
    for (size_t i = run->last + 1; i < end; i++) {
        struct stmt *s = &r->stmts[i];
        if (s->kind == STMT_LABEL && !s->skipped)
            return;
        if (!is_size(r, s) || s->skipped)
            continue;
        struct slice args = stmt_args(r, s), name = next_name(&args);
        struct symbol *sym = symbol_find(r, name.p, name.len);
        if (sym && sym->pooled)
            run->last = i;
    }
}

/* What says where in the section it is cannot move.  */
static void refuse_places(struct rewriter *r, const struct stmt *s)
{
    bool place = s->kind == STMT_ASSIGN
                     ? s->symbol->len == 1 && *s->symbol->name == '.'
                     : s->kind == STMT_DIRECTIVE && s->directive && s->directive->cls == DIR_DATA
                           && s->directive->arg < 0;
    if (place && !s->skipped)
        error_at(r, r->text + s->at,
                 "this is bound to its place among data that move to .rodata; put them into .section "
                 ".rodata");
}

/* The run goes to read-only data.  */
static void move(struct rewriter *r, struct run *run, size_t end)
{
    for (size_t i = run->first; i <= run->last; i++) {
        struct stmt *s = &r->stmts[i];
        if (s->kind == STMT_LABEL && s->symbol && !s->skipped) {
            s->symbol->pooled = true;
            if (s->symbol->function)
                error_at(r, r->text + s->at,
                         "this function is data to the rewriter; write the names of its "
                         "instructions");
        }
    }
    take_sizes(r, run, end);
    for (size_t i = run->first; i <= run->last; i++) {
        r->stmts[i].pool |= POOL_IN;
        refuse_places(r, &r->stmts[i]);
    }
    r->stmts[run->first].pool |= POOL_FIRST;
    r->stmts[run->last].pool |= POOL_LAST;
}

static void run_ends(struct rewriter *r, struct run *run, size_t end)
{
    /* Where code is rewritten in place, data that look like code must not stay.  */
    bool looks_like_code = run->last != SIZE_MAX && (r->arch->insn_size || run->ends);
    if (run->foreign != SIZE_MAX || (run->last != SIZE_MAX && !looks_like_code))
        move(r, run, end);
    *run = empty;
}

static const char *shown(struct rewriter *r, const struct stmt *s, int *len)
{
    struct slice name = stmt_name(r, s);
    *len = (int)name.len;
    return name.p;
}

static void data(struct rewriter *r, struct run *run, size_t i)
{
    struct stmt *s = &r->stmts[i];
    struct chunk *c = r->sections.now;
    enum code_data code = r->arch->code_data(r, s);
    int len;
    if (code == CODE_NOTHING)
        return;
    if (code != CODE_NO && c->flows) {
        *run = empty;
        c->flows = code == CODE_FLOWS;
        return;
    }
    if (c->flows) {
        const char *name = shown(r, s, &len);
        error_at(r, r->text + s->at,
                 "code runs into this %.*s, which is no instruction that the rewriter knows; write "
                 "the instruction's name, or put a branch before data",
                 len, name);
        c->flows = false;
    }
    if (run->first == SIZE_MAX)
        run->first = i;
    if (run->labelled)
        run->before = run->last;
    run->known = code != CODE_NO && (run->labelled || run->known);
    run->ends = code == CODE_ENDS;
    run->last = i;
    if (code == CODE_NO && run->foreign == SIZE_MAX)
        run->foreign = i;
    run->labelled = false;
}

static void instruction(struct rewriter *r, struct run *run, size_t i)
{
    struct chunk *c = r->sections.now;
    int len;
    if (run->last != SIZE_MAX && !run->labelled && run->known) {
        run->last = run->before; /* a function that begins with them */
        run->ends = false;
        if (run->last == SIZE_MAX)
            *run = empty;
    } else if (run->foreign != SIZE_MAX && !run->labelled) {
        const struct stmt *s = &r->stmts[run->foreign];
        const char *name = shown(r, s, &len);
        error_at(r, r->text + s->at,
                 "this %.*s runs into code, so that it looks like an instruction, but none that the "
                 "rewriter knows; write the instruction's name, or a label behind data",
                 len, name);
        *run = empty;
    }
    run_ends(r, run, i);
    c->flows = !r->stmts[i].insn || !r->arch->flow_ends(&r->stmts[i]);
}

/* Unwinding information and the like belong to the code before.  */
static bool belongs_to_code(const struct rewriter *r, const struct stmt *s, const struct run *run)
{
    return run->foreign == SIZE_MAX && (is_size(r, s) || strncmp(r->text + s->at, ".cfi", 4) == 0);
}

static void directive_in_code(struct rewriter *r, struct run *run, size_t i)
{
    const struct stmt *s = &r->stmts[i];
    switch (s->directive ? s->directive->cls : DIR_REFUSED) {
    case DIR_DATA:
    case DIR_SPACE:
        data(r, run, i);
        break;
    case DIR_ALIGN:
        if (run->first == SIZE_MAX && !r->sections.now->flows)
            run->first = i;
        break;
    default:
        if (belongs_to_code(r, s, run))
            run->first = SIZE_MAX;
    }
}

static void follow(struct rewriter *r, struct run *run, size_t i)
{
    const struct stmt *s = &r->stmts[i];
    bool code = r->sections.now->section->exec && !r->disabled;
    enum dir_class cls = s->kind == STMT_DIRECTIVE && s->directive ? s->directive->cls : DIR_REFUSED;
    if (cls == DIR_SECTION || cls == DIR_SWITCH) {
        run_ends(r, run, i);
        if (cls == DIR_SECTION)
            section_directive(r, s);
        else
            r->disabled = s->directive->arg;
    } else if (code && s->kind == STMT_INSN) {
        instruction(r, run, i);
    } else if (code && s->kind == STMT_LABEL) {
        if (run->first == SIZE_MAX)
            run->first = i;
        run->labelled = true;
    } else if (code && s->kind == STMT_DIRECTIVE) {
        directive_in_code(r, run, i);
    } else if (s->kind == STMT_DIRECTIVE && cls == DIR_SET) {
        struct slice rest = stmt_args(r, s), name = next_name(&rest);
        set_symbol(r, symbol_get(r, name.p, name.len), rest);
    } else if (s->kind == STMT_ASSIGN) {
        set_symbol(r, s->symbol, stmt_args(r, s));
    }
}

/* -- offset tables --------------------------------------------------------------------- */

/* "A - B" of two names; the rest is no distance.  */
static bool distance(struct slice entry, struct slice *plus, struct slice *minus)
{
    const char *sign = memchr(entry.p, '-', entry.len);
    if (!sign || sign == entry.p)
        return false;
    *plus = slice_trim((struct slice){entry.p, (size_t)(sign - entry.p)});
    *minus = slice_trim((struct slice){sign + 1, entry.len - (size_t)(sign + 1 - entry.p)});
    while (plus->len && *plus->p == '(')
        *plus = slice_trim((struct slice){plus->p + 1, plus->len - 1});
    size_t n = 0;
    while (n < minus->len && !strchr(" \t)/>+-*", minus->p[n]))
        n++;
    minus->len = n;
    return plus->len && minus->len;
}

static struct symbol *pooled(struct rewriter *r, struct slice name)
{
    struct symbol *s = symbol_find(r, name.p, name.len);
    return s && s->pooled ? s : NULL;
}

/* The label that the entry of SIZE bytes must share a section with; NULL if it is no such entry.  */
static struct symbol *anchor_of(struct rewriter *r, struct slice entry, int size)
{
    struct slice plus, minus;
    if (!distance(entry, &plus, &minus))
        return NULL;
    struct symbol *p = pooled(r, plus), *m = pooled(r, minus);
    if (p && !m)
        return p;
    return m && !p && size < 4 && !slice_is(plus, ".") ? m : NULL;
}

static const char mixed[] =
    "this table of distances has other data in it; give it a label and a section of its own";

static bool is_label_of(struct rewriter *r, struct slice name, unsigned table)
{
    const struct symbol *s = symbol_find(r, name.p, name.len);
    return s && s->table == table;
}

/* Entries of a table must be distances from it, or zero.  */
static bool entries_ok(struct rewriter *r, const struct stmt *s, unsigned table, int size)
{
    struct slice args = stmt_args(r, s), entry, plus, minus;
    int64_t n;
    if (s->directive->cls != DIR_DATA || s->directive->arg != size)
        return false;
    while (next_operand(&args, &entry)) {
        if (expr_constant(r, entry, &n) && n == 0)
            continue;
        if (!distance(entry, &plus, &minus)
            || is_label_of(r, plus, table) == is_label_of(r, minus, table))
            return false;
    }
    return true;
}

/* All labels at the place of the statement are the table's.  */
static void make_anchors(struct rewriter *r, size_t label, unsigned table, int size)
{
    while (label > 0 && r->stmts[label - 1].pool & POOL_IN
           && (r->stmts[label - 1].kind == STMT_LABEL || r->stmts[label - 1].skipped))
        label--;
    for (bool first = true; label < r->nstmts && r->stmts[label].pool & POOL_IN; label++) {
        struct stmt *s = &r->stmts[label];
        if (s->skipped || (s->kind == STMT_LABEL && !s->symbol))
            continue;
        if (s->kind != STMT_LABEL)
            return;
        s->symbol->pooled = false;
        s->symbol->table = table;
        s->symbol->entry_size = (uint8_t)(size < 4 ? 4 : size);
        s->symbol->entry_was = (uint8_t)size;
        s->pool |= first ? POOL_ANCHOR | POOL_TABLE : POOL_ANCHOR;
        first = false;
    }
}

/* The table's label before statement I stays in the code.  */
static void make_table(struct rewriter *r, size_t i, struct symbol *sym, int size)
{
    size_t label = i;
    while (!(r->stmts[label].kind == STMT_LABEL && r->stmts[label].symbol == sym)) {
        if (label == 0 || !(r->stmts[label].pool & POOL_IN)) {
            error_at(r, r->text + r->stmts[i].at, mixed);
            return;
        }
        label--;
    }
    if (!r->arch->offset_tables) {
        error_at(r, r->text + r->stmts[i].at,
                 "this distance between code and data in it changes; use .long LABEL-TABLE in "
                 "section .rodata");
        return;
    }
    unsigned table = ++r->ntables;
    make_anchors(r, label, table, size);
    for (size_t k = label + 1; k < r->nstmts && r->stmts[k].pool & POOL_IN; k++) {
        struct stmt *s = &r->stmts[k];
        if (s->skipped)
            continue;
        if (s->kind == STMT_LABEL) {
            if (s->pool & POOL_ANCHOR)
                continue;
            break;
        }
        if (s->kind != STMT_DIRECTIVE || !s->directive
            || (s->directive->cls != DIR_DATA && s->directive->cls != DIR_SPACE))
            continue;
        if (!entries_ok(r, s, table, size)) {
            error_at(r, r->text + s->at, mixed);
            return;
        }
        if (size < 4)
            s->pool |= POOL_WIDE;
    }
}

static void find_tables(struct rewriter *r)
{
    for (size_t i = 0; i < r->nstmts; i++) {
        const struct stmt *s = &r->stmts[i];
        if (!(s->pool & POOL_IN) || s->skipped || s->kind != STMT_DIRECTIVE || !s->directive
            || s->directive->cls != DIR_DATA)
            continue;
        struct slice args = stmt_args(r, s), entry;
        while (next_operand(&args, &entry)) {
            struct symbol *sym = anchor_of(r, entry, s->directive->arg);
            if (sym)
                make_table(r, i, sym, s->directive->arg);
        }
    }
}

void pool_find(struct rewriter *r)
{
    struct run run = empty;
    sections_begin(r);
    symbols_mark_functions(r);
    r->disabled = false;
    for (size_t i = 0; i < r->nstmts; i++)
        if (!r->stmts[i].skipped)
            follow(r, &run, i);
    run_ends(r, &run, r->nstmts);
    r->disabled = false;
    find_tables(r);
}

/* -- rewriting ------------------------------------------------------------------------- */

void pool_begin(struct rewriter *r, const struct stmt *s)
{
    if (s->pool & POOL_FIRST) {
        straight_line_ends(r);
        r->outside_pool = r->sections;
        if (s->pool & POOL_ANCHOR)
            return; /* the label first */
        r->sections.now = section_pool(r);
        out_text(r, ".pushsection .rodata.lfi_text,\"a\",%%progbits");
        if (s->directive == NULL || s->kind != STMT_DIRECTIVE || s->directive->cls != DIR_ALIGN)
            out_text(r, ".balign 16");
        out_follow(r);
    }
}

/* Of the label of an offset table: the label is code's, what comes behind it is data.  */
static void anchor(struct rewriter *r, const struct stmt *s)
{
    struct sections now = r->sections;
    if (!(s->pool & POOL_FIRST)) {
        out_text(r, ".popsection");
        r->sections = r->outside_pool;
    }
    out_follow(r);
    s->symbol->chunk = r->sections.now;
    s->symbol->pos = r->sections.now->pos;
    r->sections = now;
    r->sections.now = section_pool(r);
    out_text(r, ".pushsection .rodata.lfi_text,\"a\",%%progbits;");
    if (!(s->pool & POOL_TABLE))
        return;
    out_text(r, ".balign %d", (int)s->symbol->entry_size);
    out_text(r, ".Llfi_table.%d:", (int)s->symbol->table);
}

void pool_statement(struct rewriter *r, const struct stmt *s)
{
    if (s->pool & POOL_ANCHOR) {
        anchor(r, s);
    } else if (s->pool & POOL_WIDE) {
        struct slice args = stmt_args(r, s);
        out_text(r, ".4byte\t%S", &args);
    }
}

void pool_end(struct rewriter *r, const struct stmt *s)
{
    if (!(s->pool & POOL_LAST))
        return;
    if (!r->emitted)
        out_follow(r);
    out_text(r, ".popsection");
    r->sections = r->outside_pool;
}
