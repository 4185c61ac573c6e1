/* Words among the code that are instructions, for assemblers that do not know them.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/arm64/arm64.h"

/* They compute in vector registers: as allowed as their names would be.  */
static const struct {
    uint32_t mask, value;
} vectors[] = {
    {0xffe08c00, 0x5e000000}, /* sha1c, sha1p, sha1m, sha1su0, sha256h, sha256h2, sha256su1 */
    {0xfffffc00, 0x5e280800}, /* sha1h */
    {0xfffffc00, 0x5e281800}, /* sha1su1 */
    {0xfffffc00, 0x5e282800}, /* sha256su0 */
    {0xfffffc00, 0xcec08000}, /* sha512su0 */
    {0xffe0f000, 0xce608000}, /* sha512h, sha512h2, sha512su1, rax1 */
    {0xffe08000, 0xce000000}, /* eor3 */
    {0xffe08000, 0xce200000}, /* bcax */
    {0xffe00000, 0xce800000}, /* xar */
    {0xffffcc00, 0x4e284800}, /* aese, aesd, aesmc, aesimc */
    {0xbfe0fc00, 0x0ee0e000}, /* pmull, pmull2 */
};

/* Those that mean something to the rewriter.  */
static const struct {
    uint32_t word;
    const char *name;
} named[] = {
    {0xd503233f, "paciasp"}, {0xd503237f, "pacibsp"}, {0xd50323bf, "autiasp"},
    {0xd50323ff, "autibsp"}, {0xd65f03c0, "ret"},
};

static const char *name_of(uint64_t word)
{
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i].word == word)
            return named[i].name;
    return NULL;
}

/* Traps, hints that do nothing or write x17, and the table.  */
static bool harmless(uint64_t word)
{
    if (word < 0x10000 || (word & ~UINT64_C(0x1fffe0)) == 0xd4200000) /* udf, brk */
        return true;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if ((word & (UINT64_C(0xffffffff00000000) | vectors[i].mask)) == vectors[i].value)
            return true;
    if ((word & ~UINT64_C(0xfe0)) != 0xd503201f)
        return false;
    unsigned hint = word >> 5 & 0x7f;
    return hint < 2 || (hint >= 8 && hint <= 14 && hint % 2 == 0)
           || (hint >= 32 && hint <= 38 && hint % 2 == 0);
}

static bool word_of(struct rewriter *r, struct slice value, uint64_t *word)
{
    int64_t n;
    bool ok = expr_constant(r, value, &n);
    *word = (uint64_t)n;
    return ok && (harmless(*word) || name_of(*word));
}

enum code_data arm64_code_data(struct rewriter *r, const struct stmt *s)
{
    struct slice rest = stmt_args(r, s), value;
    enum code_data result = CODE_NOTHING;
    uint64_t word = 0;
    if (s->directive->arg < 0)
        return CODE_NOTHING;
    if (s->directive->cls == DIR_SPACE)
        return next_operand(&rest, &value) && expr_constant(r, value, (int64_t *)&word)
                       && (int64_t)word >= 0 && word % 4 == 0 && !rest.p
                   ? (word ? CODE_FLOWS : CODE_NOTHING)
                   : CODE_NO;
    while (next_operand(&rest, &value)) {
        if (s->directive->arg != 4 || !word_of(r, value, &word))
            return CODE_NO;
        result = name_of(word) && *name_of(word) == 'r' ? CODE_ENDS : CODE_FLOWS;
    }
    return result;
}

bool arm64_data(struct rewriter *r, const struct stmt *s)
{
    struct slice rest = stmt_args(r, s), value;
    uint64_t word;
    bool names = false;
    if (s->directive->arg != 4)
        return false;
    for (struct slice left = rest; next_operand(&left, &value);) {
        if (!word_of(r, value, &word))
            return false;
        names = names || name_of(word);
    }
    while (next_operand(&rest, &value)) {
        word_of(r, value, &word);
        if (name_of(word))
            arm64_insn(r, stmt_made(r, "%s", name_of(word)));
        else if (names)
            out_insn(r, ".inst\t%S", &value);
        else
            r->sections.now->pos += 4, r->sections.now->uncharged++;
    }
    return true;
}
