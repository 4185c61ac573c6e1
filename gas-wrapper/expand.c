/* Macros, repetitions, conditionals and included files become plain text.
   SPDX-License-Identifier: Apache-2.0

   Files that have any are expanded before the other passes see them.  What was on one line of
   a file stays on it: expansions stand between linemarks that name the line of the invocation, and
   marks beside the text say which line of which macro a piece comes from.  */
#include "config.h"

#include "gas-wrapper/expand.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/tool.h"

bool expand_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || c == '.' || c == '$' || (unsigned char)c >= 0x80;
}

/* The first error ends the expansion: what follows would mostly be its consequence.  */
void expand_error(struct expander *x, const char *fmt, ...)
{
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    error_at(x->r, x->frame ? x->frame->stmt : NULL, "%s", message);
    x->ended = true;
}

/* One statement: TEXT without comments, RAW as it was, with what ends it.  */
struct piece {
    struct slice text, raw;
    struct buf clean; /* owns TEXT where there were comments */
    unsigned lines;   /* newlines in RAW */
    bool own_line;    /* a linemark or a comment of the whole line */
};

static size_t comment_length(const struct arch *a, const char *p, const char *end, bool line_start)
{
    bool whole = (a->comment && *p == a->comment)
                 || (p + 1 < end && p[0] == '/' && p[1] == '/' && a->slash_slash)
                 || (line_start && *p == a->line_comment)
                 || (line_start && a->slash_line && *p == '/' && (p + 1 == end || p[1] != '*'));
    const char *stop;
    if (whole) {
        stop = memchr(p, '\n', (size_t)(end - p));
        return (size_t)((stop ? stop : end) - p);
    }
    if (p + 1 < end && p[0] == '/' && p[1] == '*') {
        stop = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
        return (size_t)((stop ? stop + 2 : end) - p);
    }
    return 0;
}

static size_t quoted_length(const char *p, const char *end)
{
    const char *start = p;
    if (*p == '\'') {
        p += p + 1 < end && p[1] == '\\' ? 3 : 2;
        if (p < end && *p == '\'')
            p++;
        return (size_t)((p > end ? end : p) - start);
    }
    for (p++; p < end && *p != '"' && *p != '\n'; p++)
        if (*p == '\\' && p + 1 < end && p[1] != '\n')
            p++;
    return (size_t)((p < end && *p == '"' ? p + 1 : p) - start);
}

/* Cuts the next statement off what the frame has.  */
static bool next_piece(struct expander *x, struct frame *f, struct piece *s, bool *line_start)
{
    const struct arch *a = x->r->arch;
    const char *p = f->p, *done = p;
    *s = (struct piece){.raw = {f->p, 0}};
    bool blank = true;
    if (p == f->end)
        return false;
    while (p < f->end && *p != '\n' && *p != a->separator) {
        size_t len = comment_length(a, p, f->end, *line_start && blank);
        if (len) {
            buf_put(&s->clean, done, (size_t)(p - done));
            buf_put(&s->clean, " ", 1);
            if (blank && *line_start && *p == '#')
                s->own_line = true;
            for (const char *q = p; (q = memchr(q, '\n', (size_t)(p + len - q))); q++)
                s->lines++;
            done = p += len;
            continue;
        }
        blank = blank && (*p == ' ' || *p == '\t' || *p == '\r');
        if (*p == '"' || *p == '\'')
            p += quoted_length(p, f->end);
        else
            p++;
        if (p > f->end)
            p = f->end;
    }
    if (s->clean.len)
        buf_put(&s->clean, done, (size_t)(p - done));
    s->text = s->clean.len ? (struct slice){s->clean.p, s->clean.len}
                           : (struct slice){f->p, (size_t)(p - f->p)};
    s->text = slice_trim(s->text);
    *line_start = p == f->end || *p == '\n';
    if (p < f->end) {
        s->lines += *p == '\n';
        p++;
    }
    s->raw.len = (size_t)(p - s->raw.p);
    f->p = p;
    return true;
}

