/* Which verifier, with which options, a profile asks for.
   SPDX-License-Identifier: Apache-2.0  */
#include "lfiv.h"

#include <string.h>

#include "profiles/profile.h"

/* The combinations on x86-64 whose rules docs/sandbox.md argues.  */
static const struct Argued {
    enum LFISandbox sandbox;
    enum LFIBase base;
    enum LFIGuard guard;
    enum LFIThreads threads;
    bool ctxreg, drift;
    enum LFIMeter meter;
    enum LFIVBase rules;
} argued[] = {
    {LFI_SANDBOX_FULL, LFI_BASE_SEGMENT, LFI_GUARD_SPARSE, LFI_THREADS_MULTI, 1, 1,
     LFI_METER_NONE, LFIV_BASE_SEGMENT},
    {LFI_SANDBOX_FULL, LFI_BASE_SEGMENT, LFI_GUARD_SPARSE, LFI_THREADS_MULTI, 1, 1,
     LFI_METER_BRANCH, LFIV_BASE_SEGMENT},
    {LFI_SANDBOX_FULL, LFI_BASE_SEGMENT, LFI_GUARD_SPARSE, LFI_THREADS_MULTI, 1, 1,
     LFI_METER_RESUME, LFIV_BASE_SEGMENT},
    {LFI_SANDBOX_STORES, LFI_BASE_SEGMENT, LFI_GUARD_SPARSE, LFI_THREADS_MULTI, 1, 1,
     LFI_METER_NONE, LFIV_BASE_SEGMENT},
    {LFI_SANDBOX_FULL, LFI_BASE_SEGMENT, LFI_GUARD_DENSE, LFI_THREADS_MULTI, 1, 1, LFI_METER_NONE,
     LFIV_BASE_SEGMENT},
    {LFI_SANDBOX_FULL, LFI_BASE_SEGMENT, LFI_GUARD_SPARSE, LFI_THREADS_SINGLE, 1, 1,
     LFI_METER_NONE, LFIV_BASE_SEGMENT},
    {LFI_SANDBOX_FULL, LFI_BASE_REGISTER, LFI_GUARD_SPARSE, LFI_THREADS_MULTI, 1, 1,
     LFI_METER_NONE, LFIV_BASE_REGISTER},
    {LFI_SANDBOX_FULL, LFI_BASE_ZERO, LFI_GUARD_ONE, LFI_THREADS_MULTI, 1, 0, LFI_METER_NONE,
     LFIV_BASE_ZERO},
    {LFI_SANDBOX_FULL, LFI_BASE_ZERO, LFI_GUARD_ONE, LFI_THREADS_SINGLE, 1, 0, LFI_METER_NONE,
     LFIV_BASE_ZERO},
    {LFI_SANDBOX_FULL, LFI_BASE_SLOT, LFI_GUARD_SPARSE, LFI_THREADS_MULTI, 0, 1, LFI_METER_NONE,
     LFIV_BASE_SLOT},
};

static bool same(const struct LFIProfile *p, const struct Argued *a)
{
    return p->sandbox == a->sandbox && p->base == a->base && p->guard == a->guard
           && p->threads == a->threads && p->ctxreg == a->ctxreg && p->drift == a->drift
           && p->table == LFI_TABLE_BELOW && p->meter == a->meter
           && (p->bundle == 32 || (p->bundle == 16 && p->meter == LFI_METER_NONE));
}

static bool for_x86_64(const struct LFIProfile *profile, struct LFIVerifier *out)
{
    for (size_t i = 0; i < sizeof argued / sizeof argued[0]; i++) {
        if (!same(profile, &argued[i]))
            continue;
        out->verify = lfiv_verify_x64;
        out->opts.base = argued[i].rules;
        out->opts.dense = profile->guard == LFI_GUARD_DENSE;
        out->opts.single = profile->threads == LFI_THREADS_SINGLE;
        out->opts.meter = profile->meter != LFI_METER_NONE;
        return true;
    }
    return false;
}

/* arm64: bundles and counting come together.  */
static bool meters_soundly(const struct LFIProfile *p)
{
    if (p->meter == LFI_METER_NONE)
        return p->bundle == 0;
    return (p->meter == LFI_METER_BRANCH || p->meter == LFI_METER_RESUME) && p->bundle == 16 && p->sandbox == LFI_SANDBOX_FULL
           && p->table == LFI_TABLE_BELOW && p->ctxreg;
}

bool lfiv_for_profile(const struct LFIProfile *profile, struct LFIVerifier *out)
{
    memset(out, 0, sizeof *out);
    if (profile->arch == LFI_ARCH_X86_64) {
        if (!for_x86_64(profile, out))
            return false;
    } else {
        if (profile->arch != LFI_ARCH_AARCH64
            || (profile->sandbox != LFI_SANDBOX_FULL && profile->sandbox != LFI_SANDBOX_STORES)
            || !meters_soundly(profile))
            return false;
        out->opts.meter = profile->meter != LFI_METER_NONE;
        out->verify = lfiv_verify_arm64;
    }
    out->opts.box = profile->sandbox == LFI_SANDBOX_STORES ? LFI_BOX_STORES : LFI_BOX_FULL;
    out->opts.ctxreg = profile->ctxreg;
    out->opts.published = profile->table == LFI_TABLE_PAGE0;
    out->opts.isa = profile->isa;
    out->opts.bundle = profile->bundle;
    return true;
}
