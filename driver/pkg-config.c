/* pkg-config that finds libraries for boxes, and none of the build machine's.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "common/tool.h"
#include "driver/driver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set(const char *name, char *value, bool overwrite)
{
    if (setenv(name, value, overwrite) != 0)
        tool_fail("out of memory");
    free(value);
}

/* Where PKG_CONFIG_LIBDIR is not given, the sysroot, whose files have paths as if it were the root.
   Its own directories are the compiler's anyway.  */
static void set_environment(const struct Invocation *inv)
{
    unsetenv("PKG_CONFIG_PATH");
    if (!getenv("PKG_CONFIG_LIBDIR")) {
        set("PKG_CONFIG_LIBDIR",
            tool_printf("%s/pkgconfig:%s/share/pkgconfig", inv->libdir, inv->sysroot), true);
        set("PKG_CONFIG_SYSROOT_DIR", tool_strdup(inv->sysroot), false);
    }
    set("PKG_CONFIG_SYSTEM_INCLUDE_PATH", tool_printf("%s/include", inv->sysroot), true);
    set("PKG_CONFIG_SYSTEM_LIBRARY_PATH", tool_strdup(inv->libdir), true);
}

void run_pkg_config(struct Invocation *inv, int argc, char **argv)
{
    struct ScannedArgs args = {0};
    char **out = tool_alloc(((size_t)argc + 1) * sizeof *out);
    int n = 1;
    scan_args(&args, argc - 1, argv + 1);
    if (inv->sandboxed)
        inv->profile = choose_profile(inv, &args, "full");
    find_places(inv);
    set_environment(inv);
    for (int i = 1; i < argc; i++)
        if (!picks_profile(argv[i]))
            out[n++] = argv[i];
    execute("pkg-config", out);
}
