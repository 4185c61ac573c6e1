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

/* One rejection.  */
struct LFIVError {
    uint64_t addr;    /* where the instruction will run */
    uint32_t word;    /* its encoding */
    const char *insn; /* its row in the table, such as "LDR (register)"; "?" if unknown */
    const char *rule; /* the broken rule, one line, static storage */
};

struct LFIVOptions {
    enum LFIBoxType box;
    bool no_bdd; /* accepted for compatibility; this verifier has one decoder */
    bool ctxreg; /* x25 is the context register (rule 2) */
    /* Called once per rejection with a line of text, not NUL-terminated, without a
       newline; may be NULL.  */
    void (*err)(char *msg, size_t size);

    /* Ours.  */
    bool published; /* published rules: table at base+8k, no stack drift */
    uint32_t isa;   /* LFI_ISA_* bits allowed; 0 means the default set */
    /* Called once per rejection; NULL if not wanted.  Returns false to stop.  */
    bool (*report)(void *arg, const struct LFIVError *error);
    void *arg;
};

struct LFIVerifier {
    struct LFIVOptions opts;
    bool (*verify)(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts);
};

/* True if the region of size bytes at code, running at address vaddr of its box (any
   base that is a multiple of 4 GiB), obeys every rule of the options' profile.  The
   region is one unit: it must be installed and removed as a whole.  A size that is
   not a multiple of 4, a vaddr that is not, and a size of 0 are rejected.  */
bool lfiv_verify_arm64(char *code, size_t size, uintptr_t vaddr, struct LFIVOptions *opts);

static inline bool lfiv_verify(struct LFIVerifier *v, char *code, size_t size, uintptr_t vaddr)
{
    return v->verify(code, size, vaddr, &v->opts);
}

/* The options and function that a profile asks for.  False if the profile promises
   nothing that can be verified (sandbox NONE) or is of an unknown architecture.  */
bool lfiv_for_profile(const struct LFIProfile *profile, struct LFIVerifier *out);

#ifdef __cplusplus
}
#endif
#endif
