/* Operands of arm64 instructions.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <string.h>

/* A number of one or two digits without leading zero, below LIMIT; -1 if it is none.  */
static int small_number(const char *p, size_t len, int limit)
{
    if (len == 0 || len > 2 || p[0] < '0' || p[0] > '9')
        return -1;
    if (len == 1)
        return p[0] - '0';
    if (p[0] == '0' || p[1] < '0' || p[1] > '9')
        return -1;
    int n = 10 * (p[0] - '0') + p[1] - '0';
    return n < limit ? n : -1;
}

/* register = ("x" | "w") number | "sp" | "wsp" | "xzr" | "wzr" | "lr" | "fp" | "ip0" | "ip1"
              | alias */
int arm64_register(struct rewriter *r, struct slice s, char *cls)
{
    static const struct {
        const char *name;
        int reg;
        char cls;
    } named[] = {{"sp", SP, 'x'},   {"wsp", SP, 'w'}, {"xzr", ZR, 'x'}, {"wzr", ZR, 'w'},
                 {"lr", LINK, 'x'}, {"fp", 29, 'x'},  {"ip0", 16, 'x'}, {"ip1", 17, 'x'}};
    if (s.len == 0)
        return -1;
    char c = (char)(s.p[0] | 0x20);
    if (c == 'x' || c == 'w') {
        int n = small_number(s.p + 1, s.len - 1, 31);
        if (n >= 0) {
            *cls = c;
            return n;
        }
    }
    if (s.len <= 3 && strchr("swxlfi", c))
        for (size_t i = 0; i < sizeof named / sizeof *named; i++)
            if (slice_is_nocase(s, named[i].name)) {
                *cls = named[i].cls;
                return named[i].reg;
            }
    if (!r->has_aliases)
        return -1;
    struct symbol *alias = symbol_find(r, s.p, s.len);
    if (!alias || alias->alias < 0 || (alias->alias_class != 'x' && alias->alias_class != 'w'))
        return -1;
    *cls = alias->alias_class;
    return alias->alias;
}

/* shape = "." count? ("b" | "h" | "s" | "d" | "q") ("[" ...)? | "[" ... | "/" ("m" | "z") */
static bool is_shape(const char *p, size_t len)
{
    if (*p == '[')
        return true;
    if (*p == '/')
        return len == 2;
    size_t i = 1;
    while (i < len && i < 3 && p[i] >= '0' && p[i] <= '9')
        i++;
    return i < len && strchr("bhsdqBHSDQ", p[i]) && (i + 1 == len || p[i + 1] == '[');
}

/* vector = ("v" | "b" | "h" | "s" | "d" | "q" | "z" | "p") number ("." shape ("[" lane "]")?)? */
static int vector_register(struct rewriter *r, struct slice s, char *cls)
{
    size_t len = 0;
    while (len < s.len && s.p[len] != '.' && s.p[len] != '[' && s.p[len] != '/')
        len++;
    if (len == 0)
        return -1;
    char c = (char)(s.p[0] | 0x20);
    int n = strchr("vbhsdqzp", c) ? small_number(s.p + 1, len - 1, 32) : -1;
    if (n >= 0 && len < s.len && !is_shape(s.p + len, s.len - len))
        return -1; /* a symbol such as p10.0 */
    if (n >= 0) {
        *cls = c;
        return n;
    }
    struct symbol *alias = r->has_aliases ? symbol_find(r, s.p, len) : NULL;
    if (!alias || alias->alias < 0)
        return -1;
    *cls = alias->alias_class;
    return alias->alias;
}

int arm64_register_number(struct rewriter *r, struct slice name, char *cls)
{
    int n = arm64_register(r, name, cls);
    if (n < 0)
        n = vector_register(r, name, cls);
    r->has_aliases = true;
    return n;
}

static bool bad(struct rewriter *r, bool report, struct slice at, const char *what)
{
    if (report)
        error_at(r, at.p, "%s", what);
    return false;
}

/* The program's own registers of these names have to be elsewhere.  */
bool arm64_start_again(struct rewriter *r)
{
    if (r->again || r->errors)
        return false;
    return r->again = r->stop = true;
}

