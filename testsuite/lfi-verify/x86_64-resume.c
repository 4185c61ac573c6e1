/* Where code that was stopped may go on, and with what: every offset of some bundles.
   SPDX-License-Identifier: Apache-2.0

   usage: x86_64-resume

   A case has the bytes of a bundle and, for each of its instructions, what the ones before it in
   its macro have made of the registers.  Every other offset is refused.  */
#include <stdio.h>
#include <string.h>

#include "lfi-verify/x86_64/resume.h"
#include "lfiv.h"
#include "profiles/profile.h"

enum { AX = 1 << 0, CX = 1 << 1, SP = 1 << 4, SI = 1 << 6, DI = 1 << 7, R11 = 1 << 11 };

struct point {
    unsigned offset;
    struct LFIVX64Resume r;
};

/* {offset, {word, in_box, base, aligned, pushed, back}}; the first of a macro, and what is in none,
   has nothing.  */
static const struct sample {
    const char *profile, *what, *code;
    unsigned length;
    struct point points[8];
    unsigned n;
} samples[] = {
#define CODE(s) s, sizeof s - 1
    {"full",
     "no macro: nop; mov $imm, %edx; nop",
     CODE("\x90\xba\xb0\x3c\x0f\x05\x90"),
     {{0, {0}}, {1, {0}}, {6, {0}}},
     3},
    {"full",
     "jump",
     CODE("\x83\xe0\xe0\x4c\x01\xf0\xff\xe0"),
     {{0, {0}}, {3, {.word = AX, .aligned = true}}, {6, {.in_box = AX, .aligned = true}}},
     3},
    {"full",
     "call",
     CODE("\x41\x83\xe3\xe0\x4d\x01\xf3\x41\xff\xd3"),
     {{0, {0}}, {4, {.word = R11, .aligned = true}}, {7, {.in_box = R11, .aligned = true}}},
     3},
    {"bundle16",
     "jump",
     CODE("\x83\xe0\xf0\x4c\x01\xf0\xff\xe0"),
     {{0, {0}}, {3, {.word = AX, .aligned = true}}, {6, {.in_box = AX, .aligned = true}}},
     3},
    {"one",
     "jump",
     CODE("\x83\xe0\xe0\xff\xe0"),
     {{0, {0}}, {3, {.word = AX, .aligned = true}}},
     2},
    {"allregs",
     "jump",
     CODE("\x83\xe0\xe0\x65\x48\x03\x04\x25\xf8\xfe\xff\xff\xff\xe0"),
     {{0, {0}}, {3, {.word = AX, .aligned = true}}, {12, {.in_box = AX, .aligned = true}}},
     3},
    {"single",
     "return",
     CODE("\x41\x5b\x41\x83\xe3\xe0\x4d\x01\xf3\x41\x53\xc3"),
     {{0, {0}},
      {2, {.aligned = true}},
      {6, {.word = R11, .aligned = true}},
      {9, {.in_box = R11, .aligned = true}},
      {11, {.in_box = R11, .aligned = true, .pushed = true, .back = 2}}},
     5},
    {"one-single",
     "return",
     CODE("\x41\x5b\x41\x83\xe3\xe0\x41\x53\xc3"),
     {{0, {0}},
      {2, {.aligned = true}},
      {6, {.word = R11, .aligned = true}},
      {8, {.word = R11, .aligned = true, .pushed = true, .back = 2}}},
     4},
    {"full",
     "runtime call",
     CODE("\x4c\x8d\x1d\x19\x00\x00\x00\x65\xff\x24\x25\xf8\xff\xff\xff"),
     {{0, {0}}, {7, {.in_box = R11}}},
     2},
    {"full",
     "stack: add",
     CODE("\x89\xc4\x4c\x01\xf4\x90"),
     {{0, {0}}, {2, {.word = SP}}, {5, {0}}},
     3},
    {"full", "stack: lea", CODE("\x83\xec\x20\x4a\x8d\x24\x34"), {{0, {0}}, {3, {.word = SP}}}, 2},
    {"allregs",
     "stack",
     CODE("\x65\x4c\x8b\x1c\x25\xf8\xfe\xff\xff\x89\xc4\x4a\x8d\x24\x1c"),
     {{0, {0}}, {9, {.base = R11}}, {11, {.base = R11, .word = SP}}},
     3},
    {"full",
     "index",
     CODE("\x90\x89\xc1\x49\x89\x14\x0e"),
     {{0, {0}}, {1, {0}}, {3, {.word = CX}}},
     3},
    {"full",
     "string",
     CODE("\x89\xff\x4a\x8d\x3c\x37\x89\xf6\x4a\x8d\x34\x36\xf3\xa4\x90"),
     {{0, {0}},
      {2, {.word = DI}},
      {6, {.in_box = DI}},
      {8, {.in_box = DI, .word = SI}},
      {12, {.in_box = DI | SI}},
      {14, {0}}},
     6},
    {"allregs",
     "string",
     CODE("\x65\x4c\x8b\x1c\x25\xf8\xfe\xff\xff\x89\xff\x4a\x8d\x3c\x1f\xf3\xaa"),
     {{0, {0}},
      {9, {.base = R11}},
      {11, {.base = R11, .word = DI}},
      {15, {.base = R11, .in_box = DI}}},
     4},
    /* What charges begins anew.  */
    {"meter",
     "jump",
     CODE("\x4d\x8d\x64\x24\xfa\x4d\x85\xe4\x78\x08\x83\xe0\xe0\x4c\x01\xf0\xff\xe0"),
     {{0, {0}}, {5, {.back = 5}}, {8, {.back = 8}}, {10, {.back = 10}}, {13, {.back = 13}}, {16, {.back = 16}}},
     6},
    {"meter",
     "string",
     CODE("\x90\x89\xc9\x49\x29\xcc\x78\x08\x89\xff\x4a\x8d\x3c\x37\xf3\xaa"),
     {{0, {0}}, {1, {0}}, {3, {.back = 2}}, {6, {.back = 5}}, {8, {.back = 7}}, {10, {.back = 9}}, {14, {.back = 13}}},
     7},
    {"full",
     "two macros",
     CODE("\x89\xff\x4a\x8d\x3c\x37\xaa\x83\xe0\xe0\x4c\x01\xf0\xff\xe0"),
     {{0, {0}},
      {2, {.word = DI}},
      {6, {.in_box = DI}},
      {7, {0}},
      {10, {.word = AX, .aligned = true}},
      {13, {.in_box = AX, .aligned = true}}},
     6},
};

