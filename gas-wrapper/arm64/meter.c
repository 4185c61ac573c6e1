/* Metered code: every branch is charged, and tested unless it goes forward.
   SPDX-License-Identifier: Apache-2.0

   n is the number of words since the last charge, up to the end of the sequence.  Sequences lie in
   one bundle of 16 bytes, all but the traps; calls end one.

     b.cond L, forward  ->  sub x23, x23, #n; b.cond L                      and b, cbz, tbz
     b.cond L           ->  sub x23, x23, #n; b.!cond 1f; tbz x23, #63, L; udf #0; 1:
     b L                ->  sub x23, x23, #n; tbz x23, #63, L; udf #0
     bl f               ->  sub x23, x23, #n; tbnz x23, #63, TRAP; bl f
     br xN              ->  the guard of x28; sub x23, x23, #n; tbnz x23, #63, TRAP;
                            and x28, x28, #-16; br x28
     ret                ->  sub x23, x23, #n; tbnz x23, #63, TRAP; and x30, x30, #-16; ret

   Where L is far, "tbz x23, #63, L" becomes "tbnz x23, #63, .+8; b L" (range.c), which is counted and
   has room in any case.  TRAP is the next one; one is put where control does not go on, or around which
   it is led.

   Where a run can be resumed each test has a trap of its own, and behind it

     udf #0; sub x23, x23, #n; tbz x23, #63, START; udf #0

   START being L, or the beginning of a sequence that ends otherwise, which is then done again.  The runtime
   goes on behind a trap when there is so much fuel that neither test can fail.  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <string.h>

enum { BUNDLE = 16, LONG_LINE = 2000, LONGEST_LINE = 3500, TRAP_DISTANCE = 24 << 10 };

bool arm64_meters(const struct rewriter *r)
{
    return r->profile->meter != LFI_METER_NONE;
}

void arm64_meter_begin(struct rewriter *r)
{
    struct chunk *c = r->sections.now;
    if (!arm64_meters(r) || c->section->code)
        return;
    c->section->code = true;
    c->uncharged += (int)(r->widest / 4);
}

static void pad(struct rewriter *r, int words)
{
    arm64_meter_begin(r);
    out_text(r, words == 3 ? ".p2align\t4" : ".p2align\t4,,%d", 4 * words);
    r->sections.now->pos += 4 * (uint64_t)words;
    r->sections.now->uncharged += words;
}

void arm64_align(struct rewriter *r)
{
    pad(r, 3);
}

static void fit(struct rewriter *r, int more)
{
    pad(r, more < 3 ? more : 3);
}

static void put_charge(struct rewriter *r, int more)
{
    struct chunk *c = r->sections.now;
    int charge = c->uncharged + 1 + more;
    out_insn(r, "sub\tx23, x23, #%d", charge);
    c->uncharged = -more;
}

void arm64_charge(struct rewriter *r, int more)
{
    fit(r, more);
    put_charge(r, more);
}

static unsigned new_label(struct rewriter *r)
{
    return ++arm64_state(r)->labels;
}

static void place(struct rewriter *r, unsigned label)
{
    out_text(r, ".Llfi.%d:", (int)label);
}

static void put_test(struct rewriter *r, unsigned start)
{
    struct chunk *c = r->sections.now;
    unsigned trap = start || !c->trap ? new_label(r) : c->trap;
    if (!meter_wants_trap(c))
        c->trap_wanted = c->pos;
    if (start)
        meter_add_stop(r, trap, start);
    else
        c->trap = trap;
    out_insn(r, "tbnz\tx23, #63, .Llfi.%d", (int)trap);
}

/* The beginning of a sequence to come back to.  */
static unsigned place_start(struct rewriter *r)
{
    if (!meter_resumes(r))
        return 0;
    unsigned start = new_label(r);
    place(r, start);
    return start;
}

void arm64_test(struct rewriter *r, int more)
{
    fit(r, more);
    unsigned start = place_start(r);
    put_charge(r, more);
    put_test(r, start);
}

/* Of three words, which end their bundle.  */
void arm64_test_call(struct rewriter *r)
{
    enum { BEHIND_CHARGE = 2 };
    pad(r, 3);
    out_insn(r, "nop");
    unsigned start = place_start(r);
    put_charge(r, BEHIND_CHARGE);
    put_test(r, start);
}