static bool reserved(struct rewriter *r, unsigned reg, struct slice at, bool report)
{
    static const char *const use[] = {"the context of the thread",
                                      "the rewriter's scratch register", "the base of the box",
                                      "the rewriter's guarded address"};
    if (reg == 23 && arm64_meters(r)) {
        if (report)
            error_at(r, at.p, "x23 is reserved for the sandbox: it is the counter of metered code; use "
                              "another register");
        return report;
    }
    if (reg < 25 || reg > 28 || !report || arm64_state(r)->spilling)
        return false;
    if (arm64_start_again(r))
        return true;
    error_at(r, at.p, "x%u is reserved for the sandbox: it is %s; use another register", reg,
             use[reg - 25]);
    return true;
}

/* shift = ("lsl" | "uxtw" | "sxtw" | "sxtx" | "uxtx") amount? */
static bool parse_shift(struct slice s, struct slice *amount)
{
    size_t len = 0;
    while (len < s.len && s.p[len] != ' ' && s.p[len] != '\t' && s.p[len] != '#')
        len++;
    struct slice word = {s.p, len};
    *amount = slice_trim((struct slice){s.p + len, s.len - len});
    if (amount->len == 0)
        *amount = (struct slice){"0", 1};
    return slice_is_nocase(word, "lsl") || slice_is_nocase(word, "uxtw")
           || slice_is_nocase(word, "sxtw") || slice_is_nocase(word, "sxtx")
           || slice_is_nocase(word, "uxtx");
}

/* memory = "[" base ("," (immediate | index ("," shift)?))? "]" "!"?
   and after it, as an operand of its own, the amount of a post-index.  */
static bool parse_memory(struct rewriter *r, struct insn *in, bool report)
{
    struct slice text = in->op[in->mem_op].text, part;
    struct mem *m = &in->mem;
    const char *close = memrchr(text.p, ']', text.len);
    char cls;
    *m = (struct mem){.index = NO_REG, .mode = AT_OFFSET, .imm = {text.p, 0}, .shift = {"0", 1}};
    if (!close)
        return bad(r, report, text, "']' is missing");
    struct slice inside = {text.p + 1, (size_t)(close - text.p - 1)};
    struct slice tail =
        slice_trim((struct slice){close + 1, text.len - (size_t)(close - text.p) - 1});
    if (tail.len == 1 && *tail.p == '!') {
        m->mode = PRE_INDEX;
    } else if (tail.len)
        return bad(r, report, tail, "unexpected text after ']'");
    int base = next_operand(&inside, &part) ? arm64_register(r, part, &cls) : -1;
    if (base < 0 || base == ZR || cls != 'x')
        return bad(r, report, text, "the base of an address is a 64-bit register or sp");
    m->base = (uint8_t)base;
    if (reserved(r, m->base, part, report))
        return false;
    if (next_operand(&inside, &part)) {
        int index = arm64_register(r, part, &cls);
        if (index < 0) {
            m->imm = part;
        } else if (index == SP)
            return bad(r, report, part, "sp cannot be an index");
        else {
            m->index = (uint8_t)index;
            if (reserved(r, m->index, part, report))
                return false;
        }
    }
    if (next_operand(&inside, &part)
        && (m->index == NO_REG || !parse_shift(part, &m->shift) || inside.p))
        return bad(r, report, part, "this address is not understood");
    if (m->index != NO_REG && (m->mode != AT_OFFSET || in->row->mem != MEM_REG))
        return bad(r, report, text, "this instruction has no such address");
    return true;
}

static bool parse_post_index(struct rewriter *r, struct insn *in, bool report)
{
    int op = in->mem_op + 1;
    if (op >= in->nops)
        return true;
    struct mem *m = &in->mem;
    char cls;
    if (op + 1 < in->nops || m->mode != AT_OFFSET || m->imm.len || m->index != NO_REG)
        return bad(r, report, in->op[op].text, "unexpected operand after the address");
    int reg = arm64_register(r, in->op[op].text, &cls);
    m->mode = reg >= 0 ? POST_REG : POST_IMM;
    if (reg < 0)
        m->imm = in->op[op].text;
    else if (reg == SP || reg == ZR || cls != 'x' || in->row->mem != MEM_BASE)
        return bad(r, report, in->op[op].text, "this cannot be the amount of a post-index");
    else
        m->post = (uint8_t)reg;
    return true;
}

