/* Branches: indirect ones go to the start of a bundle in the box, and calls return to one.
   SPDX-License-Identifier: Apache-2.0

     jmp *%rX   ->  and $-32, %eX; add %r14, %rX; jmp *%rX      fused; without add at base 0
     jmp *mem   ->  mov mem, %r11, then as jmp *%r11
     ret        ->  pop %r11, then as jmp *%r11
                    one thread in a box: pop %r11; and $-32, %r11d; add %r14, %r11; push %r11;
                    ret                                            fused: it is predicted
     call       the same, at the end of a bundle
     call weak  ->  mov weak@GOTPCREL(%rip), %r11, then as call *%r11
     jrcxz L    ->  jrcxz 1f; jmp 2f; 1: jmp L; 2:              and loop in the same way

   The register keeps its value: what can be gone to is the start of a bundle in the box.
   The flags of and and add are dead: no code goes anywhere indirectly with flags to be
   looked at there, since the ABI has none at calls and returns and compilers none at
   jump tables.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>

enum { SHORT_REACH = 110 };

static bool target_ok(struct rewriter *r, struct slice target)
{
    const char *at = memchr(target.p, '@', target.len);
    struct slice name =
        slice_trim((struct slice){target.p, at ? (size_t)(at - target.p) : target.len});
    if (!expr_is_place(r, name))
        return true;
    error_at(r, target.p, "rewriting does not keep distances; branch to a label");
    return false;
}

/* The fused sequence; GO is "jmp" or "call".  */
static void go(struct rewriter *r, unsigned reg, bool call)
{
    const char *low = x86_register_name(reg, 4), *full = x86_register_name(reg, 8);
    unsigned and_len = 3 + (reg > 7), jmp_len = 2 + (reg > 7);
    enum { BEHIND_CHARGE = 5 };
    (call ? x86_lock_at_end : x86_lock)(r, x86_tested_length(r, BEHIND_CHARGE, call) + and_len
                                               + x86_base_length(r) + jmp_len);
    struct x86_test test = x86_test(r, BEHIND_CHARGE, call);
    x86_put(r, and_len, "and\t$%d, %%%s", -(int)r->profile->bundle, low);
    x86_add_base(r, reg);
    x86_put(r, jmp_len, "%s\t*%%%s", call ? "call" : "jmp", full);
    x86_unlock(r);
    x86_test_end(r, test);
}

/* oblivious.c has the forms.  */
static void go_oblivious(struct rewriter *r, unsigned reg, bool call)
{
    if (call && reg == R11)
        x86_put(r, 5, "mov\t%%r11, -16(%%rsp)");
    unsigned back = call ? x86_push_return(r) : 0;
    if (call && reg == R11)
        x86_put(r, 5, "mov\t-8(%%rsp), %%r11");
    else if (reg != R11)
        x86_put(r, 3, "mov\t%%%s, %%r11d", x86_register_name(reg, 4));
    go(r, R11, false);
    if (call)
        x86_come_back(r, back);
}

/* Where a function begins or ends, as far as the file says.  */
static bool is_boundary(const struct rewriter *r, const struct stmt *s)
{
    struct slice name = {r->text + s->at, s->name_len};
    if (s->kind == STMT_LABEL)
        return s->symbol && s->symbol->exported;
    return s->kind == STMT_DIRECTIVE
           && (slice_is_nocase(name, ".cfi_startproc") || slice_is_nocase(name, ".cfi_endproc")
               || slice_is_nocase(name, ".size"));
}

/* Whether a jump through memory may take its target into r11 where that is the program's: if
   it is a tail call, since nothing of the function can be reached indirectly, or if the function
   never reads r11.  */
