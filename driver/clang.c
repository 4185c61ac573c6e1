/* clang's driver, told to use our assembler, linker and libraries.
   SPDX-License-Identifier: Apache-2.0

   What does not depend on places is in the .cfg files beside this source.  clang has no specs:
   what GCC's specs refuse or change is in the tables here.  */
#include "config.h"

#include "common/tool.h"
#include "driver/driver.h"

#include <stdlib.h>
#include <string.h>

#define ANY ((enum LFIArch)0)

/* A pattern ends in "*" where more may follow.  */
static const struct {
    enum LFIArch arch;
    const char *patterns[8], *why;
} refused[] = {
    {ANY,
     {"-m32", "-mx32", "-mabi=ilp32*", "-mbig-endian", "-EB"},
     "this toolchain makes 64-bit little-endian code alone"},
    {ANY,
     {"--target=*", "-target", "-arch", "--gcc-toolchain=*", "--gcc-install-dir=*"},
     "the name of this program says what it compiles for: leave it out"},
    {ANY,
     {"-fintegrated-as", "-integrated-as"},
     "code must go through the sandbox's assembler: leave out -fintegrated-as"},
    {ANY,
     {"-flto", "-flto=thin", "-flto=full", "-flto=auto", "-flto=jobserver"},
     "clang would optimize at link time without the sandbox's assembler: leave out -flto, or "
     "compile with gcc"},
    {ANY, {"-no-pie", "-nopie"}, "programs are position-independent: leave out -no-pie"},
    {ANY, {"-shared"}, "clang links programs alone here: link the library with gcc"},
    {ANY, {"-p", "-pg"}, "there is no profiling library: leave out -p and -pg"},
    {ANY,
     {"--coverage", "-coverage", "-fprofile-arcs", "-fprofile-generate*",
      "-fprofile-instr-generate*", "-fcs-profile-generate*"},
     "there are no libraries for profiles of runs: leave out --coverage and -fprofile-generate"},
    {ANY,
     {"-fopenmp", "-fopenmp=*", "-fxray-instrument", "-fmemory-profile*"},
     "there is no library for this option: leave it out"},
    {ANY, {"-fuse-ld=*", "--ld-path=*"}, "the linker is GNU ld: leave out -fuse-ld"},
    {ANY,
     {"-rtlib=compiler-rt", "--rtlib=compiler-rt", "-unwindlib=libunwind", "--unwindlib=libunwind",
      "-stdlib=libc++"},
     "the libraries are GCC's: leave it out"},
    {ANY,
     {"-fsplit-stack", "-fsanitize=safe-stack"},
     "a box has its stack in one piece: leave it out"},
    {LFI_ARCH_AARCH64, {"-moutline-atomics"}, "there are no out-of-line atomics: leave it out"},
    {LFI_ARCH_AARCH64,
     {"-mfix-cortex-a53-835769", "-mfix-cortex-a53-843419"},
     "the linker's veneers for errata cannot be verified: leave out -mfix-cortex-a53-*"},
    {LFI_ARCH_X86_64,
     {"-mcmodel=large", "-mcmodel=medium", "-mcmodel=kernel"},
     "code and data of a box lie in 4 GiB: leave out -mcmodel="},
    {LFI_ARCH_X86_64,
     {"-mretpoline*", "-mlvi-*", "-mspeculative-load-hardening", "-mseses"},
     "thunks for indirect branches are not code of a box: leave it out"},
};

/* Of options that say the same thing, where the last counts: what is added behind the user's.  */
static const struct {
    enum LFIArch arch;
    const char *among[8];   /* the last of these */
    const char *instead[6]; /* is one of these */
    const char *added;
} replaced[] = {
    /* An image is placed where the box is.  */
    {LFI_ARCH_X86_64,
     {"-fPIE", "-fpie", "-fPIC", "-fpic", "-fno-pie", "-fno-PIE", "-fno-pic", "-fno-PIC"},
     {"-fno-pie", "-fno-PIE", "-fno-pic", "-fno-PIC"},
     "-fPIE"},
    /* There are no shadow stacks for code whose returns are jumps.  */
    {LFI_ARCH_X86_64,
     {"-fcf-protection", "-fcf-protection=full", "-fcf-protection=return", "-fcf-protection=branch",
      "-fcf-protection=none"},
     {"-fcf-protection", "-fcf-protection=full", "-fcf-protection=return"},
     "-fcf-protection=branch"},
};

