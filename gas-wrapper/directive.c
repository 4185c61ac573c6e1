/* Directives: the table, and what the rewriting pass does about each class.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <string.h>

static const struct directive table[] = {
#define DIRECTIVE(name, cls, arg) {name, DIR_##cls, arg},
#include "gas-wrapper/directives.def"
#undef DIRECTIVE
};

enum { COUNT = sizeof table / sizeof *table, SLOTS = 1024 };

static uint32_t hash_of(const char *s, size_t len)
{
    uint32_t h = (uint32_t)len;
    for (size_t i = 0; i < len; i++)
        h = h * 31 + ((unsigned char)s[i] | 0x20u);
    return (h ^ h >> 10) & (SLOTS - 1);
}

const struct directive *directive_find(struct slice name)
{
    static const struct directive *slots[SLOTS];
    if (!slots[hash_of(table[0].name, strlen(table[0].name))])
        for (size_t i = 0; i < COUNT; i++) {
            uint32_t h = hash_of(table[i].name, strlen(table[i].name));
            while (slots[h])
                h = (h + 1) & (SLOTS - 1);
            slots[h] = &table[i];
        }
    for (uint32_t h = hash_of(name.p, name.len); slots[h]; h = (h + 1) & (SLOTS - 1))
        if (slice_is_nocase(name, slots[h]->name))
            return slots[h];
    return NULL;
}

void set_symbol(struct rewriter *r, struct symbol *sym, struct slice expr)
{
    int64_t value = 0; /* the old one may be in the expression */
    sym->constant = expr_constant(r, expr, &value);
    sym->value = value;
    sym->defined = true;
}

/* The rewriting pass's: the location counter is no symbol.  */
void assign(struct rewriter *r, const struct stmt *s, struct symbol *sym, struct slice expr)
{
    if (sym->len == 1 && sym->name[0] == '.' && r->sections.now->section->exec && !r->disabled)
        error_at(r, r->text + s->at, "the location counter cannot be set in an executable section");
    set_symbol(r, sym, expr);
}

/* Padding before code is never run into in a known state, so its contents are not the
   user's to choose: nops, which is what the assembler takes without a fill value.  */
static void align(struct rewriter *r, const struct stmt *s)
{
    struct slice args = stmt_args(r, s), rest = args, count, fill, max = {NULL, 0};
    struct chunk *c = r->sections.now;
    int64_t n, most;
    if (!next_operand(&rest, &count) || count.len == 0)
        return;
    bool power = s->directive->arg == ALIGN_POWER
                 || (s->directive->arg == ALIGN_ARCH && !r->arch->align_bytes);
    if (!expr_constant(r, count, &n) || n < 0 || (power ? n > 31 : n > 1 << 30)) {
        error_at(r, count.p, "the alignment is not a constant that fits");
        return;
    }
    bool has_fill = next_operand(&rest, &fill) && fill.len;
    next_operand(&rest, &max);
    struct slice name = stmt_name(r, s);
    int64_t full = power ? (int64_t)1 << n : n;
    most = full;
    if (max.len && (!expr_constant(r, max, &most) || most < 0))
        error_at(r, max.p, "the limit is not a constant");
    bool done = r->arch->align && r->arch->align(r, (uint64_t)full, (uint64_t)most);
    if (!done && (has_fill || strchr("wlWL", name.p[name.len - 1]))) {
        const char *bare = power ? ".p2align" : ".balign";
        out_text(r, max.len ? "%s\t%S,,%S" : "%s\t%S", bare, &count, &max);
    }
    if (full > (int64_t)r->arch->insn_size)
        c->pos += (uint64_t)(most < full ? most : full - (int64_t)r->arch->insn_size);
}

static void data(struct rewriter *r, const struct stmt *s)
{
    struct slice args = stmt_args(r, s), value;
    if (r->disabled) {
        r->sections.now->pos += 8 * args.len; /* for ranges: not less than the truth */
        return;
    }
    if (!r->sections.now->section->exec) {
        int size = s->directive->arg;
        if ((size == 1 || size == 2) && memchr(args.p, '-', args.len))
            while (next_operand(&args, &value))
                ranges_table_entry(r, s, size, value);
        return;
    }
    if (args.len == 0 || r->arch->data(r, s))
        return;
    struct slice name = stmt_name(r, s);
    error_at(r, r->text + s->at,
             "%.*s in an executable section: data there cannot be verified; move it to .section "
             ".rodata",
             (int)name.len, name.p);
}