static int failures, checks;

static void check(const struct sample *s, size_t at, const struct LFIVOptions *given,
                  size_t bundles)
{
    struct LFIVOptions opts = *given;
    const struct point *p = NULL;
    struct LFIVX64Resume r;
    char code[64];
    size_t size = bundles * (opts.bundle ? opts.bundle : 32), start = size - size / bundles;
    memset(code, 0x90, sizeof code);
    memcpy(code + start, s->code, s->length);
    for (unsigned i = 0; i < s->n; i++)
        if (s->points[i].offset == at)
            p = &s->points[i];
    bool ok = lfiv_x64_resume(code, size, 0x10000, start + at, &opts, &r);
    checks++;
    if (ok == (p != NULL)
        && (!p
            || (p->r.word == r.word && p->r.in_box == r.in_box && p->r.base == r.base
                && p->r.aligned == r.aligned && p->r.pushed == r.pushed && p->r.back == r.back)))
        return;
    failures++;
    printf("%s: %s, offset %zu: %s word %x in_box %x base %x aligned %d pushed %d back %d\n",
           s->profile, s->what, at, ok ? "accepted," : "refused", r.word, r.in_box, r.base,
           r.aligned, r.pushed, r.back);
}

int main(void)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *s = &samples[i];
        struct LFIVerifier v;
        if (!lfiv_for_profile(lfi_profile_find(LFI_ARCH_X86_64, s->profile), &v))
            return 2;
        for (size_t at = 0; at < s->length; at++)
            for (size_t bundles = 1; bundles <= 2; bundles++)
                check(s, at, &v.opts, bundles);
    }
    /* Bytes that are no code.  */
    struct LFIVX64Resume r;
    struct LFIVOptions opts = {.ctxreg = true};
    char bad[32] = {0x0f, 0x05};
    failures += lfiv_x64_resume(bad, sizeof bad, 0x10000, 2, &opts, &r);
    printf("%d checks, %d failures\n", checks + 1, failures);
    return failures != 0;
}