/* -- output -------------------------------------------------------------------------- */

static void remember_origin(struct expander *x, const struct frame *f)
{
    struct rewriter *r = x->r;
    if ((r->norigins & (r->norigins + 1)) == 0) /* full at 2^n - 1 */
        r->origins = tool_realloc(r->origins, 2 * (r->norigins + 1) * sizeof *r->origins);
    r->origins[r->norigins++] =
        (struct origin){(uint32_t)x->out.len, f ? f->line : 0, f ? f->file : (struct slice){"", 0},
                        f ? f->macro : (struct slice){"", 0}};
}

/* The next line of the output is that line.  */
static void put_linemark(struct expander *x, struct slice file, unsigned line)
{
    if (x->out.len && x->out.p[x->out.len - 1] != '\n')
        buf_put(&x->out, "\n", 1);
    buf_format(&x->out, "# %d \"%S\"\n", (int)line, &file);
}

static void put(struct expander *x, const struct frame *f, struct slice text)
{
    if (f->depth) {
        put_linemark(x, x->file, x->line);
        remember_origin(x, f);
        buf_put(&x->out, text.p, text.len);
        buf_put(&x->out, "\n", 1);
    } else {
        buf_put(&x->out, text.p, text.len);
    }
}

/* Lines of a file of which nothing is left.  */
static void put_lines(struct expander *x, const struct frame *f, unsigned lines)
{
    while (f->depth == 0 && lines--)
        buf_put(&x->out, "\n", 1);
}

/* -- repetitions, files -------------------------------------------------------------- */

static bool limits_ok(struct expander *x)
{
    if (x->bytes > EXPAND_BYTES || x->out.len > EXPAND_BYTES * 4u)
        expand_error(x, "macros expand to more than %d MiB", EXPAND_BYTES >> 20);
    else if (++x->steps > EXPAND_STEPS)
        expand_error(x, "macros expand to more than %d statements", EXPAND_STEPS);
    return !x->ended;
}

static void run(struct expander *x, struct frame *f);

void expand_text(struct expander *x, struct slice text, struct slice file, unsigned line,
                 struct slice macro)
{
    struct frame *outer = x->frame;
    struct frame f = {.p = text.p,
                      .end = text.p + text.len,
                      .file = file,
                      .macro = macro,
                      .line = line,
                      .depth = outer->depth + 1,
                      .stmt = text.p};
    if (f.depth > EXPAND_DEPTH) {
        expand_error(x, "more than %d nested macros", EXPAND_DEPTH);
        return;
    }
    if (!limits_ok(x))
        return;
    if (outer->depth == 0) {
        x->file = outer->file;
        x->line = outer->line;
    }
    int floor = x->ifs.floor, depth = x->ifs.depth;
    bool off = x->ifs.off;
    x->ifs.floor = depth;
    x->frame = &f;
    run(x, &f);
    if (!x->ended && !f.left && x->ifs.depth != depth)
        expand_error(x, "there is no .endif to an .if of this macro");
    x->frame = outer;
    x->ifs.floor = floor;
    x->ifs.depth = depth;
    x->ifs.off = off;
    if (outer->depth == 0 && !x->ended) {
        put_linemark(x, outer->file, outer->line);
        remember_origin(x, NULL);
    }
}

static void repeat(struct expander *x, struct slice args, struct slice body, unsigned line)
{
    static const char name[] = "repetition";
    int64_t n;
    if (!expr_constant(x->r, args, &n)) {
        expand_error(x, "the rewriter cannot know the value of this count");
        return;
    }
    struct frame *outer = x->frame;
    for (; n > 0 && !x->ended; n--) {
        x->bytes += body.len;
        expand_text(x, body, outer->file, line, (struct slice){name, sizeof name - 1});
    }
}

