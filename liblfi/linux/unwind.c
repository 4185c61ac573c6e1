/* Frames of a stack, by the call frame information of DWARF.
   SPDX-License-Identifier: Apache-2.0

   DWARF 5, section 6.4, and the variant of the Linux Standard Base for .eh_frame.  Everything
   is read through a cursor, which knows its end; sums are of unsigned numbers and may
   wrap: an address is looked up by read or compared, never dereferenced here.  */
#include "config.h"

#include <string.h>

#include "liblfi/linux/unwind.h"

enum { MAX_SAVED = 8, MAX_OPERANDS = 16 };

/* Reading.  */

struct cursor {
    const uint8_t *at, *end;
    bool ok; /* false once something was missing; then all that is read is 0 */
};

static size_t left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* The next size bytes, NULL if there are fewer.  */
static const uint8_t *take(struct cursor *c, uint64_t size)
{
    const uint8_t *p = c->at;
    if (!c->ok || size > left(c)) {
        c->ok = false;
        return NULL;
    }
    c->at += size;
    return p;
}

/* A little-endian number of 1 to 8 bytes.  */
static uint64_t fixed(struct cursor *c, unsigned size)
{
    const uint8_t *p = take(c, size);
    uint64_t value = 0;
    for (unsigned i = 0; p && i < size; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

static uint64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return bits == 64 ? value : ((value & ((sign << 1) - 1)) ^ sign) - sign;
}

/* LEB128; bits above 64 are dropped.  */
static uint64_t leb(struct cursor *c, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0, byte;
    do {
        byte = (unsigned)fixed(c, 1);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return is_signed && shift < 64 ? sign_extend(value, shift) : value;
}

static uint64_t uleb(struct cursor *c)
{
    return leb(c, false);
}

static uint64_t sleb(struct cursor *c)
{
    return leb(c, true);
}

/* A block with its length before it.  */
static struct cursor block(struct cursor *c)
{
    uint64_t size = uleb(c);
    const uint8_t *p = take(c, size);
    return (struct cursor){p, p ? p + size : p, p != NULL};
}

/* Pointers (DW_EH_PE_*): absolute or relative to where they are.  */
enum { PE_ABSPTR = 0, PE_PCREL = 0x10, PE_OMIT = 0xff };

static uint64_t pointer_value(struct cursor *c, unsigned format)
{
    switch (format) {
    case 0x00: /* absptr */
    case 0x04: /* udata8 */
    case 0x0c: /* sdata8 */
        return fixed(c, 8);
    case 0x01:
        return uleb(c);
    case 0x02:
        return fixed(c, 2);
    case 0x03:
        return fixed(c, 4);
    case 0x09:
        return sleb(c);
    case 0x0a:
        return sign_extend(fixed(c, 2), 16);
    case 0x0b:
        return sign_extend(fixed(c, 4), 32);
    }
    c->ok = false;
    return 0;
}

static uint64_t pointer(struct cursor *c, const struct unwind_table *t, unsigned encoding)
{
    uint64_t place = t->vaddr + (uint64_t)(c->at - t->data);
    uint64_t value = pointer_value(c, encoding & 0x0f);
    if ((encoding & ~0x0fu) == PE_PCREL)
        return value + place;
    if ((encoding & ~0x0fu) != PE_ABSPTR)
        c->ok = false;
    return value;
}

/* Entries.  */

struct cie {
    uint64_t code_align, data_align, ra;
    unsigned encoding; /* of addresses in its FDEs */
    bool has_size;     /* they have augmentation data */
    struct cursor program;
};

struct fde {
    struct cie cie;
    uint64_t start;
    struct cursor program;
};

/* What the letters of the augmentation string stand for; those that are not known cannot be
   skipped.  */
static bool augmentation(struct cie *cie, const struct unwind_table *t, const char *letters,
                         struct cursor data)
{
    for (; *letters; letters++)
        switch (*letters) {
        case 'R':
            cie->encoding = (unsigned)fixed(&data, 1);
            break;
        case 'L':
            fixed(&data, 1);
            break;
        case 'P': {
            unsigned encoding = (unsigned)fixed(&data, 1);
            pointer(&data, t, encoding & 0x1f); /* its value does not matter */
            break;
        }
        case 'S':
        case 'B':
            break;
        default:
            return false;
        }
    return data.ok;
}

/* c stands behind the entry's id.  */
static bool read_cie(const struct unwind_table *t, struct cursor c, struct cie *cie)
{
    unsigned version = (unsigned)fixed(&c, 1);
    const char *letters = (const char *)c.at;
    const uint8_t *nul = c.ok ? memchr(c.at, 0, left(&c)) : NULL;
    if (!nul || (version != 1 && version != 3 && version != 4))
        return false;
    c.at = nul + 1;
    if (version == 4 && (fixed(&c, 1) != 8 || fixed(&c, 1) != 0)) /* sizes of address, segment */
        return false;
    cie->encoding = PE_ABSPTR;
    cie->code_align = uleb(&c);
    cie->data_align = sleb(&c);
    cie->ra = version == 1 ? fixed(&c, 1) : uleb(&c);
    cie->has_size = *letters == 'z';
    if (*letters && (!cie->has_size || !augmentation(cie, t, letters + 1, block(&c))))
        return false;
    cie->program = c;
    return c.ok && cie->ra < UNWIND_REGS;
}

/* The entry that c stands before: its contents from the id on.  False at the end.  */
static bool next_entry(struct cursor *c, struct cursor *entry)
{
    uint64_t size = fixed(c, 4);
    /* A zero ends .eh_frame and pads .debug_frame; entries of more than 4 GiB are not read.  */
    const uint8_t *p = c->ok && size < 0xfffffff0 ? take(c, size) : NULL;
    *entry = (struct cursor){p, p ? p + size : p, p != NULL};
    return p != NULL;
}

/* Where the CIE of an FDE begins; id is the FDE's, at place.  SIZE_MAX for what is itself a
   CIE.  */
static uint64_t cie_place(const struct unwind_table *t, uint64_t id, uint64_t place)
{
    if (t->debug)
        return id == UINT32_MAX ? SIZE_MAX : id;
    return id == 0 ? SIZE_MAX : place - id;
}

static bool cie_at(const struct unwind_table *t, uint64_t place, struct cie *cie)
{
    if (place >= t->size)
        return false;
    struct cursor c = {t->data + place, t->data + t->size, true}, entry;
    if (!next_entry(&c, &entry))
        return false;
    uint64_t id = fixed(&entry, 4);
    return entry.ok && cie_place(t, id, 0) == SIZE_MAX && read_cie(t, entry, cie);
}

/* The FDE that covers the address.  */
static bool find_fde(const struct unwind_table *t, uint64_t addr, struct fde *fde)
{
    struct cursor c = {t->data, t->data + t->size, true}, entry;
    uint64_t known = SIZE_MAX; /* place of the CIE that fde->cie is */
    while (next_entry(&c, &entry)) {
        uint64_t place = (uint64_t)(entry.at - t->data);
        uint64_t cie = cie_place(t, fixed(&entry, 4), place);
        if (!entry.ok || cie == SIZE_MAX)
            continue;
        if (cie != known && !cie_at(t, cie, &fde->cie)) {
            known = SIZE_MAX;
            continue;
        }
        known = cie;
        fde->start = pointer(&entry, t, fde->cie.encoding);
        uint64_t size = pointer_value(&entry, fde->cie.encoding & 0x0f);
        if (entry.ok && addr - fde->start < size) {
            if (fde->cie.has_size)
                block(&entry);
            fde->program = entry;
            return entry.ok;
        }
    }
    return false;
}

/* Programs.  */

enum rule_kind {
    SAME, /* as in the frame itself */
    UNDEFINED,
    AT_OFFSET, /* in memory at the CFA plus offset */
    OFFSET,    /* the CFA plus offset */
    REGISTER,  /* what the frame has in another register */
    AT_EXPRESSION,
    EXPRESSION
};

struct rule {
    enum rule_kind kind;
    uint64_t offset; /* or number of the register */
    struct cursor expression;
};

struct row {
    struct rule cfa; /* OFFSET of reg, or EXPRESSION */
    uint64_t cfa_reg;
    struct rule reg[UNWIND_REGS];
};

struct machine {
    const struct unwind_table *table;
    const struct cie *cie;
    uint64_t loc, pc;
    struct row row, initial, saved[MAX_SAVED];
    unsigned nsaved;
    bool have_initial;
};

static bool set_rule(struct machine *m, uint64_t reg, struct rule rule)
{
    /* Vector registers and the like are not followed.  */
    if (reg < UNWIND_REGS)
        m->row.reg[reg] = rule;
    return true;
}

static bool restore_rule(struct machine *m, uint64_t reg)
{
    if (reg < UNWIND_REGS && m->have_initial)
        m->row.reg[reg] = m->initial.reg[reg];
    return m->have_initial;
}

static bool set_cfa(struct machine *m, uint64_t reg, uint64_t offset)
{
    m->row.cfa = (struct rule){.kind = OFFSET, .offset = offset};
    m->row.cfa_reg = reg;
    return reg < UNWIND_REGS;
}

static bool save_row(struct machine *m)
{
    if (m->nsaved == MAX_SAVED)
        return false;
    m->saved[m->nsaved++] = m->row;
    return true;
}

static bool restore_row(struct machine *m)
{
    if (m->nsaved == 0)
        return false;
    m->row = m->saved[--m->nsaved];
    return true;
}

/* The instructions whose number is a whole byte.  */
static bool extended(struct machine *m, struct cursor *c, unsigned op)
{
    uint64_t data = m->cie->data_align, reg = 0;
    if (op >= 0x05 && op != 0x0a && op != 0x0b && op != 0x0e && op != 0x0f && op != 0x13
        && op < 0x18)
        reg = uleb(c);
    switch (op) {
    case 0x00: /* nop */
        return true;
    case 0x01: /* set_loc */
        m->loc = pointer(c, m->table, m->cie->encoding);
        return true;
    case 0x02: /* advance_loc1, 2, 4 */
    case 0x03:
    case 0x04:
        m->loc += fixed(c, 1u << (op - 2)) * m->cie->code_align;
        return true;
    case 0x05: /* offset_extended */
        return set_rule(m, reg, (struct rule){AT_OFFSET, uleb(c) * data, {0}});
    case 0x06: /* restore_extended */
        return restore_rule(m, reg);
    case 0x07: /* undefined */
        return set_rule(m, reg, (struct rule){.kind = UNDEFINED});
    case 0x08: /* same_value */
        return set_rule(m, reg, (struct rule){.kind = SAME});
    case 0x09: /* register */
        return set_rule(m, reg, (struct rule){REGISTER, uleb(c), {0}});
    case 0x0a: /* remember_state */
        return save_row(m);
    case 0x0b: /* restore_state */
        return restore_row(m);
    case 0x0c: /* def_cfa */
        return set_cfa(m, reg, uleb(c));
    case 0x0d: /* def_cfa_register */
        return m->row.cfa.kind == OFFSET && set_cfa(m, reg, m->row.cfa.offset);
    case 0x0e: /* def_cfa_offset */
        return m->row.cfa.kind == OFFSET && set_cfa(m, m->row.cfa_reg, uleb(c));
    case 0x0f: /* def_cfa_expression */
        m->row.cfa = (struct rule){EXPRESSION, 0, block(c)};
        return true;
    case 0x10: /* expression */
        return set_rule(m, reg, (struct rule){AT_EXPRESSION, 0, block(c)});
    case 0x11: /* offset_extended_sf */
        return set_rule(m, reg, (struct rule){AT_OFFSET, sleb(c) * data, {0}});
    case 0x12: /* def_cfa_sf */
        return set_cfa(m, reg, sleb(c) * data);
    case 0x13: /* def_cfa_offset_sf */
        return m->row.cfa.kind == OFFSET && set_cfa(m, m->row.cfa_reg, sleb(c) * data);
    case 0x14: /* val_offset */
        return set_rule(m, reg, (struct rule){OFFSET, uleb(c) * data, {0}});
    case 0x15: /* val_offset_sf */
        return set_rule(m, reg, (struct rule){OFFSET, sleb(c) * data, {0}});
    case 0x16: /* val_expression */
        return set_rule(m, reg, (struct rule){EXPRESSION, 0, block(c)});
    case 0x2d: /* AARCH64_negate_ra_state: the signature is above the box's addresses */
        return true;
    case 0x2e: /* GNU_args_size */
        uleb(c);
        return true;
    }
    return false;
}

/* Runs instructions up to those that hold after pc.  */
static bool run(struct machine *m, struct cursor c)
{
    while (c.ok && left(&c)) {
        unsigned op = (unsigned)fixed(&c, 1);
        bool ok = true;
        if (op >> 6 == 1) /* advance_loc */
            m->loc += (op & 0x3f) * m->cie->code_align;
        else if (op >> 6 == 2) /* offset */
            ok = set_rule(m, op & 0x3f,
                          (struct rule){AT_OFFSET, uleb(&c) * m->cie->data_align, {0}});
        else if (op >> 6 == 3) /* restore */
            ok = restore_rule(m, op & 0x3f);
        else
            ok = extended(m, &c, op);
        if (!ok || !c.ok)
            return false;
        if (m->loc > m->pc)
            break;
    }
    return c.ok;
}

/* Expressions: what GCC makes for stacks that it aligns, and ld for its tables of jumps.  */

struct operands {
    uint64_t v[MAX_OPERANDS];
    unsigned n;
    bool ok;
};

static void push(struct operands *s, uint64_t v)
{
    if (s->n == MAX_OPERANDS)
        s->ok = false;
    else
        s->v[s->n++] = v;
}

static uint64_t pop(struct operands *s)
{
    if (s->n == 0) {
        s->ok = false;
        return 0;
    }
    return s->v[--s->n];
}

static bool binary(struct operands *s, unsigned op)
{
    uint64_t b = pop(s), a = pop(s);
    switch (op) {
    case 0x1a:
        push(s, a & b);
        return true;
    case 0x1c:
        push(s, a - b);
        return true;
    case 0x21:
        push(s, a | b);
        return true;
    case 0x22:
        push(s, a + b);
        return true;
    case 0x24:
        push(s, b < 64 ? a << b : 0);
        return true;
    case 0x2a:
        push(s, (int64_t)a >= (int64_t)b);
        return true;
    }
    return false;
}

static bool operation(const struct unwind *u, const struct unwind_frame *f, struct cursor *c,
                      struct operands *s)
{
    unsigned op = (unsigned)fixed(c, 1);
    uint64_t value;
    if (op >= 0x30 && op < 0x50) /* lit */
        push(s, op - 0x30);
    else if (op >= 0x70 && op < 0x90) /* breg */
        push(s, f->reg[op - 0x70] + sleb(c));
    else if (op == 0x06) { /* deref */
        if (!u->read(u->arg, pop(s), &value))
            return false;
        push(s, value);
    } else if (op == 0x08) /* const1u */
        push(s, fixed(c, 1));
    else if (op == 0x10) /* constu */
        push(s, uleb(c));
    else if (op == 0x11) /* consts */
        push(s, sleb(c));
    else if (op == 0x23) /* plus_uconst */
        push(s, pop(s) + uleb(c));
    else
        return binary(s, op);
    return true;
}

static bool evaluate(const struct unwind *u, const struct unwind_frame *f, struct cursor c,
                     const uint64_t *first, uint64_t *value)
{
    struct operands s = {.n = 0, .ok = true};
    if (first)
        push(&s, *first);
    while (left(&c)) /* there are no branches */
        if (!operation(u, f, &c, &s) || !s.ok || !c.ok)
            return false;
    *value = pop(&s);
    return s.ok;
}

/* The value that the caller had in a register.  */
static bool apply(const struct unwind *u, const struct unwind_frame *f, const struct rule *r,
                  uint64_t cfa, uint64_t *value)
{
    uint64_t addr = cfa + r->offset;
    switch (r->kind) {
    case SAME:
        return true;
    case UNDEFINED:
        *value = 0;
        return true;
    case AT_OFFSET:
        return u->read(u->arg, addr, value);
    case OFFSET:
        *value = addr;
        return true;
    case REGISTER:
        if (r->offset >= UNWIND_REGS)
            return false;
        *value = f->reg[r->offset];
        return true;
    case AT_EXPRESSION:
        return evaluate(u, f, r->expression, &cfa, &addr) && u->read(u->arg, addr, value);
    case EXPRESSION:
        return evaluate(u, f, r->expression, &cfa, value);
    }
    return false;
}

static enum unwind_result step(const struct unwind *u, struct unwind_frame *frame,
                               const struct row *row, uint64_t ra)
{
    struct unwind_frame caller = *frame;
    uint64_t cfa;
    if (row->cfa.kind == EXPRESSION) {
        if (!evaluate(u, frame, row->cfa.expression, NULL, &cfa))
            return UNWIND_BAD;
    } else {
        cfa = frame->reg[row->cfa_reg] + row->cfa.offset;
    }
    if (row->reg[ra].kind == UNDEFINED)
        return UNWIND_END;
    caller.reg[u->sp] = cfa;
    for (unsigned i = 0; i < UNWIND_REGS; i++)
        if (!apply(u, frame, &row->reg[i], cfa, &caller.reg[i]))
            return UNWIND_BAD;
    caller.pc = caller.reg[ra];
    *frame = caller;
    return UNWIND_CALLER;
}

enum unwind_result unwind_step(const struct unwind *u, struct unwind_frame *frame, bool called)
{
    uint64_t pc = frame->pc - called;
    for (unsigned i = 0; i < sizeof u->table / sizeof u->table[0]; i++) {
        struct fde fde;
        if (!u->table[i].size || !find_fde(&u->table[i], pc, &fde))
            continue;
        struct machine m = {.table = &u->table[i], .cie = &fde.cie, .pc = pc, .loc = fde.start};
        m.row.cfa.kind = UNDEFINED; /* until an instruction says */
        if (!run(&m, fde.cie.program))
            return UNWIND_BAD;
        m.initial = m.row;
        m.have_initial = true;
        if (!run(&m, fde.program) || m.row.cfa.kind == UNDEFINED)
            return UNWIND_BAD;
        return step(u, frame, &m.row, fde.cie.ra);
    }
    return UNWIND_UNKNOWN;
}
