/* The table of arm64 instructions, by mnemonic.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

enum { W0 = 1, W1 = 2 };

static const struct {
    struct row row;
    const char *mnemonics;
} groups[] = {
#define INSNS(cls, writes, mem, touch, mnemonics)                                                  \
    {{INSN_##cls, writes, MEM_##mem, touch}, mnemonics},
#include "gas-wrapper/arm64/insns.def"
#undef INSNS
};

const void *arm64_find_insn(const char *name, size_t len)
{
    static struct mnemonic table[MNEMONIC_SLOTS];
    static bool filled;
    for (size_t i = 0; !filled && i < sizeof groups / sizeof *groups; i++)
        mnemonics_add(table, groups[i].mnemonics, "", &groups[i].row);
    filled = true;
    const struct mnemonic *m = mnemonics_find(table, name, len);
    return m ? m->row : NULL;
}
