/* Bundles of x86-64: calls to their ends, fewer nops.
   SPDX-License-Identifier: Apache-2.0

   An indirect branch arrives at the start of a bundle and a direct one says where it goes, so
   nobody sees where other instructions are.  Each bundle is changed by itself:

   - A call that only nops follow goes behind them: it returns to the end of its bundle.
   - Nops behind instructions become a part of them where they have a longer form: of a
     displacement, an immediate operand, or with a prefix REX that says nothing.  Instructions in
     between move, unless a branch goes there or a table names their address.
   - What is left of a run of nops is as few of them as possible.  */
#include "config.h"

#include "lfi-postlink/postlink.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "lfi-verify/x86_64/decode.h"
#include "lfi_layout.h"

enum { MAX_BUNDLE = 32, MAX_NOP = 11 };

struct Bundle {
    uint8_t *bytes;
    uint64_t addr;
    size_t offset; /* in the region */
    unsigned size, count;
    struct Insn insns[MAX_BUNDLE];
};

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* Branch targets, a bit for each byte of the region.  */
static bool is_target(const uint64_t *targets, size_t offset)
{
    return targets[offset / 64] >> offset % 64 & 1;
}

static bool any_target(const uint64_t *targets, size_t from, size_t to)
{
    while (from < to && !is_target(targets, from))
        from++;
    return from < to;
}

static bool read_bundle(const struct Region *r, size_t offset, struct Bundle *b)
{
    uint8_t copy[MAX_BUNDLE + LFIV_X64_LOOKAHEAD] = {0};
    b->bytes = r->code + offset;
    b->offset = offset;
    b->addr = r->vaddr + offset;
    b->size = r->size - offset < r->bundle ? (unsigned)(r->size - offset) : r->bundle;
    b->count = 0;
    memcpy(copy, b->bytes, b->size);
    for (unsigned at = 0; at < b->size; at += b->insns[b->count++].length) {
        struct Insn *i = &b->insns[b->count];
        if (!lfiv_x64_decode(copy + at, i) || !i->length || i->length > b->size - at)
            return false;
        i->offset = (uint8_t)at;
    }
    return true;
}

static bool is_nop(const struct Insn *i)
{
    return i->opcode == 0x11f || (i->opcode == 0x90 && i->opreg == 0 && !(i->sig & S_F3));
}

static bool is_indirect(const struct Insn *i)
{
    return i->opcode == 0xff && i->row->kind == K_INDIRECT;
}

static bool is_call(const struct Insn *i)
{
    return i->row->kind == K_CALL || (is_indirect(i) && (i->sig >> 3 & 7) == 2);
}

static unsigned end_of(const struct Insn *i)
{
    return i->offset + i->length;
}

/* The longest nops, of which all processors make one instruction.  */
static void put_nops(uint8_t *p, unsigned size)
{
    static const uint8_t nops[MAX_NOP][MAX_NOP] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };
    for (unsigned n; size; p += n, size -= n) {
        n = size < MAX_NOP ? size : MAX_NOP;
        memcpy(p, nops[n - 1], n);
    }
}

static unsigned count_nops(unsigned size)
{
    return (size + MAX_NOP - 1) / MAX_NOP;
}

/* Calls.  */

/* The first instruction of the macro that ends with call number c.  */
static unsigned macro_start(const struct Region *r, const struct Bundle *b, unsigned c)
{
    unsigned before = r->profile->base == LFI_BASE_ZERO ? 1 : 2;
    if (b->insns[c].row->kind == K_CALL)
        return c;
    return c > before ? c - before : 0;
}

static char *move_call(const struct Region *r, struct Bundle *b, unsigned c,
                       const uint64_t *targets)
{
    const struct Insn *first = &b->insns[macro_start(r, b, c)], *call = &b->insns[c];
    unsigned gap = b->size - end_of(call), from = first->offset, size = end_of(call) - from;
    if (any_target(targets, b->offset + from + 1, b->offset + b->size))
        return tool_printf("%#llx: a branch goes behind this call into its bundle: the call cannot "
                           "move to its end",
                           (unsigned long long)(b->addr + call->offset));
    uint64_t start = b->addr + call->offset, end = b->addr + end_of(call), next = b->addr + b->size;
    if (r->divided(r->arg, start, end) || r->divided(r->arg, end, next)
        || !r->shifted(r->arg, end, next))
        return tool_printf(
            "%#llx: unwind tables tell what follows this call from it: the call cannot move to the "
            "end of its bundle",
            (unsigned long long)start);
    if (call->row->kind == K_CALL)
        put32(b->bytes + end_of(call) - 4, get32(b->bytes + end_of(call) - 4) - gap);
    memmove(b->bytes + from + gap, b->bytes + from, size);
    put_nops(b->bytes + from, gap);
    return NULL;
}

