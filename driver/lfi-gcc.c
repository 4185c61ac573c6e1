/* The compiler driver and the prefixed tools: one program, told apart by its name.
   SPDX-License-Identifier: Apache-2.0

   ARCH-lfi-linux-musl-TOOL       code for a box
   ARCH-baseline-linux-musl-TOOL  the same compiler, flags and C library, not sandboxed
   ARCH_lfi-linux-musl-gcc        another spelling that some programs expect

   The tools are those of tools.def; this file is GCC's driver and what all share.

   It works out what depends on names and places (architecture, profile, installation) and
   leaves the rest to GCC's own driver and the specs files beside this source: those see
   every option, @file included.  What the specs need arrives in the environment.  */
#include "config.h"

#include "common/tool.h"
#include "driver/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct Tool tools[] = {
#define TOOL(name, kind, stock) {name, kind, stock},
#include "driver/tools.def"
#undef TOOL
};

const char *after(const char *s, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static const struct Tool *find_tool(const char *name)
{
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        if (strcmp(name, tools[i].name) == 0 || strcmp(name, tools[i].stock) == 0)
            return &tools[i];
    }
    return NULL;
}

/* name: ARCH ("-" | "_") ("lfi" | "baseline") "-linux-musl-" TOOL  */
static bool parse_name(const char *name, struct Invocation *inv)
{
    for (int a = LFI_ARCH_AARCH64; lfi_arch_name((enum LFIArch)a); a++) {
        inv->arch = lfi_arch_name((enum LFIArch)a);
        const char *rest = after(name, inv->arch), *tool;
        if (!rest || (*rest != '-' && *rest != '_'))
            continue;
        rest++;
        inv->sandboxed = (tool = after(rest, "lfi-linux-musl-")) != NULL;
        if (!tool)
            tool = after(rest, "baseline-linux-musl-");
        if (tool && (inv->tool = find_tool(tool)))
            return true;
    }
    return false;
}

static char *profile_names(enum LFIArch arch)
{
    char *list = tool_strdup("");
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)); i++)
        if (p->arch == arch) {
            char *longer = tool_printf("%s%s%s", list, *list ? ", " : "", p->name);
            free(list);
            list = longer;
        }
    return list;
}

static const struct LFIProfile *with_meter(const struct LFIProfile *p, const char *name)
{
    const char *why;
    enum LFIMeter meter = lfi_meter_find(name, &why);
    if (why)
        tool_fail("-mlfi-meter=%s: %s", name, why);
    if (meter == LFI_METER_NONE)
        return p;
    const struct LFIProfile *metered = lfi_profile_metered(p, meter);
    if (!metered)
        tool_fail("-mlfi-meter=%s: no profile of %s is like '%s' and counts instructions", name,
                  lfi_arch_name(p->arch), p->name);
    return metered;
}

static const struct LFIProfile *with_poc(const struct LFIProfile *p)
{
    const struct LFIProfile *oblivious = lfi_profile_oblivious(p);
    if (!oblivious)
        tool_fail("-mlfi-poc: no profile of %s is like '%s' and position-oblivious",
                  lfi_arch_name(p->arch), p->name);
    return oblivious;
}

bool picks_profile(const char *arg)
{
    return after(arg, "-mlfi-profile=") || after(arg, "-mlfi-meter=")
           || strcmp(arg, "-mlfi-poc") == 0;
}

const struct LFIProfile *choose_profile(const struct Invocation *inv,
                                        const struct ScannedArgs *args, const char *otherwise)
{
    enum LFIArch arch = lfi_arch_find(inv->arch);
    const char *name = otherwise, *meter = NULL;
    bool poc = false;
    for (size_t i = 0; i < args->count; i++) {
        const char *kind = after(args->values[i], "-mlfi-meter=");
        if (kind)
            meter = kind;
        poc = poc || strcmp(args->values[i], "-mlfi-poc") == 0;
        const char *value = after(args->values[i], "-mlfi-profile");
        if (value && *value == '=')
            name = value + 1;
        else if (value && *value == 0)
            name = value;
    }
    const struct LFIProfile *p = lfi_profile_find(arch, name);
    if (!p)
        tool_fail("-mlfi-profile=%s: no such profile of %s; there are %s", name, inv->arch,
                  profile_names(arch));
    if (meter)
        p = with_meter(p, meter);
    return poc ? with_poc(p) : p;
}

