/* x86-64 instructions looked up in the table of insns.def.
   SPDX-License-Identifier: Apache-2.0

   An instruction is prefixes, REX or VEX, opcode, ModRM, SIB, displacement, immediate.  All but
   the last are read before the table is asked; what they say becomes a signature that rows are
   compared with.  Nothing is skipped over: a byte is either understood or the instruction
   is unknown.  */
#include "lfi-verify/x86_64/decode.h"

#include <stddef.h>
#include <string.h>

#include "profiles/profile.h"

#define WANT_INSNS
#include "lfi-verify/x86_64/insns.inc"

enum { MAP_0F = 1, MAP_38 = 2, MAP_3A = 3, MAP_VEX = 3 /* added to one of the others */ };

/* Prefixes that can precede an allowed instruction; the others have rows that deny them.  */
static const uint32_t prefix_bits[256] = {
    [0x2e] = S_CS,   [0x65] = S_GS, [0x66] = S_66, [0x67] = S_67,
    [0xf0] = S_LOCK, [0xf2] = S_F2, [0xf3] = S_F3,
};

/* Fields of the same place in REX and, inverted, in VEX.  */
static uint32_t rex_bits(uint8_t rex)
{
    return (rex & 8 ? S_W : 0) | (rex & 4 ? S_R : 0) | (rex & 2 ? S_X : 0) | (rex & 1 ? S_B : 0);
}

/* The last byte of a VEX prefix, but for its top bit: vvvv, L and pp.  */
static uint32_t vex_bits(uint8_t byte, struct Insn *insn)
{
    static const uint32_t pp[] = {0, S_66, S_F3, S_F2};
    insn->vvvv = ~byte >> 3 & 15;
    return pp[byte & 3] | (byte & 4 ? S_L : 0) | (insn->vvvv ? S_VVVV : 0);
}

/* Reads the VEX prefix at p; the map, or 0 if it is none that we know.  */
static unsigned read_vex(const uint8_t **p, struct Insn *insn)
{
    const uint8_t *b = *p;
    if (insn->sig & (S_66 | S_F2 | S_F3 | S_LOCK))
        return 0;
    if (b[0] == 0xc5) {
        insn->sig |= rex_bits(~b[1] >> 5 & 4) | vex_bits(b[1], insn);
        *p += 2;
        return MAP_VEX + MAP_0F;
    }
    unsigned map = b[1] & 31;
    if (map < MAP_0F || map > MAP_3A)
        return 0;
    insn->sig |= rex_bits((~b[1] >> 5 & 7) | (b[2] >> 4 & 8)) | vex_bits(b[2], insn);
    *p += 3;
    return MAP_VEX + map;
}

/* Reads everything up to the opcode; its number (map and byte), or -1.  */
static int read_opcode(const uint8_t **p, struct Insn *insn)
{
    for (uint32_t bit; (bit = prefix_bits[**p]) != 0; (*p)++) {
        if (!(insn->sig & bit))
            insn->sig |= bit;
        else if (bit == S_66 && !(insn->sig & S_TWICE))
            insn->sig |= S_TWICE;
        else
            return -1;
    }
    unsigned map = 0;
    if (**p == 0xc4 || **p == 0xc5) {
        map = read_vex(p, insn);
        if (map == 0)
            return -1;
        return (int)(map << 8 | *(*p)++);
    }
    if ((**p & 0xf0) == 0x40)
        insn->sig |= S_REX | rex_bits(*(*p)++);
    if (**p == 0x0f) {
        (*p)++;
        map = MAP_0F;
        if (**p == 0x38 || **p == 0x3a)
            map = *(*p)++ == 0x38 ? MAP_38 : MAP_3A;
    }
    return (int)(map << 8 | *(*p)++);
}

