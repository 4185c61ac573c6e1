/* Macros: definitions, arguments, substitution.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/expand.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MAX_PARAMS = 256 };

static void skip_blanks(struct slice *s)
{
    while (s->len && (*s->p == ' ' || *s->p == '\t'))
        s->p++, s->len--;
}

/* Blanks, one comma, blanks.  */
static void skip_comma(struct slice *s)
{
    skip_blanks(s);
    if (s->len && *s->p == ',')
        s->p++, s->len--;
    skip_blanks(s);
}

static struct slice keep(struct expander *x, struct slice s)
{
    return (struct slice){arena_copy(&x->r->arena, s.p, s.len), s.len};
}

static struct slice keep_buf(struct expander *x, struct buf *b)
{
    struct slice s = keep(x, (struct slice){b->p ? b->p : "", b->len});
    buf_free(b);
    return s;
}

static bool same_name(struct slice a, struct slice b)
{
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static struct slice take_name(struct slice *s)
{
    struct slice name = {s->p, 0};
    while (s->len && expand_name_char(*s->p))
        s->p++, s->len--, name.len++;
    return name;
}

/* quoted = '"' ( any | '""' )* '"', "<" ( any | "!" any | quoted )* ">" in .altmacro */
static void take_quoted(struct expander *x, struct slice *s, struct buf *out)
{
    char open = *s->p;
    int nest = 1;
    for (s->p++, s->len--; s->len; s->p++, s->len--) {
        char c = *s->p;
        if (open == '<') {
            if (c == '!' && s->len > 1)
                s->p++, s->len--, c = *s->p;
            else if (c == '<')
                nest++;
            else if (c == '>' && --nest == 0)
                break;
        } else if (c == '\\' && s->len > 1) {
            buf_put(out, s->p, 1);
            s->p++, s->len--, c = *s->p;
        } else if (c == '"') {
            if (s->len < 2 || s->p[1] != '"')
                break;
            s->p++, s->len--;
        }
        buf_put(out, &c, 1);
    }
    if (s->len)
        s->p++, s->len--;
    else
        expand_error(x, "the argument is not terminated");
}

/* "%" expression, in .altmacro: its value in decimal */
static void take_value(struct expander *x, struct slice *s, struct buf *out)
{
    struct slice expr = {s->p + 1, 0};
    int64_t n = 0;
    for (int depth = 0; expr.len + 1 < s->len; expr.len++) {
        char c = expr.p[expr.len];
        if (depth == 0 && (c == ',' || c == ' ' || c == '\t'))
            break;
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    s->p += expr.len + 1, s->len -= expr.len + 1;
    if (!expr_constant(x->r, expr, &n))
        expand_error(x, "the rewriter cannot know the value of %%%.*s", (int)expr.len, expr.p);
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    buf_put(out, digits, (size_t)len);
}

/* A blank ends an argument only between two that could be parts of words; the assembler drops
   it elsewhere.  */
static bool blank_separates(struct slice s, const struct buf *out)
{
    size_t i = 0;
    while (i < s.len && (s.p[i] == ' ' || s.p[i] == '\t'))
        i++;
    if (i == s.len || s.p[i] == ',' || out->len == 0)
        return true;
    static const char operators[] = "+-*/%&|^~!=<>";
    if (strchr(operators, out->p[out->len - 1]))
        return false;
    /* "a - b" is one, "a -b" two.  */
    return !strchr(operators, s.p[i]) || (i + 1 < s.len && s.p[i + 1] != ' ' && s.p[i + 1] != '\t'
                                          && s.p[i + 1] != '=' && s.p[i + 1] != s.p[i]);
}

/* One argument, up to a comma or a blank outside brackets.  */
static struct slice take_argument(struct expander *x, struct slice *s)
{
    struct buf out = {NULL, 0, 0};
    int depth = 0;
    skip_blanks(s);
    if (s->len && (*s->p == '"' || (x->alternate && *s->p == '<'))) {
        take_quoted(x, s, &out);
        return keep_buf(x, &out);
    }
    if (x->alternate && s->len && *s->p == '%') {
        take_value(x, s, &out);
        return keep_buf(x, &out);
    }
    while (s->len && *s->p != ',') {
        char c = *s->p;
        if (c == ' ' || c == '\t') {
            if (depth == 0 && blank_separates(*s, &out))
                break;
        } else {
            buf_put(&out, s->p, 1);
        }
        if (c == '"' || c == '\'')
            for (s->p++, s->len--; s->len && *s->p != c; s->p++, s->len--)
                buf_put(&out, s->p, 1);
        else if (c == '(' || c == '[')
            depth++;
        else if ((c == ')' || c == ']') && depth)
            depth--;
        if (!s->len)
            break;
        if (c == '"' || c == '\'')
            buf_put(&out, s->p, 1);
        s->p++, s->len--;
    }
    return keep_buf(x, &out);
}

/* parameter = name (":" ("req" | "vararg"))? ("=" argument)? */
static bool take_parameter(struct expander *x, struct slice *s, struct param *p)
{
    *p = (struct param){.name = keep(x, take_name(s))};
    if (p->name.len == 0) {
        expand_error(x, "expected the name of a parameter");
        return false;
    }
    skip_blanks(s);
    if (s->len && *s->p == ':') {
        s->p++, s->len--;
        struct slice kind = take_name(s);
        p->required = slice_is_nocase(kind, "req");
        p->vararg = slice_is_nocase(kind, "vararg");
        if (!p->required && !p->vararg) {
            expand_error(x, "a parameter is ':req' or ':vararg', not ':%.*s'", (int)kind.len,
                         kind.p);
            return false;
        }
        skip_blanks(s);
    }
    if (s->len && *s->p == '=') {
        s->p++, s->len--;
        p->initial = take_argument(x, s);
    }
    return true;
}

/* macro = name parameter ("," parameter)* */
void macro_define(struct expander *x, struct slice args, struct slice body, unsigned line)
{
    struct param params[MAX_PARAMS];
    struct macro *m = arena_alloc(&x->r->arena, sizeof *m);
    struct slice name = take_name(&args);
    if (name.len == 0) {
        expand_error(x, "the name of the macro is missing");
        return;
    }
    skip_comma(&args);
    while (args.len) {
        if (m->nparams == MAX_PARAMS) {
            expand_error(x, "more than %d parameters", MAX_PARAMS);
            return;
        }
        if (!take_parameter(x, &args, &params[m->nparams++]))
            return;
        skip_comma(&args);
    }
    if (macro_find(x, name)) {
        expand_error(x, "macro '%.*s' is defined already", (int)name.len, name.p);
        return;
    }
    m->name = keep(x, name);
    m->body = body;
    m->file = x->frame->file;
    m->line = line;
    m->params = arena_alloc(&x->r->arena, (m->nparams + 1) * sizeof *m->params);
    memcpy(m->params, params, m->nparams * sizeof *params);
    m->next = x->macros;
    x->macros = m;
}

struct macro *macro_find(struct expander *x, struct slice name)
{
    for (struct macro *m = x->macros; m; m = m->next)
        if (!m->purged && m->name.len == name.len
            && strncasecmp(m->name.p, name.p, name.len) == 0)
            return m;
    return NULL;
}

void macro_purge(struct expander *x, struct slice name)
{
    struct macro *m = macro_find(x, name);
    if (!m) {
        expand_error(x, "there is no macro '%.*s'", (int)name.len, name.p);
        return;
    }
    struct macro **link = &x->macros;
    while (*link != m)
        link = &(*link)->next;
    *link = m->next;
}

static struct param *find_param(struct param *params, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (same_name(params[i].name, name))
            return &params[i];
    return NULL;
}

/* "\" name, "\@", "\()"; in .altmacro bare names, too, and "&" joins.  */
static struct slice substitute(struct expander *x, struct slice body, struct param *params,
                               size_t n, unsigned number)
{
    struct buf out = {NULL, 0, 0};
    bool quoted = false;
    while (body.len) {
        char c = *body.p;
        const struct param *p;
        if (c == '\\' && body.len > 1) {
            struct slice rest = {body.p + 1, body.len - 1}, name = take_name(&rest);
            if (name.len && (p = find_param(params, n, name))) {
                buf_put(&out, p->value.p, p->value.len);
                body = rest;
            } else if (body.p[1] == '@') {
                buf_format(&out, "%d", (int)number);
                body.p += 2, body.len -= 2;
            } else if (body.len > 2 && body.p[1] == '(' && body.p[2] == ')') {
                body.p += 3, body.len -= 3;
            } else {
                size_t len = name.len ? name.len + 1 : 2;
                buf_put(&out, body.p, len);
                body.p += len, body.len -= len;
            }
            continue;
        }
        if (x->alternate && !quoted) {
            struct slice rest = body, name;
            bool joins = c == '&';
            if (joins)
                rest.p++, rest.len--;
            if ((name = take_name(&rest)).len && (p = find_param(params, n, name))) {
                buf_put(&out, p->value.p, p->value.len);
                if (rest.len && *rest.p == '&')
                    rest.p++, rest.len--;
                body = rest;
                continue;
            }
            if (name.len && !joins) {
                buf_put(&out, name.p, name.len);
                body = rest;
                continue;
            }
        }
        quoted = c == '"' ? !quoted : quoted && c != '\n';
        buf_put(&out, body.p, 1);
        body.p++, body.len--;
    }
    x->bytes += out.len;
    return keep_buf(x, &out);
}

/* LOCAL name, ... on the first lines of the body, in .altmacro.  */
static size_t take_locals(struct expander *x, struct macro *m, struct param *params, size_t n,
                          struct slice *body)
{
    (void)m;
    while (x->alternate) {
        struct slice rest = *body, word;
        skip_blanks(&rest);
        word = take_name(&rest);
        if (!slice_is_nocase(word, "local"))
            break;
        const char *end = memchr(rest.p, '\n', rest.len);
        struct slice names = {rest.p, end ? (size_t)(end - rest.p) : rest.len};
        for (skip_comma(&names); names.len && n < 2 * MAX_PARAMS; skip_comma(&names)) {
            char label[16];
            int len = snprintf(label, sizeof label, ".LL%04x", ++x->locals);
            struct slice name = take_name(&names);
            if (name.len == 0)
                break;
            params[n++] = (struct param){
                .name = name, .value = keep(x, (struct slice){label, (size_t)len})};
        }
        rest.len -= end ? (size_t)(end - rest.p) : rest.len;
        rest.p = end ? end : rest.p;
        *body = rest; /* the newline stays: lines are counted */
    }
    return n;
}

/* name "=" argument, or the next positional one */
static bool bind_argument(struct expander *x, struct macro *m, struct slice *args,
                          struct param *params, size_t *next)
{
    struct slice rest = *args, name = take_name(&rest);
    skip_blanks(&rest);
    if (name.len && rest.len && *rest.p == '=' && (rest.len < 2 || rest.p[1] != '=')) {
        struct param *p = find_param(params, m->nparams, name);
        if (!p) {
            expand_error(x, "macro '%.*s' has no parameter '%.*s'", (int)m->name.len, m->name.p,
                         (int)name.len, name.p);
            return false;
        }
        rest.p++, rest.len--;
        p->value = take_argument(x, &rest);
        *args = rest;
        return true;
    }
    if (*next == m->nparams) {
        expand_error(x, "too many arguments for macro '%.*s'", (int)m->name.len, m->name.p);
        return false;
    }
    struct param *p = &params[(*next)++];
    if (p->vararg) {
        p->value = slice_trim(*args);
        args->len = 0;
    } else {
        p->value = take_argument(x, args);
    }
    return true;
}

void macro_invoke(struct expander *x, struct macro *m, struct slice args)
{
    struct param params[2 * MAX_PARAMS + 1];
    size_t n = m->nparams, next = 0;
    memcpy(params, m->params, n * sizeof *params);
    for (size_t i = 0; i < n; i++)
        params[i].value = (struct slice){"", 0};
    skip_blanks(&args);
    while (args.len) {
        if (!bind_argument(x, m, &args, params, &next))
            return;
        skip_comma(&args);
    }
    for (size_t i = 0; i < n; i++) {
        if (params[i].value.len == 0)
            params[i].value = params[i].initial;
        if (params[i].required && params[i].value.len == 0) {
            expand_error(x, "macro '%.*s' needs a value for '%.*s'", (int)m->name.len, m->name.p,
                         (int)params[i].name.len, params[i].name.p);
            return;
        }
    }
    struct slice body = m->body;
    n = take_locals(x, m, params, n, &body);
    unsigned number = x->number++;
    expand_text(x, substitute(x, body, params, n, number), m->file, m->line, m->name);
}

static void iterate(struct expander *x, struct param *p, struct slice body, unsigned line)
{
    static const char names[] = "repetition";
    expand_text(x, substitute(x, body, p, 1, x->number), x->frame->file, line,
                (struct slice){names, sizeof names - 1});
}

void macro_iterate(struct expander *x, struct slice args, struct slice body, unsigned line,
                   bool characters)
{
    struct param p = {.name = take_name(&args), .value = {"", 0}};
    if (p.name.len == 0) {
        expand_error(x, "the name of the parameter is missing");
        return;
    }
    skip_comma(&args);
    if (args.len == 0)
        iterate(x, &p, body, line);
    if (characters && args.len && *args.p == '"') {
        args = take_argument(x, &args);
    }
    while (args.len && !x->ended && !x->frame->left) {
        if (characters) {
            p.value = (struct slice){args.p, 1};
            args.p++, args.len--;
            if (*p.value.p == ' ' || *p.value.p == '\t')
                continue;
        } else {
            p.value = take_argument(x, &args);
            skip_comma(&args);
        }
        iterate(x, &p, body, line);
    }
}
