/* The interface of liblfiv: regions, callbacks, options, profiles.
   SPDX-License-Identifier: Apache-2.0

   Prints "PASS NAME" or "FAIL NAME" for each test; exits with 1 if one failed.  */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lfi-verify/arm64/resume.h"
#include "lfi-verify/message.h"
#include "lfi_layout.h"
#include "lfiv.h"
#include "profiles/profile.h"

static int failures;

static void check(const char *name, bool ok)
{
    printf("%s %s\n", ok ? "PASS" : "FAIL", name);
    failures += !ok;
}

#define NOP "\x1f\x20\x03\xd5"
#define SVC "\x01\x00\x00\xd4"
#define DRIFT "\xff\x43\x00\xd1"   /* sub sp, sp, #16 */
#define MOV_X30 "\xfe\x03\x00\xaa" /* mov x30, x0 */
#define RET "\xc0\x03\x5f\xd6"
#define MOV_X25 "\xf9\x03\x00\xaa"

static struct {
    unsigned reports, lines;
    bool go_on;
    struct LFIVError last;
    char text[512];
} seen;

static bool report(void *arg, const struct LFIVError *e)
{
    seen.reports++;
    seen.last = *e;
    return arg == &seen && seen.go_on;
}

static void err(char *msg, size_t size)
{
    seen.lines++;
    snprintf(seen.text, sizeof seen.text, "%.*s", (int)size, msg);
}

static bool verify(const char *code, size_t size, uintptr_t addr)
{
    char copy[64];
    struct LFIVOptions o = {.ctxreg = true, .report = report, .arg = &seen};
    memset(&seen, 0, sizeof seen);
    memcpy(copy, code, size);
    return lfiv_verify_arm64(copy, size, addr, &o);
}

static bool says(const char *what)
{
    return seen.reports == 1 && strstr(seen.last.rule, what);
}

/* Bug class 12.  */
static void test_region(void)
{
    check("a region of nops", verify(NOP NOP, 8, 0x1000) && seen.reports == 0);
    check("an empty region", !verify(NOP, 0, 0x1000) && says("empty"));
    check("size not a multiple of 4: 7", !verify(NOP NOP, 7, 0x1000) && says("size"));
    check("size not a multiple of 4: 6", !verify(NOP NOP, 6, 0x1000) && says("size"));
    check("size not a multiple of 4: 5", !verify(NOP NOP, 5, 0x1000) && says("size"));
    check("a truncated instruction alone", !verify(NOP, 3, 0x1000) && says("size"));
    check("address not a multiple of 4: 2", !verify(NOP NOP, 8, 0x1002) && says("address"));
    check("address not a multiple of 4: 1", !verify(NOP NOP, 8, 0x1001) && says("address"));
    check("a region that leaves its box", !verify(NOP NOP, 8, 0xfffffffc) && says("one box"));
    check("a region at the end of its box", verify(NOP, 4, 0xfffffffc));
#if UINTPTR_MAX > 0xffffffff
    check("a region in another box", verify(NOP NOP, 8, 0x7000000000));
    check("a region over the end of another box",
          !verify(NOP NOP, 8, 0x70fffffffc) && says("one box"));
#endif
    check("the last word counts", !verify(NOP SVC, 8, 0) && seen.last.addr == 4);
    check("a drift at the end of the region", !verify(NOP DRIFT, 8, 0) && says("ends"));
    check("x30 unguarded at the end of the region", !verify(NOP MOV_X30, 8, 0) && says("ends"));
}

static void test_callbacks(void)
{
    char code[] = SVC NOP SVC "\xff\xff\xff\xff";
    struct LFIVOptions o = {.ctxreg = true};
    check("no callbacks", !lfiv_verify_arm64(code, 16, 0, &o));
    memset(&seen, 0, sizeof seen);
    o.err = err;
    check("err sees every rejection",
          !lfiv_verify_arm64(code, 16, 0x12345678, &o) && seen.lines == 3);
    check("err gets one line",
          strcmp(seen.text, "12345684: ffffffff ?: rule 1: unknown or unallocated "
                            "encoding")
              == 0);
    lfiv_verify_arm64(code, 4, (uintptr_t)0x123400000000, &o);
    check("addresses are printed in full",
          strstr(seen.text, "123400000000: d4000001 SVC: rule 1") == seen.text);
    memset(&seen, 0, sizeof seen);
    o.report = report;
    o.arg = &seen;
    check("report stops the scan",
          !lfiv_verify_arm64(code, 16, 0, &o) && seen.reports == 1 && seen.lines == 1);
    check("report is told what and where", seen.last.addr == 0 && seen.last.word == 0xd4000001
                                               && strcmp(seen.last.insn, "SVC") == 0);
    memset(&seen, 0, sizeof seen);
    seen.go_on = true;
    check("report lets the scan go on", !lfiv_verify_arm64(code, 16, 0, &o) && seen.reports == 3);
    memset(&seen, 0, sizeof seen);
    seen.go_on = true;
    char open[] = DRIFT RET MOV_X30 RET NOP;
    check("one mistake is one rejection", !lfiv_verify_arm64(open, 20, 0, &o) && seen.reports == 2);
}