/* Those that work without a library, if they end in a trap.  */
/* clang-format off */
static const char *const sanitizers[] = {
    "undefined", "alignment", "array-bounds", "bool", "bounds", "builtin", "enum",
    "float-cast-overflow", "float-divide-by-zero", "implicit-conversion", "integer",
    "integer-divide-by-zero", "local-bounds", "nonnull-attribute", "null", "nullability",
    "object-size", "pointer-overflow", "return", "returns-nonnull-attribute", "shift",
    "signed-integer-overflow", "unreachable", "unsigned-integer-overflow", "vla-bound",
};
/* clang-format on */

static bool matches(const char *pattern, const char *arg)
{
    size_t n = strlen(pattern);
    return pattern[n - 1] == '*' ? strncmp(pattern, arg, n - 1) == 0 : strcmp(pattern, arg) == 0;
}

static bool among(const char *const *patterns, size_t n, const char *arg)
{
    for (size_t i = 0; i < n && patterns[i]; i++)
        if (matches(patterns[i], arg))
            return true;
    return false;
}

#define AMONG(array, arg) among(array, sizeof(array) / sizeof *(array), arg)

static bool applies(enum LFIArch arch, const struct Invocation *inv)
{
    return arch == ANY || arch == lfi_arch_find(inv->arch);
}

static bool harmless_sanitizers(const char *list)
{
    char *copy = tool_strdup(list), *save;
    bool all = true;
    for (char *name = strtok_r(copy, ",", &save); name; name = strtok_r(NULL, ",", &save))
        all = all && AMONG(sanitizers, name);
    free(copy);
    return all;
}

static void check_sanitizers(const struct ScannedArgs *args)
{
    const char *list = NULL, *value;
    bool trap = false;
    for (size_t i = 0; i < args->count; i++) {
        const char *arg = args->values[i];
        if ((value = after(arg, "-fsanitize="))) {
            list = value;
            if (!harmless_sanitizers(list))
                tool_fail("%s: there are no sanitizer libraries: leave out -fsanitize=, or use "
                          "=undefined with -fsanitize-trap=all",
                          arg);
        }
        trap = trap || strcmp(arg, "-fsanitize-undefined-trap-on-error") == 0
               || strcmp(arg, "-fsanitize-trap") == 0 || strcmp(arg, "-fsanitize-trap=all") == 0
               || (list && (value = after(arg, "-fsanitize-trap=")) && strcmp(value, list) == 0);
    }
    if (list && !trap)
        tool_fail("there are no sanitizer libraries: add -fsanitize-trap=all");
}

static void check_options(const struct Invocation *inv, const struct ScannedArgs *args)
{
    for (size_t i = 0; i < args->count; i++) {
        const char *arg = args->values[i];
        if (strcmp(arg, "-fuse-ld=bfd") == 0)
            continue;
        for (size_t k = 0; k < sizeof refused / sizeof *refused; k++)
            if (applies(refused[k].arch, inv) && AMONG(refused[k].patterns, arg))
                tool_fail("%s: %s", arg, refused[k].why);
    }
    check_sanitizers(args);
}

/* clang can leave registers alone on arm64; elsewhere only profiles that need none are left.  */
static bool can_reserve(const struct LFIProfile *p)
{
    return p->arch == LFI_ARCH_AARCH64 || !*p->regset;
}

