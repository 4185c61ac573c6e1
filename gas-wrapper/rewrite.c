/* The whole: from files to rewritten text.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

static const struct arch *const archs[] = {&arch_arm64, &arch_x86_64};

const struct arch *arch_find(enum LFIArch id)
{
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
        if (archs[i]->id == id)
            return archs[i];
    return NULL;
}

struct rewriter *rewriter_new(const struct LFIProfile *profile)
{
    const struct arch *arch = arch_find(profile->arch);
    if (!arch)
        return NULL;
    struct rewriter *r = tool_alloc(sizeof *r);
    r->arch = arch;
    r->profile = profile;
    r->guard_elim = true;
    r->state = arena_alloc(&r->arena, arch->state_size);
    return r;
}

void rewriter_define(struct rewriter *r, const char *name, int64_t value)
{
    struct symbol *s = symbol_get(r, name, strlen(name));
    s->defined = s->constant = s->predefined = true;
    s->value = value;
}

void rewriter_include(struct rewriter *r, const char *dir)
{
    r->includes = tool_realloc(r->includes, (r->nincludes + 1) * sizeof *r->includes);
    r->includes[r->nincludes++] = dir;
}

void rewriter_add(struct rewriter *r, const char *name, const char *data, size_t size)
{
    if (r->source.len + size > UINT32_MAX / 2)
        tool_fail("%s: more than 2 GiB of assembly", name);
    /* The linemark is part of the text: it reaches messages of the assembler too.  */
    buf_format(&r->source, "# 1 \"");
    for (; *name; name++)
        buf_format(&r->source, strchr("\"\\", *name) ? "\\%c" : "%c", *name == '\n' ? '?' : *name);
    buf_format(&r->source, "\"\n");
    buf_put(&r->source, data, size);
    if (size && data[size - 1] != '\n')
        buf_put(&r->source, "\n", 1);
    *buf_room(&r->source, 1) = 0;
}

/* name ".req" register; the assembler knows the name in lower and upper case too */
static void alias(struct rewriter *r, const struct stmt *s)
{
    char cls = 0;
    int n = r->arch->register_number(r, stmt_args(r, s), &cls);
    if (n < 0)
        error_at(r, r->text + s->args, "not a register");
    set_alias(r, (struct slice){s->symbol->name, s->symbol->len}, n, cls);
}

static void label(struct rewriter *r, const struct stmt *s)
{
    struct symbol *sym = s->symbol;
    if (!sym) {
        unsigned n = (unsigned)strtoul(r->text + s->at, NULL, 10);
        sym = symbol_local(r, n, ':');
    }
    if (sym->len > 7 && memcmp(sym->name, ".LTRAMP", 7) == 0)
        error_at(r, r->text + s->at,
                 "the address of a nested function needs code on the stack, which "
                 "no box allows; make the function an ordinary one");
    sym->chunk = r->sections.now;
    sym->pos = r->sections.now->pos;
    if (symbol_is_target(s->symbol))
        r->arch->label(r, s);
}

enum { DISABLED_SIZE = 16 }; /* no instruction of any architecture is longer */

static void instruction(struct rewriter *r, const struct stmt *s)
{
    if (!r->sections.now->section->exec)
        return;
    if (!r->disabled) {
        r->arch->insn(r, s);
        return;
    }
    r->sections.now->pos += r->arch->insn_size ? r->arch->insn_size : DISABLED_SIZE;
    r->sections.now->uncharged++;
}

static void statement(struct rewriter *r, const struct stmt *s)
{
    switch (s->kind) {
    case STMT_LABEL:
        label(r, s);
        break;
    case STMT_ASSIGN:
        assign(r, s, s->symbol, stmt_args(r, s));
        break;
    case STMT_DIRECTIVE:
        directive(r, s);
        break;
    case STMT_ALIAS:
        alias(r, s);
        break;
    case STMT_INSN:
        instruction(r, s);
        break;
    default:
        break;
    }
}

static void rewrite_statement(struct rewriter *r, const struct stmt *s)
{
    if (s->skipped)
        return;
    out_begin(r, s);
    if (s->pool)
        pool_begin(r, s);
    if (s->pool & (POOL_ANCHOR | POOL_WIDE))
        pool_statement(r, s);
    else
        statement(r, s);
    if (s->pool)
        pool_end(r, s);
    out_end(r);
}

void straight_line_ends(struct rewriter *r)
{
    if (r->sections.now->section->exec && !r->disabled)
        r->arch->barrier(r);
    out_release(r);
}

/* What comes after the last statement, or before .end.  */
static void rewrite_end(struct rewriter *r, const struct stmt *last)
{
    uint32_t size = (uint32_t)r->source.len;
    struct stmt end = {size, size, size, size, size, .kind = STMT_EMPTY};
    out_begin(r, last ? last : &end);
    straight_line_ends(r);
    if (r->arch->end)
        r->arch->end(r);
    out_note(r);
}

static void rewrite_all(struct rewriter *r)
{
    sections_begin(r);
    if (r->profile->meter != LFI_METER_NONE)
        meter_find_labels(r);
    r->arch->begin(r);
    buf_room(&r->out, r->source.len + r->source.len / 4);
    const struct stmt *last = NULL;
    for (size_t i = 0; i < r->nstmts && !last && !r->stop; i++) {
        const struct stmt *s = &r->stmts[i];
        if (s->kind == STMT_DIRECTIVE && s->directive && s->directive->cls == DIR_END
            && !s->skipped)
            last = s;
        else
            rewrite_statement(r, s);
    }
    if (!r->stop)
        rewrite_end(r, last);
}

/* The back end has found out that it needs to know the whole first.  */
static void begin_again(struct rewriter *r)
{
    r->stop = r->kept = r->disabled = false;
    r->out.len = r->nbranches = r->nentries = r->made_len = 0;
    r->copied = 0;
    r->held = NULL;
    r->ntables = 0;
    for (struct section *s = r->first_section; s; s = s->next) {
        s->code = false;
        for (struct chunk *c = s->chunks; c; c = c->next)
            c->pos = 0, c->uncharged = 0, c->trap = 0, c->stops = NULL, c->flows = false;
    }
    symbols_forget(r);
    if (r->text != r->source.p)
        free(r->text);
    parse(r);
    if (r->text_data)
        pool_find(r);
}

bool rewriter_run(struct rewriter *r)
{
    if (r->source.len == 0)
        rewriter_add(r, "<empty>", "", 0);
    if (r->arch->append)
        r->arch->append(r);
    parse(r);
    if (r->wants_expansion && !r->errors) {
        expand(r);
        if (r->errors == 0)
            parse(r);
    }
    if (r->errors)
        return false;
    if (r->text_data)
        pool_find(r);
    if (r->errors)
        return false;
    rewrite_all(r);
    if (r->stop && r->errors == 0) {
        begin_again(r);
        rewrite_all(r);
    }
    if (r->errors == 0)
        ranges_fix(r);
    return r->errors == 0;
}

void rewriter_free(struct rewriter *r)
{
    arena_free(&r->arena);
    free(r->symtab.slots);
    free(r->source.p == r->text ? NULL : r->text);
    free(r->source.p);
    free(r->unexpanded.p);
    free(r->origins);
    free(r->includes);
    free(r->out.p);
    free(r->stmts);
    free(r->linemarks);
    free(r->branches);
    free(r->entries);
    free(r);
}
