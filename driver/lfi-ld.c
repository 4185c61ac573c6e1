/* The ld that GCC finds: GNU ld with the check of profiles and the flags that make an image
   fit for a box.  What GNU ld added to the code is replaced, and the result verified.
   SPDX-License-Identifier: Apache-2.0

   It is started as libexec/lfi/ARCH/PROFILE/ld, a link to itself.  The option --no-lfi-verify is
   its own.  */
#include "config.h"

#include "common/tool.h"
#include "driver/fill.h"
#include "driver/plt.h"
#include "driver/relax.h"
#include "driver/scan.h"
#include "common/verify.h"
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

/* After the user's, which they override: there is no binding of functions when they are called.  */
static const char *const last_flags[] = {"-z", "now"};

/* arm64: entries of the procedure linkage table that have room for what they become.  */
static const char *const last_flags_arm64[] = {"-z", "pac-plt"};

/* x86-64, metered: the same.  */
static const char *const last_flags_metered[] = {"-z", "ibtplt"};

static const char no_verify[] = "--no-lfi-verify";

/* Cuts the last component off the path and returns it.  */
static char *last_component(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = 0;
    return slash + 1;
}

/* What the arguments say.  */
struct Link {
    enum LFIArch arch;
    const struct LFIProfile *profile;
    char *directory; /* where this program was started, with the assembler */
    const char *image;
    const char *map; /* NULL: none; "": not a file of that name */
    bool dynamic;    /* for a dynamic linker */
    bool no_verify;
    char **args; /* of GNU ld; NULL-terminated */
    size_t nargs;
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

static void note_outputs(struct Link *l, const struct ScannedArgs *args)
{
    struct stat st;
    for (size_t i = 0; i < args->count; i++) {
        const char *image = value_of(args, i, "output", false),
                   *map = value_of(args, i, "Map", false);
        if (!image && strncmp(args->values[i], "-omagic", 7) != 0)
            image = value_of(args, i, "o", true);
        if (image)
            l->image = image;
        if (map)
            l->map = map;
        if (strcmp(args->values[i], "-M") == 0 || strcmp(args->values[i], "--print-map") == 0)
            l->map = "";
    }
    /* GNU ld makes a name of these, or prints the map.  */
    if (l->map
        && (strcmp(l->map, "-") == 0 || strchr(l->map, '%')
            || (stat(l->map, &st) == 0 && !S_ISREG(st.st_mode))))
        l->map = "";
}

static void note_kind(struct Link *l, const struct ScannedArgs *args)
{
    static const char *const alone[] = {"-r",
                                        "-i",
                                        "--relocatable",
                                        "-static",
                                        "--static",
                                        "--no-dynamic-linker",
                                        "-no-dynamic-linker",
                                        NULL};
    l->dynamic = true;
    for (size_t i = 0; i < args->count; i++) {
        if (scan_is_one_of(args->values[i], alone))
            l->dynamic = false;
        if (strcmp(args->values[i], no_verify) == 0)
            l->no_verify = true;
    }
}

static int cannot_run(const char *program, int err)
{
    if (err == ENOENT)
        tool_warn("%s is not installed, or not in PATH", program);
    else
        tool_warn("%s: %s", program, strerror(err));
    return 1;
}

/* Its exit status.  */
static int run_program(char **args)
{
    pid_t pid;
    int status, err = posix_spawnp(&pid, args[0], NULL, NULL, args, environ);
    if (err)
        return cannot_run(args[0], err);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            tool_fail("%s: %s", args[0], strerror(errno));
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    tool_warn("%s was ended by signal %d", args[0], WTERMSIG(status));
    return 1;
}

/* A file that is removed again.  */
static char *temporary(const char *what, const char *contents)
{
    const char *dir = getenv("TMPDIR");
    char *name = tool_printf("%s/lfi-%s-XXXXXX", dir && *dir ? dir : "/tmp", what);
    int fd = mkstemp(name);
    size_t size = strlen(contents);
    if (fd < 0)
        tool_fail("%s: %s", name, strerror(errno));
    bool ok = write(fd, contents, size) == (ssize_t)size;
    int err = errno;
    if (close(fd) == 0 && ok)
        return name;
    unlink(name);
    tool_fail("%s: %s", name, strerror(err));
}

static void add(struct Link *l, char *arg)
{
    l->args[l->nargs++] = arg;
}

static void add_all(struct Link *l, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(l, tool_strdup(list[i]));
}

/* What the linker's tables are replaced with is linked, too: assembled here, so that it is of the
   profile.  */
struct Stub {
    char *script, *object;
};

static struct Stub add_stub(struct Link *l)
{
    struct Stub stub = {NULL, NULL};
    if (!l->dynamic || !plt_stub(l->profile))
        return stub;
    char *source = temporary("stub", plt_stub(l->profile)), *as = tool_printf("%s/as", l->directory);
    stub.script = temporary("script", plt_script(l->profile));
    stub.object = temporary("object", "");
    int status = run_program((char *[]){as, source, tool_strdup("-o"), stub.object, NULL});
    unlink(source);
    if (status != 0) {
        unlink(stub.script);
        unlink(stub.object);
        exit(status);
    }
    add(l, stub.object);
    add(l, tool_strdup("-T"));
    add(l, stub.script);
    return stub;
}

static void remove_stub(struct Stub stub)
{
    if (!stub.object)
        return;
    unlink(stub.script);
    unlink(stub.object);
}

/* The byte for gaps, or -1.  */
static int fill_byte(enum LFIArch arch)
{
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++)
        if (fills[i].arch == arch)
            return fills[i].byte;
    return -1;
}

