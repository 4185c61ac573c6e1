/* Verifies what was linked.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "common/verify.h"

#include "common/tool.h"
#include "lfi_layout.h"
#include "lfiv.h"
#include "lfiv_elf.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, VENEER = 24 };

struct First {
    const struct Image *m;
    char *text;
};

/* What GNU ld calls the code that it adds for branches out of reach.  */
static bool is_veneer(const char *symbol)
{
    static const char suffix[] = "_veneer";
    size_t n = strlen(symbol), len = sizeof suffix - 1;
    return n > len && strcmp(symbol + n - len, suffix) == 0;
}

static bool keep_first(void *arg, const struct LFIVError *e)
{
    struct First *first = arg;
    char code[LFIV_HEX_SIZE];
    uint64_t distance = 0;
    const char *symbol = lfiv_elf_symbol(first->m->bytes, first->m->size, e->addr, &distance);
    lfiv_error_hex(e, code);
    if (symbol && distance < VENEER && is_veneer(symbol)) {
        first->text =
            tool_printf("%.200s: a branch that reaches 128 MiB goes further: make the code "
                        "smaller, or put what calls each other closer together",
                        symbol);
        return false;
    }
    first->text =
        tool_printf("%#llx <%.200s+%#llx>: %s %s: %s", (unsigned long long)e->addr,
                    symbol ? symbol : "?", (unsigned long long)distance, code, e->insn, e->rule);
    return false;
}

static bool has_code(const struct Image *m)
{
    for (unsigned i = 0; i < m->head.e_phnum; i++) {
        Elf64_Phdr p = image_segment(m, i);
        if (p.p_type == PT_LOAD && p.p_flags & PF_X && p.p_memsz)
            return true;
    }
    return false;
}

static bool verify_code(struct LFIVerifier *v, const struct Image *m,
                        const struct LFIVElfSegment *s)
{
    v->opts.bitmap_words = lfiv_bitmap_words(s->filesz);
    v->opts.bitmap = tool_alloc(v->opts.bitmap_words * sizeof *v->opts.bitmap);
    bool ok = lfiv_verify(v, (char *)m->bytes + s->offset, s->filesz, s->vaddr);
    free(v->opts.bitmap);
    return ok;
}

char *verify_image(const struct Image *m, const struct LFIProfile *profile)
{
    struct LFIVElf elf;
    struct LFIVerifier v;
    struct First first = {m, NULL};
    if (m->head.e_type == ET_REL || !has_code(m) || !lfiv_for_profile(profile, &v))
        return NULL;
    const char *why = lfiv_elf_check(m->bytes, m->size, PAGE, &elf);
    if (why)
        return tool_strdup(why);
    if (elf.profile != profile)
        return tool_printf("its code is of profile %s, not %s", elf.profile->name, profile->name);
    v.opts.report = keep_first;
    v.opts.arg = &first;
    bool ok = true;
    for (unsigned i = 0; ok && i < elf.nsegs; i++)
        if (elf.segs[i].prot & LFIV_ELF_EXEC)
            ok = verify_code(&v, m, &elf.segs[i]);
    if (!ok && !first.text)
        first.text = tool_strdup("its code does not verify");
    return first.text;
}