static void space(struct rewriter *r, const struct stmt *s)
{
    struct slice args = stmt_args(r, s), count;
    int64_t n;
    if (!r->sections.now->section->exec || r->disabled)
        return;
    bool known = next_operand(&args, &count) && expr_constant(r, count, &n);
    if (known && n >= 0 && n < 1 << 30 && !args.p
        && (n == 0 || (r->arch->zero_traps && n % r->arch->insn_size == 0))) {
        r->sections.now->pos += (uint64_t)n;
        return;
    }
    error_at(r, r->text + s->at,
             "space in an executable section cannot be verified; use .p2align, or move it to "
             ".section .bss");
}

static void set(struct rewriter *r, const struct stmt *s)
{
    struct slice rest = stmt_args(r, s), name;
    if (!next_operand(&rest, &name) || name.len == 0) {
        error_at(r, r->text + s->at, "the symbol is missing");
        return;
    }
    assign(r, s, symbol_get(r, name.p, name.len), rest);
}

bool directive_is_inert(const struct stmt *s)
{
    if (s->kind != STMT_DIRECTIVE || !s->directive)
        return false;
    switch (s->directive->cls) {
    case DIR_NOTHING:
    case DIR_TYPE:
    case DIR_EXPORT:
    case DIR_ALIGN:
    case DIR_IF:
        return true;
    default:
        return false;
    }
}

static void symbol_type(struct rewriter *r, const struct stmt *s)
{
    struct slice args = stmt_args(r, s);
    if (memmem(args.p, args.len, "gnu_indirect_function", 21))
        error_at(r, args.p,
                 "musl's loader does not choose functions when the program starts (ifunc, target_clones): "
                 "choose in the code, for example by __builtin_cpu_supports");
}

static void unknown(struct rewriter *r, const struct stmt *s)
{
    error_at(r, r->text + s->at, "unknown directive");
}

/* .err, .error "message" */
static void user_error(struct rewriter *r, const struct stmt *s)
{
    struct slice message = stmt_args(r, s);
    if (message.len >= 2 && *message.p == '"')
        message.p++, message.len -= 2;
    if (message.len)
        error_at(r, r->text + s->at, "%.*s", (int)message.len, message.p);
    else
        error_at(r, r->text + s->at, "the file itself says that this is an error");
}

void directive(struct rewriter *r, const struct stmt *s)
{
    switch (s->directive ? s->directive->cls : DIR_REFUSED) {
    case DIR_NOTHING:
        if (s->directive->arg)
            out_drop(r);
        break;
    case DIR_TYPE:
        symbol_type(r, s);
        break;
    case DIR_EXPORT:
    case DIR_IF:
    case DIR_END:
        break;
    case DIR_SECTION:
        straight_line_ends(r);
        section_directive(r, s);
        break;
    case DIR_ALIGN:
        if (r->sections.now->section->exec && !r->disabled)
            align(r, s);
        break;
    case DIR_DATA:
        data(r, s);
        break;
    case DIR_SPACE:
        space(r, s);
        break;
    case DIR_SET:
        set(r, s);
        break;
    case DIR_NEXT_INSN:
        if (r->sections.now->section->exec && !r->disabled)
            out_hold(r);
        break;
    case DIR_UNREQ:
        set_alias(r, stmt_args(r, s), -1, 0);
        break;
    case DIR_SWITCH:
        straight_line_ends(r);
        r->disabled = s->directive->arg;
        out_drop(r);
        break;
    case DIR_MACRO:
        error_at(r, r->text + s->at, "this directive is not understood here");
        break;
    case DIR_ERROR:
        user_error(r, s);
        break;
    case DIR_SYNTAX:
        if (r->arch->syntax)
            r->arch->syntax(r, s);
        else
            unknown(r, s);
        break;
    case DIR_REFUSED:
        unknown(r, s);
        break;
    }
}
