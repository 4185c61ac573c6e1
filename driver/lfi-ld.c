/* The ld that GCC finds: GNU ld with the check of profiles and the flags that make an image
   fit for a box.
   SPDX-License-Identifier: Apache-2.0

   It is started as libexec/lfi/ARCH/PROFILE/ld, a link to itself.  */
#include "config.h"

#include "common/tool.h"
#include "profiles/profile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const flags[] = {
    "-z", "separate-code",                              /* nothing but code in executable pages */
    "-z", "noexecstack",   "-z", "max-page-size=65536", /* for hosts with any page size */
};

enum { NFLAGS = sizeof flags / sizeof flags[0] };

/* Cuts the last component off the path and returns it.  */
static char *last_component(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = 0;
    return slash + 1;
}

int main(int argc, char **argv)
{
    tool_name = "lfi-ld";
    char *path = tool_strdup(argc ? argv[0] : "");
    last_component(path);
    const char *profile = last_component(path), *arch = last_component(path);
    if (!profile || !arch || !lfi_arch_find(arch)
        || !lfi_profile_find(lfi_arch_find(arch), profile))
        tool_fail("run this program as ARCH-lfi-linux-musl-ld or by the compiler");

    char **out = tool_alloc(((size_t)argc + NFLAGS + 4) * sizeof *out);
    int n = 0;
    out[n++] = tool_printf("%s-linux-gnu-ld", arch);
    /* First, so that it sees objects of -flto before GCC's plugin takes them.  */
    out[n++] = tool_strdup("-plugin");
    out[n++] = tool_printf("%s/libexec/lfi/lfi_ld_plugin.so", tool_prefix());
    for (int i = 0; i < NFLAGS; i++)
        out[n++] = tool_strdup(flags[i]);
    for (int i = 1; i < argc; i++)
        out[n++] = argv[i];
    execvp(out[0], out);
    if (errno == ENOENT)
        tool_fail("%s is not installed, or not in PATH", out[0]);
    tool_fail("%s: %s", out[0], strerror(errno));
}