char *triple_of(const struct Invocation *inv)
{
    return tool_printf("%s-%s-linux-musl", inv->arch, inv->sandboxed ? "lfi" : "baseline");
}

void find_places(struct Invocation *inv)
{
    const char *prefix = tool_prefix();
    char *triple = triple_of(inv);
    inv->exec = tool_printf("%s/libexec/lfi", prefix);
    inv->sysroot = tool_printf("%s/%s", prefix, triple);
    free(triple);
    if (inv->sandboxed) {
        inv->tooldir = tool_printf("%s/%s/%s", inv->exec, inv->arch, inv->profile->name);
        inv->libdir = tool_printf("%s/lib/%s", inv->sysroot, inv->profile->multilib);
    } else {
        inv->tooldir = tool_printf("%s/%s/baseline", inv->exec, inv->arch);
        inv->libdir = tool_printf("%s/lib", inv->sysroot);
    }
}

void execute(const char *program, char **argv)
{
    argv[0] = tool_strdup(program);
    execvp(program, argv);
    if (errno == ENOENT && !strchr(program, '/'))
        tool_fail("%s is not installed, or not in PATH", program);
    tool_fail("%s: %s", program, strerror(errno));
}

/* As GCC's: a path if we have the file; GCC's own directories; else the name itself.  */
static void print_file_name(const struct Invocation *inv, const char *name)
{
    static const char *const of_gcc[] = {"include", "include-fixed", "plugin", "liblto_plugin.so"};
    char *path = tool_printf("%s/%s", inv->libdir, name);
    if (access(path, F_OK) == 0) {
        puts(path);
        return;
    }
    for (size_t i = 0; i < sizeof of_gcc / sizeof of_gcc[0]; i++)
        if (strcmp(name, of_gcc[i]) == 0) {
            char *gcc = tool_printf("%s-linux-gnu-gcc-12", inv->arch);
            char *option = tool_printf("-print-file-name=%s", name);
            execute(gcc, (char *[]){gcc, option, NULL});
        }
    puts(name);
}

static void print_multi_lib(const struct Invocation *inv)
{
    const struct LFIProfile *p;
    if (!inv->sandboxed) {
        puts(".;");
        return;
    }
    for (size_t i = 0; (p = lfi_profile_at(i)); i++) {
        char *dir = tool_printf("%s/lib/%s", inv->sysroot, p->multilib);
        if (p->arch == lfi_arch_find(inv->arch) && access(dir, F_OK) == 0)
            printf("%s;@mlfi-profile=%s\n", p->multilib, p->name);
        free(dir);
    }
}

static void print_search_dirs(const struct Invocation *inv)
{
    printf("install: %s/\nprograms: =%s/\nlibraries: =%s/\n", inv->libdir, inv->tooldir,
           inv->libdir);
}