static void put_udf(struct rewriter *r)
{
    out_insn(r, "udf\t#0");
    r->sections.now->uncharged = 0;
}

static void put_trap(struct rewriter *r)
{
    struct chunk *c = r->sections.now;
    if (c->trap)
        place(r, c->trap);
    c->trap = 0;
    put_udf(r);
}

/* A bundle each.  */
static void put_stops(struct rewriter *r)
{
    struct chunk *c = r->sections.now;
    for (struct stop *s = c->stops; s; s = s->next) {
        arm64_align(r);
        place(r, s->trap);
        put_udf(r);
        put_charge(r, 1);
        out_insn(r, "tbz\tx23, #63, .Llfi.%d", (int)s->start);
    }
    c->stops = NULL;
}

void arm64_flow_ends(struct rewriter *r)
{
    if (!meter_wants_trap(r->sections.now))
        return;
    put_stops(r);
    put_trap(r);
}

/* A branch to behind what follows.  */
static unsigned skip(struct rewriter *r)
{
    unsigned next = new_label(r);
    arm64_charge(r, 1);
    out_insn(r, "b\t.Llfi.%d", (int)next);
    return next;
}

void arm64_meter_line(struct rewriter *r)
{
    struct arm64_state *state = arm64_state(r);
    const struct chunk *c = r->sections.now;
    bool far = meter_wants_trap(c) && c->pos - c->trap_wanted > TRAP_DISTANCE;
    if (!arm64_meters(r) || state->drifting || (!far && c->uncharged < LONG_LINE)
        || (state->link_open && !far && c->uncharged < LONGEST_LINE))
        return;
    arm64_guard_link(r);
    unsigned next = skip(r);
    arm64_flow_ends(r);
    place(r, next);
}

void arm64_jump_ahead(struct rewriter *r, uint32_t reach, struct slice target, const char *name,
                      const struct slice *operands)
{
    arm64_charge(r, 2);
    if (operands)
        out_branch(r, reach, target, "%s\t%S, %S", name, operands, &target);
    else
        out_branch(r, reach, target, "%s\t%S", name, &target);
}

enum { TEST_REACH = 1 << 15 };

static void tbz(struct rewriter *r, struct slice target)
{
    out_branch(r, TEST_REACH, target, "tbz\tx23, #63, %S", &target);
}

void arm64_jump_tested(struct rewriter *r, struct slice target, const char *inverse,
                       const struct slice *operands)
{
    unsigned next = inverse ? new_label(r) : 0;
    arm64_charge(r, inverse ? 3 : 2);
    if (operands)
        out_insn(r, "%s\t%S, .Llfi.%d", inverse, operands, (int)next);
    else if (inverse)
        out_insn(r, "%s\t.Llfi.%d", inverse, (int)next);
    tbz(r, target);
    if (meter_resumes(r)) {
        put_udf(r);
        arm64_charge(r, 2);
        tbz(r, target);
    }
    if (!next)
        put_stops(r);
    put_trap(r);
    if (next)
        place(r, next);
}

/* After everything, at the end of a subsection: what comes behind it does not charge for this.  */
static void end_chunk(struct rewriter *r, struct section *s, struct chunk *c)
{
    if (c->uncharged <= 0 && !meter_wants_trap(c))
        return;
    out_line(r, "\t.section\t%S", &s->args);
    if (c->sub)
        out_line(r, "\t.subsection\t%d", (int)c->sub);
    r->sections.now = c;
    unsigned next = c->uncharged > 0 ? skip(r) : 0;
    put_stops(r);
    put_trap(r);
    /* It may be the end of all code: branches out of that go to bundles.  Zeros are traps.  */
    out_text(r, ".p2align\t4, 0");
    if (next)
        place(r, next);
}

void arm64_meter_end(struct rewriter *r)
{
    if (!arm64_meters(r))
        return;
    for (struct section *s = r->first_section; s; s = s->next)
        for (struct chunk *c = s->chunks; c && s->exec; c = c->next)
            if (c->pos)
                end_chunk(r, s, c);
}
