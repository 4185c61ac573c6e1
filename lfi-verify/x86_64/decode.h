/* x86-64 instructions looked up in the table of insns.def.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFIV_X86_64_DECODE_H
#define LFIV_X86_64_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/* The signature: what tells forms of an opcode apart.  Bits 7:0 are the ModRM byte.  */
enum {
    S_MEMORY = 1 << 8, /* ModRM names memory */
    S_66 = 1 << 9,     /* prefixes; under VEX, its pp field */
    S_F2 = 1 << 10,
    S_F3 = 1 << 11,
    S_LOCK = 1 << 12,
    S_CS = 1 << 13,
    S_GS = 1 << 14,
    S_67 = 1 << 15,
    S_W = 1 << 16, /* REX or VEX */
    S_R = 1 << 17,
    S_X = 1 << 18,
    S_B = 1 << 19,
    S_L = 1 << 20,    /* VEX.L */
    S_VVVV = 1 << 21, /* VEX.vvvv names a register */
    S_REX = 1 << 22,  /* there is a REX prefix */
    S_TWICE = 1 << 23 /* prefix 66 is given twice */
};

/* The columns of insns.def; the names are explained there.  */
enum {
    W_AX = 1 << 0,
    W_CX = 1 << 1,
    W_DX = 1 << 2,
    W_BX = 1 << 3,
    W_SP = 1 << 4,
    W_BP = 1 << 5,
    W_SI = 1 << 6,
    W_DI = 1 << 7,
    W_IMPLICIT = 0xff,
    W_R = 1 << 8,
    W_M = 1 << 9,
    W_V = 1 << 10,
    W_O = 1 << 11,
    W_RB = 1 << 12,
    W_MB = 1 << 13,
    W_OB = 1 << 14
};

enum Immediate { I_NONE, I_B, I_W, I_Z, I_V, I_REL8, I_REL32 };

enum Access { A_R = 1, A_W = 2 };

enum Kind {
    K_NONE,
    K_JUMP,
    K_CALL,
    K_INDIRECT,
    K_PUSH,
    K_POP,
    K_MOVS, /* string instructions: up to lods */
    K_STOS,
    K_SCAS,
    K_CMPS,
    K_LODS,
    K_ZX,
    K_DRIFT,
    K_RETURN,
    K_NOP,
    K_TRAP
};

enum Verdict {
    V_OK,
    V_PRIVILEGED,
    V_SYSCALL,
    V_SEGMENT,
    V_FAR,
    V_STATE,
    V_CACHE,
    V_BITS,
    V_IMPLICIT,
    V_TARGET,
    V_RETURN,
    V_STACK,
    V_EXTENSION,
    V_COUNT
};

struct Row {
    uint32_t mask, value; /* of the signature */
    uint16_t writes;      /* W_* */
    uint16_t isa;         /* LFI_ISA_X86_* that the profile must have */
    uint8_t imm, access;
    bool touch;
    uint8_t kind, verdict;
    const char *name;
};

/* Numbers of registers as they are encoded, and what else a base or an index can be.  */
enum { R_AX = 0, R_SP = 4, R_DI = 7, R_11 = 11, R_12 = 12, R_14 = 14, R_15 = 15, R_NONE = 16, R_IP = 17 };

/* Conditions, as jumps have them in the low bits of their opcodes.  */
enum { CC_S = 8, CC_NS = 9 };

struct Insn {
    const struct Row *row; /* NULL: unknown */
    uint32_t sig;
    uint16_t opcode; /* and its map times 256 */
    uint8_t length;
    uint8_t reg, rm, vvvv, opreg; /* register numbers with their fourth bit */
    uint8_t base, index, scale;   /* of the memory operand; scale is log2 */
    uint16_t writes;              /* general registers, one bit each; without implicit ones */
    int32_t disp;
    int64_t imm;
    uint8_t offset; /* in its bundle: for the caller */
};

static inline bool lfiv_x64_is_string(const struct Insn *insn)
{
    return insn->row->kind >= K_MOVS && insn->row->kind <= K_LODS;
}

/* What lfiv_x64_decode may read, whatever the code is.  */
enum { LFIV_X64_LOOKAHEAD = 32 };

/* Decodes the instruction at code.  False if no row matches; where the row's verdict is not V_OK
   only row is set.  */
bool lfiv_x64_decode(const uint8_t *code, struct Insn *insn);

#endif
