/* Code goes out: bundles, and inserted instructions in the syntax of the input.
   SPDX-License-Identifier: Apache-2.0

   The assembler keeps instructions and locked sequences within bundles by itself, but pads
   with single bytes; so it is told before each one that may not fit, given where in a
   bundle it may start, to align with long nops.  Where the lengths known here are too
   small, its own padding remains.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

#include <string.h>

static unsigned bundle(const struct rewriter *r)
{
    return r->profile->bundle;
}

static bool bundles(const struct rewriter *r)
{
    return x86_confines(r);
}

/* The logarithm, which directives take.  */
static int power(const struct rewriter *r)
{
    return bundle(r) == 16 ? 4 : 5;
}

/* Every position in a bundle.  */
static uint32_t anywhere(const struct rewriter *r)
{
    return UINT32_MAX >> (MAX_BUNDLE - bundle(r));
}

static uint32_t rotate(const struct rewriter *r, uint32_t where, unsigned by)
{
    by &= bundle(r) - 1;
    return (by ? where << by | where >> (bundle(r) - by) : where) & anywhere(r);
}

/* Where so many bytes do not fit.  */
static uint32_t too_late(const struct rewriter *r, unsigned len)
{
    if (len > bundle(r))
        return anywhere(r);
    return len > 1 ? (anywhere(r) << (bundle(r) - (len - 1))) & anywhere(r) : 0;
}

/* Before anything is emitted in a section.  */
static void enter(struct rewriter *r)
{
    struct x86_state *state = x86_state(r);
    const struct chunk *now = r->sections.now;
    state->aligned = false;
    if (state->at != now) {
        state->at = now;
        state->where = now->section->code || now->sub ? anywhere(r) : 1;
    }
    if (!now->section->code)
        r->sections.now->uncharged += (int)(r->widest / bundle(r)); /* padding before it */
    r->sections.now->section->code = true;
    if (!state->bundles && bundles(r)) {
        state->bundles = true;
        out_insn(r, ".bundle_align_mode %d", power(r));
    }
}

/* ROOM: what should find its place in the bundle behind them, if that is possible.  */
static void fit(struct rewriter *r, unsigned len, unsigned more, unsigned room)
{
    struct x86_state *state = x86_state(r);
    if (state->locked)
        return;
    enter(r);
    r->sections.now->pos += len + more;
    if (!bundles(r))
        return;
    unsigned all = len + more, want = all + room <= bundle(r) ? all + room : all;
    uint32_t late = too_late(r, want);
    if (state->where & late) {
        out_insn(r, ".p2align %d,,%d", power(r), (int)want - 1);
        state->where = (state->where & ~late) | 1;
        r->sections.now->pos += want - 1;
    }
    state->fitted = state->where;
    state->where = rotate(r, state->where, len) | rotate(r, state->where, all);
}

void x86_fit(struct rewriter *r, unsigned len, unsigned more)
{
    fit(r, len, more, 0);
}

void x86_short(struct rewriter *r, unsigned len)
{
    x86_state(r)->where = rotate(r, x86_state(r)->fitted, len);
}

void x86_anywhere(struct rewriter *r)
{
    x86_state(r)->at = NULL;
}

unsigned x86_new_label(struct rewriter *r)
{
    return ++x86_state(r)->labels;
}

void x86_place(struct rewriter *r, unsigned label)
{
    out_insn(r, ".Llfi.%d:", (int)label);
}

void x86_align(struct rewriter *r)
{
    struct x86_state *state = x86_state(r);
    struct section *section = r->sections.now->section;
    if (state->aligned && state->at == r->sections.now)
        return;
    enter(r);
    out_insn(r, ".p2align %d", power(r)); /* even where the lengths say that nothing is missing */
    r->sections.now->pos += bundle(r) - 1;
    if (section->anchor == 0) {
        section->anchor = x86_new_label(r);
        x86_place(r, section->anchor);
    }
    state->where = 1;
    state->aligned = true;
}

/* Alignment that the input asks for, before it goes out: what is more than a bundle must not be
   filled across the end of one.  True if that was put in its place.  */
