/* The command line: one table of options.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-run/lfi-run.h"
#include "common/options.h"
#include "common/tool.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As liblfi has them.  */
enum { MIN_STACK = 64 << 10, MAX_THREADS = 512, MAX_FILES = 1024 };
#define MAX_STACK ((size_t)1 << 30)

static void append(const char ***list, size_t *n, const char *s)
{
    *list = tool_realloc(*list, (*n + 2) * sizeof **list);
    (*list)[(*n)++] = s;
    (*list)[*n] = NULL;
}

static void take_dir(struct options *o, const char *arg)
{
    if (!*arg || *arg == '=' || *arg == ':')
        tool_usage("--dir '%s': a directory is missing", arg);
    const char *eq = strchr(arg, '=');
    if (eq && (!eq[1] || eq[1] == ':'))
        tool_usage("--dir '%s': the host directory is missing after '='", arg);
    if (eq && *arg != '/')
        tool_usage("--dir '%s': the path in the box before '=' must start with '/'", arg);
    append(&o->dirs, &o->ndirs, arg);
}

static void take_env(struct options *o, const char *arg)
{
    if (!*arg || *arg == '=')
        tool_usage("--env '%s': a name is missing", arg);
    append(&o->env, &o->nenv, arg);
}

static void take_env_all(struct options *o, const char *arg)
{
    (void)arg;
    o->env_all = true;
}

static void take_lib_dir(struct options *o, const char *arg)
{
    if (!*arg)
        tool_usage("--lib-dir: a directory is missing");
    o->lib_dir = arg;
}

static void take_allow(struct options *o, const char *arg)
{
    if (strcmp(arg, "stores") == 0)
        o->allow_stores = true;
    else if (strcmp(arg, "none") == 0)
        tool_usage("--allow=none: a program without confinement runs with --no-verify alone");
    else
        tool_usage("--allow=%s: the profile that can be allowed is 'stores'", arg);
}

/* Digits, and K, M or G; false if it is not so, or more than max.  */
static bool parse_size(const char *arg, uint64_t max, uint64_t *n)
{
    static const char letters[] = "KMG";
    char *end;
    errno = 0;
    if (*arg < '0' || *arg > '9')
        return false;
    unsigned long long value = strtoull(arg, &end, 10);
    const char *letter = *end ? strchr(letters, *end) : NULL;
    unsigned shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;
    if (errno || (*end && (!letter || end[1])) || value > max >> shift)
        return false;
    *n = value << shift;
    return true;
}

static void take_stack_size(struct options *o, const char *arg)
{
    uint64_t n;
    if (!parse_size(arg, MAX_STACK, &n) || n < MIN_STACK)
        tool_usage("--stack-size '%s': give 64K to 1G, in bytes or with K, M or G", arg);
    o->stack_size = n;
}

static void limit_size(const char *option, struct limit *l, const char *arg)
{
    if (!parse_size(arg, UINT64_MAX >> 1, &l->value) || !l->value)
        tool_usage("--%s '%s': give a number of bytes, such as 512K, 64M or 2G", option, arg);
    l->text = arg;
}

static void limit_number(const char *option, struct limit *l, const char *arg, unsigned max)
{
    size_t digits = strspn(arg, "0123456789");
    if (!digits || arg[digits] || digits > 9 || !(l->value = strtoull(arg, NULL, 10))
        || l->value > max)
        tool_usage("--%s '%s': give 1 to %u", option, arg, max);
    l->text = arg;
}

/* Seconds with at most three decimals, or whole milliseconds with "ms".  */
static bool parse_time(const char *arg, uint64_t *ms)
{
    size_t digits = strspn(arg, "0123456789"), decimals = 0;
    uint64_t n = digits && digits <= 9 ? strtoull(arg, NULL, 10) : 0;
    const char *rest = arg + digits;
    if (!digits || digits > 9)
        return false;
    if (strcmp(rest, "ms") == 0) {
        *ms = n;
        return true;
    }
    if (*rest == '.') {
        decimals = strspn(++rest, "0123456789");
        if (!decimals || decimals > 3)
            return false;
    }
    for (size_t i = 0; i < 3; i++)
        n = n * 10 + (i < decimals ? (uint64_t)(rest[i] - '0') : 0);
    *ms = n;
    return strcmp(rest + decimals, "") == 0 || strcmp(rest + decimals, "s") == 0;
}

