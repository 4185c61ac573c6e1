/* Which verifier, with which options, a profile asks for.
   SPDX-License-Identifier: Apache-2.0  */
#include "lfiv.h"

#include <string.h>

#include "profiles/profile.h"

bool lfiv_for_profile(const struct LFIProfile *profile, struct LFIVerifier *out)
{
    memset(out, 0, sizeof *out);
    if (profile->sandbox != LFI_SANDBOX_FULL && profile->sandbox != LFI_SANDBOX_STORES)
        return false;
    if (profile->arch == LFI_ARCH_X86_64) {
        /* The rules of other layouts are different ones.  */
        if (profile->base != LFI_BASE_SEGMENT || profile->guard != LFI_GUARD_SPARSE
            || profile->threads != LFI_THREADS_MULTI || profile->table != LFI_TABLE_BELOW)
            return false;
        out->verify = lfiv_verify_x64;
    } else {
        out->verify = lfiv_verify_arm64;
    }
    out->opts.box = profile->sandbox == LFI_SANDBOX_STORES ? LFI_BOX_STORES : LFI_BOX_FULL;
    out->opts.ctxreg = profile->ctxreg;
    out->opts.published = profile->table == LFI_TABLE_PAGE0;
    out->opts.isa = profile->isa;
    out->opts.bundle = profile->bundle;
    return true;
}
