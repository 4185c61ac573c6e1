/* Instructions that are written as bytes, for assemblers that do not know them, get their names back.
   SPDX-License-Identifier: Apache-2.0

   Those that hand-written assembly has in this form: legacy encodings with an escape, mulx.  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

/* How the operands of a row are written, in the order of AT&T syntax.  */
enum form {
    VV,  /* vector or memory, vector */
    VVI, /* the same, immediate first */
    GV,  /* general register or memory, vector; its size by REX.W */
    VG,  /* the other way round */
    GVI, /* GV with an immediate, 32 bits or by REX.W */
    GG,  /* general register or memory, general register */
    GM   /* the other way round */
};

static const struct {
    uint8_t prefix, map, opcode; /* mandatory prefix; 0: no escape, 1: 0F, 2: 0F 38, 3: 0F 3A */
    uint8_t form;
    const char *name;
} rows[] = {
    {0x66, 2, 0x00, VV, "pshufb"},
    {0x66, 2, 0xdb, VV, "aesimc"},
    {0x66, 2, 0xdc, VV, "aesenc"},
    {0x66, 2, 0xdd, VV, "aesenclast"},
    {0x66, 2, 0xde, VV, "aesdec"},
    {0x66, 2, 0xdf, VV, "aesdeclast"},
    {0x00, 2, 0xc8, VV, "sha1nexte"},
    {0x00, 2, 0xc9, VV, "sha1msg1"},
    {0x00, 2, 0xca, VV, "sha1msg2"},
    {0x00, 2, 0xcb, VV, "sha256rnds2"},
    {0x00, 2, 0xcc, VV, "sha256msg1"},
    {0x00, 2, 0xcd, VV, "sha256msg2"},
    {0x00, 3, 0xcc, VVI, "sha1rnds4"},
    {0x66, 3, 0x0f, VVI, "palignr"},
    {0x66, 3, 0x44, VVI, "pclmulqdq"},
    {0x66, 3, 0xdf, VVI, "aeskeygenassist"},
    {0x66, 3, 0x22, GVI, "pinsr"},
    {0xf2, 1, 0x10, VV, "movsd"},
    {0xf3, 1, 0x10, VV, "movss"},
    {0x66, 1, 0x6e, GV, "mov"},
    {0x66, 1, 0x7e, VG, "mov"},
    {0x00, 2, 0xf0, GG, "movbe"},
    {0x00, 2, 0xf1, GM, "movbe"},
    {0x00, 0, 0x8d, GG, "lea"},
    {0x00, 0, 0x8b, GG, "mov"},
    {0x00, 0, 0x89, GM, "mov"},
    {0x66, 2, 0xf6, GG, "adcx"},
    {0xf3, 2, 0xf6, GG, "adox"},
};

struct decoder {
    const uint8_t *p, *end;
    uint8_t rex, prefix; /* REX as W8 R4 X2 B1 */
    bool bad;
};

static unsigned byte(struct decoder *d)
{
    if (d->p == d->end) {
        d->bad = true;
        return 0;
    }
    return *d->p++;
}

static void displacement(struct decoder *d, int bytes, struct buf *out)
{
    uint32_t n = 0;
    for (int i = 0; i < bytes; i++)
        n |= (uint32_t)byte(d) << 8 * i;
    buf_format(out, "%d", bytes == 1 ? (int)(int8_t)n : (int)(int32_t)n);
}

static const char *general(unsigned reg, bool wide)
{
    return x86_register_name(reg, wide ? 8 : 4);
}

/* Memory that is not relative to rip, whose distance would change.  */
static void memory(struct decoder *d, unsigned modrm, struct buf *out)
{
    unsigned mod = modrm >> 6, base = modrm & 7, index = 4, scale = 0;
    if (base == 4) {
        unsigned sib = byte(d);
        base = sib & 7, index = (sib >> 3 & 7) | (d->rex & 2u) << 2, scale = sib >> 6;
    }
    if (mod == 0 && base == 5) {
        d->bad = true;
        return;
    }
    if (mod)
        displacement(d, mod == 1 ? 1 : 4, out);
    buf_format(out, "(%%%s", general(base | (d->rex & 1u) << 3, true));
    if (index != 4)
        buf_format(out, ",%%%s,%d", general(index, true), 1 << scale);
    buf_put(out, ")", 1);
}

static void register_or_memory(struct decoder *d, unsigned modrm, bool vector, bool wide,
                               struct buf *out)
{
    unsigned reg = (modrm & 7) | (d->rex & 1u) << 3;
    if (modrm >> 6 != 3)
        memory(d, modrm, out);
    else if (vector)
        buf_format(out, "%%xmm%d", (int)reg);
    else
        buf_format(out, "%%%s", general(reg, wide));
}

static void operands(struct decoder *d, enum form form, const char *name, struct buf *out)
{
    unsigned modrm = byte(d), reg = (modrm >> 3 & 7) | (d->rex & 4u) << 1;
    bool wide = d->rex & 8, to_vector = form <= GV || form == GVI;
    struct buf rm = {NULL, 0, 0};
    register_or_memory(d, modrm, form == VV || form == VVI, wide, &rm);
    struct slice text = {rm.p ? rm.p : "", rm.len};
    buf_format(out, "%s%s\t", name,
               form == GV || form == VG || form == GVI ? (wide ? "q" : "d") : "");
    if (form == VVI || form == GVI)
        buf_format(out, "$%d,", (int)byte(d));
    if (form == VG)
        buf_format(out, "%%xmm%d,%S", (int)reg, &text);
    else if (form == GM)
        buf_format(out, "%%%s,%S", general(reg, wide), &text);
    else if (to_vector)
        buf_format(out, "%S,%%xmm%d", &text, (int)reg);
    else
        buf_format(out, "%S,%%%s", &text, general(reg, wide));
    buf_free(&rm);
}

