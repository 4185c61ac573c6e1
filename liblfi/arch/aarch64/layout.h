/* What the core has to know about arm64 at compile time.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_ARCH_LAYOUT_H
#define LFI_ARCH_LAYOUT_H

/* Instructions start at multiples of this.  */
#define LFI_ARCH_INSN_ALIGN 4

#endif
