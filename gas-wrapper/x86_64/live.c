/* Whether flags and the scratch register are dead: what profiles need to know that leave r11 to
   the program.  In doubt they live.
   SPDX-License-Identifier: Apache-2.0

   A look ahead along the statements, over branches to labels of the file, for a bounded number of
   steps.  By the ABI flags and r11 are dead at calls and returns; the driver keeps the compiler to
   that for r11.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>
#include <strings.h>

enum life { LIVES, DEAD, UNKNOWN, JUMPS, BRANCHES, CALLS };
enum { MOST_STEPS = 400 };

static bool starts_with(struct slice name, const char *const *list)
{
    for (; *list; list++)
        if (name.len >= strlen(*list) && strncasecmp(name.p, *list, strlen(*list)) == 0)
            return true;
    return false;
}

static enum life flags_at(struct rewriter *r, const struct insn *in)
{
    static const char *const readers[] = {"set",  "cmov",  "fcmov", "adc", "adox", "sbb",  "rc",
                                          "lahf", "pushf", "loop",  "cmc", "j",    "salc", NULL};
    static const char *const writers[] = {"add", "sub",  "and", "or", "xor",
                                          "cmp", "test", "neg", NULL};
    static const char *const vectors[] = {"addp", "adds", "subp", "subs", "andp", "andn",
                                          "orp",  "xorp", "cmpp", "cmps", "cmpx", NULL};
    (void)r;
    switch (in->row->cls) {
    case INSN_CALL:
    case INSN_RET:
        return DEAD;
    case INSN_JMP: /* where indirect ones arrive is looked at: label in x86_64.c */
        return in->op[0].kind == OPERAND_LABEL ? JUMPS : DEAD;
    case INSN_SYSCALL:
    case INSN_JCC:
    case INSN_LOOP:
        return LIVES;
    default:
        if (starts_with(in->name, readers))
            return LIVES;
        return starts_with(in->name, writers) && !starts_with(in->name, vectors) ? DEAD : UNKNOWN;
    }
}

/* A label elsewhere: a tail call.  */
static bool leaves_function(struct rewriter *r, const struct insn *in)
{
    const struct symbol *s = symbol_of(r, in->op[0].text);
    return in->op[0].kind != OPERAND_LABEL || (s && (s->exported || !s->target));
}

static enum life scratch_at(struct rewriter *r, const struct insn *in)
{
    if (in->reads >> R11 & 1)
        return LIVES;
    switch (in->row->cls) {
    case INSN_CALL:
    case INSN_RET:
    case INSN_SYSCALL:
        return DEAD;
    case INSN_JMP:
        if (in->op[0].kind != OPERAND_LABEL)
            return LIVES;
        return leaves_function(r, in) ? DEAD : JUMPS;
    case INSN_JCC:
    case INSN_LOOP:
        return BRANCHES;
    default:
        return in->writes >> R11 & 1 ? DEAD : UNKNOWN;
    }
}

/* The statement of a label, seen from FROM; NULL if it is not in the file.  */
static const struct stmt *destination(struct rewriter *r, const struct stmt *from,
                                      struct slice label)
{
    const struct stmt *end = r->stmts + r->nstmts;
    size_t digits = strspn(label.p, "0123456789");
    if (digits && digits + 1 == label.len) {
        int step = label.p[digits] == 'b' ? -1 : 1;
        for (const struct stmt *s = from; s >= r->stmts && s < end; s += step)
            if (s->kind == STMT_LABEL && s->name_len == digits
                && memcmp(r->text + s->at, label.p, digits) == 0)
                return s;
        return NULL;
    }
    const struct symbol *symbol = symbol_of(r, label);
    if (symbol && symbol->place)
        return &r->stmts[symbol->place - 1];
    for (const struct stmt *s = r->stmts; symbol && s < end; s++)
        if (s->kind == STMT_LABEL && s->symbol == symbol)
            return s;
    return NULL;
}