/* The line that err gets, for what no verifier says yet.  */
static void test_message(void)
{
    static char rule[600];
    struct LFIVOptions o = {.err = err};
    struct LFIVError e = {UINT64_C(0xf000000000000001), 0x12, "NOP", rule};
    memset(&seen, 0, sizeof seen);
    lfiv_reject(&o, &e);
    check("numbers are printed in full",
          strcmp(seen.text, "f000000000000001: 00000012 NOP: ") == 0);
    memset(rule, 'r', sizeof rule - 1);
    lfiv_reject(&o, &e);
    check("a line has at most 256 characters", strlen(seen.text) == 256);
}

static void test_options(void)
{
    char crc[] = "\x00\x40\xc0\x1a", context[] = MOV_X25;
    struct LFIVOptions o = {.ctxreg = true};
    static char trap[4];
    struct LFIVOptions metered = {.ctxreg = true, .meter = true};
    check("metered", lfiv_verify_arm64(trap, 4, 0, &metered));
    static char cut[] = "\xf7\x0a\x00\xd1\x01\x00\x00\x14\x00\x00\x00"; /* sub x23, x23, #2; b .+4; udf */
    check("metered: a sequence", lfiv_verify_arm64(cut, 12, 0, &metered));
    check("metered: a sequence that the region cuts off", !lfiv_verify_arm64(cut, 4, 0, &metered));
    metered.box = LFI_BOX_STORES;
    check("metered stores", !lfiv_verify_arm64(trap, 4, 0, &metered));
    metered.box = LFI_BOX_FULL;
    metered.published = true;
    check("metered, by the published rules", !lfiv_verify_arm64(trap, 4, 0, &metered));
    check("isa 0 is the default set", lfiv_verify_arm64(crc, 4, 0, &o));
    o.isa = LFI_ISA_ARM64_AES;
    check("isa is an allow-list", !lfiv_verify_arm64(crc, 4, 0, &o));
    check("x25 with a context register", !lfiv_verify_arm64(context, 4, 0, &o));
    o.ctxreg = false;
    check("x25 without one", lfiv_verify_arm64(context, 4, 0, &o));
    o.no_bdd = true;
    check("no_bdd changes nothing", lfiv_verify_arm64(context, 4, 0, &o));
}

static void test_profiles(void)
{
    static const struct {
        const char *name;
        enum LFIBoxType box;
        bool published;
    } expected[] = {
        {"full", LFI_BOX_FULL, false},
        {"stores", LFI_BOX_STORES, false},
        {"spec", LFI_BOX_FULL, true},
        {"spec-stores", LFI_BOX_STORES, true},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct LFIProfile *p = lfi_profile_find(LFI_ARCH_AARCH64, expected[i].name);
        struct LFIVerifier v;
        char name[64], nop[] = NOP;
        snprintf(name, sizeof name, "profile %s", expected[i].name);
        check(name, p && lfiv_for_profile(p, &v) && v.verify == lfiv_verify_arm64
                        && v.opts.box == expected[i].box
                        && v.opts.published == expected[i].published && v.opts.ctxreg
                        && v.opts.isa == p->isa && lfiv_verify(&v, nop, 4, 0));
    }
    struct LFIVerifier v;
    const struct LFIProfile *none = lfi_profile_find(LFI_ARCH_AARCH64, "none");
    check("profile none cannot be verified", none && !lfiv_for_profile(none, &v));
    struct LFIProfile other = *lfi_profile_find(LFI_ARCH_AARCH64, "full");
    other.sandbox = LFI_SANDBOX_BUNDLE_JUMPS;
    check("a sandbox type without a verifier", !lfiv_for_profile(&other, &v));
}