static bool scratch_is_free(struct rewriter *r, const struct insn *in)
{
    struct insn other;
    if (!x86_has_register(r, R11) || in->row->cls == INSN_CALL)
        return true;
    const struct stmt *first = in->stmt == &r->made ? r->cur : in->stmt;
    const struct stmt *last = first, *end = r->stmts + r->nstmts;
    while (first > r->stmts && !is_boundary(r, first))
        first--;
    while (last < end && !is_boundary(r, last))
        last++;
    bool reads = false, reached = false;
    for (const struct stmt *s = first + 1; s < last; s++) {
        if (s->kind == STMT_LABEL)
            reached = reached || !s->symbol || s->symbol->marked || s->symbol->address;
        else if (s->kind == STMT_INSN && !s->skipped && s->insn && x86_parse(r, s, &other, false))
            reads = reads || other.reads >> R11 & 1;
    }
    if (!reads || !reached)
        return true;
    error_at(r, in->name.p,
             "r11 may hold a value at this jump, which needs a register for its "
             "target; load it into one first");
    return false;
}

/* jmp and call through a register or memory */
static void indirect(struct rewriter *r, struct insn *in)
{
    struct operand *o = &in->op[0];
    bool call = in->row->cls == INSN_CALL;
    if (o->kind == OPERAND_GPR && o->size != 8) {
        error_at(r, o->text.p, "the operand is a 64-bit register");
        return;
    }
    if (o->kind == OPERAND_MEM && in->mem.size.len && o->size != 8) {
        error_at(r, o->text.p, "an address of code has 64 bits; write QWORD PTR");
        return;
    }
    if (o->kind != OPERAND_GPR && o->kind != OPERAND_MEM) {
        error_at(r, o->text.p, "a branch goes to a label, a register or what memory holds");
        return;
    }
    if (!x86_confines(r) && !(in->mem_op >= 0 && in->mem.seg == 'f')) {
        x86_keep(r, in);
        return;
    }
    unsigned reg = o->kind == OPERAND_GPR ? o->reg : R11;
    if (o->kind == OPERAND_MEM && !scratch_is_free(r, in))
        return;
    if (o->kind == OPERAND_MEM)
        x86_load_scratch(r, in);
    if (reg == RSP) {
        x86_use_scratch(r, in);
        x86_read_stack(r, R11);
        reg = R11;
    }
    if (x86_confines(r))
        (r->profile->poc ? go_oblivious : go)(r, reg, call);
    else
        x86_put(r, 3, call ? "call\t*%%r11" : "jmp\t*%%r11");
}

/* Nobody else can write where the address is pushed and taken again.  */
static void ret_in_place(struct rewriter *r)
{
    x86_lock(r, 2 + 4 + x86_base_length(r) + 2 + 1);
    x86_put(r, 2, "pop\t%%r11");
    x86_put(r, 4, "and\t$%d, %%r11d", -(int)r->profile->bundle);
    x86_add_base(r, R11);
    x86_put(r, 2, "push\t%%r11");
    x86_put(r, 1, "ret");
    x86_unlock(r);
}

static void ret(struct rewriter *r, struct insn *in)
{
    int64_t n = 0;
    struct slice text = in->nops ? in->op[0].text : (struct slice){"0", 1};
    if (*text.p == '$')
        text.p++, text.len--;
    if (in->nops > 1 || !expr_constant(r, text, &n) || n < 0 || n > 0xffff) {
        error_at(r, in->name.p, "the operand of ret is a constant");
        return;
    }
    if (!x86_confines(r)) {
        out_main(r, in->nops ? "%S\t%S" : "%S", &in->name, in->nops ? &in->op[0].text : NULL);
        return;
    }
    /* For whoever called, if that is a function of this file: see call.  */
    if (x86_state(r)->hands)
        x86_put(r, 8, "mov\t%%r11, %d(%%rsp)", SAVED_SCRATCH);
    if (r->profile->threads == LFI_THREADS_SINGLE && n == 0) {
        ret_in_place(r);
        return;
    }
    x86_put(r, 2, "pop\t%%r11");
    x86_drop_stack(r, (int)n);
    go(r, R11, false);
}

/* Whether the assembler will certainly find the short form: a label not far back.  */
static bool is_near(struct rewriter *r, struct slice target)
{
    struct symbol *s = symbol_of(r, target);
    return s && s->chunk && s->chunk == r->sections.now
           && r->sections.now->pos - s->pos < SHORT_REACH;
}

