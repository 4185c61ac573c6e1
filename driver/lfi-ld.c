/* The ld that GCC finds: GNU ld with the check of profiles and the flags that make an image
   fit for a box.
   SPDX-License-Identifier: Apache-2.0

   It is started as libexec/lfi/ARCH/PROFILE/ld, a link to itself.  */
#include "config.h"

#include "common/tool.h"
#include "driver/fill.h"
#include "driver/scan.h"
#include "profiles/profile.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *const flags[] = {
    "-z", "separate-code",                              /* nothing but code in executable pages */
    "-z", "noexecstack",   "-z", "max-page-size=65536", /* for hosts with any page size */
};

/* What goes between sections of code: int3.  On arm64 zeros are a trap.  */
static const struct {
    enum LFIArch arch;
    uint8_t byte;
} fills[] = {{LFI_ARCH_X86_64, 0xcc}};

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

/* The file that the command writes.  */
static const char *output_of(int argc, char **argv)
{
    struct ScannedArgs args = {0};
    const char *output = "a.out";
    scan_args(&args, argc - 1, argv + 1);
    for (size_t i = 0; i < args.count; i++) {
        const char *a = args.values[i];
        if ((strcmp(a, "-o") == 0 || strcmp(a, "--output") == 0) && i + 1 < args.count)
            output = args.values[i + 1];
        else if (strncmp(a, "--output=", 9) == 0)
            output = a + 9;
        else if (strncmp(a, "-o", 2) == 0 && a[2] && strncmp(a, "-omagic", 7) != 0)
            output = a + 2;
    }
    return output;
}

static _Noreturn void cannot_run(const char *ld, int err)
{
    if (err == ENOENT)
        tool_fail("%s is not installed, or not in PATH", ld);
    tool_fail("%s: %s", ld, strerror(err));
}

/* Runs the linker and ends if it fails.  */
static void run(char **args)
{
    pid_t pid;
    int status, err = posix_spawnp(&pid, args[0], NULL, NULL, args, environ);
    if (err)
        cannot_run(args[0], err);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            tool_fail("%s: %s", args[0], strerror(errno));
    if (WIFSIGNALED(status))
        tool_fail("%s was ended by signal %d", args[0], WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        exit(WEXITSTATUS(status));
}

static void run_and_fill(char **args, const char *output, uint8_t byte)
{
    run(args);
    if (access(output, F_OK) == 0 && fill_gaps(output, byte) != 0) {
        int err = errno;
        unlink(output);
        tool_fail("%s: %s", output, strerror(err));
    }
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
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++)
        if (fills[i].arch == lfi_arch_find(arch)) {
            run_and_fill(out, output_of(argc, argv), fills[i].byte);
            return 0;
        }
    execvp(out[0], out);
    cannot_run(out[0], errno);
}