/* What the first statement behind S does that LOOK decides about; UNKNOWN if it cannot be said.  */
static enum life fate(struct rewriter *r, const struct stmt *s,
                      enum life (*look)(struct rewriter *r, const struct insn *in), int *steps)
{
    const struct stmt *end = r->stmts + r->nstmts, *to;
    while (++s < end && --*steps > 0) {
        struct insn in;
        if (s->skipped || s->kind == STMT_LABEL || s->kind == STMT_EMPTY || directive_is_inert(s))
            continue;
        if (s->kind == STMT_DIRECTIVE && s->directive && s->directive->cls == DIR_DATA
            && x86_code_data(r, s) == CODE_ENDS)
            return true; /* a return in bytes */
        if (s->kind != STMT_INSN || !s->insn || !x86_parse(r, s, &in, false))
            return UNKNOWN;
        enum life l = look(r, &in);
        switch (l) {
        case LIVES:
        case DEAD:
            return l;
        case UNKNOWN:
            break;
        case JUMPS:
            if (!(s = destination(r, s, in.op[0].text)))
                return UNKNOWN;
            break;
        case CALLS: /* what the function does, then what follows */
            to = destination(r, s, in.op[0].text);
            l = to ? fate(r, to, look, steps) : UNKNOWN;
            if (l != UNKNOWN)
                return l;
            break;
        case BRANCHES:
            if (!(to = destination(r, s, in.op[0].text)) || fate(r, to, look, steps) != DEAD)
                return UNKNOWN;
        }
    }
    return UNKNOWN;
}

bool x86_flags_dead(struct rewriter *r, const struct stmt *s)
{
    int steps = MOST_STEPS;
    s = stmt_place(r, s);
    return s && fate(r, s, flags_at, &steps) == DEAD;
}

bool x86_flags_dead_at(struct rewriter *r, const struct stmt *label)
{
    int steps = MOST_STEPS;
    return fate(r, label, flags_at, &steps) == DEAD;
}

bool x86_scratch_dead(struct rewriter *r, const struct stmt *s)
{
    int steps = MOST_STEPS;
    s = stmt_place(r, s);
    return s && fate(r, s, scratch_at, &steps) == DEAD;
}

/* A call of a function of the file that no other file knows: these agree on registers as they like.
 */
static bool is_internal(struct rewriter *r, const struct insn *in)
{
    const struct symbol *s =
        in->nops == 1 && in->op[0].kind == OPERAND_LABEL ? symbol_of(r, in->op[0].text) : NULL;
    return in->row->cls == INSN_CALL && s && s->defined && !s->exported && !s->weak;
}

/* As scratch_at, through internal functions.  */
static enum life handed_at(struct rewriter *r, const struct insn *in)
{
    enum life l = scratch_at(r, in);
    if (in->row->cls == INSN_RET)
        return UNKNOWN;
    return l == DEAD && is_internal(r, in) ? CALLS : l;
}

bool x86_scratch_handed(struct rewriter *r)
{
    const struct stmt *end = r->stmts + r->nstmts;
    if (!x86_confines(r) || !x86_has_register(r, R11))
        return false;
    for (const struct stmt *s = r->stmts; s < end; s++) {
        struct insn in;
        int steps = MOST_STEPS;
        if (s->kind == STMT_INSN && !s->skipped && s->insn && x86_parse(r, s, &in, false)
            && is_internal(r, &in) && fate(r, s, handed_at, &steps) == LIVES)
            return true;
    }
    return false;
}

bool x86_scratch_awaited(struct rewriter *r, const struct insn *call)
{
    int steps = MOST_STEPS;
    const struct stmt *s = stmt_place(r, call->stmt);
    return is_internal(r, call) && (!s || fate(r, s, handed_at, &steps) != DEAD);
}

/* Here what is not known to leave flags alone writes them, so that only a certain use is one.  */
static enum life use_at(struct rewriter *r, const struct insn *in)
{
    static const char *const loops[] = {"loope", "loopz", "loopn", NULL};
    static const char *const counts[] = {"popcnt", NULL};
    static const char *const neutral[] = {"mov",   "lea",  "push",  "pop", "nop", "vmov",
                                          "endbr", "xchg", "bswap", "not", "clt", "cqt",
                                          "cwt",   "pxor", "vpxor", NULL};
    enum life l = flags_at(r, in);
    if (in->row->cls == INSN_SYSCALL
        || (in->row->cls == INSN_LOOP && !starts_with(in->name, loops)))
        return DEAD;
    return l == UNKNOWN && (!starts_with(in->name, neutral) || starts_with(in->name, counts)) ? DEAD
                                                                                              : l;
}

bool x86_flags_used(struct rewriter *r, const struct stmt *s)
{
    int steps = MOST_STEPS;
    s = stmt_place(r, s);
    return s && fate(r, s, use_at, &steps) == LIVES;
}