/* A weak symbol that may be nowhere: the linker would make a stub to go there, which is
   code that did not pass through here.  */
static bool may_be_missing(struct rewriter *r, struct slice target)
{
    const char *at = memchr(target.p, '@', target.len);
    size_t len = at ? (size_t)(at - target.p) : target.len;
    const struct symbol *s = symbol_find(r, target.p, len);
    return s && s->weak && !s->defined && x86_confines(r);
}

static void through_table(struct rewriter *r, struct insn *in)
{
    struct slice target = in->op[0].text;
    const char *at = memchr(target.p, '@', target.len);
    struct slice name =
        slice_trim((struct slice){target.p, at ? (size_t)(at - target.p) : target.len});
    x86_use_scratch(r, in);
    bool pushed = r->profile->poc && in->row->cls == INSN_CALL;
    unsigned back = pushed ? x86_push_return(r) : 0;
    x86_put(r, 7, r->profile->poc ? "mov\t%S@GOTPCREL(%%rip), %%r11d" : "mov\t%S@GOTPCREL(%%rip), %%r11", &name);
    go(r, R11, in->row->cls == INSN_CALL && !pushed);
    if (pushed)
        x86_come_back(r, back);
}

/* jmp and jcc to a label: two bytes where it is near, LONGEST ones where not.  Even then
   the assembler wants room for the longest.  */
static void direct(struct rewriter *r, struct insn *in, unsigned longest)
{
    bool near = is_near(r, in->op[0].text);
    if (x86_meters(r)) {
        x86_jump(r, in->name, in->op[0].text, longest);
        return;
    }
    x86_fit(r, 2, longest - 2);
    if (near)
        x86_short(r, 2);
    if (in->prefixes) {
        in->prefixes = 0;
        out_main(r, "%S\t%S", &in->name, &in->op[0].text);
    } else {
        out_keep(r);
    }
}

/* Processors join a comparison and the conditional jump behind it into one operation, as long as
   nothing lies between them, padding included.  */
bool x86_fuses(struct rewriter *r, const struct insn *in)
{
    static const char *const names[] = {"cmp", "test", "sub", "add", "and", "dec", "inc"};
    const struct stmt *s = stmt_place(r, in->stmt), *end = r->stmts + r->nstmts;
    struct slice name = {in->name.p, in->name.len - (in->suffix != 0)};
    struct insn next;
    bool named = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !named; i++)
        named = slice_is_nocase(name, names[i]);
    if (!named || !s || in->row->cls != INSN_PLAIN || in->prefixes
        || (in->mem_op >= 0 && (in->op[0].kind == OPERAND_IMM || x86_written(in, in->mem_op))))
        return false;
    do
        s++;
    while (s < end && (s->skipped || s->kind == STMT_EMPTY || directive_is_inert(s)));
    return s < end && s->kind == STMT_INSN && s->insn && x86_parse(r, s, &next, false)
           && next.row->cls == INSN_JCC;
}

enum { CALL = 5, CALL_BEHIND_CHARGE = 3 };

static void begin_call(struct rewriter *r)
{
    if (!x86_meters(r)) {
        if (x86_confines(r))
            x86_fit_at_end(r, CALL);
        return;
    }
    x86_lock_at_end(r, x86_tested_length(r, CALL_BEHIND_CHARGE, true) + CALL);
    x86_test(r, CALL_BEHIND_CHARGE, true);
}

static void end_call(struct rewriter *r)
{
    if (x86_meters(r))
        x86_unlock(r);
}

/* jmp to a target of the input.  */
static void put_jmp(struct rewriter *r, struct slice *target)
{
    enum { LONG_JMP = 5 };
    if (x86_meters(r)) {
        x86_jump(r, (struct slice){"jmp", 3}, *target, LONG_JMP);
        return;
    }
    x86_fit(r, 2, LONG_JMP - 2);
    x86_put(r, 0, "jmp\t%S", target);
}

