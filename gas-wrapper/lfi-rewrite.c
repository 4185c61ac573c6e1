/* lfi-rewrite: assembly in, assembly for a box out.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/flags.h"
#include "gas-wrapper/gaswrap.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

struct options {
    enum LFIArch arch;
    const char *output, *sandbox, *profile, *cfi, *meter, *flags;
    const char *includes[64];
    size_t nincludes;
    bool spec, no_guard_elim, no_segue, single_thread, sys_external, poc;
};

enum {
    OPT_PROFILE = 256,
    OPT_CFI,
    OPT_METER,
    OPT_NO_SEGUE,
    OPT_SINGLE_THREAD,
    OPT_SYS_EXTERNAL,
    OPT_POC,
    OPT_NO_GUARD_ELIM,
    OPT_SPEC,
    OPT_FLAGS,
    OPT_HELP,
    OPT_VERSION
};

static const struct option longopts[] = {
    {"arch", required_argument, NULL, 'a'},
    {"output", required_argument, NULL, 'o'},
    {"include", required_argument, NULL, 'I'},
    {"sandbox", required_argument, NULL, 's'},
    {"profile", required_argument, NULL, OPT_PROFILE},
    {"cfi", required_argument, NULL, OPT_CFI},
    {"meter", required_argument, NULL, OPT_METER},
    {"no-segue", no_argument, NULL, OPT_NO_SEGUE},
    {"single-thread", no_argument, NULL, OPT_SINGLE_THREAD},
    {"sys-external", no_argument, NULL, OPT_SYS_EXTERNAL},
    {"poc", no_argument, NULL, OPT_POC},
    {"no-guard-elim", no_argument, NULL, OPT_NO_GUARD_ELIM},
    {"spec", no_argument, NULL, OPT_SPEC},
    {"flags", required_argument, NULL, OPT_FLAGS},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static _Noreturn void help(void)
{
    struct buf b = {NULL, 0, 0};
    buf_format(&b,
               "Usage: %s [OPTION]... [FILE]\n"
               "Rewrites GNU assembly so that the code stays in its box.  Reads standard input\n"
               "without FILE, or where it is '-'.\n"
               "\n"
               "  -a, --arch ARCH     aarch64 (default) or x86_64\n"
               "  -o, --output FILE   write there [standard output]\n"
               "  -I, --include DIR   look there for files that .include names\n"
               "  -s, --sandbox TYPE  full: confine loads, stores and jumps (default);\n"
               "                      stores: stores and jumps; bundle-jumps: jumps;\n"
               "                      none: nothing\n"
               "      --cfi bundle16  x86_64: bundles of 16 bytes; bundle32: of 32 (default)\n"
               "      --no-segue      x86_64: do without the segment gs\n"
               "      --single-thread x86_64: for boxes of one thread, where returns are cheap\n"
               "      --meter branch  count instructions, so that fuel can end a run;\n"
               "                      branch-resume: and one that is given more goes on;\n"
               "                      timer: nothing, since time can end every run\n"
               "      --poc           position-oblivious code: boxes can be copied\n"
               "      --sys-external  runtime calls through the table below the box (default)\n"
               "      --spec          keep to the published rules\n"
               "      --profile NAME  one of the profiles below, instead of all these\n"
               "      --no-guard-elim a guard for every access\n"
               "      --flags PROGRAM print what gcc, clang or postlink needs for the profile\n"
               "      --help          show this help and exit\n"
               "      --version       show the version and exit\n"
               "\nProfiles:\n",
               tool_name);
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)); i++)
        buf_format(&b, "  %s %s: %s\n", lfi_arch_name(p->arch), p->name, p->summary);
    buf_put(&b, "", 1);
    tool_help(b.p);
}

static void parse_options(int argc, char **argv, struct options *o)
{
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":a:o:s:I:", longopts, NULL)) != -1;)
        switch (c) {
        case 'a':
            o->arch = lfi_arch_find(optarg);
            if (!o->arch || !arch_find(o->arch))
                tool_usage("unknown architecture '%s': aarch64 or x86_64", optarg);
            break;
        case 'o':
            o->output = optarg;
            break;
        case 'I':
            if (o->nincludes == sizeof o->includes / sizeof *o->includes)
                tool_usage("more than %zu directories", o->nincludes);
            o->includes[o->nincludes++] = optarg;
            break;
        case 's':
            o->sandbox = optarg;
            break;
        case OPT_PROFILE:
            o->profile = optarg;
            break;
        case OPT_CFI:
            o->cfi = optarg;
            break;
        case OPT_METER:
            o->meter = optarg;
            break;
        case OPT_NO_SEGUE:
            o->no_segue = true;
            break;
        case OPT_SINGLE_THREAD:
            o->single_thread = true;
            break;
        case OPT_SYS_EXTERNAL:
            o->sys_external = true;
            break;
        case OPT_POC:
            o->poc = true;
            break;
        case OPT_NO_GUARD_ELIM:
            o->no_guard_elim = true;
            break;
        case OPT_SPEC:
            o->spec = true;
            break;
        case OPT_FLAGS:
            o->flags = optarg;
            break;
        case OPT_HELP:
            help();
        case OPT_VERSION:
            tool_version();
        case ':':
            tool_usage("option '%s' needs an argument", argv[optind - 1]);
        default:
            tool_usage("unknown option '%s'", argv[optind - 1]);
        }
}

static enum LFISandbox sandbox_type(const char *name)
{
    static const struct {
        const char *name;
        enum LFISandbox sandbox;
    } types[] = {{"full", LFI_SANDBOX_FULL},
                 {"stores", LFI_SANDBOX_STORES},
                 {"bundle-jumps", LFI_SANDBOX_BUNDLE_JUMPS},
                 {"none", LFI_SANDBOX_NONE}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(name, types[i].name) == 0)
            return types[i].sandbox;
    tool_usage("unknown sandbox type '%s': full, stores, bundle-jumps or none", name);
}

static unsigned bundle_size(const struct options *o)
{
    if (o->arch != LFI_ARCH_X86_64)
        tool_usage("--cfi: %s has no bundles", lfi_arch_name(o->arch));
    if (strcmp(o->cfi, "bundle16") == 0)
        return 16;
    if (strcmp(o->cfi, "bundle32") != 0)
        tool_usage("--cfi=%s: bundle16 or bundle32", o->cfi);
    return 32;
}

/* arm64: bundles come with it.  */
static void add_meter(const struct options *o, struct LFIProfile *want)
{
    const char *why;
    want->meter = lfi_meter_find(o->meter, &why);
    if (why)
        tool_usage("--meter=%s: %s", o->meter, why);
    if (want->meter != LFI_METER_NONE && want->arch == LFI_ARCH_AARCH64)
        want->bundle = 16;
}