bool x86_align_input(struct rewriter *r, uint64_t bytes, uint64_t most)
{
    struct x86_state *state = x86_state(r);
    uint32_t where = 0;
    if (!bundles(r) || bytes < 2)
        return false;
    enter(r);
    unsigned size = bundle(r);
    if (bytes > size && most >= size) {
        r->sections.now->uncharged += (int)(bytes / size) - 1;
        out_insn(r, ".p2align %d", power(r));
        if (bytes == 2 * size)
            out_insn(r, ".p2align %d", power(r) + 1);
        else
            out_insn(r, ".balignl %d,0x00401f0f", (int)bytes); /* nopl 0(%rax) */
        state->where = 1;
        return true;
    }
    for (unsigned p = 0; p < size; p++) {
        uint64_t need = (0 - (uint64_t)p) & (bytes - 1) & (size - 1);
        if (state->where >> p & 1)
            where |= need <= most ? 1u << ((p + need) & (size - 1)) : 1u << p;
        if (state->where >> p & 1 && bytes > size)
            where |= 1u << p;
    }
    state->where = where;
    return false;
}

void x86_lock_fitted(struct rewriter *r)
{
    if (bundles(r))
        out_insn(r, ".bundle_lock");
    x86_state(r)->locked = true;
}

void x86_lock(struct rewriter *r, unsigned len)
{
    x86_fit(r, len, 0);
    x86_lock_fitted(r);
}

void x86_unlock(struct rewriter *r)
{
    if (bundles(r))
        out_insn(r, ".bundle_unlock");
    x86_state(r)->locked = false;
}

void x86_fit_at_end(struct rewriter *r, unsigned len)
{
    struct x86_state *state = x86_state(r);
    struct section *section = r->sections.now->section;
    enter(r);
    r->sections.now->pos += len;
    if (!bundles(r))
        return;
    if (section->anchor == 0)
        x86_align(r);
    if (len > 1)
        out_insn(r, ".p2align %d,,%d", power(r), (int)len - 1);
    out_insn(r, ".nops (%d-(.-.Llfi.%d))&%d", (int)(bundle(r) - len), (int)section->anchor,
             (int)bundle(r) - 1);
    r->sections.now->pos += bundle(r);
    state->where = 1;
    state->aligned = false;
}

void x86_lock_at_end(struct rewriter *r, unsigned len)
{
    x86_fit_at_end(r, len);
    x86_lock_fitted(r);
}

/* -- AT&T text in Intel syntax, as far as inserted instructions need it ---------------- */

/* address = disp? "(" base? ("," index? ("," scale)?)? ")" | expression */
static void put_address(struct buf *out, struct slice s)
{
    const char *open = memrchr(s.p, '(', s.len);
    struct slice seg = {s.p, 0};
    const char *colon = memchr(s.p, ':', s.len);
    if (colon && *s.p == '%') {
        seg.len = (size_t)(colon + 1 - s.p);
        s = (struct slice){colon + 1, s.len - seg.len};
    }
    if (!open) {
        buf_format(out, "%S%s%S", &seg, seg.len ? "" : "ds:", &s);
        return;
    }
    struct slice disp = {s.p, (size_t)(open - s.p)}, part;
    struct slice in = {open + 1, (size_t)(s.p + s.len - 1 - (open + 1))};
    buf_format(out, "%S%S[", &seg, &disp);
    for (int i = 0; next_operand(&in, &part); i++)
        if (part.len)
            buf_format(out, "%s%S", i == 2 ? "*" : out->p[out->len - 1] == '[' ? "" : "+", &part);
    buf_format(out, "]");
}

static void put_operand(struct buf *out, struct slice s, bool direct, bool sized)
{
    bool star = *s.p == '*';
    if (star)
        s.p++, s.len--;
    if (*s.p == '$') {
        s.p++, s.len--;
        bool number = strchr("-0123456789", *s.p) != NULL;
        buf_format(out, number ? "%S" : "OFFSET %S", &s);
    } else if ((*s.p == '%' && !memchr(s.p, ':', s.len)) || (direct && !star)) {
        buf_format(out, "%S", &s);
    } else {
        if (star || sized)
            buf_format(out, "QWORD PTR ");
        put_address(out, s);
    }
}

