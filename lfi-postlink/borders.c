/* Addresses of code that tables name.
   SPDX-License-Identifier: Apache-2.0

   A frame is found by the address that its call returns to, minus one.  A call that moves takes
   that address along, which must not cross a border: where a row of .eh_frame begins, or a call
   site of .gcc_except_table begins or ends.  Borders right behind the call move with it, as far as
   the numbers that say where they are have room.  Debuggers put breakpoints at the addresses of
   .debug_line.  */
#include "config.h"

#include "lfi-postlink/postlink.h"

#include <stdlib.h>
#include <string.h>

#include "common/image.h"
#include "common/tool.h"

/* Reading what may be broken: beyond the end there are zeros, and bad is set.  */
struct Cursor {
    const uint8_t *file;
    size_t at, end;
    bool bad;
};

static uint64_t get(struct Cursor *c, unsigned bytes)
{
    uint64_t v = 0;
    if (c->end < c->at || c->end - c->at < bytes) {
        c->bad = true;
        c->at = c->end;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)c->file[c->at++] << 8 * i;
    return v;
}

static uint64_t get_leb(struct Cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint64_t byte = get(c, 1);
        if (shift < 64)
            v |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
}

static void skip(struct Cursor *c, uint64_t bytes)
{
    if (c->end - c->at < bytes) {
        c->bad = true;
        bytes = c->end - c->at;
    }
    c->at += bytes;
}

/* Where an address of the image is in the file; and the other way.  */
static bool place(const struct Image *m, uint64_t from, bool to_file, uint64_t *out)
{
    for (unsigned i = 0; i < m->head.e_phnum; i++) {
        Elf64_Phdr p = image_segment(m, i);
        uint64_t start = to_file ? p.p_vaddr : p.p_offset;
        if (p.p_type == PT_LOAD && from >= start && from - start < p.p_filesz) {
            *out = from - start + (to_file ? p.p_offset : p.p_vaddr);
            return true;
        }
    }
    return false;
}

static struct Border *add_border(struct Borders *b, uint64_t address)
{
    if (b->count == b->room) {
        b->room = b->room ? 2 * b->room : 1024;
        b->all = tool_realloc(b->all, b->room * sizeof *b->all);
    }
    b->all[b->count] = (struct Border){.address = address};
    return &b->all[b->count++];
}

/* The number that was just read, from AT on.  */
static struct Field field_of(const struct Cursor *c, size_t at, bool leb)
{
    return (struct Field){
        .at = at, .unit = 1, .kind = leb ? FIELD_LEB : FIELD_BYTES, .size = (uint8_t)(c->at - at)};
}

static struct Field shrinking(struct Field f)
{
    f.shrinks = true;
    return f;
}

/* A pointer as DWARF encodes it, 32 or 64 bits, relative to itself or absolute; 0 if it is 0.  */
static uint64_t get_pointer(struct Cursor *c, const struct Image *m, unsigned encoding)
{
    enum {
        ABSPTR = 0,
        UDATA4 = 3,
        UDATA8 = 4,
        SDATA4 = 0xb,
        SDATA8 = 0xc,
        PCREL = 0x10,
        INDIRECT = 0x80
    };
    uint64_t here = 0, at = c->at, v;
    switch (encoding & 15) {
    case UDATA4:
        v = get(c, 4);
        break;
    case SDATA4:
        v = (uint64_t)(int32_t)get(c, 4);
        break;
    case ABSPTR:
    case UDATA8:
    case SDATA8:
        v = get(c, 8);
        break;
    default:
        c->bad = true;
        return 0;
    }
    if (v == 0)
        return 0;
    if ((encoding & 0x70) == PCREL && !place(m, at, false, &here))
        c->bad = true;
    if ((encoding & 0x70) != PCREL && encoding & 0x70)
        c->bad = true;
    return v + here;
}

/* What a CIE says about its FDEs.  */
struct Common {
    uint64_t code_align;
    unsigned pointer, lsda; /* encodings; lsda 0xff: there are none */
    bool augmented;
    size_t at, end; /* its instructions */
};