/* Where a stopped box goes on.  */
static void test_arm64_resume(void)
{
    /* nop; sub x23, x23, #4; tbnz x23, #63, .+8; b .+4; udf #0 */
    static const uint32_t words[] = {0xd503201f, 0xd10012f7, 0xb7f80057, 0x14000001, 0};
    static const size_t at[] = {0, 4, 4, 4, 16};
    struct LFIVOptions o = {.ctxreg = true, .meter = true}, plain = {.ctxreg = true};
    char code[sizeof words];
    memcpy(code, words, sizeof words);
    bool ok = lfiv_verify_arm64(code, sizeof code, 0x10000, &o), same = true;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        ok = ok && lfiv_arm64_resume(code, sizeof code, 0x10000, 4 * i, &o) == at[i];
        same = same && lfiv_arm64_resume(code, sizeof code, 0x10000, 4 * i, &plain) == 4 * i;
    }
    check("arm64: metered: resumed at the start of a macro", ok);
    check("arm64: resumed anywhere", same);
}

/* Every row of the table, field by field.  */
static void test_x86_profiles(void)
{
    static const struct {
        const char *name;
        enum LFIBoxType box;
        enum LFIVBase base;
        unsigned bundle;
        bool dense, single, ctxreg, meter;
    } expected[] = {
        {"full", LFI_BOX_FULL, LFIV_BASE_SEGMENT, 32, false, false, true},
        {"stores", LFI_BOX_STORES, LFIV_BASE_SEGMENT, 32, false, false, true},
        {"bundle16", LFI_BOX_FULL, LFIV_BASE_SEGMENT, 16, false, false, true},
        {"nosegue", LFI_BOX_FULL, LFIV_BASE_REGISTER, 32, false, false, true},
        {"dense", LFI_BOX_FULL, LFIV_BASE_SEGMENT, 32, true, false, true},
        {"single", LFI_BOX_FULL, LFIV_BASE_SEGMENT, 32, false, true, true},
        {"one", LFI_BOX_FULL, LFIV_BASE_ZERO, 32, false, false, true},
        {"one-single", LFI_BOX_FULL, LFIV_BASE_ZERO, 32, false, true, true},
        {"allregs", LFI_BOX_FULL, LFIV_BASE_SLOT, 32, false, false, false},
        {"meter", LFI_BOX_FULL, LFIV_BASE_SEGMENT, 32, false, false, true, true},
        {"meter-resume", LFI_BOX_FULL, LFIV_BASE_SEGMENT, 32, false, false, true, true},
        {"poc", LFI_BOX_FULL, LFIV_BASE_SEGMENT, 32, false, false, true},
    };
    struct LFIVerifier v;
    char trap[] = "\xcc", name[64];
    size_t verified = 0;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct LFIProfile *p = lfi_profile_find(LFI_ARCH_X86_64, expected[i].name);
        snprintf(name, sizeof name, "x86-64: profile %s", expected[i].name);
        check(name, p && lfiv_for_profile(p, &v) && v.verify == lfiv_verify_x64
                        && v.opts.box == expected[i].box && v.opts.base == expected[i].base
                        && v.opts.bundle == expected[i].bundle && v.opts.dense == expected[i].dense
                        && v.opts.single == expected[i].single
                        && v.opts.ctxreg == expected[i].ctxreg
                        && v.opts.meter == expected[i].meter && !v.opts.published
                        && v.opts.isa == p->isa && lfiv_verify(&v, trap, 1, 0));
    }
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)) != NULL; i++)
        verified += p->arch == LFI_ARCH_X86_64 && lfiv_for_profile(p, &v);
    check("x86-64: no other profile can be verified",
          verified == sizeof expected / sizeof expected[0]
              && !lfiv_for_profile(lfi_profile_find(LFI_ARCH_X86_64, "none"), &v)
              && !lfiv_for_profile(lfi_profile_find(LFI_ARCH_X86_64, "bundle-jumps"), &v));
}

