/* Metered code: every branch is charged, and tested unless it goes forward.
   SPDX-License-Identifier: Apache-2.0

   n is the number of instructions since the last charge, up to the end of the sequence, without
   padding.  All but the traps is fused.

     jcc L, forward   ->  lea -n(%r12), %r12; jcc L                     and jmp, jrcxz
     jcc L            ->  lea -n(%r12), %r12; jncc 1f; test %r12, %r12; jns L; ud2; 1:
     jmp L            ->  lea -n(%r12), %r12; test %r12, %r12; jns L; ud2
     call f           ->  lea -n(%r12), %r12; test %r12, %r12; js TRAP; call f
     jmp *%rX         ->  lea -n(%r12), %r12; test %r12, %r12; js 1f; and ...; jmp *%rX; 1: ud2
     jmp L            ->  mov %rcx, %r11; lea -n(%r12), %r12; mov %r12, %rcx; bswap %rcx;
                          movzbl %cl, %ecx; jrcxz 1f; ud2; 1: mov %r11, %rcx; jmp L
                          where flags are looked at at L: the counter is less than 2^56, so that its
                          top byte is 0 unless it is negative.  All but the first is fused, and can be done
                          again from any point on
     rep movsb        ->  mov %ecx, %ecx; sub %rcx, %r12; js TRAP; ... rep movsb
     repne scasb      ->  a loop

   Nothing is executed between a branch and the charge for it, so that a branch to any label arrives
   with everything charged.  TRAP is the next ud2 of any sequence, in most cases in the same function.

   Where a run can be resumed each test has a trap of its own, and behind it

     ud2; lea -3(%r12), %r12; test %r12, %r12; jns START; ud2

   START being L, or the beginning of a sequence that ends otherwise, which is then done again.  The runtime
   goes on behind a trap when there is so much fuel that neither test can fail.  Repetition is cut into
   pieces, which find fuel enough each.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <stdio.h>
#include <string.h>

/* Longer straight lines are charged in between; charges up to so many have a displacement of one
   byte; lengths; how far back a jump is certainly short.  */
enum { LONG_LINE = 2000, SHORT_CHARGE = 128, TEST = 3, SHORT_JUMP = 2, SHORT_REACH = 110 };

bool x86_meters(const struct rewriter *r)
{
    return r->profile->meter != LFI_METER_NONE;
}

void x86_count(struct rewriter *r)
{
    r->sections.now->uncharged++;
}

/* It with MORE instructions of the sequence behind it.  */
static int charge_of(const struct rewriter *r, int more)
{
    return r->sections.now->uncharged + 1 + more;
}

static unsigned charge_length(const struct rewriter *r, int more)
{
    return charge_of(r, more) <= SHORT_CHARGE ? 5 : 8;
}

/* Begins a fused sequence, with MORE instructions of it behind.  */
static void charge(struct rewriter *r, int more)
{
    x86_put(r, 0, "lea\t%d(%%r12), %%r12", -charge_of(r, more));
    r->sections.now->uncharged = -more;
}

static void put_ud2(struct rewriter *r)
{
    x86_put(r, 2, "ud2");
    r->sections.now->uncharged = 0;
}

/* The name of a label of ours, as an operand.  */
struct label_name {
    char text[24];
};

static struct slice name_of(struct label_name *to, unsigned label)
{
    int n = snprintf(to->text, sizeof to->text, ".Llfi.%u", label);
    return (struct slice){to->text, (size_t)n};
}

/* The trap of a test, and what goes on behind it where that is possible.  A trap has to follow.  */
static void put_stop(struct rewriter *r, struct slice start)
{
    enum { CHARGE = 5, LONG_JNS = 6, BEHIND_CHARGE = 2 };
    put_ud2(r);
    if (!meter_resumes(r))
        return;
    x86_fit(r, CHARGE + TEST + SHORT_JUMP, LONG_JNS - SHORT_JUMP);
    x86_lock_fitted(r);
    charge(r, BEHIND_CHARGE);
    x86_put(r, TEST, "test\t%%r12, %%r12");
    x86_put(r, 0, "jns\t%S", &start);
    x86_unlock(r);
}

static void put_trap(struct rewriter *r)
{
    struct chunk *c = r->sections.now;
    if (c->trap)
        x86_place(r, c->trap);
    c->trap = 0;
    put_ud2(r);
}

