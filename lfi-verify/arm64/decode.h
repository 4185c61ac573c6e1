/* arm64 words looked up in the table of insns.def.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFIV_ARM64_DECODE_H
#define LFIV_ARM64_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/* The columns of insns.def; the names are explained there.  */
enum Kind {
    K_NONE,
    K_LOAD,
    K_STORE,
    K_RMW,
    K_PREFETCH,
    K_ZVA,
    K_GUARD,
    K_DRIFT,
    K_JUMP,
    K_INDIRECT,
    K_CHARGE,
    K_TRAP
};

enum Memory {
    M_NONE,
    M_BASE,
    M_IMM12,
    M_IMM9,
    M_IMM7,
    M_PRE9,
    M_PRE7,
    M_POST9,
    M_POST7,
    M_POST,
    M_POSTREG,
    M_REGISTER,
    M_LITERAL,
    M_BELOW,
    M_PAGE0,
    M_CONTEXT
};

enum Verdict {
    V_OK,
    V_PRIVILEGED,
    V_SYSTEM,
    V_HINT,
    V_TARGET,
    V_PAC,
    V_POSTINDEX,
    V_EXTENSION,
    V_COUNT
};

struct Row {
    uint32_t mask, value;
    uint16_t writes; /* W_* */
    uint32_t checks; /* C_* */
    uint32_t isa;    /* LFI_ISA_ARM64_* that the profile must have */
    uint8_t kind, memory, size;
    bool touch;
    uint8_t verdict;
    const char *name;
};

/* Sets of general registers: bit r is xr, bit 31 is sp.  */
#define REG(r) (UINT32_C(1) << (r))
#define REG_SP REG(31)

static inline unsigned field(uint32_t word, unsigned low, unsigned bits)
{
    return word >> low & ((1u << bits) - 1);
}

/* The first row that the word matches, or NULL.  */
const struct Row *lfiv_arm64_row(uint32_t word);

/* Whether the fields obey the row's check column.  */
bool lfiv_arm64_checks(const struct Row *row, uint32_t word);

/* The general registers that the word writes.  */
uint32_t lfiv_arm64_writes(const struct Row *row, uint32_t word);

/* Where a direct branch goes, relative to itself in bytes.  */
int64_t lfiv_arm64_distance(uint32_t word);

/* At most so many bytes above its base the word accesses memory.  Exact for IMM12; other
   forms cannot say more than 4095, the most that this is for them.  */
uint32_t lfiv_arm64_reach(const struct Row *row, uint32_t word);

#endif