/* Combinations that are no row of the table, made from one by changing a field.  */
static void test_x86_combinations(void)
{
    static const struct {
        const char *from;
        size_t field;
        unsigned value;
    } refused[] = {
        {"full", offsetof(struct LFIProfile, base), LFI_BASE_ZERO},
        {"full", offsetof(struct LFIProfile, base), 0},
        {"full", offsetof(struct LFIProfile, base), 5},
        {"full", offsetof(struct LFIProfile, base), LFI_BASE_SLOT},
        {"full", offsetof(struct LFIProfile, guard), LFI_GUARD_ONE},
        {"full", offsetof(struct LFIProfile, guard), 0},
        {"full", offsetof(struct LFIProfile, threads), 0},
        {"full", offsetof(struct LFIProfile, threads), 3},
        {"full", offsetof(struct LFIProfile, table), LFI_TABLE_PAGE0},
        {"full", offsetof(struct LFIProfile, meter), 3},
        {"bundle16", offsetof(struct LFIProfile, meter), LFI_METER_BRANCH},
        {"stores", offsetof(struct LFIProfile, meter), LFI_METER_BRANCH},
        {"stores", offsetof(struct LFIProfile, meter), LFI_METER_RESUME},
        {"dense", offsetof(struct LFIProfile, meter), LFI_METER_BRANCH},
        {"single", offsetof(struct LFIProfile, meter), LFI_METER_BRANCH},
        {"nosegue", offsetof(struct LFIProfile, meter), LFI_METER_BRANCH},
        {"one", offsetof(struct LFIProfile, meter), LFI_METER_BRANCH},
        {"allregs", offsetof(struct LFIProfile, meter), LFI_METER_BRANCH},
        {"full", offsetof(struct LFIProfile, sandbox), LFI_SANDBOX_BUNDLE_JUMPS},
        {"full", offsetof(struct LFIProfile, sandbox), LFI_SANDBOX_NONE},
        {"full", offsetof(struct LFIProfile, sandbox), 0},
        {"full", offsetof(struct LFIProfile, arch), 3},
        {"full", offsetof(struct LFIProfile, bundle), 0},
        {"full", offsetof(struct LFIProfile, bundle), 64},
        {"stores", offsetof(struct LFIProfile, base), LFI_BASE_REGISTER},
        {"stores", offsetof(struct LFIProfile, guard), LFI_GUARD_DENSE},
        {"stores", offsetof(struct LFIProfile, threads), LFI_THREADS_SINGLE},
        {"nosegue", offsetof(struct LFIProfile, threads), LFI_THREADS_SINGLE},
        {"nosegue", offsetof(struct LFIProfile, guard), LFI_GUARD_DENSE},
        {"dense", offsetof(struct LFIProfile, threads), LFI_THREADS_SINGLE},
        {"one", offsetof(struct LFIProfile, sandbox), LFI_SANDBOX_STORES},
        {"one", offsetof(struct LFIProfile, guard), LFI_GUARD_SPARSE},
        {"one", offsetof(struct LFIProfile, guard), LFI_GUARD_DENSE},
        {"one", offsetof(struct LFIProfile, base), LFI_BASE_SEGMENT},
        {"allregs", offsetof(struct LFIProfile, threads), LFI_THREADS_SINGLE},
        {"allregs", offsetof(struct LFIProfile, guard), LFI_GUARD_DENSE},
        {"allregs", offsetof(struct LFIProfile, sandbox), LFI_SANDBOX_STORES},
    };
    struct LFIVerifier v;
    struct LFIProfile p;
    char name[64];
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        p = *lfi_profile_find(LFI_ARCH_X86_64, refused[i].from);
        memcpy((char *)&p + refused[i].field, &refused[i].value, sizeof refused[i].value);
        snprintf(name, sizeof name, "x86-64: a combination without rules (%zu, %s)", i, p.name);
        check(name, !lfiv_for_profile(&p, &v));
    }
    p = *lfi_profile_find(LFI_ARCH_X86_64, "full");
    p.drift = false;
    check("x86-64: drift that the profile does not have", !lfiv_for_profile(&p, &v));
    p = *lfi_profile_find(LFI_ARCH_X86_64, "one");
    p.drift = true;
    check("x86-64: drift where there is none", !lfiv_for_profile(&p, &v));
    p = *lfi_profile_find(LFI_ARCH_X86_64, "allregs");
    p.ctxreg = true;
    check("x86-64: a context register where none is left", !lfiv_for_profile(&p, &v));
}

static bool verify_x86(const char *code, size_t size, uintptr_t addr, struct LFIVOptions *o)
{
    static char copy[256];
    memset(&seen, 0, sizeof seen);
    seen.go_on = true;
    memcpy(copy, code, size);
    o->report = report;
    o->err = err;
    o->arg = &seen;
    return lfiv_verify_x64(copy, size, addr, o);
}

#define NOPS8 "\x90\x90\x90\x90\x90\x90\x90\x90"
#define NOPS32 NOPS8 NOPS8 NOPS8 NOPS8

