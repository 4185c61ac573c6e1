/* What this machine can run.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/tool.h"
#include "profiles/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the user has to say so that a program of such a profile is run.  */
static const char *condition(enum LFISandbox sandbox)
{
    switch (sandbox) {
    case LFI_SANDBOX_FULL:
        return "";
    case LFI_SANDBOX_STORES:
        return ", with --allow=stores";
    default:
        return ", with --no-verify (unsafe)";
    }
}

/* How programs of the profile run here; NULL and *why if they do not.  */
static const char *how(const struct LFIProfile *profile, const char **why)
{
    const char *arch = lfi_arch_name(profile->arch);
    if (native_arch && strcmp(arch, native_arch) == 0) {
#ifdef LFI_NATIVE_RUNTIME
        *why = check_native(profile);
#endif
        return *why ? NULL : "natively";
    }
    const char *qemu = find_emulator(arch, why);
    return qemu ? tool_printf("under %s", qemu) : NULL;
}

int check_host(void)
{
    bool any = false;
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)); i++) {
        const char *arch = lfi_arch_name(p->arch), *why = NULL, *runs = how(p, &why);
        any = any || runs;
        if (runs)
            printf("%-8s %-12s yes, %s%s\n", arch, p->name, runs, condition(p->sandbox));
        else
            printf("%-8s %-12s no: %s\n", arch, p->name, why);
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        tool_fail("standard output cannot be written");
    return any ? 0 : 1;
}
