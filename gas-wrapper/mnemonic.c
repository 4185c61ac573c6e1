/* Instructions by name: a hash table from mnemonics to rows of an architecture's table.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <string.h>

static uint32_t hash_of(const char name[MNEMONIC_MAX])
{
    uint64_t word[3];
    memcpy(word, name, sizeof word);
    uint64_t h = (word[0] ^ (word[1] + (word[2] << 7)) * UINT64_C(0x9e3779b97f4a7c15))
                 * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(h >> 40) & (MNEMONIC_SLOTS - 1);
}

/* Where the mnemonic is or should be.  */
static struct mnemonic *find(struct mnemonic *table, const char name[MNEMONIC_MAX])
{
    uint32_t h = hash_of(name);
    while (table[h].row && memcmp(table[h].name, name, MNEMONIC_MAX) != 0)
        h = (h + 1) & (MNEMONIC_SLOTS - 1);
    return &table[h];
}

/* What is there already stays: earlier rows go before later ones.  */
static void add(struct mnemonic *table, const char *p, size_t len, char suffix, const void *row)
{
    char name[MNEMONIC_MAX] = "";
    memcpy(name, p, len);
    name[len] = suffix;
    struct mnemonic *m = find(table, name);
    if (m->row)
        return;
    memcpy(m->name, name, MNEMONIC_MAX);
    m->row = row;
    m->suffix = suffix;
}

void mnemonics_add(struct mnemonic *table, const char *names, const char *suffixes, const void *row)
{
    for (const char *p = names, *end; *p; p = *end ? end + 1 : end) {
        end = strchrnul(p, ' ');
        size_t len = (size_t)(end - p);
        add(table, p, len, 0, row);
        for (const char *s = suffixes; *s; s++)
            add(table, p, len, *s, row);
    }
}

const struct mnemonic *mnemonics_find(struct mnemonic *table, const char *text, size_t len)
{
    char name[MNEMONIC_MAX] = "";
    if (len >= MNEMONIC_MAX)
        return NULL;
    for (size_t i = 0; i < len; i++)
        name[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
    const struct mnemonic *m = find(table, name);
    return m->row ? m : NULL;
}
