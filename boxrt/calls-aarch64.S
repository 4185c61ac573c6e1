/* libboxrt: what C cannot say, arm64.
   SPDX-License-Identifier: Apache-2.0  */
#include "lfi_boxcall.h"

        .text
/* A return address: whoever returns here has its result in the registers.  The runtime has code of
   its own for that; this is for hosts that look for the name.  */
        .globl  _lfi_ret
        .type   _lfi_ret, %function
_lfi_ret:
        udf     #0
        .size   _lfi_ret, . - _lfi_ret

/* void _lfi_setjmp(jmp_buf env, unsigned long number).  When longjmp comes here the frame is that of a
   function that returned long ago: the number is in a register, and the stack is not looked at.  */
        .globl  _lfi_setjmp
        .type   _lfi_setjmp, %function
_lfi_setjmp:
        stp     x29, x30, [sp, #-32]!
        str     x19, [sp, #16]
        mov     x19, x1
        bl      setjmp
        cbnz    w0, 1f
        ldr     x19, [sp, #16]
        ldp     x29, x30, [sp], #32
        ret
1:      mov     w2, w0
        mov     x1, x19
        mov     w0, #LFI_BOXCALL_JUMP
        mov     w8, #(LFI_BOXCALL & 0xffff)
        movk    w8, #(LFI_BOXCALL >> 16), lsl #16
        svc     #0
        udf     #0
        .size   _lfi_setjmp, . - _lfi_setjmp

        .section .note.GNU-stack, "", %progbits