/* Bug class 12, and the storage.  */
static void test_x86(void)
{
    struct LFIVOptions o = {.ctxreg = true};
    uint64_t bitmap[8];
    check("x86-64: a region", verify_x86(NOPS32, 32, 0x1000, &o) && seen.reports == 0);
    check("x86-64: an empty region", !verify_x86(NOPS32, 0, 0, &o) && says("empty"));
    check("x86-64: an address in a bundle", !verify_x86(NOPS32, 8, 16, &o) && says("bundle"));
    check("x86-64: a region at the end of its box", verify_x86(NOPS32, 32, 0xffffffe0, &o));
#if UINTPTR_MAX > 0xffffffff
    check("x86-64: a region over the end of its box",
          !verify_x86(NOPS32 NOPS8, 33, 0x70ffffffe0, &o) && says("one box"));
    check("x86-64: a branch out of another box", /* jmp rel32 */
          verify_x86("\xe9\xfb\xff\xff\xff", 5, 0x7000000000, &o)
              && !verify_x86("\xe9\xdb\xff\xff\xff", 5, 0x7000000000, &o)
              && says("out of the box"));
#endif
    check("x86-64: a bundle of 16",
          verify_x86(NOPS32, 32, 16, &(struct LFIVOptions){.bundle = 16}));
    check("x86-64: a bundle of 64",
          !verify_x86(NOPS32, 32, 0, &(struct LFIVOptions){.bundle = 64}) && says("bundle size"));
    check("x86-64: a bundle of 8",
          !verify_x86(NOPS32, 32, 0, &(struct LFIVOptions){.bundle = 8}) && says("bundle size"));
    o.bitmap = bitmap;
    o.bitmap_words = 1;
    check("x86-64: a bitmap of one word", !verify_x86(NOPS8, 8, 0, &o) && says("bitmap"));
    check("x86-64: an empty region and a small bitmap",
          !verify_x86(NOPS8, 0, 0, &o) && says("empty"));
    o.bitmap_words = 2;
    static const char windows[] = /* jmp to 128 ; jmp to 1 ; nops */
        "\xeb\x7e\xeb\xfd" NOPS32 NOPS32 NOPS32 NOPS32;
    memset(bitmap, 0, sizeof bitmap);
    check("x86-64: one bad branch among good ones", !verify_x86(windows, sizeof windows - 1, 0, &o)
                                                        && seen.reports == 1
                                                        && seen.last.addr == 2);
    check("x86-64: a good branch to where there is a bad one",
          !verify_x86("\x90\xeb\xfd\xeb\xff", 5, 0, &o) && seen.reports == 1
              && seen.last.addr == 3);
    check("x86-64: a bitmap of two words", verify_x86(NOPS32, 32, 0, &o));
    o.bitmap_words = lfiv_bitmap_words(32);
    check("x86-64: a bitmap as it is asked for",
          o.bitmap_words <= 8 && verify_x86(NOPS32, 32, 0, &o));
    o.bitmap = NULL;

    /* mov %rax, %r14 ; syscall ; nops ; jmp into itself */
    static const char bad[] = "\x49\x89\xc6\x0f\x05" NOPS8 NOPS8 NOPS8 "\x90\x90\x90\xeb\xff\x90";
    check("x86-64: every rejection, by bundle",
          !verify_x86(bad, sizeof bad - 1, 0x1000, &o) && seen.reports == 1 && seen.lines == 1);
    check("x86-64: err gets one line",
          strcmp(seen.text,
                 "00001003: 0f05909090909090909090909090 SYSCALL: rule 1: system calls go "
                 "through the rtcall table")
                  != 0
              && strstr(seen.text, "00001003: 0f05") == seen.text && strstr(seen.text, "SYSCALL"));
    check("x86-64: the encoding is told",
          seen.last.length == 15 && seen.last.bytes[1] == 5 && seen.last.addr == 0x1003);
    check("x86-64: branches are looked at last",
          !verify_x86(NOPS32 "\xeb\xff\x90\x49\x89\xc6", 38, 0x1000, &o) && seen.reports == 1
              && seen.last.addr == 0x1023 && seen.last.length == 3);
    check("x86-64: all bad branches are reported", !verify_x86("\xeb\xff\x90\xeb\xff", 5, 0, &o)
                                                       && seen.reports == 2 && seen.last.addr == 3);
    seen.go_on = false;
    o.report = NULL;
    o.err = NULL;
    char two[] = "\x49\x89\xc6\x49\x89\xc6";
    check("x86-64: no callbacks", !lfiv_verify_x64(two, 6, 0, &o));
    memset(&seen, 0, sizeof seen);
    o.report = report;
    check("x86-64: report stops the scan", !lfiv_verify_x64(two, 6, 0, &o) && seen.reports == 1);
    o.isa = LFI_ISA_X86_AES;
    check("x86-64: isa is an allow-list", !verify_x86("\xc5\xf8\x77", 3, 0, &o));
    o.isa = 0;
    check("x86-64: isa 0 is the default set", verify_x86("\xc5\xf8\x77", 3, 0, &o));
}

