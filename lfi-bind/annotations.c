/* The file of annotations: a recursive-descent parser of a few declarations.
   SPDX-License-Identifier: Apache-2.0

   file       = { item } .
   item       = "include" ( "<...>" | "\"...\"" ) | "function" name { "stack" N | "result" N } ";"
              | [ "string" ] type name "(" [ parameter { "," parameter } ] ")" ";" .
   parameter  = [ ( "in" | "out" | "inout" ) [ "(" expression ")" ] | "string" | "callback" ] type
   name .

   A type is the text up to the name, which is the last word.  Comments as in C, and from '#' to the
   end of the line.  */
#include "config.h"

#include "lfi-bind/lfi-bind.h"
#include "common/tool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    struct binding *b;
    const char *path;
    char *text, *at;
};

static _Noreturn void wrong(const struct parser *p, const char *why)
{
    unsigned line = 1;
    for (const char *s = p->text; s < p->at; s++)
        line += *s == '\n';
    tool_fail("%s:%u: %s", p->path, line, why);
}

/* Comments become blanks, so that nothing else has to know them.  */
static void blank_comments(char *s)
{
    while (*s) {
        size_t n = 0;
        if (*s == '#' || (s[0] == '/' && s[1] == '/'))
            n = strcspn(s, "\n");
        else if (s[0] == '/' && s[1] == '*')
            n = strstr(s + 2, "*/") ? (size_t)(strstr(s + 2, "*/") + 2 - s) : strlen(s);
        for (size_t i = 0; i < n; i++)
            if (s[i] != '\n')
                s[i] = ' ';
        s += n ? n : 1;
    }
}

static void skip_blanks(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    return n;
}

static bool take(struct parser *p, char c)
{
    skip_blanks(p);
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

static void expect(struct parser *p, char c, const char *why)
{
    if (!take(p, c))
        wrong(p, why);
}

static bool take_word(struct parser *p, const char *word)
{
    skip_blanks(p);
    size_t n = word_length(p->at);
    if (n != strlen(word) || strncmp(p->at, word, n) != 0)
        return false;
    p->at += n;
    return true;
}

/* A copy of [from, to) with single blanks and none at the ends.  */
static char *tidy(const char *from, const char *to)
{
    char *s = tool_alloc((size_t)(to - from) + 1), *d = s;
    for (; from < to; from++) {
        if (!isspace((unsigned char)*from))
            *d++ = *from;
        else if (d > s && d[-1] != ' ')
            *d++ = ' ';
    }
    while (d > s && d[-1] == ' ')
        d--;
    *d = 0;
    return s;
}

static size_t take_number(struct parser *p)
{
    skip_blanks(p);
    char *end;
    unsigned long n = isdigit((unsigned char)*p->at) ? strtoul(p->at, &end, 0) : 65537;
    if (n > 65536)
        wrong(p, "a number of bytes is expected, at most 65536");
    p->at = end;
    return n;
}

/* The text in parentheses.  */
static char *take_expression(struct parser *p)
{
    char *from = p->at;
    int depth = 1;
    for (; *p->at && depth; p->at++)
        depth += (*p->at == '(') - (*p->at == ')');
    if (depth)
        wrong(p, "a ')' is missing");
    return tidy(from, p->at - 1);
}

static enum travel take_travel(struct parser *p)
{
    static const struct {
        const char *word;
        enum travel travel;
    } words[] = {{"in", TRAVEL_IN},
                 {"out", TRAVEL_OUT},
                 {"inout", TRAVEL_INOUT},
                 {"string", TRAVEL_STRING},
                 {"callback", TRAVEL_CALLBACK}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (take_word(p, words[i].word))
            return words[i].travel;
    return TRAVEL_PLAIN;
}

/* Type and name up to one of the characters.  */
static void take_declarator(struct parser *p, const char *end, char **type, char **name)
{
    skip_blanks(p);
    char *from = p->at;
    char *to = from + strcspn(from, end);
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    char *word = to;
    while (word > from && (isalnum((unsigned char)word[-1]) || word[-1] == '_'))
        word--;
    *type = tidy(from, word);
    *name = tidy(word, to);
    if (!**type || !is_identifier(*name, strlen(*name)))
        wrong(p, "a type and a name are expected");
    p->at = to;
}

static void take_parameter(struct parser *p, struct function *f)
{
    f->params = tool_realloc(f->params, (f->nparams + 1) * sizeof *f->params);
    struct parameter *q = &f->params[f->nparams++];
    *q = (struct parameter){.travel = take_travel(p)};
    bool counted = q->travel == TRAVEL_IN || q->travel == TRAVEL_OUT || q->travel == TRAVEL_INOUT;
    if (counted && take(p, '('))
        q->count = take_expression(p);
    take_declarator(p, ",);(", &q->type, &q->name);
    if (q->travel != TRAVEL_PLAIN && q->travel != TRAVEL_CALLBACK && !strchr(q->type, '*'))
        wrong(p, "what is copied is a pointer");
}

static void take_parameters(struct parser *p, struct function *f)
{
    expect(p, '(', "'(' and the parameters are expected");
    char *start = p->at;
    if (take_word(p, "void") && take(p, ')'))
        return;
    p->at = start;
    do
        take_parameter(p, f);
    while (take(p, ','));
    expect(p, ')', "',' or ')' is expected");
}

static void take_declaration(struct parser *p)
{
    char *type, *name;
    bool string = take_word(p, "string");
    take_declarator(p, "(;", &type, &name);
    struct function *f = binding_function(p->b, name, strlen(name));
    if (f->typed)
        wrong(p, "the function is declared twice");
    f->typed = true;
    f->type = type;
    f->string = string;
    take_parameters(p, f);
    expect(p, ';', "';' is expected");
    free(name);
}

static void take_function(struct parser *p)
{
    skip_blanks(p);
    size_t n = word_length(p->at);
    if (!is_identifier(p->at, n))
        wrong(p, "the name of a function is expected");
    struct function *f = binding_function(p->b, p->at, n);
    p->at += n;
    while (!take(p, ';')) {
        if (take_word(p, "stack"))
            f->stack = take_number(p);
        else if (take_word(p, "result"))
            f->result = take_number(p);
        else
            wrong(p, "'stack', 'result' or ';' is expected");
        if (f->stack % 8)
            wrong(p, "arguments on the stack have a multiple of 8 bytes");
    }
}

static void take_include(struct parser *p)
{
    skip_blanks(p);
    char *from = p->at;
    char close = *from == '<' ? '>' : '"';
    char *end =
        *from == '<' || *from == '"' ? strpbrk(from + 1, close == '>' ? ">\n" : "\"\n") : NULL;
    if (!end || *end != close)
        wrong(p, "\"FILE\" or <FILE> is expected");
    struct binding *b = p->b;
    b->includes = tool_realloc(b->includes, (b->nincludes + 1) * sizeof *b->includes);
    b->includes[b->nincludes++] = tidy(from, end + 1);
    p->at = end + 1;
}

void annotations_read(struct binding *b, const char *path)
{
    size_t size;
    struct parser p = {.b = b, .path = path};
    p.text = p.at = tool_read_file(path, &size);
    if (!p.text)
        tool_fail("%s: %s", path, strerror(errno));
    if (memchr(p.text, 0, size))
        tool_fail("%s: not a text", path);
    blank_comments(p.text);
    for (skip_blanks(&p); *p.at; skip_blanks(&p)) {
        if (take_word(&p, "include"))
            take_include(&p);
        else if (take_word(&p, "function"))
            take_function(&p);
        else
            take_declaration(&p);
    }
    free(p.text);
}