void x86_flow_ends(struct rewriter *r)
{
    struct chunk *c = r->sections.now;
    if (!c->stops)
        return;
    for (struct stop *s = c->stops; s; s = s->next) {
        struct label_name name;
        x86_place(r, s->trap);
        put_stop(r, name_of(&name, s->start));
    }
    c->stops = NULL;
    put_trap(r);
}

/* -- the test ------------------------------------------------------------------------ */

enum { JS_TRAP = 6 };

unsigned x86_tested_length(const struct rewriter *r, int more, bool far)
{
    if (!x86_meters(r))
        return 0;
    return charge_length(r, more) + TEST + (far ? JS_TRAP : SHORT_JUMP);
}

/* The beginning of a sequence to come back to.  */
static unsigned place_start(struct rewriter *r)
{
    if (!meter_resumes(r))
        return 0;
    unsigned start = x86_new_label(r);
    x86_place(r, start);
    return start;
}

/* js to a trap that comes later.  */
static void js_trap(struct rewriter *r, unsigned start)
{
    struct chunk *c = r->sections.now;
    unsigned trap = start || !c->trap ? x86_new_label(r) : c->trap;
    if (start)
        meter_add_stop(r, trap, start);
    else
        c->trap = trap;
    out_insn(r, "{disp32} js\t.Llfi.%d", (int)trap);
    x86_count(r);
}

struct x86_test x86_test(struct rewriter *r, int more, bool far)
{
    struct x86_test test = {0, 0};
    if (!x86_meters(r))
        return test;
    test.start = place_start(r);
    charge(r, more);
    x86_put(r, TEST, "test\t%%r12, %%r12");
    if (far) {
        js_trap(r, test.start);
    } else {
        test.trap = x86_new_label(r);
        x86_put(r, SHORT_JUMP, "js\t.Llfi.%d", (int)test.trap);
    }
    return test;
}

void x86_test_end(struct rewriter *r, struct x86_test test)
{
    struct label_name name;
    if (!test.trap)
        return;
    x86_place(r, test.trap);
    if (test.start)
        put_stop(r, name_of(&name, test.start));
    put_trap(r);
}

void x86_charge_count(struct rewriter *r)
{
    unsigned start = place_start(r);
    x86_put(r, 2, "mov\t%%ecx, %%ecx");
    x86_put(r, 3, "sub\t%%rcx, %%r12");
    js_trap(r, start);
}

/* -- direct branches ----------------------------------------------------------------- */

static const char *const conditions[16][3] = {
    {"o"},  {"no"}, {"b", "c", "nae"}, {"ae", "nb", "nc"}, {"e", "z"},   {"ne", "nz"},
    {"be", "na"},   {"a", "nbe"},      {"s"},              {"ns"},       {"p", "pe"},
    {"np", "po"},   {"l", "nge"},      {"ge", "nl"},       {"le", "ng"}, {"g", "nle"},
};

/* The condition behind the "j" of the name; 16 if there is none.  */
static unsigned condition_of(struct slice name)
{
    struct slice cond = {name.p + 1, name.len - 1};
    for (unsigned i = 0; i < 16; i++)
        for (int k = 0; k < 3 && conditions[i][k]; k++)
            if (slice_is_nocase(cond, conditions[i][k]))
                return i;
    return 16;
}

/* A label not far back, so that jumps there are certainly short.  */
static bool is_near(struct rewriter *r, struct slice target)
{
    struct symbol *s = symbol_of(r, target);
    return s && s->chunk && s->chunk == r->sections.now
           && r->sections.now->pos - s->pos < SHORT_REACH;
}

void x86_jump_ahead(struct rewriter *r, struct slice name, struct slice target, unsigned longest)
{
    unsigned len = charge_length(r, 1) + SHORT_JUMP;
    x86_fit(r, len, longest - SHORT_JUMP);
    x86_lock_fitted(r);
    charge(r, 1);
    x86_put(r, 0, "%S\t%S", &name, &target);
    x86_unlock(r);
}

/* jns L at the end of a sequence; SKIP is placed behind the trap, which is near.  */
static void jump_if_left(struct rewriter *r, struct slice target, unsigned skip)
{
    x86_put(r, TEST, "test\t%%r12, %%r12");
    x86_put(r, 0, "jns\t%S", &target);
    x86_unlock(r);
    if (meter_resumes(r))
        put_stop(r, target);
    put_trap(r);
    if (skip)
        x86_place(r, skip);
}