/* An option and its value, behind those that are there.  */
static void add_given(struct buf *b, bool given, const char *option, const char *value)
{
    if (!given)
        return;
    if (b->len)
        buf_format(b, ", ");
    buf_format(b, value ? "%s=%s" : "%s", option, value);
}

/* The options that describe a profile, as they were given; "" if there are none.  */
static const char *described(const struct options *o)
{
    struct buf b = {NULL, 0, 0};
    add_given(&b, o->sandbox, "--sandbox", o->sandbox);
    add_given(&b, o->cfi, "--cfi", o->cfi);
    add_given(&b, o->no_segue, "--no-segue", NULL);
    add_given(&b, o->single_thread, "--single-thread", NULL);
    add_given(&b, o->meter, "--meter", o->meter);
    add_given(&b, o->poc, "--poc", NULL);
    add_given(&b, o->spec, "--spec", NULL);
    buf_put(&b, "", 1);
    return b.p;
}

/* The options say how a profile differs from "full"; the table says which of these there are.  */
static const struct LFIProfile *pick_profile(const struct options *o)
{
    const struct LFIProfile *p = lfi_profile_find(o->arch, o->profile ? o->profile : "full");
    const char *given = described(o);
    if (o->profile && *given)
        tool_usage("--profile says what the other options say; give one or the others");
    if (!p)
        tool_usage("%s has no profile '%s'", lfi_arch_name(o->arch), o->profile);
    if (o->profile)
        return p;
    struct LFIProfile want = *p;
    if (o->sandbox)
        want.sandbox = sandbox_type(o->sandbox);
    if (o->cfi)
        want.bundle = bundle_size(o);
    if (o->no_segue)
        want.base = LFI_BASE_REGISTER;
    if (o->single_thread)
        want.threads = LFI_THREADS_SINGLE;
    if (o->spec && o->sys_external)
        tool_usage("the published rules have the table in the box: --spec or --sys-external");
    if (o->spec)
        want.table = LFI_TABLE_PAGE0;
    if (o->meter)
        add_meter(o, &want);
    want.poc = o->poc;
    for (size_t i = 0; (p = lfi_profile_at(i)); i++)
        if (p->arch == want.arch && p->sandbox == want.sandbox && p->bundle == want.bundle
            && p->base == want.base && p->guard == want.guard && p->threads == want.threads
            && p->table == want.table && p->ctxreg == want.ctxreg && p->meter == want.meter
            && p->poc == want.poc)
            return p;
    tool_usage("%s has no profile with %s%s", lfi_arch_name(o->arch), given,
               strchr(given, ',') ? " together" : "");
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    tool_name = slash ? slash + 1 : argv[0];
    struct options o = {.arch = LFI_ARCH_AARCH64};
    parse_options(argc, argv, &o);
    if (argc - optind > 1)
        tool_usage("more than one input file: '%s'", argv[optind + 1]);
    const struct LFIProfile *profile = pick_profile(&o);
    if (o.flags) {
        if (optind < argc)
            tool_usage("--flags takes no file");
        tool_help(tool_printf("%s\n", flags_for(o.flags, profile)));
    }

    const char *input = optind < argc ? argv[optind] : "-";
    bool from_stdin = strcmp(input, "-") == 0;
    size_t size;
    char *data = tool_read_file(input, &size);
    if (!data)
        tool_fail("%s: %s", from_stdin ? "standard input" : input, strerror(errno));

    struct rewriter *r = rewriter_new(profile);
    r->guard_elim = !o.no_guard_elim;
    for (size_t i = 0; i < o.nincludes; i++)
        rewriter_include(r, o.includes[i]);
    rewriter_add(r, from_stdin ? "{standard input}" : input, data, size);
    free(data);
    int status = 1;
    if (rewriter_run(r)) {
        rewriter_save(r, o.output ? o.output : "-");
        status = 0;
    }
    rewriter_free(r);
    return status;
}