static char *find_included(struct expander *x, const char *name, size_t *size)
{
    char *data = tool_read_file(name, size);
    for (size_t i = 0; !data && i < x->r->nincludes && *name != '/'; i++) {
        char *path = tool_printf("%s/%s", x->r->includes[i], name);
        data = tool_read_file(path, size);
        free(path);
    }
    return data;
}

enum { INCLUDE_DEPTH = 32 };

static void include(struct expander *x, struct slice args)
{
    size_t size;
    if (args.len < 3 || *args.p != '"' || args.p[args.len - 1] != '"'
        || memchr(args.p, 0, args.len)) {
        expand_error(x, ".include takes the name of a file in quotes");
        return;
    }
    struct slice name = {arena_copy(&x->r->arena, args.p + 1, args.len - 2), args.len - 2};
    char *data = find_included(x, name.p, &size);
    if (!data) {
        expand_error(x, "%s: %s", name.p, strerror(errno));
        return;
    }
    struct frame *outer = x->frame;
    char *copy = arena_copy(&x->r->arena, data, size);
    free(data);
    struct frame f = {
        .p = copy, .end = copy + size, .file = name, .line = 1, .depth = outer->depth,
        .macro = outer->macro, .stmt = copy};
    x->bytes += size;
    if (++x->includes > INCLUDE_DEPTH)
        expand_error(x, "more than %d files include each other", INCLUDE_DEPTH);
    else if (limits_ok(x)) {
        if (f.depth == 0)
            put_linemark(x, name, 1);
        x->frame = &f;
        run(x, &f);
        x->frame = outer;
        if (outer->depth == 0 && !x->ended)
            put_linemark(x, outer->file, outer->line);
    }
    x->includes--;
}

/* -- statements ---------------------------------------------------------------------- */

static struct slice first_word(struct slice text)
{
    struct slice word = {text.p, 0};
    while (word.len < text.len && expand_name_char(text.p[word.len]))
        word.len++;
    return word;
}

/* Labels at the beginning: their length, and where the statement begins.  */
static struct slice skip_labels(struct expander *x, struct slice text, bool define)
{
    for (;;) {
        struct slice word = first_word(text);
        size_t at = word.len;
        while (at < text.len && (text.p[at] == ' ' || text.p[at] == '\t'))
            at++;
        if (word.len == 0 || at == text.len || text.p[at] != ':'
            || (at + 1 < text.len && text.p[at + 1] == '='))
            return text;
        if (define && (*word.p < '0' || *word.p > '9'))
            symbol_get(x->r, word.p, word.len)->defined = true;
        text = slice_trim((struct slice){text.p + at + 1, text.len - at - 1});
    }
}

static const struct directive *directive_of(struct slice text, struct slice *args)
{
    struct slice word = first_word(text);
    *args = slice_trim((struct slice){text.p + word.len, text.len - word.len});
    return word.len && *word.p == '.' ? directive_find(word) : NULL;
}

static bool is_repetition(int arg)
{
    return arg == MACRO_REPT || arg == MACRO_IRP || arg == MACRO_IRPC;
}

/* The statements up to the matching .endm or .endr.  */
static bool collect(struct expander *x, struct frame *f, int opener, struct slice *body)
{
    struct buf b = {NULL, 0, 0};
    struct piece s;
    bool line_start = f->p[-1] == '\n', found = false;
    int nest = 1;
    unsigned lines = 0;
    while (!found && next_piece(x, f, &s, &line_start)) {
        struct slice args;
        struct slice text = skip_labels(x, s.text, false);
        const struct directive *d = s.own_line ? NULL : directive_of(text, &args);
        if (d && d->cls == DIR_MACRO) {
            if (opener == MACRO_MACRO ? d->arg == MACRO_MACRO : is_repetition(d->arg))
                nest++;
            else if (d->arg == (opener == MACRO_MACRO ? MACRO_ENDM : MACRO_ENDR))
                found = --nest == 0;
        }
        if (!found) {
            buf_put(&b, s.text.p, s.own_line ? 0 : s.text.len);
            for (unsigned i = 0; i < s.lines; i++)
                buf_put(&b, "\n", 1);
            if (s.lines == 0)
                buf_put(&b, &x->r->arch->separator, 1);
        }
        lines += s.lines;
        buf_free(&s.clean);
    }
    x->bytes += b.len;
    *body = (struct slice){arena_copy(&x->r->arena, b.p ? b.p : "", b.len), b.len};
    buf_free(&b);
    if (!found)
        expand_error(x, "there is no %s to this", opener == MACRO_MACRO ? ".endm" : ".endr");
    put_lines(x, f, lines);
    f->line += lines;
    return found && limits_ok(x);
}

