/* Offsets into struct LFIContext that the crossings use; checked against C in arch.c.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_OFFSETS_H
#define LFI_OFFSETS_H

#define CTX_HOST_SP 0
#define CTX_HOST_TP 8
#define CTX_TP 16
#define CTX_RSP 24
#define CTX_RAX 32
#define CTX_RCX 40
#define CTX_RDX 48
#define CTX_RBX 56
#define CTX_RBP 64
#define CTX_RSI 72
#define CTX_RDI 80
#define CTX_R8 88
#define CTX_R9 96
#define CTX_R10 104
#define CTX_R11 112
#define CTX_R12 120
#define CTX_R13 128
#define CTX_R14 136
#define CTX_R15 144
#define CTX_FLAGS 152
#define CTX_XSAVE 192 /* the XSAVE area, a multiple of 64 */
#define CTX_MXCSR (CTX_XSAVE + 24)
#define CTX_XMM(n) (CTX_XSAVE + 160 + 16 * (n))
#define CTX_XSTATE (CTX_XSAVE + 512)
#define CTX_XHEADER(n) (CTX_XSTATE + 8 * (n))
#define CTX_YMM_HIGH (CTX_XSAVE + 576)
#define CTX_IN_BOX 1024
#define CTX_BASE 1032
#define CTX_HOST_MXCSR 1040
#define CTX_HOST_FCW 1044
#define CTX_RTCALL 1048
#define CTX_HOST_GS 1056
#define CTX_INTERRUPTED 1064
#define CTX_FUEL 1072

/* Into struct HostState, arch.c.  */
#define HOST_XMASK 0
#define HOST_XINUSE 4
#define HOST_MXCSR_MASK 8
#define HOST_POINTERS_STAY 12

/* struct LFICallRegs.  */
#define CALL_GP(n) (8 * (n))
#define CALL_RAX 48
#define CALL_X87 56
#define CALL_XMM(n) (64 + 16 * (n))
#define CALL_SIZE 192

#endif
