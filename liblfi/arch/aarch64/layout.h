/* Layout of a box on arm64 (dense), in terms of include/lfi_layout.h.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_ARCH_LAYOUT_H
#define LFI_ARCH_LAYOUT_H

#include "lfi_layout.h"

/* Offsets in the box: [MIN, MAX) can be mapped, nothing from MAX_EXEC on is executable.  */
#define LFI_ARCH_MIN LFI_ARM64_GUARD_LOW
#define LFI_ARCH_MAX (LFI_BOX_SIZE - LFI_ARM64_GUARD_HIGH)
#define LFI_ARCH_MAX_EXEC (LFI_BOX_SIZE - LFI_ARM64_BRANCH_REACH)

/* From one box to the next, and the inaccessible bytes at the edges of an array of boxes:
   below the first (its table page included), above the last.  */
#define LFI_ARCH_STRIDE LFI_BOX_SIZE
#define LFI_ARCH_EDGE_BELOW (LFI_ARM64_BRANCH_REACH + LFI_MAX_PAGE)
#define LFI_ARCH_EDGE_ABOVE LFI_BOX_SIZE

/* All that fit into an engine, and in how many reservations.  */
#define LFI_ARCH_MAX_BOXES ((UINT64_C(1) << 48) / LFI_BOX_SIZE)
#define LFI_ARCH_MAX_ARENAS 1

/* Instructions start at multiples of this.  */
#define LFI_ARCH_INSN_ALIGN 4

#endif