static void exit_macro(struct expander *x)
{
    if (x->frame->depth == 0)
        expand_error(x, ".exitm outside of a macro");
    x->frame->left = true;
}

/* A directive of class DIR_MACRO.  LINE is that of the statement behind it.  */
static void macro_directive(struct expander *x, struct frame *f, int arg, struct slice args,
                            unsigned next_line)
{
    struct slice body, name;
    switch (arg) {
    case MACRO_MACRO:
    case MACRO_REPT:
    case MACRO_IRP:
    case MACRO_IRPC: {
        char *copy = arena_copy(&x->r->arena, args.p, args.len);
        unsigned at = f->line;
        args.p = copy;
        f->line = next_line;
        if (!collect(x, f, arg, &body))
            return;
        if (arg == MACRO_MACRO) {
            macro_define(x, args, body, next_line);
            return;
        }
        unsigned after = f->line;
        f->line = at;
        if (arg == MACRO_REPT)
            repeat(x, args, body, next_line);
        else
            macro_iterate(x, args, body, next_line, arg == MACRO_IRPC);
        f->line = after;
        if (f->depth == 0 && !x->ended)
            put_linemark(x, f->file, after);
        return;
    }
    case MACRO_ENDM:
        expand_error(x, "there is no .macro to this");
        return;
    case MACRO_ENDR:
        expand_error(x, "there is no .rept, .irp or .irpc to this");
        return;
    case MACRO_EXIT:
        exit_macro(x);
        return;
    case MACRO_PURGE:
        while (next_operand(&args, &name))
            if (name.len)
                macro_purge(x, name);
        return;
    case MACRO_ALTERNATE:
        x->alternate = true;
        return;
    case MACRO_ORDINARY:
        x->alternate = false;
        return;
    case MACRO_INCLUDE:
        include(x, args);
        return;
    default:
        expand_error(x, "this directive is not understood by the rewriter");
    }
}

/* Statements that later conditions may ask for.  */
static void follow(struct expander *x, const struct directive *d, struct slice text,
                   struct slice args)
{
    struct rewriter *r = x->r;
    struct slice word = first_word(text), name;
    if (d && d->cls == DIR_SET) {
        if (next_operand(&args, &name) && name.len)
            set_symbol(r, symbol_get(r, name.p, name.len), args);
    } else if (!d && word.len && args.len && *args.p == '=') {
        args.p++, args.len--;
        if (args.len && *args.p == '=')
            args.p++, args.len--;
        set_symbol(r, symbol_get(r, word.p, word.len), args);
    } else if (d && d->cls == DIR_END) {
        x->ended = true;
    }
}

/* linemark = "#" number '"' file '"' */
static void linemark(struct frame *f, struct slice raw)
{
    char *end;
    raw = slice_trim(raw);
    if (raw.len < 3 || raw.p[1] != ' ' || raw.p[2] < '0' || raw.p[2] > '9')
        return;
    unsigned long line = strtoul(raw.p + 2, &end, 10);
    const char *open = memchr(raw.p, '"', raw.len), *close = memrchr(raw.p, '"', raw.len);
    if (line == 0 || line > INT_MAX)
        return;
    if (open && close > open)
        f->file = (struct slice){open + 1, (size_t)(close - open - 1)};
    f->line = (unsigned)line - 1; /* of the line of the mark itself */
}