/* Questions about places, which GCC and clang would answer with the distribution's.  */
static bool answered(const struct Invocation *inv, const char *arg)
{
    const char *value;
    if (strncmp(arg, "--print-", 8) == 0 || strcmp(arg, "--dump-machine") == 0)
        arg = strcmp(arg, "--dump-machine") == 0 ? "-dumpmachine" : arg + 1;
    if (strcmp(arg, "-dumpmachine") == 0 || strcmp(arg, "-print-multiarch") == 0)
        puts(triple_of(inv));
    else if (strcmp(arg, "-print-sysroot") == 0)
        puts(inv->sysroot);
    else if ((value = after(arg, "-print-file-name=")))
        print_file_name(inv, value);
    else if (strcmp(arg, "-print-libgcc-file-name") == 0)
        printf("%s/libgcc.a\n", inv->libdir);
    else if (strcmp(arg, "-print-search-dirs") == 0)
        print_search_dirs(inv);
    else if (strcmp(arg, "-print-multi-lib") == 0)
        print_multi_lib(inv);
    else if (strcmp(arg, "-print-multi-directory") == 0)
        puts(inv->sandboxed ? inv->profile->multilib : ".");
    else if (strcmp(arg, "-print-multi-os-directory") == 0)
        puts(".");
    else
        return false;
    return true;
}

static void print_help(const struct Invocation *inv)
{
    const struct LFIProfile *p;
    if (!inv->sandboxed)
        return;
    puts("Options of this toolchain:\n"
         "  -mlfi-profile=<name>     What the code is confined to [full]:");
    for (size_t i = 0; (p = lfi_profile_at(i)); i++)
        if (p->arch == inv->profile->arch)
            printf("      %-13s %s.\n", p->name, p->summary);
    puts("  -mlfi-meter=branch       Count instructions, so that fuel can end a run.\n"
         "  -mlfi-meter=branch-resume\n"
         "                           The same, and a run that is given more goes on.\n"
         "  -mlfi-meter=timer        Code as any other: time can end every run.\n"
         "  -mlfi-poc                Position-oblivious code: boxes can be copied.\n"
         "  -mlfi-S                  Like -S, but writes the rewritten assembly.\n"
         "  -static-pie              The default; -static and -pie mean the same.\n"
         "  -mlfi-dynamic            A program with a dynamic linker: the default where a shared\n"
         "                           library is linked, and with -Wl,-E.\n"
         "  -mno-lfi-verify          Do not verify what was linked.\n"
         "Options of GCC:");
}

void answer_questions(const struct Invocation *inv, const struct ScannedArgs *args)
{
    for (size_t i = 0; i < args->count; i++) {
        if (answered(inv, args->values[i]))
            exit(fflush(stdout) != 0);
        if (strcmp(args->values[i], "--help") == 0)
            print_help(inv);
    }
    fflush(stdout);
}

void check_installation(const struct Invocation *inv)
{
    char *as = tool_printf("%s/as", inv->tooldir);
    if (inv->sandboxed && access(as, X_OK) != 0)
        tool_fail("%s: %s: the installation is not complete", as, strerror(errno));
    free(as);
    if (access(inv->libdir, F_OK) != 0) {
        if (inv->sandboxed)
            tool_fail("this installation has no libraries of profile '%s'; build lfi with "
                      "LFI_PROFILES=%s",
                      inv->profile->name, inv->profile->name);
        tool_fail("%s: %s: the installation is not complete", inv->libdir, strerror(errno));
    }
}

void clean_environment(void)
{
    static const char *const leaks[] = {"LIBRARY_PATH",       "CPATH",           "C_INCLUDE_PATH",
                                        "CPLUS_INCLUDE_PATH", "GCC_EXEC_PREFIX", "COMPILER_PATH",
                                        "OBJC_INCLUDE_PATH",  "LD_RUN_PATH"};
    for (size_t i = 0; i < sizeof leaks / sizeof leaks[0]; i++)
        unsetenv(leaks[i]);
}

