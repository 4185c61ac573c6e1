/* Offsets into struct LFIContext that the crossings use; checked against C in arch.c.
   SPDX-License-Identifier: Apache-2.0  */
#ifndef LFI_OFFSETS_H
#define LFI_OFFSETS_H

#define CTX_HOST_SP 0
#define CTX_HOST_TP 8
#define CTX_TP 16
#define CTX_SP 24
#define CTX_X(n) (32 + 8 * (n))
#define CTX_FPCR 280
#define CTX_FPSR 284
#define CTX_NZCV 288
#define CTX_V(n) (304 + 16 * (n))
#define CTX_IN_BOX 816
#define CTX_BASE 824
#define CTX_HOST_FPCR 832
#define CTX_HOST_FPSR 836
#define CTX_RTCALL 840
#define CTX_INTERRUPTED 856
#define CTX_FUEL 864

/* struct LFICallRegs.  */
#define CALL_X(n) (8 * (n))
#define CALL_V(n) (80 + 16 * (n))
#define CALL_SIZE 208

#endif
