/* Expressions, as far as their value is known before linking.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

struct expr {
    struct rewriter *r;
    const char *p, *end;
    int depth;
    bool ok;
};

static void skip_space(struct expr *e)
{
    while (e->p < e->end && (*e->p == ' ' || *e->p == '\t'))
        e->p++;
}

static struct value fail(struct expr *e)
{
    e->ok = false;
    e->p = e->end;
    return (struct value){.divisor = 1};
}

static struct value number(int64_t n)
{
    return (struct value){.addend = n, .divisor = 1};
}

static bool is_number(struct value v)
{
    return !v.plus && !v.minus && v.divisor == 1;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || c == '.' || c == '$' || (unsigned char)c >= 0x80;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* integer = "0x" hex | "0b" binary | "0" octal | decimal; digits ("b" | "f") is a label */
static struct value integer(struct expr *e)
{
    const char *start = e->p;
    while (e->p < e->end && is_name_char(*e->p))
        e->p++;
    size_t len = (size_t)(e->p - start);
    struct symbol *local = symbol_of(e->r, (struct slice){start, len});
    if (local)
        return (struct value){.plus = local, .divisor = 1};
    int base = 10;
    size_t i = 0;
    if (len > 1 && start[0] == '0') {
        base = (start[1] | 0x20) == 'x' ? 16 : (start[1] | 0x20) == 'b' ? 2 : 8;
        i = base == 8 ? 1 : 2;
    }
    uint64_t n = 0;
    for (; i < len; i++) {
        int d = digit_value(start[i]);
        if (d >= base)
            return fail(e);
        n = n * (uint64_t)base + (uint64_t)d;
    }
    return number((int64_t)n);
}

/* character = "'" "\"? char "'"? */
static struct value character(struct expr *e)
{
    static const char names[] = "b\bf\fn\nr\rt\t";
    if (++e->p >= e->end)
        return fail(e);
    char c = *e->p++;
    if (c == '\\') {
        if (e->p >= e->end)
            return fail(e);
        c = *e->p++;
        for (size_t i = 0; i + 1 < sizeof names; i += 2)
            if (names[i] == c) {
                c = names[i + 1];
                break;
            }
    }
    if (e->p < e->end && *e->p == '\'')
        e->p++;
    return number((unsigned char)c);
}

static struct value binary(struct expr *e, int level);

/* primary = ("-" | "~" | "!" | "+") primary | "(" expression ")" | number | char | symbol */
static struct value primary(struct expr *e)
{
    skip_space(e);
    if (e->p >= e->end || e->depth >= MAX_DEPTH)
        return fail(e);
    char c = *e->p;
    if (strchr("-~!+", c)) {
        e->p++;
        e->depth++;
        struct value v = primary(e);
        e->depth--;
        if (c == '+')
            return v;
        if (!is_number(v))
            return fail(e);
        return number(c == '-'   ? (int64_t)(0 - (uint64_t)v.addend)
                      : c == '~' ? ~v.addend
                                 : !v.addend);
    }
    if (c == '(') {
        e->p++;
        e->depth++;
        struct value v = binary(e, 0);
        e->depth--;
        skip_space(e);
        if (e->p >= e->end || *e->p != ')')
            return fail(e);
        e->p++;
        return v;
    }
    if (c == '\'')
        return character(e);
    if (c >= '0' && c <= '9')
        return integer(e);
    const char *start = e->p;
    while (e->p < e->end && is_name_char(*e->p))
        e->p++;
    struct symbol *s = symbol_of(e->r, (struct slice){start, (size_t)(e->p - start)});
    if (!s)
        return fail(e);
    return s->constant ? number(s->value) : (struct value){.plus = s, .divisor = 1};
}

enum op {
    OP_NONE,
    OP_LOR,
    OP_LAND,
    OP_ADD,
    OP_SUB,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_OR,
    OP_AND,
    OP_XOR,
    OP_ORNOT,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_SHL,
    OP_SHR
};

/* Longer spellings first.  */
static const struct {
    const char *text;
    enum op op;
    int level;
} operators[] = {
    {"||", OP_LOR, 0}, {"&&", OP_LAND, 1}, {"<<", OP_SHL, 4}, {">>", OP_SHR, 4}, {"==", OP_EQ, 2},
    {"!=", OP_NE, 2},  {"<>", OP_NE, 2},   {"<=", OP_LE, 2},  {">=", OP_GE, 2},  {"<", OP_LT, 2},
    {">", OP_GT, 2},   {"+", OP_ADD, 2},   {"-", OP_SUB, 2},  {"|", OP_OR, 3},   {"&", OP_AND, 3},
    {"^", OP_XOR, 3},  {"!", OP_ORNOT, 3}, {"*", OP_MUL, 4},  {"/", OP_DIV, 4},  {"%", OP_MOD, 4},
};