/* Moves call number c if it is not at the end of its bundle; nothing but nops may follow.  */
static char *settle_call(const struct Region *r, struct Bundle *b, unsigned c,
                         const uint64_t *targets, struct Counts *n)
{
    unsigned next = c + 1;
    while (next < b->count && is_nop(&b->insns[next]))
        next++;
    if (end_of(&b->insns[c]) == r->bundle)
        return NULL;
    if (next < b->count || b->size < r->bundle)
        return tool_printf(
            "%#llx: this call returns into the middle of a bundle, where other code follows it",
            (unsigned long long)(b->addr + b->insns[c].offset));
    n->moved++;
    return move_call(r, b, c, targets);
}

/* Longer instructions.  */

/* Where the parts of an instruction are.  */
struct Parts {
    unsigned rex;             /* where it is, or would be */
    unsigned opcode;          /* its last byte */
    unsigned disp, disp_size; /* 0: none */
    unsigned imm;             /* everything from here on */
};

static unsigned immediate_size(const struct Insn *i)
{
    switch (i->row->imm) {
    case I_B:
    case I_REL8:
        return 1;
    case I_W:
        return 2;
    case I_V:
        return i->sig & S_W ? 8 : i->sig & S_66 ? 2 : 4;
    case I_Z:
        return i->sig & S_66 ? 2 : 4;
    case I_REL32:
        return 4;
    default:
        return 0;
    }
}

static struct Parts parts_of(const uint8_t *p, const struct Insn *i)
{
    struct Parts s = {0};
    while (p[s.rex] == 0x2e || (p[s.rex] >= 0x65 && p[s.rex] <= 0x67) || p[s.rex] == 0xf0
           || p[s.rex] == 0xf2 || p[s.rex] == 0xf3)
        s.rex++;
    unsigned at = s.rex;
    if (p[at] == 0xc5)
        at += 2;
    else if (p[at] == 0xc4)
        at += 3;
    else {
        if (i->sig & S_REX)
            at++;
        if (p[at] == 0x0f)
            at += p[at + 1] == 0x38 || p[at + 1] == 0x3a ? 2 : 1;
    }
    s.opcode = at++;
    if (i->sig & S_MEMORY) {
        unsigned mod = i->sig >> 6 & 3;
        at += (i->sig & 7) == 4 ? 2 : 1;
        s.disp_size = mod == 1 ? 1 : mod == 2 || i->base >= R_NONE ? 4 : 0;
        s.disp = at;
    }
    s.imm = i->length - immediate_size(i);
    return s;
}

/* What an instruction may be longer by, in each of three ways.  */
struct Growth {
    unsigned disp[3], rex, imm; /* disp: 0, and how else */
};

/* Instructions that no macro ends with, whose encoding no rule names.  */
static bool may_grow(const struct Insn *i)
{
    if (i->row->kind == K_CALL || i->row->kind == K_INDIRECT || i->row->kind == K_RETURN
        || i->row->kind == K_DRIFT || lfiv_x64_is_string(i) || i->writes & 1u << R_SP || is_nop(i))
        return false;
    return !(i->sig & S_MEMORY && (i->base == R_15 || i->base == R_14));
}

/* Registers of a byte have other numbers with REX.  Only opcodes that have none.  */
static bool may_have_rex(const struct Insn *i)
{
    unsigned op = i->opcode;
    if (i->sig & S_REX || op >= 0x400)
        return false;
    if (op < 0x40)
        return op & 1;
    if (op < 0x100)
        return (op >= 0x50 && op < 0x60) || op == 0x63 || op == 0x69 || op == 0x6b || op == 0x81
               || op == 0x83 || op == 0x85 || op == 0x87 || op == 0x89 || op == 0x8b || op == 0x8d
               || (op >= 0xb8 && op < 0xc0) || op == 0xc1 || op == 0xc7 || op == 0xd1 || op == 0xd3
               || op == 0xf7;
    op &= 0xff;
    return i->opcode < 0x200
           && ((op >= 0x10 && op < 0x18) || (op >= 0x28 && op < 0x30) || (op >= 0x40 && op < 0x80)
               || op == 0xaf || op == 0xb7 || op == 0xbf);
}