static void jump_tested(struct rewriter *r, unsigned condition, struct slice target)
{
    bool near = is_near(r, target), always = condition == 16;
    unsigned skip = always ? 0 : x86_new_label(r);
    int more = always ? 2 : 3;
    unsigned len =
        charge_length(r, more) + (always ? 0 : SHORT_JUMP) + TEST + SHORT_JUMP;
    x86_fit(r, len, LONG_JCC - SHORT_JUMP);
    if (near)
        x86_short(r, len);
    x86_lock_fitted(r);
    charge(r, more);
    if (!always)
        x86_put(r, SHORT_JUMP, "j%s\t.Llfi.%d", conditions[condition ^ 1][0], (int)skip);
    jump_if_left(r, target, skip);
}

enum { KEEPING = 3 + 3 + 3 + 2 + 2 + 3, LONG_JMP = 5, BEHIND_CHARGE = 7 };

static void jump_keeping_flags(struct rewriter *r, unsigned condition, struct slice target)
{
    unsigned skip = 0;
    if (condition < 16) {
        skip = x86_new_label(r);
        struct label_name name;
        char jcc[4] = "j";
        strcat(jcc, conditions[condition ^ 1][0]);
        x86_jump_ahead(r, (struct slice){jcc, strlen(jcc)}, name_of(&name, skip), LONG_JCC);
    }
    x86_put(r, 3, "mov\t%%rcx, %%r11");
    unsigned len = charge_length(r, BEHIND_CHARGE) + KEEPING + SHORT_JUMP;
    unsigned left = x86_new_label(r);
    x86_fit(r, len, LONG_JMP - SHORT_JUMP);
    x86_lock_fitted(r);
    charge(r, BEHIND_CHARGE);
    x86_put(r, 3, "mov\t%%r12, %%rcx");
    x86_put(r, 3, "bswap\t%%rcx");
    x86_put(r, 3, "movzx\t%%cl, %%ecx");
    x86_put(r, 2, "jrcxz\t.Llfi.%d", (int)left);
    x86_put(r, 2, "ud2");
    x86_place(r, left);
    x86_put(r, 3, "mov\t%%r11, %%rcx");
    x86_put(r, 0, "jmp\t%S", &target);
    x86_unlock(r);
    if (skip)
        x86_place(r, skip);
    else
        x86_state(r)->scratch = SCRATCH_LOST;
}

/* Whether nobody looks at flags where the branch goes.  Functions elsewhere do not.  */
static bool target_has_none(struct rewriter *r, struct slice target, const struct stmt *to)
{
    if (to)
        return x86_flags_dead_at(r, to);
    return target.len < 2 || memcmp(target.p, ".L", 2) != 0;
}

void x86_jump(struct rewriter *r, struct slice name, struct slice target, unsigned longest)
{
    const struct stmt *to = meter_target(r, target);
    if (meter_is_ahead(r, to)) {
        x86_jump_ahead(r, name, target, longest);
        return;
    }
    unsigned condition = condition_of(name);
    if (target_has_none(r, target, to))
        jump_tested(r, condition, target);
    else
        jump_keeping_flags(r, condition, target);
}

void x86_jump_back(struct rewriter *r, const char *name, unsigned label)
{
    struct label_name to;
    jump_tested(r, condition_of((struct slice){name, strlen(name)}), name_of(&to, label));
}

void x86_jump_to(struct rewriter *r, const char *name, unsigned label, unsigned longest)
{
    struct label_name to;
    struct slice target = name_of(&to, label), jump = {name, strlen(name)};
    if (x86_meters(r))
        x86_jump_ahead(r, jump, target, longest);
    else
        x86_put(r, 2, "%S\t%S", &jump, &target);
}

/* -- straight lines ------------------------------------------------------------------ */

void x86_meter_line(struct rewriter *r)
{
    if (!x86_meters(r) || r->sections.now->uncharged < LONG_LINE)
        return;
    unsigned next = x86_new_label(r);
    x86_jump_to(r, "jmp", next, LONG_JMP);
    x86_place(r, next);
}

/* After everything, at the end of a subsection: what comes behind it does not charge for this.  */
void x86_meter_end(struct rewriter *r, struct chunk *c)
{
    r->sections.now = c;
    x86_anywhere(r);
    if (c->uncharged > 0) {
        unsigned next = x86_new_label(r);
        x86_jump_to(r, "jmp", next, LONG_JMP);
        x86_place(r, next);
    }
    x86_flow_ends(r);
    if (c->trap)
        put_trap(r);
}