static void put_intel(struct buf *out, struct slice s)
{
    size_t n = 0;
    while (n < s.len && s.p[n] != '\t')
        n++;
    struct slice name = {s.p, n}, rest, operands[MAX_OPERANDS];
    if (n == s.len || *name.p == '.') {
        buf_format(out, "%S", &s);
        return;
    }
    int count = 0;
    rest = (struct slice){s.p + n + 1, s.len - n - 1};
    while (count < MAX_OPERANDS && next_operand(&rest, &operands[count]))
        count++;
    bool direct = *name.p == 'j' || *name.p == 'c';
    bool sized = slice_is(name, "push") || slice_is(name, "pop");
    buf_format(out, "%S\t", &name);
    for (int i = count - 1; i >= 0; i--) {
        put_operand(out, operands[i], direct && count == 1, sized);
        if (i)
            buf_format(out, ", ");
    }
}

void x86_put(struct rewriter *r, unsigned len, const char *fmt, ...)
{
    struct buf text = {NULL, 0, 0}, intel = {NULL, 0, 0};
    va_list ap;
    if (len)
        x86_fit(r, len, 0);
    x86_count(r);
    va_start(ap, fmt);
    buf_vformat(&text, fmt, ap);
    va_end(ap);
    struct slice s = {text.p, text.len};
    if (x86_state(r)->intel) {
        put_intel(&intel, s);
        s = (struct slice){intel.p, intel.len};
    }
    out_insn(r, "%S", &s);
    buf_free(&text);
    buf_free(&intel);
}

/* -- instructions of the input ------------------------------------------------------- */

/* instruction = prefix* name operand ("," operand)* */
static void put_insn(struct rewriter *r, const struct insn *in)
{
    struct buf b = {NULL, 0, 0};
    bool intel = x86_state(r)->intel;
    if (in->prefixes & PREFIX_LOCK)
        buf_format(&b, "lock ");
    if (in->prefixes & PREFIX_REP)
        buf_format(&b, "rep ");
    if (in->prefixes & PREFIX_REPNE)
        buf_format(&b, "repne ");
    buf_format(&b, "%S", &in->name);
    for (int i = 0; i < in->nops; i++)
        buf_format(&b, "%s%S", i ? ", " : "\t", &in->op[intel ? in->nops - 1 - i : i].text);
    struct slice text = {b.p, b.len};
    out_main(r, "%S", &text);
    buf_free(&b);
}

void x86_keep_length(struct rewriter *r, const struct insn *in, unsigned len)
{
    if (len)
        fit(r, len, 0, x86_state(r)->fuses ? LONG_JCC : 0);
    x86_count(r);
    if (x86_state(r)->prefix || x86_state(r)->changed)
        put_insn(r, in);
    else
        out_keep(r);
}

void x86_keep(struct rewriter *r, const struct insn *in)
{
    x86_keep_length(r, in, x86_confines(r) ? x86_length(r, in, false) : 1);
}

void x86_emit(struct rewriter *r, const struct insn *in, unsigned len, const char *raw)
{
    if (raw) {
        x86_lock(r, len);
        out_insn(r, "%s", raw);
    } else {
        fit(r, len, 0, x86_state(r)->fuses ? LONG_JCC : 0);
    }
    x86_count(r);
    put_insn(r, in);
    if (raw)
        x86_unlock(r);
}

/* -- the end ------------------------------------------------------------------------- */

static int64_t last_subsection(const struct section *s)
{
    int64_t last = 0;
    for (const struct chunk *c = s->chunks; c; c = c->next)
        if (c->sub > last)
            last = c->sub;
    return last;
}

static void go_to(struct rewriter *r, const struct section *s, int64_t sub)
{
    out_line(r, "\t.section\t%S", &s->args);
    if (sub)
        out_line(r, "\t.subsection\t%d", (int)sub);
}

/* Metered code: subsections that end with instructions that nothing has charged, or without a trap.  */
static void end_metered(struct rewriter *r, struct section *s)
{
    for (struct chunk *c = s->chunks; c; c = c->next)
        if (c->uncharged > 0 || meter_wants_trap(c)) {
            go_to(r, s, c->sub);
            x86_meter_end(r, c);
        }
}

/* Pads the sections, so that what the linker puts behind starts a bundle.  */
void x86_end(struct rewriter *r)
{
    if (!bundles(r))
        return;
    for (struct section *s = r->first_section; s; s = s->next) {
        if (!s->exec || !s->code)
            continue;
        int64_t last = last_subsection(s);
        if (x86_meters(r))
            end_metered(r, s);
        go_to(r, s, last);
        out_line(r, "\t.p2align %d", power(r));
    }
}
