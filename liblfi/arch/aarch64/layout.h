/* Layout of a box on arm64 (dense), in terms of include/lfi_layout.h.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_ARCH_LAYOUT_H
#define LFI_ARCH_LAYOUT_H

#include "lfi_layout.h"

/* Offsets in the box: [MIN, MAX) can be mapped, nothing from MAX_EXEC on is executable.  */
#define LFI_ARCH_MIN LFI_ARM64_GUARD_LOW
#define LFI_ARCH_MAX (LFI_BOX_SIZE - LFI_ARM64_GUARD_HIGH)
#define LFI_ARCH_MAX_EXEC (LFI_BOX_SIZE - LFI_ARM64_BRANCH_REACH)

/* Inaccessible bytes at the edges of the array of boxes: below the table page of the first,
   above the last.  */
#define LFI_ARCH_EDGE_BELOW LFI_ARM64_BRANCH_REACH
#define LFI_ARCH_EDGE_ABOVE LFI_BOX_SIZE

/* Instructions start at multiples of this.  */
#define LFI_ARCH_INSN_ALIGN 4

#endif
