/* Layout of a box on x86-64 (sparse), in terms of include/lfi_layout.h.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_ARCH_LAYOUT_H
#define LFI_ARCH_LAYOUT_H

#include "lfi_layout.h"

/* Offsets in the box: [MIN, MAX) can be mapped, nothing from MAX_EXEC on is executable.  */
#define LFI_ARCH_MIN LFI_X86_64_LOW
#define LFI_ARCH_MAX (LFI_BOX_SIZE - LFI_X86_64_HIGH)
#define LFI_ARCH_MAX_EXEC LFI_ARCH_MAX

/* From one box to the next, and the inaccessible bytes at the edges of an array of boxes:
   below the first (its table page included), above the last.  */
#define LFI_ARCH_STRIDE LFI_X86_64_STRIDE
#define LFI_ARCH_EDGE_BELOW LFI_X86_64_GUARD
#define LFI_ARCH_EDGE_ABOVE LFI_X86_64_GUARD

/* All that fit into the 47 bits of user space, in as many reservations: the program, its
   heap and its libraries lie in the middle of them.  */
#define LFI_ARCH_MAX_BOXES                                                                         \
    (((UINT64_C(1) << 47) - LFI_ARCH_EDGE_ABOVE) / LFI_ARCH_STRIDE - 1)
#define LFI_ARCH_MAX_ARENAS 16

/* Instructions start at multiples of this.  */
#define LFI_ARCH_INSN_ALIGN 1

#endif
