/* From text to statements.
   SPDX-License-Identifier: Apache-2.0

   The text is cut where the assembler cuts it; what a statement says is looked at by
   the pass that needs it.  This pass follows sections, .set and conditionals as far as
   that takes: to know what is skipped, and which labels only debug information uses.  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

enum { NAME = 1, SPACE = 2, STOP = 4 }; /* STOP: scanning arguments must look closer */

struct parser {
    struct rewriter *r;
    const char *text;
    uint32_t p, size, cap;
    unsigned char cls[256];
    bool ended;
    struct conditionals ifs;
};

static void init_classes(struct parser *ps)
{
    for (int c = 0; c < 256; c++)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80
            || c == '_' || c == '.' || c == '$')
            ps->cls[c] = NAME;
    ps->cls[' '] = ps->cls['\t'] = ps->cls['\r'] = ps->cls['\f'] = SPACE;
    ps->cls['\n'] = ps->cls['"'] = ps->cls['\''] = ps->cls['/'] = STOP;
    ps->cls[(unsigned char)ps->r->arch->separator] = STOP;
    if (ps->r->arch->comment)
        ps->cls[(unsigned char)ps->r->arch->comment] = STOP;
}

static unsigned class_at(const struct parser *ps, uint32_t p)
{
    return ps->cls[(unsigned char)ps->text[p]];
}

static void skip_line(struct parser *ps)
{
    const char *nl = memchr(ps->text + ps->p, '\n', ps->size - ps->p);
    ps->p = nl ? (uint32_t)(nl - ps->text) : ps->size;
}

/* comment = "/" "*" ... "*" "/" */
static bool skip_block_comment(struct parser *ps)
{
    if (ps->text[ps->p] != '/' || ps->text[ps->p + 1] != '*')
        return false;
    uint32_t start = ps->p;
    const char *end = memmem(ps->text + start + 2, ps->size - start - 2, "*/", 2);
    ps->p = end ? (uint32_t)(end - ps->text) + 2 : ps->size;
    if (!end)
        error_at(ps->r, ps->text + start, "the comment is not terminated");
    return true;
}

/* linemark = "#" number '"' file '"' ..., as the C preprocessor writes them */
static void linemark(struct parser *ps)
{
    const char *p = ps->text + ps->p + 1;
    char *end;
    if (*p != ' ' || p[1] < '0' || p[1] > '9')
        return;
    unsigned long line = strtoul(p, &end, 10);
    const char *nl = strchrnul(end, '\n');
    struct rewriter *r = ps->r;
    struct linemark mark = {.at = (uint32_t)(nl - ps->text) + (*nl != 0), .line = (uint32_t)line};
    if (r->nlinemarks)
        mark.file = r->linemarks[r->nlinemarks - 1].file;
    if (end[0] == ' ' && end[1] == '"') {
        const char *close = end + 2;
        while (close < nl && *close != '"')
            close += *close == '\\' ? 2 : 1;
        if (close >= nl)
            return;
        mark.file = (struct slice){end + 2, (size_t)(close - end - 2)};
    } else if (*end != '\n') {
        return;
    }
    if ((r->nlinemarks & (r->nlinemarks + 1)) == 0) /* full at 2^n - 1 */
        r->linemarks = tool_realloc(r->linemarks, 2 * (r->nlinemarks + 1) * sizeof mark);
    r->linemarks[r->nlinemarks++] = mark;
}

/* gap = (space | newline | separator | comment)* */
static void skip_gap(struct parser *ps)
{
    bool line_start = ps->p == 0 || ps->text[ps->p - 1] == '\n';
    for (; ps->p < ps->size; ps->p++) {
        char c = ps->text[ps->p];
        if (class_at(ps, ps->p) & SPACE)
            continue;
        if (c == '\n') {
            line_start = true;
        } else if (c == ps->r->arch->separator) {
            continue;
        } else if (c == ps->r->arch->line_comment) {
            if (line_start)
                linemark(ps);
            skip_line(ps);
            line_start = true;
        } else if (c == '/'
                   && ((ps->r->arch->slash_slash && ps->text[ps->p + 1] == '/')
                       || (ps->r->arch->slash_line && line_start && ps->text[ps->p + 1] != '*'))) {
            skip_line(ps);
            line_start = true;
        } else if (skip_block_comment(ps)) {
            ps->p--;
        } else {
            return;
        }
    }
}

