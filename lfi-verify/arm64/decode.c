/* arm64 words looked up in the table of insns.def.
   SPDX-License-Identifier: Apache-2.0  */
#include "lfi-verify/arm64/decode.h"

#include <stddef.h>

#include "profiles/profile.h"

enum {
    W_D = 1 << 0,
    W_DSP = 1 << 1,
    W_T = W_D,
    W_U = 1 << 2,
    W_S = 1 << 3,
    W_S2 = 1 << 4,
    W_N = 1 << 5,
    W_X17 = 1 << 6,
    W_X28 = 1 << 7,
    W_X30 = 1 << 8,
    W_SP = 1 << 9
};

/* The check column: what must hold.  */
enum {
    C_BITMASK = 1 << 0, /* N:immr:imms encodes a mask */
    C_AMOUNT4 = 1 << 1, /* an extended register is shifted by at most 4 */
    C_N_NE_T = 1 << 2,  /* writeback to a data register is unpredictable; n = 31 is sp */
    C_N_NE_U = 1 << 3,
    C_T_NE_U = 1 << 4, /* so is loading one register twice */
    C_S_NE_T = 1 << 5, /* and a status register that is also data or address */
    C_S_NE_U = 1 << 6,
    C_S_NE_N = 1 << 7,
    C_T_FREE = 1 << 8, /* t is not x25, x27, x28 */
    C_Z012 = 1 << 9,   /* lane size 23:22 is not 64 bits */
    C_Z12 = 1 << 10,   /* is 16 or 32 bits */
    C_Z3Q = 1 << 11,   /* is 64 bits only in a full vector (Q) */
    C_Z2Q = 1 << 12,   /* is 32 bits only in a full vector */
    C_T1Q = 1 << 13,   /* double (bit 22) only in a full vector */
    C_Q11 = 1 << 14,   /* lane size 11:10 is 64 bits only in a full vector */
    C_E = 1 << 15,     /* imm5 19:16 names a lane size */
    C_E8Q = 1 << 16,   /* which is 64 bits only in a full vector */
    C_H = 1 << 17,     /* immh 22:19 names a lane size */
    C_H8Q = 1 << 18    /* which is 64 bits only in a full vector */
};

enum { SIZE_FIELD = 0xff };

#define WANT_INSNS
#include "lfi-verify/arm64/insns.inc"

const struct Row *lfiv_arm64_row(uint32_t word)
{
    unsigned key = word >> 21;
    for (unsigned i = starts[key]; i < starts[key + 1]; i++) {
        const struct Row *row = &rows[lists[i]];
        if ((word & row->mask) == row->value)
            return row;
    }
    return NULL;
}

/* N:immr:imms of a logical immediate: the position of the highest one in N:~imms gives
   the element size, and an element of ones alone has no encoding.  */
static bool is_bitmask(uint32_t word)
{
    unsigned n = field(word, 22, 1), imms = field(word, 10, 6);
    if (n && !field(word, 31, 1))
        return false;
    unsigned sizes = n << 6 | (~imms & 0x3f), size = 64;
    while (size > 1 && !(sizes & size))
        size /= 2;
    return (imms & (size - 1)) != size - 1;
}

/* All conditions that the word breaks; most are of no meaning to its row.  */
static uint32_t broken_checks(uint32_t word)
{
    unsigned t = field(word, 0, 5), n = field(word, 5, 5), u = field(word, 10, 5);
    unsigned s = field(word, 16, 5), z = field(word, 22, 2);
    bool q = field(word, 30, 1);
    uint32_t broken = 0;
    if (!is_bitmask(word))
        broken |= C_BITMASK;
    if (field(word, 10, 3) > 4)
        broken |= C_AMOUNT4;
    if (n == t && n != 31)
        broken |= C_N_NE_T;
    if (n == u && n != 31)
        broken |= C_N_NE_U;
    if (t == u)
        broken |= C_T_NE_U;
    if (s == t)
        broken |= C_S_NE_T;
    if (s == u)
        broken |= C_S_NE_U;
    if (s == n && n != 31)
        broken |= C_S_NE_N;
    if (t == 25 || t == 27 || t == 28)
        broken |= C_T_FREE;
    if (z == 3)
        broken |= C_Z012;
    if (z == 0 || z == 3)
        broken |= C_Z12;
    if (z == 3 && !q)
        broken |= C_Z3Q;
    if (z == 2 && !q)
        broken |= C_Z2Q;
    if ((z & 1) && !q)
        broken |= C_T1Q;
    if (field(word, 10, 2) == 3 && !q)
        broken |= C_Q11;
    if (field(word, 16, 4) == 0)
        broken |= C_E;
    if (field(word, 16, 4) == 8 && !q)
        broken |= C_E8Q;
    if (field(word, 19, 4) == 0)
        broken |= C_H;
    if (field(word, 22, 1) && !q)
        broken |= C_H8Q;
    return broken;
}

bool lfiv_arm64_checks(const struct Row *row, uint32_t word)
{
    return row->checks == 0 || (row->checks & broken_checks(word)) == 0;
}

uint32_t lfiv_arm64_writes(const struct Row *row, uint32_t word)
{
    unsigned w = row->writes, s = field(word, 16, 5);
    uint32_t zr = 0, sp = 0;
    if (w & W_D)
        zr |= REG(field(word, 0, 5));
    if (w & W_U)
        zr |= REG(field(word, 10, 5));
    if (w & W_S)
        zr |= REG(s);
    if (w & W_S2)
        zr |= REG(s) | REG(s | 1);
    if (w & W_DSP)
        sp |= REG(field(word, 0, 5));
    if (w & W_N)
        sp |= REG(field(word, 5, 5));
    if (w & W_X17)
        sp |= REG(17);
    if (w & W_X28)
        sp |= REG(28);
    if (w & W_X30)
        sp |= REG(30);
    if (w & W_SP)
        sp |= REG_SP;
    return (zr & ~REG_SP) | sp;
}

uint32_t lfiv_arm64_reach(const struct Row *row, uint32_t word)
{
    return field(word, 10, 12) << (row->size == SIZE_FIELD ? field(word, 30, 2) : row->size);
}

int64_t lfiv_arm64_distance(uint32_t word)
{
    unsigned low = 5, bits = 19; /* b.cond, cbz */
    if ((word & 0x7c000000) == 0x14000000)
        low = 0, bits = 26; /* b, bl */
    else if ((word & 0x7e000000) == 0x36000000)
        bits = 14; /* tbz */
    int64_t n = field(word, low, bits), sign = INT64_C(1) << (bits - 1);
    return 4 * ((n ^ sign) - sign);
}
