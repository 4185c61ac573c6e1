/* Operands of x86-64 instructions, in AT&T and in Intel syntax.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>

/* -- registers ----------------------------------------------------------------------- */

enum { REGISTER_SLOTS = 512, REGISTER_MAX = 8 };
struct reg {
    char name[REGISTER_MAX];
    uint8_t number, size; /* size of a GPR; 0: a register of class CLS */
    char cls;             /* 'r' GPR, 'i' rip; else as in struct operand */
};

static const char *const names64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};
static const char *const names32[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
static const char *const names16[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
static const char *const names8[] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
static const char *const names_high[] = {"ah", "ch", "dh", "bh"};

static struct reg registers[REGISTER_SLOTS];

static struct reg *register_slot(const char name[REGISTER_MAX])
{
    uint64_t key;
    memcpy(&key, name, sizeof key);
    uint32_t h = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 40) & (REGISTER_SLOTS - 1);
    while (registers[h].cls && memcmp(registers[h].name, name, REGISTER_MAX) != 0)
        h = (h + 1) & (REGISTER_SLOTS - 1);
    return &registers[h];
}

static void add_register(const char *base, int n, const char *suffix, unsigned number,
                         unsigned size, char cls)
{
    char name[REGISTER_MAX + 8] = "";
    if (n >= 0)
        snprintf(name, sizeof name, "%s%d%s", base, n, suffix);
    else
        strcpy(name, base);
    struct reg *r = register_slot(name);
    memcpy(r->name, name, REGISTER_MAX);
    r->number = (uint8_t)number;
    r->size = (uint8_t)size;
    r->cls = cls;
}

static void fill_registers(void)
{
    static const struct {
        const char *base;
        int count;
        char cls;
    } files[] = {{"xmm", 32, 'x'}, {"ymm", 32, 'y'}, {"zmm", 32, 'z'}, {"k", 8, 'k'},
                 {"mm", 8, 'm'},   {"cr", 16, 'c'},  {"dr", 16, 'c'},  {"bnd", 4, 'b'}};
    static const char *const segments[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    for (int i = 0; i < 8; i++) {
        unsigned n = (unsigned)i;
        add_register(names64[i], -1, "", n, 8, 'r');
        add_register(names32[i], -1, "", n, 4, 'r');
        add_register(names16[i], -1, "", n, 2, 'r');
        add_register(names8[i], -1, "", n, 1, 'r');
        if (i < 4)
            add_register(names_high[i], -1, "", n, 'h', 'r');
        add_register("r", i + 8, "", n + 8, 8, 'r');
        add_register("r", i + 8, "d", n + 8, 4, 'r');
        add_register("r", i + 8, "w", n + 8, 2, 'r');
        add_register("r", i + 8, "b", n + 8, 1, 'r');
    }
    for (size_t f = 0; f < sizeof files / sizeof *files; f++)
        for (int i = 0; i < files[f].count; i++)
            add_register(files[f].base, i, "", (unsigned)i, 0, files[f].cls);
    for (unsigned i = 0; i < 6; i++)
        add_register(segments[i], -1, "", i, 0, 's');
    add_register("st", -1, "", 0, 0, 'f');
    add_register("rip", -1, "", 0, 8, 'i');
    add_register("eip", -1, "", 0, 4, 'i');
    add_register("riz", -1, "", 0, 8, 'i');
    add_register("eiz", -1, "", 0, 4, 'i');
}

/* The register of that name, without "%"; NULL if there is none.  */
static const struct reg *find_register(const char *p, size_t len)
{
    char name[REGISTER_MAX] = "";
    if (len < 1 || len > 5)
        return NULL;
    for (size_t i = 0; i < len; i++)
        name[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i]);
    const struct reg *r = register_slot(name);
    return r->cls ? r : NULL;
}

const char *x86_register_name(unsigned reg, unsigned size)
{
    static const char *const high[][8] = {
        {"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"},
        {"r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"},
        {"r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"},
        {"r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"},
    };
    if (size == 'h')
        return names_high[reg & 3];
    if (reg >= 8)
        return high[size == 8 ? 0 : size == 4 ? 1 : size == 2 ? 2 : 3][reg & 7];
    return (size == 8 ? names64 : size == 4 ? names32 : size == 2 ? names16 : names8)[reg];
}

struct slice x86_register_text(struct rewriter *r, unsigned reg, unsigned size)
{
    const char *name = x86_register_name(reg, size);
    char text[8] = "%";
    size_t len = strlen(name);
    memcpy(text + 1, name, len);
    return (struct slice){arena_copy(&r->arena, text, len + 1), len + 1};
}

/* .att_syntax and .intel_syntax, each with "prefix" or "noprefix" */
void x86_syntax(struct rewriter *r, const struct stmt *s)
{
    struct slice arg = stmt_args(r, s);
    struct x86_state *state = x86_state(r);
    state->intel = s->directive->arg;
    state->bare = slice_is_nocase(arg, "noprefix");
    if (arg.len && !state->bare && !slice_is_nocase(arg, "prefix"))
        error_at(r, arg.p, "the argument is prefix or noprefix");
}

/* -- pieces of operands -------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || c == '.' || c == '$' || (unsigned char)c >= 0x80;
}

static size_t word_length(struct slice s)
{
    size_t n = 0;
    while (n < s.len && is_word(s.p[n]))
        n++;
    return n;
}

static struct slice skip(struct slice s, size_t n)
{
    return slice_trim((struct slice){s.p + n, s.len - n});
}

static bool bad(struct rewriter *r, bool report, struct slice at, const char *what)
{
    if (report)
        error_at(r, at.p, "%s", what);
    return false;
}

/* The register that S starts with, as the current syntax has it; *LEN characters.  */
static const struct reg *leading_register(const struct rewriter *r, struct slice s, size_t *len)
{
    size_t percent = s.len && *s.p == '%';
    if (!percent && !((const struct x86_state *)r->state)->bare)
        return NULL;
    struct slice rest = {s.p + percent, s.len - percent};
    size_t n = word_length(rest);
    const struct reg *reg = find_register(rest.p, n);
    *len = percent + n;
    return reg;
}

/* What no profile allows; registers reserved for the sandbox are told in the end.  */
static bool register_allowed(struct rewriter *r, const struct reg *reg, struct slice at,
                             bool report)
{
    if (reg->cls == 'z' || reg->cls == 'k' || (strchr("xy", reg->cls) && reg->number > 15))
        return bad(r, report, at, "no profile allows AVX-512");
    if (reg->cls == 's')
        return bad(r, report, at, "segment registers belong to the sandbox");
    if (reg->cls == 'c' || reg->cls == 'b')
        return bad(r, report, at, "this register cannot be used in a box");
    if (reg->cls == 'r' && reg->number >= R12 && !x86_has_register(r, reg->number)) {
        if (report)
            error_at(r, at.p, "r%d is reserved for the sandbox: it is %s; use another register",
                     reg->number,
                     reg->number == R12   ? "the counter of metered code"
                     : reg->number == R14 ? "the base of the box"
                                          : "the context of the thread");
        return false;
    }
    return true;
}

static void set_register(struct operand *o, const struct reg *reg)
{
    o->kind = reg->cls == 'r' ? OPERAND_GPR : OPERAND_VECTOR;
    o->reg = reg->number;
    o->size = reg->size;
    o->cls = reg->cls;
}

/* base or index of a memory operand */
static bool address_register(struct rewriter *r, struct mem *m, const struct reg *reg,
                             struct slice at, bool index, bool report)
{
    if (!register_allowed(r, reg, at, report))
        return false;
    if (reg->cls == 'i' && reg->name[1] == 'i' && reg->size == 8 && !index) {
        m->rip = true;
        return true;
    }
    if (reg->cls == 'x' || reg->cls == 'y')
        return bad(r, report, at, "no profile allows gathers");
    if (reg->cls != 'r' || (reg->size != 8 && reg->size != 4))
        return bad(r, report, at, "this register cannot be part of an address in a box");
    *(index ? &m->index : &m->base) = reg->number;
    m->base_size = reg->size;
    return true;
}

/* -- AT&T ---------------------------------------------------------------------------- */

/* address = displacement? "(" base? ("," index? ("," scale)?)? ")" | displacement */
static bool att_address(struct rewriter *r, struct mem *m, struct slice s, bool report)
{
    m->disp = s;
    if (s.len == 0)
        return bad(r, report, s, "the address is missing");
    if (s.p[s.len - 1] != ')')
        return !memchr(s.p, '%', s.len) || bad(r, report, s, "this address is not understood");
    const char *open = s.p + s.len - 1;
    for (int depth = 0; open >= s.p; open--) {
        depth += *open == ')' ? 1 : *open == '(' ? -1 : 0;
        if (depth == 0)
            break;
    }
    if (open < s.p)
        return bad(r, report, s, "the brackets do not match");
    struct slice in = {open + 1, (size_t)(s.p + s.len - 1 - (open + 1))}, part;
    size_t len;
    in = slice_trim(in);
    if (in.len && *in.p != ',' && *in.p != '%' && !leading_register(r, in, &len))
        return true; /* an expression in brackets */
    m->disp = slice_trim((struct slice){s.p, (size_t)(open - s.p)});
    for (int i = 0; next_operand(&in, &part); i++) {
        if (part.len == 0)
            continue;
        if (i == 2) {
            m->scale = part;
            continue;
        }
        const struct reg *reg = leading_register(r, part, &len);
        if (!reg || len != part.len || i > 2)
            return bad(r, report, part, "this address is not understood");
        if (!address_register(r, m, reg, part, i == 1, report))
            return false;
        if (m->rip && i > 0)
            return bad(r, report, part, "nothing is added to rip but a displacement");
    }
    return true;
}

/* segment = register ":" */
static bool segment(struct rewriter *r, struct mem *m, struct slice *s, bool report)
{
    size_t len;
    const struct reg *reg = leading_register(r, *s, &len);
    if (!reg || reg->cls != 's')
        return true;
    struct slice rest = skip(*s, len);
    if (rest.len == 0 || *rest.p != ':')
        return true;
    if (reg->number == 5)
        return bad(r, report, *s, "gs is reserved for the sandbox: it is the base of the box");
    m->seg = reg->number == 4 ? 'f' : 'o';
    *s = skip(rest, 1);
    return true;
}

static bool branches(const struct insn *in)
{
    enum insn_class cls = in->row->cls;
    return cls == INSN_JMP || cls == INSN_JCC || cls == INSN_LOOP || cls == INSN_CALL;
}

static bool is_memory(struct rewriter *r, struct insn *in, struct operand *o, bool report)
{
    o->kind = OPERAND_MEM;
    if (in->mem_op >= 0 && in->row->cls != INSN_STRING)
        return bad(r, report, o->text, "two operands are memory");
    return true;
}

/* register, alone or with what only floating point and AVX-512 have after it */
static bool register_operand(struct rewriter *r, struct operand *o, const struct reg *reg,
                             struct slice rest, bool report)
{
    if (rest.len && *rest.p == '{')
        return bad(r, report, rest, "no profile allows AVX-512");
    if (rest.len && !(reg->cls == 'f' && *rest.p == '('))
        return bad(r, report, rest, "this operand is not understood");
    set_register(o, reg);
    return register_allowed(r, reg, o->text, report);
}

/* operand = "*"? ( register | "$" expression | segment? address ) */
static bool att_operand(struct rewriter *r, struct insn *in, struct operand *o, bool report)
{
    struct slice s = o->text;
    size_t len;
    if (s.len && *s.p == '*') {
        o->star = true;
        s = skip(s, 1);
    }
    if (s.len && *s.p == '$' && !o->star) {
        o->kind = OPERAND_IMM;
        return true;
    }
    if (s.len && *s.p == '{')
        return bad(r, report, s, "no profile allows AVX-512");
    const struct reg *reg = leading_register(r, s, &len);
    struct slice rest = reg ? skip(s, len) : s;
    if (reg && !(reg->cls == 's' && rest.len && *rest.p == ':'))
        return register_operand(r, o, reg, rest, report);
    if (!reg && s.len && *s.p == '%')
        return bad(r, report, s, "unknown register");
    if (branches(in) && !o->star && !reg) {
        o->kind = OPERAND_LABEL;
        return true;
    }
    if (memchr(s.p, '{', s.len))
        return bad(r, report, s, "no profile allows AVX-512");
    return is_memory(r, in, o, report) && segment(r, &in->mem, &s, report)
           && att_address(r, &in->mem, s, report);
}

/* -- Intel --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint8_t bytes;
} sizes[] = {{"byte", 1},   {"word", 2},     {"dword", 4},    {"qword", 8},
             {"fword", 6},  {"tbyte", 10},   {"oword", 16},   {"xword", 10},
             {"mmword", 8}, {"xmmword", 16}, {"ymmword", 32}, {"zmmword", 64}};

/* size = ("BYTE" | "WORD" | ...) "PTR"? */
static struct slice size_prefix(struct slice s, uint8_t *bytes)
{
    size_t n = word_length(s);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (slice_is_nocase((struct slice){s.p, n}, sizes[i].name)) {
            struct slice rest = skip(s, n);
            size_t ptr = word_length(rest);
            *bytes = sizes[i].bytes;
            if (slice_is_nocase((struct slice){rest.p, ptr}, "ptr"))
                rest = skip(rest, ptr);
            return rest;
        }
    return s;
}

/* The terms of a sum between brackets: registers are picked out, the rest is kept.  */
static bool intel_terms(struct rewriter *r, struct mem *m, struct slice s, struct buf *rest,
                        bool report)
{
    const char *p = s.p, *end = s.p + s.len;
    while (p < end) {
        char sign = '+';
        while (p < end && strchr(" \t+-", *p)) {
            if (*p == '-')
                sign = sign == '-' ? '+' : '-';
            p++;
        }
        const char *start = p;
        for (int depth = 0; p < end && (depth || !strchr("+-", *p)); p++)
            depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        struct slice term = slice_trim((struct slice){start, (size_t)(p - start)}), scale = {"", 0};
        size_t len;
        const struct reg *reg = leading_register(r, term, &len);
        const char *star = memchr(term.p, '*', term.len);
        if (star && !reg) {
            struct slice second = skip(term, (size_t)(star + 1 - term.p));
            reg = leading_register(r, second, &len);
            scale = slice_trim((struct slice){term.p, (size_t)(star - term.p)});
        } else if (star) {
            scale = skip(term, (size_t)(star + 1 - term.p));
        }
        if (!reg) {
            if (term.len)
                buf_format(rest, "%c%S", (int)sign, &term);
            continue;
        }
        if (sign == '-')
            return bad(r, report, term, "this address is not understood");
        bool index = star || m->base != NO_REG;
        if (index && m->index != NO_REG)
            return bad(r, report, term, "this address is not understood");
        if (!address_register(r, m, reg, term, index, report))
            return false;
        if (star)
            m->scale = scale;
    }
    return true;
}

/* address = expression? ("[" terms "]")* expression? */
static bool intel_address(struct rewriter *r, struct mem *m, struct slice s, bool report)
{
    const char *open = memchr(s.p, '[', s.len), *p = open;
    struct buf more = {NULL, 0, 0};
    bool ok = true;
    m->disp = open ? slice_trim((struct slice){s.p, (size_t)(open - s.p)}) : s;
    while (ok && p && p < s.p + s.len) {
        const char *end = s.p + s.len, *close = memchr(p, ']', (size_t)(end - p));
        if (*p != '[' || !close) {
            struct slice rest = {p, (size_t)(end - p)};
            ok = strchr("+-", *p) && !memchr(p, '[', rest.len);
            if (ok)
                buf_format(&more, "%S", &rest);
            else
                bad(r, report, rest, "this address is not understood");
            break;
        }
        ok = intel_terms(r, m, (struct slice){p + 1, (size_t)(close - p - 1)}, &more, report);
        p = close + 1;
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
    }
    /* esp and rsp are no index: the other one is.  */
    if (m->index == RSP && m->scale.len == 0) {
        m->index = m->base;
        m->base = RSP;
    }
    if (more.len)
        m->more = (struct slice){arena_copy(&r->arena, more.p, more.len), more.len};
    buf_free(&more);
    return ok;
}

static bool is_number(struct rewriter *r, struct slice s)
{
    int64_t n;
    return s.len && (strchr("0123456789-+(~'", *s.p) || expr_constant(r, s, &n));
}

/* operand = register | "OFFSET" expression | number | size? segment? address */
static bool intel_operand(struct rewriter *r, struct insn *in, struct operand *o, bool report)
{
    struct slice s = o->text, whole = s;
    uint8_t bytes = 0;
    size_t len;
    /* GCC: call [QWORD PTR address] */
    if (branches(in) && s.len > 2 && *s.p == '[' && s.p[s.len - 1] == ']') {
        struct slice inner = slice_trim((struct slice){s.p + 1, s.len - 2});
        if (size_prefix(inner, &bytes).p != inner.p)
            whole = inner;
    }
    s = size_prefix(whole, &bytes);
    struct slice size = {whole.p, (size_t)(s.p - whole.p)};
    if (slice_is_nocase((struct slice){s.p, word_length(s)}, "offset")) {
        o->kind = OPERAND_IMM;
        return true;
    }
    const struct reg *reg = leading_register(r, s, &len);
    struct slice rest = reg ? skip(s, len) : s;
    if (reg && !(rest.len && (*rest.p == ':' || *rest.p == '[')))
        return register_operand(r, o, reg, rest, report);
    if (memchr(s.p, '{', s.len))
        return bad(r, report, s, "no profile allows AVX-512");
    bool plain = !reg && !memchr(s.p, '[', s.len) && size.len == 0;
    if (plain && branches(in)) {
        o->kind = OPERAND_LABEL;
        return true;
    }
    if (plain && (is_number(r, s) || in->row->cls == INSN_PUSH)) {
        o->kind = OPERAND_IMM;
        return true;
    }
    o->star = branches(in);
    o->size = bytes;
    in->mem.size = size;
    return is_memory(r, in, o, report) && segment(r, &in->mem, &s, report)
           && intel_address(r, &in->mem, s, report);
}

/* -- the instruction ----------------------------------------------------------------- */

bool x86_names_target(const void *insn, struct slice args)
{
    enum insn_class cls = ((const struct row *)((const struct mnemonic *)insn)->row)->cls;
    return (cls == INSN_JMP || cls == INSN_JCC || cls == INSN_LOOP || cls == INSN_CALL) && args.len
           && *args.p != '*' && *args.p != '%' && !memchr(args.p, '[', args.len);
}

static unsigned prefix_bit(const struct row *row)
{
    static const struct {
        const char *detail;
        unsigned bit;
    } bits[] = {{"lock", PREFIX_LOCK},     {"rep", PREFIX_REP},       {"repne", PREFIX_REPNE},
                {"data16", PREFIX_DATA16}, {"addr32", PREFIX_ADDR32}, {"vex", PREFIX_VEX}};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (strcmp(row->detail, bits[i].detail) == 0)
            return bits[i].bit;
    return PREFIX_OTHER;
}

/* prefixes = (prefix blank)* before the mnemonic, or alone */
static bool take_prefixes(struct rewriter *r, struct insn *in, struct slice *rest, bool report)
{
    while (in->row->cls == INSN_PREFIX) {
        in->prefixes |= prefix_bit(in->row);
        if (rest->len == 0)
            return true;
        size_t len = 0;
        while (len < rest->len && !strchr(" \t", rest->p[len]))
            len++;
        struct slice name = {rest->p, len};
        const struct mnemonic *m = x86_find_insn(name.p, name.len);
        if (!m)
            return bad(r, report, name, "unknown instruction after a prefix");
        in->row = m->row;
        in->suffix = m->suffix;
        in->name = name;
        *rest = skip(*rest, len);
    }
    return true;
}

/* Names that are strings without operands.  */
static void pick_row(struct insn *in)
{
    const struct mnemonic *m = NULL;
    if (in->nops == 0 && slice_is_nocase(in->name, "movsd"))
        m = x86_find_insn("movsl", 5);
    else if (in->nops == 0 && slice_is_nocase(in->name, "cmpsd"))
        m = x86_find_insn("cmpsl", 5);
    if (m)
        in->row = m->row;
}

static void note_registers(struct insn *in)
{
    bool zero = in->nops == 2 && in->op[0].kind == OPERAND_GPR && in->op[1].kind == OPERAND_GPR
                && in->op[0].reg == in->op[1].reg && in->row->dst == ACCESS_RW
                && (slice_is_nocase(in->name, "xor") || slice_is_nocase(in->name, "sub")
                    || slice_is_nocase(in->name, "xorl") || slice_is_nocase(in->name, "subl"));
    for (int i = 0; i < in->nops; i++) {
        struct operand *o = &in->op[i];
        if (o->kind != OPERAND_GPR)
            continue;
        if (o->size == 'h')
            in->rex_less = true;
        uint32_t bit = UINT32_C(1) << o->reg;
        bool last = i == in->nops - 1;
        enum access a = in->row->dst;
        bool writes = a == ACCESS_BOTH || (last && (a == ACCESS_W || a == ACCESS_RW))
                      || (a == ACCESS_TWO && i >= in->nops - 2);
        if (writes)
            in->writes |= bit;
        if (!writes
            || ((a == ACCESS_RW || a == ACCESS_BOTH || o->size < 4 || o->size == 'h') && !zero))
            in->reads |= bit;
    }
    if (in->mem_op < 0)
        return;
    if (in->mem.base != NO_REG)
        in->reads |= UINT32_C(1) << in->mem.base;
    if (in->mem.index != NO_REG)
        in->reads |= UINT32_C(1) << in->mem.index;
}

static void reverse(struct insn *in)
{
    for (int i = 0, j = in->nops - 1; i < j; i++, j--) {
        struct operand o = in->op[i];
        in->op[i] = in->op[j];
        in->op[j] = o;
    }
    if (in->mem_op >= 0)
        in->mem_op = in->nops - 1 - in->mem_op;
}

bool x86_parse(struct rewriter *r, const struct stmt *s, struct insn *in, bool report)
{
    const struct mnemonic *m = s->insn;
    struct slice rest = stmt_args(r, s);
    if (!registers[0].cls && !find_register("rax", 3))
        fill_registers();
    memset(in, 0, offsetof(struct insn, op));
    in->stmt = s;
    in->row = m->row;
    in->suffix = m->suffix;
    in->name = stmt_name(r, s);
    in->mem_op = -1;
    in->mem = (struct mem){.base = NO_REG,
                           .index = NO_REG,
                           .base_size = 8,
                           .scale = {"", 0},
                           .disp = {"", 0},
                           .more = {"", 0},
                           .size = {"", 0}};
    in->writes = in->reads = 0;
    in->rex_less = false;
    if (in->row->cls == INSN_PREFIX && !take_prefixes(r, in, &rest, report))
        return false;
    while (rest.len) {
        struct operand *o = &in->op[in->nops];
        if (in->nops == MAX_OPERANDS)
            return bad(r, report, rest, "too many operands");
        *o = (struct operand){.kind = OPERAND_IMM};
        if (!next_operand(&rest, &o->text))
            break;
        if (o->text.len == 0)
            return bad(r, report, (struct slice){r->text + s->at, 1}, "an operand is empty");
        if (!(x86_state(r)->intel ? intel_operand : att_operand)(r, in, o, report))
            return false;
        if (o->kind == OPERAND_MEM)
            in->mem_op = in->nops;
        in->nops++;
    }
    if (x86_state(r)->intel)
        reverse(in);
    pick_row(in);
    note_registers(in);
    return true;
}

bool x86_disp_constant(struct rewriter *r, const struct insn *in, int64_t *disp)
{
    int64_t more = 0;
    *disp = 0;
    if (in->mem.disp.len && !expr_constant(r, in->mem.disp, disp))
        return false;
    if (in->mem.more.len && !expr_constant(r, in->mem.more, &more))
        return false;
    *disp += more;
    return true;
}
