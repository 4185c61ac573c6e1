/* Whether flags and the scratch register are dead: what profiles need to know that leave r11 to
   the program.  In doubt they live.
   SPDX-License-Identifier: Apache-2.0

   A look ahead along the statements, as far as control surely goes that way.  By the ABI flags
   and r11 are dead at calls and returns; the plugin keeps the compiler to that for r11.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>
#include <strings.h>

enum life { LIVES, DEAD, UNKNOWN };

static bool starts_with(struct slice name, const char *const *list)
{
    for (; *list; list++)
        if (name.len >= strlen(*list) && strncasecmp(name.p, *list, strlen(*list)) == 0)
            return true;
    return false;
}

static enum life flags_at(struct rewriter *r, const struct insn *in)
{
    static const char *const readers[] = {"set",  "cmov",  "fcmov", "adc",  "adox", "sbb",
                                          "rc",   "lahf",  "pushf", "loop", "cmc",  "j",
                                          "salc", NULL};
    static const char *const writers[] = {"add", "sub", "and", "or", "xor", "cmp", "test", "neg",
                                          NULL};
    static const char *const vectors[] = {"addp", "adds", "subp", "subs", "andp", "andn",
                                          "orp",  "xorp", "cmpp", "cmps", "cmpx", NULL};
    (void)r;
    switch (in->row->cls) {
    case INSN_CALL:
    case INSN_RET:
        return DEAD;
    case INSN_JMP: /* jump tables too: no compiler has flags there */
        return in->op[0].kind == OPERAND_LABEL ? LIVES : DEAD;
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
        return in->op[0].kind == OPERAND_LABEL && leaves_function(r, in) ? DEAD : LIVES;
    case INSN_JCC:
    case INSN_LOOP:
        return LIVES;
    default:
        return in->writes >> R11 & 1 ? DEAD : UNKNOWN;
    }
}

static bool is_dead(struct rewriter *r, const struct stmt *s,
                    enum life (*look)(struct rewriter *r, const struct insn *in))
{
    const struct stmt *end = r->stmts + r->nstmts;
    while (++s < end) {
        struct insn in;
        if (s->skipped || s->kind == STMT_LABEL || s->kind == STMT_EMPTY)
            continue;
        if (s->kind == STMT_DIRECTIVE && s->directive
            && (s->directive->cls == DIR_NOTHING || s->directive->cls == DIR_EXPORT
                || s->directive->cls == DIR_ALIGN || s->directive->cls == DIR_IF))
            continue;
        if (s->kind != STMT_INSN || !s->insn || !x86_parse(r, s, &in, false))
            return false;
        enum life now = look(r, &in);
        if (now != UNKNOWN)
            return now == DEAD;
    }
    return false;
}

bool x86_flags_dead(struct rewriter *r, const struct stmt *s)
{
    return is_dead(r, s, flags_at);
}

bool x86_scratch_dead(struct rewriter *r, const struct stmt *s)
{
    return is_dead(r, s, scratch_at);
}