/* Links.  Where gaps are filled the linker's map is made, in *OWN if it was not asked for; if it
   was asked for in a way that leaves no file, by linking once more.  */
static int link_with_map(struct Link *l, char **own)
{
    bool wanted = fill_byte(l->arch) >= 0;
    int status = 0;
    *own = NULL;
    if (l->map || !wanted)
        status = run_program(l->args);
    if (status == 0 && wanted && (!l->map || !*l->map)) {
        *own = temporary("map", "");
        l->args[l->nargs] = tool_printf("-Map=%s", *own);
        status = run_program(l->args);
    }
    return status;
}

/* Whether the image is not what it was before: with --help and the like nothing is linked.  */
static bool was_written(const struct Link *l, const struct stat *before)
{
    struct stat now;
    return stat(l->image, &now) == 0
           && (now.st_ino != before->st_ino || now.st_dev != before->st_dev
               || now.st_ctim.tv_sec != before->st_ctim.tv_sec
               || now.st_ctim.tv_nsec != before->st_ctim.tv_nsec);
}

/* What is wrong with the image once it was changed, or NULL.  */
static char *finish(const struct Link *l, const char *map)
{
    struct Image m;
    char *why = NULL;
    int kind = image_open(&m, l->image);
    if (kind <= 0)
        return kind < 0 ? tool_strdup(strerror(errno)) : NULL;
    int byte = fill_byte(l->arch);
    if (byte >= 0 && fill_within(&m, map, (uint8_t)byte) != 0)
        why = tool_strdup(strerror(errno));
    const char *table = why ? NULL : plt_fix(&m, l->profile);
    relax_fix(&m, l->arch);
    if (byte >= 0)
        fill_between(&m, (uint8_t)byte);
    if (table)
        why = tool_strdup(table);
    else if (!why && !l->no_verify && (why = verify_image(&m, l->profile)))
        why = tool_printf("%s; -mno-lfi-verify links it all the same", why);
    image_close(&m);
    return why;
}

static int link_image(struct Link *l)
{
    char *own;
    struct stat before = {0};
    if (stat(l->image, &before) != 0)
        memset(&before, 0, sizeof before);
    struct Stub stub = add_stub(l);
    int status = link_with_map(l, &own);
    remove_stub(stub);
    char *why = status == 0 && was_written(l, &before) ? finish(l, own ? own : l->map) : NULL;
    if (own)
        unlink(own);
    if (!why)
        return status;
    unlink(l->image);
    tool_fail("%s: %s", l->image, why);
}

/* The arguments as they are, or without ours those of the files that they name.  */
static void add_given(struct Link *l, int argc, char **argv, const struct ScannedArgs *scanned)
{
    if (!l->no_verify)
        for (int i = 1; i < argc; i++)
            add(l, argv[i]);
    for (size_t i = 0; l->no_verify && i < scanned->count; i++)
        if (strcmp(scanned->values[i], no_verify) != 0)
            add(l, scanned->values[i]);
}

int main(int argc, char **argv)
{
    struct ScannedArgs scanned = {0};
    struct Link l = {.image = "a.out"};
    tool_name = "lfi-ld";
    char *path = tool_strdup(argc ? argv[0] : "");
    last_component(path);
    l.directory = tool_strdup(path);
    const char *profile = last_component(path), *arch = last_component(path);
    l.arch = arch ? lfi_arch_find(arch) : 0;
    l.profile = l.arch && profile ? lfi_profile_find(l.arch, profile) : NULL;
    if (!l.profile)
        tool_fail("run this program as ARCH-lfi-linux-musl-ld or by the compiler");

    scan_args(&scanned, argc - 1, argv + 1);
    note_outputs(&l, &scanned);
    note_kind(&l, &scanned);
    l.args = tool_alloc((scanned.count + (size_t)argc + 32) * sizeof *l.args);
    add(&l, tool_printf("%s-linux-gnu-ld", arch));
    /* First, so that it sees objects of -flto before GCC's plugin takes them.  */
    add(&l, tool_strdup("-plugin"));
    add(&l, tool_printf("%s/libexec/lfi/lfi_ld_plugin.so", tool_prefix()));
    add_all(&l, flags, sizeof flags / sizeof flags[0]);
    add_given(&l, argc, argv, &scanned);
    add_all(&l, last_flags, sizeof last_flags / sizeof last_flags[0]);
    if (l.arch == LFI_ARCH_AARCH64)
        add_all(&l, last_flags_arm64, sizeof last_flags_arm64 / sizeof last_flags_arm64[0]);
    else if (l.profile->meter != LFI_METER_NONE)
        add_all(&l, last_flags_metered, sizeof last_flags_metered / sizeof last_flags_metered[0]);
    return link_image(&l);
}
