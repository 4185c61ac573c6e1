/* What the core has to know about arm64 at compile time.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_ARCH_LAYOUT_H
#define LFI_ARCH_LAYOUT_H

/* Instructions start at multiples of this.  */
#define LFI_ARCH_INSN_ALIGN 4

/* Registers of arguments, and of results: x[0], x[1], vector[0] to [3].  call.S knows it.  */
struct LFICallRegs {
    uint64_t x[10]; /* x0 to x8 */
    struct LFIVector vector[8];
};

#endif