/* string = '"' ( "\" any | any )* '"' */
static void skip_string(struct parser *ps)
{
    uint32_t start = ps->p++;
    while (ps->p < ps->size && ps->text[ps->p] != '"') {
        if (ps->text[ps->p] == '\n')
            break;
        ps->p += ps->text[ps->p] == '\\' && ps->p + 1 < ps->size ? 2 : 1;
    }
    if (ps->p < ps->size && ps->text[ps->p] == '"')
        ps->p++;
    else
        error_at(ps->r, ps->text + start, "the string is not terminated");
}

/* character = "'" ( "\" any | any ) "'"? */
static void skip_character(struct parser *ps)
{
    ps->p++;
    if (ps->text[ps->p] == '\\')
        ps->p++;
    if (ps->p < ps->size && ps->text[ps->p] != '\n')
        ps->p++;
    if (ps->text[ps->p] == '\'')
        ps->p++;
}

enum { MADE_MAX = 4096 };

/* A copy of the source that may be changed, with room for statements that are made.  */
static void own_text(struct rewriter *r)
{
    r->text = tool_alloc(r->source.len + 1 + MADE_MAX);
    memcpy(r->text, r->source.p, r->source.len + 1);
}

const struct stmt *stmt_made(struct rewriter *r, const char *fmt, ...)
{
    struct buf b = {NULL, 0, 0};
    va_list ap;
    va_start(ap, fmt);
    buf_vformat(&b, fmt, ap);
    va_end(ap);
    if (r->text == r->source.p)
        own_text(r);
    if (r->made_len + b.len + 1 > MADE_MAX) {
        error_at(r, r->text + r->cur->at, "this statement stands for too many instructions");
        b.len = r->made_len = 0;
    }
    size_t at = r->source.len + 1 + r->made_len;
    memcpy(r->text + at, b.p, b.len);
    r->text[at + b.len] = 0;
    r->made_len += b.len + 1;
    uint32_t name = 0;
    while (name < b.len && b.p[name] != ' ' && b.p[name] != '\t')
        name++;
    r->made = (struct stmt){.begin = (uint32_t)at,
                            .at = (uint32_t)at,
                            .args = (uint32_t)at + name,
                            .tail = (uint32_t)(at + b.len),
                            .end = (uint32_t)(at + b.len),
                            .name_len = name,
                            .kind = STMT_INSN,
                            .insn = r->arch->find_insn(r->text + at, name)};
    buf_free(&b);
    return &r->made;
}

/* Blanks a comment between operands, in a copy: the output is made from the original.  */
static void blank(struct parser *ps, uint32_t from, uint32_t to)
{
    struct rewriter *r = ps->r;
    if (r->text == r->source.p) {
        own_text(r);
        ps->text = r->text;
    }
    for (; from < to; from++)
        if (r->text[from] != '\n')
            r->text[from] = ' ';
        else
            r->text[from] = '\t';
}