static void limit_time(const char *option, struct limit *l, const char *arg)
{
    if (!parse_time(arg, &l->value) || !l->value)
        tool_usage("--%s '%s': give seconds, such as 10 or 0.5, or milliseconds, such as 200ms",
                   option, arg);
    l->text = arg;
}

static void take_memory(struct options *o, const char *arg)
{
    limit_size("memory", &o->memory, arg);
}

static void take_threads(struct options *o, const char *arg)
{
    limit_number("threads", &o->threads, arg, MAX_THREADS);
}

static void take_files(struct options *o, const char *arg)
{
    limit_number("files", &o->files, arg, MAX_FILES);
}

static void take_output(struct options *o, const char *arg)
{
    limit_size("output", &o->output, arg);
}

static void take_cpu(struct options *o, const char *arg)
{
    limit_time("cpu", &o->cpu, arg);
}

static void take_timeout(struct options *o, const char *arg)
{
    limit_time("timeout", &o->timeout, arg);
}

static void take_fuel(struct options *o, const char *arg)
{
    if (!parse_size(arg, LFI_FUEL_MAX, &o->fuel.value) || !o->fuel.value)
        tool_usage("--fuel '%s': give a number of instructions, such as 1000000, 512K or 20G", arg);
    o->fuel.text = arg;
}

static void take_slice(struct options *o, const char *arg)
{
    if (!parse_size(arg, LFI_FUEL_MAX, &o->slice.value) || o->slice.value < LFI_FUEL_STEP)
        tool_usage("--fuel-slice '%s': give a number of instructions from %d on, such as 1M", arg,
                   LFI_FUEL_STEP);
    o->slice.text = arg;
}

static void take_net(struct options *o, const char *arg)
{
    if (strcmp(arg, "loopback") == 0)
        o->net = LFI_NET_LOOPBACK;
    else if (strcmp(arg, "all") == 0)
        o->net = LFI_NET_ALL;
    else
        tool_usage("--net=%s: give 'loopback' or 'all'", arg);
}

static void take_no_verify(struct options *o, const char *arg)
{
    (void)arg;
    o->no_verify = true;
}

static void take_no_aslr(struct options *o, const char *arg)
{
    (void)arg;
    o->no_aslr = true;
}

static void take_trace(struct options *o, const char *arg)
{
    if (arg && !*arg)
        tool_usage("--trace=: the name of a file is missing");
    o->trace = true;
    o->trace_file = arg;
}

static void take_gdb(struct options *o, const char *arg)
{
    (void)arg;
    o->gdb = true;
}

static void take_perf(struct options *o, const char *arg)
{
    (void)arg;
    o->perf = true;
}

static void take_verbose(struct options *o, const char *arg)
{
    (void)arg;
    o->verbose = true;
}

static void take_no_seccomp(struct options *o, const char *arg)
{
    (void)arg;
    o->no_seccomp = true;
}

static void take_check_host(struct options *o, const char *arg)
{
    (void)arg;
    o->check_host = true;
}