/* Options that no rules are known for.  */
static void test_x86_options(void)
{
    struct LFIVOptions o = {.ctxreg = true, .box = LFI_BOX_STORES};
    check("x86-64: stores", verify_x86("\x90", 1, 0, &o));
    o.dense = true;
    check("x86-64: stores and dense", !verify_x86("\x90", 1, 0, &o) && says("leave loads free"));
    o.dense = false;
    o.single = true;
    check("x86-64: stores and single", !verify_x86("\x90", 1, 0, &o) && says("leave loads free"));
    o.single = false;
    o.base = LFIV_BASE_REGISTER;
    check("x86-64: stores and a base register",
          !verify_x86("\x90", 1, 0, &o) && says("leave loads free"));
    o.box = LFI_BOX_FULL;
    check("x86-64: a base register", verify_x86("\x90", 1, 0, &o));
    o.base = LFIV_BASE_SLOT;
    check("x86-64: a base slot and a context register",
          !verify_x86("\x90", 1, 0, &o) && says("no register is left"));
    o.ctxreg = false;
    check("x86-64: a base slot", verify_x86("\x90", 1, 0, &o));
    o = (struct LFIVOptions){.ctxreg = true, .meter = true};
    check("x86-64: metered", verify_x86("\xcc", 1, 0, &o));
    o.box = LFI_BOX_STORES;
    check("x86-64: metered stores", !verify_x86("\xcc", 1, 0, &o) && says("no rules are known that meter"));
    o.box = LFI_BOX_FULL;
    o.dense = true;
    check("x86-64: metered and dense", !verify_x86("\xcc", 1, 0, &o) && says("that meter"));
    o.dense = false;
    o.single = true;
    check("x86-64: metered and single", !verify_x86("\xcc", 1, 0, &o) && says("that meter"));
    o.single = false;
    o.base = LFIV_BASE_REGISTER;
    check("x86-64: metered and a base register", !verify_x86("\xcc", 1, 0, &o) && says("that meter"));
    o.base = LFIV_BASE_SEGMENT;
    o.bundle = 16;
    check("x86-64: metered and bundles of 16", !verify_x86("\xcc", 1, 0, &o) && says("bundles of 32"));
    o = (struct LFIVOptions){.ctxreg = false};
    static const char ret[] = "\x41\x5b\x41\x83\xe3\xe0\x4d\x01\xf3\x41\x53\xc3";
    static const char ret_zero[] = "\x41\x5b\x41\x83\xe3\xe0\x41\x53\xc3";
    o.single = true;
    for (o.base = LFIV_BASE_SEGMENT; o.base <= LFIV_BASE_SLOT; o.base++) {
        bool right = o.base == LFIV_BASE_SEGMENT;
        check(right ? "x86-64: ret with gs and r14" : "x86-64: ret with r14 and another base",
              verify_x86(ret, sizeof ret - 1, 0, &o) == right && (right || says("ret needs")));
        right = o.base == LFIV_BASE_ZERO;
        check(right ? "x86-64: ret with base 0" : "x86-64: ret of base 0 with another",
              verify_x86(ret_zero, sizeof ret_zero - 1, 0, &o) == right
                  && (right || says("ret needs")));
    }
    o.single = false;
    o.base = (enum LFIVBase)(LFIV_BASE_SLOT + 1);
    check("x86-64: an unknown base", !verify_x86("\x90", 1, 0, &o) && says("unknown way"));
    o.base = LFIV_BASE_ZERO;
    check("x86-64: base 0", verify_x86("\x90", 1, 0xffffffe0, &o));
#if UINTPTR_MAX > 0xffffffff
    check("x86-64: base 0 and an address above 4 GiB",
          !verify_x86("\x90", 1, 0x100000000, &o) && says("below 4 GiB"));
#endif
}

