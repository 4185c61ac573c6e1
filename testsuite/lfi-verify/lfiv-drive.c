/* Runs liblfiv over cases given as words.
   SPDX-License-Identifier: Apache-2.0

   Reads lines "EXPECT PROFILE WORD...[ : RULE]" where EXPECT is accept, reject or "?", the
   words are hexadecimal and RULE must be part of the message of the first rejection.
   PROFILE is a row of profiles.def, or that with "-ISA" or "-ctxreg" appended to take an
   instruction set or the context register away, or "-16" for bundles of 16 bytes, and "@ADDRESS"
   where the code is to run at another address than 200000 (hexadecimal).  A line "# NAME" starts a
   group.  Prints every case that came out differently ("?": prints the verdict), "PASS NAME" or
   "FAIL NAME" for each group, and exits with 1 if a case failed; --stop exits at the first.
   --x86_64: words are bytes in their order.  Every such case is verified three times: with a bitmap
   for the whole region, one for two bundles at a time, and none.  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lfiv.h"
#include "profiles/profile.h"

enum { MAXWORDS = 4096, LINE = 65536 };

static enum LFIArch arch = LFI_ARCH_AARCH64;

static const struct {
    enum LFIArch arch;
    const char *name;
    uint32_t bit;
} isas[] = {
    {LFI_ARCH_AARCH64, "crc32", LFI_ISA_ARM64_CRC32},
    {LFI_ARCH_AARCH64, "aes", LFI_ISA_ARM64_AES},
    {LFI_ARCH_AARCH64, "sha2", LFI_ISA_ARM64_SHA2},
    {LFI_ARCH_AARCH64, "sha3", LFI_ISA_ARM64_SHA3},
    {LFI_ARCH_AARCH64, "rdm", LFI_ISA_ARM64_RDM},
    {LFI_ARCH_AARCH64, "dotprod", LFI_ISA_ARM64_DOTPROD},
    {LFI_ARCH_AARCH64, "fp16", LFI_ISA_ARM64_FP16},
    {LFI_ARCH_X86_64, "movbe", LFI_ISA_X86_MOVBE},
    {LFI_ARCH_X86_64, "adx", LFI_ISA_X86_ADX},
    {LFI_ARCH_X86_64, "f16c", LFI_ISA_X86_F16C},
    {LFI_ARCH_X86_64, "aes", LFI_ISA_X86_AES},
    {LFI_ARCH_X86_64, "pclmul", LFI_ISA_X86_PCLMUL},
    {LFI_ARCH_X86_64, "sha", LFI_ISA_X86_SHA},
    {LFI_ARCH_X86_64, "avx", LFI_ISA_X86_AVX},
    {LFI_ARCH_X86_64, "avx2", LFI_ISA_X86_AVX2},
    {LFI_ARCH_X86_64, "fma", LFI_ISA_X86_FMA},
};

static bool take_first(void *arg, const struct LFIVError *e)
{
    *(struct LFIVError *)arg = *e;
    return false;
}

static bool verifier_for(char *name, struct LFIVerifier *v)
{
    const struct LFIProfile *p = lfi_profile_find(arch, name);
    if (p)
        return lfiv_for_profile(p, v);
    char *without = strrchr(name, '-');
    if (!without)
        return false;
    *without++ = 0;
    p = lfi_profile_find(arch, name);
    if (!p || !lfiv_for_profile(p, v))
        return false;
    if (strcmp(without, "ctxreg") == 0) {
        v->opts.ctxreg = false;
        return true;
    }
    if (strcmp(without, "16") == 0) {
        v->opts.bundle = 16;
        return true;
    }
    for (size_t i = 0; i < sizeof isas / sizeof isas[0]; i++)
        if (isas[i].arch == arch && strcmp(isas[i].name, without) == 0) {
            v->opts.isa &= ~isas[i].bit;
            return true;
        }
    return false;
}

/* Appends what a word stands for; its size.  */
static size_t put_word(unsigned char *code, size_t room, const char *word)
{
    size_t size = 0;
    if (arch == LFI_ARCH_AARCH64) {
        unsigned long w = strtoul(word, NULL, 16);
        for (; size < 4; size++)
            code[size] = w >> (8 * size) & 0xff;
        return size;
    }
    for (unsigned byte; size < room && sscanf(word + 2 * size, "%2x", &byte) == 1; size++)
        code[size] = (unsigned char)byte;
    return size;
}