static struct Common read_common(struct Cursor *c, const struct Image *m)
{
    struct Common k = {.lsda = 0xff};
    unsigned version = (unsigned)get(c, 1);
    const char *augmentation = (const char *)c->file + c->at;
    while (get(c, 1) && !c->bad)
        ;
    k.code_align = get_leb(c);
    get_leb(c);
    if (version == 1)
        get(c, 1);
    else
        get_leb(c);
    c->bad |= version != 1 && version != 3;
    k.augmented = !c->bad && *augmentation == 'z';
    c->bad |= !c->bad && *augmentation && !k.augmented;
    if (!k.augmented || c->bad)
        return k;
    uint64_t size = get_leb(c), start = c->at;
    for (const char *a = augmentation + 1; *a && !c->bad; a++) {
        if (*a == 'R')
            k.pointer = (unsigned)get(c, 1);
        else if (*a == 'L')
            k.lsda = (unsigned)get(c, 1);
        else if (*a == 'P')
            get_pointer(c, m, (unsigned)get(c, 1) & 0x7f);
        else
            c->bad |= *a != 'S' && *a != 'B';
    }
    c->at = start;
    skip(c, size);
    return k;
}

/* Operands of the instructions that have no other than numbers: 'n' a number, 'b' a block.  */
static const char *const operands[0x40] = {
    [0x00] = "",   [0x05] = "nn", [0x06] = "n",  [0x07] = "n", [0x08] = "n",  [0x09] = "nn",
    [0x0a] = "",   [0x0b] = "",   [0x0c] = "nn", [0x0d] = "n", [0x0e] = "n",  [0x0f] = "b",
    [0x10] = "nb", [0x11] = "nn", [0x12] = "nn", [0x13] = "n", [0x14] = "nn", [0x15] = "nn",
    [0x16] = "nb", [0x2d] = "",   [0x2e] = "n",  [0x2f] = "nn"};

/* DW_CFA_advance_loc and its kind: how far, and where that stands.  */
static uint64_t read_advance(struct Cursor *c, unsigned op, struct Field *f)
{
    size_t at = c->at;
    if (op >> 6) {
        *f = (struct Field){.at = at - 1, .kind = FIELD_BITS, .size = 1};
        return op & 0x3f;
    }
    uint64_t by = get(c, 1u << (op - 2));
    *f = field_of(c, at, false);
    return by;
}

static void read_rows(struct Borders *b, struct Cursor *c, uint64_t pc, uint64_t code_align)
{
    size_t first = b->count;
    while (c->at < c->end && !c->bad) {
        unsigned op = (unsigned)get(c, 1);
        if (op >> 6 == 1 || (op >= 2 && op <= 4)) {
            struct Field f;
            pc += read_advance(c, op, &f) * code_align;
            f.unit = code_align;
            if (b->count > first)
                b->all[b->count - 1].fields[1] = shrinking(f);
            add_border(b, pc)->fields[0] = f;
        } else if (op >> 6 == 2) {
            get_leb(c);
        } else if (op >> 6 == 0) {
            c->bad |= !operands[op];
            for (const char *o = operands[op]; o && *o; o++) {
                uint64_t n = get_leb(c);
                if (*o == 'b')
                    skip(c, n);
            }
        }
    }
}

/* The call sites of a function at START.  */
static void read_sites(struct Borders *b, const struct Image *m, uint64_t address, uint64_t start,
                       struct Cursor *from)
{
    enum { OMIT = 0xff, ULEB = 1, UDATA4 = 3 };
    struct Cursor c = {m->bytes, 0, m->size, false};
    uint64_t at;
    if (!place(m, address, true, &at)) {
        from->bad = true;
        return;
    }
    c.at = at;
    c.bad |= get(&c, 1) != OMIT;
    if (get(&c, 1) != OMIT)
        get_leb(&c);
    unsigned encoding = (unsigned)get(&c, 1);
    uint64_t size = get_leb(&c);
    c.bad |= size > c.end - c.at || (encoding != ULEB && encoding != UDATA4);
    c.end = c.bad ? c.at : c.at + size;
    while (c.at < c.end && !c.bad) {
        uint64_t v[3];
        struct Field f[3];
        for (int i = 0; i < 3; i++) {
            size_t begin = c.at;
            v[i] = encoding == ULEB ? get_leb(&c) : get(&c, 4);
            f[i] = field_of(&c, begin, encoding == ULEB);
        }
        get_leb(&c);
        struct Border *first = add_border(b, start + v[0]);
        first->fields[0] = f[0];
        first->fields[1] = shrinking(f[1]);
        add_border(b, start + v[0] + v[1])->fields[0] = f[1];
    }
    from->bad |= c.bad;
}