static const struct tool_option rows[] = {
    {"dir", "[BOX=]HOST[:ro]", take_dir,
     "make the host's directory HOST visible in the box, as BOX if\n"
     "given, else under the same path; ':ro' forbids changes; repeatable"},
    {"env", "NAME[=VALUE]", take_env,
     "set NAME in the program's environment, which is empty otherwise;\n"
     "without a value, to what it is here; repeatable"},
    {"env-all", NULL, take_env_all, "pass on the whole environment"},
    {"lib-dir", "HOST", take_lib_dir,
     "take the dynamic linker of a dynamically linked program from the\n"
     "host's directory HOST, which it sees as /lib, read-only [libraries\n"
     "of this installation for the program's profile]"},
    {"net", "loopback|all", take_net,
     "the program may connect and listen with TCP and UDP: within this\n"
     "machine, at 127.0.0.0/8 and ::1, or as this user may"},
    {"allow", "stores", take_allow,
     "accept a program whose loads are not confined: it can read all\n"
     "memory of this process, but write only its own"},
    {"stack-size", "SIZE", take_stack_size, "of the first thread, such as 512K or 64M [8M]"},
    {"memory", "SIZE", take_memory,
     "the program may have so much memory, its stack included; beyond it\n"
     "gets none"},
    {"threads", "N", take_threads, "it may have N threads at a time [512]"},
    {"files", "N", take_files, "it may have N open files at a time [1024]"},
    {"output", "SIZE", take_output, "stop it when it has written so many bytes: status 153"},
    {"cpu", "TIME", take_cpu,
     "stop it when it has used so much processor time, such as 10, 0.5\n"
     "(seconds) or 200ms: status 152"},
    {"timeout", "TIME", take_timeout, "stop it when it has run for so long: status 124"},
    {"fuel", "N", take_fuel,
     "stop it when it has executed so many instructions: status 152; for\n"
     "programs that count them (-mlfi-meter=branch)"},
    {"fuel-slice", "N", take_slice,
     "say after every N instructions where it is; for programs that go on\n"
     "then (-mlfi-meter=branch-resume)"},
    {"trace", "FILE", take_trace,
     "print every system call as strace does, on standard error or\n"
     "into FILE",
     true},
    {"gdb", NULL, take_gdb,
     "tell gdb, when it debugs lfi-run, about the program in the box;\n"
     "the default where lfi-run is started by a debugger"},
    {"perf", NULL, take_perf, "tell perf the names of the program's functions"},
    {"verbose", NULL, take_verbose, "say where the program is loaded and what is not supported"},
    {"no-aslr", NULL, take_no_aslr, "load at predictable addresses"},
    {"no-verify", NULL, take_no_verify,
     "UNSAFE: run the program without verifying it; it can do\n"
     "everything that the user can"},
    {"no-seccomp", NULL, take_no_seccomp,
     "do not have the kernel watch over the runtime's own system calls"},
    {"check-host", NULL, take_check_host,
     "say which programs this machine can run, and why not the others"},
    {"help", NULL, NULL, "print this and exit"},
    {"version", NULL, NULL, "print the version and exit"},
};

static const struct tool_options table = {
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
    .column = 26,
    .usage =
        "Usage: lfi-run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
        "Runs a program that an LFI toolchain compiled in a sandbox of its own: it is verified\n"
        "first, sees no file but those of the directories given, and its exit status is\n"
        "passed on; a program that dies by a signal gives 128 + its number.\n\n",
    .notes = "\nThe working directory is kept if it is visible in the box, else it is '/'.\n"
             "LFI_QEMU_FLAGS holds options for qemu-user where a program of another\n"
             "architecture runs under it.\n",
};

void options_parse(struct options *o, int argc, char **argv)
{
    static const char *none[] = {NULL};
    *o = (struct options){0};
    char **next = argv + (argc > 0);
    for (; *next && (*next)[0] == '-' && (*next)[1];) {
        if (strcmp(*next, "--") == 0) {
            next++;
            break;
        }
        if (strcmp(*next, "-h") == 0)
            tool_options_help(&table);
        if (strncmp(*next, "--", 2) != 0)
            tool_usage("unknown option '%s'", *next);
        tool_option_take(&table, o, &next);
    }
    if (!*next && !o->check_host)
        tool_usage("no program given");
    if (*next && o->check_host)
        tool_usage("--check-host takes no program");
    o->argc = argc - (int)(next - argv);
    o->argv = tool_alloc(((size_t)o->argc + 1) * sizeof *o->argv);
    for (int i = 0; i < o->argc; i++)
        o->argv[i] = next[i];
    if (!o->dirs)
        o->dirs = none;
    if (!o->env)
        o->env = none;
}
