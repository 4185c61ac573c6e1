/* The table of x86-64 instructions, by mnemonic.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/x86_64/x86_64.h"

static const struct {
    struct row row;
    const char *mnemonics, *suffixes;
} groups[] = {
#define INSNS(cls, dst, touch, opcode, imm, enc, suffixes, detail, mnemonics)                      \
    {{INSN_##cls, ACCESS_##dst, touch, opcode, IMM_##imm, ENC_##enc, detail}, mnemonics, suffixes},
#include "gas-wrapper/x86_64/insns.def"
#undef INSNS
};

const void *x86_find_insn(const char *name, size_t len)
{
    static struct mnemonic table[MNEMONIC_SLOTS];
    static bool filled;
    for (size_t i = 0; !filled && i < sizeof groups / sizeof *groups; i++)
        mnemonics_add(table, groups[i].mnemonics, groups[i].suffixes, &groups[i].row);
    filled = true;
    return mnemonics_find(table, name, len);
}
