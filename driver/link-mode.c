/* Whether a program gets a dynamic linker.
   SPDX-License-Identifier: Apache-2.0

   Programs are static images but for what only a dynamic linker can do: shared libraries among what
   is linked, symbols that libraries find in the program.  Not for -rdynamic, which CMake gives to
   every program.  */
#include "config.h"

#include "common/tool.h"
#include "driver/driver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What decides whether a program is linked with a dynamic linker.  */
struct LinkMode {
    const struct Invocation *inv;
    const struct ScannedArgs *args;
    bool archives; /* -Bstatic: of libraries archives alone */
    bool dynamic, fixed;
};

/* NAME.so or NAME.so.1, which is there.  */
static bool is_shared_name(const char *name)
{
    const char *so = strstr(name, ".so");
    while (so && so[3] && (so[3] != '.' || so[4] < '0' || so[4] > '9'))
        so = strstr(so + 1, ".so");
    return so && so != name && access(name, F_OK) == 0;
}

static bool exists(const char *dir, const char *prefix, const char *name, const char *suffix)
{
    char *path = tool_printf("%s/%s%s%s", dir, prefix, name, suffix);
    bool found = access(path, F_OK) == 0;
    free(path);
    return found;
}

/* Whether the linker would find a shared library of that name.  In the sysroot archives come first.
 */
static bool finds_shared(const struct LinkMode *mode, const char *name)
{
    for (size_t i = 0; i < mode->args->count; i++) {
        const char *dir = after(mode->args->values[i], "-L");
        if (dir && !*dir && i + 1 < mode->args->count)
            dir = mode->args->values[i + 1];
        if (!dir)
            continue;
        if (*name == ':' && exists(dir, "", name + 1, ""))
            return strstr(name, ".so") != NULL;
        if (exists(dir, "lib", name, ".so"))
            return true;
        if (exists(dir, "lib", name, ".a"))
            return false;
    }
    return !exists(mode->inv->libdir, "lib", name, ".a")
           && exists(mode->inv->libdir, "lib", name, ".so");
}

/* One argument of the linker.  */
static void note_linker_option(struct LinkMode *mode, const char *arg)
{
    static const char *const archives[] = {"-Bstatic", "-dn", "-non_shared", NULL},
                             *const shared[] = {"-Bdynamic", "-dy", "-call_shared", NULL},
                             *const dynamic[] = {"-E",
                                                 "-export-dynamic",
                                                 "--export-dynamic",
                                                 "-dynamic-linker",
                                                 "--dynamic-linker",
                                                 NULL};
    const char *library = after(arg, "-l");
    if (scan_is_one_of(arg, archives))
        mode->archives = true;
    else if (scan_is_one_of(arg, shared)) /* from there on, so the C library is, too */
        mode->archives = false, mode->dynamic = true;
    else if (scan_is_one_of(arg, dynamic) || after(arg, "--dynamic-linker="))
        mode->dynamic = true;
    else if (library)
        mode->dynamic |= !mode->archives && finds_shared(mode, library);
    else if (*arg != '-' && is_shared_name(arg))
        mode->dynamic = true;
}

static void note_linker_options(struct LinkMode *mode, const char *list)
{
    char *copy = tool_strdup(list), *save = NULL;
    for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
        note_linker_option(mode, word);
    free(copy);
}

bool wants_dynamic(const struct Invocation *inv, const struct ScannedArgs *args)
{
    static const char *const fixed[] = {"-static", "-static-pie", "-shared", "-r", NULL};
    struct LinkMode mode = {.inv = inv, .args = args};
    for (size_t i = 0; i < args->count; i++) {
        const char *arg = args->values[i], *list = after(arg, "-Wl,");
        bool last = i + 1 == args->count;
        if (scan_is_one_of(arg, fixed))
            mode.fixed = true;
        else if (strcmp(arg, "-mlfi-dynamic") == 0)
            mode.dynamic = true;
        else if (list)
            note_linker_options(&mode, list);
        else if (strcmp(arg, "-Xlinker") == 0 && !last)
            note_linker_option(&mode, args->values[++i]);
        else if (strcmp(arg, "-o") == 0)
            i++;
        else if (strcmp(arg, "-l") == 0 && !last)
            mode.dynamic |= !mode.archives && finds_shared(&mode, args->values[++i]);
        else if (after(arg, "-l") || *arg != '-')
            note_linker_option(&mode, arg);
    }
    return mode.dynamic && !mode.fixed;
}