/* More code than the verifier has room for at once, with a branch from end to start.  */
static void test_x86_large(void)
{
    enum { SIZE = 600000 };
    static char code[SIZE];
    struct LFIVOptions o = {.ctxreg = true};
    memset(code, 0x90, SIZE);
    memcpy(code + 300000, "\xb8\1\0\0\0", 5); /* mov $1, %eax */
    int32_t back = 300000 - SIZE;
    code[SIZE - 5] = '\xe9';
    memcpy(code + SIZE - 4, &back, 4);
    check("x86-64: a branch over a large region", lfiv_verify_x64(code, SIZE, 0, &o));
    back++;
    memcpy(code + SIZE - 4, &back, 4);
    check("x86-64: a bad branch over a large region", !lfiv_verify_x64(code, SIZE, 0, &o));
    /* Padding that a metered loop could consist of.  */
    enum { MOST = 32 * LFI_METER_BLOCK };
    o.meter = true;
    memset(code, 0x90, SIZE);
    code[MOST] = code[MOST + 32] = '\xcc';
    check("x86-64: metered: as much padding as there may be", lfiv_verify_x64(code, MOST + 1, 0, &o));
    code[MOST] = '\x90';
    check("x86-64: metered: more padding", !lfiv_verify_x64(code, MOST + 33, 0, &o));
}

/* Which profile counts instructions like which.  */
static void test_meters(void)
{
    const char *why = NULL;
    check("meters: branch", lfi_meter_find("branch", &why) == LFI_METER_BRANCH && !why);
    check("meters: branch-resume", lfi_meter_find("branch-resume", &why) == LFI_METER_RESUME && !why);
    check("meters: timer", lfi_meter_find("timer", &why) == LFI_METER_NONE && !why);
    static const char *const others[] = {"fp", "", "branches"};
    bool refused = true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        why = NULL;
        refused = refused && lfi_meter_find(others[i], &why) == LFI_METER_NONE && why && *why;
    }
    check("meters: no other", refused);
    bool right = true;
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)) != NULL; i++) {
        const struct LFIProfile *full = lfi_profile_find(p->arch, "full"),
                                *meter = lfi_profile_find(p->arch, "meter"),
                                *resume = lfi_profile_find(p->arch, "meter-resume");
        bool like = p == full || p == meter || p == resume;
        right = right && lfi_profile_metered(p, LFI_METER_BRANCH) == (like ? meter : NULL)
                && lfi_profile_metered(p, LFI_METER_RESUME) == (like ? resume : NULL)
                && lfi_profile_metered(p, LFI_METER_NONE) == (like ? full : p);
        /* Any other difference is one too many.  */
        if (!like)
            continue;
        struct LFIProfile odd = *p;
        odd.isa ^= 1;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
        odd = *p;
        odd.drift = !odd.drift;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
        odd = *p;
        odd.ctxreg = !odd.ctxreg;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
        odd = *p;
        odd.table = p->table == LFI_TABLE_BELOW ? LFI_TABLE_PAGE0 : LFI_TABLE_BELOW;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
        odd = *p;
        odd.base = LFI_BASE_SLOT;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
        odd = *p;
        odd.guard = LFI_GUARD_ONE;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
        odd = *p;
        odd.threads = LFI_THREADS_SINGLE;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
        odd = *p;
        odd.sandbox = LFI_SANDBOX_STORES;
        right = right && !lfi_profile_metered(&odd, LFI_METER_BRANCH);
    }
    check("meters: the profile that differs in nothing else", right);
}

/* Which profile is position-oblivious like which.  */
static void test_oblivious(void)
{
    bool right = true;
    const struct LFIProfile *p;
    for (size_t i = 0; (p = lfi_profile_at(i)) != NULL; i++) {
        const struct LFIProfile *poc = lfi_profile_find(p->arch, "poc");
        bool like = p == poc || strcmp(p->name, "full") == 0;
        struct LFIProfile odd = *p;
        odd.bundle ^= 48;
        right = right && p->poc == (p == poc) && lfi_profile_oblivious(p) == (like ? poc : NULL)
                && (!like || !lfi_profile_oblivious(&odd))
                && (p != poc || !lfi_profile_metered(p, LFI_METER_BRANCH));
    }
    check("position-oblivious profiles: those that differ in nothing else", right);
}