/* mulx = C4 RXB.00010 W.vvvv.0.11 F6, vmovdqu = C4 RXB.00001 W.1111.1.10 6F */
static bool vex(struct decoder *d, struct buf *out)
{
    unsigned first = byte(d), second = byte(d), opcode = byte(d);
    bool load = (first & 31) == 1 && (second & 0x7f) == 0x7e && opcode == 0x6f;
    if (!load && ((first & 31) != 2 || (second & 7) != 3 || opcode != 0xf6))
        return false;
    d->rex = (uint8_t)((~first >> 5 & 7) | (second >> 4 & 8));
    if (load) {
        unsigned to = byte(d), number = (to >> 3 & 7) | (d->rex & 4u) << 1;
        if (to >> 6 == 3)
            return false;
        buf_format(out, "vmovdqu\t");
        memory(d, to, out);
        buf_format(out, ",%%ymm%d", (int)number);
        return true;
    }
    unsigned modrm = byte(d), reg = (modrm >> 3 & 7) | (d->rex & 4u) << 1;
    bool wide = d->rex & 8;
    buf_format(out, "mulx\t");
    register_or_memory(d, modrm, false, wide, out);
    buf_format(out, ",%%%s,%%%s", general(~second >> 3 & 15, wide), general(reg, wide));
    return true;
}

/* 81, 83: an immediate and a register */
static bool immediate(struct decoder *d, unsigned opcode, struct buf *out)
{
    static const char *const names[] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    unsigned modrm = byte(d);
    if (modrm >> 6 != 3)
        return false;
    buf_format(out, "%s\t$", names[modrm >> 3 & 7]);
    displacement(d, opcode == 0x81 ? 4 : 1, out);
    buf_format(out, ",%%%s", general((modrm & 7) | (d->rex & 1u) << 3, d->rex & 8));
    return true;
}

enum { SAVED_VECTOR = -256 }; /* below the red zone, and below what other rewriting saves */

/* vprotd, vprotq = 8F RXB.01000 W.1111.0.00 C2|C3, of processors whose successors do not have it:
   two shifts, by way of another register.  */
static bool xop(struct decoder *d, struct buf *out)
{
    unsigned first = byte(d), second = byte(d), opcode = byte(d), modrm = byte(d), n = byte(d);
    unsigned size = opcode == 0xc2 ? 32 : 64, other = 0;
    if ((first & 31) != 8 || second != 0x78 || (opcode != 0xc2 && opcode != 0xc3)
        || modrm >> 6 != 3 || n == 0 || n >= size)
        return false;
    unsigned to = (modrm >> 3 & 7) | (~first >> 4 & 8), from = (modrm & 7) | (~first >> 2 & 8);
    while (other == to || other == from)
        other++;
    char letter = opcode == 0xc2 ? 'd' : 'q';
    buf_format(out, "vmovdqu\t%%ymm%d,%d(%%rsp)\n", (int)other, SAVED_VECTOR);
    buf_format(out, "vpsrl%c\t$%d,%%xmm%d,%%xmm%d\n", (int)letter, (int)(size - n), (int)from,
               (int)other);
    buf_format(out, "vpsll%c\t$%d,%%xmm%d,%%xmm%d\n", (int)letter, (int)n, (int)from, (int)to);
    buf_format(out, "vpor\t%%xmm%d,%%xmm%d,%%xmm%d\n", (int)other, (int)to, (int)to);
    buf_format(out, "vmovdqu\t%d(%%rsp),%%ymm%d", SAVED_VECTOR, (int)other);
    return true;
}

/* rdrand, rdseed = REX? 0F C7 /6, /7: they say that there is no number, as they may at any time.  */
static bool random_number(struct decoder *d, struct buf *out)
{
    unsigned modrm = byte(d), reg = (modrm & 7) | (d->rex & 1u) << 3;
    if (modrm >> 6 != 3 || (modrm >> 3 & 7) < 6)
        return false;
    buf_format(out, "xor\t%%%s,%%%s", general(reg, false), general(reg, false));
    return true;
}

size_t x86_decode(const uint8_t *p, size_t n, struct buf *out)
{
    struct decoder d = {.p = p, .end = p + n};
    unsigned b = byte(&d), map = 1;
    if (b == 0x3e) /* does nothing */
        b = byte(&d);
    if (b == 0xc4)
        return vex(&d, out) && !d.bad ? (size_t)(d.p - p) : 0;
    if (b == 0x8f)
        return xop(&d, out) && !d.bad ? (size_t)(d.p - p) : 0;
    if (b == 0x66 || b == 0xf3 || b == 0xf2) {
        d.prefix = (uint8_t)b;
        b = byte(&d);
    }
    if ((b & 0xf0) == 0x40) {
        d.rex = b & 15;
        b = byte(&d);
    }
    if (b != 0x0f)
        map = 0;
    else if ((b = byte(&d)) == 0x38 || b == 0x3a) {
        map = b == 0x38 ? 2 : 3;
        b = byte(&d);
    }
    if (map == 1 && b == 0xc7 && !d.prefix)
        return random_number(&d, out) && !d.bad ? (size_t)(d.p - p) : 0;
    if (map == 0 && (b == 0x81 || b == 0x83) && !d.prefix)
        return immediate(&d, b, out) && !d.bad ? (size_t)(d.p - p) : 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].prefix == d.prefix && rows[i].map == map && rows[i].opcode == b) {
            operands(&d, rows[i].form, rows[i].name, out);
            return d.bad ? 0 : (size_t)(d.p - p);
        }
    return 0;
}