/* arguments = everything up to newline, separator or line comment */
static void scan_arguments(struct parser *ps, struct stmt *s)
{
    uint32_t tail = s->tail, comment = 0;
    while (ps->p < ps->size) {
        unsigned cls = class_at(ps, ps->p);
        if (cls & SPACE) {
            ps->p++;
            continue;
        }
        char c = ps->text[ps->p];
        if (cls & STOP) {
            if (c == '\n' || c == ps->r->arch->separator)
                break;
            if ((c == '/' && ps->r->arch->slash_slash && ps->text[ps->p + 1] == '/')
                || (ps->r->arch->comment && c == ps->r->arch->comment)) {
                skip_line(ps);
                break;
            }
            uint32_t start = ps->p;
            if (skip_block_comment(ps)) {
                comment = comment ? comment : start;
                continue;
            }
        }
        if (comment) {
            blank(ps, comment, ps->p);
            s->comments = true;
            comment = 0;
        }
        if (c == '"')
            skip_string(ps);
        else if (c == '\'')
            skip_character(ps);
        else
            ps->p++;
        tail = ps->p;
    }
    s->tail = tail;
    if (ps->p < ps->size)
        ps->p++;
    s->end = ps->p;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A name or a numeric label that something other than a direct branch refers to.  */
static void mark_name(struct parser *ps, const char *p, size_t len)
{
    struct rewriter *r = ps->r;
    while (len && *p == '$')
        p++, len--;
    if (len == 0)
        return;
    if (is_digit(*p)) {
        if ((p[len - 1] != 'b' && p[len - 1] != 'f') || len > 9)
            return;
        char key[16] = "\001";
        memcpy(key + 1, p, len - 1);
        symbol_get(r, key, len)->address = true;
        return;
    }
    /* What unwinding needs to know of ranges of code is no place to go to.  */
    if (r->sections.now->section->unwind && len > 3 && memchr("EFHC", p[2], 4)
        && memcmp(p, ".L", 2) == 0)
        return;
    struct symbol *s = symbol_get(r, p, len);
    s->target = s->address = true;
}

/* Every name in the arguments that is no register of AT&T syntax.  */
static void mark_addresses(struct parser *ps, const struct stmt *s)
{
    const char *p = ps->text + s->args, *end = ps->text + s->tail;
    while (p < end) {
        const char *start = p;
        if (*p == '"') {
            for (p++; p < end && *p != '"'; p++)
                if (*p == '\\' && p + 1 < end)
                    p++;
            p++;
        } else if (*p == '%' || *p == '@') {
            for (p++; p < end && ps->cls[(unsigned char)*p] == NAME; p++)
                ;
        } else if (ps->cls[(unsigned char)*p] == NAME) {
            while (p < end && ps->cls[(unsigned char)*p] == NAME)
                p++;
            mark_name(ps, start, (size_t)(p - start));
        } else {
            p++;
        }
    }
}

static void mark_exported(struct rewriter *r, struct slice args, bool weak)
{
    struct slice name;
    while (next_operand(&args, &name))
        if (name.len) {
            struct symbol *s = symbol_get(r, name.p, name.len);
            s->exported = true;
            s->weak = s->weak || weak;
        }
}

/* References to .L labels; all other labels are taken to be referred to.  */
static void mark_references(struct parser *ps, const struct stmt *s)
{
    const char *p = ps->text + s->args, *end = ps->text + s->tail;
    while ((p = memchr(p, '.', (size_t)(end - p))) && p + 1 < end) {
        const char *start = p++;
        if (*p != 'L' || ps->cls[(unsigned char)start[-1]] == NAME)
            continue;
        while (p < end && ps->cls[(unsigned char)*p] == NAME)
            p++;
        symbol_get(ps->r, start, (size_t)(p - start))->target = true;
    }
}

/* Whether labels that only direct branches reach are told from others.  */
static bool tells_apart(const struct rewriter *r)
{
    return r->arch->any_order || r->profile->meter != LFI_METER_NONE;
}

/* Keeps track of what later statements of this pass depend on.  */
static void follow(struct parser *ps, struct stmt *s)
{
    struct rewriter *r = ps->r;
    enum dir_class cls = s->kind != STMT_DIRECTIVE ? DIR_DATA
                         : s->directive            ? s->directive->cls
                                                   : DIR_REFUSED;
    s->skipped = ps->ifs.off;
    if (cls == DIR_IF) {
        if (!cond_directive(r, &ps->ifs, s->directive->arg, s->at, stmt_args(r, s)))
            ps->ended = true;
        s->skipped = false; /* goes out as it is in any case */
        return;
    }
    if (cls == DIR_MACRO && !r->expanded)
        ps->ended = r->wants_expansion = true;
    if (s->skipped)
        return;
    if (s->kind == STMT_ASSIGN) {
        set_symbol(r, s->symbol, stmt_args(r, s));
    } else if (cls == DIR_SECTION) {
        r->parsing = true;
        section_directive(r, s);
        r->parsing = false;
    } else if (cls == DIR_SET) {
        struct slice rest = stmt_args(r, s), name;
        if (next_operand(&rest, &name) && name.len)
            set_symbol(r, symbol_get(r, name.p, name.len), rest);
    } else if (cls == DIR_END) {
        ps->ended = true;
    }
    if ((cls == DIR_DATA || cls == DIR_SPACE) && s->kind == STMT_DIRECTIVE
        && r->sections.now->section->exec)
        r->text_data = true;
    /* clang has them at the end of the file, whatever section that is in.  */
    if (cls == DIR_EXPORT)
        mark_exported(r, stmt_args(r, s), s->directive->arg);
    if (cls == DIR_NOTHING || cls == DIR_TYPE || cls == DIR_EXPORT || r->sections.now->section->debug)
        return;
    if (tells_apart(r)
        && (s->kind != STMT_INSN || !s->insn || !r->arch->names_target(s->insn, stmt_args(r, s))))
        mark_addresses(ps, s);
    else
        mark_references(ps, s);
}

static struct stmt *new_stmt(struct parser *ps)
{
    struct rewriter *r = ps->r;
    if (r->nstmts == ps->cap) {
        ps->cap = ps->cap ? 2 * ps->cap : ps->size / 20 + 64;
        r->stmts = tool_realloc(r->stmts, ps->cap * sizeof *r->stmts);
    }
    struct stmt *s = &r->stmts[r->nstmts++];
    *s = (struct stmt){.begin = ps->p};
    return s;
}

static bool digits_only(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0 && s.len < 10;
}

/* The compiler plugin's comment before a label.  */
static const char indirect_mark[] = "lfi: indirect";

/* label = (symbol | number) ":" */
static void label(struct parser *ps, struct stmt *s, struct slice name)
{
    s->kind = STMT_LABEL;
    s->tail = s->end = ++ps->p;
    s->skipped = ps->ifs.off;
    if (digits_only(name))
        return;
    s->symbol = symbol_get(ps->r, name.p, name.len);
    if (s->skipped)
        return;
    s->symbol->defined = true;
    if (tells_apart(ps->r) && s->at - s->begin >= sizeof indirect_mark
        && memmem(ps->text + s->begin, s->at - s->begin, indirect_mark, sizeof indirect_mark - 1))
        ps->r->marked = s->symbol->marked = true;
}

static bool is_req(const struct parser *ps)
{
    return ps->size - ps->p > 5 && strncasecmp(ps->text + ps->p, ".req", 4) == 0
           && class_at(ps, ps->p + 4) & SPACE;
}

/* The name at the beginning: an identifier or a quoted symbol.  */
static struct slice statement_name(struct parser *ps)
{
    uint32_t start = ps->p;
    if (ps->text[ps->p] == '"') {
        skip_string(ps);
        return (struct slice){ps->text + start + 1, ps->p - start >= 2 ? ps->p - start - 2 : 0};
    }
    if (ps->text[ps->p] == '{' && ps->r->arch->brace_names) {
        while (ps->p < ps->size && ps->text[ps->p] != '}' && ps->text[ps->p] != '\n')
            ps->p++;
        ps->p += ps->text[ps->p] == '}';
    }
    while (ps->p < ps->size && class_at(ps, ps->p) == NAME)
        ps->p++;
    return (struct slice){ps->text + start, ps->p - start};
}

/* statement = label | symbol "=" expression | name ".req" register
             | "." directive arguments | mnemonic operands  */
static void statement(struct parser *ps)
{
    struct stmt *s = new_stmt(ps);
    skip_gap(ps);
    s->at = s->args = s->tail = s->end = ps->p;
    if (ps->p >= ps->size)
        return;
    struct slice name = statement_name(ps);
    s->name_len = (uint32_t)(ps->p - s->at);
    s->args = s->tail = ps->p;
    if (name.len == 0) {
        error_at(ps->r, ps->text + s->at, "expected a label, a directive or an instruction");
        skip_line(ps);
        s->kind = STMT_EMPTY;
        s->tail = s->end = ps->p;
        return;
    }
    while (class_at(ps, ps->p) & SPACE || skip_block_comment(ps))
        if (class_at(ps, ps->p) & SPACE)
            ps->p++;
    char c = ps->text[ps->p];
    if (c == ':') {
        label(ps, s, name);
        return;
    }
    if (c == '=') {
        s->kind = STMT_ASSIGN;
        s->symbol = symbol_get(ps->r, name.p, name.len);
        ps->p += ps->text[ps->p + 1] == '=' ? 2 : 1;
        s->args = s->tail = ps->p;
    } else if (is_req(ps)) {
        s->kind = STMT_ALIAS;
        s->symbol = symbol_get(ps->r, name.p, name.len);
        ps->p += 4;
        s->args = s->tail = ps->p;
    } else if (*name.p == '.') {
        s->kind = STMT_DIRECTIVE;
        s->directive = directive_find(name);
        ps->p = s->args;
    } else {
        s->kind = STMT_INSN;
        s->insn = ps->r->arch->find_insn(name.p, name.len);
        ps->p = s->args;
    }
    scan_arguments(ps, s);
    follow(ps, s);
}

void parse(struct rewriter *r)
{
    r->text = r->source.p;
    r->nstmts = r->nlinemarks = 0;
    struct parser ps = {.r = r, .text = r->text, .size = (uint32_t)r->source.len};
    init_classes(&ps);
    sections_begin(r);
    do
        statement(&ps);
    while (ps.p < ps.size && !ps.ended);
    if (ps.ifs.depth && !ps.ended)
        error_at(r, r->text + ps.ifs.ifs[ps.ifs.depth - 1].at, "there is no .endif to this");
}

const struct stmt *stmt_place(const struct rewriter *r, const struct stmt *s)
{
    if (s != &r->made)
        return s;
    return r->more_made ? NULL : r->cur;
}

struct slice stmt_name(const struct rewriter *r, const struct stmt *s)
{
    return (struct slice){r->text + s->at, s->name_len};
}

struct slice stmt_args(const struct rewriter *r, const struct stmt *s)
{
    return slice_trim((struct slice){r->text + s->args, s->tail - s->args});
}

bool next_operand(struct slice *rest, struct slice *operand)
{
    if (!rest->p)
        return false;
    const char *p = rest->p, *end = p + rest->len;
    for (int depth = 0; p < end; p++) {
        if (*p == '"') {
            for (p++; p < end && *p != '"'; p++)
                if (*p == '\\' && p + 1 < end)
                    p++;
            if (p == end)
                break;
        } else if (*p == '\'') {
            p += p + 1 < end && p[1] == '\\' ? 2 : 1;
            if (p + 1 < end && p[1] == '\'')
                p++;
            if (p >= end)
                break;
        } else if (*p == '[' || *p == '{' || *p == '(') {
            depth++;
        } else if (*p == ']' || *p == '}' || *p == ')') {
            depth--;
        } else if (*p == ',' && depth <= 0) {
            break;
        }
    }
    if (p > end)
        p = end;
    *operand = slice_trim((struct slice){rest->p, (size_t)(p - rest->p)});
    if (p < end) {
        rest->len = (size_t)(end - p - 1);
        rest->p = p + 1;
    } else {
        if (operand->len == 0 && rest->len == 0) {
            rest->p = NULL;
            return false;
        }
        rest->p = NULL;
        rest->len = 0;
    }
    return true;
}
