/* Runs liblfiv over cases given as words.
   SPDX-License-Identifier: Apache-2.0

   Reads lines "EXPECT PROFILE WORD...[ : RULE]" where EXPECT is accept, reject or "?", the
   words are hexadecimal and RULE must be part of the message of the first rejection.
   PROFILE is a row of profiles.def, or that with "-ISA" or "-ctxreg" appended to take an
   instruction set or the context register away.  A line "# NAME" starts a group.  Prints every
   case that came out differently ("?": prints the verdict), "PASS NAME" or "FAIL NAME"
   for each group, and exits with 1 if a case failed; --stop exits at the first.  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lfiv.h"
#include "profiles/profile.h"

enum { MAXWORDS = 4096, LINE = 65536 };

static const struct {
    const char *name;
    uint32_t bit;
} isas[] = {
    {"crc32", LFI_ISA_ARM64_CRC32}, {"aes", LFI_ISA_ARM64_AES}, {"sha2", LFI_ISA_ARM64_SHA2},
    {"sha3", LFI_ISA_ARM64_SHA3},   {"rdm", LFI_ISA_ARM64_RDM}, {"dotprod", LFI_ISA_ARM64_DOTPROD},
    {"fp16", LFI_ISA_ARM64_FP16},
};

static bool take_first(void *arg, const struct LFIVError *e)
{
    *(struct LFIVError *)arg = *e;
    return false;
}

static bool verifier_for(char *name, struct LFIVerifier *v)
{
    char *parts = strstr(name, "-");
    if (parts && strncmp(parts, "-stores", 7) == 0)
        parts = strstr(parts + 1, "-");
    char *without = parts ? parts + 1 : NULL;
    if (parts)
        *parts = 0;
    const struct LFIProfile *p = lfi_profile_find(LFI_ARCH_AARCH64, name);
    if (!p || !lfiv_for_profile(p, v))
        return false;
    if (!without)
        return true;
    if (strcmp(without, "ctxreg") == 0) {
        v->opts.ctxreg = false;
        return true;
    }
    for (size_t i = 0; i < sizeof isas / sizeof isas[0]; i++)
        if (strcmp(isas[i].name, without) == 0) {
            v->opts.isa &= ~isas[i].bit;
            return true;
        }
    return false;
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
    if (!profile || !verifier_for(profile, &v)) {
        printf("bad case\n");
        return false;
    }
    size_t size = 0;
    while ((word = strtok(NULL, " ")) && size < sizeof code) {
        unsigned long w = strtoul(word, NULL, 16);
        for (int i = 0; i < 4; i++)
            code[size++] = w >> (8 * i) & 0xff;
    }
    struct LFIVError e = {0};
    v.opts.report = take_first;
    v.opts.arg = &e;
    bool ok = lfiv_verify(&v, (char *)code, size, 0x200000);
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
    bool stop = argc > 1 && strcmp(argv[1], "--stop") == 0;
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