/* The linker turns these sequences into a read of tpidr_el0.  */
static bool relaxes_badly(struct rewriter *r, struct slice text, bool report)
{
    size_t skip = *text.p == '#';
    if (text.len < 8
        || (strncasecmp(text.p + skip, ":tlsgd", 6) != 0
            && strncasecmp(text.p + skip, ":tlsld", 6) != 0))
        return false;
    bad(r, report, text,
        "the linker relaxes this kind of TLS access to one that no box allows; use "
        "-mtls-dialect=desc");
    return true;
}

static bool parse_operand(struct rewriter *r, struct insn *in, struct operand *o, bool report)
{
    o->kind = OPERAND_OTHER;
    if (o->text.len == 0)
        return bad(r, report, o->text, "an operand is missing");
    int n;
    switch (*o->text.p) {
    case '[':
        if (in->mem_op >= 0)
            return bad(r, report, o->text, "a second address");
        o->kind = OPERAND_MEM;
        in->mem_op = in->nops;
        return true;
    case '=':
        o->kind = OPERAND_LITERAL;
        return true;
    case '#':
    case ':':
        return !relaxes_badly(r, o->text, report);
    case '{':
        return true;
    }
    if ((n = arm64_register(r, o->text, &o->cls)) >= 0) {
        o->kind = OPERAND_GPR;
        o->reg = (uint8_t)n;
        return !reserved(r, o->reg, o->text, report);
    }
    if ((n = vector_register(r, o->text, &o->cls)) >= 0) {
        o->kind = o->cls == 'z' || o->cls == 'p' ? OPERAND_SVE : OPERAND_VECTOR;
        o->reg = (uint8_t)n;
    }
    return true;
}

/* instruction = mnemonic (operand ("," operand)*)? */
bool arm64_parse(struct rewriter *r, const struct stmt *s, struct insn *in, bool report)
{
    struct slice rest = stmt_args(r, s);
    in->stmt = s;
    in->row = s->insn;
    in->name = stmt_name(r, s);
    in->nops = 0;
    in->mem_op = -1;
    in->writes = in->reads = 0;
    while (rest.len) {
        struct operand *o = &in->op[in->nops];
        if (in->nops == MAX_OPERANDS)
            return bad(r, report, rest, "too many operands");
        bool last = !next_operand(&rest, &o->text);
        if (last || !parse_operand(r, in, o, report))
            return false;
        if (o->kind == OPERAND_GPR)
            *(in->row->writes >> in->nops & 1 ? &in->writes : &in->reads) |= UINT64_C(1) << o->reg;
        in->nops++;
    }
    in->writes &= ~(UINT64_C(1) << ZR);
    if (in->mem_op < 0)
        return true;
    if (in->row->mem == MEM_NONE)
        return bad(r, report, in->op[in->mem_op].text, "this instruction does not access memory");
    if (!parse_memory(r, in, report) || !parse_post_index(r, in, report))
        return false;
    in->reads |= UINT64_C(1) << in->mem.base;
    if (in->mem.index != NO_REG)
        in->reads |= UINT64_C(1) << in->mem.index;
    if (in->mem.mode != AT_OFFSET)
        in->writes |= UINT64_C(1) << in->mem.base;
    return true;
}

struct slice arm64_before(const struct insn *in, const struct rewriter *r, int op)
{
    const char *start = r->text + in->stmt->at;
    return (struct slice){start, (size_t)(in->op[op].text.p - start)};
}

struct slice arm64_after(const struct insn *in, const struct rewriter *r, int op)
{
    const char *start = in->op[op].text.p + in->op[op].text.len;
    return (struct slice){start, (size_t)(r->text + in->stmt->tail - start)};
}