/* arm64: combinations that are no row of the table.  */
static void test_arm64_meter(void)
{
    const struct LFIProfile *meter = lfi_profile_find(LFI_ARCH_AARCH64, "meter");
    struct LFIVerifier v;
    check("arm64: profile meter", lfiv_for_profile(meter, &v) && v.verify == lfiv_verify_arm64
                                      && v.opts.meter && v.opts.ctxreg && !v.opts.published);
    static const struct {
        size_t field;
        unsigned value;
    } refused[] = {
        {offsetof(struct LFIProfile, meter), LFI_METER_NONE},
        {offsetof(struct LFIProfile, meter), 3},
        {offsetof(struct LFIProfile, bundle), 0},
        {offsetof(struct LFIProfile, bundle), 32},
        {offsetof(struct LFIProfile, sandbox), LFI_SANDBOX_STORES},
        {offsetof(struct LFIProfile, table), LFI_TABLE_PAGE0},
    };
    struct LFIProfile p = *lfi_profile_find(LFI_ARCH_AARCH64, "meter-resume");
    bool all = lfiv_for_profile(&p, &v) && v.opts.meter;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        p = *meter;
        memcpy((char *)&p + refused[i].field, &refused[i].value, sizeof refused[i].value);
        all = all && !lfiv_for_profile(&p, &v);
    }
    p = *meter;
    p.ctxreg = false;
    check("arm64: nothing like it", all && !lfiv_for_profile(&p, &v));
    check("arm64: what counts nothing says so",
          lfiv_for_profile(lfi_profile_find(LFI_ARCH_AARCH64, "full"), &v) && !v.opts.meter);
}

/* profiles/profile.c, which is part of the library.  */
static void test_profile_table(void)
{
#define PROFILE(...) +1
    enum {
        ROWS = 0
#include "profiles/profiles.def"
    };
#undef PROFILE
    size_t count = 0;
    while (lfi_profile_at(count) != NULL)
        count++;
    check("profiles can be counted", count == ROWS && lfi_profile_at(count + 1) == NULL);
    check("profiles belong to an architecture",
          lfi_profile_find(LFI_ARCH_X86_64, "spec") == NULL
              && lfi_profile_find(LFI_ARCH_AARCH64, "x") == NULL);
    check("published profile",
          lfi_profile_published(LFI_ARCH_AARCH64) == lfi_profile_find(LFI_ARCH_AARCH64, "spec")
              && lfi_profile_published(LFI_ARCH_X86_64) == NULL
              && lfi_profile_published((enum LFIArch)0) == NULL);
    check("architectures by name", lfi_arch_find("aarch64") == LFI_ARCH_AARCH64
                                       && lfi_arch_find("arm64") == LFI_ARCH_AARCH64
                                       && lfi_arch_find("amd64") == LFI_ARCH_X86_64
                                       && lfi_arch_find("x86_64") == LFI_ARCH_X86_64
                                       && lfi_arch_find("mips") == 0 && lfi_arch_find("") == 0);
    check("names of architectures", strcmp(lfi_arch_name(LFI_ARCH_AARCH64), "aarch64") == 0
                                        && strcmp(lfi_arch_name(LFI_ARCH_X86_64), "x86_64") == 0
                                        && lfi_arch_name((enum LFIArch)0) == NULL);
}

static void test_notes(void)
{
    uint8_t desc[LFI_NOTE_DESCSZ];
    const char *why = "";
    const struct LFIProfile *full = lfi_profile_find(LFI_ARCH_AARCH64, "full");
    lfi_note_write(full, desc);
    check("a note says what was written", lfi_note_read(desc, sizeof desc, &why) == full);
    check("a note of two bytes", !lfi_note_read(desc, 2, &why) && strstr(why, "size"));
    check("a note of one byte", !lfi_note_read(desc, 1, &why) && strstr(why, "version"));
    check("a note of no bytes", !lfi_note_read(desc, 0, &why) && strstr(why, "version"));
    bool fields = true;
    for (size_t i = 0; i < sizeof desc; i++) {
        desc[i] ^= 0x80;
        fields &= lfi_note_read(desc, sizeof desc, &why) == NULL;
        desc[i] ^= 0x80;
    }
    check("every byte of a note counts", fields);
}

int main(void)
{
    test_message();
    test_profile_table();
    test_notes();
    test_region();
    test_callbacks();
    test_options();
    test_profiles();
    test_arm64_resume();
    test_arm64_meter();
    test_meters();
    test_oblivious();
    test_x86_profiles();
    test_x86_combinations();
    test_x86();
    test_x86_options();
    test_x86_large();
    return failures != 0;
}