/* The specs read these.  */
static void set_environment(const struct Invocation *inv)
{
    char *exec = tool_printf("%s/%s", inv->exec, inv->arch);
    char *regs = tool_strdup(inv->sandboxed ? inv->profile->regset : "");
    for (char *p = regs; *p; p++)
        if (*p == ' ')
            *p = ',';
    char *triple = triple_of(inv);
    char *cxx = tool_printf("%s/include/c++/12", inv->sysroot);
    char *cxx_target = tool_printf("%s/%s", cxx, triple);
    if (setenv("LFI_SYSROOT", inv->sysroot, 1) != 0 || setenv("LFI_LIBDIR", inv->libdir, 1) != 0
        || setenv("LFI_EXEC", exec, 1) != 0 || setenv("LFI_FIXED", regs, 1) != 0
        || setenv("LFI_CXX", cxx, 1) != 0 || setenv("LFI_CXX_TARGET", cxx_target, 1) != 0)
        tool_fail("out of memory");
    free(triple);
    free(cxx);
    free(cxx_target);
    free(exec);
    free(regs);
}

/* The rewriter takes r11 at calls and returns, where it is dead by the ABI: the compiler must not
   know of functions that leave it alone.  */
static bool relies_on_scratch(const struct LFIProfile *p)
{
    return p->arch == LFI_ARCH_X86_64 && !strstr(p->regset, "r11");
}

static _Noreturn void run_gcc(struct Invocation *inv, int argc, char **argv)
{
    struct ScannedArgs args = {0};
    scan_args(&args, argc - 1, argv + 1);
    if (inv->sandboxed)
        inv->profile = choose_profile(inv, &args, "full");
    find_places(inv);
    answer_questions(inv, &args);
    check_installation(inv);
    clean_environment();
    set_environment(inv);

    char **out = tool_alloc(((size_t)argc + 9) * sizeof *out);
    int n = 0;
    out[n++] = tool_printf("%s-linux-gnu-%s", inv->arch, inv->tool->stock);
    out[n++] = tool_printf("-B%s/", inv->tooldir);
    out[n++] = tool_printf("-B%s/", inv->libdir);
    out[n++] = tool_printf("-specs=%s/musl.specs", inv->exec);
    out[n++] = tool_printf("-specs=%s/%s/arch.specs", inv->exec, inv->arch);
    if (inv->sandboxed)
        out[n++] = tool_printf("-specs=%s/%s/lfi.specs", inv->exec, inv->arch);
    bool dynamic = wants_dynamic(inv, &args), shared = scan_has(&args, "-shared");
    /* What says it again for one library would end it for those behind.  */
    for (int i = 1; i < argc; i++)
        if (dynamic || shared || strcmp(argv[i], "-static-libstdc++") != 0)
            out[n++] = argv[i];
    if (inv->sandboxed && relies_on_scratch(inv->profile))
        out[n++] = tool_strdup("-fno-ipa-ra");
    if (dynamic)
        out[n++] = tool_strdup("-mlfi-dynamic");
    execute(out[0], out);
}

static _Noreturn void run_tool(struct Invocation *inv, char **argv)
{
    char *program = tool_printf("%s-linux-gnu-%s", inv->arch, inv->tool->stock);
    if (inv->tool->kind == OURS && inv->sandboxed) {
        inv->profile = lfi_profile_find(lfi_arch_find(inv->arch), "full");
        if (!inv->profile)
            tool_fail("there is no sandbox for %s in this version", inv->arch);
        find_places(inv);
        program = tool_printf("%s/%s", inv->tooldir, inv->tool->name);
    }
    execute(program, argv);
}

int main(int argc, char **argv)
{
    struct Invocation inv = {0};
    const char *name = strrchr(argv[0], '/');
    name = name ? name + 1 : argv[0];
    tool_name = name;
    if (!parse_name(name, &inv))
        tool_fail("run this program by the name of a tool, such as aarch64-lfi-linux-musl-gcc");
    switch (inv.tool->kind) {
    case GCC:
        run_gcc(&inv, argc, argv);
    case CLANG:
        run_clang(&inv, argc, argv);
    case RUN:
        run_program(&inv, argv);
    case PKGCONF:
        run_pkg_config(&inv, argc, argv);
    case OURS:
    case STOCK:
        break;
    }
    run_tool(&inv, argv);
}