static void read_function(struct Borders *b, const struct Image *m, struct Cursor *c,
                          const struct Common *k)
{
    uint64_t start = get_pointer(c, m, k->pointer), lsda = 0;
    size_t begin = c->at;
    uint64_t size = get_pointer(c, m, k->pointer & 15);
    add_border(b, start);
    add_border(b, start + size)->fields[0] = field_of(c, begin, false);
    if (k->augmented) {
        uint64_t length = get_leb(c), at = c->at;
        if (k->lsda != 0xff)
            lsda = get_pointer(c, m, k->lsda & 0x7f);
        c->at = at;
        skip(c, length);
    }
    read_rows(b, c, start, k->code_align);
    if (lsda)
        read_sites(b, m, lsda, start, c);
}

static bool read_frames(struct Borders *b, const struct Image *m, size_t at, size_t size)
{
    struct Cursor c = {m->bytes, at, at + size, false};
    while (c.at < c.end && !c.bad) {
        uint64_t length = get(&c, 4);
        if (length == 0)
            break;
        size_t start = c.at;
        if (length > c.end - c.at)
            return false;
        struct Cursor entry = {m->bytes, start, start + length, false};
        uint64_t back = get(&entry, 4);
        if (back) {
            if (back > start - at)
                return false;
            struct Cursor common = {m->bytes, start - back, at + size, false};
            uint64_t common_length = get(&common, 4);
            if (common_length > common.end - common.at || get(&common, 4) != 0)
                return false;
            common.end = start - back + 4 + common_length;
            struct Common k = read_common(&common, m);
            entry.bad |= common.bad;
            read_function(b, m, &entry, &k);
        }
        if (entry.bad)
            return false;
        c.at = start + length;
    }
    return !c.bad;
}

static bool has_frames(const struct Image *m)
{
    for (unsigned i = 0; i < m->head.e_phnum; i++)
        if (image_segment(m, i).p_type == PT_GNU_EH_FRAME)
            return true;
    return false;
}

/* What a line program needs of its header.  */
struct LineHeader {
    unsigned step, line_range, opcode_base;
    uint8_t operands[256];
};

static void read_line_header(struct Cursor *c, struct LineHeader *h)
{
    unsigned version = (unsigned)get(c, 2);
    c->bad |= version < 2 || version > 5;
    skip(c, version == 5 ? 2 : 0);
    uint64_t length = get(c, 4);
    size_t program = c->at;
    h->step = (unsigned)get(c, 1);
    skip(c, version >= 4 ? 3 : 2);
    h->line_range = (unsigned)get(c, 1);
    h->opcode_base = (unsigned)get(c, 1);
    for (unsigned i = 1; i < h->opcode_base; i++)
        h->operands[i] = (uint8_t)get(c, 1);
    c->bad |= h->line_range == 0 || h->opcode_base < 10 || length > c->end - program;
    if (!c->bad)
        c->at = program + length;
}

static void read_extended(struct Cursor *c, uint64_t *address)
{
    enum { SET_ADDRESS = 2 };
    uint64_t length = get_leb(c);
    size_t next = c->at;
    skip(c, length);
    if (c->bad || !length)
        return;
    c->at = next;
    if (get(c, 1) == SET_ADDRESS) {
        c->bad |= length != 9;
        *address = get(c, 8);
    }
    c->at = next + length;
}

