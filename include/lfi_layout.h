/* Constants of the box layout and of the stack drift, shared by the verifier,
   which relies on them, and the runtime, which establishes them.
   SPDX-License-Identifier: Apache-2.0

   Rules and soundness argument: docs/sandbox.md.  All sizes in bytes.  */
#ifndef LFI_LAYOUT_H
#define LFI_LAYOUT_H

#include <assert.h>
#include <stdint.h>

#define LFI_BOX_SIZE UINT64_C(0x100000000)

/* The largest page size of any host: guards are multiples of it everywhere, so that
   a box looks the same under every page size.  */
#define LFI_MAX_PAGE UINT64_C(0x10000)

/* Stack drift: |imm| <= DRIFT; post-index and pop leave sp at most POST beyond a
   proven address; an access reaches at most REACH above sp.  */
#define LFI_DRIFT_MAX UINT64_C(16384)
#define LFI_DRIFT_POST UINT64_C(1024)
#define LFI_DRIFT_REACH UINT64_C(65520)
#define LFI_ACCESS_MAX UINT64_C(128) /* x87 state has 108 bytes */

/* Inaccessible bytes: below everything readable, above it.  */
#define LFI_GUARD_BELOW_MIN (2 * LFI_DRIFT_MAX + LFI_DRIFT_POST + LFI_ACCESS_MAX)
#define LFI_GUARD_ABOVE_MIN (LFI_DRIFT_POST + LFI_DRIFT_REACH + LFI_ACCESS_MAX)

/* arm64 dense layout.  [base, base + GUARD_LOW) and [base + SIZE - GUARD_HIGH, base +
   SIZE) are unmapped, but for the next box's rtcall table in the last page; the
   box's own table is in the page that ends at its base.  */
#define LFI_ARM64_GUARD UINT64_C(0x14000) /* 80 KiB */
#define LFI_ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))
#define LFI_ARM64_GUARD_LOW LFI_ROUND_UP(LFI_MAX_PAGE + LFI_ARM64_GUARD, LFI_MAX_PAGE)
#define LFI_ARM64_GUARD_HIGH (LFI_ROUND_UP(LFI_ARM64_GUARD, LFI_MAX_PAGE) + LFI_MAX_PAGE)
/* Reach of a direct branch: nothing executable that close to the end of a box.  */
#define LFI_ARM64_BRANCH_REACH UINT64_C(0x8000000)

/* x86-64 sparse layout.  Around every box so much is unmapped that no operand reaches further:
   a 32-bit displacement beside a base and an index, both of 32 bits, scaled by up to 8.  A box's
   rtcall table is in the page that ends at its base.  */
#define LFI_X86_64_GUARD (UINT64_C(40) << 30)
#define LFI_X86_64_STRIDE (LFI_BOX_SIZE + LFI_X86_64_GUARD)
/* Unmapped in the box itself: page 0, and the end, where no access starts that straddles it.  */
#define LFI_X86_64_LOW LFI_MAX_PAGE
#define LFI_X86_64_HIGH LFI_MAX_PAGE

/* x86-64 dense layout: a box every 4 GiB, guards as on arm64.  */
#define LFI_X86_64_DENSE_LOW LFI_ARM64_GUARD_LOW
#define LFI_X86_64_DENSE_HIGH LFI_ARM64_GUARD_HIGH

/* x86-64, the only box of a process, at base 0: all up to the end is reserved.  Its table ends at
   4 GiB.  */
#define LFI_X86_64_ONE_END (2 * LFI_BOX_SIZE)
#define LFI_X86_64_ONE_HIGH (2 * LFI_MAX_PAGE)

/* Where indirect branches can arrive.  */
#define LFI_X86_64_BUNDLE 32

/* rtcall table: entry k at base - 8(k+1), or at base + 8k in the published layout.
   Code can reach the first LFI_RTCALL_REACHABLE entries; every one is populated.  The
   base itself is stored where no indirect branch can load it from.  */
#define LFI_RTCALL_REACHABLE 32
#define LFI_RTCALL_SLOTS 33
enum {
    LFI_RTCALL_SYSCALL = 0,
    LFI_RTCALL_GET_TP = 1,
    LFI_RTCALL_SET_TP = 2,
    LFI_RTCALL_RETURN = 3,
    LFI_RTCALL_CALLBACK = 4, /* ours */
    LFI_RTCALL_BASE_SLOT = 32 /* not an entry: holds the base */
};

/* Metered code: so many instructions at most are executed before a charge; what the runtime charges
   where a box was stopped in between.  */
#define LFI_METER_BLOCK 4095

/* What the context register points to has the box's thread pointer here.  */
#define LFI_CTX_TP_OFFSET 16

static_assert(LFI_ARM64_GUARD_HIGH - LFI_MAX_PAGE >= LFI_GUARD_BELOW_MIN,
              "the gap below a box's table stops every access through a drifted sp");
static_assert(LFI_ARM64_GUARD_LOW - LFI_MAX_PAGE >= LFI_GUARD_ABOVE_MIN,
              "the gap above the next box's first page stops every access through sp");
static_assert(LFI_X86_64_DENSE_HIGH - LFI_MAX_PAGE >= LFI_GUARD_BELOW_MIN
                  && LFI_X86_64_DENSE_LOW - LFI_MAX_PAGE >= LFI_GUARD_ABOVE_MIN,
              "the gaps of the dense layout stop every access through rsp");
static_assert(LFI_X86_64_ONE_END - LFI_BOX_SIZE >= (UINT64_C(1) << 31) + LFI_ACCESS_MAX,
              "what is reserved above the only box stops every access");
static_assert(LFI_X86_64_GUARD - LFI_MAX_PAGE >= LFI_GUARD_BELOW_MIN + (UINT64_C(1) << 31)
                  && LFI_X86_64_GUARD >= 9 * LFI_BOX_SIZE + (UINT64_C(1) << 31) + LFI_ACCESS_MAX,
              "the gap between two boxes stops every access");
static_assert(8 * LFI_RTCALL_SLOTS <= 4096, "the table fits the smallest page");

#endif
