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
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *const flags[] = {
    "-z", "separate-code",                              /* nothing but code in executable pages */
    "-z", "noexecstack",   "-z", "max-page-size=65536", /* for hosts with any page size */
};

/* What goes between sections of code: int3.  On arm64 zeros are a trap, and padding is nops of one size.  */
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

/* What the arguments say about files that are written.  */
struct Outputs {
    const char *image;
    const char *map; /* NULL: none; "": not a file of that name */
};

/* The value of the option that is argument I, written as "-o X", "-oX" (if JOINED) or
   "--output=X".  NULL if it is another option.  */
static const char *value_of(const struct ScannedArgs *args, size_t i, const char *name, bool joined)
{
    const char *a = args->values[i];
    size_t len = strlen(name);
    if (a[0] != '-')
        return NULL;
    a += a[1] == '-' && len > 1 ? 2 : 1;
    if (strncmp(a, name, len) != 0)
        return NULL;
    if (a[len] == 0)
        return i + 1 < args->count ? args->values[i + 1] : "";
    if (a[len] == '=' && len > 1)
        return a + len + 1;
    return joined ? a + len : NULL;
}

static struct Outputs outputs_of(int argc, char **argv)
{
    struct ScannedArgs args = {0};
    struct Outputs o = {"a.out", NULL};
    struct stat st;
    scan_args(&args, argc - 1, argv + 1);
    for (size_t i = 0; i < args.count; i++) {
        const char *image = value_of(&args, i, "output", false), *map = value_of(&args, i, "Map", false);
        if (!image && strncmp(args.values[i], "-omagic", 7) != 0)
            image = value_of(&args, i, "o", true);
        if (image)
            o.image = image;
        if (map)
            o.map = map;
        if (strcmp(args.values[i], "-M") == 0 || strcmp(args.values[i], "--print-map") == 0)
            o.map = "";
    }
    /* GNU ld makes a name of these, or prints the map.  */
    if (o.map && (strcmp(o.map, "-") == 0 || strchr(o.map, '%')
                  || (stat(o.map, &st) == 0 && !S_ISREG(st.st_mode))))
        o.map = "";
    return o;
}

static _Noreturn void cannot_run(const char *ld, int err)
{
    if (err == ENOENT)
        tool_fail("%s is not installed, or not in PATH", ld);
    tool_fail("%s: %s", ld, strerror(err));
}

/* Runs the linker; if it fails, removes the file and ends.  */
static void run(char **args, const char *file)
{
    pid_t pid;
    int status, err = posix_spawnp(&pid, args[0], NULL, NULL, args, environ);
    if (err) {
        if (file)
            unlink(file);
        cannot_run(args[0], err);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            tool_fail("%s: %s", args[0], strerror(errno));
    if (file && status != 0)
        unlink(file);
    if (WIFSIGNALED(status))
        tool_fail("%s was ended by signal %d", args[0], WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        exit(WEXITSTATUS(status));
}

static char *temporary_map(void)
{
    const char *dir = getenv("TMPDIR");
    char *name = tool_printf("%s/lfi-map-XXXXXX", dir && *dir ? dir : "/tmp");
    int fd = mkstemp(name);
    if (fd < 0)
        tool_fail("%s: %s", name, strerror(errno));
    close(fd);
    return name;
}

/* Links and fills.  ARGS has room for one more.  The linker's map says what it padded; if it
   was asked for in a way that leaves no file, it is made by linking once more.  */
static void run_and_fill(char **args, int n, struct Outputs o, uint8_t byte)
{
    if (o.map)
        run(args, NULL);
    char *own = !o.map || !*o.map ? temporary_map() : NULL;
    if (own) {
        args[n] = tool_printf("-Map=%s", own);
        run(args, own);
    }
    int status = access(o.image, F_OK) == 0 ? fill_gaps(o.image, own ? own : o.map, byte) : 0;
    int err = errno;
    if (own)
        unlink(own);
    if (status != 0) {
        unlink(o.image);
        tool_fail("%s: %s", o.image, strerror(err));
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

    char **out = tool_alloc(((size_t)argc + NFLAGS + 5) * sizeof *out);
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
            run_and_fill(out, n, outputs_of(argc, argv), fills[i].byte);
            return 0;
        }
    execvp(out[0], out);
    cannot_run(out[0], errno);
}