static void read_lines(struct Borders *b, struct Cursor *c)
{
    enum { EXTENDED, COPY, ADVANCE_PC, CONST_ADD_PC = 8, FIXED_ADVANCE_PC };
    struct LineHeader h = {0};
    uint64_t address = 0;
    read_line_header(c, &h);
    while (c->at < c->end && !c->bad) {
        unsigned op = (unsigned)get(c, 1);
        if (op >= h.opcode_base)
            address += (op - h.opcode_base) / h.line_range * h.step;
        else if (op == ADVANCE_PC)
            address += get_leb(c) * h.step;
        else if (op == CONST_ADD_PC)
            address += (255 - h.opcode_base) / h.line_range * h.step;
        else if (op == FIXED_ADVANCE_PC)
            address += get(c, 2);
        else if (op == EXTENDED)
            read_extended(c, &address);
        else
            for (unsigned i = 0; i < h.operands[op]; i++)
                get_leb(c);
        if (op == COPY || op >= h.opcode_base)
            add_border(b, address);
    }
}

static bool read_units(struct Borders *b, const struct Image *m, const Elf64_Shdr *s)
{
    struct Cursor c = {m->bytes, s->sh_offset, s->sh_offset + s->sh_size,
                       s->sh_flags & SHF_COMPRESSED};
    while (c.at < c.end && !c.bad) {
        uint64_t length = get(&c, 4);
        if (length > c.end - c.at)
            return false;
        struct Cursor unit = {m->bytes, c.at, c.at + length, false};
        read_lines(b, &unit);
        c.bad |= unit.bad;
        c.at += length;
    }
    return !c.bad;
}

static int by_address(const void *a, const void *b)
{
    uint64_t x = ((const struct Border *)a)->address, y = ((const struct Border *)b)->address;
    return (x > y) - (x < y);
}

static void sort(struct Borders *b)
{
    if (b->count)
        qsort(b->all, b->count, sizeof *b->all, by_address);
}

bool borders_of_frames(struct Borders *b, const struct Image *m)
{
    Elf64_Shdr s;
    bool found = image_find(m, ".eh_frame", &s);
    bool known = found ? read_frames(b, m, s.sh_offset, s.sh_size) : !has_frames(m);
    sort(b);
    return known;
}

bool borders_of_lines(struct Borders *b, const struct Image *m)
{
    Elf64_Shdr s;
    bool known = !image_find(m, ".zdebug_line", &s)
                 && (!image_find(m, ".debug_line", &s) || read_units(b, m, &s));
    sort(b);
    return known;
}

/* The first one above the address.  */
static size_t find_above(const struct Borders *b, uint64_t address)
{
    size_t low = 0, high = b->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->all[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool borders_between(const struct Borders *b, uint64_t from, uint64_t to)
{
    size_t i = find_above(b, from);
    return i < b->count && b->all[i].address < to;
}

/* Bits of a byte of the number.  */
static unsigned bits_of(const struct Field *f)
{
    return f->kind == FIELD_BYTES ? 8 : f->kind == FIELD_LEB ? 7 : 6;
}

/* The number, BY more; false if it does not fit, and then nothing is written.  */
static bool change_field(const struct Field *f, uint8_t *file, int64_t by)
{
    unsigned bits = bits_of(f), all = bits * f->size;
    uint8_t mask = (uint8_t)((1u << bits) - 1);
    uint64_t old = 0;
    for (unsigned i = 0; i < f->size && i * bits < 64; i++)
        old |= (uint64_t)(file[f->at + i] & mask) << i * bits;
    if (old > INT32_MAX || !f->unit || f->unit > INT32_MAX || by % (int64_t)f->unit)
        return false;
    int64_t step = by / (int64_t)f->unit, now = (int64_t)old + (f->shrinks ? -step : step);
    if (now < 0 || (all < 63 && now >> all))
        return false;
    for (unsigned i = 0; i < f->size && i * bits < 64; i++)
        file[f->at + i] = (uint8_t)((file[f->at + i] & ~mask) | ((uint64_t)now >> i * bits & mask));
    return true;
}

static bool shift_border(struct Border *b, uint8_t *file, uint64_t to)
{
    int64_t by = (int64_t)(to - b->address);
    b->address = to;
    return b->fields[0].size && change_field(&b->fields[0], file, by)
           && (!b->fields[1].size || change_field(&b->fields[1], file, by));
}

bool borders_shift(struct Borders *b, uint8_t *file, uint64_t from, uint64_t to)
{
    for (size_t i = find_above(b, from); i > 0 && b->all[i - 1].address == from; i--)
        if (!shift_border(&b->all[i - 1], file, to))
            return false;
    return true;
}
