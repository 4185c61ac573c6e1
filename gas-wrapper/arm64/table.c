/* The table of arm64 instructions, by mnemonic.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

#include <string.h>

enum { W0 = 1, W1 = 2, SLOTS = 4096, MNEMONIC_MAX = 12 };

static const struct {
    struct row row;
    const char *mnemonics;
} groups[] = {
#define INSNS(cls, writes, mem, touch, mnemonics)                                                  \
    {{INSN_##cls, writes, MEM_##mem, touch}, mnemonics},
#include "gas-wrapper/arm64/insns.def"
#undef INSNS
};

struct slot {
    char name[MNEMONIC_MAX];
    const struct row *row;
};
static struct slot slots[SLOTS];

static uint32_t hash_of(const char name[MNEMONIC_MAX])
{
    uint64_t a;
    uint32_t b;
    memcpy(&a, name, 8);
    memcpy(&b, name + 8, 4);
    a = (a ^ b * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(a >> 40) & (SLOTS - 1);
}

/* Where the mnemonic is or should be.  */
static struct slot *find(const char name[MNEMONIC_MAX])
{
    uint32_t h = hash_of(name);
    while (slots[h].row && memcmp(slots[h].name, name, MNEMONIC_MAX) != 0)
        h = (h + 1) & (SLOTS - 1);
    return &slots[h];
}

static void fill(void)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (const char *p = groups[i].mnemonics, *end; *p; p = *end ? end + 1 : end) {
            end = strchrnul(p, ' ');
            char name[MNEMONIC_MAX] = "";
            memcpy(name, p, (size_t)(end - p));
            struct slot *s = find(name);
            memcpy(s->name, name, MNEMONIC_MAX);
            s->row = &groups[i].row;
        }
}

const void *arm64_find_insn(const char *text, size_t len)
{
    char name[MNEMONIC_MAX] = "add";
    if (!find(name)->row)
        fill();
    memset(name, 0, sizeof name);
    if (len >= MNEMONIC_MAX)
        return NULL;
    for (size_t i = 0; i < len; i++)
        name[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
    return find(name)->row;
}
