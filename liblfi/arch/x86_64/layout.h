/* What the core has to know about x86-64 at compile time.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_ARCH_LAYOUT_H
#define LFI_ARCH_LAYOUT_H

/* Instructions start at multiples of this.  */
#define LFI_ARCH_INSN_ALIGN 1

/* Registers of arguments, and of results: rax, gp[2], vector[0] and [1]; for a long double its bytes in
   vector[2].  call.S knows it.  */
struct LFICallRegs {
    uint64_t gp[6]; /* rdi, rsi, rdx, rcx, r8, r9 */
    uint64_t rax;
    uint64_t x87; /* the result is a long double */
    struct LFIVector vector[8];
};

#endif
