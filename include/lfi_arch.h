/* liblfi: what depends on the architecture of the boxes.
   SPDX-License-Identifier: Apache-2.0

   The library is built for one architecture, that of the host; boxes run the same.  */
#ifndef LFI_ARCH_H
#define LFI_ARCH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__aarch64__)

/* One vector register; d[0] holds the low half.  */
struct LFIVector {
    uint64_t d[2];
} __attribute__((aligned(16)));

/* Registers of a context while its box does not run: after lfi_ctx_regs_init, in the
   handler of a system call, and after lfi_ctx_run has returned.  What is written here is
   what the box sees next, with these exceptions, which hold whatever is stored:
     x25, x27  are set to the context and to the base of the box;
     x28, sp   become base + their low 32 bits;
     x30       becomes base + its low 32 bits with the lowest two cleared; it is where a
               box resumes after a system call; retaddr is another name of it.
   host_sp and host_tp belong to the runtime: read-only for everybody else.
   tp is the thread pointer of the box; code of the box can write it at any time.  */
struct LFIRegs {
    uint64_t host_sp;
    uint64_t host_tp;
    uint64_t tp; /* at LFI_CTX_TP_OFFSET from where x25 points */
    uint64_t sp;
    uint64_t x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15;
    uint64_t x16, x17, x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29;
    __extension__ union {
        uint64_t x30, retaddr;
    };
    uint32_t fpcr, fpsr;
    uint64_t nzcv; /* flags, as mrs reads them */
    struct LFIVector vector[32];
};

#elif defined(__x86_64__) && defined(__LP64__)

/* Half of a vector register, or all of an SSE one; d[0] holds the low half.  */
struct LFIVector {
    uint64_t d[2];
} __attribute__((aligned(16)));

/* Bits of xstate: what may differ from its initial state.  */
enum { LFI_XSTATE_X87 = 1, LFI_XSTATE_AVX = 4 };

/* Registers of a context while its box does not run: after lfi_ctx_regs_init, in the
   handler of a system call, and after lfi_ctx_run has returned.  What is written here is
   what the box sees next, with these exceptions, which hold whatever is stored:
     r14, r15  are the base of the box and the context, where the profile reserves them for
               that; else they are registers like the others;
     rsp       becomes base + its low 32 bits;
     r11       becomes base + its low 32 bits with the lowest five (in bundles of 16 bytes
               four) cleared; it is where a box is entered, and where it resumes after a
               system call; retaddr is another name of it;
     rflags    only CF, PF, AF, ZF, SF, OF and DF count;
     mxcsr     bits that the processor does not have are cleared;
     xstate    other bits are cleared.
   host_sp and host_tp belong to the runtime: read-only for everybody else.
   tp is the thread pointer of the box; code of the box can write it at any time.  */
struct LFIRegs {
    uint64_t host_sp;
    uint64_t host_tp;
    uint64_t tp; /* at LFI_CTX_TP_OFFSET from where a context register points */
    uint64_t rsp;
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10;
    __extension__ union {
        uint64_t r11, retaddr;
    };
    uint64_t r12, r13, r14, r15;
    uint64_t rflags;
    uint64_t reserved1[4];
    /* From here on in the order of the processor's XSAVE.  fcw to fdp, and st, mean
       something where xstate has LFI_XSTATE_X87, vector_high where it has LFI_XSTATE_AVX;
       else these parts are in their initial state.  */
    uint16_t fcw, fsw;
    uint8_t ftw, reserved2;
    uint16_t fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    struct LFIVector st[8]; /* 80 bits each; the MMX registers are their low halves */
    __extension__ union {
        struct LFIVector vector[16], xmm[16];
    };
    uint8_t reserved3[96];
    uint64_t xstate; /* LFI_XSTATE_* */
    uint64_t reserved4[7];
    struct LFIVector vector_high[16]; /* upper halves of the AVX registers */
} __attribute__((aligned(64)));

#else
#error "liblfi has no entry code for this architecture"
#endif

#ifdef __cplusplus
}
#endif
#endif