static void statement(struct expander *x, struct frame *f, struct piece *s)
{
    struct slice args, text = skip_labels(x, s->text, !x->ifs.off);
    const struct directive *d = directive_of(text, &args);
    enum dir_class cls = d ? d->cls : DIR_DATA;
    f->stmt = s->raw.p;
    if (cls == DIR_IF) {
        if (!cond_directive(x->r, &x->ifs, d->arg, 0, args) || x->r->errors)
            x->ended = true;
        put_lines(x, f, s->lines);
        f->line += s->lines;
        return;
    }
    if (x->ifs.off) {
        put_lines(x, f, s->lines);
        f->line += s->lines;
        return;
    }
    struct macro *m = cls != DIR_MACRO && text.len ? macro_find(x, first_word(text)) : NULL;
    if (!m && cls != DIR_MACRO) {
        follow(x, d, text, args);
        put(x, f, f->depth ? s->text : s->raw);
        f->line += s->lines;
        return;
    }
    struct slice labels = slice_trim((struct slice){s->text.p, (size_t)(text.p - s->text.p)});
    if (labels.len)
        put(x, f, labels);
    if (m) {
        macro_invoke(x, m, args);
    } else {
        put_lines(x, f, s->lines);
        unsigned line = f->line + s->lines;
        macro_directive(x, f, d->arg, args, line);
        if (d->arg != MACRO_MACRO && !is_repetition(d->arg))
            f->line = line;
        return;
    }
    put_lines(x, f, s->lines);
    f->line += s->lines;
}

static void run(struct expander *x, struct frame *f)
{
    struct piece s;
    bool line_start = true;
    while (!x->ended && !f->left && next_piece(x, f, &s, &line_start)) {
        x->frame = f;
        if (s.own_line) {
            linemark(f, s.raw);
            f->line += s.lines;
            put(x, f, s.raw);
        } else if (s.text.len == 0) {
            if (f->depth == 0)
                buf_put(&x->out, s.raw.p, s.raw.len);
            f->line += s.lines;
        } else if (limits_ok(x)) {
            statement(x, f, &s);
        }
        if (f->p[-1] == '\n')
            line_start = true;
        buf_free(&s.clean);
    }
}

void expand(struct rewriter *r)
{
    struct expander x = {.r = r, .file = {"<input>", 7}};
    struct frame f = {.p = r->source.p,
                      .end = r->source.p + r->source.len,
                      .file = {"<input>", 7},
                      .line = 1,
                      .stmt = r->source.p};
    symbols_forget(r);
    r->expanding = &x;
    x.frame = &f;
    run(&x, &f);
    if (!x.ended && x.ifs.depth)
        expand_error(&x, "there is no .endif to the last .if");
    r->expanding = NULL;
    r->expanded = true;
    symbols_forget(r);
    *buf_room(&x.out, 1) = 0;
    if (r->text != r->source.p)
        free(r->text);
    /* Names of files and what messages show point into the old text.  */
    r->unexpanded = r->source;
    r->source = x.out;
    r->text = NULL;
    if (r->source.len > UINT32_MAX / 2)
        tool_fail("more than 2 GiB of assembly");
}

/* Where the expansion is: for messages.  */
bool expand_location(const struct expander *x, struct slice *file, unsigned *line,
                     struct origin *origin, struct slice *text)
{
    const struct frame *f = x->frame;
    *file = f->depth ? x->file : f->file;
    *line = f->depth ? x->line : f->line;
    *origin = (struct origin){0, f->line, f->file, f->macro};
    size_t len = f->stmt < f->end ? (size_t)(f->end - f->stmt) : 0;
    const char *nl = memchr(f->stmt, '\n', len);
    *text = (struct slice){f->stmt, nl ? (size_t)(nl - f->stmt) : len};
    return f->depth > 0;
}