/* Verifies with every kind of bitmap, all of which must come to the same.  */
static bool verify(struct LFIVerifier *v, unsigned char *code, size_t size, uintptr_t addr)
{
    static uint64_t bitmap[2 * (4 * MAXWORDS / 64 + 1)], small[3];
    bool ok = lfiv_verify(v, (char *)code, size, addr);
    if (arch == LFI_ARCH_AARCH64)
        return ok;
    v->opts.bitmap = bitmap;
    v->opts.bitmap_words = lfiv_bitmap_words(size);
    memset(bitmap, 0xa5, sizeof bitmap);
    bool whole = lfiv_verify(v, (char *)code, size, addr);
    v->opts.bitmap = small;
    v->opts.bitmap_words = 2;
    bool parts = lfiv_verify(v, (char *)code, size, addr);
    if (ok == whole && ok == parts && small[2] == 0)
        return ok;
    printf("  none %d, whole bitmap %d, small bitmap %d\nFAIL bitmaps\n", ok, whole, parts);
    exit(1);
}

/* True if the case came out as expected.  */
static bool run(char *line)
{
    static unsigned char code[4 * MAXWORDS];
    char *rule = strstr(line, " : ");
    if (rule) {
        *rule = 0;
        rule += 3;
    }
    char *expect = strtok(line, " "), *profile = strtok(NULL, " "), *word;
    struct LFIVerifier v;
    uintptr_t addr = 0x200000;
    char *at = profile ? strchr(profile, '@') : NULL;
    if (at) {
        *at = 0;
        addr = (uintptr_t)strtoull(at + 1, NULL, 16);
    }
    if (!profile || !verifier_for(profile, &v)) {
        printf("bad case\n");
        return false;
    }
    size_t size = 0;
    while ((word = strtok(NULL, " ")) && size < sizeof code)
        size += put_word(code + size, sizeof code - size, word);
    struct LFIVError e = {0};
    v.opts.report = take_first;
    v.opts.arg = &e;
    bool ok = verify(&v, code, size, addr);
    if (*expect == '?') {
        if (ok)
            printf("accept\n");
        else
            printf("reject %s | %s\n", e.insn, e.rule);
        return true;
    }
    if (ok == (strcmp(expect, "accept") == 0) && (ok || !rule || strstr(e.rule, rule)))
        return true;
    printf("%s, got %s %s %s\n", expect, ok ? "accept" : "reject", ok ? "" : e.insn,
           ok ? "" : e.rule);
    return false;
}

int main(int argc, char **argv)
{
    static char line[LINE], group[256];
    bool stop = false;
    for (int i = 1; i < argc; i++) {
        stop |= strcmp(argv[i], "--stop") == 0;
        if (strcmp(argv[i], "--x86_64") == 0)
            arch = LFI_ARCH_X86_64;
    }
    unsigned long n = 0, cases = 0, bad = 0, failed = 0;
    for (bool more = true; more;) {
        more = fgets(line, sizeof line, stdin) != NULL;
        n++;
        line[strcspn(line, "\n")] = 0;
        if (!more || line[0] == '#') {
            if (*group && cases > 0)
                printf("%s %s\n", bad ? "FAIL" : "PASS", group);
            snprintf(group, sizeof group, "%.200s", line + 1 + (line[0] && line[1] == ' '));
            failed += bad;
            cases = bad = 0;
        } else if (line[0] && ++cases && !run(line)) {
            bad++;
            printf("  in line %lu\n", n);
            if (stop)
                return 1;
        }
    }
    return failed != 0;
}
