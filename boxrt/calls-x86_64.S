/* libboxrt: what C cannot say, x86-64.
   SPDX-License-Identifier: Apache-2.0  */
#include "lfi_boxcall.h"

        .text
/* A return address: whoever returns here has its result in the registers.  The runtime has code of
   its own for that; this is for hosts that look for the name.  */
        .globl  _lfi_ret
        .type   _lfi_ret, @function
        .p2align 5
_lfi_ret:
        ud2
        .size   _lfi_ret, . - _lfi_ret

/* void _lfi_setjmp(jmp_buf env, unsigned long number).  When longjmp comes here the frame is that of a
   function that returned long ago: the number is in a register, and the stack is not looked at.  */
        .globl  _lfi_setjmp
        .type   _lfi_setjmp, @function
        .p2align 5
_lfi_setjmp:
        pushq   %rbx
        movq    %rsi, %rbx
        call    setjmp
        testl   %eax, %eax
        jnz     1f
        popq    %rbx
        ret
1:      movl    %eax, %edx
        movq    %rbx, %rsi
        movl    $LFI_BOXCALL_JUMP, %edi
        movl    $LFI_BOXCALL, %eax
        syscall
        ud2
        .size   _lfi_setjmp, . - _lfi_setjmp

        .section .note.GNU-stack, "", @progbits