static struct Growth growth_of(const struct Insn *i, const struct Parts *s)
{
    struct Growth g = {{0, 0, 0}, 0, 0};
    if (i->sig & S_MEMORY && i->base < R_NONE) {
        g.disp[1] = s->disp_size == 0 ? 1 : s->disp_size == 1 ? 3 : 0;
        g.disp[2] = s->disp_size == 0 ? 4 : 0;
    }
    g.rex = may_have_rex(i);
    if ((i->opcode == 0x83 || i->opcode == 0x6b || i->opcode == 0x6a) && !(i->sig & S_66))
        g.imm = 3;
    if (i->opcode >= 0x70 && i->opcode < 0x80 && i->length == 2)
        g.imm = 4;
    return g;
}

/* Whether it ends a macro of which every byte counts: nothing is changed from there back.  */
static bool ends_macro(const struct Insn *i)
{
    return i->row->kind == K_CALL || i->row->kind == K_INDIRECT || i->row->kind == K_RETURN
           || lfiv_x64_is_string(i);
}

/* How an instruction is made longer.  */
struct Choice {
    struct Parts parts;
    unsigned disp, rex, imm; /* bytes more of each */
};

/* As much as there is room for; by how many bytes.  */
static unsigned choose_growth(const uint8_t *p, const struct Insn *i, unsigned room,
                              struct Choice *c)
{
    unsigned best = 0;
    *c = (struct Choice){.parts = parts_of(p, i)};
    if (!may_grow(i))
        return 0;
    struct Growth g = growth_of(i, &c->parts);
    for (unsigned k = 0; k < 12; k++) {
        unsigned d = g.disp[k % 3], x = k / 3 & 1 ? g.rex : 0, m = k / 6 ? g.imm : 0;
        if (d + x + m <= room && d + x + m > best)
            best = d + x + m, c->disp = d, c->rex = x, c->imm = m;
    }
    return best;
}

/* The displacement, in its new size.  */
static unsigned put_displacement(uint8_t *to, const struct Insn *i, const struct Choice *c,
                                 unsigned by)
{
    unsigned size = c->parts.disp_size + c->disp;
    if (size == 4)
        put32(to, (uint32_t)i->disp - (i->base == R_IP ? by : 0));
    else if (size == 1)
        *to = (uint8_t)i->disp;
    return size;
}

/* The immediate operand or distance, in its new size.  */
static unsigned put_immediate(uint8_t *to, const uint8_t *from, const struct Insn *i,
                              const struct Choice *c, unsigned by)
{
    unsigned size = i->length - c->parts.imm;
    bool relative = i->row->imm == I_REL8 || i->row->imm == I_REL32;
    uint32_t value = (uint32_t)i->imm - (relative ? by : 0);
    if (!c->imm && !relative)
        memcpy(to, from + c->parts.imm, size);
    else if (size + (c->imm ? 3 : 0) == 4)
        put32(to, value);
    else
        *to = (uint8_t)value;
    return c->imm ? 4 : size;
}

/* Writes the instruction in its new form where its end is BY bytes further; its length.  */
static unsigned put_longer(uint8_t *to, const uint8_t *from, const struct Insn *i,
                           const struct Choice *c, unsigned by)
{
    const struct Parts *s = &c->parts;
    unsigned n = s->rex, rest = s->disp ? s->disp : s->imm;
    memcpy(to, from, n);
    if (c->rex)
        to[n++] = 0x40;
    uint8_t *opcode = to + n + (s->opcode - s->rex);
    memcpy(to + n, from + s->rex, rest - s->rex);
    n += rest - s->rex;
    if (c->disp)
        opcode[1] = (uint8_t)((opcode[1] & 0x3f) | (s->disp_size + c->disp == 1 ? 0x40 : 0x80));
    if (c->imm == 4) { /* jcc */
        *opcode = 0x0f;
        opcode[1] = (uint8_t)(i->opcode + 0x10);
        n++;
    } else if (c->imm) {
        *opcode = i->opcode == 0x83 ? 0x81 : (uint8_t)(i->opcode & ~2u);
    }
    if (s->disp)
        n += put_displacement(to + n, i, c, by);
    return n + put_immediate(to + n, from, i, c, by);
}

/* Whether a branch goes to that place of the bundle, or a table names it.  */
static bool is_known(const struct Region *r, const struct Bundle *b, unsigned offset,
                     const uint64_t *targets)
{
    return is_target(targets, b->offset + offset) || r->named(r->arg, b->addr + offset);
}

/* Whether the instruction can be elsewhere in its bundle: nobody knows where it is, and what it
   says relative to itself can be changed.  */
static bool may_move(const struct Region *r, const struct Bundle *b, const struct Insn *i,
                     const uint64_t *targets)
{
    return !is_known(r, b, i->offset, targets)
           && !(i->row->imm == I_REL8 && i->imm < -128 + MAX_BUNDLE);
}

/* Makes instructions before number first longer, so that they end at TO or before; where they end.
 */
