/* lfi-run: runs a program in a box.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/tool.h"

#include <string.h>

#ifndef LFI_NATIVE_RUNTIME
const char *const native_arch = NULL;
#elif defined(__aarch64__)
const char *const native_arch = "aarch64";
#elif defined(__x86_64__)
const char *const native_arch = "x86_64";
#else
#error "no runtime for this architecture"
#endif

int main(int argc, char **argv)
{
    tool_name = "lfi-run";
    struct options o;
    options_parse(&o, argc, argv);
    if (o.check_host)
        return check_host();
    const char *arch = program_arch(o.argv[0]);
#ifdef LFI_NATIVE_RUNTIME
    if (strcmp(arch, native_arch) == 0)
        return run_program(&o);
#endif
    if (o.perf)
        tool_fail("%s: --perf: perf cannot see functions under an emulator; run it on %s",
                  o.argv[0], arch);
    handoff(arch, argv);
}
