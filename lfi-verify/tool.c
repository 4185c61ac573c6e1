/* lfi-verify: says whether files obey the rules of their profile, and what breaks them.
   SPDX-License-Identifier: Apache-2.0  */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/tool.h"
#include "lfiv.h"
#include "lfiv_elf.h"
#include "profiles/profile.h"

static const char help[] =
    "Usage: lfi-verify [OPTION]... FILE...\n"
    "Checks that linked programs obey the rules of the sandbox (docs/sandbox.md).\n"
    "\n"
    "      --profile NAME   the profile to verify under, instead of the one in the file's\n"
    "                       note (without a note: the published rules, 'spec'; x86-64 files\n"
    "                       need one)\n"
    "  -s full|stores       confine loads too, or only stores and jumps, whatever the\n"
    "                       profile says (x86-64: stores with the rules of 'full' alone)\n"
    "  -n N                 verify N times and report the throughput\n"
    "      --all            print every rejection, not only the first 20 of a file\n"
    "      --page-size N    the page size to check segments for [4096]\n"
    "      --raw            FILE is machine code alone, to run at address 0; give the\n"
    "                       architecture with --arch\n"
    "      --arch NAME      architecture of raw code: aarch64 (published rules), x86_64\n"
    "                       (profile 'full'), unless --profile says otherwise\n"
    "  -q, --quiet          print nothing about files that pass\n"
    "      --help           print this and exit\n"
    "      --version        print the version and exit\n"
    "\n"
    "Exit status: 0 if every file passed, 1 if one did not, 2 for a wrong command line.\n";

enum { PRINTED_REJECTIONS = 20 };

struct Options {
    const char *profile, *arch;
    bool box_given, all, raw, quiet, several;
    enum LFIBoxType box;
    unsigned long repeat;
    size_t page;
};

/* One file being verified.  */
struct Job {
    const struct Options *options;
    const char *path, *data;
    size_t size;
    bool silent; /* repetitions of a measurement do not report again */
    unsigned long rejections;
};

static bool print_rejection(void *arg, const struct LFIVError *e)
{
    struct Job *job = arg;
    if (job->silent)
        return false;
    if (++job->rejections > PRINTED_REJECTIONS && !job->options->all)
        return true;
    uint64_t distance = 0;
    const char *symbol = lfiv_elf_symbol(job->data, job->size, e->addr, &distance);
    char code[LFIV_HEX_SIZE];
    lfiv_error_hex(e, code);
    if (symbol)
        tool_warn("%s: %#llx <%.200s+%#llx>: %s %s: %s", job->path, (unsigned long long)e->addr,
                  symbol, (unsigned long long)distance, code, e->insn, e->rule);
    else
        tool_warn("%s: %#llx: %s %s: %s", job->path, (unsigned long long)e->addr, code, e->insn,
                  e->rule);
    return true;
}

/* Processor time: what other programs do meanwhile is not our speed.  */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Verifies every executable segment, as often as asked for.  */
static bool verify_segments(struct Job *job, struct LFIVerifier *v, const struct LFIVElf *elf)
{
    bool ok = true;
    size_t bytes = 0;
    double start = now();
    unsigned long rounds = job->options->repeat;
    for (unsigned long round = 0; round < rounds; round++) {
        job->silent = round > 0;
        for (unsigned i = 0; i < elf->nsegs; i++) {
            const struct LFIVElfSegment *s = &elf->segs[i];
            if (!(s->prot & LFIV_ELF_EXEC))
                continue;
            /* The interface has no const; verifiers only read.  */
            char *code = (char *)(uintptr_t)(job->data + s->offset);
            ok &= lfiv_verify(v, code, s->filesz, s->vaddr);
            bytes += s->filesz;
        }
    }
    double seconds = now() - start;
    if (!ok) {
        if (job->rejections > PRINTED_REJECTIONS && !job->options->all)
            tool_warn("%s: %lu more rejections; --all prints them", job->path,
                      job->rejections - PRINTED_REJECTIONS);
        tool_warn("%s: verification failed (%lu rejection%s)", job->path, job->rejections,
                  job->rejections == 1 ? "" : "s");
        return false;
    }
    if (!job->options->quiet) {
        if (job->options->several)
            printf("%s: ", job->path);
        printf("verification passed (%.0f MB/s)\n",
               seconds > 0 ? (double)bytes / 1e6 / seconds : 0);
    }
    return true;
}

/* Storage with which x86-64 code is read once only.  Without it verifying is slower.  */
static void give_bitmap(struct LFIVerifier *v, const struct LFIVElf *elf)
{
    uint64_t largest = 0;
    for (unsigned i = 0; i < elf->nsegs; i++)
        if (elf->segs[i].prot & LFIV_ELF_EXEC && elf->segs[i].filesz > largest)
            largest = elf->segs[i].filesz;
    v->opts.bitmap_words = lfiv_bitmap_words(largest);
    v->opts.bitmap = calloc(v->opts.bitmap_words, sizeof *v->opts.bitmap);
}

/* Raw code as an image of one segment.  */
static void describe_raw(const struct Job *job, struct LFIVElf *elf)
{
    enum LFIArch arch = lfi_arch_find(job->options->arch);
    const struct LFIProfile *profile = lfi_profile_published(arch);
    if (!profile)
        profile = lfi_profile_find(arch, "full");
    *elf = (struct LFIVElf){.profile = profile, .nsegs = 1, .end = job->size};
    elf->segs[0] = (struct LFIVElfSegment){0, job->size, 0, job->size, LFIV_ELF_EXEC};
}