/* The profile that is meant where none is named: the first that confines all.  */
static const char *default_profile(enum LFIArch arch)
{
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)); i++)
        if (p->arch == arch && p->sandbox == LFI_SANDBOX_FULL && can_reserve(p))
            return p->name;
    tool_fail("clang has no profile for this architecture");
}

static void choose(struct Invocation *inv, const struct ScannedArgs *args)
{
    const char *otherwise = default_profile(lfi_arch_find(inv->arch));
    inv->profile = choose_profile(inv, args, otherwise);
    if (!can_reserve(inv->profile))
        tool_fail("-mlfi-profile=%s: clang cannot leave %s alone: use -mlfi-profile=%s, or compile "
                  "with gcc",
                  inv->profile->name, inv->profile->regset, otherwise);
}

struct Command {
    char **args;
    size_t n;
};

static void add(struct Command *c, char *arg)
{
    c->args = tool_realloc(c->args, (c->n + 2) * sizeof *c->args);
    c->args[c->n++] = arg;
    c->args[c->n] = NULL;
}

static void add_reserved(struct Command *c, const struct LFIProfile *p)
{
    char *names = tool_strdup(p->regset), *save;
    for (char *r = strtok_r(names, " ", &save); r; r = strtok_r(NULL, " ", &save))
        add(c, tool_printf("-ffixed-%s", r));
    free(names);
}

static void add_replacements(struct Command *c, const struct Invocation *inv,
                             const struct ScannedArgs *args)
{
    for (size_t k = 0; k < sizeof replaced / sizeof *replaced; k++) {
        const char *last = NULL;
        for (size_t i = 0; i < args->count; i++)
            if (applies(replaced[k].arch, inv) && AMONG(replaced[k].among, args->values[i]))
                last = args->values[i];
        if (last && AMONG(replaced[k].instead, last))
            add(c, tool_strdup(replaced[k].added));
    }
}

/* What users need not use up: nothing is said if it is not.  */
static void add_places(struct Command *c, const struct Invocation *inv)
{
    add(c, tool_strdup("--no-default-config"));
    add(c, tool_printf("--config=%s/%s/clang%s.cfg", inv->exec, inv->arch,
                       inv->sandboxed ? "-lfi" : ""));
    add(c, tool_strdup("--start-no-unused-arguments"));
    char *triple = triple_of(inv);
    add(c, tool_printf("--target=%s", triple));
    /* The directory of as and ld, or what stands before their names.  */
    add(c, inv->sandboxed ? tool_printf("-B%s/", inv->tooldir)
                          : tool_printf("-B%s/bin/%s-", tool_prefix(), triple));
    free(triple);
    add(c, tool_printf("-B%s/", inv->libdir));
    add(c, tool_printf("--gcc-toolchain=%s", inv->libdir));
    if (inv->sandboxed)
        add_reserved(c, inv->profile);
}

void run_clang(struct Invocation *inv, int argc, char **argv)
{
    struct ScannedArgs args = {0};
    struct Command c = {0};
    scan_args(&args, argc - 1, argv + 1);
    if (inv->sandboxed)
        choose(inv, &args);
    find_places(inv);
    answer_questions(inv, &args);
    check_installation(inv);
    check_options(inv, &args);
    clean_environment();

    add(&c, tool_strdup(inv->tool->stock));
    add_places(&c, inv);
    if (!scan_has(&args, "-r"))
        add(&c, tool_strdup("-static-pie"));
    add(&c, tool_strdup("--end-no-unused-arguments"));
    /* Expanded, since clang does not know what is taken out.  */
    for (size_t i = 0; i < args.count; i++)
        if (!picks_profile(args.values[i]))
            add(&c, args.values[i]);
    add_replacements(&c, inv, &args);
    add(&c, tool_strdup("--start-no-unused-arguments"));
    add(&c, tool_printf("--sysroot=%s", inv->sysroot));
    add(&c, tool_printf("-L%s", inv->libdir));
    add(&c, tool_strdup("--end-no-unused-arguments"));
    execute(c.args[0], c.args);
}
