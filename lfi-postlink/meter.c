/* Metered code: charges that are exact.
   SPDX-License-Identifier: Apache-2.0

   An assembler charges for the padding that there may be in front of an instruction, since it
   does not know how much there is; and other tools may charge what they like.  The verifier
   counts, and says here what it finds.  */
#include "config.h"

#include "lfi-postlink/postlink.h"

#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

struct Charges {
    const struct Region *region;
    struct Counts *counts;
};

static void change(void *arg, uint64_t addr, unsigned least)
{
    enum { LONGEST = 15 };
    const struct Charges *c = arg;
    const struct Region *r = c->region;
    size_t at = addr - r->vaddr, room = r->size - at, size = room < LONGEST ? room : LONGEST;
    uint8_t *p = r->code + at, old[LONGEST];
    memcpy(old, p, size);
    if (r->profile->arch == LFI_ARCH_X86_64)
        postlink_x86_64_charge(p, room, least);
    else
        postlink_arm64_charge(p, least);
    c->counts->charges += memcmp(old, p, size) != 0;
}

/* What is wrong is said when the result is verified.  */
static bool go_on(void *arg, const struct LFIVError *e)
{
    (void)arg, (void)e;
    return true;
}

void postlink_charges(const struct Region *r, const struct LFIVerifier *verifier, struct Counts *n)
{
    struct LFIVerifier v = *verifier;
    struct Charges c = {r, n};
    v.opts.charge = change;
    v.opts.report = go_on;
    v.opts.arg = &c;
    v.opts.bitmap_words = lfiv_bitmap_words(r->size);
    v.opts.bitmap = tool_alloc(v.opts.bitmap_words * sizeof *v.opts.bitmap);
    lfiv_verify(&v, (char *)r->code, r->size, r->vaddr);
    free(v.opts.bitmap);
}
