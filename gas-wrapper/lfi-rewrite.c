/* lfi-rewrite: assembly in, assembly for a box out.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "gas-wrapper/gaswrap.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

struct options {
    enum LFIArch arch;
    const char *output, *sandbox, *profile;
    bool spec, no_guard_elim;
};

enum { OPT_PROFILE = 256, OPT_NO_GUARD_ELIM, OPT_SPEC, OPT_HELP, OPT_VERSION };

static const struct option longopts[] = {
    {"arch", required_argument, NULL, 'a'},
    {"output", required_argument, NULL, 'o'},
    {"sandbox", required_argument, NULL, 's'},
    {"profile", required_argument, NULL, OPT_PROFILE},
    {"no-guard-elim", no_argument, NULL, OPT_NO_GUARD_ELIM},
    {"spec", no_argument, NULL, OPT_SPEC},
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
               "  -s, --sandbox TYPE  full: confine loads, stores and jumps (default);\n"
               "                      stores: stores and jumps; none: nothing\n"
               "      --spec          keep to the published rules\n"
               "      --profile NAME  one of the profiles below, instead of -s and --spec\n"
               "      --no-guard-elim a guard for every access\n"
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
    for (int c; (c = getopt_long(argc, argv, ":a:o:s:", longopts, NULL)) != -1;)
        switch (c) {
        case 'a':
            o->arch = lfi_arch_find(optarg);
            if (!o->arch || !arch_find(o->arch))
                tool_usage("unknown architecture '%s': aarch64 or x86_64", optarg);
            break;
        case 'o':
            o->output = optarg;
            break;
        case 's':
            o->sandbox = optarg;
            break;
        case OPT_PROFILE:
            o->profile = optarg;
            break;
        case OPT_NO_GUARD_ELIM:
            o->no_guard_elim = true;
            break;
        case OPT_SPEC:
            o->spec = true;
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

/* -s and --spec are a short way to name a profile.  */
static const struct LFIProfile *pick_profile(const struct options *o)
{
    static const char *const names[][3] = {
        {"full", "full", "spec"}, {"stores", "stores", "spec-stores"}, {"none", "none", "none"}};
    const char *name = o->profile;
    const char *sandbox = o->sandbox ? o->sandbox : "full";
    if (name && (o->sandbox || o->spec))
        tool_usage("--profile says what -s and --spec say; give one or the other");
    for (size_t i = 0; !name && i < sizeof names / sizeof *names; i++)
        if (strcmp(sandbox, names[i][0]) == 0)
            name = names[i][1 + o->spec];
    if (!name)
        tool_usage("unknown sandbox type '%s': full, stores or none", sandbox);
    const struct LFIProfile *p = lfi_profile_find(o->arch, name);
    if (!p)
        tool_usage("%s has no profile '%s'", lfi_arch_name(o->arch), name);
    return p;
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

    const char *input = optind < argc ? argv[optind] : "-";
    bool from_stdin = strcmp(input, "-") == 0;
    size_t size;
    char *data = tool_read_file(input, &size);
    if (!data)
        tool_fail("%s: %s", from_stdin ? "standard input" : input, strerror(errno));

    struct rewriter *r = rewriter_new(profile);
    r->guard_elim = !o.no_guard_elim;
    rewriter_add(r, from_stdin ? "{standard input}" : input, data, size);
    free(data);
    int status = 1;
    if (rewriter_run(r)) {
        const char *name = o.output ? o.output : "-";
        FILE *f;
        struct tool_output *out = tool_output_open(name, &f);
        if (!out)
            tool_fail("%s: %s", name, strerror(errno));
        rewriter_write(r, f, false);
        if (tool_output_commit(out) != 0)
            tool_fail("%s: %s", o.output ? name : "standard output", strerror(errno));
        status = 0;
    }
    rewriter_free(r);
    return status;
}