enum { HIGHEST = 4 };

static enum op take_operator(struct expr *e, int level)
{
    skip_space(e);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t len = strlen(operators[i].text);
        if ((size_t)(e->end - e->p) < len || memcmp(e->p, operators[i].text, len) != 0)
            continue;
        if (operators[i].level != level)
            return OP_NONE;
        e->p += len;
        return operators[i].op;
    }
    return OP_NONE;
}

static struct value constants(struct expr *e, enum op op, int64_t a, int64_t b)
{
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    switch (op) {
    case OP_LOR:
        return number(a || b);
    case OP_LAND:
        return number(a && b);
    case OP_EQ:
        return number(-(a == b));
    case OP_NE:
        return number(-(a != b));
    case OP_LT:
        return number(-(a < b));
    case OP_LE:
        return number(-(a <= b));
    case OP_GT:
        return number(-(a > b));
    case OP_GE:
        return number(-(a >= b));
    case OP_OR:
        return number(a | b);
    case OP_AND:
        return number(a & b);
    case OP_XOR:
        return number(a ^ b);
    case OP_ORNOT:
        return number(a | ~b);
    case OP_MUL:
        return number((int64_t)(x * y));
    case OP_SHL:
        return y < 64 ? number((int64_t)(x << y)) : number(0);
    case OP_SHR:
        return y < 64 ? number((int64_t)(x >> y)) : number(0);
    case OP_DIV:
    case OP_MOD:
        if (b == 0 || (a == INT64_MIN && b == -1))
            return fail(e);
        return number(op == OP_DIV ? a / b : a % b);
    default:
        return fail(e);
    }
}

/* Symbols take part in sums and differences and in a final division by a constant.  */
static struct value apply(struct expr *e, enum op op, struct value a, struct value b)
{
    if (op == OP_ADD || op == OP_SUB) {
        if (a.divisor != 1 || b.divisor != 1)
            return fail(e);
        struct symbol *plus = op == OP_ADD ? b.plus : b.minus;
        struct symbol *minus = op == OP_ADD ? b.minus : b.plus;
        if ((a.plus && plus) || (a.minus && minus))
            return fail(e);
        uint64_t addend = (uint64_t)b.addend;
        a.plus = a.plus ? a.plus : plus;
        a.minus = a.minus ? a.minus : minus;
        a.addend = (int64_t)((uint64_t)a.addend + (op == OP_ADD ? addend : 0 - addend));
        return a;
    }
    if (is_number(a) && is_number(b))
        return constants(e, op, a.addend, b.addend);
    if (!is_number(b) || a.divisor != 1)
        return fail(e);
    if (op == OP_SHR && b.addend >= 0 && b.addend < 16)
        a.divisor = (int64_t)1 << b.addend;
    else if (op == OP_DIV && b.addend > 0)
        a.divisor = b.addend;
    else
        return fail(e);
    return a;
}

/* expression = operand (operator operand)*, left to right on each level:
   "||" < "&&" < sums and comparisons < "|" "&" "^" "!" < products and shifts */
static struct value binary(struct expr *e, int level)
{
    if (level > HIGHEST)
        return primary(e);
    struct value v = binary(e, level + 1);
    for (enum op op; e->ok && (op = take_operator(e, level)) != OP_NONE;)
        v = apply(e, op, v, binary(e, level + 1));
    return v;
}

bool expr_value(struct rewriter *r, struct slice text, struct value *out)
{
    text = slice_trim(text);
    if (text.len && *text.p == '#')
        text.p++, text.len--;
    struct expr e = {r, text.p, text.p + text.len, 0, true};
    *out = binary(&e, 0);
    skip_space(&e);
    return e.ok && e.p == e.end;
}

bool expr_is_place(struct rewriter *r, struct slice text)
{
    struct value v;
    if (symbol_of(r, text))
        return false;
    return !expr_value(r, text, &v) || !v.plus || v.minus || v.addend || v.divisor != 1;
}

bool expr_constant(struct rewriter *r, struct slice text, int64_t *out)
{
    text = slice_trim(text);
    if (text.len && *text.p == '#')
        text.p++, text.len--;
    /* The common case: a short decimal number.  */
    if (text.len && text.len < 10 && (*text.p != '0' || text.len == 1)) {
        int64_t n = 0;
        size_t i = *text.p == '-' && text.len > 1 && text.p[1] != '0';
        bool negative = i;
        for (; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++)
            n = 10 * n + text.p[i] - '0';
        if (i == text.len) {
            *out = negative ? -n : n;
            return true;
        }
    }
    struct value v;
    if (!expr_value(r, text, &v) || !is_number(v))
        return false;
    *out = v.addend;
    return true;
}