static void push_and_jump(struct rewriter *r, struct slice target)
{
    unsigned back = x86_push_return(r);
    put_jmp(r, &target);
    x86_come_back(r, back);
}

void x86_call(struct rewriter *r, const char *function)
{
    if (r->profile->poc) {
        push_and_jump(r, (struct slice){function, strlen(function)});
        return;
    }
    begin_call(r);
    x86_put(r, x86_meters(r) ? 0 : CALL, "call\t%s", function);
    end_call(r);
}

static void call(struct rewriter *r, struct insn *in)
{
    if (r->profile->poc) {
        push_and_jump(r, in->op[0].text);
        return;
    }
    begin_call(r);
    x86_count(r);
    if (in->prefixes)
        out_main(r, "%S\t%S", &in->name, &in->op[0].text);
    else
        out_keep(r);
    end_call(r);
    /* A return is through r11, and has left what was in it where it is below the stack now.  */
    if (x86_state(r)->hands && x86_scratch_awaited(r, in))
        x86_put(r, 8, "mov\t%d(%%rsp), %%r11", SAVED_SCRATCH - 8);
}

/* Short branches on rcx.  */
static void loop(struct rewriter *r, struct insn *in)
{
    struct slice name = in->name, *target = &in->op[0].text;
    unsigned taken = x86_new_label(r), skip = x86_new_label(r);
    bool count = (*name.p | 0x20) == 'l', narrow = slice_is_nocase(name, "jecxz");
    if (count) {
        bool equal = slice_is_nocase(name, "loope") || slice_is_nocase(name, "loopz");
        bool differs = slice_is_nocase(name, "loopne") || slice_is_nocase(name, "loopnz");
        x86_put(r, 4, "lea\t-1(%%rcx), %%rcx");
        if (equal || differs)
            x86_jump_to(r, equal ? "jne" : "je", skip, 2);
        x86_jump_to(r, "jrcxz", skip, 2);
        put_jmp(r, target);
        x86_place(r, skip);
        return;
    }
    if (narrow) {
        x86_put(r, 8, "mov\t%%rcx, %d(%%rsp)", SAVED_SCRATCH);
        x86_put(r, 2, "mov\t%%ecx, %%ecx");
    }
    x86_jump_to(r, "jrcxz", taken, 2);
    if (narrow)
        x86_put(r, 8, "mov\t%d(%%rsp), %%rcx", SAVED_SCRATCH);
    x86_jump_to(r, "jmp", skip, 2);
    x86_place(r, taken);
    if (narrow)
        x86_put(r, 8, "mov\t%d(%%rsp), %%rcx", SAVED_SCRATCH);
    put_jmp(r, target);
    x86_place(r, skip);
}

void x86_branch(struct rewriter *r, struct insn *in)
{
    enum insn_class cls = in->row->cls;
    struct x86_state *state = x86_state(r);
    if (cls == INSN_RET) {
        ret(r, in);
    } else if (in->nops != 1) {
        error_at(r, in->name.p, "a branch has one operand");
    } else if (in->op[0].kind != OPERAND_LABEL) {
        if (cls == INSN_JCC || cls == INSN_LOOP)
            error_at(r, in->op[0].text.p, "a conditional branch goes to a label");
        else
            indirect(r, in);
    } else if (in->prefixes & PREFIX_DATA16) {
        error_at(r, in->name.p, "a branch of 16 bits leaves the box");
    } else if (target_ok(r, in->op[0].text)) {
        if (cls == INSN_LOOP)
            loop(r, in);
        else if (cls != INSN_JCC && may_be_missing(r, in->op[0].text))
            through_table(r, in);
        else if (cls == INSN_CALL)
            call(r, in);
        else
            direct(r, in, cls == INSN_JMP ? 5 : LONG_JCC);
    }
    if (cls == INSN_JMP || cls == INSN_RET)
        x86_flow_ends(r);
    if (cls != INSN_JCC && cls != INSN_LOOP)
        state->scratch = SCRATCH_LOST;
}
