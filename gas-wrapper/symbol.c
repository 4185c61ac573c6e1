/* Symbols and numeric local labels.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

static uint32_t hash_of(const char *s, size_t len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h ^ h >> 15;
}

static void grow(struct symtab *t)
{
    size_t size = t->slots ? 4 * (t->mask + 1) : 4096;
    struct symbol **slots = tool_alloc(size * sizeof *slots);
    for (size_t i = 0; t->slots && i <= t->mask; i++)
        for (struct symbol *s = t->slots[i], *next; s; s = next) {
            next = s->next;
            s->next = slots[s->hash & (size - 1)];
            slots[s->hash & (size - 1)] = s;
        }
    free(t->slots);
    t->slots = slots;
    t->mask = size - 1;
}

static struct symbol *lookup(struct symtab *t, const char *name, size_t len, uint32_t hash)
{
    if (!t->slots)
        return NULL;
    for (struct symbol *s = t->slots[hash & t->mask]; s; s = s->next)
        if (s->hash == hash && s->len == len && memcmp(s->name, name, len) == 0)
            return s;
    return NULL;
}

struct symbol *symbol_find(struct rewriter *r, const char *name, size_t len)
{
    return lookup(&r->symtab, name, len, hash_of(name, len));
}

struct symbol *symbol_get(struct rewriter *r, const char *name, size_t len)
{
    struct symtab *t = &r->symtab;
    uint32_t hash = hash_of(name, len);
    struct symbol *s = lookup(t, name, len, hash);
    if (s)
        return s;
    if (!t->slots || t->count > t->mask)
        grow(t);
    s = arena_alloc(&r->arena, sizeof *s);
    s->name = arena_copy(&r->arena, name, len);
    s->len = (uint32_t)len;
    s->hash = hash;
    s->alias = -1;
    s->next = t->slots[hash & t->mask];
    t->slots[hash & t->mask] = s;
    t->count++;
    return s;
}

struct symbol *symbol_local(struct rewriter *r, unsigned n, char which)
{
    char name[40];
    int len = snprintf(name, sizeof name, "\001%u", n);
    struct symbol *number = symbol_get(r, name, (size_t)len);
    if (which == ':')
        number->value++;
    int64_t instance = number->value + (which == 'f');
    if (instance == 0)
        return NULL;
    len = snprintf(name, sizeof name, "\001%u\002%lld", n, (long long)instance);
    return symbol_get(r, name, (size_t)len);
}

static bool is_symbol_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || c == '.' || c == '$' || (unsigned char)c >= 0x80;
}

struct symbol *symbol_of(struct rewriter *r, struct slice s)
{
    if (s.len == 0)
        return NULL;
    if (s.len > 2 && *s.p == '"' && memchr(s.p + 1, '"', s.len - 1) == s.p + s.len - 1)
        return symbol_get(r, s.p + 1, s.len - 2);
    if (*s.p >= '0' && *s.p <= '9') {
        unsigned n = 0;
        size_t i = 0;
        for (; i < s.len && i < 9 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
            n = 10 * n + (unsigned)(s.p[i] - '0');
        if (i + 1 != s.len || (s.p[i] != 'b' && s.p[i] != 'f'))
            return NULL;
        return symbol_local(r, n, s.p[i]);
    }
    for (size_t i = 0; i < s.len; i++)
        if (!is_symbol_char(s.p[i]))
            return NULL;
    if (s.len == 1 && *s.p == '.')
        return NULL;
    return symbol_get(r, s.p, s.len);
}

void symbols_forget(struct rewriter *r)
{
    struct symtab *t = &r->symtab;
    for (size_t i = 0; t->slots && i <= t->mask; i++)
        for (struct symbol *s = t->slots[i]; s; s = s->next) {
            s->pooled = false;
            s->table = 0;
            s->target = s->address = s->exported = s->weak = s->marked = false;
            if (!s->predefined) {
                s->defined = s->constant = false;
                s->value = 0;
            }
        }
}

void symbols_mark_functions(struct rewriter *r)
{
    for (size_t i = 0; i < r->nstmts; i++) {
        const struct stmt *s = &r->stmts[i];
        if (s->kind != STMT_DIRECTIVE || s->skipped || !slice_is_nocase(stmt_name(r, s), ".type"))
            continue;
        struct slice args = stmt_args(r, s), name;
        if (next_operand(&args, &name) && memmem(args.p, args.len, "function", 8))
            symbol_get(r, name.p, name.len)->function = true;
    }
}

/* Labels of debug information are .L symbols that nothing else refers to.  */
bool symbol_is_target(const struct symbol *s)
{
    return !s || s->target || s->len < 2 || s->name[0] != '.' || s->name[1] != 'L';
}

void set_alias(struct rewriter *r, struct slice name, int reg, char cls)
{
    char *copy = arena_copy(&r->arena, name.p, name.len);
    for (int variant = 0; variant < 3; variant++) {
        for (size_t i = 0; variant && i < name.len; i++)
            copy[i] = (char)(variant == 1 ? tolower((unsigned char)name.p[i])
                                          : toupper((unsigned char)name.p[i]));
        struct symbol *s = symbol_get(r, copy, name.len);
        s->alias = (int8_t)reg;
        s->alias_class = cls;
    }
}

/* Labels that the compiler numbers; where it marks those that are reached indirectly, all
   others are not.  */
static bool is_numbered(const struct symbol *s)
{
    if (s->len < 3 || memcmp(s->name, ".L", 2) != 0)
        return false;
    for (uint32_t i = 2; i < s->len; i++)
        if (s->name[i] < '0' || s->name[i] > '9')
            return false;
    return true;
}

bool symbol_is_indirect(struct rewriter *r, const struct stmt *s)
{
    const struct symbol *sym = s->symbol;
    if (!sym) {
        char key[16] = "\001";
        memcpy(key + 1, r->text + s->at, s->name_len < 12 ? s->name_len : 12);
        sym = symbol_find(r, key, s->name_len + 1);
        return sym && sym->address;
    }
    if (r->profile->sandbox == LFI_SANDBOX_NONE)
        return sym->exported;
    if (sym->marked || sym->exported)
        return true;
    return sym->address && !(r->marked && is_numbered(sym));
}