static int32_t get32(const uint8_t *p)
{
    return (int32_t)(p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
}

static unsigned extend(const struct Insn *insn, uint32_t bit, unsigned low)
{
    return low | (insn->sig & bit ? 8 : 0);
}

/* Reads what follows a ModRM byte that names memory.  */
static void read_memory(const uint8_t **p, struct Insn *insn)
{
    unsigned mod = insn->sig >> 6 & 3, rm = insn->sig & 7;
    unsigned bytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    insn->index = R_NONE;
    if (rm == 4) {
        uint8_t sib = *(*p)++;
        unsigned index = extend(insn, S_X, sib >> 3 & 7);
        rm = sib & 7;
        insn->scale = sib >> 6;
        if (index != R_SP)
            insn->index = (uint8_t)index;
        insn->base = (uint8_t)extend(insn, S_B, rm);
        if (mod == 0 && rm == 5) {
            insn->base = R_NONE;
            bytes = 4;
        }
    } else if (mod == 0 && rm == 5) {
        insn->base = R_IP;
        bytes = 4;
    } else {
        insn->base = (uint8_t)extend(insn, S_B, rm);
    }
    if (bytes == 1)
        insn->disp = (int8_t)(*p)[0];
    else if (bytes == 4)
        insn->disp = get32(*p);
    *p += bytes;
}

static void read_modrm(const uint8_t **p, struct Insn *insn)
{
    uint8_t modrm = *(*p)++;
    insn->sig |= modrm;
    insn->reg = (uint8_t)extend(insn, S_R, modrm >> 3 & 7);
    insn->rm = (uint8_t)extend(insn, S_B, modrm & 7);
    if (modrm < 0xc0) {
        insn->sig |= S_MEMORY;
        read_memory(p, insn);
    }
}

static void read_immediate(const uint8_t **p, struct Insn *insn)
{
    unsigned bytes = 0;
    switch (insn->row->imm) {
    case I_B:
    case I_REL8:
        bytes = 1;
        break;
    case I_W:
        bytes = 2;
        break;
    case I_Z:
        bytes = insn->sig & S_66 ? 2 : 4;
        break;
    case I_REL32:
        bytes = 4;
        break;
    case I_V:
        bytes = insn->sig & S_W ? 8 : insn->sig & S_66 ? 2 : 4;
        break;
    }
    /* Longer and shorter ones are of no interest.  */
    if (bytes == 1)
        insn->imm = (int8_t)(*p)[0];
    else if (bytes == 4)
        insn->imm = get32(*p);
    *p += bytes;
}

/* Without REX, the byte registers 4 to 7 are the second bytes of 0 to 3.  */
static uint32_t byte_register(const struct Insn *insn, unsigned number)
{
    return UINT32_C(1) << (number >= 4 && !(insn->sig & S_REX) ? number - 4 : number);
}

static uint32_t explicit_writes(const struct Insn *insn)
{
    unsigned w = insn->row->writes;
    uint32_t set = 0;
    if (w & W_R)
        set |= UINT32_C(1) << insn->reg;
    if (w & W_RB)
        set |= byte_register(insn, insn->reg);
    if (w & W_V)
        set |= UINT32_C(1) << insn->vvvv;
    if (w & W_O)
        set |= UINT32_C(1) << insn->opreg;
    if (w & W_OB)
        set |= byte_register(insn, insn->opreg);
    if (insn->sig & S_MEMORY)
        return set;
    if (w & W_M)
        set |= UINT32_C(1) << insn->rm;
    if (w & W_MB)
        set |= byte_register(insn, insn->rm);
    return set;
}

/* Whether there is a prefix, or the fourth bit of a base that is none, to no effect: producers have
   no use for that, and decoders are known to differ.  */
static bool has_idle_bits(const struct Insn *insn)
{
    if (!(insn->sig & S_MEMORY))
        return insn->sig & (lfiv_x64_is_string(insn) ? S_GS : S_67 | S_GS);
    if (insn->sig & S_GS && !insn->row->access)
        return true;
    return insn->sig & S_B && insn->base >= R_NONE;
}

bool lfiv_x64_decode(const uint8_t *code, struct Insn *insn)
{
    const uint8_t *p = code;
    memset(insn, 0, sizeof *insn);
    int opcode = read_opcode(&p, insn);
    if (opcode < 0)
        return false;
    insn->opcode = (uint16_t)opcode;
    insn->opreg = (uint8_t)extend(insn, S_B, opcode & 7);
    if (has_modrm[opcode])
        read_modrm(&p, insn);
    const uint16_t *start = &starts[(unsigned)opcode * 8 + (insn->sig >> 3 & 7)];
    for (unsigned i = start[0]; !insn->row && i < start[1]; i++)
        if ((insn->sig & rows[lists[i]].mask) == rows[lists[i]].value)
            insn->row = &rows[lists[i]];
    if (!insn->row)
        return false;
    if (insn->row->verdict == V_OK && has_idle_bits(insn)) {
        insn->row = NULL;
        return false;
    }
    read_immediate(&p, insn);
    insn->length = (uint8_t)(p - code);
    insn->writes = (uint16_t)explicit_writes(insn);
    return true;
}
