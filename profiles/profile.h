/* The table of profiles and the ELF note that records one.
   SPDX-License-Identifier: Apache-2.0

   Part of the trusted base: no allocation, no I/O, no dependencies.  */
#ifndef LFI_PROFILE_H
#define LFI_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The values below are written into notes: never renumber.  */
enum LFIArch { LFI_ARCH_AARCH64 = 1, LFI_ARCH_X86_64 = 2 };
enum LFISandbox {
    LFI_SANDBOX_FULL = 1,
    LFI_SANDBOX_STORES = 2,
    LFI_SANDBOX_BUNDLE_JUMPS = 3,
    LFI_SANDBOX_NONE = 4
};
enum LFIBase { LFI_BASE_REGISTER = 1, LFI_BASE_SEGMENT = 2, LFI_BASE_ZERO = 3, LFI_BASE_SLOT = 4 };
enum LFIGuard { LFI_GUARD_DENSE = 1, LFI_GUARD_SPARSE = 2, LFI_GUARD_ONE = 3 };
enum LFIThreads { LFI_THREADS_MULTI = 1, LFI_THREADS_SINGLE = 2 };
enum LFIMeter { LFI_METER_NONE = 0, LFI_METER_BRANCH = 1, LFI_METER_RESUME = 2 };
enum LFITable { LFI_TABLE_BELOW = 1, LFI_TABLE_PAGE0 = 2 };

/* Instruction sets that a profile may leave out.  One bit each, per architecture; a row
   of the verifier's table names the bit it needs.  The base sets: arm64 ARMv8.0-A and LSE,
   as the published rules have it; x86-64 with x87, MMX, SSE to SSE4.2, CX16, POPCNT,
   LZCNT, BMI1 and BMI2.  */
enum {
    LFI_ISA_ARM64_CRC32 = 1 << 0,
    LFI_ISA_ARM64_AES = 1 << 1, /* AESE.., PMULL of 64 bits */
    LFI_ISA_ARM64_SHA2 = 1 << 2, /* SHA1, SHA256 */
    LFI_ISA_ARM64_SHA3 = 1 << 3, /* SHA512, EOR3, RAX1, XAR, BCAX */
    LFI_ISA_ARM64_RDM = 1 << 4,
    LFI_ISA_ARM64_DOTPROD = 1 << 5,
    LFI_ISA_ARM64_FP16 = 1 << 6,
    LFI_ISA_ARM64_DEFAULT = 0x7f
};
enum {
    LFI_ISA_X86_MOVBE = 1 << 0,
    LFI_ISA_X86_ADX = 1 << 1,
    LFI_ISA_X86_F16C = 1 << 2,
    LFI_ISA_X86_AES = 1 << 3,
    LFI_ISA_X86_PCLMUL = 1 << 4,
    LFI_ISA_X86_SHA = 1 << 5,
    LFI_ISA_X86_AVX = 1 << 6,
    LFI_ISA_X86_AVX2 = 1 << 7,
    LFI_ISA_X86_FMA = 1 << 8,
    LFI_ISA_X86_DEFAULT = 0x1ff
};

struct LFIProfile {
    enum LFIArch arch;
    const char *name;
    enum LFISandbox sandbox;
    unsigned bundle;
    enum LFIBase base;
    enum LFIGuard guard;
    enum LFIThreads threads;
    bool ctxreg;
    enum LFIMeter meter;
    enum LFITable table;
    bool drift;
    bool poc;
    uint32_t isa;
    const char *multilib;
    const char *regset;
    const char *summary;
};

/* The rows in the order of profiles.def; lfi_profile_at returns NULL past the end.  */
const struct LFIProfile *lfi_profile_at(size_t index);

/* The row of that name for that architecture, or NULL.  */
const struct LFIProfile *lfi_profile_find(enum LFIArch arch, const char *name);

/* The profile of a binary without a note: the published rules.  NULL where no profile
   follows them (x86-64): such a binary is refused.  */
const struct LFIProfile *lfi_profile_published(enum LFIArch arch);

/* The way to count instructions of that name, as options take it.  *why is NULL, or if there is none what
   to do instead (static storage).  LFI_METER_NONE with *why NULL: code of any profile will do.  */
enum LFIMeter lfi_meter_find(const char *name, const char **why);

/* The profile that differs from the one given in how it counts instructions, and in what that needs;
   NULL if there is none.  */
const struct LFIProfile *lfi_profile_metered(const struct LFIProfile *profile, enum LFIMeter meter);

/* The profile that is as the one given, and position-oblivious; NULL if there is none.  */
const struct LFIProfile *lfi_profile_oblivious(const struct LFIProfile *profile);

/* "aarch64", "x86_64"; NULL for a value that is neither.  */
const char *lfi_arch_name(enum LFIArch arch);

/* The architecture of that name ("arm64" and "amd64" are understood too); 0 if none.  */
enum LFIArch lfi_arch_find(const char *name);

/* The note.  Section .note.lfi, type SHT_NOTE, name "LFI", n_type
   LFI_NOTE_PROFILE, descriptor of LFI_NOTE_DESCSZ bytes, all little-endian:

     0  u16 version (LFI_NOTE_VERSION)    8  u8 ctxreg
     2  u8  arch                          9  u8 meter
     3  u8  sandbox                      10  u8 table
     4  u8  bundle                       11  u8 drift
     5  u8  base                         12  u32 isa
     6  u8  guard                        16  name, NUL-padded
     7  u8  threads                      31  u8 poc

   Every field must equal the row that the name picks; a note that does not, or a
   version other than ours, is refused, never guessed at.  */
enum { LFI_NOTE_VERSION = 1, LFI_NOTE_PROFILE = 1, LFI_NOTE_NAMESZ = 15, LFI_NOTE_DESCSZ = 32 };
#define LFI_NOTE_SECTION ".note.lfi"
#define LFI_NOTE_OWNER "LFI"

void lfi_note_write(const struct LFIProfile *profile, uint8_t desc[LFI_NOTE_DESCSZ]);

/* The row that the descriptor describes; NULL and *why (a static string) if none.  */
const struct LFIProfile *lfi_note_read(const uint8_t *desc, size_t size, const char **why);

/* Scans a whole note segment or section (bounds-checked) for LFI notes.  Returns
   0 when there is none (*profile NULL) or all agree (*profile set), -1 and *why when
   the data is malformed, a note is refused, or two notes differ.  */
int lfi_note_scan(const uint8_t *notes, size_t size, const struct LFIProfile **profile,
                  const char **why);

#ifdef __cplusplus
}
#endif
#endif
