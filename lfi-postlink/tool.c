/* lfi-postlink: what an assembler could not do, in the linked file.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include "lfi-postlink/postlink.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "common/verify.h"
#include "lfiv.h"
#include "lfiv_elf.h"

enum { PAGE = 4096 };

static const char help[] =
    "Usage: lfi-postlink [OPTION]... FILE\n"
    "Finishes a linked program or library for boxes, in place: puts calls at the ends of\n"
    "their bundles and makes nops fewer (x86-64), and makes charges of metered code exact.\n"
    "The result is verified; what does not verify is not written.\n"
    "\n"
    "  -a, --arch ARCH      what the file must be for: x86_64 or aarch64\n"
    "      --bundle=N       the size of its bundles must be N bytes\n"
    "  -o, --output FILE    write there, and leave the input alone\n"
    "      --no-absorb      nops become no parts of the instructions before them\n"
    "  -v, --verbose        say what was done\n"
    "      --help           print this and exit\n"
    "      --version        print the version and exit\n"
    "\n"
    "Exit status: 0 if the result was written, 1 if it was not, 2 for a wrong command line.\n";

struct Options {
    const char *input, *output;
    enum LFIArch arch;
    unsigned long bundle;
    bool no_absorb, verbose;
};

/* The file in memory.  */
struct Job {
    const struct Options *options;
    uint8_t *file;
    size_t size;
    struct LFIVElf elf;
    struct Image image;
    struct Borders frames, lines;
    bool frames_known, lines_known;
};

static void read_borders(struct Job *job)
{
    const struct Image *m = &job->image;
    bool sections = image_of(&job->image, job->file, job->size);
    job->frames_known = sections && borders_of_frames(&job->frames, m);
    job->lines_known = sections && borders_of_lines(&job->lines, m);
}

static bool divided(void *arg, uint64_t from, uint64_t to)
{
    const struct Job *job = arg;
    return !job->frames_known || borders_between(&job->frames, from, to);
}

static bool shifted(void *arg, uint64_t from, uint64_t to)
{
    struct Job *job = arg;
    return job->frames_known && borders_shift(&job->frames, job->file, from, to);
}

static bool named(void *arg, uint64_t address)
{
    const struct Job *job = arg;
    return divided(arg, address - 1, address + 1) || !job->lines_known
           || borders_between(&job->lines, address - 1, address + 1);
}

static char *change_region(const struct Region *r, const struct LFIVerifier *v, struct Counts *n)
{
    char *why = r->profile->arch == LFI_ARCH_X86_64 ? postlink_x86_64(r, n) : NULL;
    if (!why && v->opts.meter)
        postlink_charges(r, v, n);
    return why;
}

static void change(struct Job *job, const struct LFIVerifier *v, struct Counts *n)
{
    const struct LFIProfile *profile = job->elf.profile;
    for (unsigned i = 0; i < job->elf.nsegs; i++) {
        const struct LFIVElfSegment *s = &job->elf.segs[i];
        struct Region r = {.code = job->file + s->offset,
                           .size = s->filesz,
                           .vaddr = s->vaddr,
                           .profile = profile,
                           .bundle = profile->bundle,
                           .absorb = !job->options->no_absorb,
                           .divided = divided,
                           .shifted = shifted,
                           .named = named,
                           .arg = job};
        char *why = s->prot & LFIV_ELF_EXEC ? change_region(&r, v, n) : NULL;
        if (why)
            tool_fail("%s: %s", job->options->input, why);
    }
}

static void verify(const struct Job *job)
{
    char *why = verify_image(&job->image, job->elf.profile);
    if (why)
        tool_fail("%s: not written, since it would not verify: %s", job->options->input, why);
}

static void check_file(const struct Job *job, struct LFIVerifier *v)
{
    const struct Options *o = job->options;
    const struct LFIProfile *p = job->elf.profile;
    if (o->arch && o->arch != p->arch)
        tool_fail("%s: is for %s, not %s", o->input, lfi_arch_name(p->arch),
                  lfi_arch_name(o->arch));
    if (o->bundle && o->bundle != p->bundle)
        tool_fail(p->bundle ? "%s: its profile %s has bundles of %u bytes"
                            : "%s: its profile %s has no bundles",
                  o->input, p->name, p->bundle);
    if (!lfiv_for_profile(p, v))
        tool_fail("%s: its profile promises nothing that could be verified: build it with "
                  "-mlfi-profile=full",
                  o->input);
}

static void write_file(const struct Job *job)
{
    const char *path = job->options->output ? job->options->output : job->options->input;
    FILE *f;
    struct tool_output *out = tool_output_open(path, &f);
    if (!out)
        tool_fail("%s: %s", path, strerror(errno));
    fwrite(job->file, 1, job->size, f);
    if (tool_output_commit(out) != 0)
        tool_fail("%s: %s", path, strerror(errno));
}

static void take_option(struct Options *o, int c, char **argv)
{
    char *end;
    switch (c) {
    case 'a':
        o->arch = lfi_arch_find(optarg);
        if (!o->arch)
            tool_usage("unknown architecture '%s': aarch64 or x86_64", optarg);
        break;
    case 'b':
        o->bundle = strtoul(optarg, &end, 10);
        if (*end || (o->bundle != 16 && o->bundle != 32))
            tool_usage("--bundle=%s: 16 or 32", optarg);
        break;
    case 'o':
        o->output = optarg;
        break;
    case 'n':
        o->no_absorb = true;
        break;
    case 'v':
        o->verbose = true;
        break;
    case 'h':
        tool_help(help);
    case 'V':
        tool_version();
    case ':':
        tool_usage("option '%s' needs an argument", argv[optind - 1]);
    default:
        tool_usage("unknown option '%s'", argv[optind - 1]);
    }
}

static const struct option longopts[] = {
    {"arch", required_argument, NULL, 'a'},   {"bundle", required_argument, NULL, 'b'},
    {"output", required_argument, NULL, 'o'}, {"no-absorb", no_argument, NULL, 'n'},
    {"verbose", no_argument, NULL, 'v'},      {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    tool_name = "lfi-postlink";
    struct Options o = {0};
    struct Job job = {.options = &o};
    struct Counts n = {0};
    struct LFIVerifier v;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":a:o:v", longopts, NULL)) != -1;)
        take_option(&o, c, argv);
    if (argc - optind != 1)
        tool_usage(argc == optind ? "no file given" : "more than one file given");
    o.input = argv[optind];
    job.file = (uint8_t *)tool_read_file(o.input, &job.size);
    if (!job.file)
        tool_fail("%s: %s", o.input, strerror(errno));
    const char *why = lfiv_elf_check(job.file, job.size, PAGE, &job.elf);
    if (why)
        tool_fail("%s: %s", o.input, why);
    check_file(&job, &v);
    read_borders(&job);
    change(&job, &v, &n);
    verify(&job);
    write_file(&job);
    if (o.verbose)
        printf("%s: %lu calls moved; of %lu nops %lu are left, %lu bytes of nops in other "
               "instructions; %lu charges changed\n",
               o.input, n.moved, n.nops_before, n.nops_after, n.absorbed, n.charges);
    return 0;
}
