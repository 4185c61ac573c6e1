/* Which section the text goes to, and whether that is executable.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <stdlib.h>
#include <string.h>

/* What .section without flags means for well-known names.  */
static bool exec_by_name(const char *name)
{
    static const char *const families[] = {".text", ".gnu.linkonce.t"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t len = strlen(families[i]);
        if (strncmp(name, families[i], len) == 0 && (name[len] == 0 || name[len] == '.'))
            return true;
    }
    return strcmp(name, ".init") == 0 || strcmp(name, ".fini") == 0 || strcmp(name, ".plt") == 0;
}

/* Sections of one name in different groups are different ones.  */
static struct section *section_get(struct rewriter *r, struct slice name, struct slice group)
{
    struct buf key = {NULL, 0, 0};
    buf_format(&key, "\003%S", &name);
    if (group.len)
        buf_format(&key, "\n%S", &group);
    struct symbol *symbol = symbol_get(r, key.p, key.len);
    buf_free(&key);
    if (symbol->section)
        return symbol->section;
    struct section *s = arena_alloc(&r->arena, sizeof *s);
    s->name = arena_copy(&r->arena, name.p, name.len);
    s->args = (struct slice){s->name, name.len};
    s->debug = strncmp(s->name, ".debug_", 7) == 0 || strncmp(s->name, ".zdebug_", 8) == 0
               || strncmp(s->name, ".gnu.debuglto_", 14) == 0;
    s->unwind = strncmp(s->name, ".gcc_except_table", 17) == 0;
    s->exec = s->flags_known = exec_by_name(s->name);
    *(r->last_section ? &r->last_section->next : &r->first_section) = s;
    r->last_section = s;
    return symbol->section = s;
}

static struct chunk *chunk_get(struct rewriter *r, struct section *section, int64_t sub)
{
    struct chunk *c;
    for (c = section->chunks; c; c = c->next)
        if (c->sub == sub)
            return c;
    c = arena_alloc(&r->arena, sizeof *c);
    c->section = section;
    c->sub = sub;
    c->next = section->chunks;
    return section->chunks = c;
}

struct chunk *section_pool(struct rewriter *r)
{
    return chunk_get(r, section_get(r, (struct slice){".rodata.lfi_text", 16}, (struct slice){"", 0}),
                     0);
}

static void change(struct rewriter *r, struct chunk *c)
{
    r->sections.previous = r->sections.now;
    r->sections.now = c;
}

void sections_begin(struct rewriter *r)
{
    r->sections.depth = 0;
    r->sections.now = r->sections.previous =
        chunk_get(r, section_get(r, (struct slice){".text", 5}, (struct slice){"", 0}), 0);
}

/* Flags are letters, or a number (SHF_* bits) among them; 'x' and bit 4 are execute.  */
static bool flags_say_exec(struct slice flags)
{
    for (size_t i = 0; i < flags.len; i++) {
        if (flags.p[i] == 'x')
            return true;
        if (flags.p[i] >= '0' && flags.p[i] <= '9') {
            char *end;
            if (strtoul(flags.p + i, &end, 0) & 4)
                return true;
            i = (size_t)(end - flags.p) - 1;
        }
    }
    return false;
}

/* flags = '"' letters '"' "," type ("," entry size)? "," group ("," "comdat")?  */
static struct slice group_of(struct slice flags, struct slice rest)
{
    struct slice arg = {"", 0};
    if (!memchr(flags.p, 'G', flags.len))
        return arg;
    for (int n = memchr(flags.p, 'M', flags.len) ? 3 : 2; n > 0; n--)
        if (!next_operand(&rest, &arg))
            return (struct slice){"", 0};
    return arg;
}

static struct slice unquote(struct slice s)
{
    if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"') {
        s.p++;
        s.len -= 2;
    }
    return s;
}

/* section = name ("," subsection)? ("," '"' flags '"' rest)?
   A subsection is possible in .pushsection alone.  */
static void named_section(struct rewriter *r, const struct slice args, bool push)
{
    struct slice rest = args, name, arg;
    int64_t sub = 0;
    const char *at = rest.p;
    if (!next_operand(&rest, &name)) {
        error_at(r, at, "the name of a section is missing");
        return;
    }
    struct slice bare = unquote(name);
    if (memchr(bare.p, '%', bare.len) || memchr(bare.p, '\\', bare.len)) {
        error_at(r, name.p, "the name of a section has substitutions; write it out");
        return;
    }
    bool more = next_operand(&rest, &arg), whole = more;
    if (more && push && arg.len && *arg.p != '"') {
        if (!expr_constant(r, arg, &sub))
            error_at(r, arg.p, "the subsection is not a constant");
        more = next_operand(&rest, &arg);
        whole = false;
    }
    struct section *s = section_get(r, bare, more ? group_of(arg, rest) : (struct slice){"", 0});
    if (more && arg.len && *arg.p != '"') {
        error_at(r, arg.p, "section flags in this form are not understood; write \"flags\",%%type");
        return;
    }
    if (more) {
        bool exec = flags_say_exec(unquote(arg));
        if (s->flags_known && s->exec != exec && arg.len > 2)
            error_at(r, arg.p, "section %s is executable in one place and not in another", s->name);
        if (arg.len > 2 || !s->flags_known)
            s->exec = s->exec || exec;
    }
    s->flags_known = true;
    if (whole)
        s->args = args;
    change(r, chunk_get(r, s, sub));
}

static void subsection(struct rewriter *r, struct section *s, struct slice arg)
{
    int64_t sub = 0;
    if (arg.len && !expr_constant(r, arg, &sub))
        error_at(r, arg.p, "the subsection is not a constant");
    change(r, chunk_get(r, s, sub));
}

void section_directive(struct rewriter *r, const struct stmt *st)
{
    struct sections *s = &r->sections;
    struct slice args = stmt_args(r, st), name;
    static const char *const names[] = {
        [SEC_TEXT] = ".text", [SEC_DATA] = ".data", [SEC_BSS] = ".bss"};
    switch (st->directive->arg) {
    case SEC_PUSH:
        if (s->depth == SECTION_STACK) {
            error_at(r, r->text + st->at, "more than %d nested .pushsection", SECTION_STACK);
            return;
        }
        s->stack[s->depth].now = s->now;
        s->stack[s->depth++].previous = s->previous;
        named_section(r, args, true);
        break;
    case SEC_NAMED:
        named_section(r, args, false);
        break;
    case SEC_POP:
        if (s->depth == 0) {
            error_at(r, r->text + st->at, ".popsection without .pushsection");
            return;
        }
        s->now = s->stack[--s->depth].now;
        s->previous = s->stack[s->depth].previous;
        break;
    case SEC_PREVIOUS:
        change(r, s->previous);
        break;
    case SEC_SUBSECTION:
        subsection(r, s->now->section, args);
        break;
    default:
        name = (struct slice){names[st->directive->arg], strlen(names[st->directive->arg])};
        subsection(r, section_get(r, name, (struct slice){"", 0}), args);
    }
}
