/* liblfiv: the verifier of machine code.
   SPDX-License-Identifier: Apache-2.0

   Everything here is pure: no allocation, no I/O, no globals, any thread.  Rules:
   docs/sandbox.md.  */
#ifndef LFIV_H
#define LFIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct LFIProfile;

enum LFIBoxType { LFI_BOX_FULL, LFI_BOX_STORES };

/* x86-64: what holds the base of the box, which decides what operands and macros look like.  */
enum LFIVBase {
    LFIV_BASE_SEGMENT,  /* gs and r14 */
    LFIV_BASE_REGISTER, /* r14; gs is not used */
    LFIV_BASE_ZERO,     /* nothing: it is 0, of the only box of a process */
    LFIV_BASE_SLOT      /* gs; code reads the number from its slot of the rtcall table */
};

/* One rejection.  */
struct LFIVError {
    uint64_t addr;     /* where the instruction will run */
    uint32_t word;     /* arm64: its encoding */
    const char *insn;  /* its row in the table, such as "LDR (register)"; "?" if unknown */
    const char *rule;  /* the broken rule, one line, static storage */
    uint8_t bytes[15]; /* x86-64: its encoding; what cannot be decoded may be longer than it is */
    uint8_t length;    /* of that; arm64: 0 */
};

/* The encoding of a rejection as hexadecimal digits, for messages.  */
enum { LFIV_HEX_SIZE = 32 };
void lfiv_error_hex(const struct LFIVError *error, char text[LFIV_HEX_SIZE]);

struct LFIVOptions {
    enum LFIBoxType box;
    bool no_bdd; /* accepted for compatibility; this verifier has one decoder */
    bool ctxreg; /* x25 (arm64), r15 (x86-64) is the context register */
    /* Called once per rejection with a line of text, not NUL-terminated, without a
       newline; may be NULL.  */
    void (*err)(char *msg, size_t size);

    /* Ours.  */
    bool published; /* published rules: table at base+8k, no stack drift */
    uint32_t isa;   /* LFI_ISA_* bits allowed; 0 means the default set */
    /* Called once per rejection; NULL if not wanted.  Returns false to stop.  */
    bool (*report)(void *arg, const struct LFIVError *error);
    void *arg;
    unsigned bundle;    /* x86-64: bytes of a bundle, 16 or 32; 0 means 32 */
    enum LFIVBase base; /* x86-64.  ZERO: the region lies below 4 GiB.  SLOT: without ctxreg */
    bool dense;         /* x86-64: boxes lie side by side, so that operands must not reach far */
    bool single; /* x86-64: nothing else writes the box's memory while a thread of it runs, so
                    that the macro of ret is allowed (base SEGMENT and ZERO) */
    /* Instructions are counted: every path charges the counter (x23, x86-64: r12) for what it executes, and
       no loop goes on when that is negative.  x86-64: base SEGMENT alone, not dense, not single, bundles
       of 32 bytes.  */
    bool meter;
    /* Metered code: called for each charge with the least that it may be; NULL if not wanted.  A
       charge may come more than once.  */
    void (*charge)(void *arg, uint64_t addr, unsigned least);
    /* x86-64: storage in which instruction starts and branch targets are collected, a bit each
       for every byte of the region: with lfiv_bitmap_words(size) words the region is read once,
       with fewer once for every 32 bytes per word.  NULL: 64 KiB of the stack are used, enough
       for 256 KiB of code at a time.  Its contents mean nothing before and after.  */
    uint64_t *bitmap;
    size_t bitmap_words;
};

/* The number of words that a bitmap for a region of size bytes should have.  */
static inline size_t lfiv_bitmap_words(size_t size)
{
    return 2 * (size / 64 + 1);
}

struct LFIVerifier {
    struct LFIVOptions opts;
    bool (*verify)(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts);
};

/* True if the region of size bytes at code, running at address vaddr of its box (any
   base that is a multiple of 4 GiB), obeys every rule of the options' profile.  The
   region is one unit: it must be installed and removed as a whole.  A size that is
   not a multiple of 4, a vaddr that is not, and a size of 0 are rejected.  */
bool lfiv_verify_arm64(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts);

/* The same for x86-64.  A vaddr that is not a multiple of the bundle size and a size of 0 are
   rejected, and options without rules: LFI_BOX_STORES with another base than SEGMENT, dense or
   single, and SLOT with ctxreg.  Of any other size, no instruction crosses the end.  What follows
   the region in its last page must be traps (0xcc).  */
bool lfiv_verify_x64(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts);

static inline bool lfiv_verify(struct LFIVerifier *v, char *code, size_t size, uintptr_t vaddr)
{
    return v->verify(code, size, vaddr, &v->opts);
}

/* The options and function that a profile asks for.  False if the profile promises
   nothing that can be verified (sandboxes NONE and BUNDLE_JUMPS), is of an unknown architecture,
   or combines what no rules are known for.  */
bool lfiv_for_profile(const struct LFIProfile *profile, struct LFIVerifier *out);

#ifdef __cplusplus
}
#endif
#endif