/* The verifier for a profile and the option -s; NULL, or why there is none.  */
static const char *choose_rules(const struct Options *o, const struct LFIProfile *profile,
                                struct LFIVerifier *v)
{
    struct LFIProfile changed = *profile;
    if (!lfiv_for_profile(profile, v))
        return "its profile promises nothing, so there is nothing to verify; rebuild it with "
               "-mlfi-profile=full";
    if (o->box_given)
        changed.sandbox = o->box == LFI_BOX_FULL ? LFI_SANDBOX_FULL : LFI_SANDBOX_STORES;
    if (!lfiv_for_profile(&changed, v))
        return "no rules are known that leave loads free in its profile; leave '-s stores' away";
    return NULL;
}

static bool verify_file(const struct Options *o, const char *path)
{
    struct Job job = {.options = o, .path = path};
    char *data = tool_read_file(path, &job.size);
    if (!data) {
        tool_warn("%s: %s", path, strerror(errno));
        return false;
    }
    job.data = data;
    struct LFIVElf elf;
    struct LFIVerifier v;
    const char *why = NULL;
    if (o->raw)
        describe_raw(&job, &elf);
    else
        why = lfiv_elf_check(data, job.size, o->page, &elf);
    const struct LFIProfile *profile = why ? NULL : elf.profile;
    if (profile && o->profile) {
        profile = lfi_profile_find(elf.profile->arch, o->profile);
        if (!profile)
            why = "its architecture has no profile of the name that --profile gives";
    }
    if (profile)
        why = choose_rules(o, profile, &v);
    bool ok = false;
    if (why) {
        tool_warn("%s: %s", path, why);
    } else {
        v.opts.report = print_rejection;
        v.opts.arg = &job;
        if (profile->bundle)
            give_bitmap(&v, &elf);
        ok = verify_segments(&job, &v, &elf);
        free(v.opts.bitmap);
    }
    free(data);
    return ok;
}

static unsigned long number(const char *option, const char *text, unsigned long limit)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 0);
    if (errno || *end || end == text || value == 0 || value > limit || strchr(text, '-'))
        tool_usage("%s needs a number from 1 to %lu, not '%s'", option, limit, text);
    return value;
}

static void check_options(const struct Options *o)
{
    bool known = false;
    for (size_t i = 0; o->profile && lfi_profile_at(i); i++)
        known |= strcmp(lfi_profile_at(i)->name, o->profile) == 0;
    if (o->profile && !known)
        tool_usage("unknown profile '%s'", o->profile);
    if (o->raw && !o->arch)
        tool_usage("--raw needs --arch");
    if (o->arch && !o->raw)
        tool_usage("--arch is for --raw: ELF files name their architecture");
    if (o->arch && !lfi_arch_find(o->arch))
        tool_usage("unknown architecture '%s'", o->arch);
    if (o->page < 4096 || (o->page & (o->page - 1)) != 0)
        tool_usage("--page-size needs a power of two from 4096 to 65536");
}

enum { OPT_HELP = 256, OPT_VERSION, OPT_PROFILE, OPT_ALL, OPT_RAW, OPT_ARCH, OPT_PAGE };

static const struct option longopts[] = {
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"profile", required_argument, NULL, OPT_PROFILE},
    {"all", no_argument, NULL, OPT_ALL},
    {"raw", no_argument, NULL, OPT_RAW},
    {"arch", required_argument, NULL, OPT_ARCH},
    {"page-size", required_argument, NULL, OPT_PAGE},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

static void take_option(struct Options *o, int c, char **argv)
{
    switch (c) {
    case OPT_HELP:
        tool_help(help);
    case OPT_VERSION:
        tool_version();
    case OPT_PROFILE:
        o->profile = optarg;
        break;
    case OPT_ALL:
        o->all = true;
        break;
    case OPT_RAW:
        o->raw = true;
        break;
    case OPT_ARCH:
        o->arch = optarg;
        break;
    case OPT_PAGE:
        o->page = number("--page-size", optarg, 65536);
        break;
    case 'q':
        o->quiet = true;
        break;
    case 'n':
        o->repeat = number("-n", optarg, 1000000);
        break;
    case 's':
        if (strcmp(optarg, "full") != 0 && strcmp(optarg, "stores") != 0)
            tool_usage("-s needs 'full' or 'stores', not '%s'", optarg);
        o->box_given = true;
        o->box = strcmp(optarg, "full") == 0 ? LFI_BOX_FULL : LFI_BOX_STORES;
        break;
    case ':':
        tool_usage("option '%s' needs a value", argv[optind - 1]);
    default:
        tool_usage("unknown option '%s'", argv[optind - 1]);
    }
}

int main(int argc, char **argv)
{
    tool_name = "lfi-verify";
    struct Options o = {.repeat = 1, .page = 4096};
    opterr = 0;
    int c;
    while ((c = getopt_long(argc, argv, ":s:n:q", longopts, NULL)) != -1)
        take_option(&o, c, argv);
    check_options(&o);
    if (optind == argc)
        tool_usage("no files given");
    o.several = argc - optind > 1;
    bool ok = true;
    for (int i = optind; i < argc; i++)
        ok &= verify_file(&o, argv[i]);
    if (fflush(stdout) != 0 || ferror(stdout))
        tool_fail("standard output: %s", strerror(errno));
    return ok ? 0 : 1;
}