static unsigned spread(const struct Region *r, struct Bundle *b, unsigned first, unsigned to,
                       const uint64_t *targets)
{
    struct Choice choices[MAX_BUNDLE];
    uint8_t old[MAX_BUNDLE];
    unsigned low = first, at = end_of(&b->insns[first - 1]), room = to - at, sum = 0;
    bool movable = true;
    memcpy(old, b->bytes, b->size);
    while (low > 0 && sum < room && movable && !is_nop(&b->insns[low - 1])
           && !ends_macro(&b->insns[low - 1])) {
        const struct Insn *i = &b->insns[--low];
        sum += choose_growth(old + i->offset, i, room - sum, &choices[low]);
        movable = may_move(r, b, i, targets);
    }
    if (low < first)
        at = b->insns[low].offset;
    for (unsigned k = low; k < first; k++) {
        const struct Insn *i = &b->insns[k];
        const struct Choice *c = &choices[k];
        unsigned by = at - i->offset + c->disp + c->rex + c->imm;
        at += put_longer(b->bytes + at, old + i->offset, i, c, by);
    }
    return at;
}

/* The nops from number first on up to before number end, which nobody knows of but of the first. */
static void settle_nops(const struct Region *r, struct Bundle *b, unsigned first, unsigned end,
                        const uint64_t *targets, struct Counts *n)
{
    unsigned from = b->insns[first].offset, to = end_of(&b->insns[end - 1]);
    n->nops_before += end - first;
    if (r->absorb && first > 0 && !is_known(r, b, from, targets)) {
        unsigned now = spread(r, b, first, to, targets);
        n->absorbed += now - from;
        from = now;
    }
    n->nops_after += count_nops(to - from);
    put_nops(b->bytes + from, to - from);
}

static void settle_bundle(const struct Region *r, struct Bundle *b, const uint64_t *targets,
                          struct Counts *n)
{
    for (unsigned i = 0, end; i < b->count; i = end) {
        end = i + 1;
        if (!is_nop(&b->insns[i]))
            continue;
        while (end < b->count && is_nop(&b->insns[end])
               && !is_known(r, b, b->insns[end].offset, targets))
            end++;
        settle_nops(r, b, i, end, targets, n);
    }
}

static char *settle_calls(const struct Region *r, struct Bundle *b, const uint64_t *targets,
                          struct Counts *n)
{
    for (unsigned i = 0; i < b->count; i++)
        if (is_call(&b->insns[i])) {
            char *why = settle_call(r, b, i, targets, n);
            if (why)
                return why;
        }
    return NULL;
}

static void collect_targets(const struct Region *r, const struct Bundle *b, uint64_t *targets)
{
    for (unsigned k = 0; k < b->count; k++) {
        const struct Insn *i = &b->insns[k];
        uint64_t to = b->offset + end_of(i) + (uint64_t)i->imm;
        if ((i->row->kind == K_JUMP || i->row->kind == K_CALL) && to < r->size)
            targets[to / 64] |= UINT64_C(1) << to % 64;
    }
}

static char *unknown_code(const struct Bundle *b)
{
    unsigned at = b->count ? end_of(&b->insns[b->count - 1]) : 0;
    return tool_printf("%#llx: no code of a box, or not in one bundle",
                       (unsigned long long)(b->addr + at));
}

char *postlink_x86_64(const struct Region *r, struct Counts *n)
{
    struct Bundle b;
    char *why = NULL;
    uint64_t *targets = tool_alloc((r->size / 64 + 1) * sizeof *targets);
    for (size_t at = 0; at < r->size && !why; at += r->bundle) {
        if (read_bundle(r, at, &b))
            collect_targets(r, &b, targets);
        else
            why = unknown_code(&b);
    }
    for (size_t at = 0; at < r->size && !why; at += r->bundle) {
        read_bundle(r, at, &b);
        why = settle_calls(r, &b, targets, n);
        if (why)
            break;
        read_bundle(r, at, &b);
        settle_bundle(r, &b, targets, n);
    }
    free(targets);
    return why;
}

/* lea -n(%r12), %r12, whose displacement is its end.  */
void postlink_x86_64_charge(uint8_t *p, size_t room, unsigned charge)
{
    struct Insn i;
    uint8_t copy[LFIV_X64_LOOKAHEAD] = {0};
    memcpy(copy, p, room < sizeof copy ? room : sizeof copy);
    if (!lfiv_x64_decode(copy, &i) || charge > LFI_METER_BLOCK)
        return;
    struct Parts s = parts_of(p, &i);
    if (s.disp_size == 4)
        put32(p + s.disp, -charge);
    else if (charge <= 128)
        p[s.disp] = (uint8_t)-charge;
}
